//! A refusal leaves its record, the attempt and the assertion used up, and nothing else (rule F4). The rules F1 to F3 are refused in
//! all their combinations in `combined`.

use time::Duration;
use vestibule::domain::{
    AttemptKind, AuditEvent, AuditId, Creation, GroupId, GroupKind, SetupLink, SetupLinkId, UserId,
};
use vestibule::store::{AttemptRef, Finished, Proof, Refusal, SetUp};

use super::database::{Database, on_both};
use super::world::{
    NOW, World, group, new_attempt, profile, refused, signed_in, text, unique, user,
};
use crate::support::people;

on_both!(
    a_refused_response_leaves_nothing,
    a_refused_password_leaves_nothing,
    a_refused_set_up_leaves_nothing,
    a_stranger_gets_nothing_of_a_deactivated_account,
    refusals_and_sign_ins_at_once_do_not_meet,
);

/// The rules E, as far as the transaction decides them, and F3 where a group is gone.
async fn a_refused_response_leaves_nothing(database: &Database) {
    let mut world = World::new(database.open().await).await;
    let person = profile("oid:1", "b.simon@contoso.com");
    let used = world.attempt().await;
    signed_in(world.finish(used.id, "_used", &person).await);
    let mut late = new_attempt(world.company.id, AttemptKind::Saml);
    late.connection_id = Some(world.connection.id);
    late.expires_at = NOW;
    world.store.add_attempt(&late).await.unwrap();
    let mut foreign = new_attempt(world.company.id, AttemptKind::Saml);
    foreign.connection_id = None;
    world.store.add_attempt(&foreign).await.unwrap();
    let fresh = world.attempt().await;
    let before = database.rows().await;
    for (attempt, assertion, refusal) in [
        (used.id, "_new", Refusal::AttemptConsumed),
        (late.id, "_new", Refusal::AttemptExpired),
        (foreign.id, "_new", Refusal::OtherConnection),
        (fresh.id, "_used", Refusal::AssertionReplayed),
    ] {
        let finished = world.finish(attempt, assertion, &person).await;
        assert_eq!(refused(finished), refusal);
        assert_eq!(database.rows().await, before, "{refusal}");
    }
    world.connection.settings.jit = Some(GroupId::from_bytes([9; 16]));
    let finished = world.sign_in(&profile("oid:2", "c@contoso.com")).await;
    assert_eq!(refused(finished), Refusal::NoJitGroup);
    assert_eq!(database.rows().await, before);
}

/// Rules F4 and F6: not even the time of a last sign-in.
async fn a_refused_password_leaves_nothing(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    let deactivated = world.user("a@contoso.com", Creation::Administrator).await;
    let without = world.user("b@contoso.com", Creation::Administrator).await;
    let sso_only = world.user("c@contoso.com", Creation::Administrator).await;
    for id in [deactivated.id, sso_only.id] {
        people::set_password(store, id, Some(b"sealed")).await;
    }
    world.admin().deactivate_user(deactivated.id).await.unwrap();
    let grant = people::by_hand(sso_only.id, &world.basic);
    people::grant(store, grant).await;
    let before = database.rows().await;
    for (id, rule) in [
        (deactivated.id, "F4"),
        (without.id, "F6"),
        (sso_only.id, "F6"),
    ] {
        let refusal = refused(world.password(id).await);
        assert_eq!(refusal.rule(), rule, "{refusal}");
        assert_eq!(database.rows().await, before, "{refusal}");
    }
}

async fn a_refused_set_up_leaves_nothing(database: &Database) {
    let world = World::new(database.open().await).await;
    let company = world.company.id;
    let taken = world.user("a@contoso.com", Creation::Administrator).await;
    let link = SetupLink {
        id: SetupLinkId::from_bytes(unique()),
        company_id: company,
        created_at: NOW,
        expires_at: NOW + Duration::days(1),
        used_at: None,
        revoked_at: None,
    };
    let mut tx = world.store.begin().await.unwrap();
    tx.add_setup_link(&link, &[3; 32]).await.unwrap();
    tx.commit(NOW).await.unwrap();
    let first = user(company, taken.email.as_str(), Creation::Administrator);
    let set_up = |link| SetUp {
        link,
        company_name: "Another name".to_owned(),
        user: first.clone(),
        password: Some(b"sealed".to_vec()),
        group: group(company, "Administrators", GroupKind::Administrator, false),
        event: AuditEvent {
            id: AuditId::from_bytes(unique()),
            company_id: Some(company),
            at: NOW,
            actor: String::new(),
            action: "company.set_up".into(),
            subject: String::new(),
            detail: String::new(),
            client: None,
            before: None,
            after: None,
        },
    };
    let before = database.rows().await;
    let unknown = SetupLinkId::from_bytes(unique());
    for link in [link.id, unknown] {
        let attempt = new_attempt(company, AttemptKind::SetUp);
        let name = vestibule::domain::NameId::new("", None);
        let person = profile("", "a@contoso.com");
        let attempt = AttemptRef::New(Box::new(attempt));
        let mut sign_in = world.saml(attempt, "", &person, &name);
        sign_in.proof = Proof::SetUp(Box::new(set_up(link)));
        let refusal = refused(world.store.finish_sign_in(sign_in).await.unwrap());
        assert_eq!(refusal.rule(), "F6", "{refusal}");
        assert_eq!(database.rows().await, before, "{refusal}");
    }
}

/// An account that waits is deactivated; a stranger signs in with its address; it is activated again.
async fn a_stranger_gets_nothing_of_a_deactivated_account(database: &Database) {
    let world = World::new(database.open().await).await;
    let waiting = world.user("new@contoso.com", Creation::Administrator).await;
    world.admin().deactivate_user(waiting.id).await.unwrap();
    let before = database.rows().await;
    let refusal = refused(
        world
            .sign_in(&profile("oid:stranger", "new@contoso.com"))
            .await,
    );
    assert_eq!(refusal.rule(), "F4");
    assert_eq!(database.rows().await, before);
    world.admin().activate_user(waiting.id).await.unwrap();
    let (user, _) = signed_in(
        world
            .sign_in(&profile("oid:owner", "new@contoso.com"))
            .await,
    );
    assert_eq!(user.id, waiting.id);
}

/// A batch of sign-ins may hold refusals: what is taken back is the refusal's own.
async fn refusals_and_sign_ins_at_once_do_not_meet(database: &Database) {
    let world = World::new(database.open().await).await;
    let shut = world
        .user("shut@contoso.com", Creation::Administrator)
        .await;
    world.admin().deactivate_user(shut.id).await.unwrap();
    let mut work = Vec::new();
    for number in 0..24_u32 {
        let address = match number % 3 {
            0 => "shut@contoso.com".to_owned(),
            _ => format!("p{number}@contoso.com"),
        };
        let person = profile(&format!("oid:{number}"), &address);
        let attempt = world.attempt().await;
        let name = vestibule::domain::NameId::new(person.subject.clone(), None);
        let sign_in = world.saml(AttemptRef::Begun(attempt.id), &text(), &person, &name);
        let store = world.store.clone();
        let finishing = tokio::spawn(async move { store.finish_sign_in(sign_in).await.unwrap() });
        work.push((number % 3 != 0, finishing));
    }
    for (gets_in, finished) in work {
        let finished = finished.await.unwrap();
        assert_eq!(matches!(finished, Finished::SignedIn { .. }), gets_in);
    }
    assert_eq!(world.people().await, (17, 16));
    let id: UserId = shut.id;
    assert!(world.store.identities_of(id).await.unwrap().is_empty());
}
