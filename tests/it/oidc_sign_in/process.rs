//! The real server: what a sign-in leaves behind, on the disk, in the log and on the pages; and what a crash within it leaves.
//!
//! Between the server and its provider stands a relay that notes what the token endpoint says, or keeps it to itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::block_in_place;
use vestibule::clock::Clock;
use vestibule::demo_idp::{DemoConfig, DemoIdp, IdpKey, IdpUser, OidcApp, OptionalClaim};

use super::world::{CLIENT_ID, sign_in_at};
use crate::support::{ACME, Client, Installation, NOW, Reply, Server, hidden_field, random};

const SECRET: &str = "8Q~the-marked-value.of_this-secret";
const ADMIN: &str = "anna.admin@acme.example";
const PASSWORD: &str = "Correct-Horse-Battery-9";

/// What stands between the server and its provider.
#[derive(Default)]
struct Relay {
    /// The answers of the token endpoint.
    answers: Mutex<Vec<Value>>,
    /// Whether the token endpoint keeps silent from now on.
    is_silent: Mutex<bool>,
    asked: Notify,
}

impl Relay {
    async fn pass(
        &self,
        to: &str,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Response {
        let is_token_request = uri.path().ends_with("/token");
        if is_token_request && *self.is_silent.lock().unwrap() {
            self.asked.notify_one();
            return std::future::pending().await;
        }
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let asked = client
            .request(method, format!("{to}{uri}"))
            .headers(headers)
            .body(body);
        let answer = asked.send().await.unwrap();
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove("transfer-encoding");
        let body = answer.bytes().await.unwrap();
        if is_token_request {
            let answer = serde_json::from_slice(&body).unwrap();
            self.answers.lock().unwrap().push(answer);
        }
        (status, headers, body).into_response()
    }
}

/// acme with a connection to a provider behind a relay, all made by commands.
struct Site {
    installation: Installation,
    idp: DemoIdp,
    relay: Arc<Relay>,
}

impl Site {
    async fn new() -> Self {
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let back = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", front.local_addr().unwrap());
        let to = format!("http://{}", back.local_addr().unwrap());
        let idp = DemoIdp::new(DemoConfig::contoso(
            origin,
            IdpKey::generate(NOW).unwrap(),
            Arc::new(|| Clock::system().now()),
            random(),
        ));
        let served = idp.clone();
        tokio::spawn(async move { served.serve(back, std::future::pending()).await });
        let relay = Arc::new(Relay::default());
        let shared = Arc::clone(&relay);
        let router = axum::Router::new().fallback(
            move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
                let (relay, to) = (Arc::clone(&shared), to.clone());
                async move { relay.pass(&to, method, uri, headers, body).await }
            },
        );
        tokio::spawn(async move { axum::serve(front, router).await });
        let installation = block_in_place(|| add_connection(&idp.tenant().issuer()));
        let listed = block_in_place(|| installation.json("connection list --company acme --json"));
        let callback = listed[0]["callback_url"].as_str().unwrap();
        idp.register_oidc(
            OidcApp::new(CLIENT_ID, "Acme", callback)
                .with_secret(SECRET)
                .with_claims(OptionalClaim::ALL),
        );
        Self {
            installation,
            idp,
            relay,
        }
    }

    /// Begins a sign-in and signs in at the provider: the cookies, where the answer leads, and what was sent.
    async fn answered(&self, client: &Client) -> (String, String, String) {
        let path = "/sso/login?connection=entra-oidc&return_to=/sso/session";
        let begun = client.get(path, "").await.unwrap();
        let sent = begun.headers["location"].to_str().unwrap().to_owned();
        let page = sign_in_at(&self.idp, &sent, &IdpUser::b_simon()).await;
        let location = page.location.unwrap();
        let path = location.split_once(ACME).unwrap().1.to_owned();
        (cookies(&begun), path, sent)
    }

    fn attempts(&self) -> Vec<Value> {
        let listed = self
            .installation
            .json("attempts list --company acme --json");
        listed.as_array().unwrap().clone()
    }
}

fn add_connection(issuer: &str) -> Installation {
    let installation = Installation::with_company();
    std::fs::write(installation.path("secret.txt"), SECRET).unwrap();
    let admin = "user add --company acme --admin --password-stdin --for-good --email";
    let words: Vec<_> = admin.split(' ').chain([ADMIN]).collect();
    installation
        .run_words(&words, &format!("{PASSWORD}\n"))
        .succeeds();
    let add =
        "connection add-oidc --company acme --name entra-oidc --display-name Contoso --enable";
    let group = "group add Staff --company acme";
    installation.run(group).succeeds();
    installation
        .run(&format!(
            "{add} --issuer {issuer} --client-id {CLIENT_ID} --client-secret-file secret.txt --jit-group Staff"
        ))
        .succeeds();
    std::fs::remove_file(installation.path("secret.txt")).unwrap();
    installation
}

/// The cookies that an answer sets, as they come again.
fn cookies(reply: &Reply) -> String {
    let set = reply.headers.get_all("set-cookie").iter();
    let pairs = set.map(|it| it.to_str().unwrap().split(';').next().unwrap().to_owned());
    pairs.collect::<Vec<_>>().join("; ")
}

fn parameters(address: &str) -> BTreeMap<String, String> {
    let query = address.split_once('?').unwrap().1;
    form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// After a whole sign-in neither the client secret, the state, the nonce, the code nor any token is in the database, the log, a
/// page of the console, a record or a backup.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_and_tokens_are_kept_nowhere() {
    let site = Site::new().await;
    let server = block_in_place(|| Server::start(&site.installation));
    let client = Client::of(&server);
    let (cookie, path, sent) = site.answered(&client).await;
    let answer = client.get(&path, &cookie).await.unwrap();
    assert_eq!(answer.status, 303, "{}", answer.body);

    let (request, callback) = (parameters(&sent), parameters(&path));
    let tokens = site.relay.answers.lock().unwrap()[0].clone();
    let id_token = tokens["id_token"].as_str().unwrap();
    let marked: Vec<String> = [
        SECRET,
        &request["state"],
        &request["nonce"],
        &callback["code"],
        tokens["access_token"].as_str().unwrap(),
        id_token,
        // What makes it one: its signature.
        id_token.rsplit('.').next().unwrap(),
        PASSWORD,
    ]
    .map(str::to_owned)
    .to_vec();

    for (page, text) in pages(&client).await {
        assert_holds_none(&page, text.as_bytes(), &marked);
    }
    block_in_place(|| {
        let installation = &site.installation;
        std::fs::write(installation.path("pass"), "correct horse battery staple").unwrap();
        let mode = Permissions::from_mode(0o600);
        std::fs::set_permissions(installation.path("pass"), mode).unwrap();
        installation
            .run("backup copy --passphrase-file pass")
            .succeeds();
        let code = site.attempts()[0]["code"].as_str().unwrap().to_owned();
        let record = installation.run(&format!("attempts show {code} --company acme"));
        assert_holds_none("the record", record.succeeds().out.as_bytes(), &marked);
        for folder in ["data", "copy"] {
            let read = search(&installation.path(folder), &marked);
            assert!(read > 0, "{folder} is empty");
        }
        let log = server.stop();
        assert!(!log.is_empty());
        assert_holds_none("the log", log.as_bytes(), &marked);
    });
}

/// Every page of the console that a link leads to.
async fn pages(client: &Client) -> BTreeMap<String, String> {
    let page = client.get("/sign-in", "").await.unwrap();
    let before = cookies(&page);
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("csrf", &hidden_field(&page.body, "csrf").unwrap())
        .append_pair("email", ADMIN)
        .append_pair("password", PASSWORD)
        .append_pair("return_to", "")
        .finish();
    let signed_in = client.submit("/sign-in", &before, form).await.unwrap();
    assert_eq!(signed_in.status, 303, "{}", signed_in.body);
    let cookie = cookies(&signed_in);
    let mut waiting = VecDeque::from(["/admin".to_owned()]);
    let mut seen = BTreeSet::from(["/admin".to_owned()]);
    let mut pages = BTreeMap::new();
    while let Some(path) = waiting.pop_front() {
        let page = client.get(&path, &cookie).await.unwrap();
        for rest in page.body.split("href=\"/admin").skip(1) {
            let link = format!("/admin{}", rest.split(['"', '#']).next().unwrap());
            let link = link.replace("&amp;", "&");
            if seen.insert(link.clone()) {
                waiting.push_back(link);
            }
        }
        pages.insert(path, page.body);
        assert!(pages.len() < 500);
    }
    assert!(pages.len() > 20, "{:?}", pages.keys());
    let of_connection = pages
        .values()
        .any(|page| page.contains("sso/oidc/callback/"));
    assert!(of_connection, "{:?}", pages.keys());
    pages
}

/// Looks into every file of a folder: how many there were.
fn search(folder: &Path, marked: &[String]) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                return search(&path, marked);
            }
            let octets = std::fs::read(&path).unwrap();
            assert_holds_none(&path.display().to_string(), &octets, marked);
            1
        })
        .sum()
}

#[track_caller]
fn assert_holds_none(place: &str, octets: &[u8], marked: &[String]) {
    for text in marked {
        let is_there = octets
            .windows(text.len())
            .any(|window| window == text.as_bytes());
        assert!(!is_there, "{text} is in {place}");
    }
}

/// The code is sent, and then the server is no more: nobody is signed in, nobody has an account, and the code's address begins
/// nothing when it is opened again. The next sign-in is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_during_the_token_request_leaves_no_half_sign_in() {
    let site = Site::new().await;
    let server = block_in_place(|| Server::start(&site.installation));
    let client = Client::of(&server);
    let (cookie, path, _) = site.answered(&client).await;
    *site.relay.is_silent.lock().unwrap() = true;
    let (asking, opened, held) = (client.clone(), path.clone(), cookie.clone());
    let waiting = tokio::spawn(async move { asking.get(&opened, &held).await });
    site.relay.asked.notified().await;
    block_in_place(|| server.killed());
    assert!(waiting.await.unwrap().is_err());

    *site.relay.is_silent.lock().unwrap() = false;
    let server = block_in_place(|| Server::start(&site.installation));
    let client = Client::of(&server);
    let users = block_in_place(|| site.installation.json("user list --company acme --json"));
    assert_eq!(users.as_array().unwrap().len(), 1, "{users}");
    assert_eq!(client.status("/sso/session", &cookie).await, 401);
    let again = client.get(&path, &cookie).await.unwrap();
    assert_eq!(again.status, 403, "{}", again.body);
    assert!(site.relay.answers.lock().unwrap().is_empty());

    let (cookie, path, _) = site.answered(&client).await;
    let whole = client.get(&path, &cookie).await.unwrap();
    assert_eq!(whole.status, 303, "{}", whole.body);
    let attempts = block_in_place(|| site.attempts());
    let signed_in = attempts.iter().filter(|it| it["outcome"] == "signed_in");
    assert_eq!(signed_in.count(), 1, "{attempts:?}");
}
