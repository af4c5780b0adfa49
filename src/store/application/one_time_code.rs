//! One-time codes that carry a session to another host (rules Q30 and Q31).
//!
//! Invariants: of a code that is shown one transaction in the world is the first, and it is spent whatever comes of it; a code of
//! one kind is never taken for the other; the database has its hash.

use crate::database::columns::ms;
use crate::database::statement::query;
use crate::domain::{ApplicationId, SessionKey};
use crate::store::engine::retention::PIECE;
use crate::store::{Error, Store, Tx};
use time::{Duration, OffsetDateTime};

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
    /// Whether the browser has sent something before that is lost (rule Q48).
    pub lost: bool,
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

/// The most codes that one session has at a time: somebody with a session asks for as many as he likes.
const MOST_OF_ONE: i64 = 32;
/// How long a code that is over is known, for who comes back to its address.
const KNOWN_AFTER: Duration = Duration::hours(1);

impl Store {
    /// Keeps a new code.
    pub async fn add_code(&self, code: &OneTimeCode) -> Result<(), Error> {
        query(
            "DELETE FROM one_time_code WHERE session_key = $1 AND code_hash NOT IN \
             (SELECT code_hash FROM one_time_code WHERE session_key = $1 ORDER BY expires_at DESC, code_hash LIMIT $2)",
        )
        .bind(code.session.0.to_vec())
        .bind(MOST_OF_ONE - 1)
        .execute(&self.database)
        .await?;
        query(
            "INSERT INTO one_time_code (code_hash, kind, application_id, origin, session_key, binding, back_to, lost, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(code.hash.to_vec())
        .bind(code.kind.as_str())
        .bind(code.application_id.to_string())
        .bind(code.origin.as_str())
        .bind(code.session.0.to_vec())
        .bind(code.binding.to_vec())
        .bind(code.back_to.as_str())
        .bind(i64::from(code.lost))
        .bind(ms(code.expires_at))
        .execute(&self.database)
        .await?;
        Ok(())
    }
}

impl Store {
    /// Forgets codes that are over.
    pub(in crate::store) async fn purge_codes(&self, now: OffsetDateTime) -> Result<u64, Error> {
        let over = query(
            "DELETE FROM one_time_code WHERE code_hash IN \
             (SELECT code_hash FROM one_time_code WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
        )
        .bind(ms(now.saturating_sub(KNOWN_AFTER)))
        .bind(PIECE);
        self.in_pieces(over).await
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
        self.hold_parents(hash, kind).await?;
        let spent = query(
            "UPDATE one_time_code SET spent_at = $3 WHERE code_hash = $1 AND kind = $2 AND spent_at IS NULL \
             RETURNING application_id, origin, session_key, binding, back_to, lost, expires_at",
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
                lost: row.int("lost")? != 0,
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

    /// Holds the application and the session that a code hangs on before the code itself, as whoever removes them does.
    async fn hold_parents(&mut self, hash: &[u8; 32], kind: CodeKind) -> Result<(), Error> {
        if self.writes_alone() {
            return Ok(());
        }
        for held in [
            "SELECT a.id FROM application a WHERE a.id = (SELECT c.application_id FROM one_time_code c WHERE c.code_hash = $1 AND c.kind = $2) \
             FOR KEY SHARE",
            "SELECT s.user_id FROM session s WHERE s.session_key = (SELECT c.session_key FROM one_time_code c WHERE c.code_hash = $1 AND c.kind = $2) \
             FOR KEY SHARE",
        ] {
            query(held)
                .bind(hash.to_vec())
                .bind(kind.as_str())
                .fetch_optional(&mut *self)
                .await?;
        }
        Ok(())
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
