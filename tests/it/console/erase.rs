//! A user is deleted in the console; the site of a suspended company.

use crate::support::console::{follow, post};
use crate::support::{ADMIN, MEMBER, NOW, Office};

#[tokio::test]
async fn a_user_is_deleted_after_it_was_said_what_goes() {
    let world = Office::new().await;
    let mut anna = world.admin().await;
    let mut member = world.member().await;
    assert_eq!(member.get("/sso/session").await.status, 200);
    let store = &world.app.store;
    let user = store
        .user_by_email(world.acme.id, MEMBER)
        .await
        .unwrap()
        .unwrap();
    let href = format!("/admin/users/{}", user.id);
    let page = anna.get(&href).await;
    let delete = format!("{href}/delete");
    assert!(page.body.contains(&delete), "{}", page.body);
    let page = anna.get(&delete).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for text in [
        "and password",
        "1 session",
        "1 membership",
        "1 record of a sign-in",
        "The entries of the audit log",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert_eq!(member.get("/sso/session").await.status, 200, "nothing yet");
    // A change that names the person.
    let answer = post(&mut anna, &format!("{href}/deactivate"), &[]).await;
    assert_eq!(answer.status, 303);
    let answer = post(&mut anna, &delete, &[]).await;
    let page = follow(&mut anna, &answer).await;
    assert!(
        page.body.contains("Deleted. The audit log says"),
        "{}",
        page.body
    );
    assert!(!page.body.contains(MEMBER), "{}", page.body);
    assert_eq!(member.get("/sso/session").await.status, 401);
    assert_eq!(anna.get(&href).await.status, 404);
    assert_eq!(post(&mut anna, &delete, &[]).await.status, 404);
    let log = world.audit().await;
    assert_eq!(log[0].action, "user.remove");
    assert!(log[0].subject.starts_with("deleted user "), "{log:?}");
    assert_eq!(log[1].subject, log[0].subject, "{log:?}");
    let page = anna.get("/admin/audit").await;
    assert!(page.body.contains("Deleted the user"), "{}", page.body);
    assert!(!page.body.contains(MEMBER), "{}", page.body);
}

#[tokio::test]
async fn nobody_deletes_the_own_account_or_the_last_way_in() {
    let world = Office::new().await;
    let mut anna = world.admin().await;
    let store = &world.app.store;
    let me = store
        .user_by_email(world.acme.id, ADMIN)
        .await
        .unwrap()
        .unwrap();
    let own = format!("/admin/users/{}/delete", me.id);
    assert_eq!(post(&mut anna, &own, &[]).await.status, 409);
    let mut zoe = world.second_admin().await;
    let zoe_id = store
        .user_by_email(world.acme.id, "zoe.admin@acme.example")
        .await
        .unwrap()
        .unwrap()
        .id;
    assert_eq!(post(&mut zoe, &own, &[]).await.status, 303);
    // Anna is gone, and zoe is the last.
    let href = format!("/admin/users/{zoe_id}/delete");
    assert_eq!(post(&mut zoe, &href, &[]).await.status, 409);
    assert!(store.user(zoe_id).await.unwrap().is_some());
    assert_eq!(anna.get("/sso/session").await.status, 401);
}

#[tokio::test]
async fn a_suspended_company_is_closed() {
    let world = Office::new().await;
    let mut anna = world.admin().await;
    let mut elsewhere = world.other_admin().await;
    let suspend = async |at| {
        let mut tx = world.app.store.begin().await.unwrap();
        assert!(
            tx.write_suspended(world.acme.id, at)
                .await
                .unwrap()
                .is_some()
        );
        tx.commit(NOW).await.unwrap();
        world.app.catch_up().await.unwrap();
    };
    suspend(Some(NOW)).await;
    for path in [
        "/",
        "/sign-in",
        "/sso/login",
        "/sso/metadata",
        "/sso/session",
        "/sso/logout",
        "/admin",
        "/admin/users",
        "/admin/account",
        "/api/v1/users",
        "/api/v1/openapi.json",
        "/nothing",
    ] {
        let answer = anna.get(path).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.body);
        let told = answer.body.contains("This site is closed for now")
            || answer.body.contains("urn:vestibule:problem:suspended");
        assert!(told, "{path}: {}", answer.body);
    }
    for path in ["/sso/acs", "/sso/slo", "/sign-in", "/admin/users/new"] {
        let answer = world.browser().post(path, &[("SAMLResponse", "x")]).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    for path in ["/healthz", "/readyz", "/robots.txt"] {
        assert_eq!(anna.get(path).await.status, 200, "{path}");
    }
    assert_eq!(elsewhere.get("/admin/account").await.status, 200);
    suspend(None).await;
    assert_eq!(anna.get("/sso/session").await.status, 401, "ended for good");
    world.admin().await;
}
