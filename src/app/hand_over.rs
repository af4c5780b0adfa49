//! The state of a hand-over on its way from an application's host to a company's site (rule Q29).
//!
//! Invariant: it is sealed, so that nothing is stored for strangers, and whoever brings it says nothing in it; it says which browser
//! asked, by the hash of a secret that the browser holds at the application's host.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::App;
use crate::domain::ApplicationId;

const PURPOSE: &str = "hand-over";
/// How long a hand-over may take, the sign-in included.
const LIFE: Duration = Duration::minutes(10);

/// What an application's host asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOverState {
    #[serde(rename = "a")]
    pub application: ApplicationId,
    /// Where the browser comes from.
    #[serde(rename = "o")]
    pub origin: String,
    /// Where it goes back to, as a path there.
    #[serde(rename = "r")]
    pub back_to: String,
    /// The hash of what the browser holds there.
    #[serde(rename = "b", with = "binding")]
    pub binding: [u8; 32],
    /// Whether the browser has sent something that is lost (rule Q48).
    #[serde(rename = "l")]
    pub lost: bool,
    /// Until when it counts, in seconds since 1970.
    #[serde(rename = "e")]
    expires_at: i64,
}

impl HandOverState {
    /// A hand-over that begins now.
    pub fn new(
        application: ApplicationId,
        origin: String,
        back_to: String,
        binding: [u8; 32],
        now: OffsetDateTime,
    ) -> Self {
        Self {
            application,
            origin,
            back_to,
            binding,
            lost: false,
            expires_at: now.saturating_add(LIFE).unix_timestamp(),
        }
    }
}

impl HandOverState {
    /// The same of a browser that has sent something that is lost.
    #[must_use]
    pub fn with_lost(self, lost: bool) -> Self {
        Self { lost, ..self }
    }
}

impl App {
    /// The state as it goes into an address.
    pub fn seal_hand_over(&self, state: &HandOverState) -> Option<String> {
        let json = serde_json::to_vec(state).ok()?;
        Some(BASE64_URL_SAFE_NO_PAD.encode(self.keys.seal(PURPOSE, &json)))
    }

    /// The state that we have sealed, while it counts.
    pub fn open_hand_over(&self, text: &str) -> Option<HandOverState> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let json = self.keys.open(PURPOSE, &sealed)?;
        let state: HandOverState = serde_json::from_slice(&json).ok()?;
        let now = self.clock.now().unix_timestamp();
        (now < state.expires_at).then_some(state)
    }
}

mod binding {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(hash: &[u8; 32], out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&BASE64_URL_SAFE_NO_PAD.encode(hash))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        let octets = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        octets
            .and_then(|octets| octets.try_into().ok())
            .ok_or_else(|| de::Error::custom("not a hash"))
    }
}
