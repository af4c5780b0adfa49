//! What a command changes, what a stop answers, and what a power cut leaves: the real binary.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use vestibule::clock::Clock;
use vestibule::domain::Outcome;
use vestibule::store::{AttemptFilter, Store};

use crate::support::{ACME, Client, Deployment, Installation, Server, form, sign_in};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_leaves_whole_sign_ins_or_none() {
    let Deployment { installation, idp } = Deployment::new();
    let people = Arc::new(AtomicUsize::new(0));
    let sessions = Arc::new(Mutex::new(Vec::new()));
    for round in 1..=3 {
        let server = Server::start(&installation);
        let client = Arc::new(Client::of(&server));
        let enough = sessions.lock().unwrap().len() + 15;
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (client, idp) = (Arc::clone(&client), idp.clone());
                let (people, sessions) = (Arc::clone(&people), Arc::clone(&sessions));
                tokio::spawn(async move {
                    // Until the server is gone.
                    loop {
                        let person = people.fetch_add(1, Ordering::Relaxed);
                        match sign_in(&client, &idp, person).await {
                            Ok(session) => sessions.lock().unwrap().push(session),
                            Err(_) => break,
                        }
                    }
                })
            })
            .collect();
        while sessions.lock().unwrap().len() < enough {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.kill();
        for task in tasks {
            task.await.unwrap();
        }

        let server = Server::start(&installation);
        let client = Client::of(&server);
        let answered = sessions.lock().unwrap().clone();
        for session in &answered {
            assert_eq!(
                client.status("/sso/session", session).await,
                200,
                "round {round}: a session that was answered is there"
            );
        }
        server.stop();
        assert_whole(&installation, answered.len()).await;
    }
}

/// An attempt is consumed exactly when its session is there, and an account has the session that it was made for.
async fn assert_whole(installation: &Installation, answered: usize) {
    let file = installation.path("data/vestibule.sqlite3");
    let url = format!("sqlite:{}", file.display());
    let store = Store::open(&url, openssl::sha::sha256).await.unwrap();
    let company = store.companies().await.unwrap().remove(0);
    let attempts = store
        .attempts(company.id, &AttemptFilter::default(), 10_000)
        .await
        .unwrap();
    let mut consumed = BTreeSet::new();
    for attempt in attempts {
        assert_eq!(
            attempt.consumed_at.is_some(),
            attempt.outcome == Outcome::SignedIn,
            "{attempt:?}"
        );
        if attempt.outcome == Outcome::SignedIn {
            consumed.insert(attempt.id);
        }
    }
    let now = Clock::system().now();
    let mut begun = BTreeSet::new();
    for user in store.users(company.id).await.unwrap() {
        let sessions = store.sessions_of(user.id, now).await.unwrap();
        assert_eq!(sessions.len(), 1, "{user:?}");
        begun.insert(sessions[0].1.attempt_id);
        assert_eq!(store.groups_of(user.id).await.unwrap().len(), 1);
        assert_eq!(store.identities_of(user.id).await.unwrap().len(), 1);
    }
    assert_eq!(consumed, begun);
    // Some were stored whose answer was lost; none the other way round.
    assert!(begun.len() >= answered);
    store.close().await;
}
