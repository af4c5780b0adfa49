//! A sign-in through a connection that speaks OpenID Connect.
//!
//! ```text
//! request.rs ──(browser)──▶ provider ──(browser)──▶ callback.rs ── claims the attempt ──▶ redeem.rs ──(token endpoint)──▶
//! person.rs: an Authenticated person ──▶ finish.rs, as for every protocol
//! ```
//!
//! Rules L to S of `docs/security.md`. Tests: `tests/it/oidc_sign_in`. The law of the answer is the room `oidc`.

mod advice;
mod callback;
mod person;
mod redeem;
mod refusal;
mod request;
mod secrets;

pub use callback::{CallbackArrival, receive_callback};
pub(super) use request::begin;
