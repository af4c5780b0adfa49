//! One user: what an administrator writes about it, and what is known of it.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;
use time::Duration;

use super::words::{ConnectionNames, group_choice, id, kind_text, name_of};
use crate::admin::{Problems, Refused, UserText};
use crate::console::company::account_words::{by_email, consequence};
use crate::console::sign_ins::{self, sign_in_line};
use crate::console::{
    Console, ConsoleForm, ConsoleFrame, Item, Section, tell_at_with, unprocessable_page,
};
use crate::domain::{Attributes, Creation, GrantSource, Group, GroupKind, User, UserId};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::store::SignInFilter;

/// Sign-ins that the page shows.
const SIGN_INS: u32 = 5;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/users/{id}", get(show).post(save))
}

#[derive(Debug, Template)]
#[template(path = "console/people/user.html")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each decides about a part of the page"
)]
pub(super) struct UserPage {
    frame: ConsoleFrame,
    id: String,
    href: String,
    email: String,
    is_me: bool,
    is_active: bool,
    is_administrator: bool,
    made: &'static str,
    made_at: Moment,
    last_sign_in: Option<Moment>,
    text: UserText,
    /// What else the directory says of the user.
    attributes: Attributes,
    version: String,
    problems: Problems,
    changed: Option<UserConflict>,
    grants: Vec<GrantRow>,
    /// Groups that an administrator may put the user into.
    free: Vec<Item>,
    identities: Vec<IdentityRow>,
    /// What the next sign-in by e-mail address does.
    by_email: String,
    /// The connections that the user can wait for; none where there is no choice, or nothing is waited for.
    awaited: Vec<Item>,
    has_password: bool,
    /// Why it can have no password.
    no_password: String,
    sessions: Vec<SessionRow>,
    /// The last ones, the newest first.
    sign_ins: Vec<sign_ins::SignInLine>,
    sign_ins_href: String,
}

/// Somebody else was faster.
#[derive(Debug)]
pub(super) struct UserConflict {
    by: String,
    at: Moment,
    /// As it is now.
    now: UserText,
}

#[derive(Debug)]
struct GrantRow {
    id: String,
    href: String,
    title: String,
    kind: &'static str,
    sso_only: bool,
    sources: Vec<String>,
    by_hand: bool,
}

#[derive(Debug)]
struct IdentityRow {
    connection: String,
    id: String,
    subject: String,
    since: Moment,
    consequence: String,
}

#[derive(Debug)]
struct SessionRow {
    key: String,
    through: String,
    signed_in: Moment,
    last_seen: Moment,
    is_this: bool,
}

/// `GET /admin/users/{id}`
async fn show(console: Console, Path(user): Path<String>) -> Result<Response, Error> {
    let page = UserPage::of(&console, id(&user)?).await?;
    Ok(Page::new(page).into_response())
}

#[derive(Debug, Deserialize)]
struct UserForm {
    version: String,
    email: String,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default)]
    company_name: String,
}

/// `POST /admin/users/{id}`
async fn save(
    Path(user): Path<String>,
    ConsoleForm(console, fields): ConsoleForm<UserForm>,
) -> Result<Response, Error> {
    let user = id(&user)?;
    let text = UserText {
        email: fields.email,
        first_name: fields.first_name,
        last_name: fields.last_name,
        company_name: fields.company_name,
    };
    match console
        .admin()
        .edit_user(user, &fields.version, &text, None)
        .await
    {
        Ok(_) => tell_at_with(
            &console,
            &format!("/admin/users/{user}"),
            "Saved.",
            ("/admin/users", "All users"),
        ),
        Err(refused @ (Refused::Invalid(_) | Refused::Taken(_))) => {
            let mut page = UserPage::of(&console, user).await?;
            page.version = fields.version;
            page.text = text;
            page.problems = refused.problems();
            Ok(unprocessable_page(page).into_response())
        }
        Err(Refused::Changed { by, at }) => {
            let mut page = UserPage::of(&console, user).await?;
            let now = std::mem::replace(&mut page.text, text);
            page.changed = Some(UserConflict {
                by,
                at: at.into(),
                now,
            });
            let page = Page::new(page).with_status(StatusCode::CONFLICT);
            Ok(page.into_response())
        }
        Err(other) => Err(other.into()),
    }
}

impl UserPage {
    /// The page of a user of the company.
    pub(super) async fn of(console: &Console, id: UserId) -> Result<Self, Error> {
        let (user, version) = console.admin().user(id).await?;
        let store = &console.app.desk;
        let connections = ConnectionNames::of(console);
        let admin = console.admin();
        let (all, identities, sessions, set_ups, sign_ins) = tokio::try_join!(
            async { Ok(store.groups_and_grants(console.company(), id).await?) },
            async { Ok(store.identities_of(id).await?) },
            async { Ok(store.sessions_of(id, console.now()).await?) },
            async { Ok(admin.set_up_sign_ins().await?) },
            last_sign_ins(console, &user, &connections),
        )?;
        let rows = rows(&all, &connections);
        let not_by_hand = all
            .iter()
            .filter(|(_, sources)| !sources.contains(&GrantSource::Administrator));
        let mut groups = all
            .iter()
            .filter(|(_, sources)| !sources.is_empty())
            .map(|(group, _)| group);
        let is_administrator = groups
            .clone()
            .any(|group| group.kind == GroupKind::Administrator);
        let sso_only = groups.find(|group| group.sso_only);
        Ok(Self {
            frame: console.frame(Section::Users, name_of(&user)),
            id: id.to_string(),
            href: format!("/admin/users/{id}"),
            email: user.email.to_string(),
            is_me: console.me.user.id == id,
            is_active: user.disabled_at.is_none(),
            is_administrator,
            made: match user.created_by {
                Creation::Administrator => "by an administrator",
                Creation::Jit => "at the first sign-in",
                Creation::Directory => "by a directory",
            },
            made_at: user.created_at.into(),
            last_sign_in: user.last_sign_in_at.map(Moment::from),
            text: UserText::from_user(&user),
            attributes: user.attributes.clone(),
            version,
            problems: Problems::default(),
            changed: None,
            free: group_choice(not_by_hand.map(|(group, _)| group)),
            grants: rows,
            by_email: by_email(&user, &identities, &connections),
            awaited: if user.waits(!identities.is_empty()) {
                let chosen = user.waits_for.map(|id| id.to_string());
                connections.to_wait_for(chosen.as_deref().unwrap_or_default())
            } else {
                Vec::new()
            },
            identities: identities
                .iter()
                .map(|identity| IdentityRow {
                    connection: connections.name(identity.connection_id).to_owned(),
                    id: identity.connection_id.to_string(),
                    subject: identity.subject.clone(),
                    since: identity.created_at.into(),
                    consequence: consequence(&user, identity, &identities, &connections),
                })
                .collect(),
            has_password: user.has_password,
            no_password: sso_only.map_or(String::new(), |group| {
                format!(
                    "The permission group \"{}\" can only sign in via single sign-on.",
                    group.title
                )
            }),
            sign_ins,
            sign_ins_href: sign_ins_of(&user),
            sessions: sessions
                .iter()
                .map(|(key, session)| SessionRow {
                    key: key.to_string(),
                    through: connections.through(session, &set_ups),
                    signed_in: session.signed_in_at.into(),
                    last_seen: session.last_seen_at.into(),
                    is_this: *key == console.me.key,
                })
                .collect(),
        })
    }

    /// Where a button of the page leads.
    fn to(&self, action: &str) -> String {
        format!("{}/{action}", self.href)
    }

    /// What a new password does; what it needs is said once, here or by what is wrong with it.
    fn password_hint(&self) -> &'static str {
        let is_wrong = !self.problems.of("password").is_empty();
        match (self.is_me, is_wrong) {
            (true, true) => "This session goes on. Your others end.",
            (true, false) => "At least 15 characters. This session goes on. Your others end.",
            (false, true) => "Every session of this user ends.",
            (false, false) => "At least 15 characters. Every session of this user ends.",
        }
    }

    /// What the end of a password does.
    fn without_password(&self) -> &'static str {
        if self.is_me {
            "You can then sign in via single sign-on only. This session goes on. Your others end."
        } else {
            "This user can then sign in via single sign-on only, and every session ends."
        }
    }

    /// What is in a field now, where somebody else has written another text than was typed.
    fn now(&self, field: &str) -> String {
        let Some(changed) = &self.changed else {
            return String::new();
        };
        let (now, typed) = match field {
            "email" => (&changed.now.email, &self.text.email),
            "first_name" => (&changed.now.first_name, &self.text.first_name),
            "last_name" => (&changed.now.last_name, &self.text.last_name),
            _ => (&changed.now.company_name, &self.text.company_name),
        };
        match now.as_str() {
            now if now == typed => String::new(),
            "" => "There now: nothing".to_owned(),
            now => format!("There now: {now}"),
        }
    }

    /// The page with what is wrong with one of its forms.
    pub(super) fn with(mut self, problems: Problems) -> Self {
        self.problems = problems;
        self
    }
}

/// The last sign-ins of a user. They are looked for where the last one has to be, so that few are looked at.
async fn last_sign_ins(
    console: &Console,
    user: &User,
    connections: &ConnectionNames,
) -> Result<Vec<sign_ins::SignInLine>, Error> {
    let Some(last) = user.last_sign_in_at else {
        return Ok(Vec::new());
    };
    let filter = SignInFilter {
        user_id: Some(user.id),
        until: Some(last.saturating_add(Duration::SECOND)),
        ..SignInFilter::default()
    };
    let store = &console.app.desk;
    let page = store.sign_ins(console.company(), &filter, SIGN_INS).await?;
    let rows = page.rows.into_iter();
    let rows = rows.map(|row| sign_in_line(row, connections, console.now()));
    Ok(rows.collect())
}

/// The address of the list of a user's sign-ins.
fn sign_ins_of(user: &User) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("q", user.email.as_str());
    format!("/admin/sign-ins?{}", query.finish())
}

/// The groups of a user, each with everyone who put it there.
fn rows(groups: &[(Group, Vec<GrantSource>)], connections: &ConnectionNames) -> Vec<GrantRow> {
    let of_user = groups.iter().filter(|(_, sources)| !sources.is_empty());
    let row = |(group, sources): &(Group, Vec<GrantSource>)| GrantRow {
        id: group.id.to_string(),
        href: format!("/admin/groups/{}", group.id),
        title: group.title.clone(),
        kind: kind_text(group.kind),
        sso_only: group.sso_only,
        by_hand: sources.contains(&GrantSource::Administrator),
        sources: sources
            .iter()
            .map(|source| connections.source(*source))
            .collect(),
    };
    of_user.map(row).collect()
}
