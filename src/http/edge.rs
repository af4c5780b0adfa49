//! The edge: what is around every route.
//!
//! Invariants: every answer has its security headers, its line in the log and, where it is a failure, a page that says what
//! happened; no answer takes longer than it may. The line holds the route's pattern, never the address, a query, a cookie or
//! a body.
//!
//! It is one service around the router and not a stack of layers: axum boxes and clones each layer for every request, which
//! cost more than what the layers did.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{self, Entry};
use axum::http::{HeaderName, HeaderValue, Method, Request as HttpRequest, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{BoxError, Router};
use http_body_util::Limited;
use time::OffsetDateTime;
use tower::Service;

use super::current_site::{CurrentSite, FoundSite, host_of, site_of, told_host};
use super::error::Error;
use super::failure::{self, FailureForm};
use super::manner::{Manner, Reader};
use super::policy;
use super::response::{AttemptCode, FromApplication};
use super::routes::{KnownRoutes, NO_PATTERN, Route, Routes, not_allowed};
use crate::app::App;
use crate::domain::origin::host_key_of;
use crate::policy::ProxyKind;
use crate::site::{ApplicationPlace, Site};

/// The routes with everything that is around them.
#[derive(Debug, Clone)]
pub struct Edge {
    router: Router,
    known: Arc<KnownRoutes>,
    app: Arc<App>,
    passage: Option<Passage>,
}

/// Answers what comes for an application whose proxy we are (rule Q57).
pub(crate) type Passage = fn(Arc<App>, ApplicationPlace, Request) -> Answering;

/// An answer that is being made.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

impl Edge {
    pub(crate) fn around(all: Routes, app: Arc<App>) -> Self {
        let (router, known) = all.into_parts();
        let whole = router
            .fallback(not_found)
            .method_not_allowed_fallback(not_allowed);
        Self {
            router: whole.with_state(Arc::clone(&app)),
            known: Arc::new(known),
            app,
            passage: None,
        }
    }

    /// With what answers for applications whose proxy we are.
    pub(crate) fn with_passage(self, passage: Passage) -> Self {
        Self {
            passage: Some(passage),
            ..self
        }
    }

    /// The patterns of all routes.
    pub fn patterns(&self) -> impl Iterator<Item = &'static str> {
        self.known.patterns()
    }

    /// The answer to a request.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        let mut visit = RequestVisit::begin(&request, self);
        if let (Some(place), Some(passage)) = (visit.place.take(), self.passage) {
            let app = Arc::clone(&self.app);
            // It keeps times of its own: what it hands on may take long.
            let longest = app.config.proxy.request_timeout.std();
            let answering = async { Ok(passage(app, place, request).await) };
            return visit.end(in_time(answering, longest).await);
        }
        let limits = &self.app.config.limits;
        let most = limits.body_bytes.max(visit.route.manner.body_bytes);
        let mut request = bounded(request, most);
        if let Some(site) = &visit.site {
            request.extensions_mut().insert(FoundSite(Arc::clone(site)));
        }
        let response = if visit.is_closed() {
            Error::Suspended.into_response()
        } else if is_announced_too_large(&request, most) {
            Error::TooLarge.into_response()
        } else {
            // Nothing runs before it is polled, so that a panic is caught wherever it happens.
            let answering = async { self.router.clone().call(request).await };
            in_time(answering, limits.request_timeout.std()).await
        };
        visit.end(response)
    }

    /// The application that a request is for, where we are its proxy. At a company's own host, our addresses are ours.
    fn place_of(&self, request: &Request, is_ours: bool) -> Option<ApplicationPlace> {
        let (path, applications) = (request.uri().path(), &self.app.applications);
        if is_ours && path != "/" || self.passage.is_none() || !applications.has_built_in() {
            return None;
        }
        let place = applications.at_written_host(&host_key_of(host_of(request)?)?)?;
        let rules = &place.application.rules;
        let is_meant = rules.kind == ProxyKind::BuiltIn && !rules.owns(path.as_bytes());
        is_meant.then_some(place)
    }

    /// The answer to a check; to anything else, that there is nothing.
    pub(crate) async fn answer_check(&self, request: Request) -> Response {
        let route = self.known.at(request.uri().path());
        if route.manner.reader == Reader::Proxy {
            return self.answer(request).await;
        }
        RequestVisit::unread().end(Error::NotFound.into_response())
    }

    /// The answer to what cannot be read as a request, and the time of it.
    pub(crate) fn refuse(&self, status: StatusCode) -> (Response, OffsetDateTime) {
        let error = if status == StatusCode::BAD_REQUEST {
            Error::BadRequest("It is not well-formed HTTP.".into())
        } else {
            Error::HeadTooLarge
        };
        let response = RequestVisit::unread().end(error.into_response());
        (response, self.app.clock.now())
    }
}

impl<B> Service<HttpRequest<B>> for Edge
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        let edge = self.clone();
        let request = request.map(Body::new);
        Box::pin(async move { Ok(edge.answer(request).await) })
    }
}

/// What is known of a request before it is answered.
struct RequestVisit {
    /// The site of the request's host.
    site: Option<Arc<Site>>,
    /// The host name that came, where no company has it.
    unknown_host: Option<String>,
    /// The application that the host and the path lead to, where we are its proxy.
    place: Option<ApplicationPlace>,
    /// How a failure is told.
    form: FailureForm,
    method: Method,
    route: Route,
    begun: Instant,
}

impl RequestVisit {
    fn begin(request: &Request, edge: &Edge) -> Self {
        let site = site_of(request, &edge.app.directory);
        let mut route = edge.known.at(request.uri().path());
        // The host of a check picks nothing (rule Q11).
        let place = if route.manner.reader == Reader::Proxy {
            None
        } else {
            edge.place_of(request, site.is_some() && route.pattern != NO_PATTERN)
        };
        if place.is_some() {
            route = PASSED;
        }
        Self {
            place,
            unknown_host: match site {
                Some(_) => None,
                None => told_host(request.headers()),
            },
            site,
            form: FailureForm::of(route.manner.failures, request.headers()),
            method: request.method().clone(),
            route,
            begun: Instant::now(),
        }
    }

    /// Of what could not be read.
    fn unread() -> Self {
        Self {
            site: None,
            place: None,
            unknown_host: None,
            form: FailureForm::Page,
            method: Method::from_bytes(b"-").unwrap_or_default(),
            route: Route {
                pattern: NO_PATTERN,
                manner: Manner::PAGE,
            },
            begun: Instant::now(),
        }
    }

    /// What every answer goes through last.
    fn end(&self, response: Response) -> Response {
        if response.extensions().get::<FromApplication>().is_some() {
            // What an application says is its own.
            self.log(&response);
            return response;
        }
        let mut response = failure::render(
            response,
            self.form,
            self.site.as_deref(),
            self.route.manner.base,
        );
        secure(&mut response, self.route.manner, self.site.as_deref());
        self.log(&response);
        response
    }

    /// Whether the site's company is suspended, and this is more than what every site shows.
    fn is_closed(&self) -> bool {
        let suspended = |site: &Arc<Site>| site.company.suspended_at.is_some();
        self.site.as_ref().is_some_and(suspended) && !self.route.manner.while_suspended
    }

    /// One line. What machines ask for again and again is worth one only when it fails.
    fn log(&self, response: &Response) {
        let status = response.status().as_u16();
        // The limit tells of all that it refused together: a flood must not fill the log.
        let routine = status == 429 || self.route.manner.routine.holds(status);
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    method = %self.method,
                    route = self.route.pattern,
                    status,
                    ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
                    company = self.site.as_ref().map_or("-", |site| site.company.slug.as_str()),
                    host = self.unknown_host.as_deref(),
                    attempt = response.extensions().get::<AttemptCode>().map_or("-", |code| &code.0),
                    "request"
                )
            };
        }
        if routine {
            line!(debug);
        } else {
            line!(info);
        }
    }
}

/// A body that cannot grow beyond the limit, however it comes (rule A1).
fn bounded(request: Request, most: usize) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let mut request = request.map(|body| Body::new(Limited::new(body, most)));
    // The limit is ours alone; axum's own would be another one.
    DefaultBodyLimit::disable().apply(&mut request);
    request
}

/// Says no to a length that is too large before the body comes.
fn is_announced_too_large(request: &Request, most: usize) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH);
    length
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok())
        .is_some_and(|length| usize::try_from(length).map_or(true, |length| length > most))
}

/// Waits for an answer, and makes one where a handler panics or takes too long.
async fn in_time(
    answering: impl Future<Output = Result<Response, Infallible>>,
    longest: Duration,
) -> Response {
    let mut answering = pin!(answering);
    let mut timer = None;
    poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(context))) {
            Ok(Poll::Ready(Ok(response))) => return Poll::Ready(response),
            Ok(Poll::Pending) => {}
            // The panic's own message went to the log with its place.
            Err(_) => return Poll::Ready(Error::internal("a handler panicked").into_response()),
        }
        // Most answers are there at once, and need no timer.
        timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(longest)))
            .as_mut()
            .poll(context)
            .map(|()| Error::Unavailable("the request timed out".into()).into_response())
    })
    .await
}

/// Sets the headers that every answer carries. Some answers bring a policy of their own, or may be kept.
fn secure(response: &mut Response, manner: Manner, site: Option<&Site>) {
    let headers = response.headers_mut();
    if manner.reader == Reader::Proxy {
        // Whoever reads it hands on what it knows.
        return;
    }
    headers.reserve(FIXED.len() + 4);
    if let Entry::Vacant(policy) = headers.entry(header::CONTENT_SECURITY_POLICY) {
        policy.insert(policy::of(site));
    }
    for (name, value) in FIXED {
        headers.insert(name, value);
    }
    headers.insert(OPENER_POLICY, policy::of_opener(manner.opener));
    // The origin and no more: an identity provider's form check may want an `Origin`, which stricter policies turn to `null`.
    headers
        .entry(header::REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("strict-origin"));
    if site.is_some_and(Site::is_https) {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

/// What an application answers through us.
const PASSED: Route = Route {
    pattern: "application",
    manner: Manner::PASSED,
};

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

const FIXED: [(HeaderName, HeaderValue); 3] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    // A page of a sign-in is nothing to find, and a crawler that came back would begin another.
    (
        HeaderName::from_static("x-robots-tag"),
        HeaderValue::from_static("noindex, nofollow"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

async fn not_found(site: Result<CurrentSite, Error>) -> Error {
    site.map_or_else(|unknown| unknown, |_| Error::NotFound)
}
