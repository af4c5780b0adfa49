//! Users, passwords and the audit log.

use vestibule::domain::{AuditEvent, AuditId, Creation};

use super::database::{Database, on_both};
use super::world::{NOW, World, new_user, profile, signed_in, unique, user};
use crate::support::people;
use vestibule::admin::Refused;

on_both!(an_address_belongs_to_one_user, passwords, the_audit_log);

async fn an_address_belongs_to_one_user(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, company) = (&world.store, world.company.id);
    let added = world
        .user("B.Simon@contoso.com", Creation::Administrator)
        .await;
    assert_eq!(store.user(added.id).await.unwrap().as_ref(), Some(&added));
    assert_eq!(
        store
            .user_by_email(company, "b.simon@CONTOSO.com")
            .await
            .unwrap()
            .as_ref(),
        Some(&added)
    );
    let mut tx = store.begin().await.unwrap();
    let again = user(company, "b.simon@contoso.COM", Creation::Directory);
    assert!(!tx.add_user(&again).await.unwrap());
    drop(tx);
    let again = new_user(again.email.as_str());
    let again = world.admin().create_user(again).await;
    assert!(matches!(again, Err(Refused::Taken(_))), "{again:?}");
    for other in [
        "",
        "b.simon@contoso.com ",
        "b.simon@contoso.com\0",
        "b.\u{17f}imon@contoso.com",
        "%",
    ] {
        assert_eq!(
            store.user_by_email(company, other).await.unwrap(),
            None,
            "{other:?}"
        );
    }
    world.user("a@contoso.com", Creation::Administrator).await;
    let list: Vec<_> = store
        .users(company)
        .await
        .unwrap()
        .iter()
        .map(|user| user.email.to_string())
        .collect();
    assert_eq!(list, ["a@contoso.com", "B.Simon@contoso.com"]);
}

async fn passwords(database: &Database) {
    let world = World::new(database.open().await).await;
    let (member, _) = signed_in(world.sign_in(&profile("oid:1", "b@contoso.com")).await);
    assert_eq!(world.store.password(member.id).await.unwrap(), None);
    people::set_password(&world.store, member.id, Some(&[0, 255, 7])).await;
    assert_eq!(
        world.store.password(member.id).await.unwrap().as_deref(),
        Some(&[0, 255, 7][..])
    );
    assert!(
        world
            .store
            .user(member.id)
            .await
            .unwrap()
            .unwrap()
            .has_password
    );
    assert_eq!(
        world.people().await,
        (1, 0),
        "a new password ends the sessions"
    );
    people::set_password(&world.store, member.id, None).await;
    assert_eq!(world.store.password(member.id).await.unwrap(), None);
    let nobody = vestibule::domain::UserId::from_bytes([9; 16]);
    let gone = world.admin().remove_password(nobody, None).await;
    assert!(matches!(gone, Err(Refused::NotFound)), "{gone:?}");
    assert_eq!(world.store.password(nobody).await.unwrap(), None);
}

async fn the_audit_log(database: &Database) {
    let world = World::new(database.open().await).await;
    let event = |action: &str| AuditEvent {
        id: AuditId::from_bytes(unique()),
        company_id: Some(world.company.id),
        at: NOW,
        actor: "command line".into(),
        action: action.into(),
        subject: "entra".into(),
        detail: String::new(),
        client: None,
        before: None,
        after: None,
    };
    let (first, second) = (event("connection.enable"), event("connection.disable"));
    world.store.add_audit_event(&first).await.unwrap();
    world.store.add_audit_event(&second).await.unwrap();
    assert_eq!(
        world
            .store
            .audit_events(world.company.id, 10)
            .await
            .unwrap(),
        [second, first]
    );
}
