//! The end of a full round: what was not in it is absent.
//!
//! Invariants: it is asked only once both lists were read to their end; members of a group that hides them are not absent because
//! nothing came; who has signed in a moment ago may not be in the list yet.

use time::OffsetDateTime;

use crate::database::columns::ms;
use crate::database::statement::query;
use crate::domain::{ConnectionId, Departure};
use crate::store::{Error, Tx};

/// The most rows that one transaction deletes: sign-ins wait for it.
pub const SETTLED_AT_ONCE: i64 = 2_000;

impl Tx {
    /// Groups that were not in a full round are gone.
    pub async fn settle_groups(&mut self, id: ConnectionId, round: i64) -> Result<u64, Error> {
        let gone = query(
            "UPDATE directory_group SET gone = 1 WHERE connection_id = $1 AND seen <> $2 AND gone = 0",
        )
        .bind(id.to_string())
        .bind(round)
        .execute(self)
        .await?;
        Ok(gone)
    }

    /// A piece of the memberships that were not in a full round; how many there were in it.
    pub async fn settle_members(&mut self, id: ConnectionId, round: i64) -> Result<u64, Error> {
        let gone = query(
            "DELETE FROM directory_member WHERE connection_id = $1 AND (group_id, member_id) IN \
             (SELECT m.group_id, m.member_id FROM directory_member m WHERE m.connection_id = $1 AND m.seen <> $2 \
              AND NOT EXISTS (SELECT 1 FROM directory_group g WHERE g.connection_id = $1 AND g.object_id = m.group_id \
                              AND g.is_hidden = 1 AND g.gone = 0 AND NOT EXISTS \
                              (SELECT 1 FROM directory_member n WHERE n.connection_id = $1 AND n.group_id = m.group_id AND n.seen = $2)) \
              LIMIT $3)",
        )
        .bind(id.to_string())
        .bind(round)
        .bind(SETTLED_AT_ONCE)
        .execute(self)
        .await?;
        Ok(gone)
    }

    /// People who were not in a full round are absent: those who are written down, and users whom the connection knows by `prefix`
    /// and their object ID since before `known_since`.
    pub async fn settle_people(
        &mut self,
        id: ConnectionId,
        round: i64,
        prefix: &str,
        known_since: OffsetDateTime,
    ) -> Result<u64, Error> {
        let absent = query(
            "UPDATE directory_person SET gone = $3 WHERE connection_id = $1 AND seen <> $2 AND gone IS NULL",
        )
        .bind(id.to_string())
        .bind(round)
        .bind(Departure::Absent.as_str())
        .execute(&mut *self)
        .await?;
        let unknown = query(
            "INSERT INTO directory_person (connection_id, object_id, gone, seen) \
             SELECT i.connection_id, SUBSTR(i.subject, LENGTH($4) + 1), $3, $2 FROM identity i WHERE i.connection_id = $1 \
             AND i.subject > $4 AND SUBSTR(i.subject, 1, LENGTH($4)) = $4 AND LENGTH(i.subject) = LENGTH($4) + 36 \
             AND i.created_at < $5 ON CONFLICT DO NOTHING",
        )
        .bind(id.to_string())
        .bind(round)
        .bind(Departure::Absent.as_str())
        .bind(prefix)
        .bind(ms(known_since))
        .execute(&mut *self)
        .await?;
        Ok(absent + unknown)
    }

    /// A piece of the people who are gone and have no account here: they are forgotten.
    pub async fn forget_people_gone(
        &mut self,
        id: ConnectionId,
        round: i64,
        prefix: &str,
    ) -> Result<u64, Error> {
        let forgotten = query(
            "DELETE FROM directory_person WHERE connection_id = $1 AND object_id IN \
             (SELECT p.object_id FROM directory_person p WHERE p.connection_id = $1 AND p.gone IS NOT NULL AND p.seen <> $2 \
              AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.connection_id = $1 AND i.subject = $3 || p.object_id) LIMIT $4)",
        )
        .bind(id.to_string())
        .bind(round)
        .bind(prefix)
        .bind(SETTLED_AT_ONCE)
        .execute(self)
        .await?;
        Ok(forgotten)
    }
}
