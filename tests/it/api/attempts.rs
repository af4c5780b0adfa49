//! Sign-ins by script.

use vestibule::domain::Scope;

use super::world::{ADMIN, MEMBER, World, is_problem, ok};

#[tokio::test]
async fn sign_ins_are_listed_and_shown_by_their_code() {
    let world = World::new().await;
    let client = world.client(&[Scope::AttemptsRead]).await;
    for email in [ADMIN, MEMBER, MEMBER] {
        world.browser(email).await;
        world.app.clock.step(time::Duration::SECOND);
    }
    let all = ok(&client.get("/api/v1/attempts").await, 200)["items"].clone();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(all[0]["email"], MEMBER);
    assert_eq!(all[2]["user"], world.admin.id.to_string());
    assert_eq!(all[0]["kind"], "password");
    assert_eq!(all[0]["outcome"], "signed_in");
    let begun: Vec<&str> = all
        .iter()
        .map(|it| it["started_at"].as_str().unwrap())
        .collect();
    assert!(begun.iter().rev().is_sorted());
    for (query, count) in [
        ("outcome=signed_in", 3),
        ("outcome=refused", 0),
        ("kind=password", 3),
        ("kind=saml", 0),
        (&format!("user={}", world.member.id), 2),
        (&format!("connection={}", world.member.id), 0),
        ("from=2026-03-01T12:00:01Z", 2),
        ("until=2026-03-01T12:00:01Z", 1),
        (
            "from=2026-03-01T13:00:01%2B01:00&until=2026-03-01T12:00:02Z",
            1,
        ),
    ] {
        let answer = client.get(&format!("/api/v1/attempts?{query}")).await;
        let items = ok(&answer, 200)["items"].clone();
        assert_eq!(items.as_array().unwrap().len(), count, "{query}");
    }
    let first = ok(&client.get("/api/v1/attempts?limit=2").await, 200);
    let next = first["next"].as_str().unwrap();
    let second = client
        .get(next.strip_prefix("http://acme.localhost:8080").unwrap())
        .await;
    let second = ok(&second, 200);
    assert_eq!(second["items"][0], all[2]);
    let code = all[0]["code"].as_str().unwrap();
    let detail = ok(&client.get(&format!("/api/v1/attempts/{code}")).await, 200);
    assert_eq!(detail["email"], MEMBER);
    assert!(detail["checks"].is_array());
    is_problem(
        &client.get("/api/v1/attempts/0000-0000").await,
        404,
        "not-found",
    );
    for wrong in [
        "outcome=x",
        "user=x",
        "from=yesterday",
        "from=2026-03-01",
        "cursor=AAAA",
    ] {
        let answer = client.get(&format!("/api/v1/attempts?{wrong}")).await;
        is_problem(&answer, 400, "malformed");
    }
}
