//! Our clock beside those of the identity providers, as the last sign-ins showed it.

use time::Duration;

use super::Findings;
use crate::admin::drift;
use crate::domain::Company;
use crate::store::{AttemptFilter, Error, Store};

/// Sign-ins of a company that are looked at.
const LAST: u32 = 20;
/// A clock that is off by more comes near to the skew that a connection allows, three minutes.
const MUCH: Duration = Duration::seconds(60);

pub(super) async fn look(
    store: &Store,
    companies: &[Company],
    findings: &mut Findings,
) -> Result<(), Error> {
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
    if middle.abs() > MUCH {
        findings.warn(
            "clock",
            text,
            "Compare the clock with another one, and let it be kept by NTP. If it is right, an identity provider's is wrong.",
        );
    } else {
        findings.ok("clock", text.trim_end_matches('.').to_owned());
    }
    Ok(())
}
