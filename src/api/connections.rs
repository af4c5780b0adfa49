//! Connections: listed, made, read, changed, deleted.
//!
//! Invariant: a connection's settings, its short name and whether it is enabled are changed with `admins:write` only: whoever may
//! name a certificate can sign in as anybody, whoever may name an address is sent our users and our signed messages, and whoever
//! may enable or name a connection decides through which one people come.

use std::collections::BTreeMap;

use axum::http::StatusCode;

use super::caller::needs::{ConnectionsRead, ConnectionsWrite};
use super::connection::{
    ConnectionChangeIn, ConnectionOut, ManifestIn, NewConnectionIn, NewOpenIdIn, ProviderCheckOut,
    is_setting,
};
use super::idempotency::{
    CreatedResource, IdempotencyKey, IdempotencyKeyHeader, create_once, stored_id,
};
use super::json_body::{JsonBody, UnreadJsonBody};
use super::paging::{ListRequest, PageOut, PageQuery};
use super::path::Ids;
use super::query::NoParameters;
use super::version::{IfMatch, IfMatchHeader};
use super::{Answer, Caller, answer};
use crate::admin::{
    ChosenProvider, ConnectionSettings, ImportChoices, Obstacle, Refused, certificate_findings,
    compare_manifest, connection_name, read_metadata,
};
use crate::app::Turn;
use crate::domain::{AuditAction, Connection, ConnectionId, Settings};
use crate::http::problem::{Kind, Problem};

const PATH: &str = "/api/v1/connections";

/// Lists connections, in the order of the sign-in page.
#[utoipa::path(get, path = "/api/v1/connections", tag = "Connections", operation_id = "listConnections",
    params(PageQuery), security(("token" = ["connections:read"])),
    responses((status = 200, description = "A page of connections.", body = PageOut<ConnectionOut>)))]
pub(super) async fn list(
    caller: Caller<ConnectionsRead>,
    list: ListRequest<NoParameters, String>,
) -> Answer {
    let limit = list.limit as usize;
    let all = caller.admin().connections().await?;
    // Where the one of the cursor is gone, the list begins anew.
    let is_there = |id: &String| all.iter().position(|it| it.id.to_string() == *id);
    let first = list
        .after
        .as_ref()
        .and_then(is_there)
        .map_or(0, |at| at + 1);
    let settings = settings(&caller).await?;
    let part: Vec<&Connection> = all.iter().skip(first).take(limit).collect();
    let next = part.last().filter(|_| all.len() > first + limit);
    let next = next.map(|last| last.id.to_string());
    let items = part
        .iter()
        .map(|one| ConnectionOut::new(&caller.site.company, one, &settings, caller.now()))
        .collect();
    list.answer(&caller, items, next.as_ref())
}

/// Makes a connection.
///
/// From an identity provider's metadata, or from settings by hand. It needs `admins:write` as well.
#[utoipa::path(post, path = "/api/v1/connections", tag = "Connections", operation_id = "createConnection",
    params(IdempotencyKeyHeader), request_body = NewConnectionIn, security(("token" = ["connections:write"])),
    responses((status = 201, description = "The connection that was made.", body = ConnectionOut,
        headers(("ETag" = String, description = "The version."), ("Location" = String, description = "The address.")))))]
pub(super) async fn create(
    caller: Caller<ConnectionsWrite>,
    key: IdempotencyKey,
    JsonBody { value, octets }: JsonBody<NewConnectionIn>,
) -> Answer {
    // Before metadata is read; the transaction asks again.
    caller.admin().check_over_administrators()?;
    let making = |caller| make(caller, value);
    create_once(caller, key, PATH, &octets, making, load_created).await
}

async fn make(
    caller: Caller<ConnectionsWrite>,
    new: NewConnectionIn,
) -> Result<CreatedResource, Problem> {
    let admin = caller.admin();
    let mut findings = Vec::new();
    let (mut connection, source) = if let Some(text) = &new.metadata {
        let imported = read_metadata(text.as_bytes(), "", "metadata", caller.now())?;
        let import = admin
            .import_new(
                &imported,
                ImportChoices {
                    display_name: &new.display_name,
                    ..ImportChoices::default()
                },
            )
            .await?;
        findings = import.warnings;
        (import.connection, "metadata")
    } else if let Some(openid) = &new.openid {
        (provider(&caller, &new, openid).await?, "openid")
    } else {
        let name = admin.free_name(&new.display_name).await?;
        let display_name = new.display_name.trim().to_owned();
        let draft = admin.draft(name, display_name, Settings::default());
        (draft.await?, "")
    };
    if let Some(name) = &new.name {
        rename(&mut connection, name)?;
    }
    connection.enabled = new.enabled;
    let of_metadata = connection.settings.saml().certificates.clone();
    change_settings(&caller, &mut connection, &new.settings).await?;
    if new.metadata.is_none() || connection.settings.saml().certificates != of_metadata {
        findings.extend(certificate_findings(None, &connection, caller.now()));
    }
    let notes = if findings.is_empty() {
        String::new()
    } else {
        answer::text(&findings)?
    };
    let noting = caller.with_notes(notes);
    let connection = noting.admin().add_connection(&connection, source).await?;
    caller.catch_up().await?;
    let out = connection_out(&caller, &connection).await?;
    created(&connection, &out.with_findings(findings))
}

/// A connection to a provider of OpenID Connect, which is asked what it says of itself.
async fn provider(
    caller: &Caller<ConnectionsWrite>,
    new: &NewConnectionIn,
    openid: &NewOpenIdIn,
) -> Result<Connection, Problem> {
    let (app, admin, company) = (&caller.app, caller.admin(), &caller.site.company);
    let _turn = provider_turn(caller)?;
    let (client, reach) = (app.provider_client(), app.reach(company));
    let chosen = ChosenProvider::find(app.cloud(), &openid.provider, client, reach).await?;
    let name = admin.free_name(&new.display_name).await?;
    let display_name = new.display_name.trim().to_owned();
    let draft = admin.provider_draft(name, display_name, chosen.issuer, &openid.client_id);
    let mut connection = draft.await?;
    if let Some(secret) = &openid.client_secret {
        connection = admin.with_client_secret(&connection, secret, None)?;
    }
    // One that does not answer now is looked at later.
    let (connection, _) = admin.with_discovery(&connection, client, reach).await?;
    Ok(connection)
}

fn provider_turn<S>(caller: &Caller<S>) -> Result<Turn, Problem> {
    let turn = caller.app.provider_turn(&caller.site.company);
    turn.map_err(|_| Refused::from(Obstacle::OtherAddressesAsked).into())
}

/// Looks at the provider of a connection that speaks OpenID Connect.
///
/// What it says of itself is kept. It needs `admins:write` as well.
#[utoipa::path(post, path = "/api/v1/connections/{id}/verify", tag = "Connections", operation_id = "verifyConnection",
    params(("id" = String, Path, description = "The connection.")), security(("token" = ["connections:write"])),
    responses((status = 200, description = "What was looked at.", body = ProviderCheckOut)))]
pub(super) async fn verify(
    caller: Caller<ConnectionsWrite>,
    Ids((id,)): Ids<(ConnectionId,)>,
) -> Answer {
    let admin = caller.admin();
    let connection = admin.connection(id).await?;
    admin.check_over_administrators()?;
    let _turn = provider_turn(&caller)?;
    let app = &caller.app;
    let reach = app.reach(&caller.site.company);
    let looked = admin.verify_provider(&connection, app.provider_client(), reach);
    let (check, _) = looked.await?;
    caller.catch_up().await?;
    let out = ProviderCheckOut::from(&check);
    Ok(answer::written(StatusCode::OK, answer::text(&out)?))
}

/// Compares an app registration's manifest with a connection.
///
/// Nobody is asked, and nothing is kept.
#[utoipa::path(post, path = "/api/v1/connections/{id}/check-manifest", tag = "Connections", operation_id = "checkManifest",
    params(("id" = String, Path, description = "The connection.")), request_body = ManifestIn, security(("token" = ["connections:read"])),
    responses((status = 200, description = "What was compared.", body = ProviderCheckOut)))]
pub(super) async fn check_manifest(
    caller: Caller<ConnectionsRead>,
    Ids((id,)): Ids<(ConnectionId,)>,
    body: JsonBody<ManifestIn>,
) -> Answer {
    let connection = caller.admin().connection(id).await?;
    let check = compare_manifest(&caller.site.company, &connection, &body.value.manifest)?;
    let out = ProviderCheckOut::from(&check);
    Ok(answer::written(StatusCode::OK, answer::text(&out)?))
}

/// Accepts the provider's addresses that are held.
///
/// They are at another host than before. It needs `admins:write` as well.
#[utoipa::path(post, path = "/api/v1/connections/{id}/provider/accept", tag = "Connections", operation_id = "acceptProvider",
    params(("id" = String, Path, description = "The connection."), IfMatchHeader), security(("token" = ["connections:write"])),
    responses((status = 200, description = "The connection as it is now.", body = ConnectionOut, headers(("ETag" = String, description = "The version.")))))]
pub(super) async fn accept_provider(
    caller: Caller<ConnectionsWrite>,
    Ids((id,)): Ids<(ConnectionId,)>,
    if_match: IfMatch,
) -> Answer {
    let admin = caller.admin();
    let before = admin.connection(id).await?;
    let revision = revision(if_match, &before);
    admin.check_revision(&before, revision).await?;
    admin.check_over_administrators()?;
    let after = admin.with_held_accepted(&before)?;
    let action = AuditAction::ConnectionAcceptProvider;
    let changed = admin.change_connection(&after, action, None).await?;
    caller.catch_up().await?;
    answer_connection(&caller, &changed).await
}

/// A connection that was made.
async fn load_created(
    caller: Caller<ConnectionsWrite>,
    id: String,
    notes: String,
) -> Result<CreatedResource, Problem> {
    let connection = caller.admin().connection(stored_id(&id)?).await?;
    // An earlier version has noted nothing.
    let findings = serde_json::from_str(&notes).unwrap_or_default();
    let out = connection_out(&caller, &connection).await?;
    created(&connection, &out.with_findings(findings))
}

fn created(connection: &Connection, out: &ConnectionOut) -> Result<CreatedResource, Problem> {
    Ok(CreatedResource {
        location: format!("{PATH}/{}", connection.id),
        version: version(connection),
        body: answer::text(out)?,
    })
}

/// Shows a connection.
#[utoipa::path(get, path = "/api/v1/connections/{id}", tag = "Connections", operation_id = "showConnection",
    params(("id" = String, Path, description = "The connection.")), security(("token" = ["connections:read"])),
    responses((status = 200, description = "The connection.", body = ConnectionOut, headers(("ETag" = String, description = "The version.")))))]
pub(super) async fn show(
    caller: Caller<ConnectionsRead>,
    Ids((id,)): Ids<(ConnectionId,)>,
) -> Answer {
    let connection = caller.admin().connection(id).await?;
    answer_connection(&caller, &connection).await
}

/// Changes a connection.
///
/// What users read of it, and its place on the sign-in page. Everything else decides who gets in and where browsers and messages
/// are led: its settings and metadata, its short name and whether it is enabled need `admins:write` as well.
#[utoipa::path(patch, path = "/api/v1/connections/{id}", tag = "Connections", operation_id = "changeConnection",
    params(("id" = String, Path, description = "The connection."), IfMatchHeader),
    request_body = ConnectionChangeIn, security(("token" = ["connections:write"])),
    responses((status = 200, description = "The connection as it is now.", body = ConnectionOut, headers(("ETag" = String, description = "The version.")))))]
pub(super) async fn edit(
    caller: Caller<ConnectionsWrite>,
    Ids((id,)): Ids<(ConnectionId,)>,
    if_match: IfMatch,
    sent: UnreadJsonBody<ConnectionChangeIn>,
) -> Answer {
    let admin = caller.admin();
    let before = admin.connection(id).await?;
    let revision = revision(if_match, &before);
    admin.check_revision(&before, revision).await?;
    let value = sent.value()?;
    let mut after = before.clone();
    let mut findings = Vec::new();
    if let Some(text) = &value.metadata {
        let imported = read_metadata(text.as_bytes(), "", "metadata", caller.now())?;
        let import = admin
            .import_into(id, &imported, ImportChoices::default())
            .await?;
        if let Some(other) = import.other.filter(|_| !value.other_identity_provider) {
            let told = format!(
                "The metadata is another identity provider's; this connection has {other}. Its accounts would go over to the other one. Send other_identity_provider when that is meant."
            );
            return Err(Problem::new(Kind::InTheWay, told));
        }
        after.settings = import.connection.settings;
        findings = import.warnings;
    }
    if let Some(name) = &value.name {
        rename(&mut after, name)?;
    }
    if let Some(display_name) = &value.display_name {
        after.display_name = display_name.trim().to_owned();
    }
    after.sort_order = value.sort_order.map_or(after.sort_order, i64::from);
    after.enabled = value.enabled.unwrap_or(after.enabled);
    if let Some(secret) = &value.client_secret {
        after = admin.with_client_secret(&after, secret, None)?;
    }
    let of_metadata = after.settings.saml().certificates.clone();
    change_settings(&caller, &mut after, &value.settings).await?;
    if after.settings.saml().certificates != of_metadata {
        findings.extend(certificate_findings(Some(&before), &after, caller.now()));
    }
    let changed = admin
        .change_connection(&after, action(&before, &after), None)
        .await?;
    caller.catch_up().await?;
    let out = connection_out(&caller, &changed).await?;
    answer::versioned(&out.with_findings(findings), &version(&changed))
}

/// Deletes a connection.
///
/// Its sessions end, its identities go, and what its group claims gave goes. Accounts stay, and another connection may bind them:
/// it needs `admins:write` as well.
#[utoipa::path(delete, path = "/api/v1/connections/{id}", tag = "Connections", operation_id = "deleteConnection",
    params(("id" = String, Path, description = "The connection."), IfMatchHeader), security(("token" = ["connections:write"])),
    responses((status = 204, description = "The connection is gone.")))]
pub(super) async fn delete(
    caller: Caller<ConnectionsWrite>,
    Ids((id,)): Ids<(ConnectionId,)>,
    if_match: IfMatch,
) -> Answer {
    let before = caller.admin().connection(id).await?;
    let revision = revision(if_match, &before);
    caller.admin().remove_connection(id, revision).await?;
    caller.catch_up().await?;
    Ok(answer::done())
}

/// The action for the audit log.
fn action(before: &Connection, after: &Connection) -> AuditAction {
    let switched = Connection {
        enabled: after.enabled,
        revision: after.revision,
        ..before.clone()
    };
    match (*after == switched, after.enabled) {
        (false, _) => AuditAction::ConnectionChange,
        (true, true) => AuditAction::ConnectionEnable,
        (true, false) => AuditAction::ConnectionDisable,
    }
}

fn version(connection: &Connection) -> String {
    connection.revision.to_string()
}

/// The revision that the caller has read; one that never was for what is no version of ours.
fn revision(if_match: IfMatch, now: &Connection) -> i64 {
    if_match.against(version(now)).parse().unwrap_or(-1)
}

fn rename(connection: &mut Connection, name: &str) -> Result<(), Problem> {
    let name = connection_name(name);
    connection.name = name.map_err(|problem| Refused::invalid(problem.field, problem.what))?;
    Ok(())
}

async fn settings<S>(caller: &Caller<S>) -> Result<ConnectionSettings, Problem> {
    let groups = caller.app.desk.groups(caller.company()).await?;
    Ok(ConnectionSettings::of(groups))
}

/// Changes settings from text; each that does not fit is told by its name.
async fn change_settings<S>(
    caller: &Caller<S>,
    connection: &mut Connection,
    values: &BTreeMap<String, String>,
) -> Result<(), Problem> {
    let settings = settings(caller).await?;
    let mut wrong = Vec::new();
    if values.contains_key("certificates")
        && let Some((key, _)) = values.get_key_value("add_certificate")
    {
        let what = "Give either certificates, which replace what is there, or add_certificate.";
        wrong.push((key, what.to_owned()));
    }
    for (key, value) in values {
        let known = ConnectionSettings::is_known(key) && is_setting(key);
        if !known {
            wrong.push((key, "There is no such setting.".to_owned()));
        } else if let Err(unfit) = settings.set(connection, key, value) {
            wrong.push((key, format!("{unfit}.")));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let problem = Problem::new(Kind::Invalid, "Some settings do not take their value.");
    Err(wrong.into_iter().fold(problem, |problem, (key, what)| {
        problem.with_error(format!("settings.{key}"), what)
    }))
}

async fn connection_out<S>(
    caller: &Caller<S>,
    connection: &Connection,
) -> Result<ConnectionOut, Problem> {
    let settings = settings(caller).await?;
    let company = &caller.site.company;
    Ok(ConnectionOut::new(
        company,
        connection,
        &settings,
        caller.now(),
    ))
}

async fn answer_connection<S>(caller: &Caller<S>, connection: &Connection) -> Answer {
    let out = connection_out(caller, connection).await?;
    answer::versioned(&out, &version(connection))
}
