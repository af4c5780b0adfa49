//! Sessions, and the tower-sessions store over them.

use time::Duration;
use tower_sessions_core::SessionStore;
use tower_sessions_core::session::{Id, Record};
use vestibule::domain::NameId;
use vestibule::store::{AttemptRef, Finished, LARGEST_DATA};

use super::database::{Database, on_both};
use super::world::{NOW, World, profile, signed_in, text};

on_both!(
    a_session_says_who_is_signed_in,
    a_session_ends,
    many_are_used_at_once,
    a_sign_in_ends_the_former_session_of_the_browser,
    found_for_single_logout,
    the_layer_reads_and_saves_but_does_not_begin,
);

async fn a_session_says_who_is_signed_in(database: &Database) {
    let world = World::new(database.open().await).await;
    let Finished::SignedIn {
        key, session, user, ..
    } = world.sign_in(&profile("oid:1", "b@contoso.com")).await
    else {
        panic!()
    };
    let who = world.store.signed_in(key, NOW).await.unwrap().unwrap();
    assert_eq!(
        (&who.session, &who.user, who.groups.as_slice()),
        (&*session, &*user, [world.basic.clone()].as_slice())
    );
    assert_eq!(
        (session.expires_at, session.idle, session.connection_id),
        (
            NOW + Duration::hours(8),
            Duration::hours(1),
            Some(world.connection.id)
        )
    );
    assert_eq!(session.session_index.as_deref(), Some("_index"));
}

async fn a_session_ends(database: &Database) {
    let world = World::new(database.open().await).await;
    let person = profile("oid:1", "b@contoso.com");
    let Finished::SignedIn { key, user, .. } = world.sign_in(&person).await else {
        panic!()
    };
    let alive = async |minutes| {
        world
            .store
            .signed_in(key, NOW + Duration::minutes(minutes))
            .await
            .unwrap()
            .is_some()
    };
    assert!(alive(59).await);
    assert!(!alive(60).await, "idle");
    world
        .store
        .touch_session(key, NOW + Duration::minutes(450))
        .await
        .unwrap();
    world.store.touch_session(key, NOW).await.unwrap();
    assert!(alive(479).await, "used, and the older use does not count");
    assert!(!alive(480).await, "absolute");
    assert!(world.store.end_session(key, NOW).await.unwrap());
    assert!(!world.store.end_session(key, NOW).await.unwrap());
    assert!(!alive(1).await);

    signed_in(world.sign_in(&person).await);
    signed_in(world.sign_in(&person).await);
    let signed_out = world.admin().sign_out_user(user.id, None).await;
    assert_eq!(signed_out.unwrap(), 2);
    assert_eq!(world.people().await, (1, 0));
}

async fn many_are_used_at_once(database: &Database) {
    let world = World::new(database.open().await).await;
    let person = profile("oid:1", "b@contoso.com");
    let used = NOW + Duration::minutes(5);
    let mut under_way = tokio::task::JoinSet::new();
    let mut keys = Vec::new();
    for _ in 0..150 {
        let Finished::SignedIn { key, .. } = world.sign_in(&person).await else {
            panic!()
        };
        keys.push(key);
    }
    for key in &keys {
        let (store, key) = (world.store.clone(), *key);
        under_way.spawn(async move { store.touch_session(key, used).await });
    }
    // A sign-in goes on beside them.
    signed_in(world.sign_in(&person).await);
    while let Some(noted) = under_way.join_next().await {
        noted.unwrap().unwrap();
    }
    for key in keys {
        let found = world.store.signed_in(key, used).await.unwrap().unwrap();
        assert_eq!(found.session.last_seen_at, used);
    }
}

async fn a_sign_in_ends_the_former_session_of_the_browser(database: &Database) {
    let world = World::new(database.open().await).await;
    let (person, name_id) = (profile("oid:1", "b@contoso.com"), NameId::new("x", None));
    let (first, second) = (world.attempt().await, world.attempt().await);
    let (one, two) = (text(), text());
    let former = world.saml(AttemptRef::Begun(first.id), &one, &person, &name_id);
    signed_in(world.store.finish_sign_in(former.clone()).await.unwrap());
    let mut next = world.saml(AttemptRef::Begun(second.id), &two, &person, &name_id);
    next.replaces = Some(former.session.id);
    signed_in(world.store.finish_sign_in(next.clone()).await.unwrap());
    assert_eq!(world.people().await, (1, 1));
    assert_eq!(
        world
            .store
            .signed_in(world.store.session_key(&former.session.id), NOW)
            .await
            .unwrap(),
        None
    );
    assert!(
        world
            .store
            .signed_in(world.store.session_key(&next.session.id), NOW)
            .await
            .unwrap()
            .is_some()
    );
}

async fn found_for_single_logout(database: &Database) {
    let world = World::new(database.open().await).await;
    let person = profile("oid:1", "b@contoso.com");
    let name_id = NameId {
        name_qualifier: Some("q".into()),
        ..NameId::new("B.Simon@contoso.com", Some("urn:format"))
    };
    let attempt = world.attempt().await;
    let id = text();
    signed_in(
        world
            .store
            .finish_sign_in(world.saml(AttemptRef::Begun(attempt.id), &id, &person, &name_id))
            .await
            .unwrap(),
    );
    let find = async |name: &str, index: Option<&str>| {
        world
            .store
            .sessions_by_name_id(world.connection.id, name, index, NOW)
            .await
            .unwrap()
    };
    let found = find("B.Simon@contoso.com", Some("_index")).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1.name_id, Some(name_id), "verbatim");
    assert_eq!(find("B.Simon@contoso.com", None).await.len(), 1);
    assert!(find("B.Simon@contoso.com", Some("_other")).await.is_empty());
    // In any letter case: the caller knows of which formats that matters.
    assert_eq!(
        find("b.simon@contoso.com", None).await.len(),
        find("B.Simon@contoso.com", None).await.len()
    );
    assert!(find("b.simon@contoso.co", None).await.is_empty());
    assert!(find("a\0b", Some("\0")).await.is_empty());
}

async fn the_layer_reads_and_saves_but_does_not_begin(database: &Database) {
    let world = World::new(database.open().await).await;
    let attempt = world.attempt().await;
    let (person, name_id, id) = (
        profile("oid:1", "b@contoso.com"),
        NameId::new("x", None),
        text(),
    );
    let sign_in = world.saml(AttemptRef::Begun(attempt.id), &id, &person, &name_id);
    signed_in(world.store.finish_sign_in(sign_in.clone()).await.unwrap());

    let sessions = world.store.session_records(|| NOW + Duration::minutes(30));
    let cookie = Id(i128::from_le_bytes(*sign_in.session.id.as_bytes()));
    let key = world.store.session_key(&sign_in.session.id);
    let before = world.store.signed_in(key, NOW).await.unwrap().unwrap();
    let mut record = sessions.load(&cookie).await.unwrap().unwrap();
    assert_eq!(
        (record.data.len(), record.expiry_date),
        (0, NOW + Duration::hours(1))
    );

    record.data.insert("draft".into(), "text".into());
    record.expiry_date = NOW + Duration::days(365);
    sessions.save(&record).await.unwrap();
    let saved = sessions.load(&cookie).await.unwrap().unwrap();
    assert_eq!(saved.data["draft"], "text");
    assert_eq!(saved.expiry_date, NOW + Duration::hours(1));
    let after = world.store.signed_in(key, NOW).await.unwrap().unwrap();
    assert_eq!(after, before, "who is signed in, and until when");

    // What another request has saved meanwhile is not written over.
    record.data.insert("draft".into(), "older".into());
    assert!(sessions.save(&record).await.is_err());
    let mut record = sessions.load(&cookie).await.unwrap().unwrap();
    assert_eq!(record.data, saved.data);
    record.data.insert("more".into(), "text".into());
    sessions.save(&record).await.unwrap();

    let mut large = sessions.load(&cookie).await.unwrap().unwrap();
    assert_eq!(
        (&large.data["draft"], &large.data["more"]),
        (&"text".into(), &"text".into())
    );
    let too_much = "x".repeat(LARGEST_DATA);
    large.data.insert("more".into(), too_much.into());
    assert!(sessions.save(&large).await.is_err());

    let mut made = Record {
        id: Id(5),
        ..record.clone()
    };
    assert!(sessions.create(&mut made).await.is_err());
    assert!(sessions.save(&made).await.is_err());
    assert!(sessions.load(&Id(5)).await.unwrap().is_none());
    sessions.delete(&cookie).await.unwrap();
    assert!(sessions.load(&cookie).await.unwrap().is_none());
    assert_eq!(world.people().await, (1, 0));
}
