//! The set-up link: a company's name and its first administrator.
//!
//! Invariant: a GET uses nothing up, because mail programs and chats look at the links that people send.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::signed_in::signed_in;
use crate::admin::setup::{FirstAdministrator, hash_of};
use crate::admin::{Problems, Refused};
use crate::app::App;
use crate::domain::{SetupLink, SetupLinkState};
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::csrf::{CsrfForm, Purpose, csrf_token};
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::login_cookie::{browser, known_browser};
use crate::http::pages::{Frame, Moment};
use crate::http::rate_limit::{Passwords, Within};
use crate::http::response::Page;
use crate::http::session;
use crate::login::{self, FirstEnding, FirstSignIn};
use crate::site::Site;

/// Where the set-up goes on.
const NEXT: &str = "/admin";

#[derive(Debug, Template)]
#[template(path = "front/set_up.html")]
struct SetUpPage {
    frame: Frame,
    csrf: String,
    typed: SetUpForm,
    problems: Problems,
    /// The company's e-mail domains, separated by commas.
    domains: String,
    expires_at: Moment,
}

/// A link that cannot be used.
#[derive(Debug, Template)]
#[template(path = "front/set_up_over.html")]
struct SetUpOver {
    frame: Frame,
    title: &'static str,
    what: &'static str,
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
pub(super) struct SetUpForm {
    company_name: String,
    email: String,
    first_name: String,
    last_name: String,
    /// `password` or `sso`.
    way: String,
    password: String,
}

impl Purpose for SetUpForm {
    const PURPOSE: &'static str = "set up";
}

/// `GET /setup/{secret}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let link = link(&app, &site, &secret).await?;
    match link.state(app.clock.now()) {
        SetupLinkState::Open => {
            let typed = SetUpForm {
                company_name: site.company.name.clone(),
                way: "password".to_owned(),
                ..SetUpForm::default()
            };
            Ok(page(&app, &site, &headers, &link, typed, Problems::default()).into_response())
        }
        state => Ok(over_page(&site, state)),
    }
}

/// `POST /setup/{secret}`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    _: Within<Passwords>,
    Path(secret): Path<String>,
    headers: HeaderMap,
    CsrfForm(typed): CsrfForm<SetUpForm>,
) -> Result<Response, Error> {
    let link = link(&app, &site, &secret).await?;
    let state = link.state(app.clock.now());
    if state != SetupLinkState::Open {
        return Ok(over_page(&site, state));
    }
    let browser = known_browser(&site, &headers).ok_or(Error::ForeignForm)?;
    let wrong = |typed, problems| {
        page(&app, &site, &headers, &link, typed, problems)
            .with_status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response()
    };
    let first = match parse_first(&typed) {
        Ok(first) => first,
        Err(refused) => return Ok(wrong(typed, refused.problems())),
    };
    let sign_in = FirstSignIn {
        link: link.id,
        company_name: first.company_name,
        email: first.email,
        first_name: first.first_name,
        last_name: first.last_name,
        password: first.password,
        browser: &browser,
        session: session::session_id(&headers, &site),
        client,
    };
    match login::set_up(&app, &site, sign_in).await? {
        FirstEnding::SignedIn {
            session,
            code,
            known,
        } => {
            // The console shows the new name at once.
            app.catch_up().await?;
            signed_in(&site, &headers, session, NEXT, &code, known.as_ref())
        }
        // Another was faster, with this link or with another one.
        FirstEnding::LinkUsed => {
            let link = self::link(&app, &site, &secret).await?;
            Ok(over_page(&site, link.state(app.clock.now())))
        }
        FirstEnding::EmailTaken => {
            let mut problems = Problems::default();
            problems.add(
                "email",
                "There is an account with this address already. Use another address, or ask whoever sent you the link.",
            );
            Ok(wrong(typed, problems))
        }
        FirstEnding::TooMany(wait) => Err(wait.into()),
    }
}

fn parse_first(typed: &SetUpForm) -> Result<FirstAdministrator, Refused> {
    FirstAdministrator::parse(
        &typed.company_name,
        &typed.email,
        &typed.first_name,
        &typed.last_name,
        (typed.way != "sso").then_some(typed.password.as_str()),
    )
}

/// The link of this company with this secret.
async fn link(app: &App, site: &Site, secret: &str) -> Result<SetupLink, Error> {
    let link = app.store.setup_link(&hash_of(secret)).await?;
    link.filter(|link| link.company_id == site.company.id)
        .ok_or(Error::NotFound)
}

fn page(
    app: &App,
    site: &Site,
    headers: &HeaderMap,
    link: &SetupLink,
    typed: SetUpForm,
    problems: Problems,
) -> Page<SetUpPage> {
    let (browser, _) = browser(site, headers);
    Page::new(SetUpPage {
        frame: Frame::of(&site.company),
        csrf: csrf_token(app, SetUpForm::PURPOSE, Cookie::Login, browser.cookie()),
        typed,
        problems,
        domains: domains(site),
        expires_at: Moment::from(link.expires_at),
    })
    .with_cookie(Cookie::Login, browser.cookie(), site.is_https())
}

fn domains(site: &Site) -> String {
    let names = site.domains().iter().map(|it| it.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

fn over_page(site: &Site, state: SetupLinkState) -> Response {
    let (title, what) = match state {
        SetupLinkState::Used | SetupLinkState::Open => (
            "This link was used already",
            "The company has its first administrator. If that was you, sign in. If not, tell whoever sent you the link.",
        ),
        SetupLinkState::Revoked => (
            "This link was revoked",
            "Another link was used, or whoever sent you this one has taken it back. Ask for a new one.",
        ),
        SetupLinkState::Expired => (
            "This link has expired",
            "It could be used for 72 hours. Ask whoever sent it to you for a new one.",
        ),
    };
    Page::new(SetUpOver {
        frame: Frame::of(&site.company),
        title,
        what,
    })
    .with_status(StatusCode::GONE)
    .into_response()
}
