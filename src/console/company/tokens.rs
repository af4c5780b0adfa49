//! Tokens of the API: made, shown once, taken back.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::admin::{MadeToken, NewToken, Problems, Refused};
use crate::console::people::words::id;
use crate::console::{
    Console, ConsoleForm, ConsoleFrame, Item, Nothing, Section, refusal_page, tell_at,
};
use crate::domain::token::{TOKEN_DAYS, TokenState};
use crate::domain::{Scope, Token};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;

const HREF: &str = "/admin/tokens";
/// Days that are chosen when nobody has chosen.
const USUAL_DAYS: u16 = 90;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route(HREF, get(show).post(create))
        .route("/admin/tokens/{id}/revoke", post(revoke))
}

#[derive(Debug, Template)]
#[template(path = "console/company/tokens.html")]
struct TokensPage {
    frame: ConsoleFrame,
    rows: Vec<TokenLine>,
    name: String,
    scopes: Vec<ScopeChoice>,
    days: Vec<Item>,
    problems: Problems,
    /// What stands in the way, when no field is to blame.
    obstacle: String,
    /// The origin, for the example.
    origin: String,
}

#[derive(Debug)]
struct TokenLine {
    name: String,
    scopes: Vec<&'static str>,
    state: &'static str,
    tone: &'static str,
    is_active: bool,
    created_by: String,
    created: Moment,
    expires: Moment,
    last_used: Option<Moment>,
    revoke: String,
}

/// A scope to choose.
#[derive(Debug)]
struct ScopeChoice {
    word: &'static str,
    what: &'static str,
    chosen: bool,
}

/// The token that was made: the one time that it is shown.
#[derive(Debug, Template)]
#[template(path = "console/company/token_made.html")]
struct TokenMade {
    frame: ConsoleFrame,
    secret: String,
    expires: Moment,
    example: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenForm {
    name: String,
    scope: Vec<String>,
    days: String,
}

/// `GET /admin/tokens`
async fn show(console: Console) -> Result<Response, Error> {
    let fields = TokenForm {
        days: USUAL_DAYS.to_string(),
        ..TokenForm::default()
    };
    let page = page(&console, fields, None).await?;
    Ok(Page::new(page).into_response())
}

/// `POST /admin/tokens`
async fn create(ConsoleForm(console, fields): ConsoleForm<TokenForm>) -> Result<Response, Error> {
    let new = NewToken {
        name: fields.name.clone(),
        scopes: fields.scope.clone(),
        days: fields.days.parse().unwrap_or_default(),
    };
    match console.admin().create_token(&new).await {
        Ok(MadeToken { token, secret }) => {
            let example = format!(
                "curl -H \"Authorization: Bearer $TOKEN\" {}/api/v1/{}",
                console.site.company.origin,
                example_of(&token)
            );
            Ok(Page::new(TokenMade {
                frame: console.frame(Section::Tokens, format!("Token \"{}\"", token.name)),
                secret,
                expires: token.expires_at.into(),
                example,
            })
            .into_response())
        }
        Err(Refused::NotFound) => Err(Error::NotFound),
        Err(Refused::Store(cause)) => Err(cause.into()),
        Err(why) => {
            let obstacle = why.obstacle();
            let page = page(&console, fields, Some(why)).await?;
            Ok(refusal_page(page, &obstacle).into_response())
        }
    }
}

/// `POST /admin/tokens/{id}/revoke`
async fn revoke(
    axum::extract::Path(token): axum::extract::Path<String>,
    ConsoleForm(console, _): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let revoked = console.admin().revoke_token(id(&token)?).await?;
    let what = if revoked {
        "The token is revoked. The next request with it is refused."
    } else {
        "The token did not count any more."
    };
    tell_at(&console, HREF, what)
}

async fn page(
    console: &Console,
    fields: TokenForm,
    refused: Option<Refused>,
) -> Result<TokensPage, Error> {
    let now = console.now();
    let tokens = console.admin().tokens().await?;
    let problems = refused.as_ref().map(Refused::problems).unwrap_or_default();
    let obstacle = refused.as_ref().map(Refused::obstacle).unwrap_or_default();
    let days = TOKEN_DAYS.map(|days| (days.to_string(), format!("in {days} days")));
    Ok(TokensPage {
        frame: console.frame(Section::Tokens, "API tokens"),
        rows: tokens
            .into_iter()
            .map(|token| TokenLine::of(token, now))
            .collect(),
        name: fields.name,
        scopes: Scope::ALL
            .into_iter()
            .map(|scope| ScopeChoice {
                word: scope.as_str(),
                what: what(scope),
                chosen: fields.scope.iter().any(|word| word == scope.as_str()),
            })
            .collect(),
        days: Item::list(days, &fields.days),
        problems,
        obstacle,
        origin: console.site.company.origin.to_string(),
    })
}

impl TokenLine {
    fn of(token: Token, now: time::OffsetDateTime) -> Self {
        let state = token.state(now);
        let (word, tone) = match state {
            TokenState::Active => ("Active", "good"),
            TokenState::Expired => ("Expired", "off"),
            TokenState::Revoked => ("Revoked", "off"),
        };
        Self {
            name: token.name,
            scopes: token.scopes.iter().map(Scope::as_str).collect(),
            state: word,
            tone,
            is_active: state == TokenState::Active,
            created_by: token.created_by,
            created: token.created_at.into(),
            expires: token.expires_at.into(),
            last_used: token.last_used_at.map(Moment::from),
            revoke: format!("{HREF}/{}/revoke", token.id),
        }
    }
}

/// What a scope is for, for people.
fn what(scope: Scope) -> &'static str {
    match scope {
        Scope::CompanyRead => "See the company's name, addresses, settings and e-mail domains.",
        Scope::UsersRead => "See users: names, addresses, groups and identities.",
        Scope::UsersWrite => {
            "Make, change, deactivate and delete users who are no administrators. Set their passwords, and so sign in as one of them. Another address also ends a user's sessions, and the identity provider's next word binds the user anew."
        }
        Scope::GroupsRead => "See permission groups, and which of them may use which application.",
        Scope::GroupsWrite => {
            "Make, change and delete permission groups, except those of administrators. Say which groups sign in by single sign-on only, and which may use which application."
        }
        Scope::ConnectionsRead => "See connections with their settings and certificates.",
        Scope::ConnectionsWrite => {
            "Say what users read of connections, and order them on the sign-in page. It enables none, disables none, and changes nothing else of them."
        }
        Scope::SessionsRead => "See who is signed in.",
        Scope::SessionsWrite => "End sessions, those of administrators as well.",
        Scope::AttemptsRead => "See sign-ins with their checks, and whom they name.",
        Scope::AuditRead => "See the audit log.",
        Scope::AdminsWrite => {
            "Beside another write scope: change administrators and their groups, and every setting of a connection (whom it trusts, where it sends users and messages, whether it is enabled), and the company's settings and e-mail domains. Whoever has such a token can become an administrator."
        }
    }
}

/// An address that the token may read.
fn example_of(token: &Token) -> &'static str {
    let readable = [
        (Scope::UsersRead, "users"),
        (Scope::GroupsRead, "groups"),
        (Scope::ConnectionsRead, "connections"),
        (Scope::SessionsRead, "sessions"),
        (Scope::AttemptsRead, "attempts"),
        (Scope::AuditRead, "audit"),
    ];
    let first = readable.iter().find(|(scope, _)| token.scopes.has(*scope));
    first.map_or("company", |(_, path)| path)
}
