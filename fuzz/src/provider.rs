//! A sign-in by OpenID Connect that would be good: the vector `accept/entra`, but for the token endpoint's answer.

use std::sync::LazyLock;

use openssl::sha::sha256;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::jose::KeySet;
use crate::oidc::{Client, Cloud, Issuer, OpenRequest};

/// What came to the redirect URI.
pub const CALLBACK: &[u8] = include_bytes!("../../tests/vectors/oidc/accept/entra/callback.txt");
/// When it came.
pub const NOW: OffsetDateTime = datetime!(2026-12-01 08:00:20 UTC);
/// The user whom the ID token names: the only one whom the key has signed.
pub const SUBJECT: &str = "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ";

/// The connection.
pub static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let tenant = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
    let issuer = Issuer::EntraTenant {
        cloud: Cloud::Global,
        tenant: tenant.parse().expect("a GUID"),
    };
    Client::new(issuer, "11112222-bbbb-3333-cccc-4444dddd5555")
});

/// The provider's keys.
pub static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let document = include_bytes!("../../tests/vectors/oidc/accept/entra/keys.json");
    KeySet::parse(document).expect("a key set")
});

/// The request that it answers.
pub fn open() -> OpenRequest {
    OpenRequest {
        state_hash: sha256(b"c3RhdGUtc3RhdGUtc3RhdGUtc3RhdGUtc3RhdGUtMzI"),
        nonce: "bm9uY2Utbm9uY2Utbm9uY2Utbm9uY2Utbm9uY2UtMzI".to_owned(),
        started_at: datetime!(2026-12-01 08:00:00 UTC),
        forced: false,
    }
}
