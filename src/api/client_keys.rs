//! A connection's key pairs at its provider, in the place of a secret (rule N3): made, listed, used, deleted.
//!
//! Invariant: a private key is in no answer.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::caller::needs::{ConnectionsRead, ConnectionsWrite};
use super::json_body::{UnreadJsonBody, present};
use super::path::Ids;
use super::{Answer, Caller, answer};
use crate::admin::{Obstacle, Refused};
use crate::domain::{AuditAction, ClientKeyAlgorithm, ClientKeyPair, Connection, ConnectionId};
use crate::http::problem::Problem;

/// A key pair that shows the provider who we are. The private key is told nowhere.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientKey)]
pub(super) struct ClientKeyOut {
    /// The SHA-1 thumbprint of its certificate, as Entra's page shows it: its name in addresses.
    sha1: String,
    sha256: String,
    algorithm: ClientKeyAlgorithmOut,
    /// What the provider calls the key, where it calls it something else than its thumbprint.
    #[schema(required = true)]
    kid: Option<String>,
    in_use: bool,
    #[serde(with = "time::serde::rfc3339")]
    made_at: OffsetDateTime,
    /// When its certificate ends.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    /// The certificate: base64 of DER. This is registered at the provider.
    certificate: String,
}

/// What a key pair signs with.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = ClientKeyAlgorithm)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum ClientKeyAlgorithmOut {
    Ps256,
    Rs256,
    Es256,
}

/// The key pairs of a connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientKeys)]
pub(super) struct ClientKeysOut {
    items: Vec<ClientKeyOut>,
}

/// A key pair to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = NewClientKey)]
#[serde(deny_unknown_fields)]
pub(super) struct NewClientKeyIn {
    /// The best one that the provider takes when it is missing.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    algorithm: Option<ClientKeyAlgorithmOut>,
}

/// How a key pair is used.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = ClientKeyUse)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientKeyUseIn {
    /// What the provider calls the key, where it gives keys names of its own.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 200, nullable = false)]
    kid: Option<String>,
}

/// A public key in the form that providers register.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientKeyJwk)]
pub(super) struct ClientKeyJwkOut {
    /// The certificate in PEM.
    pem: String,
    /// The public key (RFC 7517).
    #[schema(value_type = Object)]
    jwk: serde_json::Value,
}

impl ClientKeyOut {
    pub(super) fn all(connection: &Connection) -> Vec<Self> {
        let Some(oidc) = connection.settings.oidc() else {
            return Vec::new();
        };
        let used = oidc.key_in_use();
        let pairs = oidc.client_keys.iter();
        pairs.map(|it| Self::new(it, used == Some(it))).collect()
    }

    fn new(pair: &ClientKeyPair, in_use: bool) -> Self {
        Self {
            sha1: pair.sha1.clone(),
            sha256: pair.sha256.clone(),
            algorithm: match pair.algorithm {
                ClientKeyAlgorithm::Ps256 => ClientKeyAlgorithmOut::Ps256,
                ClientKeyAlgorithm::Rs256 => ClientKeyAlgorithmOut::Rs256,
                ClientKeyAlgorithm::Es256 => ClientKeyAlgorithmOut::Es256,
            },
            kid: pair.kid.clone(),
            in_use,
            made_at: pair.made_at,
            expires_at: pair.expires_at,
            certificate: pair.certificate.clone(),
        }
    }
}

/// Lists the key pairs of a connection, the one in use first.
#[utoipa::path(get, path = "/api/v1/connections/{id}/keys", tag = "Connections", operation_id = "listClientKeys",
    params(("id" = String, Path, description = "The connection.")), security(("token" = ["connections:read"])),
    responses((status = 200, description = "The key pairs.", body = ClientKeysOut)))]
pub(super) async fn list(
    caller: Caller<ConnectionsRead>,
    Ids((id,)): Ids<(ConnectionId,)>,
) -> Answer {
    let connection = caller.admin().connection(id).await?;
    answer_keys(StatusCode::OK, &connection)
}

/// Makes a key pair.
///
/// A connection has two at most. The new one is not used before somebody says so. It needs `admins:write` as well.
#[utoipa::path(post, path = "/api/v1/connections/{id}/keys", tag = "Connections", operation_id = "makeClientKey",
    params(("id" = String, Path, description = "The connection.")), request_body = NewClientKeyIn,
    security(("token" = ["connections:write"])),
    responses((status = 200, description = "The key pairs.", body = ClientKeysOut)))]
pub(super) async fn make(
    caller: Caller<ConnectionsWrite>,
    Ids((id,)): Ids<(ConnectionId,)>,
    sent: UnreadJsonBody<NewClientKeyIn>,
) -> Answer {
    let before = caller.admin().connection(id).await?;
    let value = sent.value()?;
    let algorithm = value.algorithm.map(|it| match it {
        ClientKeyAlgorithmOut::Ps256 => ClientKeyAlgorithm::Ps256,
        ClientKeyAlgorithmOut::Rs256 => ClientKeyAlgorithm::Rs256,
        ClientKeyAlgorithmOut::Es256 => ClientKeyAlgorithm::Es256,
    });
    let made = caller.admin().with_new_key(&before, algorithm).await;
    let (after, _) = made.map_err(in_the_way)?;
    save(&caller, &after).await
}

/// Shows what the provider registers of a key pair.
#[utoipa::path(get, path = "/api/v1/connections/{id}/keys/{sha1}", tag = "Connections", operation_id = "showClientKey",
    params(("id" = String, Path, description = "The connection."), ("sha1" = String, Path, description = "The key pair.")),
    security(("token" = ["connections:read"])),
    responses((status = 200, description = "Certificate and public key.", body = ClientKeyJwkOut)))]
pub(super) async fn show(
    caller: Caller<ConnectionsRead>,
    Ids((id, sha1)): Ids<(ConnectionId, String)>,
) -> Answer {
    let admin = caller.admin();
    let connection = admin.connection(id).await?;
    let files = admin.public_key_files(&connection, &sha1);
    let files = files.map_err(in_the_way)?;
    answer::json(&ClientKeyJwkOut {
        pem: files.pem,
        jwk: files.jwk,
    })
}

/// Uses a key pair from now on.
///
/// Assertions are the connection's way to show who it is then. It needs `admins:write` as well.
#[utoipa::path(post, path = "/api/v1/connections/{id}/keys/{sha1}/use", tag = "Connections", operation_id = "useClientKey",
    params(("id" = String, Path, description = "The connection."), ("sha1" = String, Path, description = "The key pair.")),
    request_body = ClientKeyUseIn, security(("token" = ["connections:write"])),
    responses((status = 200, description = "The key pairs.", body = ClientKeysOut)))]
pub(super) async fn put_in_use(
    caller: Caller<ConnectionsWrite>,
    Ids((id, sha1)): Ids<(ConnectionId, String)>,
    sent: UnreadJsonBody<ClientKeyUseIn>,
) -> Answer {
    let admin = caller.admin();
    let before = admin.connection(id).await?;
    let value = sent.value()?;
    admin.check_over_administrators()?;
    let after = admin.with_key_in_use(&before, &sha1, value.kid.as_deref());
    save(&caller, &after.map_err(in_the_way)?).await
}

/// Deletes a key pair that is not in use.
///
/// It needs `admins:write` as well.
#[utoipa::path(delete, path = "/api/v1/connections/{id}/keys/{sha1}", tag = "Connections", operation_id = "deleteClientKey",
    params(("id" = String, Path, description = "The connection."), ("sha1" = String, Path, description = "The key pair.")),
    security(("token" = ["connections:write"])),
    responses((status = 204, description = "The key pair is gone.")))]
pub(super) async fn delete(
    caller: Caller<ConnectionsWrite>,
    Ids((id, sha1)): Ids<(ConnectionId, String)>,
) -> Answer {
    let admin = caller.admin();
    let before = admin.connection(id).await?;
    admin.check_over_administrators()?;
    let after = admin.with_key_deleted(&before, &sha1).map_err(in_the_way)?;
    save(&caller, &after).await?;
    Ok(answer::done())
}

async fn save(caller: &Caller<ConnectionsWrite>, after: &Connection) -> Answer {
    let changed = caller
        .admin()
        .change_connection(after, AuditAction::ConnectionSet, None)
        .await?;
    caller.catch_up().await?;
    answer_keys(StatusCode::OK, &changed)
}

fn answer_keys(status: StatusCode, connection: &Connection) -> Answer {
    let items = ClientKeyOut::all(connection);
    Ok(answer::written(
        status,
        answer::text(&ClientKeysOut { items })?,
    ))
}

/// A connection that speaks SAML has no key pairs: they are not there.
fn in_the_way(refused: Refused) -> Problem {
    match refused {
        Refused::InTheWay(Obstacle::NotOidc) => Problem::not_found(),
        other => other.into(),
    }
}
