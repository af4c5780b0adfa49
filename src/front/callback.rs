//! The redirect URIs of connections that speak OpenID Connect.
//!
//! No CSRF token and no look at `Origin` here: `state` and the login cookie protect it (rules L5, M3 and E2).

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::header::REFERRER_POLICY;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::ending::respond;
use super::pages::RepostAnswer;
use super::signed_in::see_other;
use super::start::check_return_to;
use crate::app::App;
use crate::domain::ReturnTo;
use crate::http::address::address;
use crate::http::client_address::ClientAddress;
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::form::Encoding;
use crate::http::login_cookie::known_browser;
use crate::http::pages::Frame;
use crate::http::rate_limit::{Responses, Within};
use crate::http::request_body::RequestBody;
use crate::http::response::Page;
use crate::http::session;
use crate::login::{self, CallbackArrival, Ending};
use crate::site::Site;

/// What our own page adds to what it sends again.
const REPOSTED: &str = "reposted";

/// `GET /sso/oidc/callback/{code}`: an answer in the query.
pub(super) async fn redirected(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    _: Within<Responses>,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let query = query.unwrap_or_default();
    let answer = EncodedAnswer {
        callback_code: &code,
        encoded: query.as_bytes(),
        posted: false,
    };
    Box::pin(receive(&app, &site, client, &headers, answer)).await
}

/// `POST /sso/oidc/callback/{code}`: an answer in the body (OAuth 2.0 Form Post Response Mode).
#[expect(
    clippy::too_many_arguments,
    reason = "each is an extractor, which axum wants as an argument"
)]
pub(super) async fn posted(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    _: Within<Responses>,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: RequestBody,
) -> Result<Response, Error> {
    Encoding::Urlencoded.expect(&headers)?;
    if query.is_some_and(|query| !query.is_empty()) {
        return Err(Error::BadRequest(
            "An answer comes in the address or in the form, and not in both.".into(),
        ));
    }
    let answer = EncodedAnswer {
        callback_code: &code,
        encoded: body.octets(),
        posted: true,
    };
    Box::pin(receive(&app, &site, client, &headers, answer)).await
}

struct EncodedAnswer<'a> {
    callback_code: &'a str,
    encoded: &'a [u8],
    posted: bool,
}

async fn receive(
    app: &App,
    site: &Site,
    client: Option<IpAddr>,
    headers: &HeaderMap,
    answer: EncodedAnswer<'_>,
) -> Result<Response, Error> {
    let browser = known_browser(site, headers);
    let is_reposted =
        answer.posted && form_urlencoded::parse(answer.encoded).any(|(name, _)| name == REPOSTED);
    let arrival = CallbackArrival {
        callback_code: answer.callback_code,
        encoded: answer.encoded,
        posted: answer.posted,
        browser: browser.as_ref(),
        session: session::session_id(headers, site),
        client,
        reposted: is_reposted,
    };
    let mut response = match login::receive_callback(app, site, arrival).await? {
        None => return Err(Error::NotFound),
        Some(Ending::Repost { .. }) => repost(site, &answer),
        Some(Ending::AskAnew {
            connection,
            return_to,
        }) => see_other(&address(
            "/sso/login",
            &[
                ("connection", Some(&connection)),
                ("return_to", return_to.as_deref()),
                ("force", Some("1")),
            ],
        ))?,
        Some(ending) => {
            let other = another_account(app, site, answer.callback_code, &ending);
            respond(site, headers, ending).map_err(|error| error.with_another_account(other))?
        }
    };
    // Rule M6: the address has the code.
    let policy = HeaderValue::from_static("no-referrer");
    response.headers_mut().insert(REFERRER_POLICY, policy);
    Ok(response)
}

/// Where the user chooses another account (rule L6), on the way to where this sign-in was to lead. None where the provider asks for
/// the credentials each time: whoever signs in once more is asked who it is.
fn another_account(app: &App, site: &Site, callback_code: &str, ending: &Ending) -> Option<String> {
    let Ending::Refused { return_to, .. } = ending else {
        return None;
    };
    let ready = site.connection_of_callback(callback_code);
    let ready = ready.filter(|it| it.is_enabled() && !it.connection.settings.force_authn)?;
    // What the company has allowed then it may not allow now.
    let return_to = check_return_to(app, site, return_to.as_deref())
        .ok()
        .flatten();
    let parameters = [
        ("connection", Some(ready.connection.name.as_str())),
        ("return_to", return_to.as_ref().map(ReturnTo::as_str)),
        ("another_account", Some("1")),
    ];
    Some(address("/sso/login", &parameters))
}

/// Rule L5: nothing is decided yet, but this request is refused; the page sends it again from our own site.
fn repost(site: &Site, answer: &EncodedAnswer<'_>) -> Response {
    let fields = form_urlencoded::parse(answer.encoded).into_owned();
    let mark = (REPOSTED.to_owned(), "1".to_owned());
    Page::new(RepostAnswer {
        frame: Frame::of(&site.company),
        fields: fields.chain([mark]).collect(),
    })
    .with_status(StatusCode::FORBIDDEN)
    .into_response()
}
