//! What becomes of groups that no claim lists (rules S2 and S5): three answers, never two.

use time::Duration;
use vestibule::demo_idp::ResponseSpec;
use vestibule::domain::{
    AuditAction, Connection, Grant, GrantSource, Group, GroupKind, GroupMapping,
};
use vestibule::store::AttemptFilter;

use super::accounts::GROUPS;
use crate::support::identity_provider::claim;
use crate::support::{Answer, Federation, people};

const GROUPS_LINK: &str = "http://schemas.microsoft.com/claims/groups.link";
const SIMON: &str = "b.simon@contoso.com";

/// acme's connection with its group of editors, and one of administrators.
async fn mapped(world: &Federation) -> Group {
    let editors = world.add_group("Editors", GroupKind::Member, false).await;
    let admins = world.add_group("Admins", GroupKind::Administrator, false);
    let admins = admins.await;
    let rows = [("g-editors", editors.id), ("g-admins", admins.id)];
    let rows = rows.map(|(value, group_id)| GroupMapping {
        value: value.to_owned(),
        group_id,
    });
    world
        .change(|entra| entra.settings.group_mapping = rows.to_vec())
        .await;
    admins
}

/// The titles of the groups after a sign-in.
async fn groups(world: &Federation, change: impl FnOnce(&mut ResponseSpec)) -> Vec<String> {
    let mut browser = world.browser();
    let answer = world.sign_in_with(&mut browser, change).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let who = browser.get("/sso/session").await.body;
    let who: serde_json::Value = serde_json::from_str(&who).unwrap();
    serde_json::from_value(who["groups"].clone()).unwrap()
}

fn overflow(spec: &mut ResponseSpec) {
    claim(spec, GROUPS_LINK, &["https://graph.windows.net/x"]);
}

fn editors(spec: &mut ResponseSpec) {
    claim(spec, GROUPS, &["g-editors"]);
}

async fn entra(world: &Federation) -> Connection {
    let stored = world.app.store.connection(world.entra.id).await.unwrap();
    stored.unwrap()
}

/// As a command changes it, with every check.
async fn save(world: &Federation, settings: &[(&str, &str)]) -> Result<(), String> {
    let admin = world.admin_of(&world.acme);
    let mut connection = entra(world).await;
    for (key, value) in settings {
        connection.set(key, value).unwrap();
    }
    let action = AuditAction::ConnectionChange;
    let saved = admin.change_connection(&connection, action, None).await;
    world.app.catch_up().await.unwrap();
    saved.map(|_| ()).map_err(|refused| format!("{refused:?}"))
}

async fn refused(world: &Federation, change: impl FnOnce(&mut ResponseSpec)) -> Answer {
    world.sign_in_with(&mut world.browser(), change).await
}

/// "No claim means no groups" is offered once the claim has come, and not before.
#[tokio::test]
async fn a_missing_claim_is_no_groups_where_that_is_said_and_the_claim_was_seen() {
    let world = Federation::new().await;
    mapped(&world).await;
    let told = save(&world, &[("groups_missing", "none")]).await;
    let told = told.unwrap_err();
    assert!(told.contains("has not seen a group claim yet"), "{told}");
    assert!(!entra(&world).await.settings.groups_seen);
    assert_eq!(groups(&world, editors).await, ["Editors", "SSO Basic"]);
    assert!(entra(&world).await.settings.groups_seen);
    assert_eq!(groups(&world, |_| {}).await, ["Editors", "SSO Basic"]);
    save(&world, &[("groups_missing", "none")]).await.unwrap();
    // What overflows is never a missing claim.
    assert_eq!(groups(&world, overflow).await, ["Editors", "SSO Basic"]);
    assert_eq!(groups(&world, |_| {}).await, ["SSO Basic"]);
}

#[tokio::test]
async fn groups_that_overflow_are_refused_where_that_is_said() {
    let world = Federation::new().await;
    mapped(&world).await;
    save(&world, &[("groups_overflow", "refuse")])
        .await
        .unwrap();
    let answer = refused(&world, overflow).await;
    let attempt = world.assert_refused(&answer, "F5").await;
    assert!(
        attempt.summary.contains("more groups than"),
        "{}",
        attempt.summary
    );
    assert!(!attempt.record.advice.is_empty());
    assert!(world.user(SIMON).await.is_none());
    // There is no directory to ask.
    let told = save(&world, &[("groups_overflow", "graph")]).await;
    assert!(told.unwrap_err().contains("no directory"));
}

/// They are kept for so many hours since a claim listed them, and not since it did so first.
#[tokio::test]
async fn groups_that_overflow_are_kept_for_some_hours() {
    let world = Federation::new().await;
    mapped(&world).await;
    save(&world, &[("groups_overflow_hours", "48")])
        .await
        .unwrap();
    let both = ["Editors", "SSO Basic"];
    assert_eq!(groups(&world, editors).await, both);
    world.app.clock.step(Duration::hours(40));
    assert_eq!(groups(&world, editors).await, both);
    world.app.clock.step(Duration::hours(40));
    assert_eq!(groups(&world, overflow).await, both, "overflow_as_empty");
    world.app.clock.step(Duration::hours(9));
    assert_eq!(groups(&world, overflow).await, ["SSO Basic"]);
    assert_eq!(groups(&world, editors).await, both);
}

/// The last administrator keeps the group, with a warning, until there is another one.
#[tokio::test]
async fn claim_removes_last_admin() {
    let world = Federation::new().await;
    let admins = mapped(&world).await;
    let claimed = async |values: &[&str]| groups(&world, |spec| claim(spec, GROUPS, values)).await;
    let both = ["Admins", "SSO Basic"];
    assert_eq!(claimed(&["g-admins"]).await, both);
    assert_eq!(claimed(&[]).await, both);
    let all = AttemptFilter::default();
    let attempts = world.app.store.attempts(world.acme.id, &all, 50).await;
    let attempts = attempts.unwrap();
    let is_told = |summary: &str| summary.contains("the person is the last administrator");
    assert!(
        attempts.iter().any(|it| is_told(&it.summary)),
        "{attempts:?}"
    );
    world.add_user("other@contoso.com", None, &[&admins]).await;
    assert_eq!(claimed(&[]).await, ["SSO Basic"]);
}

#[tokio::test]
async fn claim_removes_manual_grant() {
    let world = Federation::new().await;
    let admins = mapped(&world).await;
    groups(&world, editors).await;
    let grant = Grant {
        user_id: world.user(SIMON).await.unwrap().id,
        group_id: admins.id,
        source: GrantSource::Administrator,
    };
    assert!(people::grant(&world.app.store, grant).await);
    let none = groups(&world, |spec| claim(spec, GROUPS, &[])).await;
    assert_eq!(none, ["Admins", "SSO Basic"]);
}
