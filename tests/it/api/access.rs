//! Who may do what: tokens and nothing else, each at its own company, no token more than it was made for.

use axum::http::Method;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use vestibule::domain::Scope;

use super::document::Document;
use crate::support::api::{is_problem, json, ok};
use crate::support::{ADMIN, ApiClient, Office, PASSWORD};

#[tokio::test]
async fn nothing_but_a_token_opens_it() {
    let world = Office::new().await;
    let good = world.client(&[Scope::CompanyRead]).await;
    let authorization = good.authorization.clone().unwrap();
    ok(&good.get("/api/v1/company").await, 200);
    let lower = ApiClient {
        authorization: Some(authorization.replace("Bearer", "bEaReR")),
        ..good.clone()
    };
    ok(&lower.get("/api/v1/company").await, 200);
    for wrong in [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic dXNlcjpwYXNz",
        &authorization.replace("Bearer ", ""),
        &authorization.replace("Bearer ", "Token "),
        &authorization.to_uppercase(),
        &format!("{authorization}0"),
        &authorization[..authorization.len() - 1],
        &format!("{authorization}, {authorization}"),
        &authorization.replace("vestibule_", ""),
        &format!("Bearer vestibule_{}", "0".repeat(64)),
    ] {
        let client = ApiClient {
            authorization: Some(wrong.to_owned()),
            ..good.clone()
        };
        let answer = client.get("/api/v1/company").await;
        is_problem(&answer, 401, "unauthorized");
        let challenge = answer.header("www-authenticate");
        assert!(
            challenge.starts_with("Bearer ") && challenge.contains("invalid_token"),
            "{wrong}: {challenge}"
        );
    }
    let twice = good
        .raw(
            Method::GET,
            "/api/v1/company",
            &[("authorization", &authorization)],
            None,
        )
        .await;
    is_problem(&twice, 401, "unauthorized");
    let nobody = world.stranger().get("/api/v1/company").await;
    is_problem(&nobody, 401, "unauthorized");
    assert_eq!(
        nobody.header("www-authenticate"),
        "Bearer realm=\"vestibule\""
    );
    let in_query = world
        .stranger()
        .get(&format!(
            "/api/v1/company?access_token={}",
            authorization.replace("Bearer ", "")
        ))
        .await;
    is_problem(&in_query, 401, "unauthorized");
}

#[tokio::test]
async fn a_session_is_no_token_and_a_token_is_no_session() {
    let world = Office::new().await;
    let mut browser = world.browser().signed_in(ADMIN).await;
    assert_eq!(browser.get("/admin/account").await.status, 200);
    is_problem(&browser.get("/api/v1/company").await, 401, "unauthorized");
    let client = world.master().await;
    let cookie = format!(
        "vestibule-session={}",
        browser.cookie("vestibule-session").unwrap()
    );
    let stranger = world.stranger();
    let answer = stranger
        .raw(Method::GET, "/api/v1/company", &[("cookie", &cookie)], None)
        .await;
    is_problem(&answer, 401, "unauthorized");
    let answer = client
        .raw(Method::GET, "/api/v1/company", &[("cookie", &cookie)], None)
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("set-cookie"), "");
    for page in ["/admin", "/admin/tokens", "/sso/session"] {
        let answer = client.raw(Method::GET, page, &[], None).await;
        assert!([303, 401].contains(&answer.status), "{answer:?}");
    }
}

#[tokio::test]
async fn no_other_origin_may_read_it() {
    let world = Office::new().await;
    let client = world.master().await;
    let origin = ("origin", "https://evil.example");
    let preflight = [
        origin,
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization"),
    ];
    let asked = client
        .raw(Method::OPTIONS, "/api/v1/users", &preflight, None)
        .await;
    assert_eq!(asked.status, 405);
    let read = client
        .raw(Method::GET, "/api/v1/users", &[origin], None)
        .await;
    for answer in [asked, read] {
        for (name, _) in &answer.headers {
            assert!(!name.as_str().starts_with("access-control"), "{answer:?}");
        }
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_token_counts_at_its_own_company_only() {
    let world = Office::new().await;
    let acme = world.master().await;
    let beta = world.client_of(&world.beta, &Scope::ALL).await;
    let at_beta = ApiClient {
        authorization: acme.authorization.clone(),
        ..beta.clone()
    };
    for operation in Document::get().operations() {
        if operation.scope().is_none() {
            continue;
        }
        let answer = at_beta
            .call(operation.method.clone(), &operation.address(), &[], None)
            .await;
        is_problem(&answer, 401, "unauthorized");
    }
}

/// Every operation with identifiers in its address, by those of another company.
#[tokio::test]
async fn what_belongs_to_another_company_is_not_there() {
    let world = Office::new().await;
    let client = world.master().await;
    let mut elsewhere = world
        .browser_at(&world.beta)
        .signed_in(world.other.email.as_str())
        .await;
    let sessions = world.client_of(&world.beta, &[Scope::SessionsRead]).await;
    let sessions = ok(&sessions.get("/api/v1/sessions").await, 200);
    let session = sessions["items"][0]["id"].as_str().unwrap().to_owned();
    let master = world.client_of(&world.beta, &Scope::ALL).await;
    let attempts = ok(&master.get("/api/v1/attempts").await, 200);
    let code = attempts["items"][0]["code"].as_str().unwrap().to_owned();
    let connection = async |client: &ApiClient| {
        let new = json!({"display_name": "Entra"});
        let made = client.post("/api/v1/connections", new).await;
        ok(&made, 201)["id"].as_str().unwrap().to_owned()
    };
    let (my_connection, connection) = (connection(&client).await, connection(&master).await);
    let own = json!({"connection": connection});
    ok(
        &master.put("/api/v1/domains/beta.test", Some(own)).await,
        200,
    );
    world.add_application("wiki", Some(&world.beta)).await;
    let before = world.audit_of(&world.beta).await;
    let mine_before = world.audit().await;
    let mine = |name: &str| match name {
        "{group}" => world.members.id.to_string(),
        "{connection}" => my_connection.clone(),
        _ => world.member.id.to_string(),
    };
    let theirs = |path: &str, name: &str| match (path.split('/').nth(3), name) {
        (_, "{group}") | (Some("groups"), _) => world.others.id.to_string(),
        (Some("domains"), _) => "beta.test".to_owned(),
        (Some("applications"), _) => "wiki".to_owned(),
        (Some("users"), "{id}") => world.other.id.to_string(),
        (Some("sessions"), _) => session.clone(),
        (Some("attempts"), _) => code.clone(),
        (Some("connections"), _) | (_, "{connection}") => connection.clone(),
        _ => panic!("nothing of another company for {path}"),
    };
    let mut seen = 0;
    for operation in Document::get().operations() {
        if operation.id() == "setDomain" {
            // It adds what is not there: a domain may be of several companies until one of them verifies it.
            continue;
        }
        let names: Vec<&str> = operation
            .path
            .split('/')
            .filter(|part| part.starts_with('{'))
            .collect();
        // Each place of the address in turn, and then all of them.
        for foreign in names.iter().map(|name| vec![*name]).chain([names.clone()]) {
            if foreign.is_empty() {
                continue;
            }
            let address = operation.path.split('/').map(|part| {
                if foreign.contains(&part) {
                    theirs(&operation.path, part)
                } else if part.starts_with('{') {
                    mine(part)
                } else {
                    part.to_owned()
                }
            });
            let address = address.collect::<Vec<_>>().join("/");
            let body = body_for(operation.id());
            let answer = client
                .call(
                    operation.method.clone(),
                    &address,
                    &[("if-match", "*")],
                    body.map(|body| body.to_string()),
                )
                .await;
            is_problem(&answer, 404, "not-found");
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen}");
    assert_eq!(world.audit_of(&world.beta).await, before);
    assert_eq!(world.audit().await, mine_before);
    assert_eq!(elsewhere.get("/sso/session").await.status, 200);
    let new = json!({"email": "new@acme.example", "groups": [world.others.id.to_string()]});
    let answer = client.post("/api/v1/users", new).await;
    let problem = is_problem(&answer, 422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "groups");
    let path = format!("/api/v1/users?group={}", world.others.id);
    assert_eq!(ok(&client.get(&path).await, 200)["items"], json!([]));
}

/// A body that the operation would take.
fn body_for(operation: &str) -> Option<Value> {
    Some(match operation {
        "changeUser" => json!({"first_name": "X"}),
        "setPassword" => json!({"password": "a-long-password-9"}),
        "changeGroup" => json!({"title": "X"}),
        "changeConnection" => json!({"display_name": "X"}),
        "setAllowedGroups" => json!({"everybody": true}),
        "setDirectory" => json!({"synchronise": false}),
        "checkManifest" => json!({"manifest": "{}"}),
        "synchroniseDirectory" | "makeClientKey" | "useClientKey" => json!({}),
        _ => return None,
    })
}

/// What may make somebody an administrator, or shut one out.
fn changes_of_administrators(world: &Office) -> Vec<(Method, String, Option<Value>)> {
    let (admin, member) = (world.admin.id, world.member.id);
    let (admins, members) = (world.admins.id, world.members.id);
    vec![
        (
            Method::POST,
            "/api/v1/users".into(),
            Some(json!({"email": "x@acme.example", "groups": [admins.to_string()]})),
        ),
        (
            Method::PATCH,
            format!("/api/v1/users/{admin}"),
            Some(json!({"email": "mine@acme.example"})),
        ),
        (
            Method::PUT,
            format!("/api/v1/users/{admin}/password"),
            Some(json!({"password": "a-long-password-9"})),
        ),
        (
            Method::DELETE,
            format!("/api/v1/users/{admin}/password"),
            None,
        ),
        (
            Method::POST,
            format!("/api/v1/users/{admin}/deactivate"),
            None,
        ),
        (
            Method::POST,
            format!("/api/v1/users/{admin}/activate"),
            None,
        ),
        (
            Method::PUT,
            format!("/api/v1/users/{member}/groups/{admins}"),
            None,
        ),
        (
            Method::DELETE,
            format!("/api/v1/users/{admin}/groups/{admins}"),
            None,
        ),
        (
            Method::PUT,
            format!("/api/v1/users/{admin}/groups/{members}"),
            None,
        ),
        (
            Method::POST,
            "/api/v1/groups".into(),
            Some(json!({"title": "More", "type": "administrator"})),
        ),
        (
            Method::PATCH,
            format!("/api/v1/groups/{members}"),
            Some(json!({"type": "administrator"})),
        ),
        (
            Method::PATCH,
            format!("/api/v1/groups/{admins}"),
            Some(json!({"sso_only": true})),
        ),
        (Method::DELETE, format!("/api/v1/groups/{admins}"), None),
    ]
}

#[tokio::test]
async fn administrators_are_changed_with_a_scope_of_its_own() {
    let world = Office::new().await;
    let some: Vec<Scope> = Scope::ALL
        .into_iter()
        .filter(|scope| *scope != Scope::AdminsWrite)
        .collect();
    let client = world.client(&some).await;
    let master = world.master().await;
    let (admin, member) = (world.admin.id, world.member.id);
    let admins = world.admins.id;
    let any = &[("if-match", "*")][..];
    let refused = changes_of_administrators(&world);
    for (method, path, body) in refused {
        let body = body.map(|body| body.to_string());
        let answer = client.call(method.clone(), &path, any, body.clone()).await;
        let problem = is_problem(&answer, 403, "insufficient-scope");
        assert_eq!(problem["scope"], "admins:write", "{method} {path}");
    }
    assert!(world.audit().await.is_empty());
    // With it, what would leave nobody to get in is refused still (rule F6).
    for (method, path) in [
        (Method::DELETE, format!("/api/v1/users/{admin}/password")),
        (Method::POST, format!("/api/v1/users/{admin}/deactivate")),
        (
            Method::DELETE,
            format!("/api/v1/users/{admin}/groups/{admins}"),
        ),
        (Method::DELETE, format!("/api/v1/groups/{admins}")),
    ] {
        let answer = master.call(method, &path, any, None).await;
        is_problem(&answer, 409, "last-administrator");
    }
    let path = format!("/api/v1/groups/{admins}");
    let answer = master.patch(&path, "*", json!({"sso_only": true})).await;
    is_problem(&answer, 409, "last-administrator");
    assert!(world.audit().await.is_empty());
    let path = format!("/api/v1/users/{member}/groups/{admins}");
    assert_eq!(master.put(&path, None).await.status, 200);
    let answer = master
        .delete(&format!("/api/v1/users/{admin}/groups/{admins}"))
        .await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    assert_eq!(
        world.audit().await[0].actor,
        format!("token: {}", master.name)
    );
    assert_eq!(
        world.audit().await[0].client,
        Some("203.0.113.7".parse().unwrap())
    );
}

#[tokio::test]
async fn no_route_makes_tokens() {
    let names = |operation: super::document::Operation| {
        let text = format!("{} {}", operation.path, operation.id());
        text.to_lowercase().contains("token")
    };
    assert!(!Document::get().operations().into_iter().any(names));
    for word in Scope::WORDS {
        assert!(!word.starts_with("token"));
    }
}

#[tokio::test]
async fn a_token_and_a_client_have_limits_of_their_own() {
    let world = Office::with(|config| config.limits.token_requests_per_minute = 3).await;
    let (one, other) = (world.master().await, world.master().await);
    for _ in 0..3 {
        ok(&one.get("/api/v1/company").await, 200);
    }
    let answer = one.get("/api/v1/company").await;
    is_problem(&answer, 429, "rate-limited");
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
    ok(&other.get("/api/v1/company").await, 200);
    world
        .app
        .clock
        .step(time::Duration::seconds(wait.cast_signed()));
    ok(&one.get("/api/v1/company").await, 200);

    let world = Office::with(|config| config.limits.client_api_requests_per_minute = 3).await;
    let client = world.master().await;
    for _ in 0..3 {
        let answer = world.stranger().get("/api/v1/company").await;
        is_problem(&answer, 401, "unauthorized");
    }
    is_problem(&client.get("/api/v1/company").await, 429, "rate-limited");
    let answer = world.stranger().get("/api/v1/openapi.json").await;
    is_problem(&answer, 429, "rate-limited");
    // Signing in has other limits.
    world.browser().signed_in(ADMIN).await;
}

#[tokio::test]
async fn secrets_never_come_out() {
    let world = Office::new().await;
    let client = world.master().await;
    let mut browser = world.browser().signed_in(ADMIN).await;
    let cookie = browser.cookie("vestibule-session").unwrap().to_owned();
    assert_eq!(browser.get("/sso/session").await.status, 200);
    let new = json!({"email": "new@acme.example", "password": "a-long-password-9"});
    let made = client.post("/api/v1/users", new).await;
    assert_eq!(made.status, 201);
    assert!(!made.body.contains("a-long-password-9"));
    let image = BASE64_STANDARD.encode(crate::picture::PNG);
    let logo = client.put("/api/v1/company/logo", Some(json!({"image": image})));
    assert_eq!(logo.await.status, 200);
    let token = client.authorization.clone().unwrap();
    let token = token.trim_start_matches("Bearer ");
    let mut all = String::new();
    for operation in Document::get().operations() {
        if operation.method == Method::GET && !operation.path.contains('{') {
            let answer = client.get(&operation.path).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            all.push_str(&answer.body);
        }
    }
    let user = format!("/api/v1/users/{}", world.admin.id);
    all.push_str(&client.get(&user).await.body);
    for secret in [
        token,
        &cookie,
        "a-long-password-9",
        PASSWORD,
        "argon2",
        "PRIVATE KEY",
        "secret_hash",
    ] {
        assert!(!all.contains(secret), "{secret}");
    }
    assert!(
        json(&client.get(&user).await)["has_password"]
            .as_bool()
            .unwrap()
    );
}
