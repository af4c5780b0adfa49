//! "Certificates & secrets". Invariant: a secret's value is on the page that made it, and on no other.

use super::super::upload::uploaded_file;
use super::{SavedQuery, head, save, text};
use crate::demo_idp::oidc::opaque;
use crate::demo_idp::pages::registrations::{
    RegisteredCertificate, RegistrationCredentialsPage, RegistrationTab, SecretRow,
};
use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::{DemoIdp, OidcApp, OidcSecret, guid, pages};
use axum::body::Bytes;
use axum::extract::{Form, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use openssl::x509::X509;
use serde::Deserialize;
use std::fmt::Write as _;
use time::{Duration, OffsetDateTime};

/// How long a secret may last, in days, in Entra's order.
const PERIODS: [(u16, &str); 5] = [
    (180, "Recommended: 180 days (6 months)"),
    (90, "90 days (3 months)"),
    (365, "365 days (12 months)"),
    (545, "545 days (18 months)"),
    (730, "730 days (24 months)"),
];

/// The form "Add a client secret".
#[derive(Debug, Deserialize)]
pub(super) struct SecretForm {
    description: String,
    days: u16,
}

/// `GET /registrations/{client}/credentials`
pub(super) async fn show(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    Query(query): Query<SavedQuery>,
    headers: HeaderMap,
) -> Result<Response, IdpRefusal> {
    let app = idp.oidc_app(&client)?;
    let mut page = page(&idp, &headers, &app, None);
    page.head.saved = query.saved.is_some();
    Ok(pages::show(&page))
}

/// `POST /registrations/{client}/secrets`: the answer shows the value, once.
pub(super) async fn add_secret(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    headers: HeaderMap,
    Form(typed): Form<SecretForm>,
) -> Result<Response, IdpRefusal> {
    let mut app = OidcApp::clone(&*idp.oidc_app(&client)?);
    let offered = PERIODS.iter().find(|(days, _)| *days == typed.days);
    let (days, _) = offered.unwrap_or(&PERIODS[0]);
    let id = guid(idp.random());
    app.secrets.push(OidcSecret {
        id: id.clone(),
        description: text(&typed.description)
            .unwrap_or_else(|| "Password uploaded by administrator".to_owned()),
        value: value(&idp),
        expires: Some(idp.now() + Duration::days(i64::from(*days))),
    });
    let page = page(&idp, &headers, &app, Some(&id));
    idp.register_oidc(app);
    Ok(pages::show(&page))
}

/// `POST /registrations/{client}/certificates`
pub(super) async fn upload(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, IdpRefusal> {
    let mut app = OidcApp::clone(&*idp.oidc_app(&client)?);
    let file = uploaded_file(&headers, body).await;
    let certificate = file.and_then(|file| {
        let read = X509::from_pem(&file).or_else(|_| X509::from_der(&file));
        read.ok()?.to_der().ok()
    });
    let Some(der) = certificate else {
        let mut page = page(&idp, &headers, &app, None);
        page.head.error = Some("The file is no certificate (.cer, .pem, .crt).".to_owned());
        return Ok(pages::show(&page));
    };
    if !app.certificates.contains(&der) {
        app.certificates.push(der);
    }
    Ok(save(&idp, app, RegistrationTab::Credentials))
}

/// A value in the form of Entra's: 40 characters, and always `8Q~` after the third.
fn value(idp: &DemoIdp) -> String {
    let text = opaque(idp.random(), 28);
    let (first, rest) = text.split_at(3);
    format!("{first}8Q~{}", &rest[1..])
}

fn page(
    idp: &DemoIdp,
    headers: &HeaderMap,
    app: &OidcApp,
    new_secret: Option<&str>,
) -> RegistrationCredentialsPage {
    let secret = |secret: &OidcSecret| {
        let is_shown = new_secret == Some(secret.id.as_str());
        SecretRow {
            description: secret.description.clone(),
            expires: secret.expires.map(shown_date).unwrap_or_default(),
            value: if is_shown {
                secret.value.clone()
            } else {
                let start: String = secret.value.chars().take(3).collect();
                format!("{start}******************")
            },
            is_shown,
            id: secret.id.clone(),
        }
    };
    RegistrationCredentialsPage {
        head: head(idp, headers, app, RegistrationTab::Credentials),
        secrets: app.secrets.iter().map(secret).collect(),
        certificates: app
            .certificates
            .iter()
            .filter_map(|der| registered_certificate(der))
            .collect(),
        periods: PERIODS.to_vec(),
    }
}

fn registered_certificate(der: &[u8]) -> Option<RegisteredCertificate> {
    let certificate = X509::from_der(der).ok()?;
    let mut thumbprint = String::with_capacity(40);
    for octet in openssl::sha::sha1(der) {
        let _ = write!(thumbprint, "{octet:02X}");
    }
    Some(RegisteredCertificate {
        thumbprint,
        start: certificate.not_before().to_string(),
        expires: certificate.not_after().to_string(),
    })
}

/// As the portal writes a day: month, day, year.
fn shown_date(at: OffsetDateTime) -> String {
    format!("{}/{}/{}", u8::from(at.month()), at.day(), at.year())
}
