//! The account of a verified profile: rules F1 to F5.
//!
//! Invariant: of two sign-ins at the same instant, on any server, one makes the account and the other finds it; an identity,
//! once bound, is never bound to another account.

use super::statement::query;
use time::OffsetDateTime;

use super::Tx;
use super::columns::{is_text, ms};
use super::group_claim::{self, GroupsOf, grant};
use super::search::searched;
use super::user::{insert, select_user, user, user_columns};
use super::{Error, Refusal};
use crate::domain::{
    Connection, ConnectionId, Creation, Email, GrantSource, Profile, User, UserId,
};

/// An account that may sign in.
pub(super) struct Account {
    pub(super) user: User,
    pub(super) how: How,
    /// The profile's e-mail address belongs to another account or to another connection's domain, so that this account kept
    /// its own.
    pub(super) email_kept: bool,
    /// What became of its groups; none where no claims brought it.
    pub(super) groups: Option<GroupsOf>,
}

/// How the account was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Found,
    Linked,
    Made,
}

/// What a sign-in brings to find its account.
pub(super) struct Claimant<'a> {
    pub(super) connection: &'a Connection,
    pub(super) profile: &'a Profile,
    /// The identifier of the account if it has to be made.
    pub(super) new_user: UserId,
    pub(super) now: OffsetDateTime,
}

/// Finds, links or makes the account, and brings its profile and its groups up to date.
pub(super) async fn settle(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
) -> Result<Result<Account, Refusal>, Error> {
    if !is_text(&claimant.profile.subject) {
        return Ok(Err(Refusal::NoAccount));
    }
    if let Some(user) = by_identity(tx, claimant).await? {
        // Nothing is written before it is known that this user gets in.
        return welcome(tx, claimant, user, How::Found).await;
    }
    let point = tx.savepoint().await?;
    let judged = first_time(tx, claimant).await?;
    tx.keep_unless_refused(point, judged).await
}

/// An identity that was not known when it was looked for.
async fn first_time(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
) -> Result<Result<Account, Refusal>, Error> {
    // When another server is faster in making or binding it, the second look finds what it made.
    for _ in 0..3 {
        let Some((user, how)) = (match look(tx, claimant).await? {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal)),
        }) else {
            continue;
        };
        return welcome(tx, claimant, user, how).await;
    }
    Ok(Err(Refusal::NoAccount))
}

/// One look: the account, or none when another transaction was faster and the look has to be repeated.
async fn look(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
) -> Result<Result<Option<(User, How)>, Refusal>, Error> {
    if let Some(user) = by_identity(tx, claimant).await? {
        return Ok(Ok(Some((user, How::Found))));
    }
    let Some(email) = &claimant.profile.email else {
        return Ok(Err(Refusal::NoEmail));
    };
    if is_anothers(tx, claimant, email).await? {
        return Ok(Err(Refusal::OthersAddress));
    }
    let (user, how) = match by_email(tx, claimant, email).await? {
        Some(user) => {
            match may_link(tx, claimant, &user, email).await? {
                Ok(true) => {}
                Ok(false) => return Ok(Ok(None)),
                Err(refusal) => return Ok(Err(refusal)),
            }
            (user, How::Linked)
        }
        None => match make(tx, claimant, email).await? {
            Ok(Some(user)) => (user, How::Made),
            Ok(None) => return Ok(Ok(None)),
            Err(refusal) => return Ok(Err(refusal)),
        },
    };
    if bind(tx, claimant, user.id).await? {
        return Ok(Ok(Some((user, how))));
    }
    if how == How::Made {
        // The same subject came with another address at the same instant; the account just made has no use.
        query("DELETE FROM account WHERE id = $1")
            .bind(user.id.to_string())
            .execute(&mut *tx)
            .await?;
    }
    Ok(Ok(None))
}

/// Rule F1.
async fn by_identity(tx: &mut Tx, claimant: &Claimant<'_>) -> Result<Option<User>, Error> {
    let row = query(select_user!("JOIN identity i ON i.user_id = account.id WHERE i.connection_id = $1 AND i.subject = $2 AND account.company_id = $3"))
        .bind(claimant.connection.id.to_string())
        .bind(claimant.profile.subject.as_str())
        .bind(claimant.connection.company_id.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    row.as_ref().map(user).transpose()
}

/// The account of an address, locked until the transaction ends.
async fn by_email(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    email: &Email,
) -> Result<Option<User>, Error> {
    let company = claimant.connection.company_id.to_string();
    query("UPDATE account SET email_key = email_key WHERE company_id = $1 AND email_key = $2")
        .bind(company.as_str())
        .bind(email.key())
        .execute(&mut *tx)
        .await?;
    let row = query(select_user!(
        "WHERE account.company_id = $1 AND account.email_key = $2"
    ))
    .bind(company)
    .bind(email.key())
    .fetch_optional(&mut *tx)
    .await?;
    row.as_ref().map(user).transpose()
}

/// Whether the address is in a domain that is assigned to another connection of the company.
///
/// The owner's sign-in would be linked to the account with this address (rule F2): no one else may put one there before, or
/// the two would share it.
async fn is_anothers(tx: &mut Tx, claimant: &Claimant<'_>, email: &Email) -> Result<bool, Error> {
    let owner = owner(tx, claimant, email).await?;
    Ok(owner.is_some_and(|owner| owner != claimant.connection.id))
}

/// The connection that the company has assigned the address's domain to.
async fn owner(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    email: &Email,
) -> Result<Option<ConnectionId>, Error> {
    let company = claimant.connection.company_id;
    let domain = tx.domain(company, &email.domain_name()).await?;
    Ok(domain.filter(|it| it.links).and_then(|it| it.connection_id))
}

/// Rule F2: by e-mail address only when the connection may link; `false` when another transaction has just bound this very
/// subject to the account.
///
/// An account that an administrator made, without a password and without any identity, was made for single sign-on and waits
/// for its first sign-in ("Create SSO User"): making it was the administrator's word that this address may be bound.
async fn may_link(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    user: &User,
    email: &Email,
) -> Result<Result<bool, Refusal>, Error> {
    let rows = query("SELECT connection_id, subject FROM identity WHERE user_id = $1")
        .bind(user.id.to_string())
        .fetch_all(&mut *tx)
        .await?;
    for row in &rows {
        if row.parsed::<ConnectionId>("connection_id")? == claimant.connection.id {
            let same = row.text("subject")? == claimant.profile.subject;
            return Ok(if same {
                Ok(false)
            } else {
                Err(Refusal::BoundToAnother)
            });
        }
    }
    let waiting =
        user.created_by == Creation::Administrator && !user.has_password && rows.is_empty();
    let own = claimant.connection.id;
    let allowed =
        waiting && awaits(tx, user, own).await? || owner(tx, claimant, email).await? == Some(own);
    Ok(if allowed {
        Ok(true)
    } else {
        Err(Refusal::MayNotLink)
    })
}

/// Whether an account that waits for its first sign-in waits for this connection; without a word of an administrator, for the
/// only enabled one.
async fn awaits(tx: &mut Tx, user: &User, connection: ConnectionId) -> Result<bool, Error> {
    if let Some(named) = user.waits_for {
        return Ok(named == connection);
    }
    let row = query(
        "SELECT COUNT(*) AS count FROM connection WHERE company_id = $1 AND id <> $2 AND enabled_at IS NOT NULL",
    )
    .bind(user.company_id.to_string())
    .bind(connection.to_string())
    .fetch_one(&mut *tx)
    .await?;
    Ok(row.int("count")? == 0)
}

/// Rule F3: none when another transaction took the address.
async fn make(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    email: &Email,
) -> Result<Result<Option<User>, Refusal>, Error> {
    let Some(group) = claimant.connection.settings.jit else {
        return Ok(Err(Refusal::NoAccount));
    };
    let profile = claimant.profile;
    let user = User {
        id: claimant.new_user,
        company_id: claimant.connection.company_id,
        email: email.clone(),
        first_name: profile.first_name.clone().unwrap_or_default(),
        last_name: profile.last_name.clone().unwrap_or_default(),
        company_name: profile.company_name.clone().unwrap_or_default(),
        created_by: Creation::Jit,
        has_password: false,
        waits_for: None,
        disabled_at: None,
        created_at: claimant.now,
        last_sign_in_at: Some(claimant.now),
    };
    if !insert(tx, &user).await? {
        return Ok(Ok(None));
    }
    if !grant(
        tx,
        claimant,
        user.id,
        group,
        GrantSource::Jit(claimant.connection.id),
    )
    .await?
    {
        query("DELETE FROM account WHERE id = $1")
            .bind(user.id.to_string())
            .execute(&mut *tx)
            .await?;
        return Ok(Err(Refusal::NoJitGroup));
    }
    Ok(Ok(Some(user)))
}

/// Binds the subject to the account; `false` when another transaction bound either, or removed the connection.
async fn bind(tx: &mut Tx, claimant: &Claimant<'_>, user: UserId) -> Result<bool, Error> {
    let bound = query("INSERT INTO identity (connection_id, subject, user_id, created_at) SELECT c.id, $2, $3, $4 FROM connection c WHERE c.id = $1 ON CONFLICT DO NOTHING")
        .bind(claimant.connection.id.to_string())
        .bind(claimant.profile.subject.as_str())
        .bind(user.to_string())
        .bind(ms(claimant.now))
        .execute(&mut *tx)
        .await?;
    Ok(bound > 0)
}

/// The found account: refused when deactivated, else brought up to date.
async fn welcome(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    found: User,
    how: How,
) -> Result<Result<Account, Refusal>, Error> {
    let profile = claimant.profile;
    let row = query(concat!(
        "UPDATE account SET first_name = COALESCE($1, first_name), last_name = COALESCE($2, last_name), \
         company_name = COALESCE($3, company_name), last_sign_in_at = $4 WHERE id = $5 AND disabled_at IS NULL RETURNING account.search, ",
        user_columns!()
    ))
    .bind(profile.first_name.as_deref())
    .bind(profile.last_name.as_deref())
    .bind(profile.company_name.as_deref())
    .bind(ms(claimant.now))
    .bind(found.id.to_string())
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else {
        return Ok(Err(Refusal::Deactivated)); // rule F4
    };
    let mut user = user(&row)?;
    let email_kept = !update_email(tx, claimant, &mut user).await?;
    let search = searched(&user);
    if row.text("search")? != search {
        query("UPDATE account SET search = $1 WHERE id = $2")
            .bind(search)
            .bind(user.id.to_string())
            .execute(&mut *tx)
            .await?;
    }
    let groups = group_claim::reconcile(tx, claimant, found.id, how).await?;
    let known = User {
        last_sign_in_at: user.last_sign_in_at,
        ..found
    };
    if how != How::Made && (groups.changed() || known != user) {
        tx.user_changed(user.id);
    }
    Ok(Ok(Account {
        user,
        how,
        email_kept,
        groups: Some(groups),
    }))
}

/// Takes a new address over; `false` when it belongs to another account, or is not this connection's to give.
async fn update_email(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    found: &mut User,
) -> Result<bool, Error> {
    let Some(email) = claimant
        .profile
        .email
        .as_ref()
        .filter(|email| **email != found.email)
    else {
        return Ok(true);
    };
    if is_anothers(tx, claimant, email).await? {
        return Ok(false);
    }
    let updated = query(
        "UPDATE account SET email = $1, email_key = $2 WHERE id = $3 AND NOT EXISTS \
         (SELECT 1 FROM account other WHERE other.company_id = $4 AND other.email_key = $2 AND other.id <> $3)",
    )
    .bind(email.as_str())
    .bind(email.key())
    .bind(found.id.to_string())
    .bind(found.company_id.to_string())
    .execute(&mut *tx)
    .await?;
    if updated > 0 {
        found.email = email.clone();
    }
    Ok(updated > 0)
}
