//! What attempts hold beyond their records, sealed.
//!
//! Invariant: a company has a bounded number of them, so that whoever sends messages that are refused fills no disk; the newest
//! are kept.

use time::OffsetDateTime;

use crate::database::columns::ms;
use crate::database::sqlite::Durability;
use crate::database::statement::query;
use crate::domain::{AttemptId, CompanyId, Evidence, EvidenceKind};
use crate::store::engine::queue::Job;
use crate::store::{Error, Hasher, Store, Tx};

/// Keeps something of an attempt. It is a help and no more.
#[derive(Debug)]
struct KeepEvidence(Evidence);

impl Job for KeepEvidence {
    type Output = ();

    async fn perform(&self, tx: &mut Tx, _: Hasher) -> Result<(), Error> {
        keep(tx, &self.0).await
    }

    async fn alone(&self, store: &Store) -> Result<(), Error> {
        let mut tx = store.begin().await?;
        keep(&mut tx, &self.0).await?;
        tx.commit(self.0.kept_at).await
    }

    fn now(&self) -> OffsetDateTime {
        self.0.kept_at
    }

    fn durability(&self) -> Durability {
        Durability::Written
    }
}

impl Store {
    /// Keeps something of an attempt. It may be lost with the machine's power; nothing depends on it.
    pub async fn keep_evidence(&self, evidence: Evidence) -> Result<(), Error> {
        self.perform(KeepEvidence(evidence)).await
    }

    /// What is kept of an attempt of a company, still sealed.
    pub async fn evidence(
        &self,
        company: CompanyId,
        attempt: AttemptId,
        kind: EvidenceKind,
        now: OffsetDateTime,
    ) -> Result<Option<Vec<u8>>, Error> {
        let row = query("SELECT sealed FROM attempt_evidence WHERE attempt_id = $1 AND kind = $2 AND company_id = $3 AND expires_at > $4")
            .bind(attempt.to_string())
            .bind(kind.as_str())
            .bind(company.to_string())
            .bind(ms(now))
            .fetch_optional(&self.database)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(row.maybe_blob("sealed")?.map(<[u8]>::to_vec))
    }
}

/// Keeps it, and lets go of what is older than the newest 200 of its company and kind.
async fn keep(tx: &mut Tx, evidence: &Evidence) -> Result<(), Error> {
    query(
        "INSERT INTO attempt_evidence (attempt_id, kind, company_id, sealed, kept_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT DO NOTHING",
    )
    .bind(evidence.attempt_id.to_string())
    .bind(evidence.kind.as_str())
    .bind(evidence.company_id.to_string())
    .bind(evidence.sealed.as_slice())
    .bind(ms(evidence.kept_at))
    .bind(ms(evidence.expires_at))
    .execute(&mut *tx)
    .await?;
    query(
        "DELETE FROM attempt_evidence WHERE company_id = $1 AND kind = $2 AND kept_at < (SELECT e.kept_at FROM attempt_evidence e \
         WHERE e.company_id = $1 AND e.kind = $2 ORDER BY e.kept_at DESC LIMIT 1 OFFSET 199)",
    )
    .bind(evidence.company_id.to_string())
    .bind(evidence.kind.as_str())
    .execute(&mut *tx)
    .await?;
    Ok(())
}
