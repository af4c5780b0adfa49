//! Users and companies that are deleted, and companies that are suspended.

use serde_json::json;
use time::Duration;
use vestibule::domain::{AuditEvent, AuditId, Creation, Grant, GrantSource, User};
use vestibule::store::{AttemptFilter, ErasedUser, Retention, Store, UserUse};

use super::database::{Database, on_both};
use super::world::{NOW, World, company, profile, refused, signed_in, unique};
use crate::support::people;

on_both!(
    a_deleted_user_leaves_no_trace_but_a_pseudonym,
    an_address_of_another_user_stays,
    a_company_is_suspended_and_opened_again,
    a_deleted_company_is_gone,
    the_records_of_a_connection_go,
    the_audit_log_is_kept_as_long_as_wanted
);

fn event(world: &World, minutes: i64, actor: &str, action: &str, subject: &str) -> AuditEvent {
    AuditEvent {
        id: AuditId::from_bytes(unique()),
        company_id: Some(world.company.id),
        at: NOW + Duration::minutes(minutes),
        actor: actor.to_owned(),
        action: action.into(),
        subject: subject.to_owned(),
        detail: String::new(),
        client: None,
        before: None,
        after: None,
    }
}

async fn delete(store: &Store, user: &User) -> ErasedUser {
    let mut tx = store.begin().await.unwrap();
    let erased = tx.delete_user(user, "deleted user x").await.unwrap();
    tx.commit(NOW).await.unwrap();
    erased
}

async fn a_deleted_user_leaves_no_trace_but_a_pseudonym(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    let person = profile("oid:1", "Britta.Simon@contoso.com");
    let (user, _) = signed_in(world.sign_in(&person).await);
    signed_in(world.sign_in(&person).await);
    let other = world.user("simon@contoso.com", Creation::Jit).await;
    let grant = people::by_hand(user.id, &world.staff);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.grant(grant, NOW).await.unwrap());
    tx.commit(NOW).await.unwrap();
    let old = "britta.simon@contoso.com";
    let new = "bs@contoso.com";
    let mut renamed = event(&world, 2, "anna@acme.example", "user.change", new);
    renamed.before = Some(json!({"email": old, "last_name": "Simon"}));
    renamed.after = Some(json!({"email": new, "last_name": "Simone", "company_name": ""}));
    let mut unlinked = event(&world, 3, "anna@acme.example", "user.unlink", new);
    "entra: oid:1".clone_into(&mut unlinked.detail);
    let mut invited = event(&world, 4, new, "token.add", "nightly");
    invited.detail = format!("for {new}, simon@contoso.com");
    for event in [
        event(&world, 1, "anna@acme.example", "user.deactivate", old),
        renamed,
        unlinked,
        invited,
        event(
            &world,
            5,
            "simon@contoso.com",
            "user.activate",
            "simon@contoso.com",
        ),
    ] {
        store.add_audit_event(&event).await.unwrap();
    }
    let mut user = store.user(user.id).await.unwrap().unwrap();
    user.email = new.parse().unwrap();
    let mut tx = store.begin().await.unwrap();
    assert!(tx.write_user(&user).await.unwrap());
    tx.commit(NOW).await.unwrap();
    let found = store.user_use(&user, NOW).await.unwrap();
    let expected = UserUse {
        sessions: 2,
        identities: 1,
        groups: 2,
        sign_ins: 2,
    };
    assert_eq!(found, expected);

    let erased = delete(store, &user).await;
    assert_eq!(
        (erased.sessions, erased.sign_ins, erased.entries),
        (2, 2, 4)
    );
    assert_eq!(store.user(user.id).await.unwrap(), None);
    assert!(store.identities_of(user.id).await.unwrap().is_empty());
    assert!(
        people::grants_of(store, user.company_id, user.id)
            .await
            .is_empty()
    );
    let all = AttemptFilter::default();
    let attempts = store.attempts(world.company.id, &all, 10).await.unwrap();
    assert!(attempts.is_empty(), "{attempts:?}");
    assert!(store.user(other.id).await.unwrap().is_some());
    let log = store.audit_events(world.company.id, 10).await.unwrap();
    assert_eq!(log.len(), 5);
    let text = format!("{log:?}").to_lowercase();
    for gone in [old, new, "\"simone\"", "oid:1"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    assert_eq!(log[0].subject, "simon@contoso.com", "another user's");
    assert_eq!(log[1].actor, "deleted user x");
    assert_eq!(log[1].detail, "for deleted user x, simon@contoso.com");
    assert_eq!(log[2].detail, "entra");
    assert_eq!(log[3].after.as_ref().unwrap()["company_name"], "");
    assert_eq!(log[4].subject, "deleted user x");
    // The same person may come back, as somebody new.
    let (again, made) = signed_in(world.sign_in(&person).await);
    assert!(made && again.id != user.id);
}

/// The database's own lower case follows its locale.
#[tokio::test]
async fn a_deleted_user_is_found_in_every_locale() {
    let database = Database::turkish().await;
    let world = World::new(database.open().await).await;
    let store = &world.store;
    let person = world
        .user("IRIS@CONTOSO.COM", Creation::Administrator)
        .await;
    let mut told = event(
        &world,
        1,
        "ANNA.I@acme.example",
        "user.add",
        "IRIS@CONTOSO.COM",
    );
    told.after = Some(json!({"email": "IRIS@CONTOSO.COM"}));
    store.add_audit_event(&told).await.unwrap();
    assert_eq!(delete(store, &person).await.entries, 1);
    let log = store.audit_events(world.company.id, 10).await.unwrap();
    assert_eq!(log[0].subject, "deleted user x");
    assert_eq!(log[0].actor, "ANNA.I@acme.example");
    database.remove().await;
}

async fn an_address_of_another_user_stays(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    let mut first = world.user("a@contoso.com", Creation::Administrator).await;
    first.email = "b@contoso.com".parse().unwrap();
    let mut tx = store.begin().await.unwrap();
    assert!(tx.write_user(&first).await.unwrap());
    tx.commit(NOW).await.unwrap();
    let mut renamed = event(
        &world,
        2,
        "anna@acme.example",
        "user.change",
        "b@contoso.com",
    );
    renamed.before = Some(json!({"email": "a@contoso.com"}));
    renamed.after = Some(json!({"email": "b@contoso.com"}));
    store.add_audit_event(&renamed).await.unwrap();
    // The address is somebody else's from then on.
    world.user("a@contoso.com", Creation::Administrator).await;
    let later = event(
        &world,
        3,
        "anna@acme.example",
        "user.deactivate",
        "a@contoso.com",
    );
    store.add_audit_event(&later).await.unwrap();
    let earlier = event(
        &world,
        1,
        "anna@acme.example",
        "user.activate",
        "a@contoso.com",
    );
    store.add_audit_event(&earlier).await.unwrap();
    assert_eq!(delete(store, &first).await.entries, 2);
    let log = store.audit_events(world.company.id, 10).await.unwrap();
    let subjects: Vec<&str> = log.iter().map(|event| event.subject.as_str()).collect();
    assert_eq!(
        subjects,
        ["a@contoso.com", "deleted user x", "deleted user x"]
    );
}

async fn a_company_is_suspended_and_opened_again(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, id) = (&world.store, world.company.id);
    signed_in(
        world
            .sign_in(&profile("oid:1", "b.simon@contoso.com"))
            .await,
    );
    let write = async |at| {
        let mut tx = store.begin().await.unwrap();
        let ended = tx.write_suspended(id, at).await.unwrap();
        tx.commit(NOW).await.unwrap();
        ended
    };
    let seen = store.changes_since(0).await.unwrap().revision;
    assert_eq!(write(None).await, None);
    assert_eq!(write(Some(NOW)).await, Some(1));
    assert_eq!(store.changes_since(seen).await.unwrap().companies, [id]);
    assert_eq!(write(Some(NOW + Duration::DAY)).await, None);
    let stored = store.company(id).await.unwrap().unwrap();
    assert_eq!(stored.suspended_at, Some(NOW));
    // One that a server began which did not know yet.
    signed_in(
        world
            .sign_in(&profile("oid:1", "b.simon@contoso.com"))
            .await,
    );
    assert_eq!(write(None).await, Some(1));
    let stored = store.company(id).await.unwrap().unwrap();
    assert_eq!(stored.suspended_at, None);
    assert_eq!(world.people().await, (1, 0));
}

async fn a_deleted_company_is_gone(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, id) = (&world.store, world.company.id);
    let other = company("http://beta.localhost:8080");
    store.add_company(&other, NOW).await.unwrap();
    for number in 0..3 {
        let person = profile(&format!("oid:{number}"), &format!("u{number}@contoso.com"));
        signed_in(world.sign_in(&person).await);
    }
    refused({
        let attempt = world.attempt().await;
        world
            .finish(attempt.id, "_x", &profile("oid:9", "u1@contoso.com"))
            .await
    });
    let told = event(&world, 1, "anna@acme.example", "user.add", "u1@contoso.com");
    store.add_audit_event(&told).await.unwrap();
    let mut elsewhere = told.clone();
    elsewhere.id = AuditId::from_bytes(unique());
    elsewhere.company_id = Some(other.id);
    store.add_audit_event(&elsewhere).await.unwrap();
    let uses = store.company_use(id, NOW).await.unwrap();
    assert_eq!((uses.users, uses.sessions, uses.sign_ins), (3, 3, 4));
    assert_eq!((uses.connections, uses.groups, uses.entries), (1, 2, 1));
    let mut tx = store.begin().await.unwrap();
    assert!(!tx.delete_company(id).await.unwrap(), "not suspended");
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    tx.write_suspended(id, Some(NOW)).await.unwrap();
    tx.commit(NOW).await.unwrap();
    store.empty_company(id).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    assert!(tx.delete_company(id).await.unwrap());
    tx.commit(NOW).await.unwrap();
    assert_eq!(store.company(id).await.unwrap(), None);
    assert_eq!(store.connection(world.connection.id).await.unwrap(), None);
    let uses = store.company_use(id, NOW).await.unwrap();
    assert_eq!(uses, vestibule::store::CompanyUse::default());
    assert_eq!(store.audit_events(other.id, 10).await.unwrap().len(), 1);
    // Its name and its host name are free again.
    let next = company("http://acme.localhost:8080");
    store.add_company(&next, NOW).await.unwrap();
}

async fn the_records_of_a_connection_go(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, id) = (&world.store, world.company.id);
    let (user, _) = signed_in(world.sign_in(&profile("oid:1", "u1@contoso.com")).await);
    for _ in 0..3 {
        world.attempt().await;
    }
    let staff = people::by_hand(user.id, &world.staff);
    people::grant(store, staff).await;
    let mut revoked = store.begin().await.unwrap();
    let basic = Grant {
        group_id: world.basic.id,
        source: GrantSource::Jit(world.connection.id),
        ..staff
    };
    assert!(revoked.revoke(basic).await.unwrap());
    revoked.commit(NOW).await.unwrap();
    people::set_password(store, user.id, Some(b"sealed")).await;
    signed_in(world.password(user.id).await);
    let connection = world.connection.id;
    assert_eq!(store.count_records_of(id, connection).await.unwrap(), 4);
    assert_eq!(store.delete_records_of(id, connection).await.unwrap(), 4);
    assert_eq!(store.count_records_of(id, connection).await.unwrap(), 0);
    let all = AttemptFilter::default();
    let left = store.attempts(id, &all, 10).await.unwrap();
    assert_eq!(left.len(), 1, "the one with a password");
}

async fn the_audit_log_is_kept_as_long_as_wanted(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    for days in [0, 100] {
        let told = event(&world, days * 24 * 60, "anna", "user.add", "x@acme.example");
        store.add_audit_event(&told).await.unwrap();
        let everywhere = AuditEvent {
            id: AuditId::from_bytes(unique()),
            company_id: None,
            ..told
        };
        store.add_audit_event(&everywhere).await.unwrap();
    }
    let later = NOW + Duration::days(150);
    let forgotten = store.purge(later, Duration::days(30)).await.unwrap();
    assert_eq!(forgotten.entries, 0);
    let keep = Retention {
        attempts: Duration::days(30),
        audit: Some(Duration::days(90)),
        ..Retention::from(Duration::days(30))
    };
    assert_eq!(store.purge(later, keep).await.unwrap().entries, 2);
    assert_eq!(store.purge(later, keep).await.unwrap().entries, 0);
    let left = store.audit_events(world.company.id, 10).await.unwrap();
    assert_eq!(left.len(), 1);
}
