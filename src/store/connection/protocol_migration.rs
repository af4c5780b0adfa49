//! What an older version wrote as the settings of SAML becomes the settings of a connection with its protocol.
//!
//! Invariant: every setting keeps its value; what is the same whatever a connection speaks leaves the settings of SAML. They are read as
//! JSON and not as the nouns of today, which tomorrow are others.

use serde_json::{Map, Value};

use crate::database::columns::{Row, json};
use crate::database::statement::query;
use crate::domain::Settings;
use crate::store::{Error, Tx};

/// What every connection has, as it was called then.
const COMMON: [&str; 11] = [
    "jit",
    "jit_kept",
    "guests",
    "trust_email_claim",
    "identity_attribute",
    "attributes",
    "group_mapping",
    "single_logout",
    "force_authn",
    "max_authentication_age",
    "clock_skew_seconds",
];

/// Rewrites the settings of all connections, and of all their versions, in the transaction of the migration.
pub(in crate::store) async fn run(tx: &mut Tx) -> Result<(), Error> {
    let connections = query("SELECT id, settings FROM connection ORDER BY id")
        .fetch_all(&mut *tx)
        .await?;
    for row in &connections {
        query("UPDATE connection SET settings = $1 WHERE id = $2")
            .bind(with_protocol(row)?)
            .bind(row.text("id")?)
            .execute(&mut *tx)
            .await?;
    }
    let versioned =
        query("SELECT DISTINCT connection_id FROM trust_version ORDER BY connection_id")
            .fetch_all(&mut *tx)
            .await?;
    for row in &versioned {
        versions(tx, &row.text("connection_id")?).await?;
    }
    Ok(())
}

async fn versions(tx: &mut Tx, connection: &str) -> Result<(), Error> {
    let rows = query("SELECT number, settings FROM trust_version WHERE connection_id = $1")
        .bind(connection)
        .fetch_all(&mut *tx)
        .await?;
    for row in &rows {
        query("UPDATE trust_version SET settings = $1 WHERE connection_id = $2 AND number = $3")
            .bind(with_protocol(row)?)
            .bind(connection)
            .bind(row.int("number")?)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Settings of a connection, or of a version of them; also as a server of the version before writes them, which goes on until it is
/// replaced.
pub(in crate::store) fn settings(row: &Row) -> Result<Settings, Error> {
    row.json("settings").or_else(|_| {
        serde_json::from_str(&with_protocol(row)?).map_err(|_| Error::corrupt("settings"))
    })
}

fn with_protocol(row: &Row) -> Result<String, Error> {
    let mut saml: Map<String, Value> = row.json("settings")?;
    if saml.contains_key("protocol") {
        return Ok(json(&saml)?);
    }
    let mut settings = Map::new();
    for name in COMMON {
        if let Some(value) = saml.remove(name) {
            settings.insert(name.to_owned(), value);
        }
    }
    let protocol = Map::from_iter([("saml".to_owned(), Value::Object(saml))]);
    settings.insert("protocol".to_owned(), Value::Object(protocol));
    Ok(json(&settings)?)
}
