//! `If-Match` before the content of a change (RFC 9110 13.2.2).

use crate::support::Office;
use crate::support::api::{is_problem, ok};
use axum::http::Method;
use serde_json::{Value, json};
use vestibule::domain::Scope;

const ENTRA: &str = include_str!("../../../metadata/entra-ssoready.xml");

#[tokio::test]
async fn a_stale_change_is_told_so_whatever_else_is_wrong_with_it() {
    let world = Office::new().await;
    let client = world.master().await;
    let made = json!({"display_name": "Entra ID", "metadata": ENTRA});
    let connection = ok(&client.post("/api/v1/connections", made).await, 201);
    let group = ok(
        &client
            .post("/api/v1/groups", json!({"title": "Staff"}))
            .await,
        201,
    );
    let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
    for (path, changed, wrong) in [
        (
            "/api/v1/company".to_owned(),
            json!({"landing": "/app"}),
            json!({"landing": "//evil.example"}),
        ),
        (
            format!("/api/v1/users/{}", world.member.id),
            json!({"first_name": "B."}),
            json!({"email": "no address"}),
        ),
        (
            format!("/api/v1/groups/{}", id(&group)),
            json!({"title": "People"}),
            json!({"title": ""}),
        ),
        (
            format!("/api/v1/connections/{}", id(&connection)),
            json!({"sort_order": 7}),
            json!({"settings": {"no_such_setting": "1"}}),
        ),
    ] {
        let version = client.get(&path).await.header("etag").to_owned();
        ok(&client.patch(&path, &version, changed).await, 200);
        let (stale, now) = (version, client.get(&path).await.header("etag").to_owned());
        for (body, kind, status) in [
            (wrong.to_string(), "invalid", 422),
            ("{\"no_member\": 1}".to_owned(), "invalid", 422),
            ("{".to_owned(), "malformed", 400),
        ] {
            let send = |if_match: Option<&str>| {
                let headers: Vec<(&str, String)> = if_match
                    .map(|tag| ("if-match", tag.to_owned()))
                    .into_iter()
                    .collect();
                let (client, path, body) = (&client, path.clone(), body.clone());
                async move {
                    let headers: Vec<(&str, &str)> = headers
                        .iter()
                        .map(|(name, value)| (*name, value.as_str()))
                        .collect();
                    client
                        .call(Method::PATCH, &path, &headers, Some(body))
                        .await
                }
            };
            is_problem(&send(None).await, 428, "precondition-required");
            is_problem(&send(Some(&stale)).await, 412, "changed");
            is_problem(&send(Some(&now)).await, status, kind);
            is_problem(&send(Some("*")).await, status, kind);
        }
    }
}

/// Who may not change it learns nothing of its version.
#[tokio::test]
async fn what_a_token_may_not_do_is_told_first() {
    let world = Office::new().await;
    let client = world.client(&[Scope::UsersWrite, Scope::GroupsWrite]).await;
    for path in [
        format!("/api/v1/users/{}", world.admin.id),
        format!("/api/v1/groups/{}", world.admins.id),
    ] {
        let answer = client.patch(&path, "\"stale\"", json!({})).await;
        is_problem(&answer, 403, "insufficient-scope");
    }
    let foreign = format!("/api/v1/users/{}", world.other.id);
    let answer = client.patch(&foreign, "\"stale\"", json!({})).await;
    is_problem(&answer, 404, "not-found");
}
