//! Times as people say them.

use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use crate::http::pages::Moment;

/// A time as people say it, and exactly for who looks closer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ago {
    /// `5 minutes ago`, `in 3 days`, or the day.
    pub(super) text: String,
    /// The moment in UTC, to be read.
    pub(super) exact: String,
    pub(super) machine: String,
}

impl Ago {
    /// How long ago, or how far ahead, `at` is.
    pub(super) fn of(at: OffsetDateTime, now: OffsetDateTime) -> Self {
        let exact = Moment::from(at);
        let seconds = (now - at).whole_seconds();
        let text = match span(seconds.unsigned_abs()) {
            None if seconds.abs() < MINUTE => "just now".to_owned(),
            // The day says more than a number of weeks.
            None => day(at),
            Some(span) if seconds < 0 => format!("in {span}"),
            Some(span) => format!("{span} ago"),
        };
        Self {
            text,
            exact: exact.text,
            machine: exact.machine,
        }
    }
}

const MINUTE: i64 = 60;

/// Seconds in the unit that people would use, to the nearest, up to two weeks.
fn span(seconds: u64) -> Option<String> {
    let nearest = |unit: u64| (seconds + unit / 2) / unit;
    if !(60..1_209_600).contains(&seconds) {
        return None;
    }
    let (count, unit) = match (nearest(60), nearest(3600)) {
        (minutes @ 0..60, _) => (minutes, "minute"),
        (_, hours @ 0..24) => (hours, "hour"),
        _ => (nearest(86_400), "day"),
    };
    Some(count_of(count, unit))
}

/// `1 day`, `2 days`.
pub(super) fn count_of(count: u64, unit: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{ending}")
}

/// A time to the second.
pub(super) fn to_the_second(at: OffsetDateTime) -> Moment {
    let at = at.to_offset(UtcOffset::UTC);
    let text = format_description!(
        "[day padding:none] [month repr:short] [year], [hour]:[minute]:[second] UTC"
    );
    Moment {
        text: at.format(text).unwrap_or_default(),
        ..Moment::from(at)
    }
}

/// A day as people read it.
pub(super) fn day(at: OffsetDateTime) -> String {
    let text = Moment::from(at).text;
    let day = text.split_once(',').map(|(day, _)| day.to_owned());
    day.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_time_is_told_as_people_say_it() {
        let now = datetime!(2026-03-01 12:00 UTC);
        for (before, text) in [
            (Duration::seconds(59), "just now"),
            (Duration::seconds(-59), "just now"),
            (Duration::seconds(60), "1 minute ago"),
            (Duration::minutes(59), "59 minutes ago"),
            (Duration::hours(1), "1 hour ago"),
            (Duration::minutes(-118), "in 2 hours"),
            (Duration::seconds(3599), "1 hour ago"),
            (Duration::hours(25), "1 day ago"),
            (Duration::hours(47), "2 days ago"),
            (Duration::days(13), "13 days ago"),
            (Duration::days(-3), "in 3 days"),
            (Duration::days(14), "15 February 2026"),
            (Duration::days(-40), "10 April 2026"),
        ] {
            assert_eq!(Ago::of(now - before, now).text, text);
        }
        let ago = Ago::of(now, now);
        assert_eq!(ago.exact, "1 March 2026, 12:00 UTC");
        assert_eq!(ago.machine, "2026-03-01T12:00:00Z");
    }
}
