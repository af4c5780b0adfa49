//! One sign-in: its checks, what to change, what a test found, and what was received.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use super::link_person::{LinkView, link_of};
use super::{outcome, parse, through};
use crate::admin::{ReceivedMessage, Side, SignInDetail};
use crate::app::App;
use crate::console::connection::findings::{Found, found};
use crate::console::people::words::counted;
use crate::console::times::to_the_second;
use crate::console::{Console, ConsoleForm, ConsoleFrame, Nothing, Section};
use crate::domain::{AttemptKind, Check, Outcome};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response::{AttemptCode, Page};
use crate::http::routes::Routes;
use crate::saml::advice::aadsts_in;
use crate::saml::outline::{OutlineKind, OutlineLine};
use crate::saml::signature::NamedCertificate;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/sign-ins/{code}", get(show))
        .route("/admin/sign-ins/{code}/message", post(reveal))
}

#[derive(Debug, Template)]
#[template(path = "console/sign_ins/sign_in.html")]
struct SignInDetailPage {
    frame: ConsoleFrame,
    code: String,
    heading: &'static str,
    tone: &'static str,
    outcome: &'static str,
    summary: String,
    advice: Vec<String>,
    /// Microsoft's own page about the code that came.
    microsoft: Option<String>,
    /// Where the update from the metadata is proposed, and the metadata's address.
    update: Option<(String, String)>,
    there: Vec<There>,
    here: Vec<Here>,
    /// At the operator's.
    operator: Vec<Here>,
    /// Whom the person may be linked to: what is known of them, and the account.
    link: Option<LinkView>,
    facts: Vec<(&'static str, Fact)>,
    test: Option<Found>,
    /// What to say where a test shows nothing more.
    test_note: Option<&'static str>,
    /// Where to go on after a test.
    connection: Option<TestedConnection>,
    signing: Option<SigningView>,
    failed: Vec<CheckView>,
    passed: Vec<CheckView>,
    /// "24 checks passed".
    passed_text: String,
    message: MessageView,
    keep_hours: u16,
}

/// A value of the list of facts.
#[derive(Debug)]
enum Fact {
    Text(String),
    Link(String, String),
    Time(Moment),
    Mono(String),
}

/// A field at the identity provider.
#[derive(Debug)]
struct There {
    id: String,
    label: String,
    value: Option<String>,
}

/// A field here.
#[derive(Debug)]
struct Here {
    id: String,
    label: String,
    href: Option<String>,
    value: Option<String>,
}

#[derive(Debug)]
struct TestedConnection {
    name: String,
    settings: String,
    again: String,
    is_enabled: bool,
}

#[derive(Debug)]
struct SigningView {
    sentence: &'static str,
    signer: Option<NamedCertificate>,
    configured: Vec<ConfiguredCertificate>,
}

#[derive(Debug)]
struct ConfiguredCertificate {
    subject: String,
    sha256: String,
    sha1: String,
    until: Moment,
    is_signer: bool,
    has_expired: bool,
}

#[derive(Debug)]
struct CheckView {
    rule: String,
    subject: String,
    expected: String,
    received: String,
}

/// What was received, as far as it is shown.
#[derive(Debug)]
enum MessageView {
    /// Nothing is kept.
    Nothing,
    /// Lines, and whether their values are shown or may be.
    Lines {
        lines: Vec<LineView>,
        shown: bool,
        may_show: bool,
    },
    /// No XML.
    Unreadable {
        octets: usize,
        text: Option<String>,
        may_show: bool,
    },
}

#[derive(Debug)]
struct LineView {
    indent: String,
    parts: Vec<(&'static str, String)>,
}

/// `GET /admin/sign-ins/{code}`
async fn show(console: Console, Path(code): Path<String>) -> Result<Response, Error> {
    let code = parse(&code)?;
    let detail = console.admin().sign_in_detail(&code).await?;
    let received = console.admin().received(&detail.attempt).await?;
    page(&console, detail, received, false).await
}

/// `POST /admin/sign-ins/{code}/message`: the same page with the values of the message, which the audit log says first.
async fn reveal(
    Path(code): Path<String>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let code = parse(&code)?;
    let detail = console.admin().sign_in_detail(&code).await?;
    let received = console.admin().reveal_received(&detail.attempt).await?;
    page(&console, detail, received, true).await
}

async fn page(
    console: &Console,
    detail: SignInDetail,
    received: ReceivedMessage,
    shown: bool,
) -> Result<Response, Error> {
    let admin = console.admin();
    let findings = admin.findings(&detail.attempt).await?;
    let may_show = admin.may_read(&detail.attempt);
    let attempt = &detail.attempt;
    let is_test = attempt.kind == AttemptKind::Test;
    let (tone, outcome) = outcome(
        attempt.kind,
        attempt.outcome,
        attempt.has_warning(),
        attempt.started_at,
        console.now(),
    );
    let failed = attempt.record.checks.iter().rev().find(|it| !it.passed);
    let microsoft = failed.and_then(|check| aadsts_in(&check.received));
    let connection = detail.connection.as_ref();
    let is_saml = connection.is_none_or(|it| it.settings.oidc().is_none());
    let test = findings.as_ref();
    let test = test.map(|findings| found(findings, attempt, is_saml));
    let (passed, not_met): (Vec<_>, Vec<_>) =
        attempt.record.checks.iter().partition(|it| it.passed);
    let heading = match attempt.kind {
        AttemptKind::Test => "Test",
        AttemptKind::Logout => "Sign-out",
        _ => "Sign-in",
    };
    let view = SignInDetailPage {
        frame: console.frame(Section::SignIns, format!("{heading} {}", attempt.code)),
        code: attempt.code.to_string(),
        heading,
        tone,
        outcome,
        summary: summary(&detail),
        // The page about it is linked.
        advice: attempt
            .record
            .advice
            .iter()
            .filter(|line| !line.contains("login.microsoftonline.com/error"))
            .cloned()
            .collect(),
        microsoft: microsoft
            .map(|code| format!("https://login.microsoftonline.com/error?code={code}")),
        update: detail.new_key.as_ref().and_then(|key| {
            let connection = detail.connection.as_ref()?;
            let path = format!("/admin/connections/{}/metadata", connection.id);
            Some((path, key.url.clone()))
        }),
        there: there(&detail),
        here: here(&detail, Side::Here),
        operator: here(&detail, Side::Operator),
        link: link_of(&admin, &detail).await?,
        facts: facts(&detail),
        test_note: note(&detail, test.is_some(), may_show),
        test,
        connection: detail
            .connection
            .as_ref()
            .filter(|_| is_test)
            .map(|it| TestedConnection {
                name: it.display_name.clone(),
                settings: format!("/admin/connections/{}", it.id),
                again: format!("/admin/connections/{}/test", it.id),
                is_enabled: it.enabled,
            }),
        signing: detail.signing.as_ref().map(|signing| SigningView {
            sentence: signing.sentence(),
            signer: signing.signer.clone(),
            configured: signing
                .configured
                .iter()
                .map(|it| ConfiguredCertificate {
                    subject: it.subject.clone(),
                    sha256: it.sha256.clone(),
                    sha1: it.sha1.clone(),
                    until: Moment::from(it.not_after),
                    is_signer: it.is_signer,
                    has_expired: it.not_after < console.now(),
                })
                .collect(),
        }),
        passed_text: format!("{} passed", counted(passed.len() as u64, "check", "checks")),
        failed: not_met.into_iter().map(check).collect(),
        passed: passed.into_iter().map(check).collect(),
        message: message(received, shown, may_show),
        keep_hours: keep_hours(&console.app),
    };
    let mut response = Page::new(view).into_response();
    response
        .extensions_mut()
        .insert(AttemptCode(attempt.code.to_string()));
    Ok(response)
}

fn keep_hours(app: &Arc<App>) -> u16 {
    app.config.attempts.keep_responses_hours
}

/// The verdict in one sentence.
fn summary(detail: &SignInDetail) -> String {
    match detail.attempt.outcome {
        Outcome::Open if detail.attempt.summary.is_empty() => {
            "No answer of the identity provider has come to this sign-in.".to_owned()
        }
        _ => detail.attempt.summary.clone(),
    }
}

fn note(detail: &SignInDetail, has_findings: bool, may_read: bool) -> Option<&'static str> {
    if detail.attempt.kind != AttemptKind::Test || has_findings {
        return None;
    }
    match detail.attempt.outcome {
        Outcome::Open => Some(
            "If the identity provider shows an error page instead of coming back here, its own message says what to change. Search for a code such as AADSTS50105 under Sign-ins.",
        ),
        _ if !may_read => {
            Some("The claims of a test are shown to the administrator who ran it, for an hour.")
        }
        Outcome::Refused => Some(
            "The answer was refused before its claims could be believed, so that none are shown.",
        ),
        _ => Some("The claims of a test are kept for an hour. Run it again to see them."),
    }
}

fn facts(detail: &SignInDetail) -> Vec<(&'static str, Fact)> {
    let attempt = &detail.attempt;
    let mut facts = vec![("Began", Fact::Time(to_the_second(attempt.started_at)))];
    if let Some(at) = attempt.finished_at {
        facts.push(("Ended", Fact::Time(to_the_second(at))));
    }
    let name = through(
        attempt.kind,
        attempt.connection_id,
        detail.connection.as_ref(),
    );
    facts.push((
        "Through",
        match &detail.connection {
            Some(connection) => Fact::Link(format!("/admin/connections/{}", connection.id), name),
            None => Fact::Text(name),
        },
    ));
    let person = |user: &crate::domain::User| {
        Fact::Link(
            format!("/admin/users/{}", user.id),
            user.email.as_str().to_owned(),
        )
    };
    match (&detail.user, attempt.user_id) {
        (Some(user), _) => facts.push(("User", person(user))),
        (None, Some(_)) => facts.push(("User", Fact::Text("a deleted user".to_owned()))),
        (None, None) => facts.extend(attempt.named.as_ref().map(|named| {
            let text = format!("{named}, who was not signed in");
            ("User", Fact::Text(text))
        })),
    }
    if attempt.kind == AttemptKind::Test {
        facts.push((
            "Run by",
            detail
                .tester
                .as_ref()
                .map_or_else(|| Fact::Text("a deleted user".to_owned()), person),
        ));
    }
    if let Some(rule) = &attempt.rule {
        let label = if attempt.has_warning() {
            "Warning by rule"
        } else {
            "Refused by rule"
        };
        facts.push((label, Fact::Text(rule.clone())));
    }
    if let Some(clocks) = &detail.clocks {
        facts.push(("Clocks", Fact::Text(clocks.clone())));
    }
    if let Some(target) = &attempt.return_to {
        facts.push(("Goes on to", Fact::Mono(target.clone())));
    }
    if let Some(request) = &attempt.request_id {
        facts.push(("Request ID", Fact::Mono(request.clone())));
    }
    facts
}

fn check(check: &Check) -> CheckView {
    CheckView {
        rule: check.rule.to_string(),
        subject: check.subject.to_string(),
        expected: check.expected.to_string(),
        received: check.received.to_string(),
    }
}

fn there(detail: &SignInDetail) -> Vec<There> {
    let fixes = detail.fixes.iter();
    fixes
        .filter(|fix| fix.side == Side::IdentityProvider)
        .enumerate()
        .map(|(place, fix)| There {
            id: format!("fix-{place}"),
            label: fix.label(),
            value: fix.value.clone(),
        })
        .collect()
}

fn here(detail: &SignInDetail, side: Side) -> Vec<Here> {
    let fixes = detail.fixes.iter().filter(|fix| fix.side == side);
    fixes
        .enumerate()
        .map(|(place, fix)| Here {
            id: format!("fix-{side:?}-{place}").to_ascii_lowercase(),
            label: fix.label(),
            href: fix.path.clone(),
            value: fix.value.clone(),
        })
        .collect()
}

fn message(received: ReceivedMessage, shown: bool, may_show: bool) -> MessageView {
    match received {
        ReceivedMessage::Nothing => MessageView::Nothing,
        ReceivedMessage::Message(lines) => MessageView::Lines {
            lines: lines.into_iter().map(line).collect(),
            shown,
            may_show,
        },
        ReceivedMessage::Unreadable(octets, text) => MessageView::Unreadable {
            octets,
            text,
            may_show,
        },
    }
}

fn line(line: OutlineLine) -> LineView {
    LineView {
        indent: "  ".repeat(line.depth),
        parts: line
            .parts
            .into_iter()
            .map(|part| {
                let class = match part.kind {
                    OutlineKind::Sign => "sign",
                    OutlineKind::Element => "element",
                    OutlineKind::Attribute => "attribute",
                    OutlineKind::Value => "value",
                    OutlineKind::Mask => "mask",
                };
                (class, part.text)
            })
            .collect(),
    }
}
