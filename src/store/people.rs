//! Users, their identities and accounts, and permission groups.

pub(super) mod account;
pub(super) mod adoption;
pub(super) mod break_glass;
pub(super) mod claimant;
pub(super) mod erase;
pub(super) mod group;
pub(super) mod group_change;
pub(super) mod group_claim;
pub(super) mod group_warning;
pub(super) mod identity;
pub(super) mod link;
pub(super) mod promotion;
pub(super) mod pseudonym;
pub(super) mod rename;
pub(super) mod user;
pub(super) mod user_batch;
pub(super) mod user_change;
pub(super) mod user_export;
pub(super) mod user_filter;
pub(super) mod user_list;
