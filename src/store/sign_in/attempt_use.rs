//! An attempt is used up: by the transaction that ends it, or before that, by whoever is the first to ask its provider.
//!
//! Invariant: of two at the same instant, on any server, one uses it up and the other is told (rules E1 and M3).

use crate::database::columns::ms;
use crate::database::sqlite::Durability;
use crate::database::statement::query;
use crate::domain::{AttemptId, AttemptKind, CompanyId, ConnectionId};
use crate::store::engine::queue::Job;
use crate::store::{Error, Hasher, Store, Tx};
use time::OffsetDateTime;

/// Uses an attempt up before its provider is asked (rule M3).
#[derive(Debug)]
struct ClaimAttempt {
    company: CompanyId,
    id: AttemptId,
    now: OffsetDateTime,
}

impl Job for ClaimAttempt {
    type Output = bool;

    async fn perform(&self, tx: &mut Tx, _: Hasher) -> Result<bool, Error> {
        Ok(consume(tx, self.company, self.id, self.now)
            .await?
            .is_some())
    }

    async fn alone(&self, store: &Store) -> Result<bool, Error> {
        let mut tx = store.begin().await?;
        let consumed = consume(&mut tx, self.company, self.id, self.now).await?;
        tx.commit_quietly().await?;
        Ok(consumed.is_some())
    }

    fn now(&self) -> OffsetDateTime {
        self.now
    }

    /// What a power failure takes away, the provider still knows: a code is redeemed once.
    fn durability(&self) -> Durability {
        Durability::Written
    }
}

impl Store {
    /// Uses an open attempt up, for whoever asks first; `false` for everybody else. It stays open until its verdict falls.
    pub async fn claim_attempt(
        &self,
        company: CompanyId,
        id: AttemptId,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        self.perform(ClaimAttempt { company, id, now }).await
    }
}

/// What an attempt was, when it is consumed.
pub(in crate::store) struct ConsumedAttempt {
    pub(in crate::store) connection_id: Option<ConnectionId>,
    pub(in crate::store) in_time: bool,
    pub(in crate::store) kind: AttemptKind,
    /// Its connection's number of changes, as it is now; none when there is no such connection.
    pub(in crate::store) revision: Option<i64>,
}

/// Consumes an attempt of a company; none when it is not there or was consumed already (rule E1). Of two servers at the
/// same instant, one waits for the other's row and then finds it consumed.
pub(in crate::store) async fn consume(
    tx: &mut Tx,
    company: CompanyId,
    id: AttemptId,
    now: OffsetDateTime,
) -> Result<Option<ConsumedAttempt>, Error> {
    let row = query(
        "UPDATE login_attempt SET consumed_at = $1 WHERE id = $2 AND company_id || '' = $3 AND consumed_at IS NULL AND outcome = 'open' \
         RETURNING connection_id, expires_at, kind, (SELECT c.revision FROM connection c WHERE c.id = login_attempt.connection_id) AS revision",
    )
    .bind(ms(now))
    .bind(id.to_string())
    .bind(company.to_string())
    .fetch_optional(&mut *tx)
    .await?;
    row.map(|row| {
        Ok(ConsumedAttempt {
            connection_id: row.maybe_parsed("connection_id")?,
            in_time: now < row.time("expires_at")?,
            kind: row.parsed("kind")?,
            revision: row.maybe_int("revision")?,
        })
    })
    .transpose()
}

/// An attempt that was claimed; none when it is not there or its verdict has fallen. Whoever claimed it is the only one who comes
/// here, and came in time then.
pub(in crate::store) async fn claimed(
    tx: &mut Tx,
    company: CompanyId,
    id: AttemptId,
) -> Result<Option<ConsumedAttempt>, Error> {
    let row = query(
        "SELECT connection_id, kind, (SELECT c.revision FROM connection c WHERE c.id = login_attempt.connection_id) AS revision \
         FROM login_attempt WHERE id = $1 AND company_id || '' = $2 AND consumed_at IS NOT NULL \
         AND outcome = 'open'",
    )
    .bind(id.to_string())
    .bind(company.to_string())
    .fetch_optional(&mut *tx)
    .await?;
    row.map(|row| {
        Ok(ConsumedAttempt {
            connection_id: row.maybe_parsed("connection_id")?,
            in_time: true,
            kind: row.parsed("kind")?,
            revision: row.maybe_int("revision")?,
        })
    })
    .transpose()
}
