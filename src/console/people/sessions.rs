//! The company's live sessions, and their end.

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::words::{ConnectionNames, counted, id, number};
use crate::console::time_list::{Pager, TimeList};
use crate::console::times::Ago;
use crate::console::{Console, ConsoleForm, ConsoleFrame, Section, tell_at};
use crate::domain::{SessionKey, UserId};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

const HREF: &str = "/admin/sessions";
const ON_A_PAGE: u32 = 50;
/// Sessions are counted up to here.
const COUNTED: u32 = 1_000;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route(HREF, get(show))
        .route("/admin/sessions/end", post(end))
        .route("/admin/sessions/end-all", post(end_all))
}

#[derive(Debug, Template)]
#[template(path = "console/people/sessions.html")]
struct SessionsPage {
    frame: ConsoleFrame,
    /// How many there are besides the one that asks.
    others: String,
    is_alone: bool,
    rows: Vec<SessionLine>,
    pager: Pager,
}

#[derive(Debug)]
struct SessionLine {
    key: String,
    href: String,
    name: String,
    email: String,
    through: String,
    signed_in: Ago,
    last_seen: Ago,
    ends: Ago,
    is_this: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SessionSearch {
    after: String,
}

impl SessionsPage {
    fn question(&self) -> String {
        format!("This ends {}, on every device.", self.others)
    }
}

/// `GET /admin/sessions`
async fn show(console: Console, Query(asked): Query<SessionSearch>) -> Result<Response, Error> {
    let after = asked.after.parse().ok();
    let admin = console.admin();
    let (part, others, set_ups) = tokio::try_join!(
        admin.sessions_after(after, ON_A_PAGE),
        admin.count_sessions(COUNTED + 2),
        admin.set_up_sign_ins(),
    )?;
    let others = others.saturating_sub(1);
    let list = TimeList {
        path: HREF,
        filters: Vec::new(),
    };
    let connections = ConnectionNames::of(&console);
    let now = console.now();
    let rows = part.rows.iter().map(|row| SessionLine {
        key: row.key.to_string(),
        href: format!("/admin/users/{}", row.session.user_id),
        name: if row.name.is_empty() {
            row.email.to_string()
        } else {
            row.name.clone()
        },
        email: row.email.to_string(),
        through: connections.through(&row.session, &set_ups),
        signed_in: Ago::of(row.session.signed_in_at, now),
        last_seen: Ago::of(row.session.last_seen_at, now),
        ends: Ago::of(row.session.ends_at(), now),
        is_this: row.key == console.me.key,
    });
    Ok(Page::new(SessionsPage {
        rows: rows.collect(),
        frame: console.frame(Section::Sessions, "Sessions"),
        others: match others {
            0 => "nobody else".to_owned(),
            _ if others <= u64::from(COUNTED) => counted(others, "other session", "other sessions"),
            _ => format!("more than {} other sessions", number(COUNTED.into())),
        },
        is_alone: others == 0,
        pager: list.pager(after, part.next),
    })
    .into_response())
}

#[derive(Debug, Deserialize)]
struct SessionEndForm {
    key: String,
    /// The user whose page asks.
    #[serde(default)]
    user: String,
}

/// `POST /admin/sessions/end`
async fn end(ConsoleForm(console, ending): ConsoleForm<SessionEndForm>) -> Result<Response, Error> {
    let key: SessionKey = id(&ending.key)?;
    let back = match ending.user.parse::<UserId>() {
        Ok(user) => format!("/admin/users/{user}"),
        Err(_) => HREF.to_owned(),
    };
    console.admin().end_session(key).await?;
    console.changed().await?;
    tell_at(&console, &back, "Signed out.")
}

#[derive(Debug, Deserialize)]
struct SessionEndAllForm {
    /// Ticked when the session that asks ends, too.
    mine: Option<String>,
}

/// `POST /admin/sessions/end-all`
async fn end_all(
    ConsoleForm(console, ending): ConsoleForm<SessionEndAllForm>,
) -> Result<Response, Error> {
    let keep = ending.mine.is_none().then_some(console.me.key);
    let ended = console.admin().sign_out_everyone(keep).await?;
    console.changed().await?;
    let told = format!("{} ended.", counted(ended, "session", "sessions"));
    tell_at(&console, HREF, &told)
}
