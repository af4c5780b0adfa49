//! Overview: is sign-in working, and what is left to do?
//!
//! Invariant: its cost does not grow with the number of users and sign-ins: it looks at the newest [`LOOKED_AT`] sign-ins.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use time::{Duration, OffsetDateTime};

use super::connection::certificate_days::{self, Remaining};
use super::steps::{self, Step};
use super::times::Ago;
use super::{Console, ConsoleFrame, Section, Tone};
use crate::domain::{ClientAuthMethod, Connection, ConnectionId, Outcome, Protocol};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::site::SiteConnection;
use crate::store::{LatestOutcome, SignInRow};

/// The newest sign-ins that are looked at for each connection's state.
const LOOKED_AT: u32 = 1000;
/// And how far back.
const LOOKED_BACK: Duration = Duration::days(30);
/// The newest sign-ins in which each connection's last ones are looked for, and how many of these count.
const COUNTED: u32 = 200;
/// How far back sign-ins count that nobody finished.
const COUNTED_BACK: Duration = Duration::days(6);
const LAST: usize = 10;
/// So many failures after each other are no longer one person's.
const IN_A_ROW: usize = 3;
/// The newest sign-ins that are listed.
const LISTED: u32 = 8;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin", get(show))
}

#[derive(Debug, Template)]
#[template(path = "console/overview.html")]
struct OverviewPage {
    frame: ConsoleFrame,
    verdict: OverviewVerdict,
    /// What is left of the set-up; empty when all of it is done.
    steps: Vec<Step>,
    steps_done: usize,
    connections: Vec<ConnectionCard>,
    latest: Vec<Latest>,
    /// How many sign-ins of the last seven days were not finished.
    unanswered: u64,
    sign_on_url: String,
    break_glass: i64,
    own: Vec<Certificate>,
}

/// The page's first sentence.
#[derive(Debug)]
struct OverviewVerdict {
    tone: Tone,
    title: String,
    text: String,
    /// Where to go, and how the link is called.
    link: Option<(String, &'static str)>,
}

/// One connection and how it does.
#[derive(Debug)]
struct ConnectionCard {
    href: String,
    display_name: String,
    state: (&'static str, &'static str),
    last_success: Option<Ago>,
    last_failure: Option<LastFailure>,
    /// How many of the last ones failed, how many of these after the last success, and how many there were.
    failed: usize,
    in_a_row: usize,
    last: usize,
    /// What it speaks, and with whom.
    protocol: String,
    credential: CredentialView,
    /// What deserves a look.
    note: Option<&'static str>,
}

/// What a connection is trusted by, or is known by at its provider.
#[derive(Debug)]
struct CredentialView {
    name: &'static str,
    /// How long it lasts, where that is known.
    lasts: Option<Certificate>,
    /// The class and the words where it is not.
    unknown: (&'static str, &'static str),
    /// The end of the page's address where it is changed, and how the way there is called.
    page: (&'static str, &'static str),
}

#[derive(Debug)]
struct LastFailure {
    when: Ago,
    href: String,
    summary: String,
    /// Nobody got in since then.
    stands: bool,
}

/// How long a certificate lasts.
#[derive(Debug)]
struct Certificate {
    name: &'static str,
    tone: &'static str,
    text: String,
    until: Ago,
    has_ended: bool,
}

/// One of the newest sign-ins.
#[derive(Debug)]
struct Latest {
    href: String,
    who: String,
    way: String,
    tone: &'static str,
    outcome: &'static str,
    when: Ago,
}

/// `GET /admin`
async fn show(console: Console) -> Result<Response, Error> {
    let (store, company, now) = (&console.app.desk, console.company(), console.now());
    // One after the other: they read the same rows, and a connection to the database keeps these at hand.
    let sign_ins = async {
        let since = now - LOOKED_BACK;
        let seen = store.latest_outcomes(company, since, LOOKED_AT).await?;
        let last = store
            .outcomes_by_connection(company, since, COUNTED)
            .await?;
        Ok((seen, last, store.latest_sign_ins(company, LISTED).await?))
    };
    let ((seen, last, latest), unanswered, groups) = tokio::try_join!(
        sign_ins,
        store.unanswered(company, now - COUNTED_BACK),
        store.groups(company),
    )?;
    let break_glass = console.break_glass;
    let mut connections = Vec::new();
    for ready in console.site.connections() {
        let failure = newest(&seen, ready.connection.id, Outcome::Refused);
        let success = newest(&seen, ready.connection.id, Outcome::SignedIn);
        let last = last.iter().filter(|(of, _)| *of == ready.connection.id);
        let last: Vec<Outcome> = last.map(|(_, outcome)| *outcome).take(LAST).collect();
        connections.push(connection(ready, success, failure, &last, now));
    }
    let steps = steps::of(&console.site, &groups, &seen, break_glass);
    let steps_done = steps.iter().filter(|step| step.is_done).count();
    let is_set_up = steps_done == steps.len();
    let verdict = verdict(&connections);
    let mut frame = console.frame(Section::Overview, "Overview");
    if let Some((href, _)) = &verdict.link {
        // What stands below says the same, and more.
        let says_it = |link: &(String, String)| link.0 == *href;
        frame
            .banners
            .retain(|banner| !banner.link.as_ref().is_some_and(says_it));
    }
    Ok(Page::new(OverviewPage {
        verdict,
        steps: if is_set_up { Vec::new() } else { steps },
        steps_done,
        connections,
        latest: latest.iter().map(|it| latest_line(&console, it)).collect(),
        unanswered,
        sign_on_url: console.site.company.sign_on_url(),
        break_glass,
        own: own_certificates(&console, now),
        frame,
    })
    .into_response())
}

fn verdict(connections: &[ConnectionCard]) -> OverviewVerdict {
    let verdict = |tone, title: &str, text: &str| OverviewVerdict {
        tone,
        title: title.to_owned(),
        text: text.to_owned(),
        link: None,
    };
    let enabled = || connections.iter().filter(|it| it.state.1 == ENABLED.1);
    if enabled().next().is_none() {
        return verdict(
            Tone::Info,
            "Single sign-on is not switched on yet",
            "People sign in with passwords until a connection is enabled.",
        );
    }
    let has_ended =
        |it: &&ConnectionCard| it.credential.lasts.as_ref().is_some_and(|it| it.has_ended);
    let ended: Vec<&ConnectionCard> = enabled().filter(has_ended).collect();
    if let Some(first) = ended.first() {
        let names: Vec<&str> = ended.iter().map(|it| it.display_name.as_str()).collect();
        return OverviewVerdict {
            tone: Tone::Bad,
            title: format!("Nobody can sign in through {}", names.join(", ")),
            link: Some((
                format!("{}{}", first.href, first.credential.page.0),
                first.credential.page.1,
            )),
            text: format!(
                "The {} that is stored here has ended. Add the new one of your identity provider.",
                first.credential.name.to_ascii_lowercase()
            ),
        };
    }
    let names = |of: &[&ConnectionCard]| {
        let names: Vec<&str> = of.iter().map(|it| it.display_name.as_str()).collect();
        names.join(", ")
    };
    let failing: Vec<&ConnectionCard> = enabled().filter(|it| it.is_failing()).collect();
    if let [first, ..] = failing.as_slice() {
        let title = match (failing.len(), first.in_a_row) {
            (1, many @ 2..) => format!("The last {many} sign-ins failed"),
            _ => "The last sign-in failed".to_owned(),
        };
        let text = format!(
            "Through {}. Look at it below: it says which setting to change, and on which side.",
            names(&failing)
        );
        return verdict(Tone::Warn, &title, &text);
    }
    if enabled().any(|it| it.last_success.is_some()) {
        let refused: Vec<&ConnectionCard> = enabled().filter(|it| it.in_a_row > 0).collect();
        let failed: usize = refused.iter().map(|it| it.failed).sum();
        let last: usize = refused.iter().map(|it| it.last).sum();
        let text = if refused.is_empty() {
            "The last sign-in through each connection succeeded.".to_owned()
        } else {
            let names = names(&refused);
            format!("{failed} of the last {last} sign-ins through {names} failed. Others got in.")
        };
        return verdict(Tone::Good, "Sign-in is working", &text);
    }
    verdict(
        Tone::Info,
        "Single sign-on is switched on",
        "There is no sign-in through it in the last 30 days. Tests and sign-ins with a password are not counted.",
    )
}

impl ConnectionCard {
    /// Whether nobody gets in: not one person is refused, but everyone.
    fn is_failing(&self) -> bool {
        let stands = self.last_failure.as_ref().is_some_and(|it| it.stands);
        stands && (self.in_a_row == self.last || self.in_a_row >= IN_A_ROW)
    }
}

const ENABLED: (&str, &str) = ("good", "Enabled");

fn connection(
    ready: &SiteConnection,
    success: Option<&LatestOutcome>,
    failure: Option<&LatestOutcome>,
    last: &[Outcome],
    now: OffsetDateTime,
) -> ConnectionCard {
    let connection = &ready.connection;
    let failed = |outcome: &&Outcome| **outcome == Outcome::Refused;
    ConnectionCard {
        failed: last.iter().filter(failed).count(),
        in_a_row: last.iter().take_while(failed).count(),
        last: last.len(),
        href: format!("/admin/connections/{}", connection.id),
        display_name: connection.display_name.clone(),
        state: match (connection.enabled, ready.is_enabled()) {
            (true, true) => ENABLED,
            (true, false) => ("bad", "No usable certificate"),
            (false, _) => ("off", "Disabled"),
        },
        last_success: success.map(|it| Ago::of(it.started_at, now)),
        last_failure: failure.map(|it| LastFailure {
            when: Ago::of(it.started_at, now),
            href: format!("/admin/sign-ins/{}", it.code),
            summary: it.summary.clone(),
            stands: success.is_none_or(|success| success.started_at < it.started_at),
        }),
        protocol: protocol(connection),
        credential: credential(ready, now),
        note: connection
            .settings
            .oidc()
            .filter(|oidc| oidc.discovery.is_none())
            .map(|_| "Never verified"),
    }
}

fn protocol(connection: &Connection) -> String {
    let name = match connection.settings.protocol {
        Protocol::Saml(_) => "SAML 2.0",
        Protocol::Oidc(_) => "OpenID Connect",
    };
    match connection.settings.provider_name() {
        provider if provider.is_empty() => name.to_owned(),
        provider => format!("{name} · {provider}"),
    }
}

fn credential(ready: &SiteConnection, now: OffsetDateTime) -> CredentialView {
    let lasts = certificate_days::of_connection(ready, now);
    let (name, unknown, page) = match &ready.connection.settings.protocol {
        Protocol::Saml(_) => (
            "Signing certificate",
            ("days bad", "none that can be used"),
            ("/certificates", "Update Certificate"),
        ),
        Protocol::Oidc(oidc) if oidc.client_authentication == ClientAuthMethod::PrivateKey => (
            "Key pair",
            ("days bad", "none yet"),
            ("#keys", "Make a key pair"),
        ),
        Protocol::Oidc(oidc) => (
            "Client secret",
            if oidc.client_secrets.is_empty() {
                ("days bad", "none yet")
            } else {
                ("none", "no expiry date given")
            },
            ("#secret", "Add a client secret"),
        ),
    };
    CredentialView {
        name,
        lasts: lasts.map(|it| certificate(name, it, now)),
        unknown,
        page,
    }
}

fn newest(
    seen: &[LatestOutcome],
    connection: ConnectionId,
    outcome: Outcome,
) -> Option<&LatestOutcome> {
    seen.iter()
        .find(|it| it.connection_id == Some(connection) && it.outcome == outcome)
}

fn certificate(name: &'static str, remaining: Remaining, now: OffsetDateTime) -> Certificate {
    Certificate {
        name,
        tone: remaining.tone().class(),
        text: remaining.text(),
        until: Ago::of(remaining.until, now),
        has_ended: remaining.days < 0,
    }
}

/// Those of this server, which the operator renews.
fn own_certificates(console: &Console, now: OffsetDateTime) -> Vec<Certificate> {
    let keys = console.app.sp_keys();
    [
        ("For signing", keys.signing_until),
        ("For encryption", keys.encryption_until),
    ]
    .into_iter()
    .filter_map(|(name, until)| Some(certificate(name, Remaining::of(until?, now), now)))
    .collect()
}

fn latest_line(console: &Console, row: &SignInRow) -> Latest {
    let connection = row.connection_id.and_then(|id| console.site.connection(id));
    let warned = row.outcome.has_warning(row.rule.as_deref());
    let (tone, outcome) = match row.outcome.as_str() {
        "signed_in" if warned => ("warn", "Signed in, with a warning"),
        "signed_in" => ("good", "Signed in"),
        "refused" => ("bad", "Refused"),
        "tested" => ("info", "Tested"),
        _ => ("off", "Not finished"),
    };
    Latest {
        href: format!("/admin/sign-ins/{}", row.code),
        who: match &row.email {
            Some(email) => email.to_string(),
            None => "Nobody".to_owned(),
        },
        way: match (connection, row.kind.as_str()) {
            (Some(found), _) => found.connection.display_name.clone(),
            (None, "password") => "Password".to_owned(),
            (None, "set_up") => "Set-up link".to_owned(),
            (None, _) => "A connection that is gone".to_owned(),
        },
        tone,
        outcome,
        when: Ago::of(row.started_at, console.now()),
    }
}
