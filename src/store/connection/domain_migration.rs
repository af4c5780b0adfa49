//! What an older version wrote into a connection's settings about domains (`email_domains`, `link`) becomes the company's.
//!
//! Invariants: nothing is opened: a domain links where one linked it before, and through one connection only; nobody is shut
//! out: a company of which a domain is carried over goes on to take addresses outside of its domains (`guests`).
//!
//! The settings are read as JSON and not as the nouns of today, which forget what they do not know.

use serde_json::{Map, Value};

use crate::database::columns::{Row, json};
use crate::database::statement::query;
use crate::domain::DomainName;
use crate::store::{Error, Tx};

/// Carries the domains of all companies over, in the transaction of the migration.
pub(in crate::store) async fn run(tx: &mut Tx) -> Result<(), Error> {
    let companies = query("SELECT id FROM company ORDER BY id")
        .fetch_all(&mut *tx)
        .await?;
    for company in &companies {
        company_domains(tx, &company.text("id")?).await?;
    }
    name_what_waits(tx).await
}

async fn company_domains(tx: &mut Tx, company: &str) -> Result<(), Error> {
    let rows = query(
        "SELECT id, settings, created_at FROM connection WHERE company_id = $1 ORDER BY sort_order, name",
    )
    .bind(company)
    .fetch_all(&mut *tx)
    .await?;
    let mut connections = Vec::new();
    for row in &rows {
        connections.push((row, settings(row)?));
    }
    let mut any = false;
    // What links first: the same domain may only have led somewhere at another connection.
    for (links, of) in [(1, linking_domains as fn(&_) -> _), (0, login_domains)] {
        for (row, settings) in &connections {
            for name in of(settings) {
                any = true;
                query(
                    "INSERT INTO company_domain (company_id, domain, connection_id, links, created_at) \
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                )
                .bind(company)
                .bind(name.as_str())
                .bind(row.text("id")?)
                .bind(links)
                .bind(row.int("created_at")?)
                .execute(&mut *tx)
                .await?;
            }
        }
    }
    for (row, settings) in connections {
        if let Some(settings) = without_domains(settings, any) {
            query("UPDATE connection SET settings = $1 WHERE id = $2")
                .bind(json(&settings)?)
                .bind(row.text("id")?)
                .execute(&mut *tx)
                .await?;
        }
    }
    rewrite_versions(tx, company, any).await
}

/// The versions of a company's connections, so that one that is restored means what it meant.
async fn rewrite_versions(tx: &mut Tx, company: &str, any: bool) -> Result<(), Error> {
    let rows =
        query("SELECT connection_id, number, settings FROM trust_version WHERE company_id = $1")
            .bind(company)
            .fetch_all(&mut *tx)
            .await?;
    for row in &rows {
        if let Some(settings) = without_domains(settings(row)?, any) {
            query(
                "UPDATE trust_version SET settings = $1 WHERE connection_id = $2 AND number = $3",
            )
            .bind(json(&settings)?)
            .bind(row.text("connection_id")?)
            .bind(row.int("number")?)
            .execute(&mut *tx)
            .await?;
        }
    }
    Ok(())
}

/// Whoever waits for a first sign-in waits for the connection of the domain, or else for the only enabled one. Where there are
/// several, nobody knows which one was meant: an administrator has to say it.
async fn name_what_waits(tx: &mut Tx) -> Result<(), Error> {
    query(
        "UPDATE account SET waits_for = (SELECT d.connection_id FROM company_domain d JOIN connection c ON c.id = d.connection_id \
         WHERE d.company_id = account.company_id AND account.email_key LIKE '%@' || d.domain AND c.enabled_at IS NOT NULL) \
         WHERE created_by = 'administrator' AND password IS NULL \
         AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.user_id = account.id)",
    )
    .execute(&mut *tx)
    .await?;
    query(
        "UPDATE account SET waits_for = (SELECT MIN(c.id) FROM connection c \
         WHERE c.company_id = account.company_id AND c.enabled_at IS NOT NULL) \
         WHERE waits_for IS NULL AND created_by = 'administrator' AND password IS NULL \
         AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.user_id = account.id) \
         AND (SELECT COUNT(*) FROM connection c WHERE c.company_id = account.company_id AND c.enabled_at IS NOT NULL) = 1",
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

fn settings(row: &Row) -> Result<Map<String, Value>, Error> {
    Ok(row.json("settings")?)
}

/// The domains in which a connection linked accounts.
fn linking_domains(settings: &Map<String, Value>) -> Vec<DomainName> {
    names(
        settings
            .get("link")
            .and_then(|link| link.get("verified_domains")),
    )
}

/// The domains whose addresses led to a connection.
fn login_domains(settings: &Map<String, Value>) -> Vec<DomainName> {
    names(settings.get("email_domains"))
}

/// What is no domain never matched any address.
fn names(list: Option<&Value>) -> Vec<DomainName> {
    let texts = list.and_then(Value::as_array).into_iter().flatten();
    texts
        .filter_map(|text| text.as_str()?.parse().ok())
        .collect()
}

/// The settings as they are kept now; none when they are so already.
fn without_domains(mut settings: Map<String, Value>, guests: bool) -> Option<Map<String, Value>> {
    let gone = [settings.remove("link"), settings.remove("email_domains")];
    if guests {
        settings.insert("guests".to_owned(), Value::Bool(true));
    }
    (guests || gone.iter().any(Option::is_some)).then_some(settings)
}
