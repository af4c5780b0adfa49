//! Our own reverse proxy, for who has no other (rules Q57 to Q61).
//!
//! ```text
//! request ── strict, and for this origin ── judged as a check is ── outgoing (hygiene, identity last) ──► upstream
//! browser ◄── passed_body, or tunnel ◄── returned (hygiene) ◄── answer
//! ```
//!
//! Invariants: nothing goes on that `policy` did not let pass, and what goes on has our word on who it is, or nobody's; where it goes
//! is configuration (rule Q59); bodies are streamed and never kept; who may not stay is cut off.

mod hop;
mod outgoing;
mod passed_body;
mod returned;
mod stay;
mod tunnel;

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRequestParts as _, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use super::check::{judge, rendered};
use super::visitor::Browser;
use crate::app::{App, Exchange, Network, NoShare, Sharer};
use crate::http::ClientConnection;
use crate::http::client_address::ClientAddress;
use crate::http::edge::Answering;
use crate::http::error::Error;
use crate::http::response::FromApplication;
use crate::outbound::{HandedBody, UpstreamAnswer, UpstreamFailure, taken_over};
use crate::policy::{
    CheckAnswer, Decision, ForwardedIdentity, OriginalRequest, Visit, WebScheme, is_ambiguous,
};
use crate::site::ApplicationPlace;
use outgoing::Outgoing;
use passed_body::PassedBody;
use stay::Stay;

/// Who is told to come again, in seconds.
const RETRY_AFTER: u64 = 1;

/// Answers what comes for an application whose proxy we are.
pub(super) fn pass(app: Arc<App>, place: ApplicationPlace, request: Request) -> Answering {
    Box::pin(async move {
        let answered = answer(&app, &place, request).await;
        answered.unwrap_or_else(IntoResponse::into_response)
    })
}

async fn answer(
    app: &Arc<App>,
    place: &ApplicationPlace,
    request: Request,
) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    let Ok(ClientAddress(client)) = ClientAddress::from_request_parts(&mut parts, app).await;
    let application = &place.application;
    let visit = Visit::of(parts.method.as_str(), &parts.headers);
    let decision = match read(place, &parts)? {
        Err(misconfigured) => misconfigured,
        Ok(asked) => {
            let browser = Browser::new(asked.origin(), &parts.headers, client);
            let decision = judge(app, application, &asked, visit, browser).await;
            if let Some(pass) = decision.pass() {
                let identity = pass.identity();
                let exchange = begin(app, place, identity, client)?;
                let outgoing = Outgoing {
                    parts: &parts,
                    place,
                    client,
                    identity,
                    is_socket: is_socket(&parts, visit),
                };
                let visitor = Visitor {
                    asked: &asked,
                    visit,
                    exchange,
                };
                return hand_on(app, outgoing, body, visitor).await;
            }
            decision
        }
    };
    let answer = CheckAnswer::render(&decision, &application.rules, visit);
    Ok(rendered(answer, application))
}

/// Rule Q58, what is refused before anybody is asked for.
fn read(
    place: &ApplicationPlace,
    parts: &Parts,
) -> Result<Result<OriginalRequest, Decision>, Error> {
    if matches!(parts.method, Method::CONNECT | Method::TRACE) {
        return Err(Error::MethodNotAllowed);
    }
    let application = &place.application;
    let settings = &application.application.settings.upstream;
    if !settings.danger_ambiguous_paths && is_ambiguous(parts.uri.path().as_bytes()) {
        return Err(Error::BadRequest(
            "Two programs may understand its address differently: it has a segment of dots, //, ; or an escaped slash.".into(),
        ));
    }
    if outgoing::comes_from_us(&parts.headers) {
        tracing::debug!(application = %application.application.name, "what is handed on comes back: an upstream leads here");
        return Err(Error::BadRequest(
            "It has come through this server before.".into(),
        ));
    }
    let target = parts.uri.path_and_query().map_or("", |it| it.as_str());
    let scheme = if place.origin.is_https() {
        WebScheme::Https
    } else {
        WebScheme::Http
    };
    let read = OriginalRequest::read_own(
        &application.rules,
        scheme,
        parts.method.as_str(),
        target.as_bytes(),
        &parts.headers,
    );
    Ok(read.map_err(Decision::from))
}

/// Whether it is a WebSocket's handshake. Every other protocol stays here.
fn is_socket(parts: &Parts, visit: Visit) -> bool {
    let is_meant = visit == Visit::WebSocket
        && parts.method == Method::GET
        && parts.version == Version::HTTP_11;
    // RFC 6455, section 4.1.
    let one = |name: &str| parts.headers.get_all(name).iter().count() == 1;
    let is_13 = parts
        .headers
        .get(header::SEC_WEBSOCKET_VERSION)
        .is_some_and(|it| it == "13");
    is_meant
        && is_13
        && one("sec-websocket-key")
        && one("sec-websocket-version")
        && !parts.headers.contains_key(header::CONTENT_LENGTH)
        && !parts.headers.contains_key(header::TRANSFER_ENCODING)
        && hop::switches_to_socket(&parts.headers)
        && parts.extensions.get::<ClientConnection>().is_some()
}

/// Who is let in, with what.
struct Visitor<'r> {
    asked: &'r OriginalRequest,
    visit: Visit,
    exchange: Exchange,
}

/// Rule Q60: a share of what is open.
fn begin(
    app: &App,
    place: &ApplicationPlace,
    identity: Option<&ForwardedIdentity>,
    client: Option<IpAddr>,
) -> Result<Exchange, Error> {
    let sharer = match identity {
        Some(it) => Sharer::User(it.subject().to_owned(), it.company().to_owned()),
        None => Sharer::Stranger(Network::of(client)),
    };
    let begun = app
        .exchanges
        .begin(place.application.id(), sharer, app.directory.is_single());
    begun.map_err(|none: NoShare| {
        tracing::debug!(application = %place.application.application.name, %none, "a request is not handed on");
        Error::TooMany {
            retry_after: RETRY_AFTER,
        }
    })
}

async fn hand_on(
    app: &Arc<App>,
    outgoing: Outgoing<'_>,
    body: Body,
    visitor: Visitor<'_>,
) -> Result<Response, Error> {
    let times = &app.config.proxy;
    let Outgoing { parts, place, .. } = outgoing;
    let application = &place.application.application;
    let connection = parts.extensions.get::<ClientConnection>();
    if let Some(connection) = connection {
        connection.streams(times.idle_timeout.std());
    }
    let body = HandedBody::new((!body.is_end_stream()).then(|| passed_body::octets(body)));
    let upstreams = &application.settings.upstream.upstreams;
    let answer = tokio::select! {
        answer = app.upstreams.send(upstreams, outgoing.head(), &body) => answer.map_err(no_answer)?,
        () = body.stands_still(times.answer_timeout.std(), times.idle_timeout.std()) => {
            tracing::warn!(application = %application.name, "an application did not answer in time");
            return Err(Error::NoAnswer { in_time: false });
        }
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    let is_switched = answer.status() == StatusCode::SWITCHING_PROTOCOLS;
    returned::copy_headers(&answer, &mut response, is_switched);
    let stay = || {
        let Visitor { asked, visit, .. } = visitor;
        Stay::new(
            app,
            place,
            asked.clone(),
            visit,
            &parts.headers,
            outgoing.client,
        )
    };
    match connection {
        Some(connection)
            if is_switched
                && outgoing.is_socket
                && returned::agrees(answer.headers(), &parts.headers) =>
        {
            tunnel(app, answer, connection, stay(), visitor.exchange);
        }
        // Nobody has asked for another protocol.
        _ if is_switched => return Err(Error::NoAnswer { in_time: true }),
        _ => {
            let stay = returned::is_event_stream(answer.headers()).then(stay);
            *response.body_mut() = passed(app, answer, stay, visitor.exchange);
        }
    }
    if parts.headers.contains_key(header::TRANSFER_ENCODING) {
        // A length beside it would have been dropped unseen: what follows may be another's (RFC 9112, section 6.1).
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response.extensions_mut().insert(FromApplication);
    Ok(response)
}

fn no_answer(failure: UpstreamFailure) -> Error {
    match failure {
        UpstreamFailure::Client(cause) => {
            tracing::debug!(cause, "a client did not send all of its request");
            Error::TooSlow
        }
        UpstreamFailure::Connect(_) | UpstreamFailure::Closed(_) | UpstreamFailure::Answer(_) => {
            Error::NoAnswer { in_time: true }
        }
    }
}

/// The body of an answer, which goes as it comes.
fn passed(app: &App, answer: UpstreamAnswer, stay: Option<Stay>, exchange: Exchange) -> Body {
    let body = Body::new(answer.into_body());
    if body.is_end_stream() {
        return Body::empty();
    }
    let times = &app.config.proxy;
    let passed = PassedBody::new(body, times.idle_timeout.std(), exchange);
    Body::from_stream(match stay {
        Some(stay) => passed.until(stay.ends()),
        None => passed.within(times.request_timeout.std()),
    })
}

/// Once the 101 is written, octets go both ways until somebody ends it.
fn tunnel(
    app: &App,
    answer: UpstreamAnswer,
    connection: &ClientConnection,
    stay: Stay,
    exchange: Exchange,
) {
    let times = &app.config.proxy;
    let (idle, longest) = (times.idle_timeout.std(), times.connect_timeout.std());
    connection.hand_over(Box::new(move |client, ahead| {
        Box::pin(async move {
            if let Ok(Ok(upstream)) = timeout(longest, taken_over(answer)).await {
                tunnel::run(client, ahead, upstream, idle, stay).await;
            }
            drop(exchange);
        })
    }));
}
