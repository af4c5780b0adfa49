//! The choice of ways to sign in, and the password form.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::new_password;
use super::pages::AlreadySignedIn;
use super::sign_in_page::{PasswordFields, ReturnTarget, page};
use super::signed_in::signed_in;
use super::start::check_return_to;
use crate::app::App;
use crate::domain::Email;
use crate::http::address::address;
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::csrf::CsrfForm;
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::login_cookie::known_browser;
use crate::http::rate_limit::{Passwords, Within};
use crate::http::response::AttemptCode;
use crate::http::session::{self, CurrentSession};
use crate::login::{self, Advice, Ending, PasswordSignIn};

/// `GET /sign-in`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    CurrentSession(session): CurrentSession,
    Query(wanted): Query<ReturnTarget>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    check_return_to(&app, &site, wanted.return_to.as_deref())?;
    let mut notice = None;
    if let Some(email) = wanted.email.as_deref() {
        let typed = email.parse::<Email>().ok();
        match typed.and_then(|it| site.connection_of(&it)) {
            Some(found) => {
                let parameters = [
                    ("connection", Some(found.connection.name.as_str())),
                    ("login_hint", Some(email)),
                    ("return_to", wanted.return_to.as_deref()),
                ];
                return Ok(Redirect::to(&address("/sso/login", &parameters)).into_response());
            }
            None => notice = Some("No single sign-on is set up for this address.".to_owned()),
        }
    }
    let signed_in = session.map(|it| AlreadySignedIn {
        email: it.user.email.as_str().to_owned(),
        landing: login::landing(&site),
    });
    Ok(page(&app, &site, &headers, wanted, notice, signed_in).into_response())
}

/// `POST /sign-in`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    _: Within<Passwords>,
    headers: HeaderMap,
    CsrfForm(fields): CsrfForm<PasswordFields>,
) -> Result<Response, Error> {
    let return_to = check_return_to(&app, &site, fields.return_to.as_deref())?;
    let browser = known_browser(&site, &headers).ok_or(Error::ForeignForm)?;
    let typed = PasswordSignIn {
        email: &fields.email,
        password: &fields.password,
        return_to: return_to.as_ref(),
        browser: &browser,
        session: session::session_id(&headers, &site),
        client,
        known: Cookie::Known.read(&headers, site.is_https()),
    };
    match login::sign_in_with_password(&app, &site, typed).await? {
        Ending::SignedIn {
            session,
            return_to,
            code,
            known,
            ..
        } => signed_in(&site, &headers, session, &return_to, &code, known.as_ref()),
        Ending::Refused { code, advice, .. } => {
            let wanted = ReturnTarget {
                return_to: fields.return_to,
                email: Some(fields.email),
            };
            let notice = match advice {
                Advice::UseSingleSignOn => {
                    "This account signs in through single sign-on. Choose it here."
                }
                _ => "The e-mail or the password is wrong.",
            };
            let notice =
                format!("{notice} If you need help, give your administrator the code {code}.");
            let mut response = page(&app, &site, &headers, wanted, Some(notice), None)
                .with_status(StatusCode::FORBIDDEN)
                .into_response();
            response
                .extensions_mut()
                .insert(AttemptCode(code.to_string()));
            Ok(response)
        }
        Ending::FirstPassword { ticket } => {
            let form = new_password::NewPasswordFields::of(ticket, fields.email, fields.return_to);
            Ok(new_password::page(
                &app,
                &site,
                &headers,
                form,
                String::new(),
            ))
        }
        Ending::TooMany(wait) => Err(wait.into()),
        _ => Err(Error::internal(
            "a password led to a step of single sign-on",
        )),
    }
}
