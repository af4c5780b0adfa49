//! What connections said about domains in an earlier version, carried over.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use vestibule::domain::{Connection, Creation, DomainName, Settings, TrustVersion, User};

use super::database::{Database, on_both};
use super::world::{NOW, World, connection, user};
use crate::support::people;

on_both!(
    domains_are_carried_over_and_nothing_is_opened,
    a_company_without_domains_stays_as_it_is,
);

/// Runs a text beside the server.
pub(super) async fn by_hand(database: &Database, sql: String) {
    match database {
        Database::Sqlite(_) => {
            let file = database.url().replace("sqlite:", "");
            let connection = rusqlite::Connection::open(file).unwrap();
            connection.execute_batch(&sql).unwrap();
        }
        Database::Postgres { .. } => sqlx::PgConnection::connect(&database.url())
            .await
            .unwrap()
            .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
            .await
            .map(drop)
            .unwrap(),
    }
}

/// Settings as they were written while every connection spoke SAML: all in one.
pub(super) fn before_protocols(settings: &Settings) -> Value {
    let mut whole = serde_json::to_value(settings).unwrap();
    let members = whole.as_object_mut().unwrap();
    let mut protocol = members.remove("protocol").unwrap();
    members.append(protocol["saml"].as_object_mut().unwrap());
    whole
}

/// The settings of a connection as the earlier version wrote them.
fn old(connection: &Connection, link: &Value, email_domains: &[&str]) -> String {
    let mut settings = before_protocols(&connection.settings);
    settings.as_object_mut().unwrap().remove("guests");
    settings["link"] = link.clone();
    settings["email_domains"] = json!(email_domains);
    settings.to_string()
}

/// Makes a database what it was before the migration.
async fn take_back(database: &Database, settings: &[(&Connection, String)]) {
    let mut sql = "DELETE FROM migration WHERE number IN (11, 25); DROP INDEX company_domain_verified_once; DELETE FROM company_domain; \
                   UPDATE account SET waits_for = NULL;"
        .to_owned();
    for (connection, settings) in settings {
        let id = connection.id;
        let _ = write!(
            sql,
            "UPDATE connection SET settings = '{settings}' WHERE id = '{id}'; \
             UPDATE trust_version SET settings = '{settings}' WHERE connection_id = '{id}';"
        );
    }
    by_hand(database, sql).await;
}

async fn domains_are_carried_over_and_nothing_is_opened(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    let add = async |name: &str, sort_order: i64, enabled: bool| {
        let mut added = connection(world.company.id, name);
        (added.sort_order, added.enabled) = (sort_order, enabled);
        store.add_connection(&added, NOW).await.unwrap();
        added
    };
    let first = add("first", 1, true).await;
    let second = add("second", 2, true).await;
    let off = add("off", 3, false).await;
    let version = TrustVersion {
        connection_id: first.id,
        company_id: world.company.id,
        number: 1,
        at: NOW,
        actor: "somebody".to_owned(),
        actor_id: None,
        settings: first.settings.clone(),
    };
    let mut tx = store.begin().await.unwrap();
    tx.add_trust_version(&version).await.unwrap();
    tx.commit(NOW).await.unwrap();
    let mut waiting = Vec::new();
    for email in [
        "a@linked.example",
        "b@led.example",
        "c@off.example",
        "d@else.example",
    ] {
        waiting.push(world.user(email, Creation::Administrator).await);
    }
    let local = world
        .user("e@linked.example", Creation::Administrator)
        .await;
    people::set_password(store, local.id, Some(b"sealed")).await;
    let jit = world.user("f@linked.example", Creation::Jit).await;
    world.store.clone().close().await;

    let linking = json!({"verified_domains": ["linked.example", "both.example"]});
    let old_first = old(&first, &linking, &["led.example", "linked.example"]);
    let old_second = old(
        &second,
        &json!({"verified_domains": ["both.example"]}),
        &["led.example", "Second.example", "not a domain"],
    );
    let old_off = old(&off, &json!("never"), &["off.example"]);
    let old_entra = old(&world.connection, &json!("never"), &[]);
    take_back(
        database,
        &[
            (&first, old_first),
            (&second, old_second),
            (&off, old_off),
            (&world.connection, old_entra),
        ],
    )
    .await;

    let store = database.open().await;
    let domains = store.domains(world.company.id).await.unwrap();
    let told: Vec<_> = domains
        .iter()
        .map(|it| (it.name.as_str(), it.connection_id.unwrap(), it.links))
        .collect();
    assert_eq!(
        told,
        [
            ("both.example", first.id, true),
            ("led.example", first.id, false),
            ("linked.example", first.id, true),
            ("off.example", off.id, false),
            ("second.example", second.id, false),
        ]
    );
    assert!(domains.iter().all(|it| it.verified.is_none()));
    // The settings can be read, and addresses outside of the domains are taken as before.
    for connection in store.connections(world.company.id).await.unwrap() {
        assert!(connection.settings.guests, "{}", connection.name);
    }
    let version = store.trust_version(first.id, 1).await.unwrap().unwrap();
    assert!(version.settings.guests);
    // Who waits: for the connection of the domain, if it is enabled; else an administrator has to say it.
    let awaited = async |user: &User| store.user(user.id).await.unwrap().unwrap().waits_for;
    assert_eq!(awaited(&waiting[0]).await, Some(first.id));
    assert_eq!(awaited(&waiting[1]).await, Some(first.id));
    assert_eq!(awaited(&waiting[2]).await, None);
    assert_eq!(awaited(&waiting[3]).await, None);
    assert_eq!(awaited(&local).await, None);
    assert_eq!(awaited(&jit).await, None);
    // A second start changes nothing.
    store.close().await;
    let store = database.open().await;
    assert_eq!(store.domains(world.company.id).await.unwrap(), domains);
}

async fn a_company_without_domains_stays_as_it_is(database: &Database) {
    let world = World::new(database.open().await).await;
    let waiting = user(world.company.id, "a@acme.example", Creation::Administrator);
    people::add(&world.store, &waiting, None, &[]).await;
    world.store.clone().close().await;
    let settings = old(&world.connection, &json!("never"), &[]);
    take_back(database, &[(&world.connection, settings)]).await;
    let store = database.open().await;
    assert!(store.domains(world.company.id).await.unwrap().is_empty());
    let found = store.connection(world.connection.id).await.unwrap();
    assert_eq!(found.unwrap().settings, world.connection.settings);
    let found = store.user(waiting.id).await.unwrap().unwrap();
    assert_eq!(found.waits_for, Some(world.connection.id), "the only one");
    let unknown: DomainName = "acme.example".parse().unwrap();
    let nothing = store.domain(world.company.id, &unknown).await.unwrap();
    assert_eq!(nothing, None);
}
