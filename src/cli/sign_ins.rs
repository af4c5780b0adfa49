//! Records of sign-ins, and the verdict on a Response.

pub(super) mod attempts;
pub(super) mod explain;
