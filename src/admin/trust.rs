//! Versions of a connection's trust: listed, compared, restored, read.

use super::connection::{ConnectionSettings, Difference, differences};
use super::{Admin, Obstacle, Refused};
use crate::domain::{Connection, ConnectionId, TrustLine, TrustVersion};
use crate::store::UnreadTrust;

impl Admin<'_> {
    /// A connection's versions up to a number, the newest first, and the numbers of the oldest and the newest of all that are
    /// kept; 0 for none.
    pub async fn trust_lines(
        &self,
        connection: &Connection,
        up_to: Option<i64>,
        limit: u32,
    ) -> Result<(Vec<TrustLine>, [i64; 2]), Refused> {
        let oldest = self.store.oldest_trust_version(connection.id).await?;
        let newest = self.store.newest_trust_version(connection.id).await?;
        let up_to = up_to.unwrap_or(newest).min(newest);
        let lines = self.store.trust_lines(connection.id, up_to, limit).await?;
        Ok((lines, [oldest, newest]))
    }

    /// One version of a connection.
    pub async fn trust_version(
        &self,
        connection: &Connection,
        number: i64,
    ) -> Result<TrustVersion, Refused> {
        let found = self.store.trust_version(connection.id, number).await?;
        found
            .filter(|version| version.company_id == self.company)
            .ok_or(Refused::NotFound)
    }

    /// What differs between two versions; without an older one, between nothing and the newer.
    pub async fn compare_versions(
        &self,
        connection: &Connection,
        older: Option<&TrustVersion>,
        newer: &TrustVersion,
    ) -> Result<Vec<Difference>, Refused> {
        let groups = self.store.groups(self.company).await?;
        let settings = ConnectionSettings::of(groups);
        let with = |settings| Connection {
            settings,
            ..connection.clone()
        };
        let before = older.map(|older| older.settings.clone());
        Ok(differences(
            &settings,
            &with(before.unwrap_or_else(|| newer.settings.blank())),
            &with(newer.settings.clone()),
        ))
    }

    /// The connection with the settings of an older version. Its names, its place and whether it is on stay as they are, and what
    /// the provider knows us by: secrets and keys of then are over there, and a retired redirect URI stays retired.
    pub async fn with_version(
        &self,
        connection: &Connection,
        number: i64,
    ) -> Result<Connection, Refused> {
        let version = self.trust_version(connection, number).await?;
        let settings = version.settings.with_credentials_of(&connection.settings);
        if settings == connection.settings {
            return Err(Obstacle::SameTrust { number }.into());
        }
        Ok(Connection {
            // Off, where it needs a secret of the provider that it comes back to.
            enabled: connection.enabled && settings.keeps_client_of(&connection.settings),
            settings,
            ..connection.clone()
        })
    }

    /// The changes of trust by others that this administrator has not read.
    pub async fn unread_trust(&self) -> Result<Vec<UnreadTrust>, Refused> {
        let Some(user) = self.actor.user else {
            return Ok(Vec::new());
        };
        // What was before the account is not news.
        let Some(me) = self.store.user(user).await? else {
            return Ok(Vec::new());
        };
        let standing = self
            .store
            .standing(self.company, user, me.created_at, self.now);
        Ok(standing.await?.unread_trust)
    }

    /// The newest version that this administrator has said to have read; 0 for none.
    pub async fn last_read_trust(&self, id: ConnectionId) -> Result<i64, Refused> {
        match self.actor.user {
            Some(user) => Ok(self.store.trust_read(user, id).await?),
            None => Ok(0),
        }
    }

    /// Notes that this administrator has read a connection's versions, up to this one.
    pub async fn read_trust(&self, id: ConnectionId, number: i64) -> Result<(), Refused> {
        let connection = self.connection(id).await?;
        let version = self.trust_version(&connection, number).await?;
        if let Some(user) = self.actor.user {
            self.store
                .read_trust(user, connection.id, version.number)
                .await?;
        }
        Ok(())
    }
}
