//! Verify: a look at the provider, line by line (rule J7), and what was found when somebody looked last.
//!
//! Invariant: what the provider says of itself is kept only when nothing failed.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::head::{ConnectionHead, ConnectionTab};
use super::protocol::provider_connection;
use crate::admin::{LineState, Problems, ProviderCheck, ProviderLine, Refused, compare_manifest};
use crate::console::{Console, ConsoleForm, ConsoleFrame, Nothing, Section, unprocessable_page};
use crate::domain::{Connection, ConnectionId};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::oidc::Discovery;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/{id}/verify", get(show).post(verify))
        .route("/admin/connections/{id}/manifest", post(manifest))
}

#[derive(Debug, Template)]
#[template(path = "console/connection/provider_verify.html")]
struct ProviderVerifyPage {
    frame: ConsoleFrame,
    head: ConnectionHead,
    issuer: String,
    /// What the provider said of itself, by name.
    known: Vec<(&'static str, String)>,
    /// The look that was asked for.
    look: Option<LookView>,
    /// What was found of a manifest.
    manifest_look: Option<LookView>,
    /// The manifest that could not be read.
    manifest: String,
    problems: Problems,
}

/// What a look has found.
#[derive(Debug)]
struct LookView {
    tone: &'static str,
    sentence: String,
    lines: Vec<LookLine>,
}

/// One line of it.
#[derive(Debug)]
struct LookLine {
    subject: &'static str,
    tone: &'static str,
    word: &'static str,
    found: String,
    next: String,
}

/// `GET /admin/connections/{id}/verify`
async fn show(Path(id): Path<ConnectionId>, console: Console) -> Result<Response, Error> {
    let connection = provider_connection(&console, id).await?;
    Ok(Page::new(page(&console, &connection, None)).into_response())
}

/// `POST /admin/connections/{id}/verify`
async fn verify(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let connection = provider_connection(&console, id).await?;
    let (app, company) = (&console.app, &console.site.company);
    let turn = match app.provider_turn(company) {
        Ok(turn) => turn,
        Err(cause) => {
            let look = LookView {
                tone: "warn",
                sentence: format!("{cause} Try again in a few seconds."),
                lines: Vec::new(),
            };
            return Ok(Page::new(page(&console, &connection, Some(look))).into_response());
        }
    };
    let client = app.provider_client();
    let check = ProviderCheck::run(&connection, client, app.reach(company), console.now()).await;
    drop(turn);
    let connection = if check.passed() {
        let source = connection
            .settings
            .oidc()
            .map(|oidc| oidc.issuer.discovery_url());
        let kept = console
            .admin()
            .keep_discovery(&connection, &check, source.as_deref())
            .await?;
        console.changed().await?;
        kept
    } else {
        connection
    };
    let look = LookView::of(&check);
    Ok(Page::new(page(&console, &connection, Some(look))).into_response())
}

/// An app registration's manifest, as it was pasted.
#[derive(Debug, Deserialize)]
struct ManifestForm {
    manifest: String,
}

/// `POST /admin/connections/{id}/manifest`
async fn manifest(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, form): ConsoleForm<ManifestForm>,
) -> Result<Response, Error> {
    let connection = provider_connection(&console, id).await?;
    match compare_manifest(&console.site.company, &connection, &form.manifest) {
        Ok(check) => {
            let mut view = page(&console, &connection, None);
            view.manifest_look = Some(LookView::of_manifest(&check));
            Ok(Page::new(view).into_response())
        }
        Err(refused @ Refused::Invalid(_)) => {
            let mut view = page(&console, &connection, None);
            view.problems = refused.problems();
            view.manifest = form.manifest;
            Ok(unprocessable_page(view).into_response())
        }
        Err(refused) => Err(refused.into()),
    }
}

fn page(console: &Console, connection: &Connection, look: Option<LookView>) -> ProviderVerifyPage {
    let oidc = connection.settings.oidc();
    let discovery = oidc.and_then(|oidc| oidc.discovery.as_ref());
    ProviderVerifyPage {
        frame: console.frame(Section::Connections, connection.display_name.as_str()),
        head: ConnectionHead::of(connection, ConnectionTab::Verify),
        issuer: connection.settings.provider_name(),
        known: discovery.map(members).unwrap_or_default(),
        look,
        manifest_look: None,
        manifest: String::new(),
        problems: Problems::default(),
    }
}

/// What the provider has said, by name.
fn members(discovery: &Discovery) -> Vec<(&'static str, String)> {
    let mut members = vec![
        ("Issuer", discovery.issuer.clone()),
        (
            "Authorization endpoint",
            discovery.authorization_endpoint.clone(),
        ),
        ("Token endpoint", discovery.token_endpoint.clone()),
        ("Keys", discovery.jwks_uri.clone()),
    ];
    let further = [
        ("Userinfo endpoint", &discovery.userinfo_endpoint),
        ("End session endpoint", &discovery.end_session_endpoint),
    ];
    let further = further.into_iter();
    members.extend(further.filter_map(|(name, address)| Some((name, address.clone()?))));
    members
}

impl LookView {
    /// Of an app registration's manifest.
    fn of_manifest(check: &ProviderCheck) -> Self {
        Self::new(check, |failed, warned| {
            match (failed, warned) {
            (0, 0) => "The app registration fits this connection.".to_owned(),
            (0, _) => "Sign-ins can work with this app registration. Look at what is marked below.".to_owned(),
            (_, _) => "The app registration does not fit this connection. Correct it at Entra ID, and paste its manifest again.".to_owned(),
        }
        })
    }

    fn of(check: &ProviderCheck) -> Self {
        Self::new(check, |failed, warned| match (failed, warned) {
            (0, 0) => "Everything fits. Now test a sign-in.".to_owned(),
            (0, _) => "It can work. Look at what is marked below, then test a sign-in.".to_owned(),
            (1, _) => "It cannot work like this: 1 check failed.".to_owned(),
            (many, _) => format!("It cannot work like this: {many} checks failed."),
        })
    }

    /// `sentence` says it of how many lines failed, and how many deserve a look.
    fn new(check: &ProviderCheck, sentence: impl FnOnce(usize, usize) -> String) -> Self {
        let count = |state| {
            check
                .lines
                .iter()
                .filter(|line| line.state == state)
                .count()
        };
        let (failed, warned) = (count(LineState::Failed), count(LineState::Warned));
        Self {
            tone: match (failed, warned) {
                (0, 0) => "good",
                (0, _) => "warn",
                (_, _) => "bad",
            },
            sentence: sentence(failed, warned),
            lines: check.lines.iter().map(LookLine::of).collect(),
        }
    }
}

impl LookLine {
    fn of(line: &ProviderLine) -> Self {
        let (tone, word) = match line.state {
            LineState::Passed => ("good", "Passed"),
            LineState::Warned => ("warn", "Look"),
            LineState::Failed => ("bad", "Failed"),
        };
        // The command's words name its settings; here they have labels.
        let next = match line.subject {
            "Client ID" if !line.next.is_empty() => {
                "Enter it in the settings. Entra ID: App registrations, Overview, Application (client) ID."
            }
            "Client secret" if !line.next.is_empty() => {
                "Add it in the settings. Entra ID: App registrations, Certificates & secrets, the Value."
            }
            "Client authentication" if !line.next.is_empty() => {
                "Choose one that is offered: settings, Advanced, Client authentication."
            }
            "Response mode" if !line.next.is_empty() => {
                "Choose the address (query): settings, Advanced, Response mode."
            }
            "Scopes" if !line.next.is_empty() => "Leave out what is not offered: settings, Scopes.",
            _ => line.next,
        };
        Self {
            subject: line.subject,
            tone,
            word,
            found: line.found.clone(),
            next: next.to_owned(),
        }
    }
}
