//! Checks of a reverse proxy, with the headers that nginx sends, at many live gate sessions.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rusqlite::{Connection, params};
use vestibule::keys;

use crate::client::{self, Request};
use crate::report::{self, Figures, head};
use crate::server::{Cores, Server};
use crate::sessions;
use crate::table::{get, load, repeated};
use crate::world::{World, host};

/// Where the application is.
pub(crate) const APP: &str = "app.localhost";
/// Gate sessions that are live.
const SESSIONS: usize = 100_000;
const CONNECTIONS: usize = 16;
const TIME: std::time::Duration = std::time::Duration::from_secs(2);
/// As often is each figure taken, in turn.
const ROUNDS: usize = 3;

/// `script/bench gate`
pub(crate) async fn gate(cores: &Cores) {
    let world = World::new(1).await;
    let key = add_application(&world, &["--kind", "nginx"]);
    let first = {
        let server = Server::vestibule(world.data(), cores);
        let session = world.sign_in(&server).await;
        hand_over(&server, &session).await
    };
    copy(&world, SESSIONS);
    let (bare, server) = (Server::bare(cores), Server::vestibule(world.data(), cores));
    let one = check(&key, &first);
    // Each is asked for once, so that what follows is remembered.
    let next = AtomicUsize::new(0);
    let key_of_all = key.clone();
    let each_once = Arc::new(move || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        (number < SESSIONS).then(|| check(&key_of_all, &cookie(number)))
    });
    load(&server, CONNECTIONS, TIME * 100, 200, each_once).await;
    let next = AtomicUsize::new(0);
    // Far apart, as people come.
    let in_turn = Arc::new(move || {
        let number = next.fetch_add(7919, Ordering::Relaxed);
        Some(check(&key, &cookie(number % SESSIONS)))
    });
    let mut rounds = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        rounds[0].push(repeated(&bare, CONNECTIONS, &get("/", "")).await);
        rounds[1].push(repeated(&server, CONNECTIONS, &one).await);
        rounds[2].push(load(&server, CONNECTIONS, TIME, 200, Arc::clone(&in_turn)).await);
    }
    let [bare, one, many] = rounds.map(Figures::middle);
    println!("\n{CONNECTIONS} connections, {SESSIONS} live gate sessions");
    head(&report::LOAD);
    bare.report("bare axum: \"Hello, world\"", "", &bare);
    one.report("check with headers and token, one browser", "≥ 70 %", &bare);
    many.report(
        "the same, of each browser in turn",
        "≥ 70 %, p99 ≤ 1 ms",
        &bare,
    );
}

/// Adds the application by command; its proxy's key.
pub(crate) fn add_application(world: &World, options: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command
        .args([
            "application",
            "add",
            "crm",
            "--display-name",
            "CRM",
            "--json",
        ])
        .args(options)
        .args(["--company", "c0", "--origin"])
        .arg(format!("http://{APP}"))
        .current_dir(world.data())
        .env("VESTIBULE_DATA_DIR", world.data())
        .stdin(Stdio::null());
    let said = command.output().unwrap();
    assert!(said.status.success(), "{said:?}");
    let said: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    said["proxy_key"].as_str().unwrap().to_owned()
}

/// Leads a browser with a session to the application's host; its gate cookie.
pub(crate) async fn hand_over(server: &Server, session: &str) -> String {
    let mut connection = client::Connection::open(server.address).await;
    let start = page(APP, "/.vestibule/start?rd=/", "");
    let started = answered(&mut connection, &start, 303).await;
    let start_cookie = crate::world::set_cookie(&started).to_owned();
    let state = path_of(&started, &format!("http://{}", host(0)));
    let code = answered(&mut connection, &page(&host(0), &state, session), 303).await;
    let finish = path_of(&code, &format!("http://{APP}"));
    let finished = answered(&mut connection, &page(APP, &finish, &start_cookie), 303).await;
    let cookies = finished.split("set-cookie: ").skip(1);
    let mut cookies = cookies.filter_map(|cookie| cookie.split(';').next());
    let gate = cookies.find(|cookie| cookie.starts_with("vestibule-gate="));
    gate.unwrap().to_owned()
}

async fn answered(connection: &mut client::Connection, request: &Request, status: u16) -> String {
    let found = connection.exchange(request).await;
    assert_eq!(found, status, "{}", connection.text());
    connection.text()
}

fn path_of(answer: &str, origin: &str) -> String {
    let location = answer.split("location: ").nth(1).unwrap();
    let location = location.split("\r\n").next().unwrap();
    location.strip_prefix(origin).unwrap().to_owned()
}

/// A page that a browser opens.
fn page(host: &str, path: &str, cookie: &str) -> Request {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nCookie: {cookie}\r\n\r\n"
    );
    request.into_bytes().into()
}

/// A page that a browser opens at the application.
pub(crate) fn navigation(path: &str, cookie: &str) -> Request {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {APP}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
         Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\nCookie: {cookie}\r\n\
         Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\n\r\n"
    );
    request.into_bytes().into()
}

/// What nginx asks about a page that a browser opens.
fn check(key: &str, cookie: &str) -> Request {
    let request = format!(
        "GET /sso/check/crm HTTP/1.1\r\nHost: vestibule\r\nX-Original-URL: http://{APP}/orders?id=7\r\nX-Original-Method: GET\r\n\
         X-Forwarded-For: 203.0.113.9\r\nVestibule-Proxy-Key: {key}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
         Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\nCookie: {cookie}\r\n\
         Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\n\r\n"
    );
    request.into_bytes().into()
}

/// The cookie of one of the copies.
fn cookie(number: usize) -> String {
    format!(
        "vestibule-gate={}",
        BASE64_URL_SAFE_NO_PAD.encode(secret(number))
    )
}

fn secret(number: usize) -> [u8; 32] {
    keys::hash(&[b"gate".as_slice(), &number.to_le_bytes()].concat())
}

/// Makes `count` copies of the one gate session that the database has, with their sessions and users. No server may be running.
fn copy(world: &World, count: usize) {
    sessions::copy(world, count);
    let mut database = Connection::open(world.data().join("vestibule.sqlite3")).unwrap();
    database.pragma_update(None, "foreign_keys", false).unwrap();
    let all = database.transaction().unwrap();
    {
        let mut gate = all
            .prepare(
                "INSERT INTO gate_session (gate_key, session_key, application_id, origin, created_at) \
                 SELECT ?1, ?2, application_id, origin, created_at FROM gate_session WHERE rowid = (SELECT min(rowid) FROM gate_session)",
            )
            .unwrap();
        for number in 0..count {
            let (key, parent) = (keys::hash(&secret(number)), sessions::key(number));
            assert_eq!(gate.execute(params![key, parent]).unwrap(), 1);
        }
    }
    all.commit().unwrap();
}
