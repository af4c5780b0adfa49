//! The page between a change of trust and its saving: what would change, and the button that does it.
//!
//! Invariants: what is saved is what this page has shown, see [`Proposal`]; what it warned of it says again when it is shown again.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde::Deserialize;

use super::certificate_view::{CertificateView, Standing};
use super::connections::{ConnectionHead, Tab};
use super::{Console, ConsoleForm, ConsoleFrame, Section, certificates, done};
use crate::admin::{
    CertificateFacts, ConnectionSettings, Difference, Proposal, Refused, differences,
};
use crate::domain::{Connection, SamlSettings};
use crate::http::edge::Routes;
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response::Page;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/connections/confirm", post(confirm))
}

/// What is shown before it is saved.
pub(super) struct Review<'a> {
    pub(super) proposal: Proposal,
    /// The connection as it is; none for a new one.
    pub(super) before: Option<&'a Connection>,
    pub(super) after: &'a Connection,
    pub(super) title: String,
    pub(super) lead: String,
    /// What deserves a second look.
    pub(super) warnings: Vec<String>,
    /// What the button says.
    pub(super) button: &'static str,
    /// Where to go without saving.
    pub(super) back: String,
    pub(super) tab: Tab,
}

#[derive(Debug, Template)]
#[template(path = "admin/review.html")]
struct ReviewPage {
    frame: ConsoleFrame,
    head: Option<ConnectionHead>,
    lead: String,
    /// Who changed the connection since the page before.
    conflict: Option<String>,
    warnings: Vec<String>,
    differences: Vec<Difference>,
    certificates: Vec<CertificateView>,
    sealed: String,
    button: &'static str,
    back: String,
}

impl Review<'_> {
    /// The page.
    pub(super) async fn page(self, console: &Console) -> Result<Response, Error> {
        self.with_conflict(console, None).await
    }

    async fn with_conflict(
        self,
        console: &Console,
        conflict: Option<String>,
    ) -> Result<Response, Error> {
        let groups = console.app.store.groups(console.company()).await?;
        let settings = ConnectionSettings::of(groups);
        let blank = Connection {
            settings: SamlSettings::default(),
            ..self.after.clone()
        };
        let before = self.before.unwrap_or(&blank);
        let mut all = differences(&settings, before, self.after);
        // Certificates are shown by themselves.
        all.retain(|difference| difference.key != "certificates");
        let status = match conflict {
            Some(_) => StatusCode::CONFLICT,
            None => StatusCode::OK,
        };
        let mut frame = console.frame(Section::Connections, self.title);
        frame.flash = None;
        let proposal = self.proposal.with_warnings(&self.warnings);
        Ok(Page::new(ReviewPage {
            frame,
            head: self
                .before
                .map(|before| ConnectionHead::of(before, self.tab)),
            lead: self.lead,
            conflict,
            warnings: self.warnings,
            differences: all,
            certificates: all_certificates(console, before, self.after),
            sealed: console.admin().seal(&proposal)?,
            button: self.button,
            back: self.back,
        })
        .with_status(status)
        .into_response())
    }
}

/// Every certificate of before and after: the new ones first, then those that stay, then those that go.
fn all_certificates(
    console: &Console,
    before: &Connection,
    after: &Connection,
) -> Vec<CertificateView> {
    let now = console.now();
    let (old, new) = (&before.settings.certificates, &after.settings.certificates);
    let standing = |stored: &String| match (old.contains(stored), new.contains(stored)) {
        (false, _) => Standing::Added,
        (true, true) => Standing::Kept,
        (true, false) => Standing::Removed,
    };
    let mut all: Vec<(Standing, &String)> = new
        .iter()
        .chain(old.iter().filter(|stored| !new.contains(stored)))
        .map(|stored| (standing(stored), stored))
        .collect();
    all.sort_by_key(|(standing, _)| *standing);
    all.into_iter()
        .map(|(standing, stored)| CertificateView::of(&CertificateFacts::of(stored, now), standing))
        .collect()
}

#[derive(Debug, Deserialize)]
struct Confirmed {
    proposal: String,
}

/// `POST /admin/connections/confirm`
async fn confirm(
    ConsoleForm(console, confirmed): ConsoleForm<Confirmed>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let proposal = admin.open(&confirmed.proposal)?;
    let is_new = proposal.is_new();
    match admin.confirm(proposal.clone()).await {
        Ok(connection) => {
            console.changed().await?;
            let at = format!("/admin/connections/{}", connection.id);
            if is_new {
                let what = "Added. Copy these values into your identity provider, then test the connection and enable it.";
                done(&console, &format!("{at}/copy"), what)
            } else {
                done(&console, &at, "Saved.")
            }
        }
        Err(Refused::Changed { by, at }) => again(&console, &proposal, &by, at.into()).await,
        Err(refused) if is_new => there_already(&console, &proposal, refused).await,
        Err(refused) => Err(refused.into()),
    }
}

/// The button was pressed twice: to the connection that the first time has made.
async fn there_already(
    console: &Console,
    proposal: &Proposal,
    refused: Refused,
) -> Result<Response, Error> {
    let Ok(made) = console.admin().connection(proposal.id()).await else {
        return Err(refused.into());
    };
    let what = format!("{} is here already. Nothing was added.", made.display_name);
    done(console, &format!("/admin/connections/{}", made.id), &what)
}

/// The same change on the connection as somebody else has left it; nothing of either is lost.
async fn again(
    console: &Console,
    proposal: &Proposal,
    by: &str,
    at: Moment,
) -> Result<Response, Error> {
    let admin = console.admin();
    let before = admin.connection(proposal.id()).await?;
    let after = Connection {
        revision: before.revision,
        ..proposal.connection(before.created_at)
    };
    let mut warnings = proposal.warnings().to_vec();
    for warning in certificates::warnings(console, &before, &after) {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    let conflict = format!(
        "{by} changed this connection at {}. Nothing was saved. Below is what your change would do now, also to what {by} did.",
        at.text
    );
    Review {
        proposal: admin.propose(&after, "connection.set", None),
        title: format!("Look again: {}", before.display_name),
        lead: "Save it only when this is what you want.".to_owned(),
        warnings,
        button: "Save all the same",
        back: format!("/admin/connections/{}", before.id),
        tab: Tab::Other,
        before: Some(&before),
        after: &after,
    }
    .with_conflict(console, Some(conflict))
    .await
}
