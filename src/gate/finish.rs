//! `GET /.vestibule/finish`: a code becomes a gate session (rule Q31).
//!
//! Invariants: a code that is shown is spent, whatever comes of it; it is taken from the browser only that asked, at the origin that
//! it is for; nobody is sent round by itself when it is not.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::place::CurrentPlace;
use super::start::see_other;
use super::{BASE, gate_cookie, pages, start_cookie};
use crate::app::App;
use crate::domain::SessionKey;
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::error::Error;
use crate::http::pages::Link;
use crate::http::response::Page;
use crate::keys;
use crate::site::ApplicationPlace;
use crate::store::{CodeKind, ShownCode};

#[derive(Debug, Deserialize)]
pub(super) struct FinishQuery {
    code: String,
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    ClientAddress(client): ClientAddress,
    CurrentPlace(place): CurrentPlace,
    Query(query): Query<FinishQuery>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let https = place.origin.is_https();
    let former = gate_cookie::shown(&headers, https);
    let Some(hash) = keys::secret_hash(&query.code) else {
        return Ok(start_again(&place));
    };
    let now = app.clock.now();
    // Each code that is shown is a transaction, and strangers show what they like.
    app.throttle.admit_stranger(client)?;
    let mut tx = app.store.begin().await?;
    let shown = tx.spend_code(&hash, CodeKind::Gate, now).await?;
    let code = match shown {
        ShownCode::First(code) => {
            app.throttle.give_stranger_back(client);
            code
        }
        ShownCode::Again { gate, back_to } => {
            // Back button: the browser that holds what the code has made goes on.
            if gate.is_some() && gate == former {
                return see_other(&back_to, []);
            }
            if let Some(gate) = gate {
                tx.end_gate_session(gate).await?;
                tx.commit(now).await?;
                tracing::warn!(application = %place.application.application.name, "a code was shown twice; the session that it had made has ended");
            }
            return Ok(start_again(&place));
        }
        ShownCode::Unknown => return Ok(start_again(&place)),
    };
    let cookie = start_cookie::take(&headers, https, &code.binding);
    let is_here = code.application_id == place.application.id()
        && code.origin == place.origin.as_str()
        && now < code.expires_at;
    let Some(taken) = cookie.filter(|_| is_here) else {
        tx.commit(now).await?;
        return Ok(start_again(&place));
    };
    let (value, hash) = keys::new_secret();
    let key = SessionKey(hash);
    let begun = tx.begin_gate_session(&code, key, now).await?;
    tx.commit(now).await?;
    if let Some(former) = former {
        // Apart, because whoever ends sessions holds them in another order.
        let mut tx = app.store.begin().await?;
        tx.end_gate_session(former).await?;
        tx.commit(now).await?;
    }
    if !begun {
        return Ok(start_again(&place));
    }
    let cookies = cookies(taken, &value, https);
    if code.lost {
        return Ok(lost(&place, &code.back_to, cookies));
    }
    see_other(&code.back_to, cookies)
}

/// Says that what was sent when the session had ended was not done (rule Q48).
fn lost(
    place: &ApplicationPlace,
    back_to: &str,
    cookies: impl Iterator<Item = HeaderValue>,
) -> Response {
    let name = &place.application.application.display_name;
    let page = pages::notice(
        "You are signed in again",
        format!("Your session at {name} had ended. What you sent last was not done."),
        &["Go on, and do it once more."],
        Some(Link {
            href: back_to.to_owned(),
            text: "Go on".to_owned(),
        }),
    );
    let mut response = Page::new(page).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.extend(cookies.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

fn cookies(taken: HeaderValue, value: &str, https: bool) -> impl Iterator<Item = HeaderValue> {
    [Some(taken), Cookie::Gate.set(value, https)]
        .into_iter()
        .flatten()
}

/// A page with a way on, never a redirect: a browser that keeps no cookies would go round for ever.
fn start_again(place: &ApplicationPlace) -> Response {
    let name = &place.application.application.display_name;
    let page = pages::notice(
        "This sign-in is over",
        format!(
            "You were not signed in to {name} by it. It took too long, was used before, or was begun in another browser."
        ),
        &[
            "Sign in again. If this happens every time, allow cookies for this site in your browser.",
        ],
        Some(Link {
            href: format!("{BASE}/start"),
            text: "Sign in again".to_owned(),
        }),
    );
    Page::new(page)
        .with_status(StatusCode::BAD_REQUEST)
        .into_response()
}
