//! A password counts as long as it is the account's, and whoever gets in by it is written down (rule F6).

use vestibule::domain::{AttemptKind, AuditEvent, AuditId, Creation, GroupKind, PasswordBy, User};
use vestibule::store::{AttemptRef, Finished, PasswordProof, Proof, Refusal};

use super::database::{Database, on_both};
use super::world::{NOW, World, group, new_attempt, refused, signed_in, unique};
use crate::support::{new_sign_in, people};

on_both!(
    a_password_that_was_set_anew_opens_nothing,
    who_gets_in_without_single_sign_on_is_written_down_with_the_session,
);

async fn a_password_that_was_set_anew_opens_nothing(database: &Database) {
    let world = World::new(database.open().await).await;
    let user = world
        .user("anna@contoso.com", Creation::Administrator)
        .await;
    let set = async |sealed: &[u8]| {
        let mut tx = world.store.begin().await.unwrap();
        let by = PasswordBy::Administrator;
        let ended = tx.write_password(user.id, Some((sealed, by)), None);
        let ended = ended.await.unwrap();
        tx.password_is_for_once(user.id).await.unwrap();
        tx.commit(NOW).await.unwrap();
        ended
    };
    set(b"first").await;
    // Compared with the first one, while an administrator sets another.
    signed_in(world.typed(user.id, b"first".to_vec()).await);
    assert_eq!(set(b"second").await, 1);
    let before = world.everything().await;
    let late = refused(world.typed(user.id, b"first".to_vec()).await);
    assert!(matches!(late, Refusal::PasswordChanged { .. }), "{late:?}");
    assert_eq!(late.rule(), "F6");
    assert_eq!(world.everything().await, before);
    let sessions = world.store.sessions_of(user.id, NOW).await.unwrap();
    assert_eq!(sessions, []);
    signed_in(world.typed(user.id, b"second".to_vec()).await);
}

async fn who_gets_in_without_single_sign_on_is_written_down_with_the_session(database: &Database) {
    let world = World::new(database.open().await).await;
    let admins = group(world.company.id, "Admins", GroupKind::Administrator, false);
    world.store.add_group(&admins, NOW).await.unwrap();
    let admin = world
        .user("anna@contoso.com", Creation::Administrator)
        .await;
    let member = world.user("ben@contoso.com", Creation::Administrator).await;
    // Somebody is left to get in when the other one is deactivated.
    let spare = world.user("zoe@contoso.com", Creation::Administrator).await;
    for user in [&admin, &spare] {
        let grant = people::by_hand(user.id, &admins);
        people::grant(&world.store, grant).await;
    }
    for user in [&admin, &member, &spare] {
        let mut tx = world.store.begin().await.unwrap();
        let password = (&b"sealed"[..], PasswordBy::Administrator);
        tx.write_password(user.id, Some(password), None)
            .await
            .unwrap();
        tx.commit(NOW).await.unwrap();
    }
    signed_in(typed(&world, &member).await);
    assert_eq!(written(&world).await, 0);
    signed_in(typed(&world, &admin).await);
    assert_eq!(written(&world).await, 1);
    world.admin().deactivate_user(admin.id).await.unwrap();
    refused(typed(&world, &admin).await);
    assert_eq!(written(&world).await, 1);
}

async fn written(world: &World) -> usize {
    let events = world.store.audit_events(world.company.id, 10).await;
    let events = events.unwrap().into_iter();
    events
        .filter(|event| event.action == "administrator.password_sign_in")
        .count()
}

async fn typed(world: &World, user: &User) -> Finished {
    let attempt = new_attempt(world.company.id, AttemptKind::Password);
    let event = AuditEvent {
        id: AuditId::from_bytes(unique()),
        company_id: Some(world.company.id),
        at: NOW,
        actor: user.email.to_string(),
        action: "administrator.password_sign_in".into(),
        subject: user.email.to_string(),
        detail: String::new(),
        client: None,
        before: None,
        after: None,
    };
    let proof = Proof::Password(Box::new(PasswordProof {
        user_id: user.id,
        sealed: b"sealed".to_vec(),
        break_glass: Some(event),
    }));
    let attempt = AttemptRef::New(Box::new(attempt));
    let sign_in = new_sign_in(world.company.id, attempt, proof, NOW);
    world.store.finish_sign_in(sign_in).await.unwrap()
}
