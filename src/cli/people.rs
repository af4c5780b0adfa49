//! Users and permission groups.

pub(super) mod group;
pub(super) mod password;
pub(super) mod sessions;
pub(super) mod user;
