//! A fresh database for each test, of either kind.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use url::Url;
use vestibule::store::Store;

/// A fresh database.
pub(crate) enum Database {
    Sqlite(tempfile::TempDir),
    Postgres { admin: String, name: String },
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(crate) async fn postgres() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let admin = std::env::var("VESTIBULE_TEST_POSTGRES")
            .expect("VESTIBULE_TEST_POSTGRES is not set: run script/test, or script/with-postgres cargo test");
        let name = format!(
            "vestibule_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let mut connection = PgConnection::connect(&admin).await.unwrap();
        connection
            .execute(sqlx::raw_sql(AssertSqlSafe(format!(
                "CREATE DATABASE {name}"
            ))))
            .await
            .unwrap();
        Self::Postgres { admin, name }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(directory) => format!(
                "sqlite:{}",
                directory
                    .path()
                    .join("new directory/vestibule.sqlite3")
                    .display()
            ),
            Self::Postgres { admin, name } => {
                let mut url: Url = admin.parse().unwrap();
                url.set_path(name);
                url.into()
            }
        }
    }

    /// Opens it, as one more server would.
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url(), openssl::sha::sha256)
            .await
            .unwrap()
    }

    /// Removes it. (After a failed test it stays, until the server goes.)
    pub(crate) async fn remove(self) {
        if let Self::Postgres { admin, name } = self {
            let mut connection = PgConnection::connect(&admin).await.unwrap();
            connection
                .execute(sqlx::raw_sql(AssertSqlSafe(format!(
                    "DROP DATABASE {name} WITH (FORCE)"
                ))))
                .await
                .unwrap();
        }
    }
}

/// Makes two tests of each function: one on SQLite, one on PostgreSQL.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use crate::store::database::Database;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let database = Database::sqlite();
                super::$name(&database).await;
                database.remove().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let database = Database::postgres().await;
                super::$name(&database).await;
                database.remove().await;
            }
        }
    )+};
}
pub(crate) use on_both;
