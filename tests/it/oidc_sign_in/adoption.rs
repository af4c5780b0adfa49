//! From SAML to OpenID Connect: the same person in the same account, by the object ID (rules R1 and R6).

use vestibule::demo_idp::{IdpUser, OidcVariant};
use vestibule::domain::{AuditAction, Company, Connection};
use vestibule::keys;
use vestibule::oidc::Issuer;

use super::world::{Relying, path_of, provider, register, sign_in_at};
use crate::support::identity_provider::{begin, bring, respond, settings};
use crate::support::{NOW, assign, connection};

const SIMON: &str = "b.simon@contoso.com";
const SAML_ADDRESS: &str = "b.simon.of.saml@contoso.com";

impl Relying {
    /// A connection of SAML of a company to the same tenant.
    async fn saml(&self, company: &Company, change: impl FnOnce(&mut Connection)) -> Connection {
        let mut saml = connection(company.id, "entra-saml", settings(&self.idp, &self.staff));
        saml.enabled = true;
        change(&mut saml);
        if company.id != self.acme.id {
            saml.settings.jit = None;
        }
        let store = &self.app.store;
        store.add_connection(&saml, NOW).await.unwrap();
        self.app.catch_up().await.unwrap();
        saml
    }

    /// B.Simon signs in through it, with another address than OpenID Connect says.
    async fn sign_in_by_saml(&self) {
        let mut browser = self.browser();
        let begun = begin(&mut browser, "/sso/login?connection=entra-saml").await;
        let response = respond(&self.idp, &self.acme, &begun, |spec| {
            SAML_ADDRESS.clone_into(&mut spec.name_id);
            crate::support::identity_provider::claim(
                spec,
                crate::support::identity_provider::EMAIL,
                &[SAML_ADDRESS],
            );
        });
        let answer = bring(&mut browser, &begun, &response).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }

    /// As a command sets it, with every check.
    async fn adopt(&self, name: &str) -> Result<(), String> {
        let mut connection = self.stored().await;
        connection.set("adopt_from", name).unwrap();
        let admin = self.admin_of(&self.acme);
        let action = AuditAction::ConnectionSet;
        let saved = admin.change_connection(&connection, action, None).await;
        self.app.catch_up().await.unwrap();
        saved.map(|_| ()).map_err(|refused| format!("{refused:?}"))
    }
}

#[tokio::test]
async fn a_saml_user_signs_in_by_openid_into_the_same_account() {
    let world = Relying::of_entra().await;
    world.saml(&world.acme, |_| {}).await;
    world.sign_in_by_saml().await;
    let before = world.user(SAML_ADDRESS).await.unwrap();
    world.adopt("entra-saml").await.unwrap();
    let answer = world.sign_in(&mut world.browser()).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let identities = world.app.store.identities_of(before.id).await.unwrap();
    let expected = format!("oid:{}", IdpUser::b_simon().object_id);
    let here = identities
        .iter()
        .find(|it| it.connection_id == world.connection.id);
    assert_eq!(here.unwrap().subject, expected);
    let events = world.audit_of(&world.acme).await;
    let told = format!("entra-oidc: {expected}, as entra-saml knows the user");
    assert!(events.iter().any(|it| it.detail == told), "{events:?}");
    // From now on it is known by itself.
    world.adopt("none").await.unwrap();
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let users = world.app.store.users(world.acme.id).await.unwrap();
    assert_eq!(users.len(), 1, "{users:?}");
}

/// Nothing is taken over that nobody has said.
#[tokio::test]
async fn nothing_is_adopted_unasked() {
    let world = Relying::of_entra().await;
    world.saml(&world.acme, |_| {}).await;
    world.sign_in_by_saml().await;
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    assert!(world.user(SIMON).await.is_some());
}

#[tokio::test]
async fn adopt_other_company() {
    let world = Relying::of_entra().await;
    world.saml(&world.beta, |_| {}).await;
    let told = world.adopt("entra-saml").await.unwrap_err();
    assert!(told.contains("has no connection"), "{told}");
}

/// Also where the connection of SAML becomes another tenant's after it was said.
#[tokio::test]
async fn adopt_other_tenant() {
    let world = Relying::of_entra().await;
    let mut saml = world.saml(&world.acme, |_| {}).await;
    world.sign_in_by_saml().await;
    world.adopt("entra-saml").await.unwrap();
    saml = world.app.store.connection(saml.id).await.unwrap().unwrap();
    saml.set(
        "idp_entity_id",
        "https://sts.windows.net/0d9c1a5e-77f4-4f0b-9b53-8f2a6c4e1d30/",
    )
    .unwrap();
    assert!(world.app.store.update_connection(&saml, NOW).await.unwrap());
    world.app.catch_up().await.unwrap();
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let made = world.user(SIMON).await.unwrap();
    assert_ne!(made.id, world.user(SAML_ADDRESS).await.unwrap().id);
    world.adopt("none").await.unwrap();
    let told = world.adopt("entra-saml").await.unwrap_err();
    assert!(told.contains("is of the tenant 0d9c1a5e"), "{told}");
}

/// Rule R1: a connection that gets a list of tenants writes its people's keys anew, and back.
#[tokio::test]
async fn a_list_of_tenants_rewrites_the_keys() {
    let world = Relying::of_entra().await;
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let user = world.user(SIMON).await.unwrap();
    let change = async |issuer: Issuer| {
        let mut connection = world.stored().await;
        connection.settings.oidc_mut().unwrap().issuer = issuer;
        let admin = world.admin_of(&world.acme);
        let changed = admin.change_connection(&connection, AuditAction::ConnectionSet, None);
        changed.await.unwrap();
        let all = world.app.store.identities_of(user.id).await.unwrap();
        all.into_iter().map(|it| it.subject).collect::<Vec<_>>()
    };
    let one = world.stored().await.settings.oidc().unwrap().issuer.clone();
    let Issuer::EntraTenant { cloud, tenant } = &one else {
        panic!("{one:?}");
    };
    let other = "0d9c1a5e-77f4-4f0b-9b53-8f2a6c4e1d30".parse().unwrap();
    let several = Issuer::EntraTenants {
        cloud: *cloud,
        tenants: vec![tenant.clone(), other],
    };
    let object_id = &IdpUser::b_simon().object_id;
    assert_eq!(
        change(several).await,
        [format!("tid:{tenant}/oid:{object_id}")]
    );
    assert_eq!(change(one.clone()).await, [format!("oid:{object_id}")]);
}

/// Rule R1: a `sub` counts within its issuer. Another provider's same `sub` leads to nobody's account, and what was known of people
/// comes back with the provider.
#[tokio::test]
async fn a_subject_counts_within_its_issuer() {
    let world = Relying::new().await;
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let user = world.user(SIMON).await.unwrap();
    let known = async || {
        let all = world.app.store.identities_of(user.id).await.unwrap();
        all.into_iter().map(|it| it.subject).collect::<Vec<_>>()
    };
    let change = async |issuer: &Issuer| {
        let mut connection = world.stored().await;
        connection.settings.oidc_mut().unwrap().issuer = issuer.clone();
        let admin = world.admin_of(&world.acme);
        let changed = admin.change_connection(&connection, AuditAction::ConnectionSet, None);
        changed.await.unwrap();
    };
    let one = world.stored().await.settings.oidc().unwrap().issuer.clone();
    let [subject] = known().await.try_into().unwrap();
    assert!(subject.starts_with("sub:"), "{subject}");
    let others = ["https://id.one.example", "https://id.two.example"].map(Issuer::named);
    for other in &others {
        change(other).await;
        let hash = keys::hex(&keys::hash(one.of_document().as_bytes()));
        let put_away = format!("iss:{hash}/{subject}");
        assert_eq!(known().await, [put_away]);
    }
    change(&one).await;
    assert_eq!(known().await, [subject]);
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    assert_eq!(world.user(SIMON).await.unwrap().id, user.id);
    assert_eq!(known().await.len(), 1);
}

/// Rule R1: who comes from the provider after a change is found by the address, as at a first sign-in, and has both names.
#[tokio::test]
async fn after_a_change_of_provider_people_are_found_by_their_address() {
    let world = Relying::new().await;
    assign(&world.app.store, &world.stored().await, "contoso.com").await;
    world.app.catch_up().await.unwrap();
    world.vary(OidcVariant::EmailVerified);
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let user = world.user(SIMON).await.unwrap();
    let known = async || world.app.store.identities_of(user.id).await.unwrap();
    let [first] = known().await.try_into().unwrap();

    let idp = provider(&world).await;
    let mut connection = world.stored().await;
    let oidc = connection.settings.oidc_mut().unwrap();
    oidc.issuer = Issuer::named(idp.tenant().issuer());
    oidc.discovery = None;
    let admin = world.admin_of(&world.acme);
    let changed = admin.change_connection(&connection, AuditAction::ConnectionSet, None);
    let connection = changed.await.unwrap();
    world.app.catch_up().await.unwrap();
    register(&idp, &world.acme, &connection, OidcVariant::EmailVerified);

    let mut browser = world.browser();
    let begun = browser.get("/sso/login?connection=entra-oidc").await;
    let page = sign_in_at(&idp, begun.header("location"), &IdpUser::b_simon()).await;
    let answer = browser.get(path_of(&page.location.unwrap())).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(world.user(SIMON).await.unwrap().id, user.id);
    let names: Vec<_> = known().await.into_iter().map(|it| it.subject).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let put_away = format!("/{}", first.subject);
    let is_put_away = |it: &String| it.starts_with("iss:") && it.ends_with(&put_away);
    assert!(names.iter().any(is_put_away), "{names:?}");
    assert!(names.iter().any(|it| it.starts_with("sub:")), "{names:?}");
}
