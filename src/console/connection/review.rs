//! The page between a change of trust and its saving: what would change, and the button that does it.
//!
//! Invariants: what is saved is what this page has shown, see [`Proposal`]; what it warned of it says again when it is shown again.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde::Deserialize;

use super::certificate_view::{CertificateView, Standing};
use super::head::{ConnectionHead, Tab};
use crate::admin::{
    CertificateFacts, ConnectionSettings, Difference, Proposal, Refused, certificate_findings,
    differences, introduction,
};
use crate::console::{Console, ConsoleForm, ConsoleFrame, Section, done, done_then};
use crate::domain::{AuditAction, Connection, ConnectionId};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(in crate::console) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/connections/confirm", post(confirm))
}

/// What is shown before it is saved.
pub(in crate::console) struct Review<'a> {
    pub(in crate::console) proposal: Proposal,
    /// The connection as it is; none for a new one.
    pub(in crate::console) before: Option<&'a Connection>,
    pub(in crate::console) after: &'a Connection,
    pub(in crate::console) title: String,
    pub(in crate::console) lead: String,
    /// What deserves a second look.
    pub(in crate::console) warnings: Vec<String>,
    /// What the button says.
    pub(in crate::console) button: &'static str,
    /// Where the proposal goes to become the filled form again; none where no form brought it.
    pub(in crate::console) change: Option<String>,
    /// Where to go without saving.
    pub(in crate::console) back: String,
    pub(in crate::console) tab: Tab,
}

/// Why the page comes a second time.
enum Again {
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
    sealed: String,
    button: &'static str,
    change: Option<String>,
    back: String,
}

impl Review<'_> {
    /// The page.
    pub(in crate::console) async fn page(self, console: &Console) -> Result<Response, Error> {
        self.once_more(console, None).await
    }

    async fn once_more(self, console: &Console, again: Option<Again>) -> Result<Response, Error> {
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
            Some(Again::Conflict(what)) => (StatusCode::CONFLICT, Some(what), false),
            Some(Again::Unticked) => (StatusCode::UNPROCESSABLE_ENTITY, None, true),
            None => (StatusCode::OK, None, false),
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
            sealed: console.admin().seal(&proposal)?,
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

/// The connections that have the identity provider of this one already.
pub(in crate::console) async fn same_provider(
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
pub(in crate::console) fn replaces(before: &Connection, after: &Connection) -> bool {
    let (old, new) = (
        &before.settings.saml().idp_entity_id,
        &after.settings.saml().idp_entity_id,
    );
    !old.is_empty() && old != new
}

/// What a review's page sends to be seen as a form again.
#[derive(Debug, Deserialize)]
pub(in crate::console) struct Shown {
    pub(in crate::console) proposal: String,
}

impl Shown {
    /// A connection as it is, and as the review has shown it.
    pub(in crate::console) async fn of(
        &self,
        console: &Console,
        id: ConnectionId,
    ) -> Result<(Connection, Connection), Error> {
        let admin = console.admin();
        let connection = admin.connection(id).await?;
        let proposal = admin.open(&self.proposal)?;
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
    let proposal = admin.open(&confirmed.proposal)?;
    let is_new = proposal.is_new();
    if !is_new && confirmed.replace.is_none() {
        let before = admin.connection(proposal.id()).await?;
        if replaces(&before, &proposal.connection(before.created_at)) {
            return again(&console, proposal, Again::Unticked).await;
        }
    }
    match admin.confirm(proposal.clone()).await {
        Ok(connection) => {
            console.changed().await?;
            let at = format!("/admin/connections/{}", connection.id);
            if is_new {
                let what = "Added. Copy these values into your identity provider, then test the connection and enable it.";
                done_then(
                    &console,
                    &format!("{at}/copy"),
                    what,
                    (&format!("{at}/test"), "Test connection"),
                )
            } else {
                done_then(
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
            again(&console, proposal, Again::Conflict(conflict)).await
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
    done(console, &format!("/admin/connections/{}", made.id), &what)
}

/// The same change once more, on the connection as it is now; nothing is lost.
async fn again(console: &Console, proposal: Proposal, why: Again) -> Result<Response, Error> {
    let admin = console.admin();
    let before = admin.connection(proposal.id()).await?;
    let shown = proposal.connection(before.created_at);
    let (title, lead, button) = match why {
        Again::Conflict(_) => (
            "Look again",
            "Save it only when this is what you want.",
            "Save all the same",
        ),
        Again::Unticked => (
            "Another identity provider?",
            "Nothing is saved yet.",
            "Save these changes",
        ),
    };
    let mut warnings = proposal.warnings().to_vec();
    let (proposal, after) = match why {
        Again::Conflict(_) => {
            let after = Connection {
                revision: before.revision,
                ..shown
            };
            (
                admin.propose(&after, AuditAction::ConnectionSet, None),
                after,
            )
        }
        Again::Unticked => (proposal, shown),
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
        tab: Tab::Other,
        before: Some(&before),
        after: &after,
    }
    .once_more(console, Some(why))
    .await
}
