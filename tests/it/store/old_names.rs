//! The names and passwords that an earlier version kept, carried over.

use vestibule::domain::{Company, Creation, GroupKind, NameId};
use vestibule::keys::Keys;
use vestibule::site::{Site, SpKeys};
use vestibule::store::{AttemptRef, Store};

use super::database::{Database, on_both};
use super::domain_migration::by_hand;
use super::world::{
    NOW, World, bar, company, connection, group, profile, refused, signed_in, text,
};
use crate::support::people;

on_both!(
    a_name_id_counts_for_the_format_that_its_connection_had,
    sessions_are_found_whatever_the_locale_was,
    companies_go_on_publishing_their_encryption_key,
    passwords_of_a_company_without_tokens_are_its_own,
);

/// Makes the database what it was before the migration.
async fn take_back(database: &Database, more: &str) {
    let sql = format!(
        "DELETE FROM migration WHERE number = 12; DROP INDEX identity_by_user; ALTER TABLE account DROP COLUMN password_by; {more}"
    );
    by_hand(database, sql).await;
}

/// Identity providers that encrypt would fail otherwise from one day to the next.
async fn companies_go_on_publishing_their_encryption_key(database: &Database) {
    let world = World::new(database.open().await).await;
    by_hand(
        database,
        "DELETE FROM migration WHERE number = 13; ALTER TABLE company DROP COLUMN encrypted_assertions; \
         ALTER TABLE session DROP COLUMN authn_instant; ALTER TABLE session DROP COLUMN authn_context; \
         ALTER TABLE login_attempt DROP COLUMN forced"
            .to_owned(),
    )
    .await;
    let store = database.open().await;
    let new = Company {
        encrypted_assertions: false,
        ..company("http://beta.localhost:8080")
    };
    store.add_company(&new, NOW).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let keys = Keys::load(&crate::support::config(dir.path()), NOW).unwrap();
    let keys = SpKeys::new(&keys).unwrap();
    for (id, publishes) in [(world.company.id, true), (new.id, false)] {
        let company = store.company(id).await.unwrap().unwrap();
        assert_eq!(company.encrypted_assertions, publishes);
        let site = Site::new(company, Vec::new(), &keys);
        let metadata = String::from_utf8(site.metadata(&keys).to_vec()).unwrap();
        assert_eq!(
            metadata.contains("use=\"encryption\""),
            publishes,
            "{metadata}"
        );
        assert!(metadata.contains("use=\"signing\""));
    }
}

/// `LOWER` of a PostgreSQL with a locale has changed more than the ASCII letters.
async fn sessions_are_found_whatever_the_locale_was(database: &Database) {
    let mut world = World::new(database.open().await).await;
    let names = ["JÜRGEN", "ÅSA@contoso.com", "Iris", "plain"];
    for (number, name) in names.iter().enumerate() {
        let attempt = world.attempt().await;
        let person = profile(&format!("oid:{number}"), &format!("u{number}@contoso.com"));
        let (id, name) = (text(), NameId::new(*name, None));
        let sign_in = world.saml(AttemptRef::Begun(attempt.id), &id, &person, &name);
        signed_in(world.store.finish_sign_in(sign_in).await.unwrap());
    }
    by_hand(
        database,
        "UPDATE session SET name_id_value = 'jürgen' WHERE name_id LIKE '%JÜRGEN%'; \
         UPDATE session SET name_id_value = 'åsa@contoso.com' WHERE name_id LIKE '%ÅSA%'; \
         UPDATE session SET name_id_value = 'ıris' WHERE name_id LIKE '%Iris%'; \
         DELETE FROM migration WHERE number = 19"
            .to_owned(),
    )
    .await;
    let connection = world.connection.id;
    let found = async |store: &Store, name| {
        let found = store.sessions_by_name_id(connection, name, None, NOW).await;
        found.unwrap().len()
    };
    for (name, before) in names.iter().zip([0, 0, 0, 1]) {
        assert_eq!(found(&world.store, name).await, before, "{name}");
    }
    world.store = database.open().await;
    for name in names {
        assert_eq!(found(&world.store, name).await, 1, "{name}");
    }
}

async fn a_name_id_counts_for_the_format_that_its_connection_had(database: &Database) {
    let mut world = World::new(database.open().await).await;
    let mut any = connection(world.company.id, "any");
    any.settings.saml_mut().unwrap().name_id_format = None;
    any.settings.jit = Some(world.basic.id);
    world.store.add_connection(&any, NOW).await.unwrap();
    let entra = world.connection.clone();
    let (by_email, _) = signed_in(
        world
            .sign_in(&profile("name_id:a@contoso.com", "a@contoso.com"))
            .await,
    );
    world.connection = any.clone();
    let (by_any, _) = signed_in(world.sign_in(&profile("name_id:7", "b@contoso.com")).await);
    take_back(database, "").await;
    world.store = database.open().await;

    let named = |format: &str, value: &str, address: &str| {
        let mut person = profile(&format!("name_id({format}):{value}"), address);
        person.old_names = vec![
            format!("name_id({format};*):{value}"),
            format!("name_id(*):{value}"),
        ];
        person
    };
    // The bare text in another format is somebody else.
    world.connection = entra;
    let other = named("persistent", "a@contoso.com", "a@contoso.com");
    assert_eq!(refused(world.sign_in(&other).await).rule(), "F2");
    let (again, _) = signed_in(
        world
            .sign_in(&named("emailAddress", "a@contoso.com", "a@contoso.com"))
            .await,
    );
    assert_eq!(again.id, by_email.id);
    // Where any format was taken, the first one counts, and no other from then on.
    world.connection = any;
    let (again, _) = signed_in(
        world
            .sign_in(&named("persistent", "7", "b@contoso.com"))
            .await,
    );
    assert_eq!(again.id, by_any.id);
    let other = named("unspecified", "7", "b@contoso.com");
    let _ = bar(world.sign_in(&other).await);
}

async fn passwords_of_a_company_without_tokens_are_its_own(database: &Database) {
    let mut world = World::new(database.open().await).await;
    let user = world.user("a@contoso.com", Creation::Administrator).await;
    let store = &world.store;
    people::set_password(store, user.id, Some(b"sealed")).await;
    let admins = group(world.company.id, "Admins", GroupKind::Administrator, false);
    store.add_group(&admins, NOW).await.unwrap();
    take_back(database, "").await;
    world.store = database.open().await;
    let mut tx = world.store.begin().await.unwrap();
    let grant = people::by_hand(user.id, &admins);
    tx.grant(grant, NOW).await.unwrap();
    let lost = tx
        .take_foreign_passwords(world.company.id, None)
        .await
        .unwrap();
    assert!(lost.is_empty());
    tx.commit(NOW).await.unwrap();
}
