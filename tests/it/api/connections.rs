//! Connections by script.

use crate::support::api::{is_problem, ok};
use crate::support::{ApiClient, MEMBER, NOW, Office, api};
use axum::http::Method;
use serde_json::{Value, json};
use vestibule::domain::{AuditNoun, Scope};

const ENTRA: &str = include_str!("../../../metadata/entra-ssoready.xml");
const CERTIFICATE: &str = include_str!("../../vectors/keys/idp.crt");

async fn made(client: &ApiClient) -> Value {
    let body = json!({"display_name": "Entra ID", "metadata": ENTRA});
    ok(&client.post("/api/v1/connections", body).await, 201)
}

fn path(connection: &Value) -> String {
    format!("/api/v1/connections/{}", connection["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_connection_is_made_from_metadata_and_changed() {
    let world = Office::new().await;
    let client = world.master().await;
    let connection = made(&client).await;
    assert_eq!(connection["name"], "entra-id");
    assert_eq!(connection["enabled"], false);
    let settings = connection["settings"].as_object().unwrap();
    assert!(
        settings["idp_entity_id"]
            .as_str()
            .unwrap()
            .starts_with("https://sts.windows.net/")
    );
    assert!(!settings.contains_key("enabled") && !settings.contains_key("certificates"));
    let certificate = &connection["certificates"][0];
    assert_eq!(certificate["sha1"].as_str().unwrap().len(), 40);
    let path = path(&connection);
    let read = client.get(&path).await;
    assert_eq!(ok(&read, 200), connection);
    let version = read.header("etag").to_owned();
    let body = json!({
        "enabled": true, "display_name": "Sign in with Entra",
        "settings": {"jit_group": "Members", "clock_skew_seconds": "60"},
    });
    let changed = ok(&client.patch(&path, &version, body.clone()).await, 200);
    assert_eq!(changed["enabled"], true);
    assert_eq!(changed["settings"]["jit_group"], "Members");
    assert_eq!(changed["settings"]["clock_skew_seconds"], "60");
    is_problem(&client.patch(&path, &version, body).await, 412, "changed");
    let any = [("if-match", version.as_str())];
    let stale = client.call(Method::DELETE, &path, &any, None).await;
    is_problem(&stale, 412, "changed");
    is_problem(&client.delete(&path).await, 428, "precondition-required");
    let list = ok(&client.get("/api/v1/connections").await, 200);
    assert_eq!(list["items"], json!([changed]));
    let off = ok(
        &client.patch(&path, "*", json!({"enabled": false})).await,
        200,
    );
    assert_eq!(off["enabled"], false);
    let gone = client
        .call(Method::DELETE, &path, &[("if-match", "*")], None)
        .await;
    assert_eq!(gone.status, 204, "{}", gone.body);
    is_problem(&client.get(&path).await, 404, "not-found");
    assert_eq!(
        world.actions().await,
        [
            "connection.add",
            "connection.change",
            "connection.disable",
            "connection.remove"
        ]
    );
}

/// What the console shows before it saves, the API tells with what it has saved.
#[tokio::test]
async fn what_metadata_needs_a_second_look_at_is_told() {
    let world = Office::new().await;
    let client = world.master().await;
    let findings = |answer: &Value| -> Vec<String> {
        let list = answer["findings"].as_array().cloned().unwrap_or_default();
        list.iter()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect()
    };
    let ping = include_str!("../../../metadata/ping-ssoready.xml");
    let body = json!({"display_name": "Ping", "metadata": ping});
    let made = ok(&client.post("/api/v1/connections", body).await, 201);
    let told = findings(&made);
    assert!(
        told.iter().any(|it| it.contains("expired on 2024-11-17")),
        "{told:?}"
    );
    // A connection that is read says what it is.
    let path = path(&made);
    assert!(
        !ok(&client.get(&path).await, 200)
            .as_object()
            .unwrap()
            .contains_key("findings")
    );
    // The same as the console's page.
    let imported = vestibule::admin::read_metadata(ping.as_bytes(), "", "metadata", NOW);
    let warnings: Vec<String> = imported
        .unwrap()
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        warnings.iter().all(|it| told.contains(it)),
        "{warnings:?} {told:?}"
    );
    // By another identity provider's, and by settings.
    let body = json!({"metadata": ENTRA, "other_identity_provider": true});
    let told = findings(&ok(&client.patch(&path, "*", body).await, 200));
    assert!(
        told[0].starts_with("This is another identity provider. The connection belongs to"),
        "{told:?}"
    );
    let early = include_str!("../../vectors/keys/idp-not-yet.crt");
    let body = json!({"settings": {"add_certificate": early}});
    let told = findings(&ok(&client.patch(&path, "*", body).await, 200));
    assert!(told[0].ends_with("is not valid yet."), "{told:?}");
    let body = json!({"settings": {"certificates": early}});
    let told = findings(&ok(&client.patch(&path, "*", body).await, 200));
    assert!(told[0].contains("every sign-in is refused"), "{told:?}");
    let body = json!({"display_name": "By hand"});
    let told = findings(&ok(&client.post("/api/v1/connections", body).await, 201));
    assert!(told[0].starts_with("It has no certificate yet"), "{told:?}");
    assert!(
        findings(&ok(
            &client.patch(&path, "*", json!({"sort_order": 7})).await,
            200
        ))
        .is_empty()
    );
}

#[tokio::test]
async fn trust_is_changed_with_a_scope_of_its_own() {
    let world = Office::new().await;
    let connection = made(&world.master().await).await;
    let path = path(&connection);
    let client = world
        .client(&[Scope::ConnectionsRead, Scope::ConnectionsWrite])
        .await;
    let body = json!({"display_name": "Mine", "metadata": ENTRA});
    let answer = client.post("/api/v1/connections", body).await;
    let problem = is_problem(&answer, 403, "insufficient-scope");
    assert_eq!(problem["scope"], "admins:write");
    let keys = ok(&client.get(&path).await, 200)["settings"].clone();
    assert!(keys.as_object().unwrap().len() > 25);
    for (key, value) in [
        ("idp_entity_id", "https://idp.example"),
        ("sso_post_url", "https://idp.example/sso"),
        ("extra_audiences", "urn:x"),
        ("danger_allow_sha1", "true"),
        ("jit_group", "Members"),
        ("group_mapping", "x=Administrators"),
        ("identity_attribute", "mail"),
        ("attributes.email", "mail"),
        ("clock_skew_seconds", "300"),
        ("certificate_validity", "ignore"),
    ] {
        assert!(!keys[key].is_null(), "no setting {key}");
        let body = json!({"settings": {key: value}});
        let answer = client.patch(&path, "*", body).await;
        assert!(
            [403, 422].contains(&answer.status),
            "{key}: {}",
            answer.body
        );
        if key != "certificate_validity" {
            is_problem(&answer, 403, "insufficient-scope");
        }
    }
    let before = ok(&client.get(&path).await, 200);
    assert_eq!(before, connection);
    // Which connections there are decides through which one people come, and waiting accounts go.
    for body in [
        json!({"enabled": true}),
        json!({"name": "contoso"}),
        json!({"display_name": "Contoso", "name": "contoso"}),
    ] {
        let answer = client.patch(&path, "*", body.clone()).await;
        let problem = is_problem(&answer, 403, "insufficient-scope");
        assert_eq!(problem["scope"], "admins:write", "{body}");
    }
    assert_eq!(ok(&client.get(&path).await, 200), connection);
    let master = world.master().await;
    ok(
        &master.patch(&path, "*", json!({"enabled": true})).await,
        200,
    );
    let off = client.patch(&path, "*", json!({"enabled": false})).await;
    is_problem(&off, 403, "insufficient-scope");
    // What is no trust.
    for body in [
        json!({"enabled": true, "sort_order": 3}),
        json!({"display_name": "Contoso", "sort_order": 7}),
    ] {
        ok(&client.patch(&path, "*", body).await, 200);
    }
}

#[tokio::test]
async fn what_leads_elsewhere_is_trust() {
    let world = Office::new().await;
    let master = world.master().await;
    let connection = made(&master).await;
    let path = path(&connection);
    let client = world
        .client(&[Scope::ConnectionsRead, Scope::ConnectionsWrite])
        .await;
    // What a missing group claim says can be set once one has come.
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let mut stored = world.app.store.connection(id).await.unwrap().unwrap();
    stored.settings.groups_seen = true;
    assert!(
        world
            .app
            .store
            .update_connection(&stored, NOW)
            .await
            .unwrap()
    );
    world.app.catch_up().await.unwrap();
    let connection = ok(&client.get(&path).await, 200);
    let settings = connection["settings"].as_object().unwrap();
    let other = |key: &str, now: &str| match (key, now) {
        (_, "true") => "false".to_owned(),
        (_, "false") => "true".to_owned(),
        (_, "post") => "redirect".to_owned(),
        (_, "redirect") => "post".to_owned(),
        ("landing", _) => "/elsewhere".to_owned(),
        ("clock_skew_seconds" | "max_authentication_age" | "groups_overflow_hours", _) => {
            "7".to_owned()
        }
        ("required_signature", _) => "both".to_owned(),
        ("certificate_validity", _) => "ignore".to_owned(),
        ("authn_statement", _) => "optional".to_owned(),
        ("unsolicited", _) => "accept".to_owned(),
        ("jit_group", _) => "Members".to_owned(),
        ("group_mapping", _) => "x=Members".to_owned(),
        ("groups_missing", _) => "none".to_owned(),
        ("groups_overflow", _) => "refuse".to_owned(),
        (key, _) if key.ends_with("_url") => "https://elsewhere.example/x".to_owned(),
        _ => "urn:elsewhere".to_owned(),
    };
    let mut refused = Vec::new();
    // Every setting, whatever it is for; also one that somebody adds tomorrow.
    for (key, now) in settings {
        let body = json!({"settings": {key: other(key, now.as_str().unwrap())}});
        let answer = client.patch(&path, "*", body).await;
        let problem = is_problem(&answer, 403, "insufficient-scope");
        assert_eq!(problem["scope"], "admins:write", "{key}");
        refused.push(key.as_str());
    }
    for key in [
        "slo_url",
        "slo_binding",
        "single_logout",
        "landing",
        "attributes.first_name",
    ] {
        assert!(refused.contains(&key), "{key}");
    }
    assert_eq!(ok(&client.get(&path).await, 200), connection);
    let versions = async || world.app.store.newest_trust_version(id).await.unwrap();
    assert_eq!(versions().await, 1);
    // With it, each is a version; and so is what changed above without one.
    let body = json!({"settings": {"slo_url": "https://elsewhere.example/x"}});
    ok(&master.patch(&path, "*", body).await, 200);
    assert_eq!(versions().await, 3);
}

#[tokio::test]
async fn what_does_not_fit_is_told_by_its_name() {
    let world = Office::new().await;
    let client = world.master().await;
    let connection = made(&client).await;
    let path = path(&connection);
    let body = json!({"settings": {"clock_skew_seconds": "x", "nothing": "y", "name": "z"}});
    let answer = client.patch(&path, "*", body).await;
    let problem = is_problem(&answer, 422, "invalid");
    let fields: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        [
            "settings.clock_skew_seconds",
            "settings.name",
            "settings.nothing"
        ]
    );
    for body in [
        json!({"name": "No Name"}),
        json!({"metadata": "<x/>"}),
        json!({"metadata": ""}),
        json!({"settings": {"jit_group": "Administrators"}}),
        json!({"settings": {"certificates": ""}}),
        json!({"settings": {"certificates": "rubbish"}}),
        json!({"settings": {"certificates": CERTIFICATE, "add_certificate": CERTIFICATE}}),
        json!({"settings": {"extra_audiences": "urn:a\u{7}"}}),
        json!({"settings": {"landing": 1}}),
        json!({"sort_order": 1.5}),
    ] {
        is_problem(&client.patch(&path, "*", body).await, 422, "invalid");
    }
    let twice = r#"{"settings":{"landing":"/a","landing":"/b"}}"#.to_owned();
    let any = [("if-match", "*")];
    let answer = client.call(Method::PATCH, &path, &any, Some(twice)).await;
    is_problem(&answer, 422, "invalid");
    let other = include_str!("../../../metadata/okta-ssoready.xml");
    let answer = client.patch(&path, "*", json!({"metadata": other})).await;
    is_problem(&answer, 409, "conflict");
    let body = json!({"metadata": other, "other_identity_provider": true});
    let changed = ok(&client.patch(&path, "*", body).await, 200);
    assert_ne!(
        changed["settings"]["idp_entity_id"],
        connection["settings"]["idp_entity_id"]
    );
    let twice = json!({"display_name": "X", "name": "entra-id", "metadata": ENTRA});
    let answer = client.post("/api/v1/connections", twice).await;
    is_problem(&answer, 409, "taken");
    let by_hand = json!({"display_name": "By hand"});
    let made = ok(&client.post("/api/v1/connections", by_hand).await, 201);
    assert_eq!(made["certificates"], json!([]));
    let enabled = json!({"display_name": "By hand, too", "enabled": true});
    let answer = client.post("/api/v1/connections", enabled).await;
    is_problem(&answer, 422, "invalid");
}

#[tokio::test]
async fn a_group_mapping_is_bounded_before_it_is_read() {
    let world = Office::new().await;
    let path = path(&made(&world.master().await).await);
    let client = world.client(&[Scope::ConnectionsWrite]).await;
    let pairs: Vec<String> = (0..15_000).map(|it| format!("{it}=Members")).collect();
    let body = json!({"settings": {"group_mapping": pairs.join(",")}});
    let answer = client.patch(&path, "*", body).await;
    let problem = is_problem(&answer, 422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "settings.group_mapping");
    let told = problem["errors"][0]["message"].as_str().unwrap();
    assert!(told.contains("500"), "{told}");
}

#[tokio::test]
async fn a_connection_of_another_company_is_not_there() {
    let world = Office::new().await;
    let elsewhere = world.client_of(&world.beta, &Scope::ALL).await;
    let path = path(&made(&elsewhere).await);
    let before = elsewhere.get(&path).await.body;
    let client = world.master().await;
    let any = [("if-match", "*")];
    for (method, body) in [
        (Method::GET, None),
        (Method::PATCH, Some("{\"enabled\":false}".to_owned())),
        (Method::DELETE, None),
    ] {
        let answer = client.call(method, &path, &any, body).await;
        is_problem(&answer, 404, "not-found");
    }
    let id = path.rsplit('/').next().unwrap();
    let identity = format!("/api/v1/users/{}/identities/{id}", world.member.id);
    is_problem(&client.delete(&identity).await, 404, "not-found");
    assert_eq!(elsewhere.get(&path).await.body, before);
    assert_eq!(
        ok(&client.get("/api/v1/connections").await, 200)["items"],
        json!([])
    );
}

#[tokio::test]
async fn a_private_key_is_refused_and_not_repeated() {
    let world = Office::new().await;
    let client = world.master().await;
    let connection = made(&client).await;
    let key = include_str!("../../vectors/keys/idp.key");
    let secret = key.lines().nth(2).unwrap();
    let both = format!("{CERTIFICATE}{key}");
    for text in [key, both.as_str()] {
        let new = json!({"display_name": "Other", "metadata": text});
        let metadata = json!({"metadata": text});
        let certificates = json!({"settings": {"certificates": text}});
        let add = json!({"settings": {"add_certificate": text}});
        let path = path(&connection);
        for answer in [
            client.post("/api/v1/connections", new).await,
            client.patch(&path, "*", metadata).await,
            client.patch(&path, "*", certificates).await,
            client.patch(&path, "*", add).await,
        ] {
            is_problem(&answer, 422, "invalid");
            assert!(answer.body.contains("a private key"), "{}", answer.body);
            assert!(!answer.body.contains(secret), "{}", answer.body);
        }
    }
    let bare: String = key.lines().filter(|line| !line.starts_with('-')).collect();
    let path = path(&connection);
    // Among other text, and where a certificate stands in metadata.
    let (before, rest) = ENTRA.split_once("X509Certificate>").unwrap();
    let after = rest.split_once('<').unwrap().1;
    let metadata = format!("{before}X509Certificate>\n{bare}\n<{after}");
    let listed = format!("urn:x, {bare}");
    for body in [
        json!({"metadata": metadata}),
        json!({"settings": {"extra_audiences": listed}}),
        json!({"settings": {"extra_audiences": bare}}),
    ] {
        let answer = client.patch(&path, "*", body).await;
        is_problem(&answer, 422, "invalid");
        assert!(answer.body.contains("a private key"), "{}", answer.body);
        assert!(!answer.body.contains(secret), "{}", answer.body);
    }
    assert_eq!(ok(&client.get(&path).await, 200), connection);
    // Nor by any other member, of whatever, nor by its name.
    let list = ok(&client.get("/api/v1/connections").await, 200);
    assert_eq!(list["items"], json!([connection]));
    for text in [key, both.as_str(), bare.as_str()] {
        for answer in [
            client.post("/api/v1/users", json!({"email": text})).await,
            client.post("/api/v1/groups", json!({"title": text})).await,
            client
                .post("/api/v1/groups", json!({"title": "x", text: 1}))
                .await,
            client.post("/api/v1/groups", json!([[text]])).await,
            client
                .patch(&path, "*", json!({"display_name": text}))
                .await,
            client
                .patch(&path, "*", json!({"settings": {"landing": text}}))
                .await,
        ] {
            is_problem(&answer, 422, "invalid");
            assert!(answer.body.contains("a private key"), "{}", answer.body);
            assert!(!answer.body.contains(secret), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_change_of_many_mappings_is_told_in_little() {
    let world = Office::new().await;
    let client = world.master().await;
    let path = path(&made(&client).await);
    let mapping = |last: &str| {
        let all = (0..400).map(|number| format!("{number:036}=Members"));
        let all: Vec<String> = all.chain([format!("{last}=Members")]).collect();
        json!({"settings": {"group_mapping": all.join(", ")}})
    };
    for last in ["first", "second"] {
        ok(&client.patch(&path, "*", mapping(last)).await, 200);
    }
    let entries = world.audit().await;
    let change = entries
        .iter()
        .find(|it| it.action.is_about(AuditNoun::Connection))
        .unwrap();
    let (before, after) = (
        change.before.clone().unwrap(),
        change.after.clone().unwrap(),
    );
    assert_eq!(before["group_mapping"], "first=Members, 400 unchanged");
    assert_eq!(after["group_mapping"], "second=Members, 400 unchanged");
    for entry in &entries {
        let kept = serde_json::to_string(&(&entry.before, &entry.after)).unwrap();
        let all = kept.len() + entry.detail.len();
        assert!(all < 11_000, "{}: {all}", entry.action);
    }
}

#[tokio::test]
async fn what_nobody_sees_is_refused_in_names_and_leaves_as_an_escape() {
    let world = Office::new().await;
    let client = world.master().await;
    let connection = made(&client).await;
    let unseen = "Con\u{202E}toso";
    let member = format!("/api/v1/users/{}", world.member.id);
    let group = format!("/api/v1/groups/{}", world.members.id);
    for (path, body) in [
        (path(&connection), json!({"display_name": unseen})),
        (
            path(&connection),
            json!({"settings": {"group_mapping": format!("{unseen}=Members")}}),
        ),
        (member.clone(), json!({"first_name": unseen})),
        (member.clone(), json!({"last_name": unseen})),
        (member.clone(), json!({"company_name": unseen})),
        (group, json!({"title": unseen})),
    ] {
        let answer = client.patch(&path, "*", body.clone()).await;
        is_problem(&answer, 422, "invalid");
        assert!(!answer.body.contains('\u{202E}'), "{body}: {}", answer.body);
    }
    let made = client
        .post("/api/v1/groups", json!({"title": "a\u{2028}b"}))
        .await;
    is_problem(&made, 422, "invalid");
    // What an earlier version took in leaves so that it turns nothing around.
    let store = &world.app.store;
    let mut acme = store.company(world.acme.id).await.unwrap().unwrap();
    acme.name = unseen.to_owned();
    let now = world.app.clock.now();
    assert!(store.update_company(&acme, now).await.unwrap());
    let mut user = store.user(world.member.id).await.unwrap().unwrap();
    user.first_name = unseen.to_owned();
    user.company_name = unseen.to_owned();
    let mut tx = store.begin().await.unwrap();
    assert!(tx.write_user(&user).await.unwrap());
    tx.commit(now).await.unwrap();
    world.app.catch_up().await.unwrap();
    let mut browser = world.browser().signed_in(MEMBER).await;
    let session = browser.get("/sso/session").await;
    assert_eq!(api::json(&session)["company_name"], unseen);
    assert_eq!(api::json(&session)["first_name"], unseen);
    let metadata = browser.get("/sso/metadata").await;
    assert!(metadata.body.contains("Contoso"), "{}", metadata.body);
    let company = client.get("/api/v1/company").await;
    assert_eq!(api::json(&company)["name"], unseen);
    let shown = client.get(&member).await;
    assert_eq!(api::json(&shown)["first_name"], unseen);
    for answer in [session, metadata, company, shown] {
        assert!(!answer.body.contains('\u{202E}'), "{}", answer.body);
    }
}

#[tokio::test]
async fn key_pairs_in_the_place_of_a_secret() {
    let world = Office::new().await;
    let client = world.master().await;
    // Nobody listens there: it is looked at later.
    let openid = json!({"provider": "http://127.0.0.1:1", "client_id": "acme"});
    let body = json!({"display_name": "Keys", "openid": openid});
    let connection = ok(&client.post("/api/v1/connections", body).await, 201);
    let keys = format!("{}/keys", path(&connection));
    let es = json!({"algorithm": "ES256"});
    is_problem(&client.post(&keys, es).await, 422, "invalid");
    for _ in 0..2 {
        ok(&client.post(&keys, json!({})).await, 200);
    }
    is_problem(&client.post(&keys, json!({})).await, 409, "conflict");
    let made = ok(&client.get(&keys).await, 200);
    let sha1 = |at: usize| made["items"][at]["sha1"].as_str().unwrap().to_owned();
    assert_eq!(made["items"][1]["in_use"], false);
    let file = ok(&client.get(&format!("{keys}/{}", sha1(1))).await, 200);
    assert_eq!(file["jwk"]["kty"], "RSA");
    assert!(file["jwk"].get("d").is_none(), "{file}");
    let using = format!("{keys}/{}/use", sha1(1));
    let used = ok(&client.post(&using, json!({"kid": "theirs"})).await, 200);
    assert_eq!(used["items"][0]["sha1"], sha1(1));
    assert_eq!(used["items"][0]["in_use"], true);
    assert_eq!(used["items"][0]["kid"], "theirs");
    let own = client.delete(&format!("{keys}/{}", sha1(1))).await;
    is_problem(&own, 409, "conflict");
    let gone = client.delete(&format!("{keys}/{}", sha1(0))).await;
    assert_eq!(gone.status, 204, "{}", gone.body);
    let shown = ok(&client.get(&path(&connection)).await, 200);
    let settings = &shown["settings"];
    assert_eq!(settings["client_authentication"], "private_key_jwt");
    assert_eq!(shown["openid"]["client_keys"], json!([used["items"][0]]));
    // A token that may only read or present makes none.
    let lesser = [Scope::ConnectionsRead, Scope::ConnectionsWrite];
    let lesser = world.client(&lesser).await;
    is_problem(
        &lesser.post(&keys, json!({})).await,
        403,
        "insufficient-scope",
    );
}

/// Seed 001-25.
#[tokio::test]
async fn further_attributes_are_settings_by_their_names() {
    let world = Office::new().await;
    let client = world.master().await;
    let path = path(&made(&client).await);
    let (department, number) = (
        "attributes.further.department",
        "attributes.further.employee_number",
    );
    let body = json!({"settings": {department: "dept,=None", number: "employee"}});
    let now = ok(&client.patch(&path, "*", body).await, 200);
    assert_eq!(now["settings"][department], "dept,=None");
    assert_eq!(now["settings"][number], "employee");
    assert_eq!(now["settings"].get("attributes.further"), None);
    for (key, says) in [
        ("attributes.further.Dept", "1 to 32"),
        ("attributes.further.sub", "meaning of its own"),
        ("attributes.further", "no such setting"),
    ] {
        let answer = client.patch(&path, "*", json!({"settings": {key: "x"}}));
        let problem = is_problem(&answer.await, 422, "invalid");
        assert_eq!(problem["errors"][0]["field"], format!("settings.{key}"));
        let told = problem["errors"][0].to_string();
        assert!(told.contains(says), "{told}");
    }
    let body = json!({"settings": {number: ""}});
    let now = ok(&client.patch(&path, "*", body).await, 200);
    assert_eq!(now["settings"].get(number), None);
    assert_eq!(now["settings"][department], "dept,=None");
    // Whoever may not change whom the company trusts changes none of them.
    let client = world.client(&[Scope::ConnectionsWrite]).await;
    let answer = client.patch(&path, "*", json!({"settings": {department: "x"}}));
    is_problem(&answer.await, 403, "insufficient-scope");
}
