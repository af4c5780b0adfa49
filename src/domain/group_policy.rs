//! What a sign-in's groups are when their claim does not list them (rules S2 and F5).
//!
//! Invariants: a claim that is missing is "no groups" only where an administrator has said so, and only once the connection has seen
//! the claim; one that was too long to list is never "no groups". Tests: `tests/it/sign_in/group_policy.rs`.

use time::Duration;

use super::word::words;
use super::{GroupClaim, Settings};

/// The most hours that groups can be kept without a word of the provider: a year.
pub const MOST_OVERFLOW_HOURS: u16 = 8760;

words! {
    /// What a missing claim says.
    #[derive(Default)]
    pub enum MissingPolicy {
        /// Nothing: groups stay as they are.
        #[default]
        Keep = "keep",
        /// That the person is in no group.
        NoGroups = "none",
    }
}

words! {
    /// What is done where the groups are too many to list.
    #[derive(Default)]
    pub enum OverflowPolicy {
        /// The connection's directory is asked; where it does not answer, it is as with [`Self::Keep`].
        Graph = "graph",
        /// The groups stay as they are known.
        #[default]
        Keep = "keep",
        /// The sign-in is refused.
        Refuse = "refuse",
    }
}

impl Settings {
    /// The groups that a claim says the person is in, and no others; none where it says nothing of that.
    pub fn said_groups<'a>(&self, claim: &'a GroupClaim) -> Option<&'a [String]> {
        match claim {
            GroupClaim::Values(values) => Some(values),
            GroupClaim::Missing if self.missing_is_none() => Some(&[]),
            GroupClaim::Missing | GroupClaim::Overflow => None,
        }
    }

    /// How long groups are kept that the claim was too long to list; none without an end.
    pub fn groups_kept_for(&self) -> Option<Duration> {
        self.groups_overflow_hours
            .map(|hours| Duration::hours(hours.into()))
    }

    /// Whether a sign-in with this claim is refused for it.
    pub fn refuses_groups(&self, claim: &GroupClaim) -> bool {
        *claim == GroupClaim::Overflow && self.groups_overflow == OverflowPolicy::Refuse
    }

    fn missing_is_none(&self) -> bool {
        self.groups_missing == MissingPolicy::NoGroups && self.groups_seen
    }
}
