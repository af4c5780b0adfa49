//! Records of sign-ins, and the verdict on a Response.

pub(super) mod attempts;
mod checks;
pub(super) mod explain;
