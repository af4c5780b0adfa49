//! The token endpoint: a code or a refresh token for tokens.

use super::{application, client};
use crate::demo_idp::oidc::IdpGrant;
use crate::demo_idp::oidc::{IdTokenSpec, OidcApp, OidcRefusal, ReadParameters};
use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::{DemoIdp, OidcVariant};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use time::Duration as Span;

/// How long a code can be redeemed.
const CODE_LIFETIME: Span = Span::minutes(10);
/// How long the slow variant takes.
const SLOW: Duration = Duration::from_secs(30);

/// `POST /{tenant}/oauth2/v2.0/token`
pub(super) async fn post(
    State(idp): State<DemoIdp>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let form = ReadParameters::parse(body.as_bytes());
    if form.get("grant_type") == Some(application::GRANT_TYPE) {
        return match application::grant(&idp, &tenant, &headers, &form) {
            Ok(token) => Json(token).into_response(),
            Err(refusal) => refuse(&idp, &refusal),
        };
    }
    let redeemed = idp
        .check_tenant(&tenant)
        .map_err(|page| OidcRefusal::invalid_request(page.code, page.message))
        .and_then(|()| redeem(&idp, &headers, &form));
    match redeemed {
        Ok(grant) => answer(&idp, &grant).await,
        Err(refusal) => refuse(&idp, &refusal),
    }
}

fn refuse(idp: &DemoIdp, refusal: &OidcRefusal) -> Response {
    let status = match refusal.error {
        "invalid_client" => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    (status, Json(refusal.to_json(idp))).into_response()
}

/// `GET /{tenant}/oauth2/v2.0/token`
pub(super) async fn wrong_verb() -> IdpRefusal {
    IdpRefusal::new(
        900_561,
        "The endpoint only accepts POST, OPTIONS requests. Received a GET request.",
    )
}

fn redeem(
    idp: &DemoIdp,
    headers: &HeaderMap,
    form: &ReadParameters,
) -> Result<IdpGrant, OidcRefusal> {
    if form.duplicate().is_some() {
        return Err(OidcRefusal::malformed());
    }
    let grant_type = form.required("grant_type")?;
    let app = client::authenticate(idp, headers, form)?;
    match grant_type {
        "authorization_code" => redeem_code(idp, &app, form),
        "refresh_token" => refresh(idp, &app, form),
        other => Err(OidcRefusal::new(
            "unsupported_grant_type",
            70_003,
            format!("The app requested an unsupported grant type '{other}'."),
        )),
    }
}

fn redeem_code(
    idp: &DemoIdp,
    app: &Arc<OidcApp>,
    form: &ReadParameters,
) -> Result<IdpGrant, OidcRefusal> {
    let code = idp.oidc().find_code(form.required("code")?);
    let code = code.ok_or_else(OidcRefusal::unknown_grant)?;
    if code.grant.app.client_id != app.client_id {
        return Err(OidcRefusal::invalid_grant(
            70_000,
            "Provided grant is invalid or malformed.",
        ));
    }
    if !code.take() {
        return Err(OidcRefusal::invalid_grant(
            54_005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing \
             refresh token.",
        ));
    }
    if idp.now() >= code.issued + CODE_LIFETIME {
        return Err(OidcRefusal::invalid_grant(
            70_008,
            "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive \
             authorization request for this user and resource.",
        ));
    }
    let redirect_uri = form.required("redirect_uri")?;
    if redirect_uri != code.redirect_uri {
        return Err(OidcRefusal::invalid_client(
            500_112,
            format!(
                "The reply address '{redirect_uri}' does not match the reply address '{}' provided when requesting \
                 Authorization code.",
                code.redirect_uri
            ),
        ));
    }
    let digest = |verifier: &str| URL_SAFE_NO_PAD.encode(openssl::sha::sha256(verifier.as_bytes()));
    if form.get("code_verifier").map(digest) != code.challenge {
        return Err(OidcRefusal::invalid_grant(
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        ));
    }
    Ok(code.grant)
}

/// A refreshed ID token has no nonce (OpenID Connect Core 12.2).
fn refresh(
    idp: &DemoIdp,
    app: &Arc<OidcApp>,
    form: &ReadParameters,
) -> Result<IdpGrant, OidcRefusal> {
    let found = idp
        .oidc()
        .find_refresh_token(form.required("refresh_token")?);
    let grant = found.filter(|grant| grant.app.client_id == app.client_id);
    let grant = grant.ok_or_else(OidcRefusal::unknown_grant)?;
    Ok(IdpGrant {
        app: app.clone(),
        nonce: None,
        ..grant
    })
}

async fn answer(idp: &DemoIdp, grant: &IdpGrant) -> Response {
    match grant.variant {
        OidcVariant::TokenServerError => {
            return (StatusCode::INTERNAL_SERVER_ERROR, "Service Unavailable").into_response();
        }
        OidcVariant::TokenHtml => {
            return Html("<!doctype html><p>Our services aren’t available right now.")
                .into_response();
        }
        OidcVariant::TokenSlow => tokio::time::sleep(SLOW).await,
        _ => {}
    }
    match tokens(idp, grant) {
        Ok(tokens) => Json(tokens).into_response(),
        Err(error) => {
            tracing::error!(%error, "an ID token could not be signed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn tokens(idp: &DemoIdp, grant: &IdpGrant) -> Result<Value, openssl::error::ErrorStack> {
    let (desk, random) = (idp.oidc(), idp.random());
    let mut minutes = [0];
    random(&mut minutes);
    // An access token lasts between 60 and 90 minutes.
    let seconds = 3_600 + 7 * u32::from(minutes[0]);
    let mut tokens = json!({
        "token_type": "Bearer",
        "scope": grant.granted_scope(),
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "access_token": desk.put_access_token(grant.clone(), random),
    });
    if grant.has_scope("offline_access") {
        tokens["refresh_token"] = desk.put_refresh_token(grant.clone(), random).into();
    }
    if grant.variant != OidcVariant::TokenWithoutIdToken {
        let spec = IdTokenSpec::new(idp, grant);
        tokens["id_token"] = idp.sign_id_token(&spec)?.into();
    }
    Ok(tokens)
}
