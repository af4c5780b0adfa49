//! One-time codes that carry a session to another host (rules Q30 and Q31).
//!
//! Invariants: of a code that is shown one transaction in the world is the first, and it is spent whatever comes of it; a code of
//! one kind is never taken for the other; the database has its hash.

use crate::database::columns::ms;
use crate::database::statement::query;
use crate::domain::{ApplicationId, SessionKey};
use crate::store::{Error, Store, Tx};
use time::OffsetDateTime;

/// Who may redeem a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// Our own address at an application's host.
    Gate,
}

impl CodeKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Gate => "gate",
        }
    }
}

/// A code and what it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeCode {
    /// SHA-256 of the code.
    pub hash: [u8; 32],
    /// Who may redeem it.
    pub kind: CodeKind,
    /// For which application.
    pub application_id: ApplicationId,
    /// At which origin.
    pub origin: String,
    /// Whose session it carries.
    pub session: SessionKey,
    /// The hash of what the browser holds that asked.
    pub binding: [u8; 32],
    /// Where the browser goes then, as a path at the origin.
    pub back_to: String,
    /// Until when.
    pub expires_at: OffsetDateTime,
}

/// A code that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShownCode {
    /// For the first time: it is spent now.
    First(OneTimeCode),
    /// It was spent before.
    Again {
        /// The gate session that it made, if it did.
        gate: Option<SessionKey>,
        /// Where that browser went.
        back_to: String,
    },
    /// Nobody knows it.
    Unknown,
}

impl Store {
    /// Keeps a new code.
    pub async fn add_code(&self, code: &OneTimeCode) -> Result<(), Error> {
        query(
            "INSERT INTO one_time_code (code_hash, kind, application_id, origin, session_key, binding, back_to, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(code.hash.to_vec())
        .bind(code.kind.as_str())
        .bind(code.application_id.to_string())
        .bind(code.origin.as_str())
        .bind(code.session.0.to_vec())
        .bind(code.binding.to_vec())
        .bind(code.back_to.as_str())
        .bind(ms(code.expires_at))
        .execute(&self.database)
        .await?;
        Ok(())
    }
}

impl Tx {
    /// Spends a code of a kind. What it is bound to is the caller's to judge: it is spent whatever comes of that.
    pub async fn spend_code(
        &mut self,
        hash: &[u8; 32],
        kind: CodeKind,
        now: OffsetDateTime,
    ) -> Result<ShownCode, Error> {
        let spent = query(
            "UPDATE one_time_code SET spent_at = $3 WHERE code_hash = $1 AND kind = $2 AND spent_at IS NULL \
             RETURNING application_id, origin, session_key, binding, back_to, expires_at",
        )
        .bind(hash.to_vec())
        .bind(kind.as_str())
        .bind(ms(now))
        .fetch_optional(&mut *self)
        .await?;
        if let Some(row) = spent {
            return Ok(ShownCode::First(OneTimeCode {
                hash: *hash,
                kind,
                application_id: row.parsed("application_id")?,
                origin: row.text("origin")?,
                session: SessionKey(row.hash("session_key")?),
                binding: row.hash("binding")?,
                back_to: row.text("back_to")?,
                expires_at: row.time("expires_at")?,
            }));
        }
        let row =
            query("SELECT gate_key, back_to FROM one_time_code WHERE code_hash = $1 AND kind = $2")
                .bind(hash.to_vec())
                .bind(kind.as_str())
                .fetch_optional(&mut *self)
                .await?;
        Ok(match row {
            Some(row) => ShownCode::Again {
                gate: row.maybe_hash("gate_key")?.map(SessionKey),
                back_to: row.text("back_to")?,
            },
            None => ShownCode::Unknown,
        })
    }

    /// Notes which gate session a code has made.
    pub(super) async fn code_made(
        &mut self,
        hash: &[u8; 32],
        gate: SessionKey,
    ) -> Result<(), Error> {
        query("UPDATE one_time_code SET gate_key = $2 WHERE code_hash = $1")
            .bind(hash.to_vec())
            .bind(gate.0.to_vec())
            .execute(self)
            .await?;
        Ok(())
    }
}
