//! Questions of `doctor gate` at a check: what arrived is noted for whoever asked them (rule Q66).
//!
//! Invariants: a check that bears one is decided like any other, and its answer is made before anything is noted; only for a probe
//! that lives something is, and one that lives may have its answer late, which opens nothing where a proxy is closed. A check without one costs a look at the headers; who makes one up reaches the database no more often than
//! a stranger (rule Q56).

use std::net::IpAddr;
use std::time::Duration;

use axum::http::HeaderMap;

use crate::app::App;
use crate::keys::secret_hash;
use crate::policy::{CheckObservation, PROBE_HEADER, PROBE_LATE};
use crate::store;

/// How long an answer waits for its note. Proxies wait longer for an answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// How late an answer comes that is to come late: Envoy has given up by then.
const LATE: Duration = Duration::from_secs(3);

/// What a check shows of a probe, whatever it is worth.
#[derive(Debug)]
pub(super) struct ShownProbe {
    hash: [u8; 32],
    /// Which question it is.
    pub(super) number: u16,
    is_late: bool,
}

impl ShownProbe {
    /// What stands in the header.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let (token, number) = headers.get(PROBE_HEADER)?.to_str().ok()?.split_once('.')?;
        let late = number.strip_suffix(PROBE_LATE);
        Some(Self {
            hash: secret_hash(token)?,
            number: late.unwrap_or(number).parse().ok()?,
            is_late: late.is_some(),
        })
    }

    /// Notes what arrived, where the probe lives, and waits where the answer is to come late.
    pub(super) async fn note(self, app: &App, client: Option<IpAddr>, observed: &CheckObservation) {
        if app.throttle.admit_stranger(client).is_err() {
            return;
        }
        match tokio::time::timeout(PATIENCE, self.noted(app, client, observed)).await {
            Ok(Ok(lives)) if lives && self.is_late => tokio::time::sleep(LATE).await,
            Ok(Ok(_)) => {}
            Ok(Err(cause)) => tracing::warn!(%cause, "what arrived for doctor was not noted"),
            Err(_) => tracing::warn!("the database is too slow to note what arrived for doctor"),
        }
    }

    /// Whether it lives and had room.
    async fn noted(
        &self,
        app: &App,
        client: Option<IpAddr>,
        observed: &CheckObservation,
    ) -> Result<bool, store::Error> {
        let now = app.clock.now();
        if !app.store.probe_lives(&self.hash, now).await? {
            return Ok(false);
        }
        app.throttle.give_stranger_back(client);
        let Ok(text) = serde_json::to_string(observed) else {
            return Ok(false);
        };
        app.store.note_at_probe(&self.hash, &text, now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::new_secret;

    // Q66
    #[test]
    fn a_header_that_is_none_is_not_looked_up() {
        let (token, hash) = new_secret();
        let read = |value: &str| {
            let value = value.parse().unwrap();
            ShownProbe::read(&HeaderMap::from_iter([(
                axum::http::HeaderName::from_static(PROBE_HEADER),
                value,
            )]))
        };
        let shown = read(&format!("{token}.7")).unwrap();
        assert_eq!((shown.hash, shown.number, shown.is_late), (hash, 7, false));
        let late = read(&format!("{token}.7.late")).unwrap();
        assert_eq!((late.hash, late.number, late.is_late), (hash, 7, true));
        for other in [
            "",
            "7",
            &token,
            &format!("{token}."),
            &format!("{token}.x"),
            &format!("{token}.-1"),
            &format!("{token}.70000"),
            &format!("{token}..late"),
            &format!("{token}.7.late.late"),
            "abc.7",
            ".7",
        ] {
            assert!(read(other).is_none(), "{other}");
        }
        assert!(ShownProbe::read(&HeaderMap::new()).is_none());
    }
}
