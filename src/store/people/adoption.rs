//! An account that a connection of SAML knows by its object ID, and that a connection of OpenID Connect takes over (rule R6).
//!
//! Invariants: an administrator has said so for that pair; both are of one company and one tenant, as they are stored now; and an
//! account that has another object ID at the connection is never taken.

use super::claimant::{AccountSource, Claimant};
use super::identity::{self, names_of};
use super::user::{user, user_columns};
use crate::database::statement::query;
use crate::domain::{AuditAction, AuditDetail, Connection, User};
use crate::store::connection::select_connection_by_name;
use crate::store::{Error, Tx};

/// The account of the same person at the other connection; none when there is none, or it may not be taken over.
pub(in crate::store) async fn adopt(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
) -> Result<Option<(User, AccountSource)>, Error> {
    let subject = &claimant.profile.subject;
    if !subject.starts_with("oid:") {
        return Ok(None);
    }
    let Some(other) = other_connection(tx, claimant.connection).await? else {
        return Ok(None);
    };
    // Locked until the transaction ends.
    let row = query(concat!(
        "UPDATE account SET email_key = email_key WHERE company_id = $1 \
         AND id = (SELECT user_id FROM identity WHERE connection_id = $2 AND subject = $3) RETURNING ",
        user_columns!()
    ))
    .bind(claimant.connection.company_id.to_string())
    .bind(other.id.to_string())
    .bind(subject.as_str())
    .fetch_optional(&mut *tx)
    .await?;
    let Some(user) = row.as_ref().map(user).transpose()? else {
        return Ok(None);
    };
    let names = names_of(tx, user.id, claimant.connection.id).await?;
    // `tid:…/oid:` is left of a connection that had several tenants (rule R1).
    let is_object_id = |name: &String| name.starts_with("oid:") || name.starts_with("tid:");
    if names.iter().any(is_object_id) || !identity::bind(tx, claimant, subject, user.id).await? {
        return Ok(None);
    }
    tx.waits_no_more(user.id).await?;
    let detail = AuditDetail::Adopted {
        to: claimant.connection.name.as_str(),
        from: other.name.as_str(),
        subject,
    };
    let event = claimant.event(5, AuditAction::UserLink, &user);
    tx.audit(&event.with_detail(detail)).await?;
    Ok(Some((user, AccountSource::Adopted)))
}

/// The connection of SAML whose people are taken over, when it is there and of the same tenant.
async fn other_connection(
    tx: &mut Tx,
    connection: &Connection,
) -> Result<Option<Connection>, Error> {
    let settings = &connection.settings;
    let oidc = settings.oidc();
    let (Some(name), Some(tenant)) = (
        oidc.and_then(|oidc| oidc.adopt_from.as_ref()),
        settings.pinned_tenant(),
    ) else {
        return Ok(None);
    };
    let other = select_connection_by_name(tx, connection.company_id, name).await?;
    Ok(other.filter(|other| other.settings.saml_tenant().as_ref() == Some(tenant)))
}
