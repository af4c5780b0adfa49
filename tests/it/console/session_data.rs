//! What the pages of one session keep: messages that are told once, reviews under way, forms that wait.

use std::sync::Arc;

use time::Duration;
use vestibule::app::App;
use vestibule::config::Secret;

use super::trust::{ENTRA, OKTA, at, confirm};
use crate::store::database::Database;
use crate::support::console::{follow, post, token, upload};
use crate::support::{self, Answer, Browser, Office, hidden_field};

const ACCOUNT: &str = "/admin/account";
const NEW: &str = "/admin/connections/new";
const GONE: &str = "not what was shown to you";

async fn review(browser: &mut Browser, metadata: &[u8]) -> Answer {
    let files = [("file", "metadata.xml", metadata)];
    let review = upload(browser, NEW, &[], &files).await;
    assert_eq!(review.status, 200, "{}", review.body);
    review
}

fn is_told(page: &Answer, what: &str) -> bool {
    page.body.contains("role=\"status\"") && page.body.contains(what)
}

#[tokio::test]
async fn a_message_is_told_once_on_its_page_in_its_session() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let mut other = world.admin().await;
    let answer = post(&mut browser, ACCOUNT, &[("name", "Acme 2")]).await;
    assert_eq!((answer.status, answer.header("location")), (303, ACCOUNT));
    assert!(browser.cookie("vestibule-flash").is_none());
    for page in [other.get(ACCOUNT).await, browser.get("/admin/users").await] {
        assert!(!is_told(&page, "Saved."), "{}", page.body);
    }
    // A look is none, and takes nothing away.
    browser.head(ACCOUNT).await;
    let page = browser.get(ACCOUNT).await;
    assert!(is_told(&page, "Saved."), "{}", page.body);
    let reloaded = browser.get(ACCOUNT).await;
    assert!(!is_told(&reloaded, "Saved."), "{}", reloaded.body);

    // Nobody waits for it longer than a minute.
    post(&mut browser, ACCOUNT, &[("name", "Acme 3")]).await;
    world.app.clock.step(Duration::seconds(61));
    assert!(!is_told(&browser.get(ACCOUNT).await, "Saved."));
}

#[tokio::test]
async fn reviews_in_several_tabs_are_each_confirmed() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let first = review(&mut browser, ENTRA).await;
    let second = review(&mut browser, OKTA).await;
    let proposal = hidden_field(&first.body, "proposal").unwrap();
    assert!(proposal.len() < 32, "a name and nothing else: {proposal}");
    assert_eq!(confirm(&mut browser, &second).await.status, 303);
    assert_eq!(confirm(&mut browser, &first).await.status, 303);
    let names: Vec<String> = world
        .connections()
        .await
        .into_iter()
        .map(|it| it.display_name)
        .collect();
    assert_eq!(names, ["Microsoft Entra ID", "Single sign-on"]);
    // Pressed twice, it leads to what the first time has made.
    let answer = confirm(&mut browser, &first).await;
    assert!(is_told(
        &follow(&mut browser, &answer).await,
        "is here already"
    ));
}

#[tokio::test]
async fn a_review_that_is_gone_is_told_with_the_way_back() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let mut reviews = Vec::new();
    for _ in 0..9 {
        reviews.push(review(&mut browser, ENTRA).await);
    }
    // The oldest of nine.
    let answer = confirm(&mut browser, &reviews[0]).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.body.contains(GONE), "{}", answer.body);
    assert!(
        answer
            .body
            .contains("href=\"/admin/connections\">Go to the connections")
    );
    // The same administrator in another session.
    let answer = confirm(&mut world.admin().await, &reviews[8]).await;
    assert!(
        answer.status == 409 && answer.body.contains(GONE),
        "{}",
        answer.body
    );
    let change = [("proposal", "x")];
    let answer = post(
        &mut browser,
        "/admin/connections/new/manual/change",
        &change,
    )
    .await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(world.connections().await.is_empty());
    assert_eq!(confirm(&mut browser, &reviews[1]).await.status, 303);
    world.app.clock.step(Duration::minutes(61));
    let answer = confirm(&mut browser, &reviews[8]).await;
    assert!(
        answer.status == 409 && answer.body.contains(GONE),
        "{}",
        answer.body
    );
    assert_eq!(world.connections().await.len(), 1);
}

#[tokio::test]
async fn a_form_that_waited_too_long_is_told_of() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let csrf = token(&mut browser).await;
    let sent = [("csrf", csrf.as_str()), ("url", "https://idp.example/m")];
    let first = "/admin/groups/new/first?form=/admin/connections/new";
    let waiting = browser.upload(first, &sent, &[]).await;
    let kept = hidden_field(&waiting.body, "kept").unwrap();
    world.app.clock.step(Duration::minutes(61));
    let fields = [
        ("title", "Basic"),
        ("kind", "member"),
        ("kept", kept.as_str()),
    ];
    let answer = post(&mut browser, "/admin/groups/new", &fields).await;
    let page = follow(&mut browser, &answer).await;
    assert!(
        is_told(&page, "The form that waited for it is not kept any more."),
        "{}",
        page.body
    );
}

/// On PostgreSQL, at two servers at once: neither loses what the other keeps.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_keep_the_same_and_lose_nothing() {
    let database = Database::postgres().await;
    let url = database.url();
    let world = Office::with(|config| config.database.url = Some(Secret::new(&url))).await;
    let dir = tempfile::tempdir().unwrap();
    let mut config = support::config(dir.path());
    config.database.url = Some(Secret::new(&url));
    config.trusted_proxies = world.app.config.trusted_proxies.clone();
    let second = App::open(config, world.app.clock.clone()).await.unwrap();
    let router = vestibule::web::router(Arc::clone(&second));
    let mut here = world.admin().await;
    let mut there = here.at(&router);
    let connection = world.add_connection("entra").await;
    second.catch_up().await.unwrap();

    for round in 0..10 {
        let (one, other) = tokio::join!(review(&mut here, ENTRA), review(&mut there, OKTA));
        // Each at the other server.
        for (browser, review) in [(&mut there, &one), (&mut here, &other)] {
            let proposal = hidden_field(&review.body, "proposal").unwrap();
            let change = "/admin/connections/new/manual/change";
            let form = post(browser, change, &[("proposal", &proposal)]).await;
            assert_eq!(form.status, 200, "{round}: {}", form.body);
        }
    }
    // What one has done, the other tells.
    let switch = at(&connection, "/switch");
    let answer = post(&mut here, &switch, &[("on", "false")]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = there.get(answer.header("location")).await;
    assert!(page.body.contains("role=\"status\""), "{}", page.body);
    let again = here.get(answer.header("location")).await;
    assert!(!again.body.contains("role=\"status\""), "{}", again.body);
    database.remove().await;
}
