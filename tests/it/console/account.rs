//! The company's own page, and what every form of the console does: save, tell it once, refuse beside the field.

use serde_json::json;

use super::world::{ADMIN, World, follow, post};

#[tokio::test]
async fn a_new_name_is_there_at_once_and_written_down() {
    let world = World::new().await;
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
    let world = World::new().await;
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
    let world = World::new().await;
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
    let world = World::new().await;
    let mut browser = world.admin().await;
    let answer = post(&mut browser, "/admin/account", &[("name", "Acme 2")]).await;
    assert_eq!(answer.status, 303);
    let message = browser.cookie("vestibule-flash").unwrap().to_owned();
    // Another administrator's session, and another text under the same code.
    let mut other = world.admin().await;
    other.keep("vestibule-flash", &message);
    assert!(!other.get("/admin/account").await.body.contains("Saved."));
    let (code, _) = message.split_at(43);
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
    let world = World::new().await;
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
