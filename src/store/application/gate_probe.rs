//! Questions of `doctor gate` on their way through an operator's own proxy, and what arrived of them at the check (rule Q66).
//!
//! Invariants: a token is known by its hash and counts for a short time; there are never many probes, and never many observations
//! of one, whoever has its token. Nothing here opens anything.

use crate::database::columns::ms;
use crate::database::statement::query;
use crate::store::engine::retention::PIECE;
use crate::store::{Error, Store};
use time::{Duration, OffsetDateTime};

/// How long a probe counts.
pub const PROBE_LIVES: Duration = Duration::minutes(2);
/// The most probes at a time: the oldest ends.
const MOST_PROBES: i64 = 4;
/// The most observations of one: more than a doctor has questions.
const MOST_OBSERVATIONS: i64 = 96;
/// The most octets of an observation.
const LARGEST: usize = 8 * 1024;

impl Store {
    /// Begins a probe by the hash of its token.
    pub async fn begin_probe(&self, hash: &[u8; 32], now: OffsetDateTime) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        query("DELETE FROM gate_probe WHERE expires_at <= $1")
            .bind(ms(now))
            .execute(&mut tx)
            .await?;
        query(
            "DELETE FROM gate_probe WHERE token_hash NOT IN \
             (SELECT token_hash FROM gate_probe ORDER BY expires_at DESC, token_hash LIMIT $1)",
        )
        .bind(MOST_PROBES - 1)
        .execute(&mut tx)
        .await?;
        query("INSERT INTO gate_probe (token_hash, expires_at, noted) VALUES ($1, $2, 0)")
            .bind(hash.to_vec())
            .bind(ms(now.saturating_add(PROBE_LIVES)))
            .execute(&mut tx)
            .await?;
        tx.commit_quietly().await
    }

    /// Whether a probe counts and has room.
    pub async fn probe_lives(&self, hash: &[u8; 32], now: OffsetDateTime) -> Result<bool, Error> {
        let row = query(
            "SELECT noted FROM gate_probe WHERE token_hash = $1 AND expires_at > $2 AND noted < $3",
        )
        .bind(hash.to_vec())
        .bind(ms(now))
        .bind(MOST_OBSERVATIONS)
        .fetch_optional(&self.database)
        .await?;
        Ok(row.is_some())
    }

    /// Notes what arrived; `false` where the probe does not count any more or has no room.
    pub async fn note_at_probe(
        &self,
        hash: &[u8; 32],
        observed: &str,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        if observed.len() > LARGEST {
            return Ok(false);
        }
        let mut tx = self.begin().await?;
        let counted = query(
            "UPDATE gate_probe SET noted = noted + 1 WHERE token_hash = $1 AND expires_at > $2 AND noted < $3 RETURNING noted",
        )
        .bind(hash.to_vec())
        .bind(ms(now))
        .bind(MOST_OBSERVATIONS)
        .fetch_optional(&mut tx)
        .await?;
        let Some(counted) = counted else {
            return Ok(false);
        };
        query("INSERT INTO gate_observation (token_hash, place, observed) VALUES ($1, $2, $3)")
            .bind(hash.to_vec())
            .bind(counted.int("noted")?)
            .bind(observed)
            .execute(&mut tx)
            .await?;
        tx.commit_quietly().await?;
        Ok(true)
    }

    /// What was noted, in the order in which it came.
    pub async fn observations(&self, hash: &[u8; 32]) -> Result<Vec<String>, Error> {
        let rows =
            query("SELECT observed FROM gate_observation WHERE token_hash = $1 ORDER BY place")
                .bind(hash.to_vec())
                .fetch_all(&self.database)
                .await?;
        rows.iter().map(|row| Ok(row.text("observed")?)).collect()
    }

    /// Ends a probe with what was noted.
    pub async fn end_probe(&self, hash: &[u8; 32]) -> Result<(), Error> {
        query("DELETE FROM gate_probe WHERE token_hash = $1")
            .bind(hash.to_vec())
            .execute(&self.database)
            .await?;
        Ok(())
    }

    /// Forgets those that nobody has ended.
    pub(in crate::store) async fn purge_probes(&self, now: OffsetDateTime) -> Result<u64, Error> {
        let over = query(
            "DELETE FROM gate_probe WHERE token_hash IN \
             (SELECT token_hash FROM gate_probe WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
        )
        .bind(ms(now))
        .bind(PIECE);
        self.in_pieces(over).await
    }
}
