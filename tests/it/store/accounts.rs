//! Rules F1 to F5: whose account a verified sign-in opens.

use serde_json::json;
use vestibule::domain::{Creation, Grant, GrantSource, GroupClaim, GroupMapping, Outcome};
use vestibule::store::{Finished, LinkObstacle, Refusal};

use super::database::{Database, on_both};
use super::world::{NOW, World, bar, connection, profile, refused, signed_in, text};
use crate::support::people;

on_both!(
    made_at_first_and_found_by_identity_afterwards,
    nobody_is_made_without_jit,
    an_existing_account_is_not_linked_by_default,
    linked_in_the_domains_that_the_connection_owns,
    an_address_in_a_domain_of_another_connection_is_not_its_to_give,
    an_account_that_waits_for_single_sign_on_is_linked_once,
    two_identity_providers_share_no_account_in_silence,
    who_waits_for_a_connection_and_is_known_is_told_so,
    a_new_address_is_written_down,
    a_bound_account_is_never_bound_again,
    a_deactivated_user_never_gets_in,
    group_claims_change_only_their_own_grants,
    a_new_address_is_taken_over_unless_it_is_anothers,
    no_address_no_account,
    a_missing_jit_group_refuses,
);

async fn made_at_first_and_found_by_identity_afterwards(database: &Database) {
    let world = World::new(database.open().await).await;
    let (user, made) = signed_in(
        world
            .sign_in(&profile("oid:1", "B.Simon@contoso.com"))
            .await,
    );
    assert!(made);
    assert_eq!(user.created_by, Creation::Jit);
    assert_eq!(
        (
            user.first_name.as_str(),
            user.last_name.as_str(),
            user.company_name.as_str()
        ),
        ("Britta", "Simon", "Contoso")
    );
    assert_eq!(user.email.as_str(), "B.Simon@contoso.com");
    assert_eq!(user.last_sign_in_at, Some(NOW));
    assert_eq!(world.titles(user.id).await, ["SSO Basic"]);

    let mut later = profile("oid:1", "b.simon@fabrikam.example");
    later.last_name = Some("Simon-Jones".into());
    later.first_name = None;
    let (again, made) = signed_in(world.sign_in(&later).await);
    assert!(!made);
    assert_eq!(
        (again.id, again.email.as_str()),
        (user.id, "b.simon@fabrikam.example")
    );
    assert_eq!(
        (again.first_name.as_str(), again.last_name.as_str()),
        ("Britta", "Simon-Jones"),
        "a missing claim clears nothing"
    );
    assert_eq!(world.people().await, (1, 2));
    let identities = world.store.identities_of(user.id).await.unwrap();
    assert_eq!(
        (identities.len(), identities[0].subject.as_str()),
        (1, "oid:1")
    );
}

async fn nobody_is_made_without_jit(database: &Database) {
    let mut world = World::new(database.open().await).await;
    world.connection.settings.jit = None;
    let attempt = world.attempt().await;
    let finished = world
        .finish(attempt.id, "_a", &profile("oid:1", "b.simon@contoso.com"))
        .await;
    assert_eq!(refused(finished).rule(), "F3");
    assert_eq!(world.people().await, (0, 0));
    let attempt = world.store.attempt(attempt.id).await.unwrap().unwrap();
    assert_eq!(
        (attempt.outcome, attempt.rule.as_deref()),
        (Outcome::Refused, Some("F3"))
    );
    assert_eq!(
        (
            attempt.consumed_at,
            attempt.finished_at,
            attempt.session_key
        ),
        (Some(NOW), Some(NOW), None)
    );
    assert!(
        attempt
            .record
            .checks
            .iter()
            .any(|check| check.rule == "F3" && !check.passed)
    );
}

async fn an_existing_account_is_not_linked_by_default(database: &Database) {
    let world = World::new(database.open().await).await;
    let local = world
        .user("b.simon@contoso.com", Creation::Administrator)
        .await;
    people::set_password(&world.store, local.id, Some(b"sealed")).await;
    let finished = world
        .sign_in(&profile("oid:1", "B.SIMON@contoso.com"))
        .await;
    assert_eq!(bar(finished), LinkObstacle::NotAssigned);
    let jit = world.user("jit@contoso.com", Creation::Jit).await;
    let finished = world.sign_in(&profile("oid:2", jit.email.as_str())).await;
    assert_eq!(bar(finished), LinkObstacle::NotAssigned);
    assert_eq!(world.people().await, (2, 0));
}

async fn linked_in_the_domains_that_the_connection_owns(database: &Database) {
    let world = World::new(database.open().await).await;
    world.assign("contoso.com", &world.connection).await;
    let local = world
        .user("b.simon@contoso.com", Creation::Administrator)
        .await;
    people::set_password(&world.store, local.id, Some(b"sealed")).await;
    let (user, made) = signed_in(
        world
            .sign_in(&profile("oid:1", "B.Simon@Contoso.com"))
            .await,
    );
    assert_eq!((user.id, made), (local.id, false));
    assert_eq!(
        world.titles(user.id).await,
        [""; 0],
        "the JIT group is for accounts that were made"
    );

    // The company has said which domains are its own.
    world.user("b.simon@evil.example", Creation::Jit).await;
    for address in ["b.simon@evil.example", "nobody@evil.example"] {
        let finished = world.sign_in(&profile("oid:2", address)).await;
        let email = address.parse().unwrap();
        assert_eq!(refused(finished), Refusal::OutsideDomains { email });
    }
    let mut world = world;
    world.connection.settings.guests = true;
    let finished = world
        .sign_in(&profile("oid:2", "b.simon@evil.example"))
        .await;
    assert_eq!(bar(finished), LinkObstacle::NotAssigned);
    signed_in(world.sign_in(&profile("oid:3", "guest@evil.example")).await);
}

/// A partner's identity provider may say what it likes: the person of an address is who the domain's owner says.
async fn an_address_in_a_domain_of_another_connection_is_not_its_to_give(database: &Database) {
    let mut partner = World::new(database.open().await).await;
    partner.connection.settings.guests = true;
    let own = connection(partner.company.id, "own");
    partner.store.add_connection(&own, NOW).await.unwrap();
    partner.assign("contoso.com", &own).await;
    let others = |address: &str| Refusal::OthersAddress {
        email: address.parse().unwrap(),
        owner: "OWN".to_owned(),
    };

    // It makes no account that the owner's sign-in would be linked to later.
    let finished = partner
        .sign_in(&profile("oid:evil", "chief@Contoso.com"))
        .await;
    assert_eq!(refused(finished), others("chief@Contoso.com"));
    assert_eq!(partner.people().await, (0, 0));

    // Nor does it move an account of its own to such an address.
    let mallory = profile("oid:1", "mallory@partner.example");
    signed_in(partner.sign_in(&mallory).await);
    let finished = partner
        .sign_in(&profile("oid:1", "chief@contoso.com"))
        .await;
    assert_eq!(
        signed_in(finished).0.email.as_str(),
        "mallory@partner.example"
    );

    // Nor does it take an account that waits for its first sign-in, not even for it.
    let mut waiting = super::world::user(
        partner.company.id,
        "new@contoso.com",
        Creation::Administrator,
    );
    waiting.waits_for = Some(partner.connection.id);
    people::add(&partner.store, &waiting, None, &[]).await;
    let finished = partner.sign_in(&profile("oid:2", "new@contoso.com")).await;
    assert_eq!(refused(finished), others("new@contoso.com"));

    partner.assign("contoso.com", &partner.connection).await;
    let (linked, _) = signed_in(partner.sign_in(&profile("oid:2", "new@contoso.com")).await);
    assert_eq!((linked.id, linked.waits_for), (waiting.id, None));
    let stored = partner.store.user(linked.id).await.unwrap().unwrap();
    assert_eq!(stored.waits_for, None);
}

async fn an_account_that_waits_for_single_sign_on_is_linked_once(database: &Database) {
    let mut world = World::new(database.open().await).await;
    world.connection.settings.jit = None;
    let waiting = world
        .user("b.simon@contoso.com", Creation::Administrator)
        .await;
    let (user, made) = signed_in(
        world
            .sign_in(&profile("oid:1", "b.simon@contoso.com"))
            .await,
    );
    assert_eq!((user.id, made), (waiting.id, false));

    let second = connection(world.company.id, "second");
    world.store.add_connection(&second, NOW).await.unwrap();
    world.connection = second;
    let finished = world
        .sign_in(&profile("oid:1", "b.simon@contoso.com"))
        .await;
    assert_eq!(bar(finished), LinkObstacle::NotAssigned, "it waits no more");
}

/// The assignment decides, also where another connection knows the account; and everybody who looks is told that both do.
async fn two_identity_providers_share_no_account_in_silence(database: &Database) {
    let mut world = World::new(database.open().await).await;
    let store = world.store.clone();
    let person = profile("oid:1", "b.simon@contoso.com");
    let (user, _) = signed_in(world.sign_in(&person).await);
    let first = world.connection.clone();
    let second = connection(world.company.id, "second");
    store.add_connection(&second, NOW).await.unwrap();
    world.connection = second.clone();
    assert_eq!(bar(world.sign_in(&person).await), LinkObstacle::NotAssigned);
    world.assign("contoso.com", &second).await;
    // A test of the connection tells it before anybody signs in.
    let test = world.test_attempt().await;
    let tested = world.finish(test.id, &text(), &person).await;
    assert!(matches!(tested, Finished::Rehearsed { .. }), "{tested:?}");
    assert_eq!(store.identities_of(user.id).await.unwrap().len(), 1);
    let attempt = world.attempt().await;
    let (again, made) = signed_in(world.finish(attempt.id, &text(), &person).await);
    assert_eq!((again.id, made), (user.id, false));
    assert_eq!(world.titles(user.id).await, ["SSO Basic"]);
    assert_eq!(store.identities_of(user.id).await.unwrap().len(), 2);
    for id in [test.id, attempt.id] {
        let kept = store.attempt(id).await.unwrap().unwrap();
        let mut checks = kept.record.checks.iter();
        let check = checks.find(|check| check.rule == "F2").unwrap();
        assert_eq!(
            check.received,
            "linked by e-mail address; the connection \"ENTRA\" knows this user, too"
        );
    }
    let told = store.audit_events(world.company.id, 10).await.unwrap();
    let [event] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(
        (
            event.action.as_str(),
            event.actor.as_str(),
            event.detail.as_str()
        ),
        (
            "user.link",
            "connection: second",
            "second; the connection \"ENTRA\" knows this user, too: oid:1, by the e-mail address"
        )
    );
    // What is bound stays bound, whoever has the domain (rule F1); and that is told once, when it begins.
    world.connection = first;
    let (by_the_first, _) = signed_in(world.sign_in(&person).await);
    assert_eq!(by_the_first.id, user.id);
    assert_eq!(
        store.audit_events(world.company.id, 10).await.unwrap(),
        told
    );
    // The name of the person goes with the person, and that two knew the account stays.
    let mut tx = store.begin().await.unwrap();
    tx.delete_user(&again, "deleted user x").await.unwrap();
    tx.commit(NOW).await.unwrap();
    let left = store.audit_events(world.company.id, 10).await.unwrap();
    assert_eq!(
        left[0].detail,
        "second; the connection \"ENTRA\" knows this user, too"
    );
}

/// An account that was unlinked waits for that connection again. Where another one knows it, nobody can say otherwise on its page.
async fn who_waits_for_a_connection_and_is_known_is_told_so(database: &Database) {
    let mut world = World::new(database.open().await).await;
    let store = world.store.clone();
    let person = profile("oid:1", "b.simon@contoso.com");
    let (user, _) = signed_in(world.sign_in(&person).await);
    let [second, third] = ["second", "third"].map(|name| connection(world.company.id, name));
    for connection in [&second, &third] {
        store.add_connection(connection, NOW).await.unwrap();
    }
    let mut tx = store.begin().await.unwrap();
    assert!(
        tx.bind_identity(second.id, "oid:2", user.id, NOW)
            .await
            .unwrap()
    );
    assert_eq!(
        tx.unbind(user.id, second.id, None).await.unwrap(),
        ["oid:2"]
    );
    tx.commit(NOW).await.unwrap();
    world.connection = third.clone();
    assert_eq!(bar(world.sign_in(&person).await), LinkObstacle::NotAssigned);
    world.connection = second;
    let (again, _) = signed_in(world.sign_in(&person).await);
    assert_eq!(again.id, user.id);
}

async fn a_new_address_is_written_down(database: &Database) {
    let mut world = World::new(database.open().await).await;
    let (store, company) = (world.store.clone(), world.company.id);
    let old = "Britta.Simon@contoso.com";
    let (user, _) = signed_in(world.sign_in(&profile("oid:1", old)).await);
    let changes = async || store.audit_events(company, 10).await.unwrap();
    signed_in(world.sign_in(&profile("oid:1", old)).await);
    assert!(changes().await.is_empty(), "nothing changed");
    let mut renamed = profile("oid:1", "b.simone@contoso.com");
    renamed.last_name = Some("Simone".to_owned());
    let finished = world.rehearse(&text(), &renamed).await;
    assert!(matches!(finished, Finished::Rehearsed { .. }));
    assert!(changes().await.is_empty(), "a test changes nothing");
    let (now, _) = signed_in(world.sign_in(&renamed).await);
    let written = changes().await;
    assert_eq!(written.len(), 1);
    let event = &written[0];
    assert_eq!(
        (
            event.action.as_str(),
            event.actor.as_str(),
            event.subject.as_str()
        ),
        ("user.change", "connection: entra", "b.simone@contoso.com")
    );
    assert_eq!(
        event.before,
        Some(json!({"email": old, "last_name": "Simon"}))
    );
    assert_eq!(
        event.after,
        Some(json!({"email": "b.simone@contoso.com", "last_name": "Simone"}))
    );

    // Who erases the person finds both addresses, and what was refused under the former one.
    let refused_before = profile("oid:2", old);
    world.connection.settings.jit = None;
    refused(world.sign_in(&refused_before).await);
    let mut tx = store.begin().await.unwrap();
    let erased = tx.delete_user(&now, "deleted user x").await.unwrap();
    tx.commit(NOW).await.unwrap();
    assert_eq!(now.id, user.id);
    assert_eq!((erased.entries, erased.sign_ins), (1, 4));
    let left = format!("{:?}", changes().await).to_lowercase();
    for address in [old, "b.simone@contoso.com", "simone"] {
        assert!(!left.contains(&address.to_lowercase()), "{address}: {left}");
    }
}

async fn a_bound_account_is_never_bound_again(database: &Database) {
    let world = World::new(database.open().await).await;
    world.assign("contoso.com", &world.connection).await;
    let first = world
        .sign_in(&profile("oid:1", "b.simon@contoso.com"))
        .await;
    let (user, _) = signed_in(first);
    let finished = world
        .sign_in(&profile("oid:2", "b.simon@contoso.com"))
        .await;
    let refusal = refused(finished);
    assert_eq!(refusal.linkable(), Some(user.id));
    assert_eq!(
        refusal.to_string(),
        "an account with the e-mail address b.simon@contoso.com exists, and this connection knows it as oid:1, not as oid:2"
    );
    assert_eq!(world.people().await, (1, 1));
}

fn deactivated(address: &str) -> Refusal {
    let email = address.parse().unwrap();
    Refusal::Deactivated { email }
}

async fn a_deactivated_user_never_gets_in(database: &Database) {
    let world = World::new(database.open().await).await;
    let (user, _) = signed_in(
        world
            .sign_in(&profile("oid:1", "b.simon@contoso.com"))
            .await,
    );
    assert!(
        world
            .admin()
            .deactivate_user(user.id)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(world.people().await, (1, 0), "its sessions end");
    assert_eq!(
        refused(
            world
                .sign_in(&profile("oid:1", "b.simon@contoso.com"))
                .await
        ),
        deactivated("b.simon@contoso.com")
    );

    let waiting = world
        .user("waiting@contoso.com", Creation::Administrator)
        .await;
    world.admin().deactivate_user(waiting.id).await.unwrap();
    world.assign("contoso.com", &world.connection).await;
    assert_eq!(
        refused(
            world
                .sign_in(&profile("oid:2", "waiting@contoso.com"))
                .await
        ),
        deactivated("waiting@contoso.com"),
        "nor by linking"
    );

    people::set_password(&world.store, user.id, Some(b"sealed")).await;
    assert_eq!(
        refused(world.password(user.id).await),
        deactivated("b.simon@contoso.com"),
        "nor by a password"
    );
    assert_eq!(world.people().await, (2, 0));
    assert!(world.admin().activate_user(user.id).await.unwrap());
    signed_in(
        world
            .sign_in(&profile("oid:1", "b.simon@contoso.com"))
            .await,
    );
}

async fn group_claims_change_only_their_own_grants(database: &Database) {
    let mut world = World::new(database.open().await).await;
    let (staff, basic) = (world.staff.id, world.basic.id);
    world.connection.settings.group_mapping = vec![
        GroupMapping {
            value: "g-staff".into(),
            group_id: staff,
        },
        GroupMapping {
            value: "g-basic".into(),
            group_id: basic,
        },
    ];
    let with = |groups: GroupClaim| {
        let mut profile = profile("oid:1", "b.simon@contoso.com");
        profile.groups = groups;
        profile
    };
    let values = |list: &[&str]| GroupClaim::Values(list.iter().map(ToString::to_string).collect());

    let (user, _) = signed_in(world.sign_in(&with(values(&["g-staff", "unknown"]))).await);
    assert_eq!(world.titles(user.id).await, ["SSO Basic", "Staff"]);
    for unknown in [GroupClaim::Missing, GroupClaim::Overflow] {
        signed_in(world.sign_in(&with(unknown)).await);
        assert_eq!(
            world.titles(user.id).await,
            ["SSO Basic", "Staff"],
            "never read as no groups"
        );
    }
    signed_in(world.sign_in(&with(values(&[]))).await);
    assert_eq!(
        world.titles(user.id).await,
        ["SSO Basic"],
        "the JIT group is not the claim's to take"
    );

    let manual = Grant {
        user_id: user.id,
        group_id: staff,
        source: GrantSource::Administrator,
    };
    assert!(people::grant(&world.store, manual).await);
    signed_in(world.sign_in(&with(values(&["g-staff"]))).await);
    signed_in(world.sign_in(&with(values(&[]))).await);
    assert_eq!(
        people::grants_of(&world.store, user.company_id, user.id)
            .await
            .iter()
            .filter(|grant| grant.group_id == staff)
            .collect::<Vec<_>>(),
        [&manual]
    );
}

async fn a_new_address_is_taken_over_unless_it_is_anothers(database: &Database) {
    let world = World::new(database.open().await).await;
    let (britta, _) = signed_in(world.sign_in(&profile("oid:1", "britta@contoso.com")).await);
    signed_in(world.sign_in(&profile("oid:2", "simon@contoso.com")).await);
    let attempt = world.attempt().await;
    let (again, _) = signed_in(
        world
            .finish(attempt.id, "_a", &profile("oid:1", "Simon@contoso.com"))
            .await,
    );
    assert_eq!(
        (again.id, again.email.as_str()),
        (britta.id, "britta@contoso.com")
    );
    let record = world
        .store
        .attempt(attempt.id)
        .await
        .unwrap()
        .unwrap()
        .record;
    assert!(record.checks.iter().any(|check| {
        check
            .received
            .contains("another account has it. The account keeps britta@contoso.com")
    }));
}

async fn no_address_no_account(database: &Database) {
    let world = World::new(database.open().await).await;
    let mut nameless = profile("oid:1", "b.simon@contoso.com");
    nameless.email = None;
    assert_eq!(refused(world.sign_in(&nameless).await).rule(), "F3");
    signed_in(
        world
            .sign_in(&profile("oid:1", "b.simon@contoso.com"))
            .await,
    );
    let (user, _) = signed_in(world.sign_in(&nameless).await);
    assert_eq!(
        user.email.as_str(),
        "b.simon@contoso.com",
        "a known identity needs none"
    );
}

async fn a_missing_jit_group_refuses(database: &Database) {
    let mut world = World::new(database.open().await).await;
    world.connection.settings.jit = Some(vestibule::domain::GroupId::from_bytes([9; 16]));
    let finished = world
        .sign_in(&profile("oid:1", "b.simon@contoso.com"))
        .await;
    assert!(matches!(
        finished,
        Finished::Refused {
            refusal: Refusal::NoJitGroup,
            ..
        }
    ));
    assert_eq!(world.people().await, (0, 0));
}
