//! Copy into Entra: what this company is called on the identity provider's side, each under the name of the field there.

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::head::{ConnectionHead, ConnectionTab};
use super::protocol::saml_connection;
use crate::admin::pem;
use crate::console::{Console, ConsoleFrame, Section};
use crate::domain::{Company, ConnectionId};
use crate::http::error::Error;
use crate::http::response::{self, Page};
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/{id}/copy", get(show))
        .route("/admin/service-provider/{file}", get(download))
}

/// The company's addresses, for pages that show them.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    pub(super) entity_id: String,
    pub(super) acs_url: String,
    pub(super) sign_on_url: String,
    pub(super) slo_url: String,
}

impl Addresses {
    pub(super) fn of(company: &Company) -> Self {
        Self {
            entity_id: company.entity_id(),
            acs_url: company.acs_url(),
            sign_on_url: company.sign_on_url(),
            slo_url: company.slo_url(),
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "console/connection/copy_into.html")]
struct CopyInto {
    frame: ConsoleFrame,
    head: ConnectionHead,
    addresses: Addresses,
    /// The address that starts this connection's sign-in, when users would be asked to choose.
    direct_url: Option<String>,
    signs_requests: bool,
    offers_encryption: bool,
}

/// `GET /admin/connections/{id}/copy`
async fn show(Path(id): Path<ConnectionId>, console: Console) -> Result<Response, Error> {
    let connection = saml_connection(&console, id).await?;
    let company = &console.site.company;
    let others = console.site.enabled_connections();
    let several = others.filter(|other| other.connection.id != id).count() > 0;
    Ok(Page::new(CopyInto {
        frame: console.frame(Section::Connections, connection.display_name.as_str()),
        head: ConnectionHead::of(&connection, ConnectionTab::Copy),
        addresses: Addresses::of(company),
        direct_url: several.then(|| {
            format!(
                "{}/sso/login?connection={}",
                company.origin, connection.name
            )
        }),
        signs_requests: connection.settings.saml().sign_requests,
        offers_encryption: company.encrypted_assertions,
    })
    .into_response())
}

/// `GET /admin/service-provider/{file}`: our metadata and our certificates, to be saved.
async fn download(Path(file): Path<String>, console: Console) -> Result<Response, Error> {
    let keys = console.app.sp_keys();
    let (kind, content) = match file.as_str() {
        "metadata.xml" => (
            "application/samlmetadata+xml",
            console.site.metadata(&keys).clone(),
        ),
        "signing.cer" => (CERTIFICATE, pem(&keys.signing_certificate).into()),
        "encryption.cer" => (CERTIFICATE, pem(&keys.encryption_certificate).into()),
        _ => return Err(Error::NotFound),
    };
    let mut answer = response::body(HeaderValue::from_static(kind), content);
    let slug = &console.site.company.slug;
    let name = format!("attachment; filename=\"{slug}-{file}\"");
    let name = HeaderValue::try_from(name).map_err(Error::internal)?;
    answer
        .headers_mut()
        .insert(header::CONTENT_DISPOSITION, name);
    Ok(answer)
}

const CERTIFICATE: &str = "application/x-x509-ca-cert";
