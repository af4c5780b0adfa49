//! How long certificates and client secrets last, and when to say so (rule N7).
//!
//! Invariant: what counts is the certificate that lasts longest, and the secret that was set last: an old one that ends beside its
//! successor stops nobody.

use time::{Duration, OffsetDateTime};

use crate::console::times::count_of;
use crate::console::{Banner, Tone};
use crate::domain::saml_settings::CERTIFICATE_ENDS_SOON;
use crate::domain::{Connection, Protocol};
use crate::http::pages::Moment;
use crate::site::{Site, SiteConnection};

/// From here on it is time to act.
const NEAR: i64 = 14;
/// From here on it is late.
const LAST: i64 = 1;

/// From here on the day says more than the number of days.
const FAR: i64 = 400;

/// What is left of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) struct Remaining {
    pub(in crate::console) until: OffsetDateTime,
    /// Whole days; negative when it has ended.
    pub(in crate::console) days: i64,
}

impl Remaining {
    pub(in crate::console) fn of(until: OffsetDateTime, now: OffsetDateTime) -> Self {
        let left = until - now;
        let whole = left.whole_days();
        let begun = left < Duration::days(whole);
        Self {
            until,
            days: if begun { whole - 1 } else { whole },
        }
    }

    /// The nearer the end, the louder.
    pub(in crate::console) fn tone(self) -> Tone {
        let days = self.days;
        if days <= LAST {
            Tone::Bad
        } else if days <= NEAR {
            Tone::Warn
        } else if days <= CERTIFICATE_ENDS_SOON {
            Tone::Info
        } else {
            Tone::Good
        }
    }

    /// `ends in 12 days`, `ends today`, `ended 3 days ago`.
    pub(in crate::console) fn text(self) -> String {
        match self.days {
            0 => "ends within a day".to_owned(),
            // Nobody counts in thousands of days.
            FAR.. => {
                let day = Moment::from(self.until).text;
                format!("until {}", day.split(',').next().unwrap_or_default())
            }
            -1 => "has ended".to_owned(),
            days if days < 0 => format!("ended {} ago", count_of(days.unsigned_abs() - 1, "day")),
            days => format!("ends in {}", count_of(days.unsigned_abs(), "day")),
        }
    }
}

/// `ends in 12 days (2 March 2026, 12:00 UTC)`.
pub(super) fn with_day(remaining: Remaining) -> String {
    let day = Moment::from(remaining.until).text;
    match remaining.days {
        FAR.. => remaining.text(),
        _ => format!("{} ({day})", remaining.text()),
    }
}

/// The certificate of a connection that lasts longest, or its client secret; none when it has no usable one, or nobody said how
/// long.
pub(in crate::console) fn of_connection(
    ready: &SiteConnection,
    now: OffsetDateTime,
) -> Option<Remaining> {
    let until = match &ready.connection.settings.protocol {
        Protocol::Saml(_) => ready.trust.keys.iter().map(|key| key.validity().1).max(),
        Protocol::Oidc(oidc) => oidc.credential_end(),
    };
    until.map(|until| Remaining::of(until, now))
}

/// A banner for each enabled connection whose last certificate or client secret ends soon.
pub(in crate::console) fn banners(site: &Site, now: OffsetDateTime) -> Vec<Banner> {
    let ending = |ready: &SiteConnection| {
        let remaining = of_connection(ready, now).filter(|it| it.days <= CERTIFICATE_ENDS_SOON)?;
        let connection = &ready.connection;
        let day = Moment::from(remaining.until).text;
        let ended = remaining.days < 0;
        let (what, next, page, link) = match &connection.settings.protocol {
            Protocol::Saml(_) if ended => (
                "signing certificate",
                "Nobody can sign in through it until a new one is here.",
                "/certificates",
                "Update Certificate",
            ),
            Protocol::Saml(_) => (
                "signing certificate",
                "Add the new one before that; both count while they overlap.",
                "/certificates",
                "Update Certificate",
            ),
            Protocol::Oidc(oidc) if oidc.key_in_use().is_some() => (
                "key pair",
                if ended {
                    "The provider may refuse it: use a new one."
                } else {
                    "Make a new one, register it at the provider, and use it before that."
                },
                "#keys",
                "Make a key pair",
            ),
            Protocol::Oidc(_) if ended => (
                "client secret",
                "Nobody can sign in through it until a new one is here.",
                "#secret",
                "Add a client secret",
            ),
            Protocol::Oidc(_) => (
                "client secret",
                "Add the new one before that; both count while they overlap.",
                "#secret",
                "Add a client secret",
            ),
        };
        Some(Banner {
            tone: remaining.tone(),
            text: format!(
                "The {what} of {} {} ({day}). {next}",
                connection.display_name,
                remaining.text()
            ),
            link: Some((
                format!("/admin/connections/{}{page}", connection.id),
                link.to_owned(),
            )),
        })
    };
    let of_directory = |ready: &SiteConnection| directory_banner(&ready.connection, now);
    let endings = site.enabled_connections().filter_map(ending);
    endings
        .chain(site.enabled_connections().filter_map(of_directory))
        .collect()
}

/// The secret with which a directory is asked, where that is its own.
fn directory_banner(connection: &Connection, now: OffsetDateTime) -> Option<Banner> {
    let directory = connection.settings.directory.as_deref()?;
    let remaining = Remaining::of(directory.secret_end()?, now);
    if remaining.days > CERTIFICATE_ENDS_SOON {
        return None;
    }
    let next = if remaining.days < 0 {
        "The directory is not read until a new one is here."
    } else {
        "Add the new one before that; both count while they overlap."
    };
    Some(Banner {
        tone: remaining.tone(),
        text: format!(
            "The directory's client secret of {} {} ({}). {next}",
            connection.display_name,
            remaining.text(),
            Moment::from(remaining.until).text
        ),
        link: Some((
            format!("/admin/connections/{}/directory", connection.id),
            "Add a client secret".to_owned(),
        )),
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_nearer_the_end_the_louder() {
        let now = datetime!(2026-03-01 12:00 UTC);
        for (left, days, tone) in [
            (Duration::days(61), 61, Tone::Good),
            (Duration::days(60), 60, Tone::Info),
            (Duration::days(30), 30, Tone::Info),
            (Duration::days(15), 15, Tone::Info),
            (Duration::days(14), 14, Tone::Warn),
            (Duration::days(7), 7, Tone::Warn),
            (Duration::days(2), 2, Tone::Warn),
            (Duration::hours(47), 1, Tone::Bad),
            (Duration::days(1), 1, Tone::Bad),
            (Duration::hours(23), 0, Tone::Bad),
            (Duration::hours(-1), -1, Tone::Bad),
            (Duration::days(-3), -3, Tone::Bad),
        ] {
            let remaining = Remaining::of(now + left, now);
            assert_eq!((remaining.days, remaining.tone()), (days, tone), "{left}");
        }
        let text = |left| Remaining::of(now + left, now).text();
        assert_eq!(text(Duration::days(1)), "ends in 1 day");
        assert_eq!(text(Duration::hours(1)), "ends within a day");
        assert_eq!(text(Duration::hours(-1)), "has ended");
        assert_eq!(text(Duration::hours(-30)), "ended 1 day ago");
    }
}
