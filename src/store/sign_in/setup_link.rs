//! Set-up links, and the company's first administrator.
//!
//! Invariant: a link is used in the transaction that makes the administrator, revokes the company's other links and begins the
//! session, so that of two who use links at once one is too late.

use time::OffsetDateTime;

use super::refusal::Refusal;
use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::{
    AttemptId, AttemptKind, AuditDetail, AuditEvent, CompanyId, Family, Group, GroupId, GroupKind,
    SetupLink, SetupLinkId, User,
};
use crate::store::people::account::Account;
use crate::store::people::claimant::AccountSource;
use crate::store::people::user::insert;
use crate::store::{Error, Store, Tx};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, company_id, created_at, expires_at, used_at, revoked_at FROM setup_link ",
            $rest
        )
    };
}

/// What the holder of a link has typed, checked.
#[derive(Debug, Clone)]
pub struct SetUp {
    /// The link.
    pub link: SetupLinkId,
    /// The company's name from now on.
    pub company_name: String,
    /// The first administrator.
    pub user: User,
    /// Its sealed password; none to sign in by single sign-on later.
    pub password: Option<Vec<u8>>,
    /// The group to make when the company has no group of administrators who may use passwords.
    pub group: Group,
    /// The entry of the audit log. Its detail is what became of the link, and of the others.
    pub event: AuditEvent,
}

impl Tx {
    /// Adds a link; `hash` is that of its secret.
    pub async fn add_setup_link(&mut self, link: &SetupLink, hash: &[u8; 32]) -> Result<(), Error> {
        query(
            "INSERT INTO setup_link (id, company_id, secret_hash, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(link.id.to_string())
        .bind(link.company_id.to_string())
        .bind(hash.to_vec())
        .bind(ms(link.created_at))
        .bind(ms(link.expires_at))
        .execute(&mut *self)
        .await?;
        Ok(())
    }

    /// Revokes a company's links that can still be used: one of them, or all; how many.
    pub async fn revoke_setup_links(
        &mut self,
        company: CompanyId,
        only: Option<SetupLinkId>,
        now: OffsetDateTime,
    ) -> Result<u64, Error> {
        let revoked = query(
            "UPDATE setup_link SET revoked_at = $1 WHERE company_id = $2 AND ($3 IS NULL OR id = $3) \
             AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $1",
        )
        .bind(ms(now))
        .bind(company.to_string())
        .bind(only.map(|id| id.to_string()))
        .execute(&mut *self)
        .await?;
        Ok(revoked)
    }
}

impl Store {
    /// A company's links, the newest first.
    pub async fn setup_links(&self, company: CompanyId) -> Result<Vec<SetupLink>, Error> {
        let rows = query(select!(
            "WHERE company_id = $1 ORDER BY created_at DESC, id DESC"
        ))
        .bind(company.to_string())
        .fetch_all(&self.database)
        .await?;
        rows.iter().map(setup_link).collect()
    }

    /// The attempts of the company's sessions that began by a set-up link.
    pub async fn set_up_sign_ins(&self, company: CompanyId) -> Result<Vec<AttemptId>, Error> {
        // A link is used at the instant at which its session begins: an index leads from one to the other.
        let rows = query(
            "SELECT s.attempt_id FROM setup_link l \
             JOIN session s ON s.company_id = l.company_id AND s.signed_in_at = l.used_at AND s.connection_id IS NULL \
             JOIN login_attempt a ON a.id = s.attempt_id AND a.kind = $2 WHERE l.company_id = $1",
        )
        .bind(company.to_string())
        .bind(AttemptKind::SetUp.as_str())
        .fetch_all(&self.database)
        .await?;
        rows.iter()
            .map(|row| Ok(row.parsed("attempt_id")?))
            .collect()
    }

    /// The link of a secret.
    pub async fn setup_link(&self, hash: &[u8; 32]) -> Result<Option<SetupLink>, Error> {
        let row = query(select!("WHERE secret_hash = $1"))
            .bind(hash.to_vec())
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(setup_link).transpose()
    }
}

/// Uses the link up and makes the administrator.
pub(in crate::store) async fn set_up(
    tx: &mut Tx,
    company: CompanyId,
    set_up: &SetUp,
    now: OffsetDateTime,
) -> Result<Result<Account, Refusal>, Error> {
    let opened = query(
        "UPDATE setup_link SET used_at = $1 WHERE id = $2 AND company_id || '' = $3 \
         AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $1",
    )
    .bind(ms(now))
    .bind(set_up.link.to_string())
    .bind(company.to_string())
    .execute(&mut *tx)
    .await?;
    if opened == 0 {
        return Ok(Err(Refusal::LinkUsed));
    }
    let user = &set_up.user;
    if user.company_id != company || !insert(tx, user).await? {
        // The refusal is taken back: the link is there for another address.
        let email = user.email.clone();
        return Ok(Err(Refusal::EmailTaken { email }));
    }
    query("UPDATE account SET password = $1, password_by = CASE WHEN $1 IS NULL THEN NULL ELSE 'own' END, last_sign_in_at = $2 WHERE id = $3")
        .bind(set_up.password.as_deref())
        .bind(ms(now))
        .bind(user.id.to_string())
        .execute(&mut *tx)
        .await?;
    let group = administrators(tx, company, &set_up.group).await?;
    query(
        "INSERT INTO group_grant (user_id, group_id, source, created_at) VALUES ($1, $2, 'administrator', $3)",
    )
    .bind(user.id.to_string())
    .bind(group.to_string())
    .bind(ms(now))
    .execute(&mut *tx)
    .await?;
    // A way in is refused by no quota.
    tx.uses(company, Family::Memberships, 1);
    tx.uses_anyway();
    tx.rename_company(company, &set_up.company_name).await?;
    let revoked = tx.revoke_setup_links(company, None, now).await?;
    let detail = AuditDetail::SetUp {
        with_password: set_up.password.is_some(),
        revoked,
    };
    tx.audit(&set_up.event.clone().with_detail(detail)).await?;
    tx.user_changed(user.id);
    Ok(Ok(Account {
        user: User {
            has_password: set_up.password.is_some(),
            last_sign_in_at: Some(now),
            ..user.clone()
        },
        how: AccountSource::Made,
        email_kept: None,
        password_taken: false,
        groups: None,
        known_also_by: Vec::new(),
    }))
}

/// The company's oldest group of administrators who may use passwords; the given one when there is none.
async fn administrators(tx: &mut Tx, company: CompanyId, wanted: &Group) -> Result<GroupId, Error> {
    let row = query(
        "SELECT id FROM permission_group WHERE company_id = $1 AND kind = $2 AND sso_only = 0 \
         ORDER BY created_at, id LIMIT 1",
    )
    .bind(company.to_string())
    .bind(GroupKind::Administrator.as_str())
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(row) = row {
        return Ok(row.parsed("id")?);
    }
    // A group of members may have the title.
    for title in [wanted.title.clone(), format!("{} (console)", wanted.title)] {
        let added = query(
            "INSERT INTO permission_group (id, company_id, title, kind, sso_only, created_at) \
             VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT DO NOTHING",
        )
        .bind(wanted.id.to_string())
        .bind(company.to_string())
        .bind(title)
        .bind(GroupKind::Administrator.as_str())
        .bind(ms(wanted.created_at))
        .execute(&mut *tx)
        .await?;
        if added > 0 {
            tx.company_changed(company);
            return Ok(wanted.id);
        }
    }
    Err(Error::Taken(format!("the group \"{}\"", wanted.title)))
}

fn setup_link(row: &Row) -> Result<SetupLink, Error> {
    Ok(SetupLink {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        used_at: row.maybe_time("used_at")?,
        revoked_at: row.maybe_time("revoked_at")?,
    })
}
