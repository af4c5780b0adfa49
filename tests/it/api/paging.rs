//! Lists come in pages that hold each item once.

use std::collections::BTreeSet;

use crate::support::api::{is_problem, ok};
use crate::support::{ADMIN, ApiClient, MEMBER, Office};
use serde_json::{Value, json};

/// Every item of a list, page by page.
async fn all(client: &ApiClient, first: &str, limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let mut path = first.to_owned();
    for _ in 0..100 {
        let answer = client.get(&path).await;
        let page = ok(&answer, 200);
        let some = page["items"].as_array().unwrap();
        assert!(some.len() <= limit);
        items.extend(some.iter().cloned());
        let Some(next) = page["next"].as_str() else {
            assert_eq!(answer.header("link"), "");
            return items;
        };
        assert_eq!(answer.header("link"), format!("<{next}>; rel=\"next\""));
        path = next.replace("http://acme.localhost:8080", "");
    }
    panic!("the list of {first} does not end");
}

#[tokio::test]
async fn users_come_in_pages() {
    let world = Office::new().await;
    let client = world.master().await;
    for number in 0..120 {
        let body = json!({"email": format!("user.{number}@acme.example"), "first_name": "Ümit"});
        assert_eq!(client.post("/api/v1/users", body).await.status, 201);
    }
    for (path, limit, count) in [
        ("/api/v1/users", 50, 122),
        ("/api/v1/users?limit=100", 100, 122),
        ("/api/v1/users?limit=61", 61, 122),
        ("/api/v1/users?limit=7&search=%C3%BCmit%20user.1", 7, 31),
        ("/api/v1/users?limit=1&way=password", 1, 2),
        ("/api/v1/users?active=false", 50, 0),
        ("/api/v1/users?created_by=jit", 50, 0),
        (
            "/api/v1/users?active=true&created_by=administrator&way=waiting",
            50,
            120,
        ),
    ] {
        let items = all(&client, path, limit).await;
        let emails: Vec<&str> = items
            .iter()
            .map(|it| it["email"].as_str().unwrap())
            .collect();
        assert_eq!(emails.len(), count, "{path}");
        assert!(emails.is_sorted(), "{path}");
        assert_eq!(
            emails.iter().collect::<BTreeSet<_>>().len(),
            count,
            "{path}"
        );
    }
    let path = format!("/api/v1/users?group={}", world.members.id);
    let members = all(&client, &path, 50).await;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0]["email"], MEMBER);
    let one = client
        .get(&format!("/api/v1/users/{}", world.member.id))
        .await;
    assert_eq!(members[0], ok(&one, 200));
}

#[tokio::test]
async fn groups_and_sessions_come_in_pages() {
    let world = Office::new().await;
    let client = world.master().await;
    for number in 0..5 {
        let body = json!({"title": format!("Group {number}")});
        assert_eq!(client.post("/api/v1/groups", body).await.status, 201);
        let email = if number % 2 == 0 { ADMIN } else { MEMBER };
        world.browser().signed_in(email).await;
        if number > 1 {
            world.app.clock.step(time::Duration::SECOND);
        }
    }
    for limit in [1, 2, 3, 7, 8] {
        let groups = all(&client, &format!("/api/v1/groups?limit={limit}"), limit).await;
        assert_eq!(groups.len(), 7);
        let sessions = all(&client, &format!("/api/v1/sessions?limit={limit}"), limit).await;
        let ids: BTreeSet<&str> = sessions
            .iter()
            .map(|it| it["id"].as_str().unwrap())
            .collect();
        assert_eq!((sessions.len(), ids.len()), (5, 5));
        let times = sessions
            .iter()
            .map(|it| it["signed_in_at"].as_str().unwrap());
        assert!(times.rev().is_sorted());
    }
}

#[tokio::test]
async fn what_is_no_page_is_refused() {
    let world = Office::new().await;
    let client = world.master().await;
    for list in ["users", "groups", "sessions"] {
        for wrong in [
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=x",
            "limit=",
            "limit=99999999999999999999",
            "cursor=%00",
            "cursor=AA",
            "cursor=!",
            "limit=1&limit=2",
            "page=2",
            &format!("cursor={}", "A".repeat(1100)),
        ] {
            let answer = client.get(&format!("/api/v1/{list}?{wrong}")).await;
            if answer.status == 200 {
                // "AA" is a cursor of text: a place behind nothing.
                assert!(wrong == "cursor=AA", "{list} {wrong}");
                continue;
            }
            is_problem(&answer, 400, "malformed");
        }
    }
    for wrong in ["group=x", "active=maybe", "created_by=me", "way=%00"] {
        let answer = client.get(&format!("/api/v1/users?{wrong}")).await;
        is_problem(&answer, 400, "malformed");
    }
    for odd in ["search=%00", "search=%25_%5C", "search="] {
        ok(&client.get(&format!("/api/v1/users?{odd}")).await, 200);
    }
}
