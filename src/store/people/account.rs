//! The account of a verified profile: rules F1 to F5.
//!
//! Invariant: of two sign-ins at the same instant, on any server, one makes the account and the other finds it; an identity,
//! once bound, is never bound to another account.

use super::claimant::{AccountSource, Claimant};
use super::group_claim::{self, GroupOutcome, grant, returning};
use super::identity::{self, KnownIdentity};
use super::user::{insert, user, user_columns};
use super::{adoption, link, rename};
use crate::database::columns::{Row, is_text, json, ms};
use crate::database::statement::query;
use crate::domain::{AuditAction, AuditDetail, Creation, Email, Family, GrantSource, User};
use crate::store::engine::search::search_text;
use crate::store::sign_in::session;
use crate::store::{Error, Refusal, Tx};

/// An account that may sign in.
pub(in crate::store) struct Account {
    pub(in crate::store) user: User,
    pub(in crate::store) how: AccountSource,
    /// Why the account kept its own address, where the profile has another one.
    pub(in crate::store) email_kept: Option<&'static str>,
    /// Its password was taken away, because a token had set it and it has become an administrator's.
    pub(in crate::store) password_taken: bool,
    /// What became of its groups; none where no claims brought it.
    pub(in crate::store) groups: Option<GroupOutcome>,
    /// It was linked just now, and other connections know it as well: their names for people.
    pub(in crate::store) known_also_by: Vec<String>,
}

/// Finds, links or makes the account, and brings its profile and its groups up to date.
pub(in crate::store) async fn settle(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
) -> Result<Result<Account, Refusal>, Error> {
    let profile = claimant.profile;
    let names = profile.other_names.iter().chain(&profile.old_names);
    if !names.chain([&profile.subject]).all(|name| is_text(name)) {
        return Ok(Err(Refusal::NoEmail {
            subject: profile.subject.replace('\0', ""),
        }));
    }
    if let Some(row) = identity::come_again(tx, claimant).await? {
        let user = user(&row)?;
        let account = brought_up_to_date(tx, claimant, user, &row, AccountSource::Found);
        return account.await.map(Ok);
    }
    match identity::find(tx, claimant).await? {
        Err(refusal) => Ok(Err(refusal)),
        // Nothing is written before it is known that this user gets in.
        Ok(KnownIdentity::Subject(user)) => welcome(tx, claimant, user, AccountSource::Found).await,
        Ok(KnownIdentity::Nobody | KnownIdentity::Other(..)) => {
            let point = tx.savepoint().await?;
            let judged = Box::pin(first_time(tx, claimant)).await?;
            tx.keep_unless_refused(point, judged).await
        }
    }
}

/// A subject that was not known when it was looked for.
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
        return match welcome(tx, claimant, user, how).await? {
            Ok(account) => {
                // Before the counter, as whoever deletes a user takes them.
                if let Some(former) = claimant.replaces {
                    session::hold(tx, former).await?;
                }
                count_account(tx, claimant, account).await
            }
            refused => Ok(refused),
        };
    }
    // Only a connection that was removed in the meantime comes here.
    Ok(Err(match &claimant.profile.email {
        Some(email) => Refusal::NoAccount {
            email: email.clone(),
        },
        None => Refusal::NoEmail {
            subject: claimant.profile.subject.clone(),
        },
    }))
}

/// An account that was made is counted last, so that others who are made wait for as little as can be.
async fn count_account(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    account: Account,
) -> Result<Result<Account, Refusal>, Error> {
    match Box::pin(tx.settle(claimant.now)).await {
        Ok(()) => Ok(Ok(account)),
        Err(Error::Full(full)) => Ok(Err(Refusal::NoRoom {
            email: account.user.email,
            most: full.quota,
        })),
        Err(cause) => Err(cause),
    }
}

/// One look: the account, or none when another transaction was faster and the look has to be repeated.
async fn look(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
) -> Result<Result<Option<(User, AccountSource)>, Refusal>, Error> {
    match identity::find(tx, claimant).await? {
        Err(refusal) => return Ok(Err(refusal)),
        Ok(KnownIdentity::Subject(user)) => return Ok(Ok(Some((user, AccountSource::Found)))),
        Ok(KnownIdentity::Other(user, by)) => return by_other_name(tx, claimant, user, &by).await,
        Ok(KnownIdentity::Nobody) => {}
    }
    if let Some(adopted) = adoption::adopt(tx, claimant).await? {
        return Ok(Ok(Some(adopted)));
    }
    let Some(email) = &claimant.profile.email else {
        return Ok(Err(Refusal::NoEmail {
            subject: claimant.profile.subject.clone(),
        }));
    };
    let ground = match link::ground(tx, claimant, email).await? {
        Ok(ground) => ground,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (user, how) = match by_email(tx, claimant, email).await? {
        Some(user) => {
            match link::may_link(tx, claimant, &user, email, &ground).await? {
                Ok(true) => {}
                Ok(false) => return Ok(Ok(None)),
                Err(refusal) => return Ok(Err(refusal)),
            }
            (user, AccountSource::Linked)
        }
        None => match make(tx, claimant, email).await? {
            Ok(Some(user)) => (user, AccountSource::Made),
            Ok(None) => return Ok(Ok(None)),
            Err(refusal) => return Ok(Err(refusal)),
        },
    };
    if identity::bind(tx, claimant, &claimant.profile.subject, user.id).await? {
        if how == AccountSource::Linked {
            tx.waits_no_more(user.id).await?;
        }
        return Ok(Ok(Some((user, how))));
    }
    if how == AccountSource::Made {
        // The same subject came with another address at the same instant; the account just made has no use.
        query("DELETE FROM account WHERE id = $1")
            .bind(user.id.to_string())
            .execute(&mut *tx)
            .await?;
        tx.uses(user.company_id, Family::Users, -1);
    }
    Ok(Ok(None))
}

/// Rule F1: the identity provider sends a stronger name than it did.
async fn by_other_name(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    user: User,
    by: &str,
) -> Result<Result<Option<(User, AccountSource)>, Refusal>, Error> {
    match identity::bind_also(tx, claimant, &user, by).await? {
        Err(refusal) => return Ok(Err(refusal)),
        Ok(false) => return Ok(Ok(None)),
        Ok(true) => {}
    }
    let subject = &claimant.profile.subject;
    let detail = AuditDetail::BoundByOtherName { subject, by };
    let event = claimant.event(1, AuditAction::UserBind, &user);
    tx.audit(&event.with_detail(detail)).await?;
    Ok(Ok(Some((user, AccountSource::FoundByOther))))
}

/// The account of an address, locked until the transaction ends.
async fn by_email(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    email: &Email,
) -> Result<Option<User>, Error> {
    let row = query(concat!(
        "UPDATE account SET email_key = email_key WHERE company_id = $1 AND email_key = $2 RETURNING ",
        user_columns!()
    ))
    .bind(claimant.connection.company_id.to_string())
    .bind(email.key())
    .fetch_optional(&mut *tx)
    .await?;
    row.as_ref().map(user).transpose()
}

/// Rule F3: none when another transaction took the address.
async fn make(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    email: &Email,
) -> Result<Result<Option<User>, Refusal>, Error> {
    if let Some(name_id) = link::contradiction(claimant, email) {
        // It would take the address before its owner comes.
        return Ok(Err(Refusal::Contradicted {
            claim: email.clone(),
            name_id: name_id.clone(),
        }));
    }
    let Some(group) = claimant.connection.settings.jit else {
        return Ok(Err(Refusal::NoAccount {
            email: email.clone(),
        }));
    };
    let profile = claimant.profile;
    let user = User {
        id: claimant.new_user,
        company_id: claimant.connection.company_id,
        email: email.clone(),
        first_name: profile.first_name.clone().unwrap_or_default(),
        last_name: profile.last_name.clone().unwrap_or_default(),
        company_name: profile.company_name.clone().unwrap_or_default(),
        attributes: profile.further.clone(),
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
        return Ok(Err(Refusal::NoJitGroup));
    }
    Ok(Ok(Some(user)))
}

/// The found account: refused when deactivated, else brought up to date.
async fn welcome(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    found: User,
    how: AccountSource,
) -> Result<Result<Account, Refusal>, Error> {
    let profile = claimant.profile;
    let row = query(concat!(
        "UPDATE account SET last_sign_in_at = $1, first_name = COALESCE($3, first_name), last_name = COALESCE($4, last_name), \
         company_name = COALESCE($5, company_name) WHERE id = $6 AND disabled_at IS NULL",
        returning!()
    ))
    .bind(ms(claimant.now))
    .bind(group_claim::source(claimant))
    .bind(profile.first_name.as_deref())
    .bind(profile.last_name.as_deref())
    .bind(profile.company_name.as_deref())
    .bind(found.id.to_string())
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else {
        let company = claimant.connection.company_id;
        if tx.lock_user(company, found.id).await?.is_none() {
            // Deleted since it was found. The same again finds nobody.
            return Err(Error::Crossed);
        }
        let email = found.email;
        return Ok(Err(Refusal::Deactivated { email })); // rule F4
    };
    let account = brought_up_to_date(tx, claimant, found, &row, how);
    account.await.map(Ok)
}

/// The account as its row is now, with what else has to follow; `found` is what it was before.
async fn brought_up_to_date(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    found: User,
    row: &Row,
    how: AccountSource,
) -> Result<Account, Error> {
    let mut user = user(row)?;
    let found = User {
        email: user.email.clone(),
        attributes: user.attributes.clone(),
        ..found
    };
    let email_kept = rename::update_email(tx, claimant, &mut user).await?;
    // What the directory does not say any more is not known any more.
    user.attributes.clone_from(&claimant.profile.further);
    let search = search_text(&user);
    // The row is locked: what it says of attributes is what there is.
    if row.text("search")? != search || user.attributes != found.attributes {
        query("UPDATE account SET search = $1, attributes = $2 WHERE id = $3")
            .bind(search)
            .bind(json(&user.attributes)?)
            .bind(user.id.to_string())
            .execute(&mut *tx)
            .await?;
    }
    let mut groups = group_claim::reconcile(tx, claimant, found.id, row, how).await?;
    groups.give_of_directory(tx, claimant, found.id).await?;
    let mut password_taken = false;
    if user.has_password && (groups.changed() || how != AccountSource::Found) {
        let company = claimant.connection.company_id;
        password_taken = !tx
            .take_foreign_passwords(company, Some(user.id))
            .await?
            .is_empty();
    }
    if password_taken {
        user.has_password = false;
        let event = claimant.event(2, AuditAction::UserRemovePassword, &user);
        let event = event.with_detail(AuditDetail::ForeignPassword);
        tx.audit(&event).await?;
    }
    if how != AccountSource::Made
        && let Some(event) = claimant.change(&found, &user)
    {
        tx.audit(&event).await?;
    }
    let known_also_by = if how == AccountSource::Linked {
        audit_link(tx, claimant, &user).await?
    } else {
        Vec::new()
    };
    let known = User {
        last_sign_in_at: user.last_sign_in_at,
        ..found
    };
    if how != AccountSource::Made && (groups.changed() || known != user) {
        tx.user_changed(user.id);
    }
    Ok(Account {
        user,
        how,
        email_kept,
        password_taken,
        groups: Some(groups),
        known_also_by,
    })
}

/// Writes down that an account was linked by its address (rule F2), and who else knows it.
async fn audit_link(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    user: &User,
) -> Result<Vec<String>, Error> {
    let connection = claimant.connection;
    let others = tx.known_also_by(user.id, connection.id).await?;
    // The name comes last: it goes when the user is deleted.
    let detail = AuditDetail::LinkedByEmail {
        to: &link::shared_with(connection.name.as_str(), &others),
        subject: &claimant.profile.subject,
    };
    let event = claimant.event(4, AuditAction::UserLink, user);
    tx.audit(&event.with_detail(detail)).await?;
    Ok(others)
}
