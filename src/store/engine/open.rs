//! Opening the database.
//!
//! Invariants: the SQLite file is private to its owner and survives a crash of the machine (WAL, synchronous=FULL); when
//! `open` returns, the schema is the newest.

use std::sync::Arc;

use super::migrate;
use crate::database::statement::query;
use crate::database::{Database, Lanes};
use crate::domain::Quotas;
use crate::store::{Error, Hasher, Store};

impl Store {
    /// Opens the database of a URL (`sqlite:<file>` or `postgres://…`), makes a missing SQLite file, and migrates.
    ///
    /// `hash` is SHA-256.
    pub async fn open(url: &str, hash: Hasher) -> Result<Self, Error> {
        let Lanes { prompt, patient } = Lanes::open(url).await?;
        migrate::run(&patient, hash).await?;
        Ok(Self {
            queue: matches!(prompt, Database::Sqlite(_)).then(Arc::default),
            database: prompt,
            patient,
            hash,
            quotas: Quotas::default(),
            attempts: Arc::default(),
            listener: Arc::default(),
        })
    }

    /// Which database it is, for people.
    pub fn backend_name(&self) -> &'static str {
        self.database.name()
    }

    /// The same database for whoever can wait: administrators, the API, and what runs in the background. On PostgreSQL it has
    /// connections of its own, so that no sign-in, check or start waits for one.
    #[must_use]
    pub fn at_leisure(&self) -> Self {
        Self {
            database: self.patient.clone(),
            ..self.clone()
        }
    }

    /// There are many more users now: PostgreSQL looks at their tables anew, so that lists are planned for what is there. Nobody
    /// waits for it. SQLite is never asked to, and its plans are always the same.
    pub fn take_stock(&self) {
        if let Database::Postgres(_) = self.patient {
            let patient = self.patient.clone();
            tokio::spawn(async move {
                // When it fails, the server does it by itself, later.
                let stock = query("ANALYZE account, identity, group_grant");
                let _ = stock.execute(&patient).await;
            });
        }
    }

    /// How often a database that may be far away was asked, and waited for, since the start; 0 of a file.
    pub fn round_trips(&self) -> u64 {
        self.database.round_trips()
    }

    /// Closes every connection after the statements that are under way.
    pub async fn close(&self) {
        self.database.close().await;
        self.patient.close().await;
    }
}
