//! Audit: who changed what, when, from where, before and after.

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::audit_words::{Change, changes, is_told, sentence};
use crate::admin::ExportForm;
use crate::console::parts::Item;
use crate::console::people::words::counted;
use crate::console::time_list::{Pager, TimeList, parse_days};
use crate::console::times::to_the_second;
use crate::console::{Console, ConsoleForm, ConsoleFrame, Section};
use crate::domain::AuditEvent;
use crate::http::error::Error;
use crate::http::export;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::store::AuditFilter;

const PATH: &str = "/admin/audit";
/// Entries on a page.
const ON_A_PAGE: u32 = 50;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route(PATH, get(list))
        .route("/admin/audit/export", post(all))
}

#[derive(Debug, Template)]
#[template(path = "console/company/audit.html")]
struct AuditLogPage {
    frame: ConsoleFrame,
    wanted: AuditSearch,
    nouns: Vec<Item>,
    entries: Vec<EntryView>,
    is_filtered: bool,
    pager: Pager,
}

#[derive(Debug)]
struct EntryView {
    at: Moment,
    actor: String,
    client: Option<String>,
    action: String,
    /// What was done, around the name of what it was done to.
    did: (&'static str, &'static str),
    subject: String,
    detail: String,
    changes: Vec<Change>,
    /// What is not worth a look: settings as they always are.
    folded: Vec<Change>,
    /// "32 more settings".
    folded_text: String,
}

/// What the list or the export is asked for.
#[derive(Debug, Default, Deserialize)]
struct AuditSearch {
    #[serde(default)]
    q: String,
    #[serde(default)]
    noun: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    after: String,
}

impl AuditSearch {
    fn filter(&self) -> AuditFilter {
        let given = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let (from, until) = parse_days(&self.from, &self.until);
        AuditFilter {
            noun: given(&self.noun),
            text: given(&self.q),
            from,
            until,
            after: self.after.parse().ok(),
        }
    }
}

/// What entries are about, by the first half of their actions.
const NOUNS: [(&str, &str); 12] = [
    ("", "Everything"),
    ("user", "Users"),
    ("group", "Permission groups"),
    ("application", "Applications"),
    ("connection", "Connections"),
    ("session", "Sessions"),
    ("company", "The company"),
    ("sign_in", "Sign-ins"),
    ("administrator", "Administrators"),
    ("token", "API tokens"),
    ("setup_link", "Set-up links"),
    ("audit", "The audit log"),
];

/// `GET /admin/audit`
async fn list(console: Console, Query(wanted): Query<AuditSearch>) -> Result<Response, Error> {
    let filter = wanted.filter();
    let page = console.admin().audit_log(&filter, ON_A_PAGE).await?;
    let list = TimeList {
        path: PATH,
        filters: vec![
            ("q", &*wanted.q),
            ("noun", &wanted.noun),
            ("from", &wanted.from),
            ("until", &wanted.until),
        ],
    };
    let given_up_at = page.next.filter(|_| page.looked_enough);
    let view = AuditLogPage {
        frame: console.frame(Section::Audit, "Audit"),
        nouns: Item::list(NOUNS, &wanted.noun),
        entries: page.rows.into_iter().map(entry).collect(),
        is_filtered: list.is_filtered(),
        pager: list
            .pager(filter.after, page.next)
            .looked_until(given_up_at.map(|place| place.at)),
        wanted,
    };
    Ok(Page::new(view).into_response())
}

#[derive(Debug, Deserialize)]
struct AuditExportForm {
    form: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    noun: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

/// `POST /admin/audit/export`: a POST, because it is itself written down.
async fn all(
    ConsoleForm(console, wanted): ConsoleForm<AuditExportForm>,
) -> Result<Response, Error> {
    let form = match wanted.form.as_str() {
        "jsonl" => ExportForm::JsonLines,
        _ => ExportForm::Csv,
    };
    let filter = AuditSearch {
        q: wanted.q,
        noun: wanted.noun,
        from: wanted.from,
        until: wanted.until,
        after: String::new(),
    };
    let asked = (&filter.filter(), form);
    export::audit_log(&console.app, &console.site, &console.admin(), asked).await
}

fn entry(event: AuditEvent) -> EntryView {
    let (before, after) = (event.before.as_ref(), event.after.as_ref());
    let (changes, folded) = changes(&event.action, before, after);
    EntryView {
        at: to_the_second(event.at),
        actor: event.actor,
        client: event.client.map(|client| client.to_string()),
        did: sentence(&event.action),
        action: event.action.to_string(),
        subject: event.subject,
        detail: if is_told(&event.detail, &changes) {
            String::new()
        } else {
            event.detail
        },
        changes,
        folded_text: counted(folded.len() as u64, "more setting", "more settings"),
        folded,
    }
}
