//! The page between a change of trust and its saving: what would change, and the button that does it.
//!
//! Invariants: what is saved is what this page has shown, in this session and within the hour, see [`Proposal`]; the page holds a
//! name and the session's data the proposal. What it warned of it says again when it is shown again.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde::Deserialize;

use super::certificate_view::{CertificateStanding, CertificateView};
use super::head::{ConnectionHead, ConnectionTab};
use crate::admin::{
    CertificateFacts, ConnectionSettings, Difference, Proposal, Refused, certificate_findings,
    differences, introduction,
};
use crate::console::{Console, ConsoleForm, ConsoleFrame, Section, tell_at, tell_at_with};
use crate::domain::{AuditAction, Connection, ConnectionId};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;

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
    /// Where the proposal goes to become the filled form again; none where no form brought it.
    pub(super) change: Option<String>,
    /// Where to go without saving.
    pub(super) back: String,
    pub(super) tab: ConnectionTab,
}

/// Why the page comes a second time.
enum ReviewAgain {
    /// Somebody else changed the connection in the meantime.
    Conflict(String),
    /// The box was not ticked.
    Unticked,
}

#[derive(Debug, Template)]
#[template(path = "console/connection/review.html")]
struct ReviewPage {
    frame: ConsoleFrame,
    head: Option<ConnectionHead>,
    lead: String,
    /// Who changed the connection since the page before.
    conflict: Option<String>,
    warnings: Vec<String>,
    /// Other connections to the same identity provider: the name and the address of each.
    same: Vec<(String, String)>,
    /// Whether nobody gets an account by signing in.
    is_closed: bool,
    /// Whether another identity provider takes the connection over: a box is to be ticked first.
    replaces: bool,
    is_unticked: bool,
    differences: Vec<Difference>,
    certificates: Vec<CertificateView>,
    /// The name by which the session's data has the proposal.
    proposal: String,
    button: &'static str,
    change: Option<String>,
    back: String,
}

impl Review<'_> {
    /// The page.
    pub(super) async fn page(self, console: &Console) -> Result<Response, Error> {
        self.once_more(console, None).await
    }

    async fn once_more(
        self,
        console: &Console,
        again: Option<ReviewAgain>,
    ) -> Result<Response, Error> {
        let groups = console.app.desk.groups(console.company()).await?;
        let settings = ConnectionSettings::of(groups);
        let mut all = match self.before {
            Some(before) => differences(&settings, before, self.after),
            None => introduction(&settings, self.after),
        };
        // Certificates are shown by themselves.
        all.retain(|difference| difference.key != "certificates");
        let trusted = self
            .before
            .map_or(&[][..], |before| &before.settings.saml().certificates);
        let (status, conflict, is_unticked) = match again {
            Some(ReviewAgain::Conflict(what)) => (StatusCode::CONFLICT, Some(what), false),
            Some(ReviewAgain::Unticked) => (StatusCode::UNPROCESSABLE_ENTITY, None, true),
            None => (StatusCode::OK, None, false),
        };
        let frame = console.frame(Section::Connections, self.title);
        let proposal = self.proposal.with_warnings(&self.warnings);
        Ok(Page::new(ReviewPage {
            frame,
            head: self
                .before
                .map(|before| ConnectionHead::of(before, self.tab)),
            lead: self.lead,
            conflict,
            warnings: self.warnings,
            same: match self.before {
                Some(_) => Vec::new(),
                None => same_provider(console, self.after).await?,
            },
            is_closed: self.before.is_none() && self.after.settings.jit.is_none(),
            replaces: self
                .before
                .is_some_and(|before| replaces(before, self.after)),
            is_unticked,
            differences: all,
            certificates: all_certificates(
                console,
                trusted,
                &self.after.settings.saml().certificates,
            ),
            proposal: console.data.keep(&proposal, console.now())?,
            button: self.button,
            change: self.change,
            back: self.back,
        })
        .with_status(status)
        .into_response())
    }
}

/// Every certificate of before and after: the new ones first, then those that stay, then those that go.
fn all_certificates(console: &Console, old: &[String], new: &[String]) -> Vec<CertificateView> {
    let now = console.now();
    let standing = |stored: &String| match (old.contains(stored), new.contains(stored)) {
        (false, _) => CertificateStanding::Added,
        (true, true) => CertificateStanding::Kept,
        (true, false) => CertificateStanding::Removed,
    };
    let mut all: Vec<(CertificateStanding, &String)> = new
        .iter()
        .chain(old.iter().filter(|stored| !new.contains(stored)))
        .map(|stored| (standing(stored), stored))
        .collect();
    all.sort_by_key(|(standing, _)| *standing);
    all.into_iter()
        .map(|(standing, stored)| CertificateView::of(&CertificateFacts::of(stored, now), standing))
        .collect()
}

/// The connections that have the identity provider of this one already.
pub(super) async fn same_provider(
    console: &Console,
    connection: &Connection,
) -> Result<Vec<(String, String)>, Error> {
    let others = console.admin().connections().await?;
    let entity_id = &connection.settings.saml().idp_entity_id;
    Ok(others
        .into_iter()
        .filter(|other| other.id != connection.id && !entity_id.is_empty())
        .filter(|other| other.settings.saml().idp_entity_id == *entity_id)
        .map(|other| {
            (
                other.display_name,
                format!("/admin/connections/{}", other.id),
            )
        })
        .collect())
}

/// Rule F2: accounts are bound to the connection, so that another identity provider would speak for them.
pub(super) fn replaces(before: &Connection, after: &Connection) -> bool {
    let (old, new) = (
        before.settings.provider_name(),
        after.settings.provider_name(),
    );
    !old.is_empty() && old != new
}

/// The proposal of a review, as long as this session keeps it.
pub(super) async fn find_proposal(
    console: &Console,
    name: &str,
) -> Result<Option<Proposal>, Error> {
    let kept = console.data.find(name, console.now()).await?;
    Ok(kept.filter(|proposal| console.admin().has_proposed(proposal)))
}

async fn load_proposal(console: &Console, name: &str) -> Result<Proposal, Error> {
    let kept = find_proposal(console, name).await?;
    kept.ok_or(Error::ReviewGone)
}

/// What a review's page sends to be seen as a form again.
#[derive(Debug, Deserialize)]
pub(super) struct ReviewForm {
    pub(super) proposal: String,
}

impl ReviewForm {
    /// The proposal that the review has shown.
    pub(super) async fn proposal(&self, console: &Console) -> Result<Proposal, Error> {
        load_proposal(console, &self.proposal).await
    }

    /// A connection as it is, and as the review has shown it.
    pub(super) async fn of(
        &self,
        console: &Console,
        id: ConnectionId,
    ) -> Result<(Connection, Connection), Error> {
        let connection = console.admin().connection(id).await?;
        let proposal = self.proposal(console).await?;
        if proposal.id() != id {
            return Err(Error::NotFound);
        }
        let shown = proposal.connection(connection.created_at);
        Ok((connection, shown))
    }
}

#[derive(Debug, Deserialize)]
struct Confirmed {
    proposal: String,
    /// The box "Yes, replace the identity provider".
    replace: Option<String>,
}

/// `POST /admin/connections/confirm`
async fn confirm(
    ConsoleForm(console, confirmed): ConsoleForm<Confirmed>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let proposal = load_proposal(&console, &confirmed.proposal).await?;
    let is_new = proposal.is_new();
    if !is_new && confirmed.replace.is_none() {
        let before = admin.connection(proposal.id()).await?;
        if replaces(&before, &proposal.connection(before.created_at)) {
            return again(&console, proposal, ReviewAgain::Unticked).await;
        }
    }
    match admin.confirm(proposal.clone()).await {
        Ok(connection) => {
            console.changed().await?;
            let at = format!("/admin/connections/{}", connection.id);
            if is_new {
                let what = "Added. Copy these values into your identity provider, then test the connection and enable it.";
                tell_at_with(
                    &console,
                    &format!("{at}/copy"),
                    what,
                    (&format!("{at}/test"), "Test connection"),
                )
            } else {
                tell_at_with(
                    &console,
                    &at,
                    "Saved.",
                    (&format!("{at}/test"), "Next: test the connection"),
                )
            }
        }
        Err(Refused::Changed { by, at }) => {
            let at = Moment::from(at).text;
            let conflict = format!(
                "{by} changed this connection at {at}. Nothing was saved. Below is what your change would do now, also to what {by} did."
            );
            again(&console, proposal, ReviewAgain::Conflict(conflict)).await
        }
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
    tell_at(console, &format!("/admin/connections/{}", made.id), &what)
}

/// The same change once more, on the connection as it is now; nothing is lost.
async fn again(console: &Console, proposal: Proposal, why: ReviewAgain) -> Result<Response, Error> {
    let admin = console.admin();
    let before = admin.connection(proposal.id()).await?;
    let shown = proposal.connection(before.created_at);
    let (title, lead, button) = match why {
        ReviewAgain::Conflict(_) => (
            "Look again",
            "Save it only when this is what you want.",
            "Save all the same",
        ),
        ReviewAgain::Unticked => (
            "Another identity provider?",
            "Nothing is saved yet.",
            "Save these changes",
        ),
    };
    let mut warnings = proposal.warnings().to_vec();
    let (proposal, after) = match why {
        ReviewAgain::Conflict(_) => {
            let after = Connection {
                revision: before.revision,
                ..shown
            };
            (
                admin.propose(&after, AuditAction::ConnectionSet, None),
                after,
            )
        }
        ReviewAgain::Unticked => (proposal, shown),
    };
    for warning in certificate_findings(Some(&before), &after, console.now()) {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    Review {
        proposal,
        title: format!("{title}: {}", before.display_name),
        lead: lead.to_owned(),
        warnings,
        button,
        change: Some(format!("/admin/connections/{}/change", before.id)),
        back: format!("/admin/connections/{}", before.id),
        tab: ConnectionTab::Other,
        before: Some(&before),
        after: &after,
    }
    .once_more(console, Some(why))
    .await
}
