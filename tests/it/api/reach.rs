//! How far a token reaches that may not change administrators: not to one by a way around.

use std::future::Future as _;
use std::task::{Context, Poll, Waker};

use axum::http::Method;
use serde_json::json;
use vestibule::app::Turn;
use vestibule::domain::Scope;

use crate::support::api::{is_problem, ok};
use crate::support::{ApiClient, Office, people};

const METADATA: &str = include_str!("../../../metadata/entra-ssoready.xml");

/// A client that may do all but change administrators.
async fn limited(world: &Office) -> ApiClient {
    let scopes: Vec<Scope> = Scope::ALL
        .into_iter()
        .filter(|scope| *scope != Scope::AdminsWrite)
        .collect();
    world.client(&scopes).await
}

fn lacks_scope(answer: &crate::support::Answer) {
    let problem = is_problem(answer, 403, "insufficient-scope");
    assert_eq!(problem["scope"], "admins:write");
}

/// Whether its members may use passwords decides how an administrator among them gets in.
#[tokio::test]
async fn a_group_with_an_administrator_in_it_keeps_its_way_in() {
    let world = Office::new().await;
    let (limited, master) = (limited(&world).await, world.master().await);
    let made = ok(
        &limited
            .post("/api/v1/groups", json!({"title": "Staff"}))
            .await,
        201,
    );
    let path = format!("/api/v1/groups/{}", made["id"].as_str().unwrap());
    for sso_only in [true, false] {
        let body = json!({"sso_only": sso_only});
        ok(&limited.patch(&path, "*", body).await, 200);
    }
    for user in [world.member.id, world.admin.id] {
        let membership = format!(
            "/api/v1/users/{user}/groups/{}",
            made["id"].as_str().unwrap()
        );
        assert_eq!(master.put(&membership, None).await.status, 200);
    }
    lacks_scope(&limited.patch(&path, "*", json!({"sso_only": true})).await);
    ok(
        &limited.patch(&path, "*", json!({"title": "Crew"})).await,
        200,
    );
    // Somebody else is left to get in.
    let membership = format!(
        "/api/v1/users/{}/groups/{}",
        world.member.id,
        made["id"].as_str().unwrap()
    );
    assert_eq!(master.delete(&membership).await.status, 204);
    let membership = format!(
        "/api/v1/users/{}/groups/{}",
        world.member.id, world.admins.id
    );
    assert_eq!(master.put(&membership, None).await.status, 200);
    ok(
        &master.patch(&path, "*", json!({"sso_only": true})).await,
        200,
    );
    lacks_scope(&limited.patch(&path, "*", json!({"sso_only": false})).await);
    lacks_scope(&limited.delete(&path).await);
    assert_eq!(master.delete(&path).await.status, 204);
}

/// With a connection goes what it knows administrators by, and another one may bind their accounts.
#[tokio::test]
async fn a_connection_is_deleted_with_a_scope_of_its_own() {
    let world = Office::new().await;
    let (limited, master) = (limited(&world).await, world.master().await);
    let body = json!({"display_name": "Entra ID", "metadata": METADATA});
    let made = ok(&master.post("/api/v1/connections", body).await, 201);
    let path = format!("/api/v1/connections/{}", made["id"].as_str().unwrap());
    let any = &[("if-match", "*")][..];
    lacks_scope(&limited.call(Method::DELETE, &path, any, None).await);
    ok(&limited.get(&path).await, 200);
    let gone = master.call(Method::DELETE, &path, any, None).await;
    assert_eq!(gone.status, 204, "{}", gone.body);
}

/// A password that waits for its turn is not set when its user has become an administrator by then.
#[tokio::test]
async fn who_becomes_an_administrator_in_the_meantime_is_one() {
    let world = Office::new().await;
    let limited = limited(&world).await;
    // All turns that there are, and how many more may wait.
    let mut turns = Vec::new();
    let free = |turns: &mut Vec<Turn>| {
        let mut waiting = Vec::new();
        loop {
            let mut one = Box::pin(world.app.throttle.password_turn(world.acme.id));
            match one.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Ok(turn)) => turns.push(turn),
                Poll::Ready(Err(_)) => return waiting.len(),
                Poll::Pending => waiting.push(one),
            }
        }
    };
    let places = free(&mut turns);
    let path = format!("/api/v1/users/{}/password", world.member.id);
    let setting = tokio::spawn(async move {
        let body = json!({"password": "a-long-password-9"});
        limited.put(&path, Some(body)).await
    });
    // It waits in the line.
    while free(&mut turns) == places {
        tokio::task::yield_now().await;
    }
    let grant = people::by_hand(world.member.id, &world.admins);
    assert!(people::grant(&world.app.store, grant).await);
    drop(turns);
    lacks_scope(&setting.await.unwrap());
    assert_eq!(world.actions().await, Vec::<String>::new());
}
