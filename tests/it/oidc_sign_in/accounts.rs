//! Whose account it is (rules R1 to R4, S and F).

use vestibule::demo_idp::{IdpUser, OidcVariant};
use vestibule::domain::{GroupKind, GroupMapping};
use vestibule::store::LinkObstacle;

use super::world::{Relying, app};
use crate::support::PASSWORD;

const SIMON: &str = "b.simon@contoso.com";

impl Relying {
    /// An administrator says that the domain's people come through this connection.
    async fn assign_domain(&self) {
        let connection = self.stored().await;
        crate::support::assign(&self.app.store, &connection, "contoso.com").await;
    }

    async fn refused_link(&self) -> String {
        let answer = self.sign_in(&mut self.browser()).await;
        let attempt = self.assert_refused(&answer, "F2").await;
        attempt.record.checks.last().unwrap().received.to_string()
    }
}

/// A tenant ID is enough, and at Entra ID the object ID is the identity (rules J1 and R1).
#[tokio::test]
async fn the_object_id_is_the_identity_at_entra() {
    let world = Relying::of_entra().await;
    let signed_in = world.sign_in(&mut world.browser()).await;
    assert_eq!(signed_in.status, 303, "{}", signed_in.body);
    let store = &world.app.store;
    let user = store.user_by_email(world.acme.id, SIMON).await.unwrap();
    let identities = store.identities_of(user.unwrap().id).await.unwrap();
    let expected = format!("oid:{}", IdpUser::b_simon().object_id);
    assert_eq!(identities[0].subject, expected);
}

/// nOAuth: an address in a token is no proof of whose account it is.
#[tokio::test]
async fn noauth_unverified_in_tenant() {
    let world = Relying::new().await;
    world.add_user_to(&world.acme, SIMON, None, &[]).await;
    world.assign_domain().await;
    let told = world.refused_link().await;
    assert!(
        told.contains(&LinkObstacle::Unverified.to_string()),
        "{told}"
    );
}

#[tokio::test]
async fn a_verified_address_links_an_account_of_the_connections_domain() {
    let world = Relying::new().await;
    let user = world.add_user_to(&world.acme, SIMON, None, &[]).await;
    world.assign_domain().await;
    world.vary(OidcVariant::EmailVerified);
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let names = world.app.store.identities_of(user.id).await.unwrap();
    assert_eq!(names.len(), 1);
}

/// The advice of `noauth_unverified_in_tenant`, tried.
#[tokio::test]
async fn a_claim_that_the_administrator_trusts_links_it() {
    let world = Relying::new().await;
    let user = world.add_user_to(&world.acme, SIMON, None, &[]).await;
    world.assign_domain().await;
    world.refused_link().await;
    world.set(&[("trust_email_claim", "true")]).await;
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    assert_eq!(
        world.app.store.identities_of(user.id).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn link_to_administrator() {
    let world = Relying::new().await;
    let admins = world
        .add_group_to(
            &world.acme,
            "Administrators",
            GroupKind::Administrator,
            false,
        )
        .await;
    world
        .add_user_to(&world.acme, SIMON, None, &[&admins])
        .await;
    world.assign_domain().await;
    world.set(&[("trust_email_claim", "true")]).await;
    world.vary(OidcVariant::EmailVerified);
    let told = world.refused_link().await;
    assert!(
        told.contains(&LinkObstacle::Unconfirmed.to_string()),
        "{told}"
    );
}

#[tokio::test]
async fn link_to_an_account_with_a_password() {
    let world = Relying::new().await;
    world
        .add_user_to(&world.acme, SIMON, Some(PASSWORD), &[])
        .await;
    world.assign_domain().await;
    world.vary(OidcVariant::EmailVerified);
    let told = world.refused_link().await;
    assert!(
        told.contains(&LinkObstacle::Unconfirmed.to_string()),
        "{told}"
    );
}

#[tokio::test]
async fn no_email() {
    let world = Relying::new().await;
    world.vary(OidcVariant::NoEmail);
    let answer = world.sign_in(&mut world.browser()).await;
    world.assert_refused(&answer, "F3").await;
    world.set(&[("user_name_as_email", "true")]).await;
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    assert!(world.user(SIMON).await.is_some());
}

#[tokio::test]
async fn email_verified_string_false() {
    let world = Relying::new().await;
    world.add_user_to(&world.acme, SIMON, None, &[]).await;
    world.assign_domain().await;
    for value in [
        serde_json::json!("false"),
        serde_json::json!(1),
        serde_json::json!("1"),
    ] {
        let claim = value.clone();
        let registration = app(&world.acme, &world.connection).with_change(move |token| {
            token
                .claims
                .insert("email_verified".to_owned(), claim.clone());
        });
        world.idp.register_oidc(registration);
        let told = world.refused_link().await;
        assert!(
            told.contains(&LinkObstacle::Unverified.to_string()),
            "{value}: {told}"
        );
    }
}

/// Groups by object ID; no claim is not "no groups" (rule S2).
#[tokio::test]
async fn groups_are_mapped_and_a_missing_claim_changes_nothing() {
    let world = Relying::new().await;
    let sales = world
        .add_group_to(&world.acme, "Sales", GroupKind::Member, false)
        .await;
    let object_id = vestibule::demo_idp::IdpUser::b_simon().groups[0].clone();
    world
        .change(|connection| {
            connection.settings.group_mapping.push(GroupMapping {
                value: object_id,
                group_id: sales.id,
            });
        })
        .await;
    let mut browser = world.browser();
    world.sign_in(&mut browser).await;
    let who = browser.get("/sso/session").await;
    assert!(who.body.contains("\"Sales\""), "{}", who.body);
    world.vary(OidcVariant::GroupsOverage);
    let mut browser = world.browser();
    world.sign_in(&mut browser).await;
    let who = browser.get("/sso/session").await;
    assert!(
        who.body.contains("\"Sales\""),
        "overflow_as_empty: {}",
        who.body
    );
}

/// Seed 002, row 25.
#[tokio::test]
async fn without_jit_a_stranger_is_told_whom_to_ask() {
    let world = Relying::new().await;
    world
        .change(|connection| connection.settings.jit = None)
        .await;
    let answer = world.sign_in(&mut world.browser()).await;
    world.assert_refused(&answer, "F3").await;
    assert!(answer.body.contains("Ask your administrator for access."));
    assert!(world.user(SIMON).await.is_none());
}

/// Seed 004, row 1: one connection, and the permission group decides who administers.
#[tokio::test]
async fn a_group_makes_an_administrator_who_opens_the_console() {
    let world = Relying::of_entra().await;
    let kind = GroupKind::Administrator;
    let admins = world
        .add_group_to(&world.acme, "Customer Managers", kind, false)
        .await;
    let mapping = GroupMapping {
        value: IdpUser::b_simon().groups[0].clone(),
        group_id: admins.id,
    };
    let mut user = world.browser();
    assert_eq!(world.sign_in(&mut user).await.status, 303);
    assert_eq!(user.get("/admin").await.status, 403);
    world
        .change(|connection| connection.settings.group_mapping.push(mapping))
        .await;
    let mut manager = world.browser();
    assert_eq!(world.sign_in(&mut manager).await.status, 303);
    assert_eq!(manager.get("/admin").await.status, 200);
}
