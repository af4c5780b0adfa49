//! Applications: where they are, whose users they serve, and what their proxies show (rules Q11 to Q15, Q55).
//!
//! Invariant: a host name leads to one application; of a proxy's key the database has the hash. What the operator changes here is
//! told as a change of everything, because it is rare and decides about every session.

pub(super) mod access;
pub(super) mod ended_session;
pub(super) mod gate_probe;
pub(super) mod gate_session;
pub(super) mod identity_key;
pub(super) mod one_time_code;

use std::collections::HashMap;

use super::{Error, Store, Tx};
use crate::database::columns::{Row, json, ms};
use crate::database::statement::query;
use crate::domain::{Application, ApplicationId, CompanyId, ServedCompanies};
use time::OffsetDateTime;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, display_name, settings, every_company, created_at FROM application ",
            $rest
        )
    };
}

/// The most keys of a proxy that count at the same time.
const MOST_PROXY_KEYS: usize = 2;

/// An application with the hashes of its proxy's keys.
#[derive(Debug, Clone)]
pub struct KnownApplication {
    /// The application.
    pub application: Application,
    /// SHA-256 of each key, the newest first.
    pub key_hashes: Vec<[u8; 32]>,
}

impl Store {
    /// Every application, by name.
    pub async fn applications(&self) -> Result<Vec<KnownApplication>, Error> {
        let rows = query(select!("ORDER BY name"))
            .fetch_all(&self.database)
            .await?;
        let companies = query("SELECT application_id, company_id FROM application_company")
            .fetch_all(&self.database)
            .await?;
        let keys = query(
            "SELECT application_id, key_hash FROM application_key ORDER BY created_at DESC, key_hash",
        )
        .fetch_all(&self.database)
        .await?;
        let mut named: HashMap<ApplicationId, Vec<CompanyId>> = HashMap::new();
        for row in &companies {
            let of = named.entry(row.parsed("application_id")?).or_default();
            of.push(row.parsed("company_id")?);
        }
        let mut hashes: HashMap<ApplicationId, Vec<[u8; 32]>> = HashMap::new();
        for row in &keys {
            let of = hashes.entry(row.parsed("application_id")?).or_default();
            of.push(row.hash("key_hash")?);
        }
        let known = |row: &Row| {
            let id = row.parsed("id")?;
            Ok(KnownApplication {
                application: application(row, named.remove(&id).unwrap_or_default())?,
                key_hashes: hashes.remove(&id).unwrap_or_default(),
            })
        };
        rows.iter().map(known).collect()
    }
}

impl Tx {
    /// Adds an application with its proxy's first key; [`Error::Taken`] when its name or a host is another's.
    pub async fn add_application(
        &mut self,
        application: &Application,
        key_hash: &[u8; 32],
    ) -> Result<(), Error> {
        let added = query(
            "INSERT INTO application (id, name, display_name, settings, every_company, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(application.id.to_string())
        .bind(application.name.as_str())
        .bind(application.display_name.as_str())
        .bind(json(&application.settings)?)
        .bind(i64::from(application.companies == ServedCompanies::Every))
        .bind(ms(application.created_at))
        .execute(&mut *self)
        .await?;
        if added == 0 {
            return Err(Error::Taken(format!(
                "the application \"{}\"",
                application.name
            )));
        }
        self.put_hosts(application).await?;
        self.put_served(application).await?;
        self.put_proxy_key(application.id, key_hash, application.created_at)
            .await?;
        self.everything_changed();
        Ok(())
    }

    /// Writes an application's names, settings and companies; `false` when it is not there.
    pub async fn update_application(&mut self, application: &Application) -> Result<bool, Error> {
        let updated = query(
            "UPDATE application SET display_name = $2, settings = $3, every_company = $4 WHERE id = $1",
        )
        .bind(application.id.to_string())
        .bind(application.display_name.as_str())
        .bind(json(&application.settings)?)
        .bind(i64::from(application.companies == ServedCompanies::Every))
        .execute(&mut *self)
        .await?;
        if updated == 0 {
            return Ok(false);
        }
        for table in [
            "DELETE FROM application_host WHERE application_id = $1",
            "DELETE FROM application_company WHERE application_id = $1",
        ] {
            query(table)
                .bind(application.id.to_string())
                .execute(&mut *self)
                .await?;
        }
        self.put_hosts(application).await?;
        self.put_served(application).await?;
        self.everything_changed();
        Ok(true)
    }

    /// Removes an application, with every gate session on its hosts; `false` when it is not there.
    pub async fn remove_application(&mut self, id: ApplicationId) -> Result<bool, Error> {
        let removed = query("DELETE FROM application WHERE id = $1")
            .bind(id.to_string())
            .execute(&mut *self)
            .await?;
        if removed > 0 {
            self.everything_changed();
        }
        Ok(removed > 0)
    }

    /// Adds a key of an application's proxy; of more than two the oldest stop counting.
    pub async fn add_proxy_key(
        &mut self,
        id: ApplicationId,
        key_hash: &[u8; 32],
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        self.put_proxy_key(id, key_hash, now).await?;
        let most = i64::try_from(MOST_PROXY_KEYS).unwrap_or(i64::MAX);
        query(
            "DELETE FROM application_key WHERE application_id = $1 AND key_hash NOT IN \
             (SELECT key_hash FROM application_key WHERE application_id = $1 ORDER BY created_at DESC, key_hash LIMIT $2)",
        )
        .bind(id.to_string())
        .bind(most)
        .execute(&mut *self)
        .await?;
        self.everything_changed();
        Ok(())
    }

    /// Ends every key of an application's proxy but the newest; how many have ended.
    pub async fn keep_newest_proxy_key(&mut self, id: ApplicationId) -> Result<u64, Error> {
        let ended = query(
            "DELETE FROM application_key WHERE application_id = $1 AND key_hash NOT IN \
             (SELECT key_hash FROM application_key WHERE application_id = $1 ORDER BY created_at DESC, key_hash LIMIT 1)",
        )
        .bind(id.to_string())
        .execute(&mut *self)
        .await?;
        self.everything_changed();
        Ok(ended)
    }

    async fn put_proxy_key(
        &mut self,
        id: ApplicationId,
        key_hash: &[u8; 32],
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        query("INSERT INTO application_key (application_id, key_hash, created_at) VALUES ($1, $2, $3)")
            .bind(id.to_string())
            .bind(key_hash.to_vec())
            .bind(ms(now))
            .execute(self)
            .await?;
        Ok(())
    }

    async fn put_hosts(&mut self, application: &Application) -> Result<(), Error> {
        let hosts = application.settings.hosts();
        for host in hosts {
            let added = query(
                "INSERT INTO application_host (host, application_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            )
            .bind(host.as_str())
            .bind(application.id.to_string())
            .execute(&mut *self)
            .await?;
            if added == 0 {
                return Err(Error::Taken(format!("the host name {host}")));
            }
        }
        Ok(())
    }

    async fn put_served(&mut self, application: &Application) -> Result<(), Error> {
        let ServedCompanies::Named(named) = &application.companies else {
            return Ok(());
        };
        for company in named {
            query("INSERT INTO application_company (application_id, company_id) VALUES ($1, $2)")
                .bind(application.id.to_string())
                .bind(company.to_string())
                .execute(&mut *self)
                .await?;
        }
        Ok(())
    }
}

fn application(row: &Row, named: Vec<CompanyId>) -> Result<Application, Error> {
    Ok(Application {
        id: row.parsed("id")?,
        name: row.parsed("name")?,
        display_name: row.text("display_name")?,
        settings: row.json("settings")?,
        companies: if row.int("every_company")? != 0 {
            ServedCompanies::Every
        } else {
            ServedCompanies::Named(named)
        },
        created_at: row.time("created_at")?,
    })
}
