//! Tokens in the console: made there, shown once, taken back.

use crate::support::api::{is_problem, ok};
use crate::support::{ADMIN, Browser, MEMBER, Office, hidden_field};

const FORM: &[(&str, &str)] = &[
    ("name", "HR <sync>"),
    ("scope", "company:read"),
    ("scope", "users:read"),
    ("days", "30"),
];

async fn post(
    browser: &mut Browser,
    path: &str,
    fields: &[(&str, &str)],
) -> crate::support::Answer {
    let page = browser.get("/admin/tokens").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(fields);
    browser.post(path, &all).await
}

fn secret(page: &str) -> Option<String> {
    let start = page.find("vestibule_")?;
    Some(page[start..start + 74].to_owned())
}

#[tokio::test]
async fn a_token_is_shown_once_and_works() {
    let world = Office::new().await;
    let mut browser = world.browser().signed_in(ADMIN).await;
    let made = post(&mut browser, "/admin/tokens", FORM).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(made.body.contains("HR &#60;sync&#62;"));
    let secret = secret(&made.body).unwrap();
    let client = world.bearing(&world.acme, &secret);
    ok(&client.get("/api/v1/company").await, 200);
    is_problem(
        &client.get("/api/v1/groups").await,
        403,
        "insufficient-scope",
    );
    let list = browser.get("/admin/tokens").await.body;
    assert!(!list.contains(&secret[..20]), "{list}");
    for part in [
        "HR &#60;sync&#62;",
        "users:read",
        ADMIN,
        "Active",
        "1 March 2026",
    ] {
        assert!(list.contains(part), "{part}: {list}");
    }
    // The form sent again makes no second one.
    let again = post(&mut browser, "/admin/tokens", FORM).await;
    assert_eq!(again.status, 422);
    assert!(again.body.contains("Another token has this name"));
    let audit = world
        .app
        .store
        .audit_events(world.acme.id, 1)
        .await
        .unwrap();
    assert_eq!(
        (audit[0].action.as_str(), audit[0].actor.as_str()),
        ("token.add", ADMIN)
    );

    let revoke = list
        .split("action=\"")
        .find(|part| part.contains("/revoke\""));
    let revoke = revoke.unwrap().split('"').next().unwrap();
    let answer = post(&mut browser, revoke, &[]).await;
    assert_eq!(answer.status, 303);
    let list = browser.get("/admin/tokens").await.body;
    assert!(
        list.contains("Revoked") && !list.contains("/revoke\""),
        "{list}"
    );
    is_problem(&client.get("/api/v1/company").await, 401, "unauthorized");
}

#[tokio::test]
async fn what_is_missing_is_told_beside_its_field_and_kept() {
    let world = Office::new().await;
    let mut browser = world.browser().signed_in(ADMIN).await;
    let fields = [("name", ""), ("scope", "users:write"), ("days", "365")];
    let answer = post(&mut browser, "/admin/tokens", &fields).await;
    assert_eq!(answer.status, 422);
    for part in [
        "id=\"name-error\"",
        "value=\"users:write\" checked",
        "value=\"365\" selected",
    ] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    let fields = [("name", "x"), ("days", "30")];
    let answer = post(&mut browser, "/admin/tokens", &fields).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("id=\"scope-error\""),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn tokens_are_for_administrators_and_their_own_company() {
    let world = Office::new().await;
    let mut member = world.browser().signed_in(MEMBER).await;
    assert_eq!(member.get("/admin/tokens").await.status, 403);
    assert_eq!(member.post("/admin/tokens", FORM).await.status, 403);
    let mut admin = world.browser().signed_in(ADMIN).await;
    assert_eq!(
        admin.post("/admin/tokens", FORM).await.status,
        403,
        "no CSRF token"
    );
    assert_eq!(post(&mut admin, "/admin/tokens", FORM).await.status, 200);
    let page = admin.get("/admin/tokens").await.body;
    let revoke = page
        .split("action=\"")
        .find(|part| part.contains("/revoke\""));
    let revoke = revoke.unwrap().split('"').next().unwrap();
    let mut other = world
        .browser_at(&world.beta)
        .signed_in(world.other.email.as_str())
        .await;
    assert!(!other.get("/admin/tokens").await.body.contains("HR &#60;"));
    assert_eq!(post(&mut other, revoke, &[]).await.status, 404);
    assert_eq!(
        post(&mut other, "/admin/tokens/x/revoke", &[]).await.status,
        404
    );
    assert_eq!(admin.post(revoke, &[]).await.status, 403, "no CSRF token");
    assert!(admin.get("/admin/tokens").await.body.contains("Active"));
}
