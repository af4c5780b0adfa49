//! The authorization endpoint: requests for a code.

use super::super::{cookies, sign_in};
use super::reply;
use crate::demo_idp::oidc::{CodeRefusal, CodeRequest, ReadParameters};
use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::site::{CodeFlow, Flow, FlowPurpose};
use crate::demo_idp::{DemoIdp, Variant};
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;

/// `GET /{tenant}/oauth2/v2.0/authorize`
pub(super) async fn get(
    State(idp): State<DemoIdp>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, IdpRefusal> {
    idp.check_tenant(&tenant)?;
    let parameters = ReadParameters::parse(query.unwrap_or_default().as_bytes());
    match read(&idp, &parameters, &headers) {
        Ok(flow) => sign_in::proceed(&idp, &flow, &headers),
        Err(CodeRefusal::Page(refusal)) => Err(refusal),
        Err(CodeRefusal::Reply(reply_to, refusal)) => Ok(reply::refuse(&idp, &reply_to, &refusal)),
    }
}

fn read(
    idp: &DemoIdp,
    parameters: &ReadParameters,
    headers: &HeaderMap,
) -> Result<Flow, CodeRefusal> {
    let app = idp.oidc_app(parameters.required("client_id")?)?;
    let request = CodeRequest::read(parameters, &app)?;
    let variant = parameters
        .get("variant")
        .and_then(|name| name.parse().ok())
        .or_else(|| cookies::variant(headers))
        .unwrap_or(app.variant);
    Ok(Flow {
        variant: Variant::default(),
        login_hint: request.login_hint.clone(),
        purpose: FlowPurpose::Code(CodeFlow {
            request: Arc::new(request),
            app,
            variant,
        }),
    })
}
