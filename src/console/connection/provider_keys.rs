//! Our key pairs at a provider, in the place of a secret: made, downloaded, used, deleted (rule N3).
//!
//! Invariant: no page and no download has a private key. Tests: `tests/it/console/provider_keys.rs`.

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::certificate_days::{self, Remaining};
use super::protocol::provider_connection;
use crate::console::{Console, ConsoleForm, Nothing, tell_at};
use crate::domain::{AuditAction, ClientKeyPair, Connection, ConnectionId, OidcSettings};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/{id}/keys", post(make))
        .route("/admin/connections/{id}/keys/{file}", get(download))
        .route("/admin/connections/{id}/keys/{sha1}/use", post(put_in_use))
        .route("/admin/connections/{id}/keys/{sha1}/delete", post(delete))
}

/// A key pair: its certificate's thumbprint, and how long that lasts.
#[derive(Debug)]
pub(super) struct ClientKeyView {
    pub(super) algorithm: &'static str,
    pub(super) sha1: String,
    pub(super) kid: String,
    pub(super) made_at: Moment,
    pub(super) is_used: bool,
    pub(super) state: (&'static str, String),
}

impl ClientKeyView {
    pub(super) fn all(oidc: &OidcSettings, console: &Console) -> Vec<Self> {
        let used = oidc.key_in_use();
        let view = |pair: &ClientKeyPair| {
            let remaining = Remaining::of(pair.expires_at, console.now());
            Self {
                algorithm: pair.algorithm.as_str(),
                sha1: pair.sha1.clone(),
                kid: pair.kid.clone().unwrap_or_default(),
                made_at: pair.made_at.into(),
                is_used: used == Some(pair),
                state: (
                    remaining.tone().class(),
                    certificate_days::with_day(remaining),
                ),
            }
        };
        oidc.client_keys.iter().map(view).collect()
    }
}

/// `POST /admin/connections/{id}/keys`
async fn make(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let connection = provider_connection(&console, id).await?;
    let (after, _) = console.admin().with_new_key(&connection, None).await?;
    save(
        &console,
        &after,
        "There is a new key pair. Download its certificate, register it at the provider, and use it then.",
    )
    .await
}

/// `GET /admin/connections/{id}/keys/{file}`: the certificate or the public key, to be saved.
async fn download(
    Path((id, file)): Path<(ConnectionId, String)>,
    console: Console,
) -> Result<Response, Error> {
    let connection = provider_connection(&console, id).await?;
    let (sha1, ending) = file.split_once('.').ok_or(Error::NotFound)?;
    let files = console.admin().public_key_files(&connection, sha1)?;
    let (kind, content) = match ending {
        "cer" => ("application/x-x509-ca-cert", files.der),
        "pem" => ("application/x-pem-file", files.pem.into_bytes()),
        "jwk" => ("application/jwk+json", files.jwk.to_string().into_bytes()),
        _ => return Err(Error::NotFound),
    };
    let mut answer = response::body(HeaderValue::from_static(kind), content.into());
    let name = format!(
        "attachment; filename=\"vestibule-{}-{}.{ending}\"",
        connection.name,
        sha1.get(..8).unwrap_or_default()
    );
    let name = HeaderValue::try_from(name).map_err(Error::internal)?;
    answer
        .headers_mut()
        .insert(header::CONTENT_DISPOSITION, name);
    Ok(answer)
}

#[derive(Deserialize)]
struct KeyUseForm {
    #[serde(default)]
    kid: String,
}

/// `POST /admin/connections/{id}/keys/{sha1}/use`
async fn put_in_use(
    Path((id, sha1)): Path<(ConnectionId, String)>,
    ConsoleForm(console, form): ConsoleForm<KeyUseForm>,
) -> Result<Response, Error> {
    let connection = provider_connection(&console, id).await?;
    let kid = form.kid.trim();
    let after = console
        .admin()
        .with_key_in_use(&connection, &sha1, Some(kid))?;
    save(
        &console,
        &after,
        "The key pair is in use. Test a sign-in before you delete the old one, or the client secret.",
    )
    .await
}

/// `POST /admin/connections/{id}/keys/{sha1}/delete`
async fn delete(
    Path((id, sha1)): Path<(ConnectionId, String)>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let connection = provider_connection(&console, id).await?;
    let after = console.admin().with_key_deleted(&connection, &sha1)?;
    save(
        &console,
        &after,
        "The key pair is deleted. Remove its certificate at the provider, too.",
    )
    .await
}

async fn save(console: &Console, after: &Connection, what: &str) -> Result<Response, Error> {
    console
        .admin()
        .change_connection(after, AuditAction::ConnectionSet, None)
        .await?;
    console.changed().await?;
    tell_at(console, &format!("/admin/connections/{}", after.id), what)
}
