//! How fresh an authentication is, and of what kind (rules D8 and D9).

use super::Settings;
use super::assertion::at;
use super::paper::NOW;
use super::{Paper, Vector, accept, reject};
use time::Duration;
use vestibule::saml::error::Rule;

const INSTANT: &str = "AuthnInstant=\"2026-03-04T05:06:00Z\"";
const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";
const MFA: &str = "https://refeds.org/profile/mfa";

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = freshness();
    all.extend(contexts());
    all
}

fn good(from: &str, to: &str) -> Paper {
    Paper::good().change(from, to).sign("_assertion")
}

/// The request asked to sign in again, that many seconds from now.
fn forced(seconds: i64) -> impl FnOnce(&mut Settings) {
    move |settings| settings.forced_at = Some(NOW + Duration::seconds(seconds))
}

/// No skew, and the oldest authentication that is taken.
fn aged(seconds: i64) -> impl FnOnce(&mut Settings) {
    move |settings| {
        settings.clock_skew_seconds = Some(0);
        settings.max_authentication_age = Some(seconds);
    }
}

fn freshness() -> Vec<Vector> {
    let instant = |text: &str| good(INSTANT, &format!("AuthnInstant=\"{text}\""));
    let fresh = |name: &str, note: &str, paper: Paper| accept(name, note, paper);
    let stale = |name: &str, note: &str, paper: Paper| reject(name, Rule::D8, note, paper);
    let statement = Paper::good().element("AuthnStatement");
    vec![
        fresh(
            "authn-forced",
            "Asked to sign in again ten seconds ago, and did so.",
            Paper::signed(),
        )
        .settings(forced(-10)),
        fresh(
            "authn-forced-at-the-edge",
            "Signed in 180 seconds before it was asked.",
            instant(&at(-190)),
        )
        .settings(forced(-10)),
        fresh(
            "authn-forced-within-the-second",
            "Signed in in the second of the request, whose fraction the provider cuts; no skew.",
            instant("2026-03-04T05:06:00Z"),
        )
        .settings(|settings| {
            settings.clock_skew_seconds = Some(0);
            settings.forced_at = Some(NOW - Duration::milliseconds(6_100));
        }),
        stale(
            "authn-forced-one-second-outside",
            "Signed in 181 seconds before it was asked.",
            instant(&at(-191)),
        )
        .settings(forced(-10))
        .received("AuthnInstant"),
        stale(
            "authn-forced-eight-hours-ago",
            "Asked to sign in again; the sign-in is eight hours old.",
            instant(&at(-28_800)),
        )
        .settings(forced(-10)),
        stale(
            "authn-forced-without-instant",
            "Asked to sign in again; no AuthnInstant.",
            good(&format!("{INSTANT} "), ""),
        )
        .settings(forced(-10)),
        stale(
            "authn-forced-malformed",
            "Asked to sign in again; AuthnInstant is no time.",
            instant("now"),
        )
        .settings(forced(-10)),
        stale(
            "authn-forced-in-the-future",
            "Asked to sign in again; the sign-in is in the future.",
            instant(&at(181)),
        )
        .settings(forced(-10)),
        stale(
            "authn-forced-without-statement",
            "Asked to sign in again; no AuthnStatement, which the connection allows.",
            good(&statement, ""),
        )
        .settings(|settings| {
            settings.authn_statement_optional = true;
            settings.forced_at = Some(NOW);
        }),
        fresh(
            "authn-old-and-nobody-asked",
            "The sign-in is eight hours old, and nobody asked.",
            instant(&at(-28_800)),
        ),
        fresh(
            "authn-age-at-the-edge",
            "Seven seconds old, and seven are allowed.",
            Paper::signed(),
        )
        .settings(aged(7)),
        stale(
            "authn-age-one-second-outside",
            "Seven seconds old, and six are allowed.",
            Paper::signed(),
        )
        .settings(aged(6)),
        stale(
            "authn-age-without-instant",
            "No AuthnInstant where the age is bounded.",
            good(&format!("{INSTANT} "), ""),
        )
        .settings(aged(3600)),
        stale(
            "authn-age-and-forced",
            "Young enough, and older than what was asked.",
            instant(&at(-300)),
        )
        .settings(|settings| {
            settings.max_authentication_age = Some(3600);
            settings.forced_at = Some(NOW - Duration::seconds(10));
        }),
    ]
}

fn contexts() -> Vec<Vector> {
    let statement = Paper::good().element("AuthnStatement");
    let kinds = |kinds: &[&str]| {
        kinds
            .iter()
            .map(|kind| (*kind).to_owned())
            .collect::<Vec<_>>()
    };
    let requested = |vector: Vector, list: &[&str]| {
        let list = kinds(list);
        vector.settings(|settings| settings.requested_authn_context = list)
    };
    let accepted = |vector: Vector, list: &[&str]| {
        let list = kinds(list);
        vector.settings(|settings| settings.accepted_authn_context = list)
    };
    let good_one = |name: &str, note: &str| accept(name, note, Paper::signed());
    let other = |name: &str, note: &str, paper: Paper| reject(name, Rule::D9, note, paper);
    let reference = "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>";
    // One is fresh, the other of the right kind.
    let halves = format!(
        "{}{}",
        statement,
        statement
            .replace("05:06:00Z", "04:06:00Z")
            .replace("_session", "_other")
            .replace(PASSWORD, MFA)
    );
    // The second is what was asked for.
    let second = format!(
        "{}{}",
        statement.replace("05:06:00Z", "04:06:00Z"),
        statement
            .replace("_session", "_other")
            .replace(PASSWORD, MFA)
    );
    vec![
        requested(
            good_one("authn-context-requested", "The context that was asked for."),
            &[PASSWORD],
        ),
        requested(
            good_one(
                "authn-context-second-of-two",
                "The second of two that were asked for.",
            ),
            &[MFA, PASSWORD],
        ),
        requested(
            other(
                "authn-context-another",
                "A password, where two factors were asked for.",
                Paper::signed(),
            ),
            &[MFA],
        )
        .received("ac:classes:Password"),
        requested(
            other(
                "authn-context-case",
                "The context differs in upper and lower case.",
                good("ac:classes:Password", "ac:classes:password"),
            ),
            &[PASSWORD],
        ),
        requested(
            other(
                "authn-context-missing",
                "No AuthnContextClassRef where one was asked for.",
                good(reference, ""),
            ),
            &[PASSWORD],
        ),
        requested(
            other(
                "authn-context-space",
                "White space around the context.",
                good("ac:classes:Password", "ac:classes:Password "),
            ),
            &[PASSWORD],
        ),
        accepted(
            good_one(
                "authn-context-accepted",
                "A context that the connection takes.",
            ),
            &[MFA, PASSWORD],
        ),
        accepted(
            other(
                "authn-context-not-accepted",
                "A password, where the connection takes two factors only.",
                Paper::signed(),
            ),
            &[MFA],
        ),
        accepted(
            other(
                "authn-context-unsolicited",
                "A password, unasked, where the connection takes two factors only.",
                Paper::good()
                    .change("InResponseTo=\"_request\">", ">")
                    .change("InResponseTo=\"_request\" ", "")
                    .sign("_assertion"),
            ),
            &[MFA],
        )
        .unsolicited(),
        accepted(
            requested(
                other(
                    "authn-context-requested-and-not-accepted",
                    "What was asked for is not what the connection takes.",
                    Paper::signed(),
                ),
                &[PASSWORD],
            ),
            &[MFA],
        ),
        requested(
            other(
                "authn-statements-each-half-right",
                "One statement is fresh, the other of the kind that was asked for.",
                good(&statement, &halves),
            ),
            &[MFA],
        )
        .settings(forced(-10)),
        requested(
            accept(
                "authn-statement-second-of-two",
                "The second statement is fresh and of the kind that was asked for.",
                good(&statement, &second),
            ),
            &[MFA],
        )
        .settings(forced(-10)),
    ]
}
