//! Users and permission groups.

mod break_glass;
pub(super) mod group;
mod named_user;
pub(super) mod password;
mod sessions;
pub(super) mod user;
