//! The double, held against the documentation's examples and its own law: routes, permissions, options, the token endpoint.

use serde_json::{Value, json};
use vestibule::demo_idp::DemoGroup;

use super::vector;
use super::world::{CLIENT_ID, Contoso, SECRET};

const SIMON: &str = "8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54";
const USERS: &str = "02d5a1c4-7b5e-4f0a-8d6c-1f3b9e27a810";
const ADMINISTRATORS: &str = "5c9e3f7a-1d24-4b86-a0f3-6e8d2b94c715";

/// Asks by hand: status, body.
struct Asker {
    http: reqwest::Client,
    origin: String,
    token: String,
}

impl Asker {
    async fn new(contoso: &Contoso) -> Self {
        let mut asker = Self {
            http: reqwest::Client::new(),
            origin: contoso.idp.tenant().origin.clone(),
            token: String::new(),
        };
        let scope = format!("{}/.default", asker.origin);
        let tenant = &contoso.idp.tenant().id;
        let (status, answer) = asker.token(tenant, CLIENT_ID, SECRET, &scope).await;
        assert_eq!(status, 200, "{answer}");
        answer["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut asker.token);
        asker
    }

    async fn token(&self, tenant: &str, client: &str, secret: &str, scope: &str) -> (u16, Value) {
        let address = format!("{}/{tenant}/oauth2/v2.0/token", self.origin);
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", client)
            .append_pair("client_secret", secret)
            .append_pair("scope", scope)
            .finish();
        let asked = self
            .http
            .post(address)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let answer = asked.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, read(answer).await)
    }

    async fn get(&self, rest: &str) -> (u16, Value) {
        self.send(self.http.get(self.at(rest))).await
    }

    async fn eventual(&self, rest: &str) -> (u16, Value) {
        let asked = self.http.get(self.at(rest));
        self.send(asked.header("ConsistencyLevel", "eventual"))
            .await
    }

    async fn post(&self, rest: &str, body: Value) -> (u16, Value) {
        let asked = self.http.post(self.at(rest)).body(body.to_string());
        self.send(asked.header("content-type", "application/json"))
            .await
    }

    fn at(&self, rest: &str) -> String {
        format!("{}/v1.0/{rest}", self.origin)
    }

    async fn send(&self, asked: reqwest::RequestBuilder) -> (u16, Value) {
        let answer = asked.bearer_auth(&self.token).send().await.unwrap();
        assert!(answer.headers().contains_key("request-id"));
        let status = answer.status().as_u16();
        (status, read(answer).await)
    }
}

async fn read(answer: reqwest::Response) -> Value {
    let octets = answer.bytes().await.unwrap();
    serde_json::from_slice(&octets)
        .unwrap_or_else(|_| String::from_utf8_lossy(&octets).into_owned().into())
}

/// The names of an object's members.
fn names(value: &Value) -> Vec<String> {
    let object = value.as_object().unwrap();
    object
        .keys()
        .filter(|it| *it != "aMemberOfTomorrow")
        .cloned()
        .collect()
}

#[tokio::test]
async fn the_double_answers_in_the_documented_shape() {
    let contoso = Contoso::new().await;
    contoso.idp.grant(CLIENT_ID, &["Directory.Read.All"]);
    let asker = Asker::new(&contoso).await;
    contoso.directory().set_page_size(2);
    let documented = |name: &str| -> Value { serde_json::from_slice(&vector(name)).unwrap() };
    let select = "id,accountEnabled,displayName,givenName,surname,mail,userPrincipalName,userType,companyName,otherMails,externalUserState";
    let groups = "id,displayName,description,securityEnabled,mailEnabled,groupTypes,membershipRule,onPremisesSyncEnabled,visibility";
    for (name, rest) in [
        ("users", format!("users?$select={select}")),
        ("groups", format!("groups?$select={groups}")),
        (
            "organization",
            "organization?$select=id,displayName,verifiedDomains".to_owned(),
        ),
    ] {
        let (status, page) = asker.get(&rest).await;
        assert_eq!(status, 200, "{page}");
        let documented = documented(name);
        let wanted = names(&documented)
            .into_iter()
            .filter(|it| it != "@odata.count");
        assert_eq!(names(&page), wanted.collect::<Vec<_>>(), "{name}");
        let mut item = names(&page["value"][0]);
        let mut expected = names(&documented["value"][0]);
        item.sort();
        expected.sort();
        assert_eq!(item, expected, "{name}");
    }
    let rest = format!("users/{SIMON}/getMemberGroups");
    let (_, groups) = asker
        .post(&rest, json!({"securityEnabledOnly": true}))
        .await;
    assert_eq!(names(&groups), names(&documented("member_groups")));
    let (_, members) = asker
        .get(&format!("groups/{USERS}/members?$select=id,mail"))
        .await;
    assert_eq!(members["value"][0]["@odata.type"], "#microsoft.graph.user");
    let select = "displayName,description,securityEnabled,members";
    let (_, delta) = asker.get(&format!("groups/delta?$select={select}")).await;
    let first = &delta["value"][0];
    let mut expected = names(&documented("groups_delta")["value"][0]);
    let mut item = names(first);
    item.sort();
    expected.sort();
    assert_eq!(item, expected);
    assert_eq!(names(&first["members@delta"][0]), ["@odata.type", "id"]);
    let (status, error) = asker
        .get("users/00000000-0000-4000-8000-000000000000")
        .await;
    assert_eq!(status, 404);
    let documented = documented("error");
    assert_eq!(names(&error["error"]), names(&documented["error"]));
    let inner = |value: &Value| names(&value["error"]["innerError"]);
    assert_eq!(inner(&error), inner(&documented));
    // Without $select: the eleven properties of the documentation.
    let (_, page) = asker.get("users").await;
    assert_eq!(names(&page["value"][0]).len(), 11);
}

#[tokio::test]
async fn the_token_endpoint_refuses_as_entra_does() {
    let contoso = Contoso::new().await;
    let asker = Asker::new(&contoso).await;
    let (tenant, origin) = (contoso.idp.tenant().id.clone(), &asker.origin);
    let scope = format!("{origin}/.default");
    let other = "00000000-0000-4000-8000-000000000000";
    for (tenant, client, secret, scope, number) in [
        (&*tenant, CLIENT_ID, "wrong", &*scope, 7_000_215),
        (&tenant, CLIENT_ID, SECRET, "openid", 70_011),
        (
            &tenant,
            CLIENT_ID,
            SECRET,
            "https://graph.microsoft.us/.default",
            70_011,
        ),
        (&tenant, other, SECRET, &scope, 700_016),
        ("common", CLIENT_ID, SECRET, &scope, 9_001_023),
        ("consumers", CLIENT_ID, SECRET, &scope, 9_001_023),
        (other, CLIENT_ID, SECRET, &scope, 90_002),
    ] {
        let (status, answer) = asker.token(tenant, client, secret, scope).await;
        assert!((400..=401).contains(&status), "{answer}");
        assert_eq!(answer["error_codes"], json!([number]), "{answer}");
        assert!(answer["trace_id"].is_string() && answer["correlation_id"].is_string());
    }
    contoso.register(|mut app| {
        app.secrets.clear();
        app.with_secret_until(
            SECRET,
            contoso.world.app.clock.now() + time::Duration::hours(1),
        )
    });
    contoso.directory().advance(time::Duration::hours(2));
    let (_, answer) = asker.token(&tenant, CLIENT_ID, SECRET, &scope).await;
    assert_eq!(answer["error_codes"], json!([7_000_222]));
    // The clock has ended the token as well.
    let (status, answer) = asker.get("users").await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (401, &json!("InvalidAuthenticationToken"))
    );
}

#[tokio::test]
async fn questions_are_answered_as_far_as_they_are_understood() {
    let contoso = Contoso::new().await;
    let asker = Asker::new(&contoso).await;
    for (rest, expected) in [
        ("users?$top=0", 400),
        ("users?$top=1000", 400),
        ("users?$top=2", 200),
        ("users?$expand=manager", 400),
        ("users?$select=id,noSuchThing", 400),
        ("users?$filter=displayName%20eq%20'x'", 400),
        ("users?$filter=mail%20eq%20'o''x'", 200),
        (
            "users?$filter=proxyAddresses/any(p:p%20eq%20'smtp:a@b.c')",
            400,
        ),
        ("users?$search=%22displayName:brit%22", 400),
        ("users/$count", 400),
        ("users/delta?$top=5", 400),
        ("users/delta?$filter=mail%20eq%20'x'", 400),
        ("users/%24x@contoso.com", 404),
        ("users('b.simon@contoso.com')", 200),
        ("nothing", 400),
        ("organization", 403),
        ("domains", 403),
    ] {
        let (status, answer) = asker.get(rest).await;
        assert_eq!(status, expected, "{rest}: {answer}");
    }
    assert_eq!(asker.eventual("users/$count").await, (200, json!(3)));
    let search = "users?$search=%22displayName:brit%22%20OR%20%22mail:brit%22";
    let (_, found) = asker.eventual(search).await;
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
    let cast = format!("groups/{USERS}/transitiveMembers/microsoft.graph.user");
    assert_eq!(asker.get(&cast).await.0, 400);
    assert_eq!(asker.eventual(&format!("{cast}?$count=true")).await.0, 200);
    let many = json!({"groupIds": vec![USERS; 21]});
    let rest = format!("users/{SIMON}/checkMemberGroups");
    assert_eq!(asker.post(&rest, many).await.0, 400);
    let one = json!({"groupIds": [USERS]});
    assert_eq!(asker.post(&rest, one).await.1["value"], json!([USERS]));
    let ids = json!({"ids": [USERS, SIMON], "types": ["group"]});
    let (_, named) = asker.post("directoryObjects/getByIds", ids).await;
    assert_eq!(named["value"].as_array().unwrap().len(), 1);
    let latest = asker.get("users/delta?$deltatoken=latest").await.1;
    assert_eq!(latest["value"], json!([]));
    assert!(latest["@odata.deltaLink"].is_string());
}

#[tokio::test]
async fn hidden_members_are_empty_and_no_error() {
    let contoso = Contoso::new().await;
    let group = DemoGroup::new("9a3c6e05-41d8-4f7b-b2c9-80e5d7f1a364", "Hidden");
    let mut group = group.with_members(&[SIMON]);
    group.is_hidden = true;
    let rest = format!("groups/{}/members", group.object_id);
    contoso.directory().put_group(group);
    let asker = Asker::new(&contoso).await;
    assert_eq!(asker.get(&rest).await.1["value"], json!([]));
    let all = [
        "User.Read.All",
        "GroupMember.Read.All",
        "Member.Read.Hidden",
    ];
    contoso.idp.grant(CLIENT_ID, &all);
    let asker = Asker::new(&contoso).await;
    assert_eq!(asker.get(&rest).await.1["value"][0]["id"], SIMON);
}

#[tokio::test]
async fn a_batch_has_a_status_for_each_question() {
    let contoso = Contoso::new().await;
    let asker = Asker::new(&contoso).await;
    let get = |id: &str, url: String| json!({"id": id, "method": "GET", "url": url});
    let mut after = get("3", format!("/users/{SIMON}"));
    after["dependsOn"] = json!(["2"]);
    let together = json!({"requests": [
        get("1", format!("/users/{SIMON}?$select=mail")),
        get("2", "/organization".to_owned()),
        after,
        get("4", "/$batch".to_owned()),
    ]});
    let (status, answer) = asker.post("$batch", together).await;
    assert_eq!(status, 200);
    let of = |id: &str| {
        let all = answer["responses"].as_array().unwrap();
        all.iter().find(|it| it["id"] == id).unwrap()["status"].clone()
    };
    assert_eq!(
        (of("1"), of("2"), of("3"), of("4")),
        (json!(200), json!(403), json!(424), json!(400))
    );
}

#[tokio::test]
async fn another_process_controls_the_double() {
    let contoso = Contoso::new().await;
    let asker = Asker::new(&contoso).await;
    let order = async |what: &str, order: Value| {
        let address = format!("{}/_control/{what}", asker.origin);
        let request = asker.http.post(address).body(order.to_string());
        let request = request.header("content-type", "application/json");
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), read(answer).await)
    };
    let id = "3e9d7c15-a286-4b0f-91d4-6c8f2e05b7a3";
    for (what, with) in [
        (
            "person",
            json!({"id": id, "upn": "new@contoso.com", "name": "New", "mail": null}),
        ),
        ("group", json!({"id": USERS, "name": "Readers"})),
        ("add-member", json!({"group": ADMINISTRATORS, "member": id})),
        ("page-size", json!({"items": 2})),
        ("clock", json!({"seconds": 60})),
        (
            "grant",
            json!({"client_id": CLIENT_ID, "permissions": ["User.Read.All"]}),
        ),
        ("fault", json!({"fault": "throttle 1 2"})),
    ] {
        let (status, answer) = order(what, with).await;
        assert_eq!(status, 200, "{what}: {answer}");
    }
    assert_eq!(asker.get("users").await.0, 429);
    assert_eq!(
        asker.get("users/new@contoso.com").await.1["mail"],
        Value::Null
    );
    let groups = contoso.directory().groups();
    let readers = groups.iter().find(|it| it.object_id == USERS).unwrap();
    assert_eq!((&*readers.name, readers.members.len()), ("Readers", 2));
    assert_eq!(order("fault", json!({"fault": "no such"})).await.0, 400);
    assert_eq!(order("nothing", json!({})).await.0, 400);
    let (_, calls) = order("calls", json!({})).await;
    assert_eq!(calls["calls"], json!(["GET users/{id}"]));
}
