//! Versions of a connection's trust: who changed what and when, two compared, one restored.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::head::{ConnectionHead, ConnectionTab};
use super::provider_change::people_after;
use super::review::Review;
use crate::admin::{Difference, certificate_findings};
use crate::console::{Banner, Console, ConsoleForm, ConsoleFrame, Item, Section, Tone, tell_at};
use crate::domain::{AuditAction, ConnectionId, TrustLine};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::store::UnreadTrust;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/{id}/versions", get(show))
        .route("/admin/connections/{id}/versions/restore", post(restore))
        .route("/admin/connections/{id}/versions/read", post(read))
}

/// What every page says of a change by somebody else, until it is read. What was before the account is not news.
pub(in crate::console) fn banner(change: &UnreadTrust) -> Banner {
    Banner {
        tone: Tone::Warn,
        text: format!(
            "{} changed what {} trusts, {}.",
            change.actor,
            change.display_name,
            Moment::from(change.at).text
        ),
        link: Some((
            format!("/admin/connections/{}/versions", change.connection_id),
            "See what changed".to_owned(),
        )),
    }
}

/// Versions on a page.
const ON_A_PAGE: u32 = 20;

/// Which versions to compare, and which to list.
#[derive(Debug, Default, Deserialize)]
struct VersionSearch {
    older: Option<i64>,
    newer: Option<i64>,
    /// The first one of the page.
    from: Option<i64>,
}

#[derive(Debug, Template)]
#[template(path = "console/connection/versions.html")]
struct VersionsPage {
    frame: ConsoleFrame,
    head: ConnectionHead,
    versions: Vec<VersionLine>,
    newest: i64,
    pages: VersionPages,
    /// Whether somebody else's change waits to be read.
    is_unread: bool,
    comparison: Option<Comparison>,
    older: Vec<Item>,
    newer: Vec<Item>,
}

/// One version in the list.
#[derive(Debug)]
struct VersionLine {
    number: i64,
    at: Moment,
    actor: String,
    is_current: bool,
}

/// The pages of the list.
#[derive(Debug)]
struct VersionPages {
    /// The first version of this one, when it is not the newest of all.
    from: Option<i64>,
    /// `1–20 of 57`; empty when there is one page only.
    shown: String,
    previous: String,
    next: String,
}

impl VersionPages {
    fn of(path: &str, lines: &[TrustLine], [oldest, newest]: [i64; 2]) -> Self {
        let (first, last) = match lines {
            [first, .., last] => (first.number, last.number),
            [only] => (only.number, only.number),
            [] => (newest, oldest),
        };
        let from = (first < newest).then_some(first);
        let is_only = from.is_none() && last <= oldest;
        let link = |from: i64| format!("{path}?from={from}");
        Self {
            shown: if is_only {
                String::new()
            } else {
                let all = newest - oldest + 1;
                format!("{}–{} of {all}", newest - first + 1, newest - last + 1)
            },
            previous: match first + i64::from(ON_A_PAGE) {
                _ if from.is_none() => String::new(),
                previous if previous >= newest => path.to_owned(),
                previous => link(previous),
            },
            next: if last > oldest {
                link(last - 1)
            } else {
                String::new()
            },
            from,
        }
    }

    /// What an address within this page ends with.
    fn place(&self) -> String {
        let from = self.from.map(|from| format!("&from={from}"));
        from.unwrap_or_default()
    }
}

/// Two versions side by side.
#[derive(Debug)]
struct Comparison {
    older: i64,
    newer: i64,
    differences: Vec<Difference>,
}

/// `GET /admin/connections/{id}/versions`
async fn show(
    Path(id): Path<ConnectionId>,
    Query(wanted): Query<VersionSearch>,
    console: Console,
) -> Result<Response, Error> {
    let admin = console.admin();
    let connection = admin.connection(id).await?;
    let lines = admin.trust_lines(&connection, wanted.from, ON_A_PAGE);
    let (versions, [oldest, newest]) = lines.await?;
    if versions.is_empty() && newest > 0 {
        return Err(Error::NotFound);
    }
    let unread = admin.unread_trust().await?;
    let is_unread = unread.iter().any(|change| change.connection_id == id);
    // Without a wish, what this administrator has not read, else the last change.
    let last_read = admin.last_read_trust(id).await?;
    let own_older = if is_unread && last_read > 0 {
        last_read
    } else {
        newest - 1
    };
    // The first version of all is compared with nothing; what was before the oldest that is kept, nobody knows any more.
    let own_older = if oldest > 1 {
        own_older.max(oldest)
    } else {
        own_older
    };
    let number = |wanted: Option<i64>, own: i64| wanted.unwrap_or(own);
    let (older, newer) = (
        number(wanted.older, own_older),
        number(wanted.newer, newest),
    );
    let comparison = if newest == 0 {
        None
    } else {
        let new = admin.trust_version(&connection, newer).await?;
        let old = match older {
            ..=0 => None,
            older => Some(admin.trust_version(&connection, older).await?),
        };
        let differences = admin
            .compare_versions(&connection, old.as_ref(), &new)
            .await?;
        Some(Comparison {
            older,
            newer,
            differences,
        })
    };
    Ok(Page::new(VersionsPage {
        frame: console.frame(Section::Connections, connection.display_name.as_str()),
        head: ConnectionHead::of(&connection, ConnectionTab::Versions),
        older: options(&versions, [older, newer], older),
        newer: options(&versions, [older, newer], newer),
        pages: VersionPages::of(
            &format!("/admin/connections/{id}/versions"),
            &versions,
            [oldest, newest],
        ),
        versions: versions
            .into_iter()
            .map(|version| VersionLine {
                number: version.number,
                at: version.at.into(),
                is_current: version.number == newest,
                actor: version.actor,
            })
            .collect(),
        newest,
        is_unread,
        comparison,
    })
    .into_response())
}

/// The versions of the page and those that are compared, the newest first.
fn options(lines: &[TrustLine], compared: [i64; 2], chosen: i64) -> Vec<Item> {
    let listed = lines.iter().map(|line| line.number);
    let mut numbers: Vec<i64> = listed.chain(compared).filter(|it| *it > 0).collect();
    numbers.sort_unstable_by(|one, other| other.cmp(one));
    numbers.dedup();
    let options = numbers.into_iter();
    let options = options.map(|number| (number.to_string(), format!("Version {number}")));
    Item::list(options, &chosen.to_string())
}

#[derive(Debug, Deserialize)]
struct Numbered {
    number: i64,
}

/// `POST /admin/connections/{id}/versions/restore`: shows what would change, and saves nothing.
async fn restore(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, wanted): ConsoleForm<Numbered>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let before = admin.connection(id).await?;
    let number = wanted.number;
    let after = admin.with_version(&before, number).await?;
    let mut warnings = certificate_findings(Some(&before), &after, console.now());
    let (old, new) = (
        before.settings.provider_name(),
        after.settings.provider_name(),
    );
    if old != new {
        let people = people_after(&before, &after);
        warnings.insert(0, format!("This is another identity provider. {people}"));
    }
    Review {
        proposal: admin.propose(
            &after,
            AuditAction::ConnectionRestore,
            Some(&format!("version {number}")),
        ),
        before: Some(&before),
        after: &after,
        title: format!("Restore version {number}"),
        lead: "The restored trust becomes a version of its own. Nothing is saved yet.".to_owned(),
        warnings,
        button: "Restore this version",
        change: None,
        back: format!("/admin/connections/{id}/versions"),
        tab: ConnectionTab::Versions,
    }
    .page(&console)
    .await
}

/// `POST /admin/connections/{id}/versions/read`
async fn read(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, wanted): ConsoleForm<Numbered>,
) -> Result<Response, Error> {
    console.admin().read_trust(id, wanted.number).await?;
    let next = format!("/admin/connections/{id}/versions");
    tell_at(
        &console,
        &next,
        "Noted. You will not be told of this change again.",
    )
}
