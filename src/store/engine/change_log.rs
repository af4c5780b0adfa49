//! The change log: what running servers must see, and the end of a transaction that publishes it.
//!
//! Invariant: the counter's row is updated last in a transaction and locked until the commit, so that a reader who has seen
//! revision n has seen every change up to n.

use std::collections::HashSet;

use time::OffsetDateTime;

use super::change::LoggedChange;
use super::invalidation::Invalidation;
use crate::database::batch::{BatchRow, BatchStatement};
use crate::database::columns::{hex, ms, unhex};
use crate::database::statement::query;
use crate::domain::{CompanyId, ConnectionId, SessionKey, UserId};
use crate::store::{Error, Store, Tx};

/// What changed after a revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The counter now; ask with it the next time.
    pub revision: i64,
    /// The log does not reach back far enough: forget everything that was read before.
    pub everything: bool,
    /// Companies whose own data, connections or groups changed.
    pub companies: Vec<CompanyId>,
    /// Users whose data, groups or activation changed.
    pub users: Vec<UserId>,
    /// Sessions that ended before their time.
    pub sessions: Vec<SessionKey>,
}

impl Store {
    /// What changed after `since`; when nothing did, this reads one row.
    pub async fn changes_since(&self, since: i64) -> Result<Changes, Error> {
        let row = query("SELECT revision, floor FROM change_counter WHERE id = 1")
            .fetch_one(&self.database)
            .await?;
        let mut changes = Changes {
            revision: row.int("revision")?,
            ..Changes::default()
        };
        // A counter that went back is another database, or an older copy of this one.
        changes.everything = since < row.int("floor")? || since > changes.revision;
        if changes.everything || changes.revision == since {
            return Ok(changes);
        }
        let rows = query(
            "SELECT DISTINCT kind, subject FROM change WHERE revision > $1 AND revision <= $2",
        )
        .bind(since)
        .bind(changes.revision)
        .fetch_all(&self.database)
        .await?;
        for row in rows {
            match row.text("kind")?.as_str() {
                "company" => changes.companies.push(row.parsed("subject")?),
                "user" => changes.users.push(row.parsed("subject")?),
                "session" => {
                    let key =
                        unhex(&row.text("subject")?).ok_or_else(|| Error::corrupt("subject"))?;
                    changes.sessions.push(SessionKey(key));
                }
                _ => return Err(Error::corrupt("kind")),
            }
        }
        Ok(changes)
    }
}

static TELL: BatchStatement<2> = BatchStatement::new(
    "INSERT INTO change (revision, kind, subject, at) SELECT $1, column1, column2, $2 FROM (ROWS) AS v WHERE column1 IS NOT NULL",
    2,
);

/// Changes of one kind that are told one by one.
pub(in crate::store) const MANY: usize = 500;

impl Tx {
    /// Ends the transaction and publishes its changes.
    ///
    /// [`Error::Full`], and nothing of it is stored, when it adds what a quota has no room for.
    pub async fn commit(mut self, now: OffsetDateTime) -> Result<(), Error> {
        self.hold_changed_companies().await?;
        if !self.uses.is_empty() {
            Box::pin(self.settle(now)).await?;
        }
        if self.changed.is_empty() {
            return self.commit_quietly().await;
        }
        let mut told = HashSet::new();
        self.changed.retain(|change| told.insert(*change));
        let ended: Vec<Invalidation> = self
            .changed
            .iter()
            .copied()
            .filter_map(Invalidation::by)
            .collect();
        let listener = self.listener();
        self.publish(now).await?;
        let committed = self.commit_quietly().await;
        // Also when nobody knows whether it was: what is told is asked again, and no more.
        if let Some(listener) = listener {
            listener.tell(&ended);
        }
        committed
    }

    pub(in crate::store) fn company_changed(&mut self, id: CompanyId) {
        self.note(LoggedChange::Company(id));
    }

    pub(in crate::store) fn connection_changed(&mut self, company: CompanyId, id: ConnectionId) {
        self.note(LoggedChange::Company(company));
        self.note(LoggedChange::Connection(id));
    }

    pub(in crate::store) fn user_changed(&mut self, id: UserId) {
        self.note(LoggedChange::User(id));
    }

    pub(in crate::store) fn session_ended(&mut self, key: SessionKey) {
        self.note(LoggedChange::Session(key));
    }

    /// The same of several.
    pub(in crate::store) fn sessions_ended(
        &mut self,
        keys: impl ExactSizeIterator<Item = SessionKey>,
    ) {
        if keys.len() > MANY {
            self.everything_changed();
        } else {
            keys.for_each(|key| self.session_ended(key));
        }
    }

    /// More than is worth telling one by one: running servers forget all that they remember.
    pub(in crate::store) fn everything_changed(&mut self) {
        self.note(LoggedChange::Everything);
    }

    /// What is noted twice is told once.
    fn note(&mut self, change: LoggedChange) {
        self.changed.push(change);
    }

    /// Who changes a company's own row has locked it before the counters; so does who changes what belongs to it.
    async fn hold_changed_companies(&mut self) -> Result<(), Error> {
        let companies: Vec<CompanyId> = self
            .changed
            .iter()
            .filter_map(|change| match change {
                LoggedChange::Company(id) => Some(*id),
                _ => None,
            })
            .collect();
        for id in companies {
            self.lock_company(id).await?;
        }
        Ok(())
    }

    async fn publish(&mut self, now: OffsetDateTime) -> Result<(), Error> {
        let changed = std::mem::take(&mut self.changed);
        let row = query(
            "UPDATE change_counter SET revision = revision + 1 WHERE id = 1 RETURNING revision",
        )
        .fetch_one(&mut *self)
        .await?;
        let revision = row.int("revision")?;
        let mut told: Vec<BatchRow<2>> = Vec::new();
        for change in changed {
            let (kind, subject) = match change {
                LoggedChange::Company(id) => {
                    let sql = "UPDATE company SET revision = $1 WHERE id = $2";
                    query(sql)
                        .bind(revision)
                        .bind(id.to_string())
                        .execute(&mut *self)
                        .await?;
                    ("company", id.to_string())
                }
                LoggedChange::Connection(id) => {
                    let sql = "UPDATE connection SET revision = $1 WHERE id = $2";
                    query(sql)
                        .bind(revision)
                        .bind(id.to_string())
                        .execute(&mut *self)
                        .await?;
                    continue;
                }
                LoggedChange::Everything => {
                    let sql = "UPDATE change_counter SET floor = $1 WHERE id = 1";
                    query(sql).bind(revision).execute(&mut *self).await?;
                    continue;
                }
                LoggedChange::User(id) => ("user", id.to_string()),
                LoggedChange::Session(SessionKey(key)) => ("session", hex(&key)),
            };
            told.push([kind.to_owned().into(), subject.into()]);
        }
        let shared: BatchRow<2> = [revision.into(), ms(now).into()];
        TELL.execute(self, &shared, told).await?;
        Ok(())
    }
}
