//! Where a session ends.
//!
//! Invariants: the local session ends first, whatever others answer (`SAML2Int` SDP-SP34). A message from elsewhere ends
//! sessions only when a key of their own connection signed it, in the company of the host (rule E6): an unsigned request
//! ends nothing, not even the session of the browser that brings it, because a link on another site must not sign anyone
//! out. An answer to our own request changes nothing. The one message without a signature, OpenID Connect's at the front, ends
//! only what it can name: the provider's own name of a session, which nobody guesses (rule T3).
//!
//! ```text
//! message ─read─▶ judged ─┬─ request ─▶ its sessions end ─▶ answer: Success, or UnknownPrincipal
//!                         └─ answer ──▶ written down
//!   └─ refused: written down, unless too many come
//! ```
//!
//! Rules A2, B, C, D6, E4 and E6 of `docs/security.md`. Tests: `tests/it/slo.rs` and `tests/it/slo`. The messages themselves are
//! `saml::logout`; those of OpenID Connect are in `oidc.rs`.

mod begin;
mod judge;
mod oidc;
mod outgoing;
mod principal;
mod receive;
mod record;
mod token_advice;
mod visit;

use crate::app::App;
use crate::domain::SessionId;
use crate::store;

pub use begin::{
    address_of_end, end_session, ended_by_handle, leads_over_plain_http, sign_out, tell,
};
pub use judge::LogoutRefusal;
pub use oidc::{TokenEnding, check_again, end_by_sid, frame_ancestors, receive_token};
pub use outgoing::Outgoing;
pub use receive::receive;
pub use visit::{LogoutArrival, LogoutEnding, LogoutVisit};

/// Ends a session of this installation: here at once, on other nodes within two seconds. `false` when there was none.
pub async fn local(app: &App, session: SessionId) -> Result<bool, store::Error> {
    app.sessions.end(app.store.session_key(&session)).await
}
