//! The pages of one registration, but for its credentials.

use super::{SavedQuery, head, save, saved_head, text};
use crate::demo_idp::oidc::{check_redirect_uri, manifest as manifest_of};
use crate::demo_idp::pages::registrations::{
    ClaimTick, RegistrationAuthenticationPage, RegistrationBrandingPage, RegistrationClaimsPage,
    RegistrationOverviewPage, RegistrationTab, RegistrationVariantsPage,
};
use crate::demo_idp::pages::{ShownSetting, VariantOption};
use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::{DemoIdp, OidcApp, OptionalClaim, Tenant, pages};
use axum::Json;
use axum::extract::{Form, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

type Answer = Result<Response, IdpRefusal>;

/// The form of "Branding & properties".
#[derive(Debug, Deserialize)]
pub(super) struct BrandingForm {
    name: String,
    home_page_url: String,
}

/// The form of "Authentication".
#[derive(Debug, Deserialize)]
pub(super) struct AuthenticationForm {
    redirect_uris: String,
    logout_url: String,
}

/// The form of the test variants.
#[derive(Debug, Deserialize)]
pub(super) struct OidcVariantForm {
    variant: String,
}

/// `GET /registrations/{client}`
pub(super) async fn overview(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let app = idp.oidc_app(&client)?;
    Ok(pages::show(&RegistrationOverviewPage {
        essentials: vec![
            ShownSetting::new("Display name", &app.name),
            ShownSetting::copied("Application (client) ID", &app.client_id),
            ShownSetting::copied("Object ID", &app.object_id),
            ShownSetting::copied("Directory (tenant) ID", &idp.tenant().id),
            ShownSetting::new("Supported account types", "My organization only"),
        ],
        endpoints: endpoints(idp.tenant(), &app),
        head: head(&idp, &headers, &app, RegistrationTab::Overview),
    }))
}

/// `GET /registrations/{client}/manifest`
pub(super) async fn manifest(State(idp): State<DemoIdp>, Path(client): Path<String>) -> Answer {
    let app = idp.oidc_app(&client)?;
    Ok(Json(manifest_of(&app)).into_response())
}

/// `GET /registrations/{client}/branding`
pub(super) async fn branding(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    Query(query): Query<SavedQuery>,
    headers: HeaderMap,
) -> Answer {
    let app = idp.oidc_app(&client)?;
    let head = saved_head(&idp, &headers, &app, RegistrationTab::Branding, &query);
    Ok(pages::show(&RegistrationBrandingPage {
        head,
        home_page_url: app.home_page_url.clone().unwrap_or_default(),
    }))
}

/// `POST /registrations/{client}/branding`
pub(super) async fn save_branding(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    Form(typed): Form<BrandingForm>,
) -> Answer {
    let mut app = OidcApp::clone(&*idp.oidc_app(&client)?);
    app.name = text(&typed.name).unwrap_or(app.name);
    app.home_page_url = text(&typed.home_page_url);
    Ok(save(&idp, app, RegistrationTab::Branding))
}

/// `GET /registrations/{client}/authentication`
pub(super) async fn authentication(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    Query(query): Query<SavedQuery>,
    headers: HeaderMap,
) -> Answer {
    let app = idp.oidc_app(&client)?;
    let head = saved_head(
        &idp,
        &headers,
        &app,
        RegistrationTab::Authentication,
        &query,
    );
    Ok(pages::show(&RegistrationAuthenticationPage {
        head,
        redirect_uris: app.redirect_uris.join("\n"),
        logout_url: app.front_channel_logout_url.clone().unwrap_or_default(),
    }))
}

/// `POST /registrations/{client}/authentication`: all or nothing.
pub(super) async fn save_authentication(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    headers: HeaderMap,
    Form(typed): Form<AuthenticationForm>,
) -> Answer {
    let mut app = OidcApp::clone(&*idp.oidc_app(&client)?);
    let uris: Vec<String> = typed.redirect_uris.lines().filter_map(text).collect();
    let logout_url = text(&typed.logout_url);
    let found = uris.iter().chain(&logout_url).find_map(|uri| {
        let reason = check_redirect_uri(uri).err()?;
        Some(format!("{uri}: {reason}"))
    });
    if found.is_some() {
        let mut head = head(&idp, &headers, &app, RegistrationTab::Authentication);
        head.error = found;
        return Ok(pages::show(&RegistrationAuthenticationPage {
            head,
            redirect_uris: typed.redirect_uris,
            logout_url: typed.logout_url,
        }));
    }
    app.redirect_uris = uris;
    app.front_channel_logout_url = logout_url;
    Ok(save(&idp, app, RegistrationTab::Authentication))
}

/// `GET /registrations/{client}/token-configuration`
pub(super) async fn claims(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    Query(query): Query<SavedQuery>,
    headers: HeaderMap,
) -> Answer {
    let app = idp.oidc_app(&client)?;
    let head = saved_head(
        &idp,
        &headers,
        &app,
        RegistrationTab::TokenConfiguration,
        &query,
    );
    let tick = |claim: OptionalClaim| ClaimTick {
        name: claim.name(),
        is_sent: app.claims.contains(&claim),
    };
    Ok(pages::show(&RegistrationClaimsPage {
        head,
        claims: OptionalClaim::ALL.into_iter().map(tick).collect(),
    }))
}

/// `POST /registrations/{client}/token-configuration`
pub(super) async fn save_claims(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    Form(ticked): Form<Vec<(String, String)>>,
) -> Answer {
    let mut app = OidcApp::clone(&*idp.oidc_app(&client)?);
    let is_ticked = |claim: &OptionalClaim| ticked.iter().any(|(_, name)| name == claim.name());
    app.claims = OptionalClaim::ALL.into_iter().filter(is_ticked).collect();
    Ok(save(&idp, app, RegistrationTab::TokenConfiguration))
}

/// `GET /registrations/{client}/variants`
pub(super) async fn variants(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    Query(query): Query<SavedQuery>,
    headers: HeaderMap,
) -> Answer {
    let app = idp.oidc_app(&client)?;
    let head = saved_head(&idp, &headers, &app, RegistrationTab::Variants, &query);
    Ok(pages::show(&RegistrationVariantsPage {
        head,
        variants: VariantOption::all_oidc(app.variant),
    }))
}

/// `POST /registrations/{client}/variants`
pub(super) async fn save_variant(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    Form(typed): Form<OidcVariantForm>,
) -> Answer {
    let mut app = OidcApp::clone(&*idp.oidc_app(&client)?);
    app.variant = typed.variant.parse().unwrap_or_default();
    Ok(save(&idp, app, RegistrationTab::Variants))
}

/// The panel "Endpoints", with its rows in Entra's order.
fn endpoints(tenant: &Tenant, app: &OidcApp) -> Vec<ShownSetting> {
    let v1 = |name| format!("{}/{}/oauth2/{name}", tenant.origin, tenant.id);
    vec![
        ShownSetting::copied(
            "OAuth 2.0 authorization endpoint (v2)",
            tenant.authorize_url(),
        ),
        ShownSetting::copied("OAuth 2.0 token endpoint (v2)", tenant.token_url()),
        ShownSetting::copied("OAuth 2.0 authorization endpoint (v1)", v1("authorize")),
        ShownSetting::copied("OAuth 2.0 token endpoint (v1)", v1("token")),
        ShownSetting::copied("OpenID Connect metadata document", tenant.discovery_url()),
        ShownSetting::copied(
            "Microsoft Graph API endpoint",
            "https://graph.microsoft.com",
        ),
        ShownSetting::copied(
            "Federation metadata document",
            tenant.metadata_url(&app.client_id),
        ),
        ShownSetting::copied("WS-Federation sign-on endpoint", tenant.ws_federation_url()),
        ShownSetting::copied("SAML-P sign-on endpoint", tenant.saml_url()),
        ShownSetting::copied("SAML-P sign-out endpoint", tenant.saml_url()),
    ]
}
