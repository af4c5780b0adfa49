//! Sessions.
//!
//! Invariant: a session begins in `sign_in` and nowhere else; one that ends before its time is in the change log, so that no
//! server's cache keeps it alive.

use super::attempt::{ClosingVerdict, close_attempt};
use crate::database::columns::{Row, duration_ms, json, ms};
use crate::database::sqlite::Durability;
use crate::database::statement::{StatementPair, Target, pair, query};
use crate::domain::{
    GrantSource, Group, GroupId, GroupKind, Session, SessionId, SessionKey, User, UserId,
};
use crate::store::engine::queue::Job;
use crate::store::{Error, Hasher, Store, Tx};
use time::{Duration, OffsetDateTime};

macro_rules! select {
    ($rest:literal $(, with $more:literal)?) => {
        concat!(
            "SELECT s.session_key, s.user_id, s.company_id, s.connection_id, s.attempt_id, s.name_id, s.session_index, s.signed_in_at, \
             s.expires_at, s.idle_ms, s.last_seen_at, s.authn_instant, s.authn_context",
            $(", ", $more,)?
            " FROM session s ",
            $rest
        )
    };
}
pub(super) use select as select_session;

/// The session of a key, with so much more. One that began while its connection was being deleted is none.
macro_rules! select_by_key {
    ($($more:literal)?) => {
        select!("WHERE s.session_key = $1 AND (s.connection_id IS NULL OR EXISTS (SELECT 1 FROM connection c WHERE c.id = s.connection_id))" $(, with $more)?)
    };
}

/// A live session with its user and the user's groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// How the database and the caches name the session.
    pub key: SessionKey,
    /// The session.
    pub session: Session,
    /// The user, who is not deactivated.
    pub user: User,
    /// The groups of the user, by title.
    pub groups: Vec<Group>,
}

impl SignedIn {
    /// Whether the user is in a permission group of administrators.
    pub fn is_administrator(&self) -> bool {
        self.groups
            .iter()
            .any(|group| group.kind == GroupKind::Administrator)
    }
}

/// The most sessions of one user in a list. Who has more than people look at is a program, and ends them all at once.
pub const SESSIONS_OF_ONE: usize = 200;

/// Notes that a session was used. Nobody waits for it, and a use that is lost ends a session a minute earlier.
#[derive(Debug)]
struct TouchSession {
    key: SessionKey,
    now: OffsetDateTime,
}

impl Job for TouchSession {
    type Output = ();
    const HAS_TIME: bool = true;

    async fn perform(&self, tx: &mut Tx, _: Hasher) -> Result<(), Error> {
        touch(tx, self.key, self.now).await
    }

    async fn alone(&self, store: &Store) -> Result<(), Error> {
        touch(&store.database, self.key, self.now).await
    }

    fn now(&self) -> OffsetDateTime {
        self.now
    }

    fn durability(&self) -> Durability {
        Durability::Written
    }
}

impl Store {
    /// How the database names the session of a browser's secret.
    pub fn session_key(&self, id: &SessionId) -> SessionKey {
        SessionKey((self.hash)(id.as_bytes()))
    }

    /// Who is signed in with a session; none when it has ended or its user is deactivated (rule F4).
    pub async fn signed_in(
        &self,
        key: SessionKey,
        now: OffsetDateTime,
    ) -> Result<Option<SignedIn>, Error> {
        match self.live_session(key, now).await? {
            Some(session) => self.signed_in_by(key, session).await,
            None => Ok(None),
        }
    }

    /// The first half of [`Self::signed_in`]: the session, when it is live.
    pub async fn live_session(
        &self,
        key: SessionKey,
        now: OffsetDateTime,
    ) -> Result<Option<Session>, Error> {
        let row = query(select_by_key!())
            .bind(key.0.to_vec())
            .fetch_optional(&self.database)
            .await?;
        let session = row.as_ref().map(session).transpose()?;
        Ok(session.filter(|it| it.is_live(now)))
    }

    /// The second half of [`Self::signed_in`]: whose live session it is.
    pub async fn signed_in_by(
        &self,
        key: SessionKey,
        session: Session,
    ) -> Result<Option<SignedIn>, Error> {
        let found = self.user_and_groups(session.user_id).await?;
        Ok(found.map(|(user, groups)| SignedIn {
            key,
            session,
            user,
            groups,
        }))
    }

    /// Notes that a session was used.
    pub async fn touch_session(&self, key: SessionKey, now: OffsetDateTime) -> Result<(), Error> {
        self.perform(TouchSession { key, now }).await
    }

    /// The sessions of a user that have not ended, the newest first, and the newest [`SESSIONS_OF_ONE`] only.
    pub async fn sessions_of(
        &self,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<Vec<(SessionKey, Session)>, Error> {
        Ok(self.newest_sessions_of(user, now, SESSIONS_OF_ONE).await?.0)
    }

    /// The newest so many, and whether older ones were left out.
    pub async fn newest_sessions_of(
        &self,
        user: UserId,
        now: OffsetDateTime,
        most: usize,
    ) -> Result<(Vec<(SessionKey, Session)>, bool), Error> {
        let mut rows = query(select!(
            "WHERE s.user_id = $1 AND s.expires_at > $2 ORDER BY s.signed_in_at DESC LIMIT $3"
        ))
        .bind(user.to_string())
        .bind(ms(now))
        .bind(i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1))
        .fetch_all(&self.database)
        .await?;
        let has_older = rows.len() > most;
        rows.truncate(most);
        Ok((not_ended(&rows, now)?, has_older))
    }

    /// Ends a session; `false` when there is none.
    pub async fn end_session(&self, key: SessionKey, now: OffsetDateTime) -> Result<bool, Error> {
        let mut tx = self.begin().await?;
        let ended = end(&mut tx, key).await?;
        tx.commit(now).await?;
        Ok(ended)
    }

    /// A live session and what its browser's pages keep, as JSON.
    pub(super) async fn live_session_data(
        &self,
        key: SessionKey,
        now: OffsetDateTime,
    ) -> Result<Option<(Session, String)>, Error> {
        let row = query(select_by_key!("s.data"))
            .bind(key.0.to_vec())
            .fetch_optional(&self.database)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let session = session(&row)?;
        Ok(if session.is_live(now) {
            Some((session, row.text("data")?))
        } else {
            None
        })
    }
}

/// By what a session is found: its `NameID` in ASCII lower case. Whether two are equal is decided by their format (rule D7).
pub(super) fn looked_up(name_id: &str) -> String {
    name_id.to_ascii_lowercase()
}

/// A session begins, and its attempt is closed.
static BEGIN: StatementPair = pair!(
    close_attempt!(),
    "INSERT INTO session (attempt_id, session_key, user_id, company_id, connection_id, name_id, name_id_value, session_index, \
     signed_in_at, expires_at, idle_ms, last_seen_at, data, authn_instant, authn_context, logout_hint) \
     SELECT $9, $7, $6, $10, $11, $12, $13, $14, $15, $16, $17, $18, '{}', $19, $20, $25 WHERE ($21 IS NULL OR EXISTS \
     (SELECT 1 FROM identity i WHERE i.connection_id = $11 AND i.subject = $21 AND i.user_id || '' = $6)) \
     AND ($26 IS NULL OR EXISTS (SELECT 1 FROM connection c WHERE c.id = $11 AND c.revision = $26)) \
     AND ($22 IS NULL OR ((SELECT COUNT(*) FROM group_grant m WHERE m.user_id = $6 AND m.source = $22) = $23 AND NOT EXISTS \
     (SELECT 1 FROM group_grant m WHERE m.user_id = $6 AND m.source = $22 AND $24 NOT LIKE '%' || m.group_id || '%')))"
);

/// What a sign-in has read, by which its session begins.
pub(in crate::store) struct SessionBasis<'a> {
    /// By what name its connection knows the user.
    pub(in crate::store) subject: &'a str,
    /// How often the connection had changed.
    pub(in crate::store) revision: Option<i64>,
    /// The groups that the connection's claim gives the user; none where they are not looked at.
    pub(in crate::store) groups: Option<&'a [GroupId]>,
    /// What its provider wants back at a sign-out, sealed. It stays beside the session, which is read with every request.
    pub(in crate::store) logout_hint: Option<&'a [u8]>,
}

/// Begins the session whose key closes its attempt, of a user whose account this transaction holds, only while all is as it was read:
/// nobody has changed the connection (rule E6), which knows the user by the subject (rule F1), and its claim gives these groups (rule F5). Whoever changes that holds the
/// account as well; what was read before that was committed is looked at here once more.
pub(in crate::store) async fn begin(
    tx: &mut Tx,
    session: &Session,
    read: Option<SessionBasis<'_>>,
    closing: ClosingVerdict<'_>,
) -> Result<(), Error> {
    // Who writes alone has read what is there.
    let groups = read.as_ref().and_then(|read| read.groups);
    let groups = groups.filter(|_| !tx.writes_alone());
    let revision = read.as_ref().and_then(|read| read.revision);
    let revision = revision.filter(|_| !tx.writes_alone());
    let source = groups.and(session.connection_id);
    let source = source.map(|id| GrantSource::Idp(id).to_string());
    let groups: Vec<String> = groups
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect();
    let values = closing
        .bind(
            query(BEGIN.together),
            session.attempt_id,
            session.signed_in_at,
        )
        .bind(session.company_id.to_string())
        .bind(session.connection_id.map(|id| id.to_string()))
        .bind(session.name_id.as_ref().map(json).transpose()?)
        .bind(
            session
                .name_id
                .as_ref()
                .map(|name_id| looked_up(&name_id.value)),
        )
        .bind(session.session_index.as_deref())
        .bind(ms(session.signed_in_at))
        .bind(ms(session.expires_at))
        .bind(duration_ms(session.idle))
        .bind(ms(session.last_seen_at))
        .bind(session.authn_instant.map(ms))
        .bind(session.authn_context.as_deref())
        .bind(read.as_ref().map(|read| read.subject))
        .bind(source)
        .bind(groups.len().try_into().unwrap_or(i64::MAX))
        .bind(groups.join(" "))
        .bind(
            read.as_ref()
                .and_then(|read| read.logout_hint)
                .map(<[u8]>::to_vec),
        )
        .bind(revision)
        .values;
    match tx.change_both(&BEGIN, values).await? {
        0 => Err(Error::Crossed),
        _ => Ok(()),
    }
}

/// Holds a session until the transaction ends, where others write at the same time.
pub(in crate::store) async fn hold(tx: &mut Tx, key: SessionKey) -> Result<(), Error> {
    if !tx.writes_alone() {
        query("UPDATE session SET data = data WHERE session_key = $1")
            .bind(key.0.to_vec())
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

async fn touch(target: impl Target, key: SessionKey, now: OffsetDateTime) -> Result<(), Error> {
    query("UPDATE session SET last_seen_at = $1 WHERE session_key = $2 AND last_seen_at < $1")
        .bind(ms(now))
        .bind(key.0.to_vec())
        .execute(target)
        .await?;
    Ok(())
}

pub(in crate::store) async fn end(tx: &mut Tx, key: SessionKey) -> Result<bool, Error> {
    let deleted = query("DELETE FROM session WHERE session_key = $1")
        .bind(key.0.to_vec())
        .execute(&mut *tx)
        .await?;
    let ended = deleted > 0;
    if ended {
        tx.session_ended(key);
    }
    Ok(ended)
}

pub(super) fn not_ended(
    rows: &[Row],
    now: OffsetDateTime,
) -> Result<Vec<(SessionKey, Session)>, Error> {
    let sessions = rows
        .iter()
        .map(|row| Ok((SessionKey(row.hash("session_key")?), session(row)?)));
    sessions
        .filter(|found| {
            found
                .as_ref()
                .map_or(true, |(_, session)| !session.has_ended(now))
        })
        .collect()
}

pub(in crate::store) fn session(row: &Row) -> Result<Session, Error> {
    Ok(Session {
        user_id: row.parsed("user_id")?,
        company_id: row.parsed("company_id")?,
        connection_id: row.maybe_parsed("connection_id")?,
        attempt_id: row.parsed("attempt_id")?,
        name_id: row.maybe_json("name_id")?,
        session_index: row.maybe_text("session_index")?,
        authn_instant: row.maybe_time("authn_instant")?,
        authn_context: row.maybe_text("authn_context")?,
        signed_in_at: row.time("signed_in_at")?,
        expires_at: row.time("expires_at")?,
        idle: Duration::milliseconds(row.int("idle_ms")?),
        last_seen_at: row.time("last_seen_at")?,
    })
}
