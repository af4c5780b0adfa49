//! A token for an application itself (`client_credentials`).

use super::client;
use crate::demo_idp::DemoIdp;
use crate::demo_idp::oidc::{OidcRefusal, ReadParameters};
use axum::http::{HeaderMap, header};
use serde_json::{Value, json};

pub(super) const GRANT_TYPE: &str = "client_credentials";

/// The answer: an opaque token, with what an administrator has consented to until now.
pub(super) fn grant(
    idp: &DemoIdp,
    tenant: &str,
    headers: &HeaderMap,
    form: &ReadParameters,
) -> Result<Value, OidcRefusal> {
    idp.graph().tokens().note_request();
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|it| it.to_str().ok());
    let is_form =
        content_type.is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"));
    if form.duplicate().is_some() || !is_form {
        return Err(OidcRefusal::malformed());
    }
    if matches!(tenant, "common" | "consumers") {
        return Err(OidcRefusal::invalid_request(
            9_001_023,
            "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations \
             or tenant-specific endpoint.",
        ));
    }
    idp.check_tenant(tenant)
        .map_err(|page| OidcRefusal::invalid_request(page.code, page.message))?;
    let scope = form.required("scope")?;
    let app = client::authenticate(idp, headers, form)?;
    if scope != format!("{}/.default", idp.tenant().origin) {
        return Err(OidcRefusal::new(
            "invalid_scope",
            70_011,
            format!(
                "The provided request must include a 'scope' input parameter. The provided value for the input \
                 parameter 'scope' is not valid. The scope {scope} is not valid."
            ),
        ));
    }
    let tokens = idp.graph().tokens();
    let (token, seconds) = tokens.issue(&app, idp.now(), idp.random());
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "access_token": token,
    }))
}
