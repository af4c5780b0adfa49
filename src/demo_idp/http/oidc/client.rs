//! Which application asks the token endpoint, and how it proves that.

use crate::demo_idp::DemoIdp;
use crate::demo_idp::oidc::{ClientAssertion, OidcApp, OidcRefusal, ReadParameters};
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What stands in `Authorization: Basic`, both parts decoded (RFC 6749 2.3.1).
struct BasicCredentials {
    client_id: String,
    secret: String,
}

/// The application, authenticated by exactly one method.
pub(super) fn authenticate(
    idp: &DemoIdp,
    headers: &HeaderMap,
    form: &ReadParameters,
) -> Result<Arc<OidcApp>, OidcRefusal> {
    if headers.contains_key(header::ORIGIN) {
        return Err(OidcRefusal::invalid_request(
            9_002_326,
            "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.",
        ));
    }
    let basic = basic(headers)?;
    let client_id = match (&basic, form.get("client_id")) {
        (Some(basic), None) => &basic.client_id,
        (Some(basic), Some(named)) if named != basic.client_id => {
            return Err(OidcRefusal::malformed());
        }
        _ => form.required("client_id")?,
    };
    let app = idp
        .oidc_app(client_id)
        .map_err(|page| OidcRefusal::new("unauthorized_client", page.code, page.message))?;
    let (secret, assertion) = (form.get("client_secret"), form.get("client_assertion"));
    match (basic, secret, assertion) {
        (Some(basic), None, None) => check_secret(idp, &app, &basic.secret)?,
        (None, Some(secret), None) => check_secret(idp, &app, secret)?,
        (None, None, Some(assertion)) => check_assertion(idp, &app, form, assertion)?,
        (None, None, None) => {
            return Err(OidcRefusal::invalid_client(
                7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            ));
        }
        _ => return Err(OidcRefusal::malformed()),
    }
    Ok(app)
}

fn basic(headers: &HeaderMap) -> Result<Option<BasicCredentials>, OidcRefusal> {
    let Some(found) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let read = || {
        let (scheme, encoded) = found.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (client_id, secret) = text.split_once(':')?;
        Some(BasicCredentials {
            client_id: form_decode(client_id),
            secret: form_decode(secret),
        })
    };
    read().map(Some).ok_or_else(OidcRefusal::malformed)
}

/// One value of a form, without a name.
fn form_decode(text: &str) -> String {
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(escaped.as_bytes())
        .map(|(value, _)| value.into_owned())
        .collect()
}

fn check_secret(idp: &DemoIdp, app: &OidcApp, secret: &str) -> Result<(), OidcRefusal> {
    let Some(found) = app.secrets.iter().find(|known| known.value == secret) else {
        return Err(OidcRefusal::invalid_client(
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                 value, not the client secret ID, for a secret added to app '{}'.",
                app.client_id
            ),
        ));
    };
    if found.expires.is_some_and(|end| end <= idp.now()) {
        return Err(OidcRefusal::invalid_client(
            7_000_222,
            format!(
                "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys \
                 for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added \
                 security: https://aka.ms/certCreds.",
                app.client_id
            ),
        ));
    }
    Ok(())
}

fn check_assertion(
    idp: &DemoIdp,
    app: &OidcApp,
    form: &ReadParameters,
    assertion: &str,
) -> Result<(), OidcRefusal> {
    if form.required("client_assertion_type")? != JWT_BEARER {
        return Err(OidcRefusal::malformed());
    }
    let tenant = idp.tenant();
    let audiences = [tenant.token_url(), tenant.issuer()];
    let id = ClientAssertion::parse(assertion)?.verify(app, &audiences, idp.now())?;
    if idp.oidc().use_assertion(format!("{} {id}", app.client_id)) {
        return Ok(());
    }
    Err(OidcRefusal::invalid_client(
        50_012,
        "The client assertion was used before: its 'jti' is known.",
    ))
}
