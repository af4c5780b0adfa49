//! The hub asks which company somebody is of, once (rules R39 and R40), and the launch page leads past it.

use vestibule::domain::{GroupKind, ServedCompanies};

use super::{ACME_ORIGIN, Gate, below};
use crate::support::{ADMIN, BETA_ORIGIN, Browser, PASSWORD, hidden_field};

const HUB: &str = "http://hub.localhost:8080";

async fn with_hub() -> Gate {
    let gate = Gate::with(
        |config| config.hub.origin = Some(HUB.to_owned()),
        |application| application.companies = ServedCompanies::Every,
    )
    .await;
    for (company, domain) in [(&gate.acme, "contoso.com"), (&gate.beta, "fabrikam.com")] {
        let admin = gate.admin_of(company);
        admin.add_domain(domain, None).await.unwrap();
        admin.verify_domain(&domain.parse().unwrap()).await.unwrap();
    }
    gate.app.catch_up().await.unwrap();
    gate
}

impl Gate {
    fn at_hub(&self) -> Browser {
        Browser::new(&self.router, "hub.localhost:8080")
    }
}

#[tokio::test]
async fn an_address_leads_to_its_company_and_is_asked_for_once() {
    let gate = with_hub().await;
    let (mut at_app, mut at_hub) = (gate.at_application(), gate.at_hub());
    let started = at_app.get("/.vestibule/start?rd=/orders").await;
    let page = at_hub.get(&below(&started, HUB)).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("Sign in to CRM"), "{}", page.body);
    let state = hidden_field(&page.body, "state").unwrap();
    let typed = |email: &str| {
        [
            ("state".to_owned(), state.clone()),
            ("email".to_owned(), email.to_owned()),
        ]
    };
    for unknown in ["a@nowhere.example", "not an address", ""] {
        let fields = typed(unknown);
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let again = at_hub.post("/sso/hand-over", &fields).await;
        assert_eq!(again.status, 200, "{unknown}");
        assert!(
            again.body.contains("No company here is found"),
            "{}",
            again.body
        );
    }
    let fields = typed(" B.Simon@contoso.com ");
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let led = at_hub.post("/sso/hand-over", &fields).await;
    assert_eq!(led.status, 303, "{}", led.body);
    let hand_over = below(&led, ACME_ORIGIN);
    assert!(hand_over.contains("login_hint="));
    // The way goes on at acme, and ends at the page.
    let mut at_acme = gate.signed_in().await;
    let code = at_acme.get(&hand_over).await;
    let finished = at_app.get(&below(&code, super::APP)).await;
    assert_eq!(finished.header("location"), "/orders");

    // From now on this browser is not asked.
    let started = gate.at_application().get("/.vestibule/start?rd=/").await;
    let led = at_hub.get(&below(&started, HUB)).await;
    assert_eq!(led.status, 303);
    below(&led, ACME_ORIGIN);
    // But by who says another.
    let hinted = format!("{}&login_hint=a%40fabrikam.com", below(&started, HUB));
    below(&at_hub.get(&hinted).await, BETA_ORIGIN);
}

// R39
#[tokio::test]
async fn who_names_the_company_is_not_asked() {
    let gate = with_hub().await;
    for (organization, origin) in [("acme", ACME_ORIGIN), ("beta", BETA_ORIGIN)] {
        let start = format!("/.vestibule/start?organization={organization}");
        let started = gate.at_application().get(&start).await;
        below(&started, origin);
    }
    let unknown = gate
        .at_application()
        .get("/.vestibule/start?organization=x")
        .await;
    below(&unknown, HUB);
}

#[tokio::test]
async fn a_hub_has_no_site_of_its_own() {
    let gate = with_hub().await;
    let mut at_hub = gate.at_hub();
    let page = at_hub.get("/").await;
    assert!(
        page.body.contains("which company you are of"),
        "{}",
        page.body
    );
    assert_eq!(at_hub.get("/sso/login").await.status, 421);
    assert_eq!(at_hub.get("/sso/session").await.status, 421);
    let forged = at_hub.get("/sso/hand-over?state=AAAA").await;
    assert_eq!(forged.status, 400);
    let foreign = at_hub
        .post_from_elsewhere("/sso/hand-over", &[("email", "a@contoso.com")])
        .await;
    assert_eq!(foreign.status, 403);
    let led = at_hub
        .post("/sso/hand-over", &[("email", "a@contoso.com")])
        .await;
    assert_eq!(led.header("location"), format!("{ACME_ORIGIN}/"));
}

// A tile leads past the hub.
#[tokio::test]
async fn the_launch_page_leads_to_the_applications_that_one_may_use() {
    let gate = with_hub().await;
    let mut at_acme = gate.signed_in().await;
    let home = at_acme.get("/").await;
    assert_eq!(home.status, 303, "straight to the only one");
    let start = below(&home, super::APP);
    let mut at_app = gate.at_application();
    let finished = gate.led_through(&mut at_app, &mut at_acme, &start).await;
    assert_eq!(finished.header("location"), "/");

    let kind = GroupKind::Administrator;
    let admins = gate.add_group("Administrators", kind, false).await;
    gate.add_user_to(&gate.acme, ADMIN, Some(PASSWORD), &[&admins])
        .await;
    let mut administrator = gate.browser().signed_in(ADMIN).await;
    let page = administrator.get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("organization=acme"), "{}", page.body);
    assert!(page.body.contains("Open the console"));

    gate.admin_of(&gate.acme)
        .allow_nobody(gate.application.id)
        .await
        .unwrap();
    gate.app.catch_up().await.unwrap();
    let home = at_acme.get("/").await;
    assert_eq!(home.status, 200);
    assert!(!home.body.contains("CRM"), "{}", home.body);
}
