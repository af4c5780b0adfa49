//! A company moves from one identity provider to another (rules F1 and F2): the assignment of its domain decides, and nobody loses
//! anything.

use vestibule::demo_idp::{Claim, ResponseSpec, User};
use vestibule::domain::{Connection, Grant, GrantSource, GroupKind};
use vestibule::import;
use vestibule::saml::metadata::IdpMetadata;

use super::password::submit;
use super::world::{World, begin, service_provider};
use crate::support::{self, Answer, Browser, hidden_field, unescaped};

const ADMIN: &str = "anna.admin@acme.example";
const PASSWORD: &str = "Correct-Horse-9";
const SIMON: &str = "b.simon@acme.test";
const EMAIL: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";

/// acme with "entra" and "okta", and an administrator in the console.
struct Company {
    world: World,
    okta: Connection,
    console: Browser,
}

impl Company {
    async fn new() -> Self {
        let world = World::new().await;
        let admins = world
            .add_group("Administrators", GroupKind::Administrator, false)
            .await;
        world.add_user(ADMIN, Some(PASSWORD), &[&admins]).await;
        let metadata = world.beta_idp.metadata_xml().unwrap();
        let imported = IdpMetadata::parse(metadata.as_bytes(), None, support::NOW).unwrap();
        let mut settings = import::settings(&imported.idp);
        settings.jit = Some(world.basic.id);
        let okta = support::connection(world.acme.id, "okta", settings);
        let store = &world.app.store;
        store.add_connection(&okta, support::NOW).await.unwrap();
        world.app.catch_up().await.unwrap();
        let mut console = world.browser();
        let answer = submit(&mut console, ADMIN, PASSWORD, "").await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        Self {
            world,
            okta,
            console,
        }
    }

    /// Sends a form of the console, and follows its answer.
    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let page = self.console.get("/admin/account").await;
        let csrf = hidden_field(&page.body, "csrf").unwrap();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        let answer = self.console.post(path, &all).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
        self.page(answer.header("location")).await
    }

    async fn page(&mut self, path: &str) -> String {
        let page = self.console.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        unescaped(&page.body)
    }

    /// Simon signs in through a connection.
    async fn sign_in(&self, through: &str) -> (Browser, Answer) {
        let mut browser = self.world.browser();
        let begun = begin(&mut browser, &format!("/sso/login?connection={through}")).await;
        let idp = if through == "okta" {
            &self.world.beta_idp
        } else {
            &self.world.idp
        };
        let here = service_provider(&self.world.acme);
        let mut spec: ResponseSpec = idp.response_spec(&User::b_simon(), &here);
        SIMON.clone_into(&mut spec.name_id);
        spec.attributes.retain(|claim| claim.name != EMAIL);
        spec.attributes.push(Claim::new(EMAIL, [SIMON]));
        let xml = idp.respond(&spec.answering(&begun.id)).unwrap();
        let response = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, xml);
        let answer = self.world.bring(&mut browser, &begun, &response).await;
        (browser, answer)
    }

    /// The same, and what an application is told of him: who he is, and his groups.
    async fn told(&self, through: &str) -> (serde_json::Value, serde_json::Value) {
        let (mut browser, answer) = self.sign_in(through).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let who = browser.get("/sso/session").await.body;
        let who: serde_json::Value = serde_json::from_str(&who).unwrap();
        (who["id"].clone(), who["groups"].clone())
    }
}

#[tokio::test]
async fn a_company_moves_from_one_identity_provider_to_another() {
    let mut company = Company::new().await;
    let entra = company.world.entra.id.to_string();
    let okta = company.okta.id.to_string();
    let added = [("domain", "acme.test"), ("connection", entra.as_str())];
    company.post("/admin/domains", &added).await;
    let (id, _) = company.told("entra").await;
    // An administrator has given him more.
    let editors = company.world.add_group("Editors", GroupKind::Member, false);
    let grant = Grant {
        user_id: company.world.user(SIMON).await.unwrap().id,
        group_id: editors.await.id,
        source: GrantSource::Administrator,
    };
    let store = &company.world.app.store;
    assert!(store.add_grant(grant, support::NOW).await.unwrap());
    let before = company.told("entra").await;
    assert_eq!(before, (id, serde_json::json!(["Editors", "SSO Basic"])));

    // The other identity provider names him, and has no say about the domain yet.
    let (_, answer) = company.sign_in("okta").await;
    company.world.assert_refused(&answer, "F2").await;

    // The company assigns the domain to the new one, and is told what that does not do.
    let moved = [("connection", okta.as_str())];
    let page = company
        .post("/admin/domains/acme.test/assign", &moved)
        .await;
    assert!(
        page.contains("OKTA links, makes and renames accounts with addresses in acme.test"),
        "{page}"
    );
    let told = "Whoever signed in through a connection before still gets in through it: Unlink on the user's page ends it.";
    assert!(page.contains(told), "{page}");
    let user = format!("/admin/users/{}", grant.user_id);
    let told =
        "Whoever signs in through OKTA with the address b.simon@acme.test gets this account.";
    let page = company.page(&user).await;
    assert!(page.contains(told), "{page}");

    // He comes through the new one: the same person, with the same groups.
    assert_eq!(company.told("okta").await, before);
    // Nobody shares an account in silence: the page has both, each with its Unlink, and so do record and log.
    let page = company.page(&user).await;
    for told in [
        "ENTRA knows this user, too: who comes through it gets in until you unlink it here.",
        ">ENTRA<",
        ">OKTA<",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let forms = page.matches(&format!("action=\"{user}/unlink\"")).count();
    assert_eq!(forms, 2, "{page}");
    let told = "the connection \"ENTRA\" knows this user, too";
    let log = company.page("/admin/audit").await;
    assert!(
        log.contains("Linked an identity to") && log.contains(told),
        "{log}"
    );
    let records = company.page(&format!("/admin/sign-ins?q={SIMON}")).await;
    let links = records.split("href=\"").skip(1);
    let paths: Vec<String> = links
        .filter_map(|it| it.split('"').next())
        .filter(|path| path.starts_with("/admin/sign-ins/"))
        .map(str::to_owned)
        .collect();
    let mut linked = 0;
    for path in &paths {
        let record = company.page(path).await;
        if record.contains("linked by e-mail address") {
            assert!(record.contains(told), "{record}");
            linked += 1;
        }
    }
    assert_eq!(linked, 1, "{paths:?}");

    // What is bound stays bound (rule F1), until the old one is disabled.
    assert_eq!(company.told("entra").await, before);
    let path = format!("/admin/connections/{entra}/switch");
    company.post(&path, &[("on", "false")]).await;
    let answer = company
        .world
        .browser()
        .get("/sso/login?connection=entra")
        .await;
    assert!(
        !(answer.status == 303 && answer.header("location").contains("8090")),
        "{answer:?}"
    );
    assert_eq!(company.told("okta").await, before);
    let page = company.page(&user).await;
    assert!(!page.contains("gets in until you unlink"), "{page}");
}

/// A domain that moves takes nothing back: what a connection has linked is unlinked by hand, and then it is over.
#[tokio::test]
async fn after_unlink_the_former_connection_of_a_domain_is_refused() {
    let mut company = Company::new().await;
    let entra = company.world.entra.id.to_string();
    let okta = company.okta.id.to_string();
    let added = [("domain", "acme.test"), ("connection", entra.as_str())];
    company.post("/admin/domains", &added).await;
    company.told("entra").await;
    let moved = [("connection", okta.as_str())];
    company
        .post("/admin/domains/acme.test/assign", &moved)
        .await;
    company.told("entra").await;
    let user = company.world.user(SIMON).await.unwrap().id;
    let page = company.page(&format!("/admin/users/{user}")).await;
    let told = "A sign-in through ENTRA with the address b.simon@acme.test is refused from then on, because acme.test is assigned to OKTA.";
    assert!(page.contains(told), "{page}");
    let path = format!("/admin/users/{user}/unlink");
    company.post(&path, &[("connection", &entra)]).await;
    let (_, answer) = company.sign_in("entra").await;
    company.world.assert_refused(&answer, "F2").await;
    let before = user.to_string();
    assert_eq!(company.told("okta").await.0, serde_json::json!(before));
}
