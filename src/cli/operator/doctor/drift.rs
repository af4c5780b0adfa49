//! Our clock beside the database's, and beside those of the identity providers, as the last sign-ins showed it.

use time::Duration;

use super::Findings;
use crate::admin::drift;
use crate::domain::Company;
use crate::store::{AttemptFilter, Error, Store};

/// Sign-ins of a company that are looked at.
const LAST: u32 = 20;
/// Two servers whose clocks differ by more judge a sign-in differently.
pub(super) const BETWEEN_NODES: Duration = Duration::seconds(5);
/// A clock that is off by more comes near to the skew that a connection allows, three minutes.
const MUCH: Duration = Duration::seconds(60);
const AREA: &str = "clock";

/// The smallest skew that an enabled connection allows; its sign-ins are the first to be refused (rules C5 and D3).
pub(super) async fn least_skew(
    store: &Store,
    companies: &[Company],
) -> Result<Option<Duration>, Error> {
    let mut least = None;
    for company in companies {
        let connections = store.connections(company.id).await?;
        let skews = connections
            .iter()
            .filter(|connection| connection.enabled)
            .map(|connection| Duration::seconds(connection.settings.clock_skew_seconds.into()));
        least = least.into_iter().chain(skews).min();
    }
    Ok(least)
}

/// How far the database's clock is from ours.
pub(super) fn from_database(drift: Duration, skew: Option<Duration>, findings: &mut Findings) {
    const NEXT: &str = "Let both keep time by NTP.";
    if drift.abs() <= BETWEEN_NODES {
        let text = format!("{} ms from the database's", drift.whole_milliseconds());
        return findings.ok(AREA, text);
    }
    let text = format!(
        "This machine's clock and the database's differ by {} seconds.",
        drift.whole_seconds()
    );
    if skew.is_some_and(|skew| drift.abs() > skew) {
        findings.error(AREA, text, NEXT);
    } else {
        findings.warn(AREA, text, NEXT);
    }
}

pub(super) async fn look(
    store: &Store,
    companies: &[Company],
    skew: Option<Duration>,
    findings: &mut Findings,
) -> Result<(), Error> {
    const NEXT: &str = "Compare the clock with another one, and let it be kept by NTP. If it is right, an identity provider's is wrong.";
    let mut seen = Vec::new();
    for company in companies {
        let attempts = store
            .attempts(company.id, &AttemptFilter::default(), LAST)
            .await?;
        seen.extend(attempts.iter().filter_map(drift));
    }
    seen.sort();
    let Some(&middle) = seen.get(seen.len() / 2) else {
        return Ok(());
    };
    let text = format!(
        "The middle of the last {} sign-ins was {} seconds old by this machine's clock.",
        seen.len(),
        middle.whole_seconds()
    );
    if skew.is_some_and(|skew| middle.abs() > skew) {
        findings.error(AREA, text, NEXT);
    } else if middle.abs() > MUCH {
        findings.warn(AREA, text, NEXT);
    } else {
        findings.ok(AREA, text.trim_end_matches('.').to_owned());
    }
    Ok(())
}
