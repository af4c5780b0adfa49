//! x.509 Certificate: what is trusted now, Update Certificate, and the end of an old one.
//!
//! Invariant: nothing is trusted before it was shown. A form here leads to a review, and only the review's button saves.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::certificate_view::{CertificateStanding, CertificateView};
use super::head::{ConnectionHead, ConnectionTab};
use super::protocol::saml_connection;
use super::review::{Review, ReviewForm};
use crate::admin::{
    CertificateChange, CertificateFacts, Problems, Refused, certificate_findings,
    given_certificates, pem,
};
use crate::console::{
    Console, ConsoleForm, ConsoleFrame, ConsoleUpload, Section, unprocessable_page,
};
use crate::domain::{AuditAction, Connection, ConnectionId};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route(
            "/admin/connections/{id}/certificates",
            get(show).post(update),
        )
        .route("/admin/connections/{id}/certificates/change", post(change))
        .route("/admin/connections/{id}/certificates/remove", post(remove))
}

#[derive(Debug, Template)]
#[template(path = "console/connection/certificates.html")]
struct CertificatesPage {
    frame: ConsoleFrame,
    head: ConnectionHead,
    certificates: Vec<CertificateView>,
    pasted: String,
    replaces: bool,
    problems: Problems,
}

/// `GET /admin/connections/{id}/certificates`
async fn show(Path(id): Path<ConnectionId>, console: Console) -> Result<Response, Error> {
    let connection = saml_connection(&console, id).await?;
    Ok(Page::new(page(&console, &connection)).into_response())
}

fn page(console: &Console, connection: &Connection) -> CertificatesPage {
    let facts = CertificateFacts::all(connection, console.now());
    CertificatesPage {
        frame: console.frame(Section::Connections, connection.display_name.as_str()),
        head: ConnectionHead::of(connection, ConnectionTab::Certificates),
        certificates: facts
            .iter()
            .map(|one| CertificateView::of(one, CertificateStanding::Kept))
            .collect(),
        pasted: String::new(),
        replaces: false,
        problems: Problems::default(),
    }
}

/// `POST /admin/connections/{id}/certificates`: shows what was given, and saves nothing.
async fn update(Path(id): Path<ConnectionId>, upload: ConsoleUpload) -> Result<Response, Error> {
    let console = &upload.console;
    let admin = console.admin();
    let connection = saml_connection(console, id).await?;
    let file = upload.file("certificate_file");
    let file = file.map(|file| file.content.as_ref()).unwrap_or_default();
    let replaces = upload.text("mode") == "replace";
    let changed = given_certificates(upload.text("certificate"), file).and_then(|given| {
        let several = given.len();
        let change = if replaces {
            CertificateChange::Replace(given)
        } else {
            CertificateChange::Add(given)
        };
        Ok((admin.with_certificates(&connection, change)?, several))
    });
    let (after, several) = match changed {
        Ok(changed) => changed,
        Err(refused @ Refused::Invalid(_)) => {
            return Ok(unprocessable_page(CertificatesPage {
                problems: refused.problems(),
                pasted: upload.to_show("certificate").to_owned(),
                replaces,
                ..page(console, &connection)
            })
            .into_response());
        }
        Err(refused) => return Err(refused.into()),
    };
    let mut warnings = certificate_findings(Some(&connection), &after, console.now());
    if several > 1 {
        warnings.push(format!(
            "You gave {several} certificates. Trust only those that sign for this application: the upper ones of a chain sign certificates, not sign-ins."
        ));
    }
    let change = format!("/admin/connections/{id}/certificates/change");
    review(
        console,
        &connection,
        &after,
        "Update Certificate",
        warnings,
        Some(change),
    )
    .await
}

/// `POST /admin/connections/{id}/certificates/change`: the form as it was filled in before its review.
async fn change(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, shown): ConsoleForm<ReviewForm>,
) -> Result<Response, Error> {
    saml_connection(&console, id).await?;
    let (connection, given) = shown.of(&console, id).await?;
    let (old, given) = (
        &connection.settings.saml().certificates,
        &given.settings.saml().certificates,
    );
    let replaces = old.iter().any(|one| !given.contains(one));
    let typed = given.iter().filter(|one| replaces || !old.contains(one));
    let pasted: String = typed.map(|one| pem(one)).collect();
    Ok(Page::new(CertificatesPage {
        pasted,
        replaces,
        ..page(&console, &connection)
    })
    .into_response())
}

#[derive(Debug, Deserialize)]
struct Removed {
    certificate: String,
}

/// `POST /admin/connections/{id}/certificates/remove`: shows what would be left, and saves nothing.
async fn remove(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, removed): ConsoleForm<Removed>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let connection = saml_connection(&console, id).await?;
    let change = CertificateChange::Remove(removed.certificate);
    let after = admin.with_certificates(&connection, change)?;
    let warnings = certificate_findings(Some(&connection), &after, console.now());
    review(
        &console,
        &connection,
        &after,
        "Stop trusting a certificate",
        warnings,
        None,
    )
    .await
}

async fn review(
    console: &Console,
    before: &Connection,
    after: &Connection,
    title: &str,
    warnings: Vec<String>,
    change: Option<String>,
) -> Result<Response, Error> {
    let admin = console.admin();
    Review {
        proposal: admin.propose(after, AuditAction::ConnectionCertificates, None),
        before: Some(before),
        after,
        title: title.to_owned(),
        lead: "Compare the thumbprint with the one that your identity provider shows. Nothing is saved yet."
            .to_owned(),
        warnings,
        button: "Save these certificates",
        change,
        back: format!("/admin/connections/{}/certificates", before.id),
        tab: ConnectionTab::Certificates,
    }
    .page(console)
    .await
}
