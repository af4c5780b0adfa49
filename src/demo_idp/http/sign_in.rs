//! Who is signed in, the page that asks, and the way on: every flow comes here for its user.

use super::oidc::{consent, reply};
use super::{PostsElsewhere, answer, cookies};
use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::response::IdpStatus;
use crate::demo_idp::site::{CodeFlow, Flow, FlowPurpose, IdpSession, ResponseFlow};
use crate::demo_idp::{DemoIdp, IdpUser, pages};
use crate::saml::names;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

/// The handle of a flow.
#[derive(Debug, Deserialize)]
pub(super) struct Handle {
    flow: String,
}

/// The sign-in form.
#[derive(Debug, Deserialize)]
pub(super) struct Credentials {
    flow: String,
    #[serde(default)]
    login: String,
    #[serde(default)]
    passwd: String,
    variant: Option<String>,
}

/// `GET /{tenant}/saml2/continue`
pub(super) async fn resume(
    State(idp): State<DemoIdp>,
    Query(handle): Query<Handle>,
    headers: HeaderMap,
) -> Result<Response, IdpRefusal> {
    let flow = idp
        .flows()
        .find(&handle.flow)
        .ok_or_else(IdpRefusal::forgotten_flow)?;
    proceed(&idp, &flow, &headers)
}

/// `POST /{tenant}/login`
pub(super) async fn sign_in(
    State(idp): State<DemoIdp>,
    Form(typed): Form<Credentials>,
) -> Result<Response, IdpRefusal> {
    let mut flow = idp
        .flows()
        .find(&typed.flow)
        .ok_or_else(IdpRefusal::forgotten_flow)?;
    if let Some(variant) = &typed.variant {
        flow.choose(variant);
    }
    let user = idp
        .users()
        .iter()
        .find(|user| user.answers_to(&typed.login))
        .cloned()
        .or_else(|| idp.graph().find_user(&typed.login));
    let Some(user) = user.filter(|user| user.password == typed.passwd) else {
        flow.login_hint = Some(typed.login);
        let error = "Your account or password is incorrect.";
        return Ok(ask(&idp, &typed.flow, &flow, Some(error)));
    };
    let user = idp
        .graph()
        .as_known(user)
        .ok_or_else(|| IdpRefusal::new(50_057, "The user account is disabled."))?;
    idp.flows().take(&typed.flow);
    let session = IdpSession::new(&idp, user);
    let cookie = cookies::set_session(&idp.sessions().put(session.clone(), idp.random()));
    let answer = finish(&idp, &flow, &session).unwrap_or_else(IntoResponse::into_response);
    Ok(([(header::SET_COOKIE, cookie)], answer).into_response())
}

/// The session of the browser.
pub(super) fn session(idp: &DemoIdp, headers: &HeaderMap) -> Option<IdpSession> {
    let mut session = idp.sessions().find(cookies::session(headers)?)?;
    session.user = Arc::new(idp.graph().as_known(IdpUser::clone(&session.user))?);
    Some(session)
}

/// The sign-in page for what waits.
pub(super) fn ask_for(idp: &DemoIdp, flow: &Flow) -> Response {
    let handle = idp.flows().put(flow.clone(), idp.random());
    ask(idp, &handle, flow, None)
}

/// Answers at once when nobody needs to be asked.
pub(super) fn proceed(
    idp: &DemoIdp,
    flow: &Flow,
    headers: &HeaderMap,
) -> Result<Response, IdpRefusal> {
    let session = session(idp, headers).filter(|session| {
        let hinted = |hint: &String| session.user.answers_to(hint);
        flow.login_hint.as_ref().is_none_or(hinted)
    });
    match &flow.purpose {
        FlowPurpose::Response(response) => proceed_to_response(idp, flow, response, session),
        FlowPurpose::Code(code) => proceed_to_code(idp, flow, code, session),
        FlowPurpose::Page(_) => Ok(ask_for(idp, flow)),
    }
}

fn proceed_to_response(
    idp: &DemoIdp,
    flow: &Flow,
    response: &ResponseFlow,
    session: Option<IdpSession>,
) -> Result<Response, IdpRefusal> {
    let nobody = idp.users().first().ok_or_else(IdpRefusal::forgotten_flow)?;
    let request = &response.request;
    if let Some(status) = request.unmet() {
        return answer::fail(idp, response, nobody, status);
    }
    match session.filter(|_| !request.force) {
        Some(session) => finish(idp, flow, &session),
        None if request.passive => {
            let status = IdpStatus::failure(
                names::STATUS_RESPONDER,
                names::STATUS_NO_PASSIVE,
                "AADSTS50058: A silent sign-in request was sent but no user is signed in.",
            );
            answer::fail(idp, response, nobody, status)
        }
        None => Ok(ask_for(idp, flow)),
    }
}

fn proceed_to_code(
    idp: &DemoIdp,
    flow: &Flow,
    code: &CodeFlow,
    session: Option<IdpSession>,
) -> Result<Response, IdpRefusal> {
    let usable = session.filter(|session| code.request.accepts(session.since, idp.now()));
    match usable {
        Some(session) => finish(idp, flow, &session),
        None if code.request.is_silent() => Ok(reply::login_required(idp, code)),
        None => Ok(ask_for(idp, flow)),
    }
}

/// What the user signed in for.
fn finish(idp: &DemoIdp, flow: &Flow, session: &IdpSession) -> Result<Response, IdpRefusal> {
    match &flow.purpose {
        FlowPurpose::Page(next) => Ok(Redirect::to(next).into_response()),
        FlowPurpose::Response(response) => answer::finish(idp, response, flow.variant, session),
        FlowPurpose::Code(code) if code.request.wants_consent() => {
            Ok(consent::ask(idp, flow, code, session))
        }
        FlowPurpose::Code(code) => reply::finish(idp, code, session),
    }
}

fn ask(idp: &DemoIdp, handle: &str, flow: &Flow, error: Option<&str>) -> Response {
    let hinted = flow
        .login_hint
        .as_deref()
        .and_then(|hint| idp.users().iter().position(|user| user.answers_to(hint)))
        .unwrap_or_default();
    let accounts = idp.users().iter().enumerate();
    let page = pages::IdpSignInPage {
        frame: pages::IdpFrame::of(idp, None),
        destination: match &flow.purpose {
            FlowPurpose::Response(response) => response.app.name.clone(),
            FlowPurpose::Code(code) => code.app.name.clone(),
            FlowPurpose::Page(_) => "My Apps".to_owned(),
        },
        action: format!("/{}/login", idp.tenant().id),
        flow: handle.to_owned(),
        accounts: accounts
            .map(|(at, user)| pages::AccountOption::of(user, at == hinted))
            .collect(),
        variants: match &flow.purpose {
            FlowPurpose::Response(response) => {
                pages::VariantOption::all(flow.variant, response.app.recipient().is_some())
            }
            FlowPurpose::Code(code) => pages::VariantOption::all_oidc(code.variant),
            FlowPurpose::Page(_) => Vec::new(),
        },
        error: error.map(str::to_owned),
    };
    let mut response = pages::show(&page);
    if matches!(flow.purpose, FlowPurpose::Code(_)) {
        response.extensions_mut().insert(PostsElsewhere);
    }
    response
}
