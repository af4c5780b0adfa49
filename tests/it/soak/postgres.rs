//! A PostgreSQL server of one's own, which keeps what it has committed, and which can be killed.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use url::Url;

/// The server, as long as this is held.
pub(crate) struct Postgres {
    script: Child,
    admin: String,
    control: PathBuf,
    databases: usize,
}

/// How it dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crash {
    /// `kill -9` for the server.
    Server,
    /// `kill -9` for the process of one connection, which takes all others with it.
    Backend,
    /// What its own `pg_ctl stop -m immediate` does.
    Immediate,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let mut script = Command::new("script/with-postgres")
            .args(["sh", "-c"])
            .arg("echo \"$VESTIBULE_TEST_POSTGRES\"; echo \"$VESTIBULE_TEST_POSTGRES_CONTROL\"; exec cat")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env_remove("VESTIBULE_TEST_POSTGRES")
            .env("VESTIBULE_TEST_POSTGRES_DURABLE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(script.stdout.take().unwrap()).lines();
        let mut line = || lines.next().expect("PostgreSQL did not start").unwrap();
        Self {
            admin: line(),
            control: line().into(),
            databases: 0,
            script,
        }
    }

    /// A new database; its URL.
    pub(crate) async fn database(&mut self) -> String {
        self.databases += 1;
        let name = format!("vestibule_{}", self.databases);
        let mut connection = PgConnection::connect(&self.admin).await.unwrap();
        let sql = format!("CREATE DATABASE {name}");
        connection
            .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
            .await
            .unwrap();
        let mut url: Url = self.admin.parse().unwrap();
        url.set_path(&name);
        url.into()
    }

    pub(crate) fn crash(&self, how: Crash) {
        self.control(match how {
            Crash::Server => "kill",
            Crash::Backend => "backend",
            Crash::Immediate => "immediate",
        });
    }

    /// Starts it again, and waits until it has recovered.
    pub(crate) fn restart(&self) {
        self.control("start");
    }

    /// Does what the control script has a word for.
    pub(crate) fn control(&self, verb: &str) {
        let said = Command::new(&self.control).arg(verb).output().unwrap();
        assert!(said.status.success(), "{verb}: {said:?}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The script waits for the end of its input.
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}
