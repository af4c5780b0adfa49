//! Our clock: by itself, beside the database's, and beside those of the identity providers, as the last sign-ins showed it.

use time::{Duration, OffsetDateTime};

use super::Diagnoses;
use crate::admin::drift;
use crate::cli::output::timestamp;
use crate::domain::Company;
use crate::domain::settings::CLOCK_SKEW_SECONDS;
use crate::store::{AttemptFilter, Error, Store};

/// Sign-ins of a company that are looked at.
const LAST: u32 = 20;
/// Two servers whose clocks differ by more judge a sign-in differently.
pub(super) const BETWEEN_NODES: Duration = Duration::seconds(5);
/// A clock that is off by more comes near to the skew that a connection allows.
const MUCH: Duration = Duration::seconds(CLOCK_SKEW_SECONDS as i64 / 3);
const AREA: &str = "clock";

/// Whether the time can be the time.
pub(super) fn look(now: OffsetDateTime, diagnoses: &mut Diagnoses) {
    if (2025..2100).contains(&now.year()) {
        diagnoses.ok(AREA, timestamp(now));
    } else {
        diagnoses.error(
            AREA,
            format!("The clock says {}.", timestamp(now)),
            "Set it, and let it be kept by NTP: every assertion is judged by it.",
        );
    }
}

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
pub(super) fn look_at_database(drift: Duration, skew: Option<Duration>, diagnoses: &mut Diagnoses) {
    const NEXT: &str = "Let both keep time by NTP.";
    if drift.abs() <= BETWEEN_NODES {
        let text = format!("{} ms from the database's", drift.whole_milliseconds());
        return diagnoses.ok(AREA, text);
    }
    let text = format!(
        "This machine's clock and the database's differ by {} seconds.",
        drift.whole_seconds()
    );
    if skew.is_some_and(|skew| drift.abs() > skew) {
        diagnoses.error(AREA, text, NEXT);
    } else {
        diagnoses.warn(AREA, text, NEXT);
    }
}

pub(super) async fn look_at_sign_ins(
    store: &Store,
    companies: &[Company],
    skew: Option<Duration>,
    diagnoses: &mut Diagnoses,
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
        diagnoses.error(AREA, text, NEXT);
    } else if middle.abs() > MUCH {
        diagnoses.warn(AREA, text, NEXT);
    } else {
        diagnoses.ok(AREA, text.trim_end_matches('.').to_owned());
    }
    Ok(())
}
