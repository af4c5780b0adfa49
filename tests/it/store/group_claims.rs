//! What a record says of the groups of a sign-in (rule F5).

use vestibule::domain::{
    Check, FlowRequirement, GroupClaim, GroupMapping, LoginAttempt, Outcome, Profile,
};
use vestibule::store::Finished;

use super::database::{Database, on_both};
use super::world::{World, profile, signed_in, text};

on_both!(
    every_record_says_what_happened_to_groups,
    a_refusal_says_what_came_and_changes_nothing,
    what_is_said_is_bounded
);

fn with(groups: GroupClaim) -> Profile {
    Profile {
        groups,
        ..profile("oid:1", "b.simon@contoso.com")
    }
}

fn values(list: &[&str]) -> GroupClaim {
    GroupClaim::Values(list.iter().map(ToString::to_string).collect())
}

fn about_groups(attempt: &LoginAttempt) -> &Check {
    let mut found = attempt.record.checks.iter().filter(|it| it.rule == "F5");
    let (Some(check), None) = (found.next(), found.next()) else {
        panic!("one check of F5: {:?}", attempt.record.checks)
    };
    assert_eq!(check.subject, FlowRequirement::Groups.title());
    check
}

async fn sign_in(world: &World, profile: &Profile) -> (LoginAttempt, Finished) {
    let begun = world.attempt().await;
    let finished = world.finish(begun.id, &text(), profile).await;
    let ended = world.store.attempt(begun.id).await.unwrap().unwrap();
    (ended, finished)
}

async fn every_record_says_what_happened_to_groups(database: &Database) {
    let mut world = World::new(database.open().await).await;
    let mapping = vec![GroupMapping {
        value: "g-staff".into(),
        group_id: world.staff.id,
    }];
    let cases = [
        // Nothing is mapped: what comes is said, and is no warning, but for a list that was cut.
        (
            false,
            GroupClaim::Missing,
            "no groups were sent. Given to the new account: SSO Basic",
            None,
        ),
        (
            false,
            values(&["g-staff"]),
            "g-staff. Nothing granted or taken",
            None,
        ),
        (
            false,
            GroupClaim::Overflow,
            "too many groups to list. Nothing granted or taken",
            Some("more groups"),
        ),
        (
            true,
            values(&["x", "g-staff"]),
            "x, g-staff. Mapped: g-staff is Staff. Granted: Staff",
            None,
        ),
        (
            true,
            values(&["g-staff"]),
            "g-staff. Mapped: g-staff is Staff. Nothing granted or taken",
            None,
        ),
        (
            true,
            GroupClaim::Overflow,
            "too many groups to list. Nothing granted or taken",
            Some("more groups"),
        ),
        (
            true,
            GroupClaim::Missing,
            "no groups were sent",
            Some("sent no groups"),
        ),
        (
            true,
            values(&["x"]),
            "x. Taken: Staff",
            Some("none of the groups"),
        ),
        (
            true,
            values(&[]),
            "an empty list. Nothing granted or taken",
            Some("none of the groups"),
        ),
    ];
    for (maps, claim, said, warning) in cases {
        world.connection.settings.group_mapping = if maps { mapping.clone() } else { Vec::new() };
        let (ended, finished) = sign_in(&world, &with(claim.clone())).await;
        signed_in(finished);
        assert_eq!(ended.outcome, Outcome::SignedIn);
        let check = about_groups(&ended);
        assert_eq!(check.received, said, "{claim:?}");
        assert_eq!(check.passed, warning.is_none(), "{claim:?}");
        assert_eq!(ended.has_warning(), warning.is_some(), "{claim:?}");
        assert_eq!(ended.rule.as_deref(), warning.map(|_| "F5"));
        assert_eq!(ended.record.advice.is_empty(), warning.is_none());
        if let Some(text) = warning {
            assert!(
                ended.summary.starts_with("Signed in, with a warning: ")
                    && ended.summary.contains(text),
                "{}",
                ended.summary
            );
        }
    }

    // A test says the same.
    let begun = world.test_attempt().await;
    let finished = world
        .finish(begun.id, &text(), &with(GroupClaim::Overflow))
        .await;
    assert!(matches!(finished, Finished::Rehearsed { .. }));
    let tested = world.store.attempt(begun.id).await.unwrap().unwrap();
    assert!(tested.has_warning(), "{tested:?}");
    assert!(!about_groups(&tested).passed);
}

async fn a_refusal_says_what_came_and_changes_nothing(database: &Database) {
    let mut world = World::new(database.open().await).await;
    world.connection.settings.jit = None;
    let (ended, finished) = sign_in(&world, &with(values(&["g-staff"]))).await;
    let Finished::Refused { refusal, .. } = finished else {
        panic!("{finished:?}")
    };
    assert_eq!(refusal.rule(), "F3");
    let check = about_groups(&ended);
    assert!(check.passed && check.received.starts_with("g-staff. Nobody was signed in"));
    assert!(!ended.has_warning());
}

async fn what_is_said_is_bounded(database: &Database) {
    let world = World::new(database.open().await).await;
    let many = vec![format!("{}\n\0", "g".repeat(2_000)); 3_000];
    let (ended, finished) = sign_in(&world, &with(GroupClaim::Values(many))).await;
    signed_in(finished);
    let said = &about_groups(&ended).received;
    assert!(
        said.len() < 4_000 && said.contains("and 2980 more"),
        "{said}"
    );
    assert!(!said.contains(char::is_control));
}
