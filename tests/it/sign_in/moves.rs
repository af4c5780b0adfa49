//! A company moves from one identity provider to another (rules F1 and F2): the assignment of its domain decides, and nobody loses
//! anything.

use vestibule::domain::{Connection, GroupKind};

use crate::support::console::{follow, post};
use crate::support::identity_provider::{EMAIL, claim};
use crate::support::{ADMIN, Answer, Browser, Federation, people, unescaped};

const SIMON: &str = "b.simon@acme.test";

/// acme with "entra" and "okta", and an administrator in the console.
struct Company {
    world: Federation,
    okta: Connection,
    console: Browser,
}

impl Company {
    async fn new() -> Self {
        let world = Federation::new().await;
        world.add_administrator().await;
        Self {
            okta: world.okta().await,
            console: world.browser().signed_in(ADMIN).await,
            world,
        }
    }

    /// Sends a form of the console, and follows its answer.
    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = post(&mut self.console, path, fields).await;
        unescaped(&follow(&mut self.console, &answer).await.body)
    }

    async fn page(&mut self, path: &str) -> String {
        let page = self.console.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        unescaped(&page.body)
    }

    /// Simon signs in through a connection.
    async fn sign_in(&self, through: &str) -> (Browser, Answer) {
        let idp = if through == "okta" {
            &self.world.beta_idp
        } else {
            &self.world.idp
        };
        self.world
            .sign_in_through(through, idp, |spec| {
                SIMON.clone_into(&mut spec.name_id);
                claim(spec, EMAIL, &[SIMON]);
            })
            .await
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
    let simon = company.world.user(SIMON).await.unwrap().id;
    let grant = people::by_hand(simon, &editors.await);
    assert!(people::grant(&company.world.app.store, grant).await);
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
