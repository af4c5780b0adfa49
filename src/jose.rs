//! JSON Web Signatures and keys (RFC 7515, 7517, 7518, 7638, 8037) on OpenSSL. No clock, no sockets.
//!
//! Invariant: [`SignedJws`] exists only for octets that a key of a [`KeySet`] has signed, and a payload is read from nothing
//! else. Which key verifies is the receiver's choice: nothing in a header brings a key (rule K1), and nothing in it widens
//! the algorithms (rule P2).
//!
//! ```text
//! octets ── parse ──► UnverifiedJws ── verify(keys, allowed) ──► SignedJws ── claims() ──► json::Object
//! ```
//!
//! Rules: `oidc-rules.md` H3, H4, K1 to K3, P1 to P3. Vectors: `tests/vectors/jose/`; the other half, which signs, is `sign.rs`.

mod algorithm;
mod base64url;
mod error;
mod header;
pub mod json;
mod jws;
mod key;
mod key_set;
mod sign;
mod thumbprint;

pub use algorithm::{Algorithm, Family};
pub use error::{JwkError, JwsError, JwsPart};
pub use header::Header;
pub use jws::{SignedJws, UnverifiedJws, VerifyError};
pub use key::PublicKey;
pub use key_set::{KeySet, KeySetError, LONGEST_KEY_SET, MOST_KEYS, UnusableKey};
pub use sign::{ProtectedHeader, SignJwsError, SigningKey};
