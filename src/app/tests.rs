use time::Duration;

use super::*;
use crate::domain::{
    AttemptId, AttemptKind, Creation, Group, GroupId, GroupKind, LoginAttempt, PasswordBy, Record,
    SessionId, User, UserId,
};
use crate::keys::random;
use crate::store::{AttemptRef, Finished, NewSession, PasswordProof, Proof, SignIn};

fn company(slug: &str, origin: &str) -> Company {
    Company {
        id: CompanyId::from_bytes(random()),
        slug: slug.parse().unwrap(),
        name: slug.to_uppercase(),
        origin: origin.parse().unwrap(),
        aliases: Vec::new(),
        return_origins: Vec::new(),
        landing: None,
        organization: None,
        contact: None,
        encrypted_assertions: false,
        logo: None,
        created_at: time::OffsetDateTime::UNIX_EPOCH,
        suspended_at: None,
        revision: 0,
    }
}

/// A user of a new company, signed in by password.
pub(crate) async fn signed_in(app: &App) -> (User, SessionId) {
    let now = app.clock.now();
    let acme = company("acme", "http://acme.localhost:8080");
    app.store.add_company(&acme, now).await.unwrap();
    let user = User {
        id: UserId::from_bytes(random()),
        company_id: acme.id,
        email: "b.simon@acme.example".parse().unwrap(),
        first_name: "Britta".to_owned(),
        last_name: "Simon".to_owned(),
        company_name: String::new(),
        attributes: crate::domain::Attributes::new(),
        created_by: Creation::Administrator,
        has_password: false,
        waits_for: None,
        disabled_at: None,
        created_at: now,
        last_sign_in_at: None,
    };
    let mut tx = app.store.begin().await.unwrap();
    assert!(tx.add_user(&user).await.unwrap());
    let password = Some((&b"sealed"[..], PasswordBy::Administrator));
    tx.write_password(user.id, password, None).await.unwrap();
    tx.commit(now).await.unwrap();
    let id = SessionId::from_bytes(random());
    let attempt = LoginAttempt::open(
        AttemptId::from_bytes(random()),
        acme.id,
        AttemptKind::Password,
        [0; 32],
        now,
    );
    let finished = app
        .store
        .finish_sign_in(SignIn {
            company_id: acme.id,
            attempt: AttemptRef::New(Box::new(attempt.clone())),
            proof: Proof::Password(Box::new(PasswordProof {
                user_id: user.id,
                sealed: b"sealed".to_vec(),
                break_glass: None,
            })),
            session: NewSession {
                id,
                expires_at: now + Duration::hours(12),
                idle: Duration::hours(2),
            },
            replaces: None,
            new_user_id: UserId::from_bytes(random()),
            record: Record::default(),
            now,
        })
        .await
        .unwrap();
    assert!(
        matches!(finished, Finished::SignedIn { .. }),
        "{finished:?}"
    );
    (user, id)
}

#[tokio::test]
async fn a_change_reaches_a_running_server() {
    let (app, _dir) = App::for_test(|_| {}).await;
    let now = app.clock.now();
    assert!(app.directory.site("acme.localhost:8080").is_none());
    let mut acme = company("acme", "http://acme.localhost:8080");
    app.store.add_company(&acme, now).await.unwrap();
    app.catch_up().await.unwrap();
    let site = app.directory.site("acme.localhost:8080").unwrap();
    assert_eq!(site.company.name, "ACME");

    acme = app.store.company(acme.id).await.unwrap().unwrap();
    acme.name = "Acme Imaging".to_owned();
    assert!(app.store.update_company(&acme, now).await.unwrap());
    app.catch_up().await.unwrap();
    assert_eq!(
        app.directory
            .site("acme.localhost:8080")
            .unwrap()
            .company
            .name,
        "Acme Imaging"
    );
    assert_eq!(
        site.company.name, "ACME",
        "a request that holds the old site keeps it"
    );
    assert!(app.is_ready().await);
    app.store.close().await;
    assert!(!app.is_ready().await);
}

#[tokio::test]
async fn a_session_is_read_and_ends_in_every_way() {
    let (app, _dir) = App::for_test(|_| {}).await;
    let (user, id) = signed_in(&app).await;
    let found = app.sessions.signed_in(id).await.unwrap().unwrap();
    assert_eq!((&found.user.email, found.groups.len()), (&user.email, 0));
    assert!(
        app.sessions
            .signed_in(SessionId::from_bytes([9; 16]))
            .await
            .unwrap()
            .is_none()
    );

    // Data of handlers travels with it, and what describes the sign-in does not change.
    let data = app.sessions.data(id);
    data.insert("note", "saved").await.unwrap();
    data.save().await.unwrap();
    assert_eq!(
        app.sessions
            .data(id)
            .get::<String>("note")
            .await
            .unwrap()
            .as_deref(),
        Some("saved")
    );

    // A group that is given shows after the change was read.
    let now = app.clock.now();
    let group = Group {
        id: GroupId::from_bytes(random()),
        company_id: user.company_id,
        title: "SSO Basic".to_owned(),
        kind: GroupKind::Member,
        sso_only: false,
        created_at: now,
    };
    app.store.add_group(&group, now).await.unwrap();
    let grant = crate::domain::Grant {
        user_id: user.id,
        group_id: group.id,
        source: crate::domain::GrantSource::Administrator,
    };
    let mut tx = app.store.begin().await.unwrap();
    assert!(tx.grant(grant, now).await.unwrap());
    tx.commit(now).await.unwrap();
    app.catch_up().await.unwrap();
    assert_eq!(
        app.sessions.signed_in(id).await.unwrap().unwrap().groups,
        vec![group]
    );

    // Deactivation, from another node's point of view: the cache forgets with the change log.
    let mut tx = app.store.begin().await.unwrap();
    tx.write_active(user.id, Some(now)).await.unwrap();
    tx.commit(now).await.unwrap();
    app.catch_up().await.unwrap();
    assert!(app.sessions.signed_in(id).await.unwrap().is_none());
}

#[tokio::test]
async fn use_keeps_a_session_alive_until_its_absolute_end() {
    let (app, _dir) = App::for_test(|_| {}).await;
    let (_, id) = signed_in(&app).await;
    let key = app.store.session_key(&id);
    for _ in 0..7 {
        app.clock.step(Duration::minutes(100));
        let found = app
            .sessions
            .signed_in(id)
            .await
            .unwrap()
            .expect("used within the idle time");
        assert_eq!(found.session.last_seen_at, app.clock.now());
        // The note is written beside the answer.
        while app
            .store
            .signed_in(key, app.clock.now())
            .await
            .unwrap()
            .unwrap()
            .session
            .last_seen_at
            != app.clock.now()
        {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    app.clock.step(Duration::minutes(20));
    assert!(
        app.sessions.signed_in(id).await.unwrap().is_none(),
        "twelve hours are over, also in the cache"
    );
}

#[tokio::test]
async fn an_unused_or_ended_session_is_over_at_once() {
    let (app, _dir) = App::for_test(|_| {}).await;
    let (_, id) = signed_in(&app).await;
    let key = app.store.session_key(&id);
    assert!(app.sessions.signed_in(id).await.unwrap().is_some());
    assert!(app.sessions.end(key).await.unwrap());
    assert!(app.sessions.signed_in(id).await.unwrap().is_none());
    assert!(!app.sessions.end(key).await.unwrap());

    let (app, _dir) = App::for_test(|_| {}).await;
    let (_, id) = signed_in(&app).await;
    assert!(app.sessions.signed_in(id).await.unwrap().is_some());
    app.clock.step(Duration::minutes(121));
    assert!(app.sessions.signed_in(id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_clock_that_was_set_forward_removes_nothing_at_once() {
    let (app, _dir) = App::for_test(|_| {}).await;
    let (user, _) = signed_in(&app).await;
    let sessions = async || {
        let at = OffsetDateTime::UNIX_EPOCH;
        app.store.sessions_of(user.id, at).await.unwrap().len()
    };
    let mut last = app.moment();
    app.clock.jump(Duration::days(400));
    app.purge_since(&mut last).await;
    assert_eq!(sessions().await, 1);
    // Set right again: nothing is lost.
    app.clock.jump(-Duration::days(400));
    app.purge_since(&mut last).await;
    assert_eq!(sessions().await, 1);
    // It is believed when it still says so the next time.
    app.clock.jump(Duration::days(400));
    app.purge_since(&mut last).await;
    app.clock.step(Duration::minutes(10));
    app.purge_since(&mut last).await;
    assert_eq!(sessions().await, 0);
}
