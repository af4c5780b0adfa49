//! The company's own page, and what every form of the console does: save, tell it once, refuse beside the field.

use serde_json::json;

use super::trust::{form_at, send};
use crate::support::console::{follow, post, version_of};
use crate::support::{ADMIN, Office};

#[tokio::test]
async fn a_new_name_is_there_at_once_and_written_down() {
    let world = Office::new().await;
    let mut browser = world.admin().await.from("203.0.113.7");
    let answer = post(
        &mut browser,
        "/admin/account",
        &[("name", " Acme & Söhne ")],
    )
    .await;
    let page = follow(&mut browser, &answer).await.body;
    assert!(page.contains("value=\"Acme &#38; Söhne\""), "{page}");
    assert!(page.contains("Saved."), "{page}");
    assert!(!browser.get("/admin/account").await.body.contains("Saved."));
    let events = world.audit().await;
    let [event] = &events[..] else {
        panic!("one entry: {events:?}")
    };
    assert_eq!(
        (event.action.as_str(), event.actor.as_str()),
        ("company.rename", ADMIN)
    );
    assert_eq!(event.client, Some("203.0.113.7".parse().unwrap()));
    assert_eq!(event.before, Some(json!({"name": "ACME"})));
    assert_eq!(event.after, Some(json!({"name": "Acme & Söhne"})));
}

#[tokio::test]
async fn a_wrong_value_is_told_beside_its_field_and_kept() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let long = "x".repeat(201);
    for (name, told) in [
        ("  ", "Write the company&#39;s name."),
        (long.as_str(), "Use at most 200 characters."),
        ("a\u{7}b", "Write it on one line"),
    ] {
        let answer = post(&mut browser, "/admin/account", &[("name", name)]).await;
        assert_eq!(answer.status, 422);
        for part in [told, "aria-invalid=\"true\"", "id=\"name-error\""] {
            assert!(answer.body.contains(part), "{part}: {}", answer.body);
        }
    }
    assert!(
        post(&mut browser, "/admin/account", &[("name", &long)])
            .await
            .body
            .contains(&long)
    );
    assert_eq!(world.stored_company().await.name, "ACME");
    assert!(world.audit().await.is_empty());
}

#[tokio::test]
async fn a_name_is_text_and_nothing_else() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let hostile = "\"><script>alert(1)</script>";
    let answer = post(&mut browser, "/admin/account", &[("name", hostile)]).await;
    let page = follow(&mut browser, &answer).await.body;
    assert!(
        page.contains("alert(1)") && !page.contains("<script>alert"),
        "{page}"
    );
}

#[tokio::test]
async fn a_message_that_this_server_did_not_make_is_not_shown() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let answer = post(&mut browser, "/admin/account", &[("name", "Acme 2")]).await;
    assert_eq!(answer.status, 303);
    // Another administrator's session, and a cookie of an earlier version that says something.
    let mut other = world.admin().await;
    assert!(!other.get("/admin/account").await.body.contains("Saved."));
    let code = "A".repeat(43);
    for forged in [format!("{code}_SGk"), "AAAA".to_owned(), format!("{code}_")] {
        other.keep("vestibule-flash", &forged);
        let page = other.get("/admin/account").await;
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("role=\"status\""), "{}", page.body);
    }
    assert!(browser.get("/admin/account").await.body.contains("Saved."));
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let answer = browser
        .upload("/admin/account", &[("name", "x")], &[])
        .await;
    assert_eq!(answer.status, 415);
    let big = "x".repeat(300 * 1024);
    let answer = post(&mut browser, "/admin/account", &[("name", &big)]).await;
    assert_eq!(answer.status, 413);
    assert_eq!(world.stored_company().await.name, "ACME");
}

#[tokio::test]
async fn what_is_the_companys_own_is_changed_by_its_administrators() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let path = "/admin/account";
    let metadata = |body: String| body.contains("use=\"encryption\"");
    assert!(metadata(browser.get("/sso/metadata").await.body));
    let typed = [
        ("landing", "/app"),
        ("contact_name", "Identity team"),
        ("contact_email", "idp@acme.example"),
        ("organization_url", "https://www.acme.example"),
        ("encrypted_assertions", "(off)"),
    ];
    let fields = form_at(&mut browser, path, &typed).await;
    let answer = send(&mut browser, path, &fields).await;
    let page = follow(&mut browser, &answer).await;
    assert!(page.body.contains("Saved."), "{}", page.body);
    let stored = world.stored_company().await;
    assert_eq!(stored.landing.as_deref(), Some("/app"));
    assert!(!stored.encrypted_assertions);
    assert_eq!(stored.organization.unwrap().name, "ACME");
    let metadata_now = browser.get("/sso/metadata").await.body;
    assert!(metadata_now.contains("idp@acme.example"), "{metadata_now}");
    assert!(!metadata(metadata_now));
    let events = world.audit().await;
    let [event] = &events[..] else {
        panic!("one entry: {events:?}")
    };
    assert_eq!(
        (event.action.as_str(), event.subject.as_str()),
        ("company.set", stored.slug.as_str())
    );
    assert_eq!(
        event.after,
        Some(json!({
            "landing": "/app",
            "contact_name": "Identity team",
            "contact_email": "idp@acme.example",
            "organization_name": "ACME",
            "organization_display_name": "ACME",
            "organization_url": "https://www.acme.example",
            "encrypted_assertions": "false",
        }))
    );
    // What is sent as it was shown changes nothing; what is emptied goes.
    let fields = form_at(&mut browser, path, &[]).await;
    assert_eq!(send(&mut browser, path, &fields).await.status, 303);
    assert_eq!(world.audit().await.len(), 1);
    let emptied = [
        ("landing", ""),
        ("contact_name", ""),
        ("contact_email", ""),
        ("encrypted_assertions", "on"),
    ];
    let fields = form_at(&mut browser, path, &emptied).await;
    assert_eq!(send(&mut browser, path, &fields).await.status, 303);
    let stored = world.stored_company().await;
    assert_eq!(
        (stored.landing, stored.contact, stored.encrypted_assertions),
        (None, None, true)
    );
}

#[tokio::test]
async fn what_does_not_fit_the_company_is_told_and_kept() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let path = "/admin/account";
    let long = format!("/{}", "x".repeat(600));
    for (field, value) in [
        ("landing", "https://evil.example/"),
        ("landing", "/sso/login"),
        ("landing", "//evil.example"),
        ("landing", &long),
        ("contact_email", "nobody"),
        ("contact_name", "Somebody"),
        ("organization_url", "javascript:alert(1)"),
        ("organization_name", "Acme"),
    ] {
        let fields = form_at(&mut browser, path, &[(field, value)]).await;
        let answer = send(&mut browser, path, &fields).await;
        assert_eq!(answer.status, 422, "{field} {value}");
        assert!(answer.body.contains("-error\""), "{field}: {}", answer.body);
        assert!(
            answer.body.contains(&format!("value=\"{value}\"")),
            "{field}: {}",
            answer.body
        );
    }
    // Where a browser is led is the operator's.
    for key in ["origin", "aliases", "return_origins", "slug"] {
        let answer = post(&mut browser, path, &[(key, "https://evil.example")]).await;
        assert_eq!(answer.status, 303);
    }
    let stored = world.stored_company().await;
    assert_eq!(
        (&stored.origin, &stored.landing, &stored.contact),
        (&world.acme.origin, &None, &None)
    );
    assert_eq!(stored.return_origins, world.acme.return_origins);
    assert!(world.audit().await.is_empty());
}

#[tokio::test]
async fn two_who_change_the_company_learn_of_each_other() {
    let world = Office::new().await;
    let (mut anna, mut zoe) = (world.admin().await, world.second_admin().await);
    let path = "/admin/account";
    let fields = form_at(&mut anna, path, &[("contact_email", "anna@acme.example")]).await;
    let theirs = form_at(&mut zoe, path, &[("landing", "/app")]).await;
    assert_eq!(send(&mut zoe, path, &theirs).await.status, 303);
    let before = version_of(&mut anna, path).await;
    let answer = send(&mut anna, path, &fields).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(
        answer.body.contains("zoe.admin@acme.example"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("value=\"anna@acme.example\""));
    assert!(
        answer.body.contains(&before),
        "the next save is about what is there now"
    );
    assert_eq!(world.stored_company().await.contact, None);
}
