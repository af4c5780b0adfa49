//! Connections of companies.

use super::statement::query;
use time::OffsetDateTime;

use super::columns::{Row, json, ms};
use super::{Error, Store};
use crate::domain::{CompanyId, Connection, ConnectionId, ConnectionName};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, company_id, name, display_name, sort_order, enabled_at, settings, revision, created_at FROM connection ",
            $rest
        )
    };
}

impl Store {
    /// Adds a connection.
    pub async fn add_connection(
        &self,
        connection: &Connection,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let added = query(
            "INSERT INTO connection (id, company_id, name, display_name, sort_order, enabled_at, settings, revision, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8) ON CONFLICT DO NOTHING",
        )
        .bind(connection.id.to_string())
        .bind(connection.company_id.to_string())
        .bind(connection.name.as_str())
        .bind(connection.display_name.as_str())
        .bind(connection.sort_order)
        .bind(connection.enabled.then(|| ms(now)))
        .bind(json(&connection.settings)?)
        .bind(ms(connection.created_at))
        .execute(&mut tx)
        .await?;
        if added == 0 {
            return Err(Error::Taken(format!(
                "the connection \"{}\"",
                connection.name
            )));
        }
        tx.connection_changed(connection.company_id, connection.id);
        tx.commit(now).await
    }

    /// Writes a connection's names, order, settings and whether it is enabled; `false` when it is not there, or changed since
    /// it was read. (The caller enables only what has a usable signing key, rule B2.)
    pub async fn update_connection(
        &self,
        connection: &Connection,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let mut tx = self.begin().await?;
        let updated = query(
            "UPDATE connection SET display_name = $1, sort_order = $2, \
             enabled_at = CASE WHEN $3 = 1 THEN COALESCE(enabled_at, $4) ELSE NULL END, settings = $5 \
             WHERE id = $6 AND company_id = $7 AND revision = $8",
        )
        .bind(connection.display_name.as_str())
        .bind(connection.sort_order)
        .bind(i64::from(connection.enabled))
        .bind(ms(now))
        .bind(json(&connection.settings)?)
        .bind(connection.id.to_string())
        .bind(connection.company_id.to_string())
        .bind(connection.revision)
        .execute(&mut tx)
        .await?;
        if updated == 0 {
            return Ok(false);
        }
        tx.connection_changed(connection.company_id, connection.id);
        tx.commit(now).await?;
        Ok(true)
    }

    /// A company's connections, in the order of the sign-in page.
    pub async fn connections(&self, company: CompanyId) -> Result<Vec<Connection>, Error> {
        let rows = query(select!("WHERE company_id = $1 ORDER BY sort_order, name"))
            .bind(company.to_string())
            .fetch_all(&self.database)
            .await?;
        rows.iter().map(connection).collect()
    }

    /// A connection by its identifier.
    pub async fn connection(&self, id: ConnectionId) -> Result<Option<Connection>, Error> {
        let row = query(select!("WHERE id = $1"))
            .bind(id.to_string())
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(connection).transpose()
    }

    /// A company's connection by its name.
    pub async fn connection_by_name(
        &self,
        company: CompanyId,
        name: &ConnectionName,
    ) -> Result<Option<Connection>, Error> {
        let row = query(select!("WHERE company_id = $1 AND name = $2"))
            .bind(company.to_string())
            .bind(name.as_str())
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(connection).transpose()
    }
}

fn connection(row: &Row) -> Result<Connection, Error> {
    Ok(Connection {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        name: row.parsed("name")?,
        display_name: row.text("display_name")?,
        sort_order: row.int("sort_order")?,
        enabled: row.maybe_int("enabled_at")?.is_some(),
        settings: row.json("settings")?,
        revision: row.int("revision")?,
        created_at: row.time("created_at")?,
    })
}
