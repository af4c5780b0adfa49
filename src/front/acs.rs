//! The assertion consumer service.
//!
//! No CSRF token here: the request ID and the login cookie protect it (rules E1 and E2).

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ending::respond;
use super::pages::Repost;
use super::signed_in::see_other;
use crate::app::App;
use crate::http::address::{address, choice};
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::form::Encoding;
use crate::http::login_cookie::{browser, known_browser};
use crate::http::pages::Frame;
use crate::http::rate_limit::{Responses, Within};
use crate::http::request_body::RequestBody;
use crate::http::response::Page;
use crate::http::send_off::MessageField;
use crate::http::session;
use crate::login::{self, Arrival, Ending, Reposted};
use crate::saml::binding::{EncodedResponse, PostForm};
use crate::site::Site;

/// `POST /sso/acs`
pub(super) async fn receive(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    _: Within<Responses>,
    headers: HeaderMap,
    body: RequestBody,
) -> Result<Response, Error> {
    Encoding::Urlencoded.expect(&headers)?;
    let (shared, length, company) = (Arc::clone(&app), body.octets().len(), site.company.id);
    // On the heap: what is rare in it makes it large.
    let judgement = Box::pin(judge(app, site, client, headers, body));
    let turns = &shared.turns;
    turns.judge(length, company, client, judgement).await?
}

async fn judge(
    app: Arc<App>,
    site: Arc<Site>,
    client: Option<IpAddr>,
    headers: HeaderMap,
    body: RequestBody,
) -> Result<Response, Error> {
    let body = body.octets();
    let form = EncodedResponse::from_form(body, app.config.limits.body_bytes).map_err(|cause| {
        Error::BadRequest(format!("The sign-in message cannot be read: {cause}.").into())
    })?; // rule A1
    let browser = known_browser(&site, &headers);
    let arrival = Arrival {
        response: &form.response,
        relay_state: form.relay_state.as_deref(),
        browser: browser.as_ref(),
        session: session::session_id(&headers, &site),
        client,
        reposted: form.reposted.as_deref().map(Reposted),
        bounced: bounced(&headers, &site),
        through: Cookie::Through
            .read(&headers, site.is_https())
            .and_then(|it| it.parse().ok()),
    };
    match login::receive(&app, &site, arrival).await? {
        Ending::Bounce { connection } => bounce(&site, &headers, connection.as_deref()),
        Ending::Repost { record } => {
            let handle = record.map(|record| login::handle(&app, &site, record));
            Ok(repost(&site, &form, handle))
        }
        ending => respond(&site, &headers, ending),
    }
}

/// How often this browser was bounced within the last moment, and nobody has signed in since.
fn bounced(headers: &HeaderMap, site: &Site) -> u8 {
    let mark = Cookie::Bounced.read(headers, site.is_https());
    mark.map_or(0, |times| times.parse().unwrap_or(1))
}

/// Rule E5: a fresh start, which is counted. Several at once are one browser's (rule E1): it gets its login cookie here, so that
/// each of them begins with the same. Where it is not clear which connection is meant, a person chooses, and nothing can go
/// round by itself.
fn bounce(site: &Site, headers: &HeaderMap, connection: Option<&str>) -> Result<Response, Error> {
    let Some(connection) = connection else {
        return see_other(&choice(None));
    };
    let mut response = see_other(&address("/sso/login", &[("connection", Some(connection))]))?;
    let times = bounced(headers, site).saturating_add(1).to_string();
    let mark = Cookie::Bounced.set(&times, site.is_https());
    let (_, login) = browser(site, headers);
    for cookie in mark.into_iter().chain(login) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Rule E2: nothing is decided yet, but this request is refused; the page sends it again from our own site.
fn repost(site: &Site, form: &PostForm, handle: Option<String>) -> Response {
    Page::new(Repost {
        frame: Frame::of(&site.company),
        action: "/sso/acs".to_owned(),
        message: MessageField::Response,
        encoded: form.response.to_base64(),
        relay_state: form.relay_state.clone(),
        handle: handle.unwrap_or_else(|| "1".to_owned()),
    })
    .with_status(StatusCode::FORBIDDEN)
    .leading_to_identity_provider(!site.is_https())
    .into_response()
}
