//! A fresh database for each test, of either kind.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use tokio::sync::OnceCell;
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

    /// One that has every table and nothing in them: a copy, because a copy is made in a tenth of the time of all migrations.
    pub(crate) async fn postgres() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(|| async {
            let template = Self::empty_postgres().await;
            template.open().await.close().await;
            let Self::Postgres { name, .. } = template else {
                unreachable!()
            };
            name
        });
        let template = template.await;
        Self::postgres_with(&format!("TEMPLATE {template}")).await
    }

    /// One in which nothing is yet.
    pub(crate) async fn empty_postgres() -> Self {
        Self::postgres_with("").await
    }

    /// Another one of the same kind.
    pub(crate) async fn another(&self) -> Self {
        match self {
            Self::Sqlite(_) => Self::sqlite(),
            Self::Postgres { .. } => Self::postgres().await,
        }
    }

    /// One whose texts are Turkish: `LOWER` makes an `ı` of an `I`.
    pub(crate) async fn turkish() -> Self {
        Self::postgres_with("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'").await
    }

    async fn postgres_with(options: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let admin = std::env::var("VESTIBULE_TEST_POSTGRES")
            .expect("VESTIBULE_TEST_POSTGRES is not set: run script/test, or script/with-postgres cargo test");
        let name = format!(
            "vestibule_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let sql = format!("CREATE DATABASE {name} {options}");
        execute(&admin, sql).await;
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

    /// Every row of every table, but of those that a refusal writes to: attempts, and the IDs of used assertions.
    pub(crate) async fn rows(&self) -> Vec<String> {
        let written = ["login_attempt", "assertion_seen"];
        let mut all = Vec::new();
        match self {
            Self::Sqlite(_) => {
                let file = self.url().replace("sqlite:", "");
                let connection = rusqlite::Connection::open(file).unwrap();
                let names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
                for table in texts(&connection, names) {
                    if !written.contains(&table.as_str()) {
                        let rows = texts(&connection, &format!("SELECT * FROM {table}"));
                        all.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
                    }
                }
            }
            Self::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url()).await.unwrap();
                let names = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1";
                for table in connection.fetch_all(names).await.unwrap() {
                    let table: String = table.get(0);
                    if !written.contains(&table.as_str()) {
                        let sql = format!("SELECT row_to_json(t)::text FROM {table} t ORDER BY 1");
                        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
                        let rows = connection.fetch_all(sql).await.unwrap();
                        all.extend(
                            rows.iter()
                                .map(|row| format!("{table}: {}", row.get::<String, _>(0))),
                        );
                    }
                }
            }
        }
        all
    }

    /// Removes it. (After a failed test it stays, until the server goes.)
    pub(crate) async fn remove(self) {
        if let Self::Postgres { admin, name } = self {
            execute(&admin, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

/// A statement for the server, by a connection of its own.
async fn execute(admin: &str, sql: String) {
    let mut connection = PgConnection::connect(admin).await.unwrap();
    let statement = sqlx::raw_sql(AssertSqlSafe(sql));
    connection.execute(statement).await.unwrap();
}

/// The rows of a query as texts.
fn texts(connection: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values: Vec<String> = (0..columns)
            .map(|at| match row.get_ref(at).unwrap() {
                rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                other => format!("{other:?}"),
            })
            .collect();
        Ok(values.join(" | "))
    });
    let mut rows: Vec<String> = rows.unwrap().map(Result::unwrap).collect();
    rows.sort_unstable();
    rows
}

/// Makes two tests of each function: one on SQLite, one on PostgreSQL. Behind `empty:` it has no table yet.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => { on_both!(postgres: $($name),+); };
    (empty: $($name:ident),+ $(,)?) => { on_both!(empty_postgres: $($name),+); };
    ($postgres:ident: $($name:ident),+) => {$(
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
                let database = Database::$postgres().await;
                super::$name(&database).await;
                database.remove().await;
            }
        }
    )+};
}
pub(crate) use on_both;
