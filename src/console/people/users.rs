//! Users & Permissions: the list of users, and a new one ("Create SSO User").

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::directory_users::has_directory;
use super::words::{
    ConnectionNames, PageNumbers, day, group_items, id, name_of, number, page_number, way_text,
};
use crate::admin::{NewUser, Problems, Refused, UserText};
use crate::console::{
    Console, ConsoleForm, ConsoleFrame, Item, Nothing, Section, confirmation, refusal_page,
    tell_at_with,
};
use crate::domain::{Creation, Group, GroupKind};
use crate::http::error::Error;
use crate::http::export;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::store::{ListedUser, SignInMethod, USERS_A_PAGE, UserFilter};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/users", get(show))
        .route("/admin/users/new", get(new).post(create))
        .route("/admin/users/export", post(all))
}

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct UserSearch {
    q: String,
    group: String,
    state: String,
    made: String,
    way: String,
    page: String,
}

#[derive(Debug, Template)]
#[template(path = "console/people/users.html")]
struct UsersPage {
    frame: ConsoleFrame,
    /// Whether people can be looked up in a directory.
    has_directory: bool,
    q: String,
    groups: Vec<Item>,
    states: Vec<Item>,
    makers: Vec<Item>,
    ways: Vec<Item>,
    is_filtered: bool,
    /// A filter is chosen beside the words of the search.
    is_narrowed: bool,
    total: String,
    rows: Vec<UserLine>,
    pages: PageNumbers,
}

#[derive(Debug)]
struct UserLine {
    href: String,
    name: String,
    email: String,
    groups: String,
    is_administrator: bool,
    way: &'static str,
    is_active: bool,
    last_sign_in: Option<Moment>,
}

/// `GET /admin/users`
async fn show(console: Console, Query(asked): Query<UserSearch>) -> Result<Response, Error> {
    let store = &console.app.desk;
    let filter = asked.filter()?;
    let number_of_page = page_number(&asked.page);
    let (groups, listed) = tokio::try_join!(
        store.groups(console.company()),
        store.list_users(console.company(), &filter, number_of_page),
    )?;
    if let Some(group) = filter.group
        && groups.iter().all(|known| known.id != group)
    {
        return Err(Error::NotFound);
    }
    let mut choices = group_items(&groups, &asked.group);
    choices.insert(0, Item::nothing("All groups", &asked.group));
    let pages = PageNumbers::of(number_of_page, USERS_A_PAGE, &listed, |page| {
        asked.address(page)
    });
    Ok(Page::new(UsersPage {
        has_directory: has_directory(&console),
        frame: console.frame(Section::Users, "Users & Permissions"),
        groups: choices,
        states: Item::list(
            [
                ("", "Any state"),
                ("active", "Active"),
                ("deactivated", "Deactivated"),
            ],
            &asked.state,
        ),
        makers: Item::list(
            [
                ("", "Any origin"),
                ("administrator", "An administrator"),
                ("jit", "First sign-in"),
                ("directory", "A directory"),
            ],
            &asked.made,
        ),
        ways: Item::list(
            [
                ("", "Any sign-in"),
                ("sso", "Single sign-on"),
                ("password", "Password"),
                ("waiting", "Waits for first sign-in"),
            ],
            &asked.way,
        ),
        is_filtered: !filter.is_all(),
        is_narrowed: !UserFilter {
            search: String::new(),
            ..filter
        }
        .is_all(),
        total: number(listed.total.at_least()),
        rows: listed.rows.iter().map(row).collect(),
        pages,
        q: asked.q,
    })
    .into_response())
}

impl UserSearch {
    fn filter(&self) -> Result<UserFilter, Error> {
        Ok(UserFilter {
            search: self.q.clone(),
            group: match self.group.as_str() {
                "" => None,
                group => Some(id(group)?),
            },
            active: match self.state.as_str() {
                "active" => Some(true),
                "deactivated" => Some(false),
                _ => None,
            },
            created_by: self.made.parse::<Creation>().ok(),
            method: SignInMethod::from_word(&self.way),
        })
    }

    fn address(&self, page: u32) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("q", &self.q),
            ("group", &self.group),
            ("state", &self.state),
            ("made", &self.made),
            ("way", &self.way),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("page", &page.to_string());
        format!("/admin/users?{}", query.finish())
    }
}

fn row(listed: &ListedUser) -> UserLine {
    let groups = listed.groups();
    let titles: Vec<&str> = groups.iter().map(|group| group.title.as_str()).collect();
    let user = &listed.user;
    UserLine {
        href: format!("/admin/users/{}", user.id),
        name: name_of(user),
        email: user.email.to_string(),
        groups: titles.join(", "),
        is_administrator: groups
            .iter()
            .any(|group| group.kind == GroupKind::Administrator),
        way: way_text(listed.method()),
        is_active: user.disabled_at.is_none(),
        last_sign_in: user.last_sign_in_at.map(day),
    }
}

#[derive(Debug, Template)]
#[template(path = "console/people/user_new.html")]
struct NewUserPage {
    frame: ConsoleFrame,
    text: UserText,
    groups: Vec<Item>,
    /// The connections to wait for; none where there is no choice.
    connections: Vec<Item>,
    problems: Problems,
    /// What stands in the way, when no field is to blame.
    obstacle: String,
}

/// `GET /admin/users/new`
async fn new(console: Console) -> Result<Response, Error> {
    let text = UserText {
        company_name: console.site.company.name.clone(),
        ..UserText::default()
    };
    let page = form(&console, text, "", "", None).await?;
    Ok(Page::new(page).into_response())
}

#[derive(Debug, Deserialize)]
struct NewUserForm {
    email: String,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default)]
    company_name: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    connection: String,
    /// That it makes an administrator was read, and is meant.
    #[serde(default)]
    sure: String,
}

/// `POST /admin/users/new`
async fn create(ConsoleForm(console, fields): ConsoleForm<NewUserForm>) -> Result<Response, Error> {
    let text = UserText {
        email: fields.email,
        first_name: fields.first_name,
        last_name: fields.last_name,
        company_name: fields.company_name,
    };
    let groups = match fields.group.as_str() {
        "" => Vec::new(),
        group => vec![id(group)?],
    };
    if let Some(&group) = groups.first()
        && fields.sure.is_empty()
    {
        let known = console.app.desk.groups(console.company()).await?;
        let is_it = |it: &&Group| it.id == group && it.kind == GroupKind::Administrator;
        if let Some(group) = known.iter().find(is_it)
            && text.problems().is_empty()
        {
            return Ok(ask(&console, text, group, &fields.connection));
        }
    }
    let new = NewUser {
        text: text.clone(),
        groups,
        password: None,
        connection: match fields.connection.as_str() {
            "" => None,
            connection => Some(id(connection)?),
        },
    };
    match console.admin().create_user(new).await {
        Ok(user) => {
            let told = format!(
                "Created {}. The first single sign-on with this address finds the account.",
                user.email
            );
            tell_at_with(
                &console,
                &format!("/admin/users/{}", user.id),
                &told,
                ("/admin/users/new", "Create another"),
            )
        }
        Err(why @ (Refused::Invalid(_) | Refused::Taken(_) | Refused::Full(_))) => {
            let (group, connection) = (&fields.group, &fields.connection);
            let page = form(&console, text, group, connection, Some(&why)).await?;
            Ok(refusal_page(page, &why.obstacle()).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// Whether the new user is to be an administrator.
fn ask(console: &Console, text: UserText, group: &Group, connection: &str) -> Response {
    let question = confirmation::Confirmation {
        title: confirmation::of_one(text.email.trim()),
        group,
        action: "/admin/users/new".to_owned(),
        button: "Create an administrator",
        cancel: "/admin/users/new".to_owned(),
        fields: vec![
            ("email", text.email.clone()),
            ("first_name", text.first_name),
            ("last_name", text.last_name),
            ("company_name", text.company_name),
            ("group", group.id.to_string()),
            ("connection", connection.to_owned()),
        ],
    };
    question.page(console)
}

async fn form(
    console: &Console,
    text: UserText,
    group: &str,
    connection: &str,
    refused: Option<&Refused>,
) -> Result<NewUserPage, Error> {
    let groups = console.app.desk.groups(console.company()).await?;
    let mut items = group_items(&groups, group);
    items.insert(0, Item::nothing("No group", group));
    Ok(NewUserPage {
        frame: console.frame(Section::Users, "Create SSO User"),
        text,
        groups: items,
        connections: ConnectionNames::of(console).to_wait_for(connection),
        problems: refused.map(Refused::problems).unwrap_or_default(),
        obstacle: refused.map(Refused::obstacle).unwrap_or_default(),
    })
}

/// `POST /admin/users/export`
async fn all(ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>) -> Result<Response, Error> {
    export::users(&console.app, &console.site, &console.admin()).await
}
