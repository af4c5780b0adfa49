//! Sessions by script.

use crate::support::api::{is_problem, ok};
use crate::support::{ADMIN, MEMBER, Office};
use serde_json::json;
use vestibule::domain::Scope;

#[tokio::test]
async fn sessions_are_seen_and_ended() {
    let world = Office::new().await;
    let client = world
        .client(&[Scope::SessionsRead, Scope::SessionsWrite, Scope::UsersWrite])
        .await;
    let (mut one, mut two) = (
        world.browser().signed_in(ADMIN).await,
        world.browser().signed_in(MEMBER).await,
    );
    let list = ok(&client.get("/api/v1/sessions").await, 200);
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let of = |email: &str| items.iter().find(|it| it["email"] == email).unwrap();
    assert_eq!(of(ADMIN)["user"], world.admin.id.to_string());
    assert_eq!(of(ADMIN)["connection"], json!(null));
    let path = format!("/api/v1/sessions/{}", of(ADMIN)["id"].as_str().unwrap());
    assert_eq!(client.delete(&path).await.status, 204);
    assert_eq!(one.get("/sso/session").await.status, 401);
    assert_eq!(two.get("/sso/session").await.status, 200);
    is_problem(&client.delete(&path).await, 404, "not-found");
    let path = format!("/api/v1/users/{}/sign-out", world.member.id);
    let ended = client.post(&path, json!({})).await;
    assert_eq!(ok(&ended, 200), json!({"sessions_ended": 1}));
    assert_eq!(two.get("/sso/session").await.status, 401);
    let (mut one, mut two) = (
        world.browser().signed_in(ADMIN).await,
        world.browser().signed_in(MEMBER).await,
    );
    let ended = client.delete("/api/v1/sessions").await;
    assert_eq!(ok(&ended, 200), json!({"sessions_ended": 2}));
    for browser in [&mut one, &mut two] {
        assert_eq!(browser.get("/sso/session").await.status, 401);
    }
}
