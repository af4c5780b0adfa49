//! The edges of time, from inside (rules B8, C5, D2, D3, D6).

use super::accepted::good;
use super::assertion::at;
use super::{Paper, Vector, accept};

pub(super) fn vectors() -> Vec<Vector> {
    let until = |seconds| {
        good(
            "NotOnOrAfter=\"2026-03-04T06:06:07Z\"",
            &format!("NotOnOrAfter=\"{}\"", at(seconds)),
        )
    };
    let from = |seconds| {
        good(
            "NotBefore=\"2026-03-04T05:01:07Z\"",
            &format!("NotBefore=\"{}\"", at(seconds)),
        )
    };
    let confirmed = |seconds| good("2026-03-04T05:36:07Z", &at(seconds));
    let index = "SessionIndex=\"_session\"";
    let session = |seconds| {
        good(
            index,
            &format!("{index} SessionNotOnOrAfter=\"{}\"", at(seconds)),
        )
    };
    let skew = |vector: Vector, seconds| {
        vector.settings(|settings| settings.clock_skew_seconds = Some(seconds))
    };
    vec![
        accept(
            "not-before-at-the-edge",
            "Valid from 180 seconds from now.",
            from(180),
        ),
        accept(
            "not-on-or-after-at-the-edge",
            "Valid until before 179 seconds ago.",
            until(-179),
        ),
        accept(
            "confirmation-at-the-edge",
            "Confirmed until before 179 seconds ago.",
            confirmed(-179),
        ),
        accept(
            "session-end-at-the-edge",
            "The session ended 179 seconds ago.",
            session(-179),
        ),
        accept(
            "issued-at-the-edge",
            "The Response was issued 180 seconds from now.",
            good("2026-03-04T05:06:05Z", &at(180)),
        ),
        accept(
            "assertion-issued-at-the-edge",
            "The assertion was issued 180 seconds from now.",
            good("2026-03-04T05:06:04Z", &at(180)),
        ),
        skew(
            accept(
                "not-before-without-skew",
                "Valid from now; the connection tolerates no skew.",
                from(0),
            ),
            0,
        ),
        skew(
            accept(
                "not-on-or-after-without-skew",
                "Valid until before one second from now, no skew.",
                until(1),
            ),
            0,
        ),
        skew(
            accept(
                "not-before-most-skew",
                "Valid from 300 seconds from now, with the most skew.",
                from(300),
            ),
            300,
        ),
        accept(
            "not-before-missing",
            "No start.",
            good("NotBefore=\"2026-03-04T05:01:07Z\" ", ""),
        ),
        accept(
            "time-with-offset",
            "A start with an offset, which is one minute ago.",
            good("2026-03-04T05:01:07Z", "2026-03-04T10:05:07+05:00"),
        ),
        accept(
            "time-with-fraction",
            "A start with a fraction of seven digits.",
            good("2026-03-04T05:01:07Z", "2026-03-04T05:01:07.1234567Z"),
        ),
        accept(
            "certificate-in-its-last-seconds",
            "The certificate expires two seconds later.",
            Paper::signed(),
        )
        .keys(&["idp-expired.crt"])
        .with(|file| file.now -= time::Duration::seconds(2)),
    ]
}
