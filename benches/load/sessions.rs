//! Many live sessions at once, each of a person of its own.
//!
//! Signing in a million people takes hours of the identity provider's key, so one real sign-in is copied, row by row.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rusqlite::{Connection, params};
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
pub(crate) fn copy(world: &World, count: usize) {
    let mut database = Connection::open(world.data().join("vestibule.sqlite3")).unwrap();
    database.pragma_update(None, "foreign_keys", false).unwrap();
    let all = database.transaction().unwrap();
    {
        let prepare =
            |table, changed: &[&str]| all.prepare(&copying(&all, table, changed)).unwrap();
        let mut session = prepare("session", &["session_key", "user_id"]);
        let mut account = prepare("account", &["id", "email", "email_key"]);
        let mut grant = prepare("group_grant", &["user_id"]);
        for number in 0..count {
            let user = UserId::from_bytes(secret(number)).to_string();
            let email = format!("someone.{number}@contoso.com");
            let key = keys::hash(&secret(number));
            let copied = [
                session.execute(params![key, user]).unwrap(),
                account.execute(params![user, email, email]).unwrap(),
                grant.execute(params![user]).unwrap(),
            ];
            assert_eq!(copied, [1, 1, 1]);
        }
    }
    all.commit().unwrap();
}

/// A statement that copies the first row of a table, but for these columns.
fn copying(database: &Connection, table: &str, changed: &[&str]) -> String {
    let mut names = database
        .prepare("SELECT name FROM pragma_table_info(?1)")
        .unwrap();
    let columns: Vec<String> = names
        .query_map([table], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let place = |name: &String| changed.iter().position(|other| other == name);
    let values: Vec<String> = columns
        .iter()
        .map(|name| place(name).map_or_else(|| name.clone(), |at| format!("?{}", at + 1)))
        .collect();
    format!(
        "INSERT INTO {table} ({}) SELECT {} FROM {table} WHERE rowid = (SELECT min(rowid) FROM {table})",
        columns.join(", "),
        values.join(", ")
    )
}

/// How the database names one of the copies.
pub(crate) fn key(number: usize) -> [u8; 32] {
    keys::hash(&secret(number))
}

/// Sixteen octets that no other number has.
fn secret(number: usize) -> [u8; 16] {
    let mut octets = [0; 16];
    octets.copy_from_slice(&keys::hash(&number.to_le_bytes())[..16]);
    octets
}
