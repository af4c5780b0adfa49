//! The company's e-mail domains by script.

use serde_json::{Value, json};
use vestibule::domain::{Scope, Settings};

use crate::support::api::{is_problem, ok};
use crate::support::{self, NOW, Office};

#[tokio::test]
async fn a_domain_is_set_and_removed_with_a_scope_of_trust() {
    let world = Office::new().await;
    let entra = support::connection(world.acme.id, "entra", Settings::default());
    world.app.store.add_connection(&entra, NOW).await.unwrap();
    let path = "/api/v1/domains/acme.test";
    let body = || Some(json!({"connection": entra.id}));
    let master = world.master().await;
    let set = ok(&master.put(path, body()).await, 200);
    let client = world
        .client(&[Scope::CompanyRead, Scope::ConnectionsWrite])
        .await;
    for answer in [
        client.put(path, body()).await,
        client.delete(path).await,
        client.post(&format!("{path}/check"), Value::Null).await,
    ] {
        let problem = is_problem(&answer, 403, "insufficient-scope");
        assert_eq!(problem["scope"], "admins:write");
    }
    assert_eq!(ok(&client.get("/api/v1/domains").await, 200), json!([set]));
    assert_eq!(set["domain"], "acme.test");
    assert_eq!(set["connection"], json!(entra.id));
    assert_eq!(set["links"], true);
    assert_eq!(set["verified_by"], Value::Null);
    assert_eq!(set["dns_record"]["name"], "_vestibule.acme.test");
    assert_eq!(ok(&client.get(path).await, 200), set);
    let none = master.put(path, Some(json!({"connection": null}))).await;
    assert_eq!(ok(&none, 200)["connection"], Value::Null);
    // Without a domain nobody is from outside.
    let problem = is_problem(&master.delete(path).await, 409, "conflict");
    let told = problem["detail"].as_str().unwrap();
    assert!(told.contains("the company's last domain"), "{told}");
    let meant = format!("{path}?last=true");
    assert_eq!(master.delete(&meant).await.status, 204);
    is_problem(&master.delete(path).await, 404, "not-found");
    is_problem(&client.get(path).await, 404, "not-found");
    assert_eq!(
        world.actions().await,
        ["domain.add", "domain.assign", "domain.remove"]
    );

    let shared = "/api/v1/domains/gmail.com";
    is_problem(&master.put(shared, body()).await, 422, "invalid");
    let unknown = Some(json!({"connection": "01234567890123456789012345"}));
    let problem = is_problem(&master.put(path, unknown).await, 422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "connection");
    let nowhere = "/api/v1/domains/no%20domain";
    is_problem(&master.put(nowhere, body()).await, 404, "not-found");
}

#[tokio::test]
async fn who_could_never_come_in_is_not_made_to_wait() {
    let world = Office::new().await;
    let mut entra = support::connection(world.acme.id, "entra", Settings::default());
    entra.enabled = true;
    let store = &world.app.store;
    store.add_connection(&entra, NOW).await.unwrap();
    let master = world.master().await;
    let guest = |email: &str| json!({"email": email});
    // A company without domains keeps nobody out.
    let early = guest("early@partner.example");
    ok(&master.post("/api/v1/users", early).await, 201);
    ok(
        &master
            .put(
                "/api/v1/domains/acme.test",
                Some(json!({"connection": null})),
            )
            .await,
        200,
    );
    for body in [
        guest("guest@partner.example"),
        json!({"email": "guest@partner.example", "connection": entra.id}),
    ] {
        let answer = master.post("/api/v1/users", body).await;
        let problem = is_problem(&answer, 422, "invalid");
        assert_eq!(problem["errors"][0]["field"], "connection");
        let told = problem["errors"][0]["message"].as_str().unwrap();
        assert!(
            told.contains("partner.example is none of the company's domains"),
            "{told}"
        );
        assert!(told.contains("Allow guests"), "{told}");
    }
    ok(
        &master.post("/api/v1/users", guest("b@acme.test")).await,
        201,
    );
    // With a password nobody waits.
    let local = json!({"email": "local@partner.example", "password": "four-words-are-enough"});
    ok(&master.post("/api/v1/users", local).await, 201);
    let mut stored = store.connection(entra.id).await.unwrap().unwrap();
    stored.settings.guests = true;
    assert!(store.update_connection(&stored, NOW).await.unwrap());
    ok(
        &master
            .post("/api/v1/users", guest("guest@partner.example"))
            .await,
        201,
    );
}

#[tokio::test]
async fn a_user_who_waits_names_a_connection() {
    let world = Office::new().await;
    for name in ["entra", "okta"] {
        let connection = support::connection(world.acme.id, name, Settings::default());
        world
            .app
            .store
            .add_connection(&connection, NOW)
            .await
            .unwrap();
    }
    let all = world.app.store.connections(world.acme.id).await.unwrap();
    let client = world.client(&[Scope::UsersWrite, Scope::UsersRead]).await;
    let body = json!({"email": "a@acme.test"});
    let problem = is_problem(&client.post("/api/v1/users", body).await, 422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "connection");
    let body = json!({"email": "a@acme.test", "connection": all[1].id});
    let made = ok(&client.post("/api/v1/users", body).await, 201);
    assert_eq!(made["waits_for"], json!(all[1].id));
    // It is said later, or otherwise, with the version that was read; through whom somebody comes is trust.
    let scopes = [Scope::UsersWrite, Scope::UsersRead, Scope::AdminsWrite];
    let trusted = world.client(&scopes).await;
    let path = format!("/api/v1/users/{}", made["id"].as_str().unwrap());
    let choose = |connection: &Value| json!({"connection": connection, "last_name": "Simon"});
    let version = client.get(&path).await.header("etag").to_owned();
    let early = client
        .patch(&path, &version, choose(&json!(all[0].id)))
        .await;
    is_problem(&early, 403, "insufficient-scope");
    let changed = trusted
        .patch(&path, &version, choose(&json!(all[0].id)))
        .await;
    let now = ok(&changed, 200);
    assert_eq!(
        (&now["waits_for"], &now["last_name"]),
        (&json!(all[0].id), &json!("Simon"))
    );
    let stale = trusted
        .patch(&path, &version, choose(&json!(all[1].id)))
        .await;
    is_problem(&stale, 412, "changed");
    for (wrong, status, kind) in [
        (json!("01234567890123456789012345"), 422, "invalid"),
        (json!(null), 422, "invalid"),
    ] {
        is_problem(
            &trusted.patch(&path, "*", choose(&wrong)).await,
            status,
            kind,
        );
    }
    // The domain of the address decides, and nothing of the change is made.
    support::assign(&world.app.store, &all[0], "acme.test").await;
    let other = json!({"connection": all[1].id, "first_name": "B."});
    let problem = is_problem(&trusted.patch(&path, "*", other).await, 422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "connection");
    assert_eq!(ok(&client.get(&path).await, 200)["first_name"], "");
    // Whoever has come waits no more; an administrator is changed with a scope of its own.
    let store = &world.app.store;
    let mut tx = store.begin().await.unwrap();
    let user = made["id"].as_str().unwrap().parse().unwrap();
    assert!(
        tx.bind_identity(all[0].id, "oid:1", user, NOW)
            .await
            .unwrap()
    );
    tx.commit(NOW).await.unwrap();
    let late = trusted.patch(&path, "*", choose(&json!(all[0].id))).await;
    is_problem(&late, 409, "conflict");
    let admin = format!("/api/v1/users/{}", world.admin.id);
    let problem = client.patch(&admin, "*", choose(&json!(all[0].id))).await;
    is_problem(&problem, 403, "insufficient-scope");
    assert_eq!(
        world.actions().await,
        ["user.add", "user.change", "user.wait_for"]
    );
}

/// Name servers are others', and one company's questions wait for nobody else's.
#[tokio::test]
async fn looking_records_up_has_a_limit_of_its_own() {
    let world = Office::with(|config| {
        config.limits.company_domain_checks_per_minute = 2;
        // Nobody listens there: each question is refused at once.
        config.dns.servers = vec!["127.0.0.1:9".parse().unwrap()];
    })
    .await;
    let client = world.master().await;
    ok(
        &client
            .put(
                "/api/v1/domains/acme.test",
                Some(json!({"connection": null})),
            )
            .await,
        200,
    );
    let path = "/api/v1/domains/acme.test/check";
    // What is refused before any question is asked is not counted.
    for _ in 0..3 {
        let nothing = client
            .post("/api/v1/domains/other.test/check", Value::Null)
            .await;
        is_problem(&nothing, 404, "not-found");
    }
    for _ in 0..2 {
        is_problem(&client.post(path, Value::Null).await, 409, "conflict");
    }
    let limited = client.post(path, Value::Null).await;
    is_problem(&limited, 429, "rate-limited");
    assert_eq!(limited.header("retry-after"), "30");
    // Everything else goes on.
    ok(&client.get("/api/v1/domains").await, 200);
    let beta = world.client_of(&world.beta, &Scope::ALL).await;
    ok(
        &beta
            .put(
                "/api/v1/domains/beta.test",
                Some(json!({"connection": null})),
            )
            .await,
        200,
    );
    let path = "/api/v1/domains/beta.test/check";
    is_problem(&beta.post(path, Value::Null).await, 409, "conflict");
}
