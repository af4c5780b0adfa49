//! Sign-ins: every attempt, and what Microsoft's codes mean.

mod link_person;
mod sign_in;

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use time::OffsetDateTime;

use super::parts::Item;
use super::people::words::ConnectionNames;
use super::time_list::{Pager, TimeList, parse_days};
use super::times::to_the_second;
use super::{Console, ConsoleFrame, Section};
use crate::domain::{AttemptKind, Code, Connection, ConnectionId, Outcome};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::saml::advice::{AADSTS, aadsts, aadsts_in};
use crate::store::{SignInFilter, SignInRow};

const PATH: &str = "/admin/sign-ins";
/// Sign-ins on a page.
const ON_A_PAGE: u32 = 50;

pub(super) fn routes(routes: Routes) -> Routes {
    let routes = sign_in::routes(routes);
    let routes = link_person::routes(routes);
    routes
        .route(PATH, get(list))
        .route("/admin/sign-ins/aadsts", get(codes))
}

#[derive(Debug, Template)]
#[template(path = "console/sign_ins.html")]
struct SignInsPage {
    frame: ConsoleFrame,
    q: String,
    outcomes: Vec<Item>,
    connections: Vec<Item>,
    from: String,
    until: String,
    /// What the search found beside the list.
    notices: Vec<Notice>,
    /// Whether it was one of Microsoft's codes that was asked for: then no sign-ins are listed.
    is_lookup: bool,
    rows: Vec<SignInLine>,
    is_filtered: bool,
    pager: Pager,
}

/// What a search found that is no sign-in.
#[derive(Debug)]
struct Notice {
    text: String,
    /// Where to go on, and how the way there is called.
    link: Option<(String, &'static str)>,
}

impl Notice {
    fn plain(text: String) -> Self {
        Self { text, link: None }
    }
}

/// One sign-in.
#[derive(Debug)]
pub(super) struct SignInLine {
    pub(super) href: String,
    pub(super) code: String,
    pub(super) began: Moment,
    pub(super) tone: &'static str,
    pub(super) outcome: &'static str,
    pub(super) who: String,
    pub(super) through: String,
    pub(super) summary: String,
}

/// What the list is asked for. Fields of a form that are left empty come empty.
#[derive(Debug, Default, Deserialize)]
struct SignInSearch {
    #[serde(default)]
    q: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    connection: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    after: String,
}

/// `GET /admin/sign-ins`
async fn list(console: Console, Query(wanted): Query<SignInSearch>) -> Result<Response, Error> {
    let admin = console.admin();
    let mut notices = Vec::new();
    let (from, until) = parse_days(&wanted.from, &wanted.until);
    let mut filter = SignInFilter {
        connection_id: wanted.connection.parse().ok(),
        from,
        until,
        after: wanted.after.parse().ok(),
        ..SignInFilter::default()
    };
    match wanted.outcome.as_str() {
        "test" => filter.kind = Some(AttemptKind::Test),
        "logout" => filter.kind = Some(AttemptKind::Logout),
        "warned" => filter.warned = true,
        other => filter.outcome = other.parse().ok(),
    }
    let (mut nothing, mut is_lookup) = (false, false);
    match wanted.q.trim() {
        "" => {}
        q if q.contains('@') => {
            if let Some(told) = find_person(&console, q, &mut filter).await? {
                notices.push(Notice::plain(told));
            }
            nothing = filter.user_id.is_none() && filter.named.is_none();
        }
        q => {
            nothing = true;
            is_lookup = true;
            if let Some(notice) = microsoft(q, &wanted.connection, &console) {
                notices.push(notice);
            } else {
                is_lookup = false;
                if let Ok(code) = q.parse::<Code>()
                    && let Ok(found) = admin.sign_in(&code).await
                {
                    return Ok(Redirect::to(&format!("{PATH}/{}", found.code)).into_response());
                }
                notices.push(Notice::plain(nothing_found(q, &console)));
            }
        }
    }
    let connections = ConnectionNames::of(&console);
    let page = if nothing {
        None
    } else {
        Some(admin.sign_ins(&filter, ON_A_PAGE).await?)
    };
    let (found, next, looked_enough) = page.map_or((Vec::new(), None, false), |page| {
        (page.rows, page.next, page.looked_enough)
    });
    let list = TimeList {
        path: PATH,
        filters: vec![
            ("q", wanted.q.trim()),
            ("outcome", &wanted.outcome),
            ("connection", &wanted.connection),
            ("from", &wanted.from),
            ("until", &wanted.until),
        ],
    };
    let given_up_at = next.filter(|_| looked_enough);
    let view = SignInsPage {
        frame: console.frame(Section::SignIns, "Sign-ins"),
        outcomes: Item::list(OUTCOMES, &wanted.outcome),
        connections: connection_items(&connections, &wanted.connection),
        rows: found
            .into_iter()
            .map(|row| sign_in_line(row, &connections, console.now()))
            .collect(),
        is_filtered: list.is_filtered(),
        is_lookup,
        pager: list
            .pager(filter.after, next)
            .looked_until(given_up_at.map(|place| place.at)),
        q: wanted.q,
        from: wanted.from,
        until: wanted.until,
        notices,
    };
    Ok(Page::new(view).into_response())
}

/// Looks for the sign-ins of an address: those of its user, or the refused ones, which are no user's; and what to say about it.
async fn find_person(
    console: &Console,
    email: &str,
    filter: &mut SignInFilter,
) -> Result<Option<String>, Error> {
    if filter.outcome == Some(Outcome::Refused) {
        filter.named = email.parse().ok();
        return Ok(None);
    }
    let store = &console.app.desk;
    let found = store.user_by_email(console.company(), email).await?;
    Ok(Some(if let Some(user) = found {
        filter.user_id = Some(user.id);
        "Choose the outcome “Refused” for the refused sign-ins of this address.".to_owned()
    } else {
        filter.named = email.parse().ok();
        format!(
            "No user has the e-mail address {email}. Refused sign-ins that named it are listed."
        )
    }))
}

const OUTCOMES: [(&str, &str); 7] = [
    ("", "All"),
    ("signed_in", "Signed in"),
    ("warned", "Signed in, with a warning"),
    ("refused", "Refused"),
    ("open", "Not finished"),
    ("test", "Tests"),
    ("logout", "Sign-outs"),
];

fn nothing_found(q: &str, console: &Console) -> String {
    let days = console.app.config.attempts.retention_days;
    format!(
        "There is no sign-in with the code “{q}”. Codes have eight characters, such as K7QF-3XHD, and are kept for {days} days."
    )
}

/// The codes that mean that our addresses are not at Entra ID as they should be.
const TO_COPY: [&str; 4] = ["50011", "700016", "650056", "750054"];

/// What is known of one of Microsoft's codes; none when it is none.
fn microsoft(q: &str, connection: &str, console: &Console) -> Option<Notice> {
    let Some((code, text)) = meaning(q) else {
        let upper = q.to_ascii_uppercase();
        let code = aadsts_in(&upper)?;
        return Some(Notice {
            text: format!(
                "We do not know this Microsoft code: AADSTS{code}. Microsoft explains it at https://login.microsoftonline.com/error?code={code}."
            ),
            link: Some((format!("{PATH}/aadsts"), "The codes that we know")),
        });
    };
    let mut connections = console.site.connections();
    let first = connections.next().map(|it| it.connection.id.to_string());
    let id = match connections.next() {
        Some(_) => Some(connection.to_owned()).filter(|id| !id.is_empty()),
        None => first,
    };
    let link = if TO_COPY.contains(&code.as_str()) {
        match id {
            Some(id) => (format!("/admin/connections/{id}/copy"), "Copy into Entra"),
            None => ("/admin/connections".to_owned(), "Choose the connection"),
        }
    } else {
        (format!("{PATH}/aadsts#aadsts-{code}"), "All codes")
    };
    Some(Notice {
        text: format!("Microsoft's code {code}. {text}"),
        link: Some(link),
    })
}

/// What one of Microsoft's codes means, with or without AADSTS before it.
fn meaning(q: &str) -> Option<(String, &'static str)> {
    let upper = q.to_ascii_uppercase();
    let code = aadsts_in(&upper).unwrap_or(q);
    aadsts(code).map(|text| (code.to_owned(), text))
}

pub(super) fn sign_in_line(
    row: SignInRow,
    connections: &ConnectionNames,
    now: OffsetDateTime,
) -> SignInLine {
    let warned = row.outcome.has_warning(row.rule.as_deref());
    let (tone, outcome) = outcome(row.kind, row.outcome, warned, row.started_at, now);
    SignInLine {
        href: format!("{PATH}/{}", row.code),
        code: row.code.to_string(),
        began: to_the_second(row.started_at),
        tone,
        outcome,
        who: match (row.email, row.user_id) {
            (Some(email), _) => email.as_str().to_owned(),
            (None, Some(_)) => "a deleted user".to_owned(),
            (None, None) => String::new(),
        },
        through: through(
            row.kind,
            row.connection_id,
            row.connection_id.and_then(|id| connections.find(id)),
        ),
        summary: row.summary,
    }
}

/// A verdict in a word, and its tone.
pub(super) fn outcome(
    kind: AttemptKind,
    outcome: Outcome,
    warned: bool,
    started_at: OffsetDateTime,
    now: OffsetDateTime,
) -> (&'static str, &'static str) {
    let is_test = kind == AttemptKind::Test;
    match outcome {
        Outcome::SignedIn if warned => ("warn", "Signed in, with a warning"),
        Outcome::SignedIn => ("good", "Signed in"),
        Outcome::Tested if warned => ("warn", "Test passed, with a warning"),
        Outcome::Tested => ("good", "Test passed"),
        Outcome::Refused if is_test => ("bad", "Test failed"),
        Outcome::Refused if kind == AttemptKind::Logout => ("bad", "Sign-out refused"),
        Outcome::SignedOut => ("good", "Signed out"),
        Outcome::Refused => ("bad", "Refused"),
        Outcome::Open if now - started_at < crate::domain::login_attempt::LIFETIME => (
            "info",
            if is_test {
                "Test under way"
            } else {
                "Under way"
            },
        ),
        Outcome::Open if is_test => ("off", "Test not finished"),
        Outcome::Open => ("off", "Not finished"),
    }
}

/// The connection's name for people.
pub(super) fn through(
    kind: AttemptKind,
    id: Option<ConnectionId>,
    found: Option<&Connection>,
) -> String {
    match (found, kind, id) {
        (Some(connection), ..) => connection.display_name.clone(),
        (None, AttemptKind::Password, _) => "Password".to_owned(),
        (None, AttemptKind::SetUp, _) => "Set-up link".to_owned(),
        (None, _, Some(_)) => "a deleted connection".to_owned(),
        (None, _, None) => "No connection".to_owned(),
    }
}

fn connection_items(connections: &ConnectionNames, chosen: &str) -> Vec<Item> {
    let all = connections
        .all()
        .map(|it| (it.id.to_string(), it.display_name.clone()));
    Item::list(
        std::iter::once((String::new(), "All connections".to_owned())).chain(all),
        chosen,
    )
}

/// A code, which people write in several ways.
fn parse(code: &str) -> Result<Code, Error> {
    code.parse().map_err(|_| Error::NotFound)
}

#[derive(Debug, Template)]
#[template(path = "console/sign_ins/aadsts.html")]
struct CodesPage {
    frame: ConsoleFrame,
    codes: Vec<(&'static str, &'static str)>,
}

/// `GET /admin/sign-ins/aadsts`
async fn codes(console: Console) -> Response {
    let mut codes = AADSTS.to_vec();
    codes.sort_by_key(|(code, _)| code.parse::<u32>().unwrap_or_default());
    Page::new(CodesPage {
        frame: console.frame(Section::SignIns, "Microsoft's error codes"),
        codes,
    })
    .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_microsofts_is_found_however_it_is_written() {
        for q in ["50105", "AADSTS50105", "aadsts50105: The signed in user"] {
            assert_eq!(meaning(q).unwrap().0, "50105", "{q}");
        }
        assert_eq!(meaning("K7QF-3XHD"), None);
    }
}
