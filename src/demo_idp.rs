//! An identity provider in the shape of Microsoft Entra ID, for the demo and the tests.
//!
//! Invariants: it listens on loopback addresses only, and nothing in the server depends on it. Its signatures are written
//! by its own hand ([`signature`]), in Entra's form, so that a slip of `saml` cannot agree with itself. Time and
//! randomness are given to it.
//!
//! [`ResponseSpec`] makes Responses without HTTP, [`IdTokenSpec`] ID tokens; [`DemoIdp`] is the site.

mod app;
mod graph;
mod http;
mod idp_key;
mod metadata;
mod oidc;
mod pages;
mod refusal;
mod request;
mod response;
mod shelf;
mod signature;
mod site;
mod tenant;
mod user;
mod variant;

pub use app::{IdpApp, IdpAppError};
pub use graph::{DemoDirectory, DemoGroup, DemoGroupKind, DemoPerson, UnknownFault};
pub use idp_key::IdpKey;
pub use oidc::{
    IdTokenChange, IdTokenSignature, IdTokenSpec, OidcApp, OidcSecret, OidcVariant, OptionalClaim,
    UnknownOidcVariant,
};
pub use response::{Encryption, IdpStatus, IssuedClaim, ResponseSpec, ServiceProvider, Signed};
pub use site::{DemoConfig, DemoIdp};
pub use tenant::Tenant;
pub use user::IdpUser;
pub use variant::{UnknownVariant, Variant};

use std::fmt::Write as _;
use std::sync::Arc;
use time::OffsetDateTime;

/// Tells the time.
pub type Now = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;
/// Fills with random octets.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
/// Is told of all applications after each change.
pub type Keep = Arc<dyn Fn(&[Arc<IdpApp>]) + Send + Sync>;
/// Is told of all application registrations after each change.
pub type KeepOidc = Arc<dyn Fn(&[Arc<OidcApp>]) + Send + Sync>;

/// A random GUID (RFC 9562, version 4).
fn guid(random: &Random) -> String {
    let mut octets = [0; 16];
    random(&mut octets);
    octets[6] = octets[6] & 0x0f | 0x40;
    octets[8] = octets[8] & 0x3f | 0x80;
    octets
        .iter()
        .enumerate()
        .fold(String::with_capacity(36), |mut text, (at, octet)| {
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            let _ = write!(text, "{octet:02x}");
            text
        })
}
