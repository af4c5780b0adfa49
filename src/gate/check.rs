//! `ANY /sso/check/{application}`: what a proxy asks about each request of its own.
//!
//! Invariants: the application is named in the path and nowhere else (rule Q11); the body is not read (rule Q18); whatever is wrong is
//! no success (rule Q20).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::entry::{Way, admit};
use super::visitor::Browser;
use super::{CHECKS, pages, visitor};
use crate::app::App;
use crate::http::client_address::{ClientAddress, Peer};
use crate::http::error::Error;
use crate::http::{LocalProxy, policy};
use crate::policy::{
    CheckAnswer, CheckBody, Decision, DecisionStep, OriginalRequest, ProxyCheck, Visit, decide,
};
use crate::site::ReadyApplication;

const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

pub(super) async fn answer(
    State(app): State<Arc<App>>,
    ClientAddress(client): ClientAddress,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let target = parts
        .uri
        .path_and_query()
        .map_or("", |target| target.as_str());
    let Some((name, rest)) = split(target) else {
        return Error::NotFound.into_response();
    };
    let way = match parts.extensions.get::<LocalProxy>() {
        Some(LocalProxy) => Way::Local,
        None => Way::Network(parts.extensions.get::<Peer>().map(|peer| peer.0)),
    };
    let Some(application) = app.applications.named(name) else {
        tracing::warn!("a check names an application that there is not");
        return Error::NotFound.into_response();
    };
    let rules = &application.rules;
    if let Err(why) = admit(&app, &application, way, &parts.headers) {
        tracing::warn!(
            application = name,
            ?why,
            "a check did not come from the application's proxy"
        );
        return Error::NotFound.into_response();
    }
    let check = ProxyCheck {
        method: parts.method.as_str(),
        rest: rest.as_bytes(),
        headers: &parts.headers,
    };
    let (decision, visit) = match OriginalRequest::read(rules, &check) {
        Err(misreport) => {
            tracing::warn!(application = name, what = %misreport, advice = misreport.advice(rules.kind), "a check cannot be judged");
            let visit = Visit::of(check.method, &parts.headers);
            (Decision::from(misreport), visit)
        }
        Ok(asked) => {
            let visit = Visit::of(asked.method(), &parts.headers);
            let browser = Browser::new(asked.origin(), &parts.headers, client);
            let decision = judge(&app, &application, &asked, visit, browser).await;
            (decision, visit)
        }
    };
    rendered(CheckAnswer::render(&decision, rules, visit), &application)
}

/// The decision about a request.
pub(super) async fn judge(
    app: &App,
    application: &ReadyApplication,
    asked: &OriginalRequest,
    visit: Visit,
    browser: Browser<'_>,
) -> Decision {
    match decide(&application.rules, asked, visit, browser.headers) {
        DecisionStep::Decided(decision) => decision,
        DecisionStep::NeedsPerson(pending) => {
            pending.with(visitor::find(app, application, browser).await)
        }
    }
}

/// The name of the application, and what follows it in the raw target.
fn split(target: &str) -> Option<(&str, &str)> {
    let after = target.strip_prefix(CHECKS)?;
    let end = after.find(['/', '?']).unwrap_or(after.len());
    after.split_at_checked(end)
}

/// The answer with the octets of its body.
pub(super) fn rendered(answer: CheckAnswer, application: &ReadyApplication) -> Response {
    let (status, mut headers, body) = answer.into_parts();
    let body = match body {
        CheckBody::Empty => Body::empty(),
        CheckBody::Problem(problem) => {
            headers.insert(header::CONTENT_TYPE, PROBLEM);
            Body::from(serde_json::to_vec(&problem).unwrap_or_default())
        }
        CheckBody::Page(page) => {
            headers.insert(header::CONTENT_TYPE, HTML);
            // A proxy may hand it to the browser as it is.
            headers.insert(header::CONTENT_SECURITY_POLICY, policy::of(None));
            headers.insert(
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            );
            Body::from(pages::check_page(&page, application))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    // Q11
    #[test]
    fn the_path_names_the_application() {
        for (target, expected) in [
            ("/sso/check/crm", Some(("crm", ""))),
            ("/sso/check/crm?a=/b", Some(("crm", "?a=/b"))),
            ("/sso/check/crm/", Some(("crm", "/"))),
            ("/sso/check/crm//a/../b?c", Some(("crm", "//a/../b?c"))),
            ("/sso/check", None),
        ] {
            assert_eq!(split(target), expected, "{target}");
        }
    }
}
