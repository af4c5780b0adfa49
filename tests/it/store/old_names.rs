//! The names and passwords that an earlier version kept, carried over.

use vestibule::domain::{Creation, Grant, GrantSource, GroupKind};

use super::carried::by_hand;
use super::database::{Database, on_both};
use super::world::{NOW, World, bar, connection, group, profile, refused, signed_in};

on_both!(
    a_name_id_counts_for_the_format_that_its_connection_had,
    passwords_of_a_company_without_tokens_are_its_own,
);

/// Makes the database what it was before the migration.
async fn take_back(database: &Database, more: &str) {
    let sql = format!(
        "DELETE FROM migration WHERE number = 12; DROP INDEX identity_by_user; ALTER TABLE account DROP COLUMN password_by; {more}"
    );
    by_hand(database, sql).await;
}

async fn a_name_id_counts_for_the_format_that_its_connection_had(database: &Database) {
    let mut world = World::new(database.open().await).await;
    let mut any = connection(world.company.id, "any");
    any.settings.name_id_format = None;
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
    store
        .set_password(user.id, Some(b"sealed"), NOW)
        .await
        .unwrap();
    let admins = group(world.company.id, "Admins", GroupKind::Administrator, false);
    store.add_group(&admins, NOW).await.unwrap();
    take_back(database, "").await;
    world.store = database.open().await;
    let mut tx = world.store.begin().await.unwrap();
    let grant = Grant {
        user_id: user.id,
        group_id: admins.id,
        source: GrantSource::Administrator,
    };
    tx.grant(grant, NOW).await.unwrap();
    let lost = tx
        .take_foreign_passwords(world.company.id, None)
        .await
        .unwrap();
    assert!(lost.is_empty());
    tx.commit(NOW).await.unwrap();
}
