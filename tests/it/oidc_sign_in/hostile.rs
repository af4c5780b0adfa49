//! What a hostile provider, tenant or user tries (rules H6, M5, P13, R1, R3, S2, S3 and S5), as whole sign-ins.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use vestibule::demo_idp::{IdTokenSpec, IdpUser, OidcVariant};
use vestibule::domain::{GroupKind, GroupMapping};

use super::world::{Relying, app, connect, path_of, provider, sign_in_at, with_parameter};
use crate::support::people::{by_hand, grant};
use crate::support::{PASSWORD, assign};

const SIMON: &str = "b.simon@contoso.com";
const ADMINS: &str = "0f7a4a1e-7c1b-4b57-a1d4-4c0f4b9a1c11";

impl Relying {
    /// Has every ID token changed from now on.
    fn sends(&self, change: impl Fn(&mut IdTokenSpec) + Send + Sync + 'static) {
        let registration = app(&self.acme, &self.connection).with_change(change);
        self.idp.register_oidc(registration);
    }

    async fn groups_after_sign_in(&self) -> String {
        let mut browser = self.browser();
        let answer = self.sign_in(&mut browser).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser.get("/sso/session").await.body
    }

    /// An answer with an error, and what the provider says of it.
    async fn error(
        &self,
        parameters: &[(&str, &str)],
    ) -> (String, vestibule::domain::LoginAttempt) {
        let mut browser = self.browser();
        let answered = self.answered(&mut browser).await;
        let error = parameters.iter().fold(
            with_parameter(&answered, "code", None),
            |address, &(name, value)| with_parameter(&address, name, Some(value)),
        );
        let answer = browser.get(path_of(&error)).await;
        let attempt = self.assert_refused(&answer, "M5").await;
        (answer.body, attempt)
    }
}

/// Nobody follows an address that the provider names beside an error.
#[tokio::test]
async fn error_uri_javascript() {
    let world = Relying::new().await;
    let (page, _) = world
        .error(&[
            ("error", "server_error"),
            ("error_uri", "javascript:alert(document.cookie)"),
        ])
        .await;
    assert!(!page.contains("javascript:"), "{page}");
    assert!(!page.contains("document.cookie"), "{page}");
}

#[tokio::test]
async fn aadsts_in_description() {
    let world = Relying::new().await;
    let description = "AADSTS50105: The signed in user is not assigned to a role.";
    let (page, attempt) = world
        .error(&[
            ("error", "access_denied"),
            ("error_description", description),
        ])
        .await;
    assert!(!page.contains("AADSTS50105"), "{page}");
    let advice = attempt.record.advice.join("\n");
    assert!(advice.contains("Users and groups"), "{advice}");
}

/// Neither the address of the groups nor any other claim's is asked: it may lead inside, and would be given a token.
#[tokio::test]
async fn claim_source_url_called() {
    let world = Relying::new().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/groups", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async { "{\"value\":[]}" }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    world.sends(move |token| {
        token.claims.remove("groups");
        token.claims.insert(
            "_claim_names".to_owned(),
            json!({ "groups": "src1", "address": "src2" }),
        );
        token.claims.insert(
            "_claim_sources".to_owned(),
            json!({ "src1": { "endpoint": endpoint }, "src2": { "endpoint": endpoint, "access_token": "x" } }),
        );
    });
    world.groups_after_sign_in().await;
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

/// Another provider's user of the same `sub` and the same address is somebody else.
#[tokio::test]
async fn same_sub_other_issuer() {
    let world = Relying::new().await;
    let signed_in = world.sign_in(&mut world.browser()).await;
    assert_eq!(signed_in.status, 303, "{}", signed_in.body);
    let user = world.user(SIMON).await.unwrap();
    through_another(&world, OidcVariant::Usual).await;
    let identities = world.app.store.identities_of(user.id).await.unwrap();
    assert_eq!(identities.len(), 1, "{identities:?}");
}

/// nOAuth: the attacker's own tenant says that the victim's address is verified.
#[tokio::test]
async fn noauth_other_tenant_same_email() {
    let world = Relying::new().await;
    let victim = world.add_user_to(&world.acme, SIMON, None, &[]).await;
    assign(&world.app.store, &world.stored().await, "contoso.com").await;
    through_another(&world, OidcVariant::EmailVerified).await;
    let identities = world.app.store.identities_of(victim.id).await.unwrap();
    assert!(identities.is_empty(), "{identities:?}");
}

/// B.Simon comes through a second connection, to a provider of its own, and is refused.
async fn through_another(world: &Relying, variant: OidcVariant) {
    let idp = provider(world).await;
    let second = connect(world, &world.acme, &idp, "second", &world.staff).await;
    super::world::register(&idp, &world.acme, &second, variant);
    let mut browser = world.browser();
    let begun = browser.get("/sso/login?connection=second").await;
    let page = sign_in_at(&idp, begun.header("location"), &IdpUser::b_simon()).await;
    let answer = browser.get(path_of(&page.location.unwrap())).await;
    world.assert_refused(&answer, "F2").await;
    assert_eq!(browser.get("/sso/session").await.status, 401);
}

/// A guest of the tenant has an address that the tenant cannot speak for, whatever the administrator has said.
#[tokio::test]
async fn guest_with_company_domain() {
    let world = Relying::of_entra().await;
    let employee = world.add_user_to(&world.acme, SIMON, None, &[]).await;
    assign(&world.app.store, &world.stored().await, "contoso.com").await;
    world.set(&[("trust_email_claim", "true")]).await;
    world.vary(OidcVariant::Guest);
    let answer = world.sign_in(&mut world.browser()).await;
    world.assert_refused(&answer, "F2").await;
    let identities = world.app.store.identities_of(employee.id).await.unwrap();
    assert!(identities.is_empty(), "{identities:?}");
}

/// Entra sends no claim at all for somebody in no group, and also when nobody configured one: it takes nothing away.
#[tokio::test]
async fn missing_removes_admin() {
    let world = Relying::new().await;
    let admins = world
        .add_group_to(&world.acme, "Admins", GroupKind::Administrator, false)
        .await;
    // Somebody else administers as well: of the last one nothing would be taken (rule S5).
    let other = "ada.admin@acme.example";
    world
        .add_user_to(&world.acme, other, Some(PASSWORD), &[&admins])
        .await;
    map(&world, admins.id).await;
    world.sends(|token| {
        token.claims.insert("groups".to_owned(), json!([ADMINS]));
    });
    assert!(world.groups_after_sign_in().await.contains("Admins"));
    world.sends(|token| drop(token.claims.remove("groups")));
    assert!(world.groups_after_sign_in().await.contains("Admins"));
    // An empty list says something, and what it says is done.
    world.sends(|token| {
        token.claims.insert("groups".to_owned(), json!([]));
    });
    assert!(!world.groups_after_sign_in().await.contains("Admins"));
}

/// What an administrator gave by hand, no claim takes.
#[tokio::test]
async fn claim_removes_manual_grant() {
    let world = Relying::new().await;
    let sales = world
        .add_group_to(&world.acme, "Sales", GroupKind::Member, false)
        .await;
    map(&world, sales.id).await;
    world.groups_after_sign_in().await;
    let user = world.user(SIMON).await.unwrap();
    grant(&world.app.store, by_hand(user.id, &sales)).await;
    for groups in [json!([ADMINS]), json!([])] {
        world.sends(move |token| {
            token.claims.insert("groups".to_owned(), groups.clone());
        });
        assert!(world.groups_after_sign_in().await.contains("Sales"));
    }
}

async fn map(world: &Relying, group: vestibule::domain::GroupId) {
    world
        .change(|connection| {
            connection.settings.group_mapping.push(GroupMapping {
                value: ADMINS.to_owned(),
                group_id: group,
            });
        })
        .await;
}
