//! Sign-ins by script.

use crate::support::api::{is_problem, ok};
use crate::support::{ADMIN, MEMBER, Office};
use vestibule::domain::{AttemptId, AttemptKind, Check, LoginAttempt, Outcome, Record, Scope};

#[tokio::test]
async fn sign_ins_are_listed_and_shown_by_their_code() {
    let world = Office::new().await;
    let client = world.client(&[Scope::AttemptsRead]).await;
    for email in [ADMIN, MEMBER, MEMBER] {
        world.browser().signed_in(email).await;
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

#[tokio::test]
async fn a_sign_in_is_shown_with_everything_that_helps() {
    let world = Office::new().await;
    let client = world.client(&[Scope::AttemptsRead]).await;
    let now = world.app.clock.now();
    let certificate = format!(
        "a signature that names certificate SHA-256 {} / SHA-1 {} of \"Somebody else\", which the connection does not have",
        "ab".repeat(32),
        "CD".repeat(20)
    );
    let check = |rule: &'static str, subject: &'static str, received: String, passed| Check {
        rule: rule.into(),
        subject: subject.into(),
        expected: "what was expected".into(),
        received: received.into(),
        passed,
    };
    let attempt = |id: u8, outcome, rule: &str, checks| LoginAttempt {
        outcome,
        finished_at: Some(now),
        rule: Some(rule.to_owned()),
        summary: format!("about {rule}"),
        named: Some("mallory@acme.example".parse().unwrap()),
        record: Record {
            checks,
            advice: Vec::new(),
        },
        ..LoginAttempt::open(
            AttemptId::from_bytes([id; 16]),
            world.acme.id,
            AttemptKind::Saml,
            [0; 32],
            now,
        )
    };
    let signed = "The signature verifies with a certificate of the connection";
    let made = "2026-03-01T11:59:18Z".to_owned();
    let refused = attempt(
        1,
        Outcome::Refused,
        "B3",
        vec![
            check("C5", "The message was not issued in the future", made, true),
            check("B3", signed, certificate, false),
        ],
    );
    let warned = attempt(2, Outcome::SignedIn, "F5", Vec::new());
    for attempt in [&refused, &warned] {
        world.app.store.add_attempt(attempt).await.unwrap();
    }
    let path = format!("/api/v1/attempts/{}", refused.code);
    let shown = ok(&client.get(&path).await, 200);
    assert_eq!(shown["email"], "mallory@acme.example");
    assert_eq!(shown["warning"], serde_json::Value::Null);
    let received = &shown["signing"]["received"];
    assert_eq!(received["subject"], "Somebody else");
    assert_eq!(received["sha256"], "ab".repeat(32));
    assert_eq!(received["sha1"], "CD".repeat(20));
    assert_eq!(shown["clocks"]["drift_seconds"], 42.0);
    assert!(
        shown["clocks"]["text"]
            .as_str()
            .unwrap()
            .contains("42 seconds")
    );
    assert_eq!(shown["fixes"][0]["field"], "App Federation Metadata Url");
    assert_eq!(shown["fixes"][0]["side"], "identity_provider");

    let listed = ok(&client.get("/api/v1/attempts?warning=true").await, 200)["items"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["warning"], "about F5");
    assert_eq!(listed[0]["rule"], "F5");
}
