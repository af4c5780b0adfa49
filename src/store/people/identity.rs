//! By what names a connection knows its users (rule F1).
//!
//! Invariant: a name belongs to one user. Who comes with a stronger name than the one that is known, and with the known one as
//! well, has both from then on; a weaker name is never added to a stronger one, because it may be given to somebody else later.

use time::OffsetDateTime;

use super::claimant::Claimant;
use super::group_claim;
use super::group_claim::returning;
use super::user::{user, user_columns};
use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::{ConnectionId, User, UserId};
use crate::store::sign_in::refusal::LinkObstacle;
use crate::store::{Error, Refusal, Tx};

/// Whom an assertion's names lead to.
pub(in crate::store) enum KnownIdentity {
    Nobody,
    /// The subject does.
    Subject(User),
    /// Only this weaker name does.
    Other(User, String),
}

/// The most names that an assertion has: an attribute, an object identifier, a `NameID`, and two old forms of it.
const MOST: usize = 5;

/// Somebody whom the subject leads to, about whom nothing has changed and none of whose names leads to another, gets in with one
/// statement; none when there is more to look at.
pub(in crate::store) async fn come_again(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
) -> Result<Option<Row>, Error> {
    let profile = claimant.profile;
    // A question of its own for each name: there is one way to answer it.
    let mut greeting = query(concat!(
        "UPDATE account SET last_sign_in_at = $1 WHERE id = (SELECT user_id FROM identity WHERE connection_id = $3 AND subject = $4) \
         AND company_id || '' = $5 AND disabled_at IS NULL \
         AND first_name = COALESCE($6, first_name) AND last_name = COALESCE($7, last_name) AND company_name = COALESCE($8, company_name) \
         AND COALESCE((SELECT user_id FROM identity WHERE connection_id = $3 AND subject = $9), id) = id \
         AND COALESCE((SELECT user_id FROM identity WHERE connection_id = $3 AND subject = $10), id) = id \
         AND COALESCE((SELECT user_id FROM identity WHERE connection_id = $3 AND subject = $11), id) = id \
         AND COALESCE((SELECT user_id FROM identity WHERE connection_id = $3 AND subject = $12), id) = id",
        returning!()
    ))
    .bind(ms(claimant.now))
    .bind(group_claim::source(claimant))
    .bind(claimant.connection.id.to_string())
    .bind(profile.subject.as_str())
    .bind(claimant.connection.company_id.to_string())
    .bind(profile.first_name.as_deref())
    .bind(profile.last_name.as_deref())
    .bind(profile.company_name.as_deref());
    let mut others = profile.other_names.iter().chain(&profile.old_names);
    for _ in 1..MOST {
        greeting = greeting.bind(others.next().map(String::as_str));
    }
    Ok(greeting.fetch_optional(&mut *tx).await?)
}

/// Looks for the names of an assertion.
pub(in crate::store) async fn find(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
) -> Result<Result<KnownIdentity, Refusal>, Error> {
    let profile = claimant.profile;
    let names: Vec<&str> = [profile.subject.as_str()]
        .into_iter()
        .chain(profile.other_names.iter().map(String::as_str))
        .chain(profile.old_names.iter().map(String::as_str))
        .take(MOST)
        .collect();
    // Each name leads to its user, and neither the connection nor the company to all of theirs: nothing else is left to choose.
    let mut question = query(concat!(
        "SELECT i.subject, ",
        user_columns!(),
        " FROM (SELECT subject, user_id FROM identity WHERE connection_id = $1 AND subject = $3 \
         UNION ALL SELECT subject, user_id FROM identity WHERE connection_id = $1 AND subject = $4 \
         UNION ALL SELECT subject, user_id FROM identity WHERE connection_id = $1 AND subject = $5 \
         UNION ALL SELECT subject, user_id FROM identity WHERE connection_id = $1 AND subject = $6 \
         UNION ALL SELECT subject, user_id FROM identity WHERE connection_id = $1 AND subject = $7 LIMIT 5) AS i \
         LEFT JOIN account ON account.id = i.user_id WHERE COALESCE(account.company_id, '') = $2"
    ))
    .bind(claimant.connection.id.to_string())
    .bind(claimant.connection.company_id.to_string());
    for place in 0..MOST {
        question = question.bind(names.get(place).copied());
    }
    let rows = question.fetch_all(&mut *tx).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        found.push((row.text("subject")?, user(row)?));
    }
    let place = |name: &String| names.iter().position(|it| it == name);
    found.sort_by_key(|(name, _)| place(name));
    let mut found = found.into_iter();
    let Some((name, first)) = found.next() else {
        return Ok(Ok(KnownIdentity::Nobody));
    };
    // An old form holds no format: it may well be another's.
    let other = found.find(|(name, other)| {
        other.id != first.id && (name == &profile.subject || profile.other_names.contains(name))
    });
    if let Some((other_name, other)) = other {
        return Ok(Err(Refusal::TwoPeople {
            subject: name,
            account: first.email,
            name: other_name,
            other: other.email,
        }));
    }
    Ok(Ok(if name == profile.subject {
        KnownIdentity::Subject(first)
    } else {
        KnownIdentity::Other(first, name)
    }))
}

/// Binds the subject to the user that a weaker name has led to, unless the user has another subject of its kind.
pub(in crate::store) async fn bind_also(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    user: &User,
    by: &str,
) -> Result<Result<bool, Refusal>, Error> {
    query("UPDATE account SET email_key = email_key WHERE id = $1")
        .bind(user.id.to_string())
        .execute(&mut *tx)
        .await?;
    let profile = claimant.profile;
    let is_old = profile.old_names.iter().any(|old| old == by);
    let names = names_of(tx, user.id, claimant.connection.id).await?;
    if !names.iter().any(|name| name == by) {
        // Unlinked since it was found.
        return Ok(Ok(false));
    }
    let of_its_kind = names
        .into_iter()
        .find(|name| kind(name) == kind(&profile.subject) && !(is_old && name == by));
    match of_its_kind {
        Some(name) if name == profile.subject => return Ok(Ok(false)),
        Some(bound) => {
            return Ok(Err(Refusal::NotLinked {
                email: user.email.clone(),
                account: user.id,
                why: LinkObstacle::BoundByOther {
                    by: by.to_owned(),
                    bound,
                    came: profile.subject.clone(),
                },
            }));
        }
        None => {}
    }
    if is_old {
        query("DELETE FROM identity WHERE connection_id = $1 AND subject = $2")
            .bind(claimant.connection.id.to_string())
            .bind(by)
            .execute(&mut *tx)
            .await?;
    }
    let mut bound = bind(tx, claimant, &profile.subject, user.id).await?;
    if is_old {
        // The old form makes room for the same name as it is written now.
        for name in &profile.other_names {
            if kind(name) == kind(by) {
                bound &= bind(tx, claimant, name, user.id).await?;
            }
        }
    }
    Ok(Ok(bound))
}

/// Binds a name to the account; `false` when another transaction bound it, or removed the connection.
pub(in crate::store) async fn bind(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    name: &str,
    user: UserId,
) -> Result<bool, Error> {
    tx.bind_identity(claimant.connection.id, name, user, claimant.now)
        .await
}

/// The names of a user at a connection.
pub(in crate::store) async fn names_of(
    tx: &mut Tx,
    user: UserId,
    connection: ConnectionId,
) -> Result<Vec<String>, Error> {
    // By the user, who has few, and not by the connection, which has all.
    let rows = query(
        "SELECT subject FROM identity WHERE user_id = $1 AND connection_id || '' = $2 ORDER BY subject",
    )
    .bind(user.to_string())
    .bind(connection.to_string())
    .fetch_all(&mut *tx)
    .await?;
    rows.iter().map(|row| Ok(row.text("subject")?)).collect()
}

impl Tx {
    /// Writes the names of a connection's people anew, which begin in one way and begin in another from now on (rule R1). None is left
    /// as it was: where somebody has the new name already, it is whoever has the old one that counts.
    pub async fn rewrite_identities(
        &mut self,
        connection: ConnectionId,
        from: &str,
        to: &str,
    ) -> Result<u64, Error> {
        query(
            "DELETE FROM identity WHERE connection_id = $1 AND SUBSTR(subject, 1, LENGTH($3)) = $3 \
             AND EXISTS (SELECT 1 FROM identity o WHERE o.connection_id = $1 AND o.subject = $2 || SUBSTR(identity.subject, LENGTH($3) + 1))",
        )
        .bind(connection.to_string())
        .bind(from)
        .bind(to)
        .execute(&mut *self)
        .await?;
        let rewritten = query(
            "UPDATE identity SET subject = $3 || SUBSTR(subject, LENGTH($2) + 1) WHERE connection_id = $1 AND SUBSTR(subject, 1, LENGTH($2)) = $2",
        )
        .bind(connection.to_string())
        .bind(from)
        .bind(to)
        .execute(self)
        .await?;
        Ok(rewritten)
    }

    /// Binds a name at a connection to a user; `false` when somebody has it, or there is no such connection.
    pub async fn bind_identity(
        &mut self,
        connection: ConnectionId,
        name: &str,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let bound = query("INSERT INTO identity (connection_id, subject, user_id, created_at) SELECT c.id, $2, $3, $4 FROM connection c WHERE c.id = $1 ON CONFLICT DO NOTHING")
            .bind(connection.to_string())
            .bind(name)
            .bind(user.to_string())
            .bind(ms(now))
            .execute(self)
            .await?;
        Ok(bound > 0)
    }
}

/// What kind of name it is: everything before its value.
fn kind(name: &str) -> &str {
    let end = match name.split_once(':') {
        Some(("attribute", rest)) => rest.find('=').map(|at| "attribute:".len() + at),
        _ => name.find(['(', ':']),
    };
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_kinds() {
        for (name, expected) in [
            ("oid:0f1e", "oid"),
            ("name_id(emailAddress):a@b.c", "name_id"),
            ("name_id(*):a@b.c", "name_id"),
            ("attribute:employee=7", "attribute:employee"),
        ] {
            assert_eq!(kind(name), expected);
        }
    }
}
