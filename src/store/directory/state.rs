//! Who works on a directory, how far it is, and how the last synchronisation ended.
//!
//! Invariant: the lease is a row that is changed by one statement, so that of two nodes one has it; it is renewed in every
//! transaction of the work, and whoever has lost it writes nothing.

use time::OffsetDateTime;

use crate::database::columns::{Row, json, ms};
use crate::database::statement::{Target, query};
use crate::domain::{
    CompanyId, Connection, ConnectionId, HeldRemoval, RemovalCount, SyncPhase, SyncResult,
    SyncState,
};
use crate::store::{Error, Store, Tx};

/// What a node writes of its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncWork {
    /// Whose.
    pub connection_id: ConnectionId,
    /// The node.
    pub node: String,
    /// How far it is.
    pub phase: SyncPhase,
    /// Whether everything is read, and not only what has changed.
    pub is_full: bool,
    /// Grows with each full round: what was not seen in it is absent.
    pub round: i64,
    /// When the round began.
    pub started_at: OffsetDateTime,
    /// Pages, and what was on them.
    pub pages: u64,
    pub groups: u64,
    pub people: u64,
    pub members: u64,
    /// Whether people may be read.
    pub reads_people: bool,
    /// Where the list that is being read goes on; sealed, like all that follow.
    pub page_link: Option<Vec<u8>>,
    /// Where the changes since the last round that was applied are.
    pub groups_link: Option<Vec<u8>>,
    pub people_link: Option<Vec<u8>>,
    /// The same for this round, once its lists are read.
    pub next_groups_link: Option<Vec<u8>>,
    pub next_people_link: Option<Vec<u8>>,
    /// What is worth a look.
    pub remarks: Vec<String>,
}

/// A directory that this node works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedDirectory {
    /// Where the work is.
    pub work: SyncWork,
    /// Whether an administrator has started it.
    pub is_approved: bool,
    /// What an administrator has allowed to be removed.
    pub allowed: Option<RemovalCount>,
}

/// How a synchronisation ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncEnd {
    pub result: SyncResult,
    /// A sentence.
    pub text: String,
    /// What waits for an administrator's word.
    pub held: Option<HeldRemoval>,
    /// When the next one begins.
    pub next_at: OffsetDateTime,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT connection_id, company_id, node, phase, is_full, round, leased_until, started_at, pages, seen_groups, seen_people, \
             seen_members, reads_people, page_link, groups_link, people_link, next_groups_link, next_people_link, wanted_at, approved_at, \
             full_at, last_at, last_result, last_text, remarks, held, allowed, next_at FROM directory ",
            $rest
        )
    };
}

impl Store {
    /// How far the synchronisation of a connection's directory is; none before the first.
    pub async fn sync_state(&self, id: ConnectionId) -> Result<Option<SyncState>, Error> {
        let row = query(select!("WHERE connection_id = $1"))
            .bind(id.to_string())
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(state).transpose()
    }

    /// The same of every connection of a company that has one.
    pub async fn sync_states(&self, company: CompanyId) -> Result<Vec<SyncState>, Error> {
        let rows = query(select!("WHERE company_id = $1 ORDER BY connection_id"))
            .bind(company.to_string())
            .fetch_all(&self.database)
            .await?;
        rows.iter().map(state).collect()
    }

    /// The directories on which nobody has to begin yet, because somebody works on them, or their time has not come.
    pub async fn resting_directories(
        &self,
        now: OffsetDateTime,
    ) -> Result<Vec<ConnectionId>, Error> {
        let rows = query(
            "SELECT connection_id FROM directory WHERE leased_until > $1 OR (next_at > $1 AND wanted_at IS NULL)",
        )
        .bind(ms(now))
        .fetch_all(&self.database)
        .await?;
        rows.iter()
            .map(|row| Ok(row.parsed("connection_id")?))
            .collect()
    }
}

impl Tx {
    /// Takes a directory for a node until then; none when another node has it. One that is another's than it was begins anew.
    pub async fn lease_directory(
        &mut self,
        connection: &Connection,
        source: &str,
        node: &str,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Option<LeasedDirectory>, Error> {
        self.begin_directory(connection, source, now).await?;
        let id = connection.id.to_string();
        let leased = query(
            "UPDATE directory SET node = $2, leased_until = $3 WHERE connection_id = $1 \
             AND (node IS NULL OR node = $2 OR leased_until IS NULL OR leased_until <= $4)",
        )
        .bind(id.as_str())
        .bind(node)
        .bind(ms(until))
        .bind(ms(now))
        .execute(&mut *self)
        .await?;
        if leased == 0 {
            return Ok(None);
        }
        let other = query("SELECT source FROM directory WHERE connection_id = $1 AND source <> $2")
            .bind(id.as_str())
            .bind(source)
            .fetch_optional(&mut *self)
            .await?;
        if other.is_some() {
            self.begin_anew(&id, source).await?;
        }
        // From here on it runs, and a word that comes now asks for another one.
        query("UPDATE directory SET wanted_at = NULL WHERE connection_id = $1")
            .bind(id.as_str())
            .execute(&mut *self)
            .await?;
        let row = find(&mut *self, &id).await?;
        row.as_ref().map(|row| leased_of(row, node)).transpose()
    }

    /// Renews the lease and writes how far the work is; `false` when another node has it, and then nothing may be committed.
    pub async fn keep_directory(
        &mut self,
        work: &SyncWork,
        until: OffsetDateTime,
    ) -> Result<bool, Error> {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let kept = query(
            "UPDATE directory SET leased_until = $3, phase = $4, is_full = $5, round = $6, started_at = $7, pages = $8, seen_groups = $9, \
             seen_people = $10, seen_members = $11, reads_people = $12, page_link = $13, groups_link = $14, people_link = $15, \
             next_groups_link = $16, next_people_link = $17, remarks = $18 WHERE connection_id = $1 AND node = $2",
        )
        .bind(work.connection_id.to_string())
        .bind(work.node.as_str())
        .bind(ms(until))
        .bind(work.phase.as_str())
        .bind(i64::from(work.is_full))
        .bind(work.round)
        .bind(ms(work.started_at))
        .bind(count(work.pages))
        .bind(count(work.groups))
        .bind(count(work.people))
        .bind(count(work.members))
        .bind(i64::from(work.reads_people))
        .bind(work.page_link.as_deref())
        .bind(work.groups_link.as_deref())
        .bind(work.people_link.as_deref())
        .bind(work.next_groups_link.as_deref())
        .bind(work.next_people_link.as_deref())
        .bind(json(&work.remarks)?)
        .execute(self)
        .await?;
        Ok(kept > 0)
    }

    /// Notes that a full round has ended.
    pub async fn end_full_round(
        &mut self,
        id: ConnectionId,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        query("UPDATE directory SET full_at = $2 WHERE connection_id = $1")
            .bind(id.to_string())
            .bind(ms(now))
            .execute(self)
            .await?;
        Ok(())
    }

    /// Ends a synchronisation and gives the lease back; `false` when another node has it.
    pub async fn end_sync(
        &mut self,
        work: &SyncWork,
        end: &SyncEnd,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        if !self.keep_directory(work, now).await? {
            return Ok(false);
        }
        let was_applied = matches!(end.result, SyncResult::Done | SyncResult::Held);
        query(
            "UPDATE directory SET node = NULL, leased_until = NULL, last_at = $2, last_result = $3, last_text = $4, next_at = $5, \
             held = CASE WHEN $6 = 1 THEN $7 ELSE held END, allowed = CASE WHEN $6 = 1 THEN NULL ELSE allowed END WHERE connection_id = $1",
        )
        .bind(work.connection_id.to_string())
        .bind(ms(now))
        .bind(end.result.as_str())
        .bind(end.text.as_str())
        .bind(ms(end.next_at))
        .bind(i64::from(was_applied))
        .bind(end.held.as_ref().map(json).transpose()?)
        .execute(self)
        .await?;
        Ok(true)
    }

    /// Asks for a synchronisation to begin at once, on whichever node.
    pub async fn want_sync(
        &mut self,
        connection: &Connection,
        source: &str,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        self.begin_directory(connection, source, now).await?;
        query("UPDATE directory SET wanted_at = $2 WHERE connection_id = $1")
            .bind(connection.id.to_string())
            .bind(ms(now))
            .execute(self)
            .await?;
        Ok(())
    }

    /// An administrator starts it: from now on what is read is applied. `false` when it was started before.
    pub async fn approve_sync(
        &mut self,
        id: ConnectionId,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let approved = query(
            "UPDATE directory SET approved_at = $2 WHERE connection_id = $1 AND approved_at IS NULL",
        )
        .bind(id.to_string())
        .bind(ms(now))
        .execute(self)
        .await?;
        Ok(approved > 0)
    }

    /// An administrator allows what waits to be removed, and no more than that; what waited, if anything did.
    pub async fn allow_removal(&mut self, id: ConnectionId) -> Result<Option<HeldRemoval>, Error> {
        let row = query("SELECT held FROM directory WHERE connection_id = $1")
            .bind(id.to_string())
            .fetch_optional(&mut *self)
            .await?;
        let Some(held) = row
            .map(|row| row.maybe_json::<HeldRemoval>("held"))
            .transpose()?
            .flatten()
        else {
            return Ok(None);
        };
        query("UPDATE directory SET allowed = $2 WHERE connection_id = $1")
            .bind(id.to_string())
            .bind(json(&held.count)?)
            .execute(self)
            .await?;
        Ok(Some(held))
    }

    async fn begin_directory(
        &mut self,
        connection: &Connection,
        source: &str,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        query(
            "INSERT INTO directory (connection_id, company_id, source, phase, is_full, round, pages, seen_groups, seen_people, seen_members, \
             reads_people, last_text, remarks, next_at) \
             SELECT c.id, c.company_id, $2, $3, 1, 0, 0, 0, 0, 0, 1, '', '[]', $4 FROM connection c WHERE c.id = $1 ON CONFLICT DO NOTHING",
        )
        .bind(connection.id.to_string())
        .bind(source)
        .bind(SyncPhase::Idle.as_str())
        .bind(ms(now))
        .execute(self)
        .await?;
        Ok(())
    }

    /// Another directory than before: nothing of the earlier one counts, and an administrator looks at the preview again.
    async fn begin_anew(&mut self, id: &str, source: &str) -> Result<(), Error> {
        self.may_take_long().await?;
        for sql in [
            "DELETE FROM directory_member WHERE connection_id = $1",
            "DELETE FROM directory_group WHERE connection_id = $1",
            "DELETE FROM directory_person WHERE connection_id = $1",
        ] {
            query(sql).bind(id).execute(&mut *self).await?;
        }
        query(
            "UPDATE directory SET source = $2, phase = $3, is_full = 1, page_link = NULL, groups_link = NULL, people_link = NULL, \
             next_groups_link = NULL, next_people_link = NULL, approved_at = NULL, full_at = NULL, held = NULL, allowed = NULL, \
             last_result = NULL, last_text = '', remarks = '[]' WHERE connection_id = $1",
        )
        .bind(id)
        .bind(source)
        .bind(SyncPhase::Idle.as_str())
        .execute(self)
        .await?;
        Ok(())
    }
}

async fn find(target: impl Target, id: &str) -> Result<Option<Row>, Error> {
    let row = query(select!("WHERE connection_id = $1")).bind(id);
    Ok(row.fetch_optional(target).await?)
}

fn state(row: &Row) -> Result<SyncState, Error> {
    Ok(SyncState {
        connection_id: row.parsed("connection_id")?,
        company_id: row.parsed("company_id")?,
        phase: row.parsed("phase")?,
        is_full: row.int("is_full")? != 0,
        leased_until: row.maybe_time("leased_until")?,
        started_at: row.maybe_time("started_at")?,
        pages: number(row, "pages")?,
        groups: number(row, "seen_groups")?,
        people: number(row, "seen_people")?,
        members: number(row, "seen_members")?,
        reads_people: row.int("reads_people")? != 0,
        is_wanted: row.maybe_int("wanted_at")?.is_some(),
        approved_at: row.maybe_time("approved_at")?,
        full_at: row.maybe_time("full_at")?,
        last_at: row.maybe_time("last_at")?,
        last_result: row.maybe_parsed("last_result")?,
        last_text: row.text("last_text")?,
        remarks: row.json("remarks")?,
        held: row.maybe_json("held")?,
        next_at: row.time("next_at")?,
    })
}

fn leased_of(row: &Row, node: &str) -> Result<LeasedDirectory, Error> {
    let blob = |column| Ok::<_, Error>(row.maybe_blob(column)?.map(<[u8]>::to_vec));
    Ok(LeasedDirectory {
        work: SyncWork {
            connection_id: row.parsed("connection_id")?,
            node: node.to_owned(),
            phase: row.parsed("phase")?,
            is_full: row.int("is_full")? != 0,
            round: row.int("round")?,
            started_at: row
                .maybe_time("started_at")?
                .unwrap_or(OffsetDateTime::UNIX_EPOCH),
            pages: number(row, "pages")?,
            groups: number(row, "seen_groups")?,
            people: number(row, "seen_people")?,
            members: number(row, "seen_members")?,
            reads_people: row.int("reads_people")? != 0,
            page_link: blob("page_link")?,
            groups_link: blob("groups_link")?,
            people_link: blob("people_link")?,
            next_groups_link: blob("next_groups_link")?,
            next_people_link: blob("next_people_link")?,
            remarks: row.json("remarks")?,
        },
        is_approved: row.maybe_int("approved_at")?.is_some(),
        allowed: row.maybe_json("allowed")?,
    })
}

pub(super) fn number(row: &Row, column: &'static str) -> Result<u64, Error> {
    Ok(u64::try_from(row.int(column)?).unwrap_or_default())
}
