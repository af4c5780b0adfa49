//! Live sessions, and their end.

use crate::support::console::{follow, post};
use crate::support::{ADMIN, Browser, MEMBER, Office, hidden_field, unescaped};

const HREF: &str = "/admin/sessions";

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/sso/session").await.status == 200
}

/// The key in the first form that ends one session.
fn key(page: &str) -> String {
    hidden_field(page, "key").unwrap()
}

#[tokio::test]
async fn sessions_are_listed_and_one_is_ended() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let page = browser.get(HREF).await.body;
    assert!(
        page.contains("you and nobody else") && !page.contains("Sign everyone out"),
        "{page}"
    );
    let mut member = world.member().await;
    let page = browser.get(HREF).await.body;
    for part in [
        MEMBER,
        ADMIN,
        "Password",
        "This session",
        "you and 1 other session",
        "Sign everyone out",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(is_signed_in(&mut member).await);
    let key = key(&page);
    let answer = post(&mut browser, "/admin/sessions/end", &[("key", &key)]).await;
    assert!(
        follow(&mut browser, &answer)
            .await
            .body
            .contains("Signed out.")
    );
    assert!(!is_signed_in(&mut member).await);
    assert!(is_signed_in(&mut browser).await);
    let event = &world.audit().await[0];
    assert_eq!(
        (event.action.as_str(), event.subject.as_str()),
        ("session.end", MEMBER)
    );
    let again = post(&mut browser, "/admin/sessions/end", &[("key", &key)]).await;
    assert_eq!(again.status, 404);
}

#[tokio::test]
async fn the_list_goes_on_where_a_page_ends() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    for _ in 0..51 {
        world.member().await;
    }
    let first = browser.get(HREF).await.body;
    assert!(first.contains("51 other sessions"), "{first}");
    let older = first.split("rel=\"next\" href=\"").nth(1).unwrap();
    let older = unescaped(older.split('"').next().unwrap());
    let last = browser.get(&older).await.body;
    let rows = |page: &str| page.matches("data-label=\"Since\"").count();
    assert_eq!((rows(&first), rows(&last)), (50, 2));
    assert!(
        !last.contains("rel=\"next\"") && last.contains("Newest"),
        "{last}"
    );
    assert_eq!(browser.get(&format!("{HREF}?after=x")).await.status, 200);
}

#[tokio::test]
async fn everyone_is_signed_out_but_who_asks() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let mut members = [world.member().await, world.member().await];
    let mut stranger = world.other_admin().await;
    for member in &mut members {
        assert!(is_signed_in(member).await);
    }
    let answer = post(&mut browser, "/admin/sessions/end-all", &[]).await;
    assert!(
        follow(&mut browser, &answer)
            .await
            .body
            .contains("2 sessions ended.")
    );
    for member in &mut members {
        assert!(!is_signed_in(member).await);
    }
    assert!(is_signed_in(&mut browser).await);
    assert!(is_signed_in(&mut stranger).await, "another company's");
    let answer = post(&mut browser, "/admin/sessions/end-all", &[("mine", "on")]).await;
    assert_eq!(answer.status, 303);
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn one_user_is_signed_out_everywhere() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let mut elsewhere = world.browser().signed_in(ADMIN).await;
    let mut member = world.member().await;
    let store = &world.app.store;
    for (email, ended) in [(MEMBER, &mut member), (ADMIN, &mut elsewhere)] {
        let user = store
            .user_by_email(world.acme.id, email)
            .await
            .unwrap()
            .unwrap();
        let path = format!("/admin/users/{}/sign-out", user.id);
        let answer = post(&mut browser, &path, &[]).await;
        let page = follow(&mut browser, &answer).await.body;
        assert!(page.contains("1 session ended."), "{page}");
        assert!(!is_signed_in(ended).await, "{email}");
    }
    assert!(is_signed_in(&mut browser).await, "one's own of this moment");
}

#[tokio::test]
async fn a_session_of_another_company_is_not_there() {
    let world = Office::new().await;
    let mut member = world.member().await;
    let own = world.admin().await.get(HREF).await.body;
    let key = key(&own);
    let mut other = world.other_admin().await;
    for key in [key.as_str(), "nonsense", "", &"0".repeat(64)] {
        let answer = post(&mut other, "/admin/sessions/end", &[("key", key)]).await;
        assert_eq!(answer.status, 404, "{key}");
    }
    assert!(!other.get(HREF).await.body.contains(MEMBER));
    assert!(is_signed_in(&mut member).await);
    for path in ["/admin/sessions/end", "/admin/sessions/end-all"] {
        assert_eq!(other.post(path, &[("key", &key)]).await.status, 403);
    }
}
