//! The tiles, the set-up page and what it offers for download.

use super::{cookies, sign_on};
use crate::demo_idp::refusal::Refusal;
use crate::demo_idp::site::{Flow, Purpose};
use crate::demo_idp::{App, DemoIdp, Variant, pages};
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
pub(super) struct Choice {
    variant: Option<String>,
    saved: Option<String>,
}

/// `GET /{tenant}/federationmetadata/2007-06/federationmetadata.xml`
pub(super) async fn metadata(
    State(idp): State<DemoIdp>,
    Path(tenant): Path<String>,
    Query(query): Query<MetadataQuery>,
) -> Result<Response, Refusal> {
    sign_on::check_tenant(&idp, &tenant)?;
    if let Some(id) = &query.appid {
        idp.app(id)?;
    }
    let xml = idp
        .metadata_xml()
        .map_err(|error| Refusal::new(50_146, format!("The metadata cannot be signed: {error}")))?;
    let kind = [(
        header::CONTENT_TYPE,
        "application/samlmetadata+xml; charset=utf-8",
    )];
    Ok((kind, xml).into_response())
}

/// `GET /myapps`
pub(super) async fn my_apps(State(idp): State<DemoIdp>, headers: HeaderMap) -> Response {
    let Some(session) = sign_on::session(&idp, &headers) else {
        return sign_on::ask_for(&idp, &waiting_for("/myapps"));
    };
    let apps = idp.apps();
    let assigned = apps.iter().filter(|_| session.user.assigned);
    pages::show(&pages::MyApps {
        frame: pages::Frame::of(&idp, Some(&session.user)),
        tiles: assigned.map(|app| pages::Tile::of(app)).collect(),
    })
}

/// `GET /myapps/launch/{app}`: an unsolicited Response.
pub(super) async fn launch(
    State(idp): State<DemoIdp>,
    Path(id): Path<String>,
    Query(choice): Query<Choice>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let app = idp.app(&id)?;
    let Some(session) = sign_on::session(&idp, &headers) else {
        let next = format!("/myapps/launch/{}", app.id);
        return Ok(sign_on::ask_for(&idp, &waiting_for(&next)));
    };
    let variant = choice
        .variant
        .and_then(|name| name.parse().ok())
        .or_else(|| cookies::variant(&headers))
        .unwrap_or(app.variant);
    sign_on::check_access(&session.user, &app, variant)?;
    if app.reply_urls.is_empty() {
        return Err(Refusal::new(
            500_113,
            "No reply address is registered for the application.",
        ));
    }
    let mut spec = idp.response_spec(&session.user, &app.service_provider());
    spec.authn_instant = session.since;
    let spec = variant.apply(spec, idp.tenant(), &session.user, &app);
    sign_on::deliver(&idp, &app, &spec, app.relay_state.as_deref())
}

/// `GET /applications/{app}`
pub(super) async fn set_up(
    State(idp): State<DemoIdp>,
    Path(id): Path<String>,
    Query(choice): Query<Choice>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let app = idp.app(&id)?;
    let session = sign_on::session(&idp, &headers);
    let mut page = set_up_page(&idp, &app);
    page.frame = pages::Frame::of(&idp, session.as_ref().map(|session| session.user.as_ref()));
    page.saved = choice.saved.is_some();
    Ok(pages::show(&page))
}

/// `POST /applications/{app}`: the variant of the application's Responses.
pub(super) async fn choose_variant(
    State(idp): State<DemoIdp>,
    Path(id): Path<String>,
    Form(choice): Form<Choice>,
) -> Result<Response, Refusal> {
    let mut app = App::clone(&*idp.app(&id)?);
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
) -> Result<Response, Refusal> {
    let text = |value: &str| Some(value.trim().to_owned()).filter(|value| !value.is_empty());
    let mut app = App::clone(&*idp.app(&id)?);
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
) -> Result<Response, Refusal> {
    let app = idp.app(&id)?;
    let pem = idp
        .signing_key()
        .certificate_pem()
        .map_err(|error| Refusal::new(50_146, error.to_string()))?;
    Ok(download(&app, pem))
}

/// `GET /applications/{app}/certificate-raw.cer`
pub(super) async fn certificate_raw(
    State(idp): State<DemoIdp>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let app = idp.app(&id)?;
    Ok(download(&app, idp.signing_key().certificate_der().to_vec()))
}

fn download(app: &App, content: Vec<u8>) -> Response {
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
        purpose: Purpose::Page(next.to_owned()),
        variant: Variant::default(),
        login_hint: None,
    }
}

fn set_up_page(idp: &DemoIdp, app: &App) -> pages::SetUp {
    use pages::{Download, Setting};
    let tenant = idp.tenant();
    let metadata = tenant.metadata_url(&app.id);
    let optional = |value: &Option<String>| value.clone().unwrap_or_else(|| "Optional".to_owned());
    let required = |values: &[String]| match values {
        [] => "Required".to_owned(),
        some => some.join("\n"),
    };
    let first = |values: &[String]| values.first().cloned().unwrap_or_default();
    let maybe = |value: &Option<String>| value.clone().unwrap_or_default();
    pages::SetUp {
        frame: pages::Frame::of(idp, None),
        name: app.name.clone(),
        app_id: app.id.clone(),
        saml: vec![
            Setting::new("Identifier (Entity ID)", required(&app.identifiers)),
            Setting::new(
                "Reply URL (Assertion Consumer Service URL)",
                required(&app.reply_urls),
            ),
            Setting::new("Sign on URL", optional(&app.sign_on_url)),
            Setting::new("Relay State (Optional)", optional(&app.relay_state)),
            Setting::new("Logout Url (Optional)", optional(&app.logout_url)),
        ],
        fields: vec![
            pages::Field {
                label: "Identifier (Entity ID)",
                name: "identifier",
                value: first(&app.identifiers),
                is_required: true,
            },
            pages::Field {
                label: "Reply URL (Assertion Consumer Service URL)",
                name: "reply_url",
                value: first(&app.reply_urls),
                is_required: true,
            },
            pages::Field {
                label: "Sign on URL (Optional)",
                name: "sign_on_url",
                value: maybe(&app.sign_on_url),
                is_required: false,
            },
            pages::Field {
                label: "Relay State (Optional)",
                name: "relay_state",
                value: maybe(&app.relay_state),
                is_required: false,
            },
            pages::Field {
                label: "Logout Url (Optional)",
                name: "logout_url",
                value: maybe(&app.logout_url),
                is_required: false,
            },
        ],
        basic_action: format!("/applications/{}/basic", app.id),
        claims: vec![
            Setting::new("givenname", "user.givenname"),
            Setting::new("surname", "user.surname"),
            Setting::new("emailaddress", "user.mail"),
            Setting::new("name", "user.userprincipalname"),
            Setting::new("Unique User Identifier", "user.userprincipalname"),
        ],
        certificate: vec![
            Setting::new("Status", "Active"),
            Setting::copied("Thumbprint", idp.signing_key().thumbprint()),
            Setting::new("Expiration", idp.signing_key().expires()),
            Setting::copied("App Federation Metadata Url", &metadata),
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
            Setting::copied("Login URL", tenant.saml_url()),
            Setting::copied("Microsoft Entra Identifier", &tenant.entity_id),
            Setting::copied("Logout URL", tenant.saml_url()),
        ],
        metadata_action: format!("/applications/{}/metadata", app.id),
        is_encrypting: app.recipient().is_some(),
        variants: pages::VariantOption::all(app.variant, app.recipient().is_some()),
        action: format!("/applications/{}", app.id),
        saved: false,
    }
}
