//! Many live sessions at once, each of a person of its own.
//!
//! Signing in a million people takes hours of the identity provider's key, so one real sign-in is copied, row by row.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _, query, query_scalar};
use vestibule::domain::UserId;
use vestibule::keys;

use crate::client::{Request, request};
use crate::world::{World, host};

/// The cookie of one of the copies.
pub(crate) fn cookie(number: usize) -> String {
    let value = BASE64_URL_SAFE_NO_PAD.encode(secret(number));
    format!("vestibule-session={value}")
}

/// A session check of one of the copies.
pub(crate) fn check(number: usize) -> Request {
    request("GET", &host(0), "/sso/session", &cookie(number), "")
}

/// Makes `count` copies of the one session that the database has, with their users and groups. No server may be running.
pub(crate) async fn copy(world: &World, count: usize) {
    let options = SqliteConnectOptions::new()
        .filename(world.data().join("vestibule.sqlite3"))
        .foreign_keys(false);
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    let session = copying(&mut database, "session", &["session_key", "user_id"]).await;
    let account = copying(&mut database, "account", &["id", "email", "email_key"]).await;
    let grant = copying(&mut database, "group_grant", &["user_id"]).await;
    let mut all = database.begin().await.unwrap();
    for number in 0..count {
        let user = UserId::from_bytes(secret(number)).to_string();
        let email = format!("someone.{number}@contoso.com");
        let key = keys::hash(&secret(number)).to_vec();
        let rows = [
            bound(&session).bind(key).bind(&user),
            bound(&account).bind(&user).bind(&email).bind(&email),
            bound(&grant).bind(&user),
        ];
        for row in rows {
            assert!(row.execute(&mut *all).await.unwrap().rows_affected() == 1);
        }
    }
    all.commit().await.unwrap();
    database.close().await.unwrap();
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments>;

fn bound(sql: &str) -> Query<'static> {
    query(AssertSqlSafe(sql.to_owned()))
}

/// A statement that copies the first row of a table, but for these columns.
async fn copying(database: &mut SqliteConnection, table: &str, changed: &[&str]) -> String {
    let columns: Vec<String> = query_scalar("SELECT name FROM pragma_table_info($1)")
        .bind(table)
        .fetch_all(database)
        .await
        .unwrap();
    let place = |name: &String| changed.iter().position(|other| other == name);
    let values: Vec<String> = columns
        .iter()
        .map(|name| place(name).map_or_else(|| name.clone(), |at| format!("${}", at + 1)))
        .collect();
    format!(
        "INSERT INTO {table} ({}) SELECT {} FROM {table} WHERE rowid = (SELECT min(rowid) FROM {table})",
        columns.join(", "),
        values.join(", ")
    )
}

/// Sixteen octets that no other number has.
fn secret(number: usize) -> [u8; 16] {
    let mut octets = [0; 16];
    octets.copy_from_slice(&keys::hash(&number.to_le_bytes())[..16]);
    octets
}
