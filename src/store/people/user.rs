//! Users, their passwords and their identities.

use crate::database::columns::{Row, is_text, json, ms};
use crate::database::statement::{Target, query};
use crate::domain::{CompanyId, Family, Identity, User, UserId};
use crate::store::engine::search::search_text;
use crate::store::{Error, Store, Tx};

/// The columns that `user` reads.
macro_rules! user_columns {
    () => {
        "account.id, account.company_id, account.email, account.first_name, account.last_name, account.company_name, \
         account.attributes, account.created_by, CASE WHEN account.password IS NULL THEN 0 ELSE 1 END AS has_password, account.waits_for, account.disabled_at, \
         account.created_at, account.last_sign_in_at"
    };
}
pub(in crate::store) use user_columns;

macro_rules! select_user {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            $crate::store::people::user::user_columns!(),
            " FROM account ",
            $rest
        )
    };
}
pub(in crate::store) use select_user;

impl Store {
    /// A company's users, by e-mail address.
    pub async fn users(&self, company: CompanyId) -> Result<Vec<User>, Error> {
        let rows = query(select_user!(
            "WHERE account.company_id = $1 ORDER BY account.email_key"
        ))
        .bind(company.to_string())
        .fetch_all(&self.database)
        .await?;
        rows.iter().map(user).collect()
    }

    /// A user by its identifier.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, Error> {
        let row = query(select_user!("WHERE account.id = $1"))
            .bind(id.to_string())
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(user).transpose()
    }

    /// A company's user by e-mail address, as typed; compared in ASCII lower case (rule D7).
    pub async fn user_by_email(
        &self,
        company: CompanyId,
        email: &str,
    ) -> Result<Option<User>, Error> {
        if !is_text(email) {
            return Ok(None);
        }
        let row = query(select_user!(
            "WHERE account.company_id = $1 AND account.email_key = $2"
        ))
        .bind(company.to_string())
        .bind(email.to_ascii_lowercase())
        .fetch_optional(&self.database)
        .await?;
        row.as_ref().map(user).transpose()
    }

    /// Whether a user's password is good for setting another one only.
    pub async fn has_password_for_once(&self, id: UserId) -> Result<bool, Error> {
        let row = query("SELECT password_for_once FROM account WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.database)
            .await?;
        row.map_or(Ok(false), |row| Ok(row.int("password_for_once")? != 0))
    }

    /// A user's sealed password hash, to be checked; none for an unknown user too.
    pub async fn password(&self, id: UserId) -> Result<Option<Vec<u8>>, Error> {
        password(&self.database, id).await
    }

    /// The identities of a user.
    pub async fn identities_of(&self, id: UserId) -> Result<Vec<Identity>, Error> {
        let rows = query("SELECT user_id, connection_id, subject, created_at FROM identity WHERE user_id = $1 ORDER BY created_at").bind(id.to_string()).fetch_all(&self.database).await?;
        rows.iter()
            .map(|row| {
                Ok(Identity {
                    user_id: row.parsed("user_id")?,
                    connection_id: row.parsed("connection_id")?,
                    subject: row.text("subject")?,
                    created_at: row.time("created_at")?,
                })
            })
            .collect()
    }
}

/// Inserts a user; `false` when its e-mail address is taken.
pub(in crate::store) async fn insert(tx: &mut Tx, user: &User) -> Result<bool, Error> {
    let added = query(
        "INSERT INTO account (id, company_id, email, email_key, first_name, last_name, company_name, created_by, disabled_at, created_at, \
         last_sign_in_at, search, waits_for, attributes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING",
    )
    .bind(user.id.to_string())
    .bind(user.company_id.to_string())
    .bind(user.email.as_str())
    .bind(user.email.key())
    .bind(user.first_name.as_str())
    .bind(user.last_name.as_str())
    .bind(user.company_name.as_str())
    .bind(user.created_by.as_str())
    .bind(user.disabled_at.map(ms))
    .bind(ms(user.created_at))
    .bind(user.last_sign_in_at.map(ms))
    .bind(search_text(user))
    .bind(user.waits_for.map(|id| id.to_string()))
    .bind(json(&user.attributes)?)
    .execute(&mut *tx)
    .await?;
    if added > 0 {
        tx.uses(user.company_id, Family::Users, 1);
    }
    Ok(added > 0)
}

pub(in crate::store) fn user(row: &Row) -> Result<User, Error> {
    Ok(User {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        email: row.parsed("email")?,
        first_name: row.text("first_name")?,
        last_name: row.text("last_name")?,
        company_name: row.text("company_name")?,
        attributes: row.json("attributes")?,
        created_by: row.parsed("created_by")?,
        has_password: row.int("has_password")? != 0,
        waits_for: row.maybe_parsed("waits_for")?,
        disabled_at: row.maybe_time("disabled_at")?,
        created_at: row.time("created_at")?,
        last_sign_in_at: row.maybe_time("last_sign_in_at")?,
    })
}

/// A user's sealed password hash; none for an unknown user too.
pub(in crate::store) async fn password(
    target: impl Target,
    id: UserId,
) -> Result<Option<Vec<u8>>, Error> {
    let row = query("SELECT password FROM account WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(target)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(row.maybe_blob("password")?.map(<[u8]>::to_vec))
}
