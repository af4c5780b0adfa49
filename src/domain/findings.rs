//! What a test of a connection found: the claims of a verified assertion, and what a sign-in with them would do.
//!
//! Invariant: it speaks of an assertion that has passed every check, and it is bounded, whatever the assertion holds. It is
//! personal: it is kept sealed and for a short time, and shown to the administrator who ran the test.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::mapping::FURTHER;
use super::word::words;
use super::{ClaimSource, NameId, Profile, Settings, User};

/// The most claims that are kept, and the most values of one.
const MOST_CLAIMS: usize = 100;
const MOST_VALUES: usize = 200;
/// The longest name or value that is kept, in characters.
const LONGEST: usize = 400;

/// What a test found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// The `NameID`.
    pub name_id: Option<NameId>,
    /// The attributes, in order.
    pub claims: Vec<Claim>,
    /// How the person signed in at the identity provider.
    pub authn_context: Option<String>,
    /// When, as the identity provider says.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub authn_instant: Option<OffsetDateTime>,
    /// Our clock minus the identity provider's, in milliseconds, the way of the message included.
    pub drift_ms: i64,
    /// The person whom the claims describe; none when they do not describe one.
    pub person: Option<Profile>,
    /// What a sign-in would do; none when it would be refused.
    pub rehearsal: Option<Rehearsal>,
}

/// One attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
    /// What of the person is read from it, such as `email`; empty when nothing is.
    pub used_as: Vec<String>,
}

/// What a sign-in would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// How its account is come by.
    pub way: AccountMatch,
    /// The account as it is; none when it would be made.
    pub before: Option<User>,
    /// The account as it would be.
    pub after: User,
    /// Whether the account keeps its e-mail address although the claims say another one.
    pub email_kept: bool,
    /// Its groups, and what would become of them, by title.
    pub groups: Vec<(String, GroupChange)>,
}

words! {
    /// How a sign-in comes by its account.
    pub enum AccountMatch {
        /// It is found by its identity (rule F1).
        Found = "found",
        /// It is linked by its e-mail address (rule F2).
        Linked = "linked",
        /// It is made (rule F3).
        Made = "made",
    }
}

words! {
    /// What becomes of a membership.
    pub enum GroupChange {
        /// It begins.
        Granted = "granted",
        /// It ends.
        Taken = "taken",
        /// It stays.
        Kept = "kept",
    }
}

impl Findings {
    /// Of the claims of a verified assertion.
    pub fn new<'a>(
        settings: &Settings,
        name_id: Option<NameId>,
        attributes: impl IntoIterator<Item = (&'a str, &'a [String])>,
    ) -> Self {
        let attributes: Vec<_> = attributes.into_iter().take(MOST_CLAIMS).collect();
        let uses = uses(settings, &attributes);
        let claims = attributes
            .iter()
            .map(|(name, values)| Claim {
                name: short(name),
                values: values
                    .iter()
                    .take(MOST_VALUES)
                    .map(|it| short(it))
                    .collect(),
                used_as: uses
                    .iter()
                    .filter(|(used, _)| used == name)
                    .map(|(_, property)| property.clone())
                    .collect(),
            })
            .collect();
        Self {
            name_id,
            claims,
            authn_context: None,
            authn_instant: None,
            drift_ms: 0,
            person: None,
            rehearsal: None,
        }
    }
}

/// Which claim is read for which property: the first of the mapping that has a value (see [`Profile::read`]).
fn uses<'a>(settings: &Settings, attributes: &[(&'a str, &'a [String])]) -> Vec<(&'a str, String)> {
    let mapping = &settings.attributes;
    let present = |wanted: &str| {
        attributes
            .iter()
            .find(|(name, values)| *name == wanted && values.iter().any(|value| !value.is_empty()))
            .map(|(name, _)| *name)
    };
    let identity: Vec<ClaimSource> = settings
        .identity_attribute
        .iter()
        .map(ClaimSource::claim)
        .collect();
    let identity = if identity.is_empty() {
        &mapping.object_id
    } else {
        &identity
    };
    let first = [
        ("identity", identity),
        ("email", &mapping.email),
        ("first_name", &mapping.first_name),
        ("last_name", &mapping.last_name),
        ("display_name", &mapping.display_name),
        ("company", &mapping.company),
    ];
    let mut uses: Vec<_> = first
        .into_iter()
        .filter_map(|(property, names)| {
            let mut names = names.iter().filter_map(ClaimSource::name);
            Some((names.find_map(present)?, property.to_owned()))
        })
        .collect();
    let all = [
        ("groups", &mapping.groups),
        ("groups_overage", &mapping.groups_overage),
    ];
    for (property, names) in all {
        uses.extend(
            names
                .iter()
                .filter_map(|source| Some((present(source.name()?)?, property.to_owned()))),
        );
    }
    for (name, sources) in &mapping.further {
        let mut names = sources.iter().filter_map(ClaimSource::name);
        let claim = names.find_map(present);
        uses.extend(claim.map(|claim| (claim, format!("{FURTHER}{name}"))));
    }
    uses
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_says_what_it_is_read_for() {
        let settings = Settings::default();
        let (mail, none) = (["b@contoso.com".to_owned()], [String::new()]);
        let findings = Findings::new(
            &settings,
            None,
            [
                ("email", &none[..]),
                ("mail", &mail[..]),
                ("shoe", &mail[..]),
            ],
        );
        let used: Vec<_> = findings
            .claims
            .iter()
            .map(|it| it.used_as.join(","))
            .collect();
        // The first that has a value, as when the claims are read.
        assert_eq!(used, ["", "email", ""]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let values = vec!["x".repeat(5_000); 1_000];
        let findings = Findings::new(
            &Settings::default(),
            None,
            std::iter::repeat_n(("n", values.as_slice()), 1_000),
        );
        assert_eq!(findings.claims.len(), MOST_CLAIMS);
        assert!(findings.claims.iter().all(|claim| {
            claim.values.len() == MOST_VALUES
                && claim
                    .values
                    .iter()
                    .all(|value| value.chars().count() == LONGEST + 1)
        }));
    }
}
