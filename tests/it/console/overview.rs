//! The overview: how sign-in does, what ends soon, what is left to do.

use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use vestibule::domain::{
    AttemptId, AttemptKind, Company, Connection, LoginAttempt, Outcome, Settings,
};
use vestibule::import;
use vestibule::saml::metadata::IdpMetadata;

use crate::support::{self, ADMIN, NOW, OTHER_ADMIN, Office, unique};

/// When the certificate of this metadata ends.
const METADATA: &str = include_str!("../../../metadata/entra-ssoready.xml");
const ENDS: OffsetDateTime = datetime!(2026-11-16 20:41:03 UTC);

fn settings() -> Settings {
    let imported = IdpMetadata::parse(METADATA.as_bytes(), None, NOW).unwrap();
    import::settings(&imported.idp)
}

async fn add(world: &Office, company: &Company, name: &str, enabled: bool) -> Connection {
    let connection = Connection {
        enabled,
        display_name: format!("{name} of {}", company.slug),
        ..support::connection(company.id, name, settings())
    };
    let store = &world.app.store;
    store.add_connection(&connection, NOW).await.unwrap();
    world.app.catch_up().await.unwrap();
    connection
}

/// A sign-in through a connection that ended some time ago; its code.
async fn ended(world: &Office, through: &Connection, outcome: Outcome, before: Duration) -> String {
    let at = world.app.clock.now() - before;
    let id = AttemptId::from_bytes(unique());
    let attempt = LoginAttempt {
        connection_id: Some(through.id),
        outcome,
        finished_at: Some(at),
        summary: "The audience is <another> one.".to_owned(),
        ..LoginAttempt::open(id, through.company_id, AttemptKind::Saml, [1; 32], at)
    };
    world.app.store.add_attempt(&attempt).await.unwrap();
    attempt.code.to_string()
}

async fn overview(world: &Office) -> String {
    let page = world.admin().await.get("/admin").await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body
}

/// Text that is on the page, and text that is not.
fn says(page: &str, there: &[&str], not_there: &[&str]) {
    for part in there {
        assert!(page.contains(part), "not there: {part}\n{page}");
    }
    for part in not_there {
        assert!(!page.contains(part), "there: {part}\n{page}");
    }
}

#[tokio::test]
async fn a_new_company_is_led_through_its_set_up() {
    let world = Office::new().await;
    says(
        &overview(&world).await,
        &[
            "Single sign-on is not switched on yet",
            "Only 1 administrator can sign in with a password",
            "3 of 6 done",
            "href=\"/admin/connections/add\"",
            "No connection yet",
        ],
        &["Sign-in is working", "<div class=\"banner"],
    );
    let entra = add(&world, &world.acme, "entra", false).await;
    let copy = format!("href=\"/admin/connections/{}/copy\"", entra.id);
    says(
        &overview(&world).await,
        &["4 of 6 done", &copy, "Disabled"],
        &["No connection yet"],
    );
    ended(&world, &entra, Outcome::SignedIn, Duration::HOUR).await;
    says(&overview(&world).await, &["5 of 6 done"], &[]);
    let enabled = Connection {
        enabled: true,
        ..world.app.store.connection(entra.id).await.unwrap().unwrap()
    };
    let store = &world.app.store;
    assert!(store.update_connection(&enabled, NOW).await.unwrap());
    world.app.catch_up().await.unwrap();
    says(
        &overview(&world).await,
        &["Sign-in is working", "Enabled"],
        &["Set up single sign-on"],
    );
}

#[tokio::test]
async fn the_last_failure_counts_until_somebody_gets_in() {
    let world = Office::new().await;
    let entra = add(&world, &world.acme, "entra", true).await;
    let okta = add(&world, &world.acme, "okta", true).await;
    says(
        &overview(&world).await,
        &["Single sign-on is switched on", "None lately"],
        &["Sign-in is working"],
    );
    ended(&world, &entra, Outcome::SignedIn, Duration::hours(2)).await;
    ended(&world, &okta, Outcome::SignedIn, Duration::hours(5)).await;
    let code = ended(&world, &entra, Outcome::Refused, Duration::minutes(3)).await;
    let attempt = format!("href=\"/admin/sign-ins/{code}\"");
    says(
        &overview(&world).await,
        &[
            "Sign-in is working",
            "1 of the last 2 sign-ins through entra of acme failed. Others got in.",
            "2 hours ago",
            "3 minutes ago",
            "5 hours ago",
            "The audience is &#60;another&#62; one.",
            &attempt,
        ],
        &["<another>"],
    );
    for minutes in [2, 1] {
        ended(&world, &okta, Outcome::Refused, Duration::minutes(minutes)).await;
    }
    says(&overview(&world).await, &["Sign-in is working"], &[]);
    ended(&world, &okta, Outcome::Refused, Duration::seconds(50)).await;
    says(
        &overview(&world).await,
        &["The last 3 sign-ins failed", "Through okta of acme."],
        &["Sign-in is working"],
    );
    ended(&world, &okta, Outcome::SignedIn, Duration::seconds(40)).await;
    ended(&world, &entra, Outcome::SignedIn, Duration::minutes(1)).await;
    says(
        &overview(&world).await,
        &["Sign-in is working", "1 minute ago", &attempt],
        &["The last sign-in failed"],
    );
}

#[tokio::test]
async fn what_belongs_to_another_company_is_not_here() {
    let world = Office::new().await;
    let theirs = add(&world, &world.beta, "their-entra", true).await;
    let code = ended(&world, &theirs, Outcome::Refused, Duration::HOUR).await;
    says(
        &overview(&world).await,
        &["No connection yet"],
        &[&code, "their-entra", OTHER_ADMIN],
    );
    let page = world.other_admin().await.get("/admin").await.body;
    says(&page, &[&code, "their-entra of beta"], &[ADMIN, "ACME"]);
}

#[tokio::test]
async fn a_certificate_that_ends_is_told_on_every_page() {
    let world = Office::new().await;
    let entra = add(&world, &world.acme, "entra", true).await;
    add(&world, &world.acme, "spare", false).await;
    let link = format!("/admin/connections/{}/certificates", entra.id);
    let mut now = NOW;
    for (days, tone, told) in [
        (61, "", ""),
        (60, "info", "ends in 60 days"),
        (30, "info", "ends in 30 days"),
        (14, "warn", "ends in 14 days"),
        (7, "warn", "ends in 7 days"),
        (1, "bad", "ends in 1 day "),
        (0, "bad", "ends within a day"),
        (-3, "bad", "ended 2 days ago"),
    ] {
        let then = ENDS - Duration::days(days) - Duration::minutes(1);
        world.app.clock.jump(then - now);
        now = then;
        let mut browser = world.admin().await;
        for path in ["/admin", "/admin/account"] {
            let page = browser.get(path).await.body;
            let banners = page.matches("<div class=\"banner ").count();
            // When it has ended, the overview begins with it.
            let is_told = !(told.is_empty() || days < 0 && path == "/admin");
            assert_eq!(banners, usize::from(is_told), "{days}: {page}");
            if !told.is_empty() {
                says(&page, &[told, &link], &[]);
            }
            if is_told {
                let banner = format!("<div class=\"banner {tone}\">");
                says(&page, &[&banner, "16 November 2026"], &[]);
            }
        }
        let page = browser.get("/admin").await.body;
        let nobody = page.contains("Nobody can sign in through entra of acme");
        assert_eq!(nobody, days < 0, "{days}: {page}");
    }
}
