//! Users and permission groups.

mod break_glass;
pub(super) mod group;
mod named;
pub(super) mod password;
pub(super) mod sessions;
pub(super) mod user;
