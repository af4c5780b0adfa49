//! The page between a password that somebody else has set and the first session: another password.
//!
//! Invariant: nobody is signed in before the password is another one.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::sign_in_page;
use super::signed_in::signed_in;
use super::start::check_return_to;
use crate::admin::{Actor, Admin, Refused};
use crate::app::App;
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::csrf::{CsrfForm, Purpose, csrf_token};
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::login_cookie::{browser, known_browser};
use crate::http::pages::Frame;
use crate::http::rate_limit::{Passwords, Within, in_password_turn};
use crate::http::response::Page;
use crate::http::session;
use crate::login::{self, Ending, FirstUse, PasswordSignIn};
use crate::site::Site;

#[derive(Debug, Template)]
#[template(path = "front/new_password.html")]
pub(super) struct NewPasswordPage {
    pub(super) frame: Frame,
    pub(super) email: String,
    pub(super) problem: String,
    pub(super) csrf: String,
    pub(super) ticket: String,
    pub(super) return_to: Option<String>,
}

/// What the page sends.
#[derive(Deserialize)]
pub(super) struct NewPasswordFields {
    ticket: String,
    email: String,
    password: String,
    return_to: Option<String>,
}

impl Purpose for NewPasswordFields {
    const PURPOSE: &'static str = "first password";
}

impl NewPasswordFields {
    /// What the page of a fresh ticket holds.
    pub(super) fn of(ticket: String, email: String, return_to: Option<String>) -> Self {
        Self {
            ticket,
            email,
            password: String::new(),
            return_to,
        }
    }
}

/// The page.
pub(super) fn page(
    app: &App,
    site: &Site,
    headers: &HeaderMap,
    fields: NewPasswordFields,
    problem: String,
) -> Response {
    let (browser, _) = browser(site, headers);
    let status = if problem.is_empty() {
        StatusCode::FORBIDDEN
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Page::new(NewPasswordPage {
        frame: Frame::of(&site.company),
        email: fields.email,
        problem,
        csrf: csrf_token(
            app,
            NewPasswordFields::PURPOSE,
            Cookie::Login,
            browser.cookie(),
        ),
        ticket: fields.ticket,
        return_to: fields.return_to.filter(|target| !target.is_empty()),
    })
    .with_cookie(Cookie::Login, browser.cookie(), site.is_https())
    .with_status(status)
    .into_response()
}

/// `POST /sign-in/password`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    _: Within<Passwords>,
    headers: HeaderMap,
    CsrfForm(fields): CsrfForm<NewPasswordFields>,
) -> Result<Response, Error> {
    let return_to = check_return_to(&app, &site, fields.return_to.as_deref())?;
    let browser = known_browser(&site, &headers).ok_or(Error::ForeignForm)?;
    let found = login::first_use(&app, site.company.id, &fields.ticket).await?;
    let Some(FirstUse { user, stored }) = found else {
        return Ok(sign_in_page::again(
            &app,
            &site,
            &headers,
            fields.email,
            fields.return_to,
        ));
    };
    let (working, at, new) = (Arc::clone(&app), Arc::clone(&site), fields.password.clone());
    let (id, name) = (user.id, user.email.as_str().to_owned());
    let work = async move {
        let admin = Admin {
            store: &working.store,
            keys: &working.keys,
            company: at.company.id,
            actor: Actor {
                name,
                user: Some(id),
                token: None,
                client,
                over_administrators: true,
                for_good: true,
            },
            now: working.clock.now(),
            once: None,
        };
        admin.replace_password(id, &stored, new).await
    };
    let sealed = match in_password_turn(&app, site.company.id, work).await? {
        Ok(sealed) => sealed,
        Err(refused @ Refused::Invalid(_)) => {
            let problem = refused.to_string();
            return Ok(page(&app, &site, &headers, fields, problem));
        }
        Err(other) => return Err(other.into()),
    };
    app.catch_up().await?;
    let typed = PasswordSignIn {
        email: user.email.as_str(),
        password: &fields.password,
        return_to: return_to.as_ref(),
        browser: &browser,
        session: session::session_id(&headers, &site),
        client,
        known: None,
    };
    match login::sign_in_after_first_use(&app, &site, typed, &user, sealed).await? {
        Ending::SignedIn {
            session,
            return_to,
            code,
            known,
            ..
        } => signed_in(&site, &headers, session, &return_to, &code, known.as_ref()),
        _ => Ok(sign_in_page::again(
            &app,
            &site,
            &headers,
            fields.email,
            fields.return_to,
        )),
    }
}
