//! `prompt=consent`: the user is asked, and may decline.

use super::super::{PostsElsewhere, cookies};
use super::reply;
use crate::demo_idp::oidc::OidcRefusal;
use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::site::{CodeFlow, Flow, FlowPurpose, IdpSession};
use crate::demo_idp::{DemoIdp, OidcVariant, pages};
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

/// The form of the page.
#[derive(Debug, Deserialize)]
pub(super) struct ConsentForm {
    flow: String,
    decision: String,
}

/// The page that asks.
pub(in crate::demo_idp::http) fn ask(
    idp: &DemoIdp,
    flow: &Flow,
    code: &CodeFlow,
    session: &IdpSession,
) -> Response {
    let scopes = code.request.scopes.iter().map(String::as_str);
    let mut response = pages::show(&pages::ConsentPage {
        frame: pages::IdpFrame::of(idp, None),
        user: session.user.principal_name.clone(),
        app: code.app.name.clone(),
        permissions: scopes.map(permission).collect(),
        action: format!("/{}/consent", idp.tenant().id),
        flow: idp.flows().put(flow.clone(), idp.random()),
    });
    response.extensions_mut().insert(PostsElsewhere);
    response
}

/// `POST /{tenant}/consent`
pub(super) async fn decide(
    State(idp): State<DemoIdp>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    Form(typed): Form<ConsentForm>,
) -> Result<Response, IdpRefusal> {
    idp.check_tenant(&tenant)?;
    let session = cookies::session(&headers).and_then(|handle| idp.sessions().find(handle));
    let flow = idp.flows().take(&typed.flow).map(|flow| flow.purpose);
    let (Some(session), Some(FlowPurpose::Code(code))) = (session, flow) else {
        return Err(IdpRefusal::forgotten_flow());
    };
    if typed.decision == "accept" {
        return reply::finish(&idp, &code, &session);
    }
    let declined = OidcVariant::AccessDenied.error();
    let (error, number, message) = declined.ok_or_else(IdpRefusal::forgotten_flow)?;
    let refusal = OidcRefusal::new(error, number, message);
    Ok(reply::refuse(&idp, &code.request.reply_to, &refusal))
}

fn permission(scope: &str) -> &'static str {
    match scope {
        "openid" => "Sign you in",
        "profile" | "User.Read" => "View your basic profile",
        "email" => "View your email address",
        "offline_access" => "Maintain access to data you have given it access to",
        _ => "Access an API as you",
    }
}
