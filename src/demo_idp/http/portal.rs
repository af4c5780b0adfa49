//! The tiles, the set-up page and what it offers for download.

use super::{answer, cookies, sign_in};
use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::site::{Flow, FlowPurpose};
use crate::demo_idp::{DemoIdp, IdpApp, Variant, pages};
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// The query of the metadata's address.
#[derive(Debug, Deserialize)]
pub(super) struct MetadataQuery {
    appid: Option<String>,
}

/// The form of the set-up page, and what comes back after it.
#[derive(Debug, Deserialize)]
pub(super) struct VariantChoice {
    variant: Option<String>,
    saved: Option<String>,
}

/// `GET /{tenant}/federationmetadata/2007-06/federationmetadata.xml`
pub(super) async fn metadata(
    State(idp): State<DemoIdp>,
    Path(tenant): Path<String>,
    Query(query): Query<MetadataQuery>,
) -> Result<Response, IdpRefusal> {
    idp.check_tenant(&tenant)?;
    if let Some(id) = &query.appid {
        idp.app(id)?;
    }
    let xml = idp.metadata_xml().map_err(|error| {
        IdpRefusal::new(50_146, format!("The metadata cannot be signed: {error}"))
    })?;
    let kind = [(
        header::CONTENT_TYPE,
        "application/samlmetadata+xml; charset=utf-8",
    )];
    Ok((kind, xml).into_response())
}

/// `GET /myapps`
pub(super) async fn my_apps(State(idp): State<DemoIdp>, headers: HeaderMap) -> Response {
    let Some(session) = sign_in::session(&idp, &headers) else {
        return sign_in::ask_for(&idp, &waiting_for("/myapps"));
    };
    let (apps, registrations) = (idp.apps(), idp.oidc_apps());
    let tiles = apps.iter().map(|app| pages::Tile::of(app)).chain(
        registrations
            .iter()
            .filter_map(|app| pages::Tile::of_oidc(app)),
    );
    pages::show(&pages::MyApps {
        frame: pages::IdpFrame::of(&idp, Some(&session.user)),
        tiles: tiles.filter(|_| session.user.assigned).collect(),
    })
}

/// `GET /myapps/launch/{app}`: an unsolicited Response.
pub(super) async fn launch(
    State(idp): State<DemoIdp>,
    Path(id): Path<String>,
    Query(choice): Query<VariantChoice>,
    headers: HeaderMap,
) -> Result<Response, IdpRefusal> {
    let app = idp.app(&id)?;
    let Some(session) = sign_in::session(&idp, &headers) else {
        let next = format!("/myapps/launch/{}", app.id);
        return Ok(sign_in::ask_for(&idp, &waiting_for(&next)));
    };
    let variant = choice
        .variant
        .and_then(|name| name.parse().ok())
        .or_else(|| cookies::variant(&headers))
        .unwrap_or(app.variant);
    answer::check_access(&session.user, &app, variant)?;
    if app.reply_urls.is_empty() {
        return Err(IdpRefusal::new(
            500_113,
            "No reply address is registered for the application.",
        ));
    }
    let mut spec = idp.response_spec(&session.user, &app.service_provider());
    spec.authn_instant = session.since;
    let spec = variant.apply(spec, idp.tenant(), &session.user, &app);
    answer::deliver(&idp, &app, &spec, app.relay_state.as_deref())
}

/// `GET /applications/{app}`
pub(super) async fn set_up(
    State(idp): State<DemoIdp>,
    Path(id): Path<String>,
    Query(choice): Query<VariantChoice>,
    headers: HeaderMap,
) -> Result<Response, IdpRefusal> {
    let app = idp.app(&id)?;
    let session = sign_in::session(&idp, &headers);
    let mut page = set_up_page(&idp, &app);
    page.frame = pages::IdpFrame::of(&idp, session.as_ref().map(|session| session.user.as_ref()));
    page.saved = choice.saved.is_some();
    Ok(pages::show(&page))
}

/// `POST /applications/{app}`: the variant of the application's Responses.
pub(super) async fn choose_variant(
    State(idp): State<DemoIdp>,
    Path(id): Path<String>,
    Form(choice): Form<VariantChoice>,
) -> Result<Response, IdpRefusal> {
    let mut app = IdpApp::clone(&*idp.app(&id)?);
    app.variant = choice
        .variant
        .and_then(|name| name.parse::<Variant>().ok())
        .unwrap_or_default();
    let next = format!("/applications/{}?saved=yes#test-variants", app.id);
    idp.register(app);
    Ok(Redirect::to(&next).into_response())
}

/// The form of "Basic SAML Configuration".
#[derive(Debug, Deserialize)]
pub(super) struct Basic {
    identifier: String,
    reply_url: String,
    sign_on_url: String,
    relay_state: String,
    logout_url: String,
}

/// `POST /applications/{app}/basic`: "Basic SAML Configuration", saved.
pub(super) async fn configure(
    State(idp): State<DemoIdp>,
    Path(id): Path<String>,
    Form(basic): Form<Basic>,
) -> Result<Response, IdpRefusal> {
    let text = |value: &str| Some(value.trim().to_owned()).filter(|value| !value.is_empty());
    let mut app = IdpApp::clone(&*idp.app(&id)?);
    app.identifiers = text(&basic.identifier).into_iter().collect();
    app.reply_urls = text(&basic.reply_url).into_iter().collect();
    app.sign_on_url = text(&basic.sign_on_url);
    app.relay_state = text(&basic.relay_state);
    app.logout_url = text(&basic.logout_url);
    let next = format!("/applications/{}", app.id);
    idp.register(app);
    Ok(Redirect::to(&next).into_response())
}

/// `GET /applications/{app}/certificate-base64.cer`
pub(super) async fn certificate_base64(
    State(idp): State<DemoIdp>,
    Path(id): Path<String>,
) -> Result<Response, IdpRefusal> {
    let app = idp.app(&id)?;
    let pem = idp
        .signing_key()
        .certificate_pem()
        .map_err(|error| IdpRefusal::new(50_146, error.to_string()))?;
    Ok(download(&app, pem))
}

/// `GET /applications/{app}/certificate-raw.cer`
pub(super) async fn certificate_raw(
    State(idp): State<DemoIdp>,
    Path(id): Path<String>,
) -> Result<Response, IdpRefusal> {
    let app = idp.app(&id)?;
    Ok(download(&app, idp.signing_key().certificate_der().to_vec()))
}

fn download(app: &IdpApp, content: Vec<u8>) -> Response {
    let name: String = app
        .name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == ' ')
        .collect();
    let headers = [
        (
            header::CONTENT_TYPE,
            "application/x-x509-ca-cert".to_owned(),
        ),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.cer\""),
        ),
    ];
    (headers, content).into_response()
}

fn waiting_for(next: &str) -> Flow {
    Flow {
        purpose: FlowPurpose::Page(next.to_owned()),
        variant: Variant::default(),
        login_hint: None,
    }
}

fn set_up_page(idp: &DemoIdp, app: &IdpApp) -> pages::IdpSetUpPage {
    use pages::{Download, ShownSetting};
    let tenant = idp.tenant();
    let metadata = tenant.metadata_url(&app.id);
    let optional = |value: &Option<String>| value.clone().unwrap_or_else(|| "Optional".to_owned());
    let required = |values: &[String]| match values {
        [] => "Required".to_owned(),
        some => some.join("\n"),
    };
    let first = |values: &[String]| values.first().cloned().unwrap_or_default();
    let maybe = |value: &Option<String>| value.clone().unwrap_or_default();
    pages::IdpSetUpPage {
        frame: pages::IdpFrame::of(idp, None),
        name: app.name.clone(),
        app_id: app.id.clone(),
        saml: vec![
            ShownSetting::new("Identifier (Entity ID)", required(&app.identifiers)),
            ShownSetting::new(
                "Reply URL (Assertion Consumer Service URL)",
                required(&app.reply_urls),
            ),
            ShownSetting::new("Sign on URL", optional(&app.sign_on_url)),
            ShownSetting::new("Relay State (Optional)", optional(&app.relay_state)),
            ShownSetting::new("Logout Url (Optional)", optional(&app.logout_url)),
        ],
        fields: vec![
            pages::BasicField {
                label: "Identifier (Entity ID)",
                name: "identifier",
                value: first(&app.identifiers),
                is_required: true,
            },
            pages::BasicField {
                label: "Reply URL (Assertion Consumer Service URL)",
                name: "reply_url",
                value: first(&app.reply_urls),
                is_required: true,
            },
            pages::BasicField {
                label: "Sign on URL (Optional)",
                name: "sign_on_url",
                value: maybe(&app.sign_on_url),
                is_required: false,
            },
            pages::BasicField {
                label: "Relay State (Optional)",
                name: "relay_state",
                value: maybe(&app.relay_state),
                is_required: false,
            },
            pages::BasicField {
                label: "Logout Url (Optional)",
                name: "logout_url",
                value: maybe(&app.logout_url),
                is_required: false,
            },
        ],
        basic_action: format!("/applications/{}/basic", app.id),
        claims: vec![
            ShownSetting::new("givenname", "user.givenname"),
            ShownSetting::new("surname", "user.surname"),
            ShownSetting::new("emailaddress", "user.mail"),
            ShownSetting::new("name", "user.userprincipalname"),
            ShownSetting::new("Unique User Identifier", "user.userprincipalname"),
        ],
        certificate: vec![
            ShownSetting::new("Status", "Active"),
            ShownSetting::copied("Thumbprint", idp.signing_key().thumbprint()),
            ShownSetting::new("Expiration", idp.signing_key().expires()),
            ShownSetting::copied("App Federation Metadata Url", &metadata),
        ],
        downloads: vec![
            Download {
                label: "Certificate (Base64)",
                href: format!("/applications/{}/certificate-base64.cer", app.id),
            },
            Download {
                label: "Certificate (Raw)",
                href: format!("/applications/{}/certificate-raw.cer", app.id),
            },
            Download {
                label: "Federation Metadata XML",
                href: metadata,
            },
        ],
        urls: vec![
            ShownSetting::copied("Login URL", tenant.saml_url()),
            ShownSetting::copied("Microsoft Entra Identifier", &tenant.entity_id),
            ShownSetting::copied("Logout URL", tenant.saml_url()),
        ],
        metadata_action: format!("/applications/{}/metadata", app.id),
        is_encrypting: app.recipient().is_some(),
        variants: pages::VariantOption::all(app.variant, app.recipient().is_some()),
        action: format!("/applications/{}", app.id),
        saved: false,
    }
}
