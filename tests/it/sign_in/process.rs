//! What a command changes and what a stop answers: the real binary.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::{ACME, Client, Deployment, Server, form, sign_in};

/// Asks until the answer has this status, for two seconds.
async fn within_two_seconds(client: &Client, path: &str, cookie: &str, status: u16) {
    let begun = Instant::now();
    while client.status(path, cookie).await != status {
        assert!(begun.elapsed() < Duration::from_secs(2), "{path}: {status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_command_changes_is_seen_within_two_seconds() {
    let Deployment { installation, idp } = Deployment::new();
    let server = Server::start(&installation);
    let client = Client::of(&server);
    let session = sign_in(&client, &idp, 1).await.unwrap();
    assert_eq!(client.status("/sso/session", &session).await, 200);
    installation
        .run("user deactivate --company acme --email person.1@contoso.com")
        .succeeds();
    within_two_seconds(&client, "/sso/session", &session, 401).await;
    installation
        .run("connection disable --company acme --name entra")
        .succeeds();
    let start = "/sso/login?connection=entra";
    within_two_seconds(&client, start, "", 400).await;
    installation
        .run("connection enable --company acme --name entra")
        .succeeds();
    within_two_seconds(&client, start, "", 200).await;
    installation
        .run("connection set --company acme --name entra binding=redirect")
        .succeeds();
    within_two_seconds(&client, start, "", 303).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_in_flight_at_the_stop_is_answered() {
    let Deployment { installation, idp } = Deployment::new();
    let server = Server::start(&installation);
    let client = Client::of(&server);
    let started = client.begin().await.unwrap();
    let (cookie, body) = (&started.cookie, form(&idp, &started, 1));
    let (first, second) = body.split_at(body.len() / 2);
    let mut stream = TcpStream::connect(server.address).unwrap();
    write!(
        stream,
        "POST /sso/acs HTTP/1.1\r\nHost: {ACME}\r\nCookie: {cookie}\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{first}",
        body.len()
    )
    .unwrap();
    // One answer on another connection: by then the server has read what came before it.
    assert_eq!(client.status("/healthz", "").await, 200);
    server.terminate();
    let stopped = std::thread::spawn(move || server.stop());
    std::thread::sleep(Duration::from_secs(1));
    stream.write_all(second.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert!(answer.contains("vestibule-session="), "{answer}");
    let log = stopped.join().unwrap();
    assert!(log.contains("\"stopped\""), "{log}");

    // The session outlives the server.
    let session = answer.split_once("vestibule-session=").unwrap().1;
    let session = session.split(';').next().unwrap();
    let server = Server::start(&installation);
    let cookie = format!("vestibule-session={session}");
    assert_eq!(
        Client::of(&server).status("/sso/session", &cookie).await,
        200
    );
}
