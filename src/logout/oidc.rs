//! Logout by OpenID Connect, in both directions (rules T1 to T6).
//!
//! ```text
//! front_channel.rs   a page in the provider's frame: `sid` ends sessions, unsigned                   GET  /sso/oidc/logout/…
//! back_channel.rs    the provider itself: a logout token ends sessions, once                         POST /sso/oidc/backchannel/…
//! check_again.rs     the provider is asked again, and may end a session                              in the background
//! relying_party.rs   a sign-out that begins here goes on there, and comes back                       /sso/logout
//! ```
//!
//! Tests: `tests/it/oidc_sign_in/logout.rs`. The token itself is judged by `oidc::LogoutToken`.

mod back_channel;
mod check_again;
mod front_channel;
pub(super) mod relying_party;
mod sign_out;

pub use back_channel::{TokenEnding, receive_token};
pub use check_again::check_again;
pub use front_channel::{end_by_sid, frame_ancestors};
