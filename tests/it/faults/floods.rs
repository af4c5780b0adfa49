//! One client that takes all it can get, in the ways that only turns and limits stop, while others go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::load::{best_of_rounds, promised, without_attack};
use super::{assert_no_5xx, siege};
use crate::support::{
    ACME, Client, Deployment, Installation, Server, encoded_form, no_rate_limits,
};

/// Bodies that come drop by drop: the figure, and more than there are turns.
const DRIPPING: usize = 260;
/// Clients with cookies that nobody was given.
const STRANGERS: usize = 16;

/// Where the test says who the client is.
fn deployment() -> Deployment {
    let limits = no_rate_limits().replace(
        "client_unknown_sessions_per_minute = 0",
        "client_unknown_sessions_per_minute = 6000",
    );
    let settings = format!("{limits}[connections]\nbody_timeout = \"60s\"\n");
    let installation = Installation::with_settings(&settings);
    let file = installation.path("vestibule.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        format!("trusted_proxies = [\"127.0.0.1\"]\n{config}"),
    )
    .unwrap();
    Deployment::of(installation)
}

/// Brings a large message that is worth nothing, as a client; the status of the answer, and how long it took.
async fn bring_large(server: &Server, host: &str, client: &str) -> (u16, Duration) {
    let form = encoded_form(&vec![b'x'; 60_000], "none");
    let begun = Instant::now();
    let answer = reqwest::Client::new()
        .post(format!("http://{}/sso/acs", server.address))
        .header("host", host)
        .header("x-forwarded-for", client)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), begun.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_drip_keep_no_others_large_message_out() {
    let Deployment { installation, .. } = deployment();
    installation
        .run("company add beta --name Beta --origin http://beta.localhost:8080")
        .succeeds();
    let server = Server::start(&installation);
    let dripping: Vec<_> = (0..DRIPPING)
        .map(|_| {
            let address = server.address;
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let head = format!(
                    "POST /sso/acs HTTP/1.1\r\nHost: {ACME}\r\nX-Forwarded-For: 198.51.100.7\r\n\
                     Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 200000\r\n\r\nSAMLResponse="
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(&vec![b'A'; 60_000]).await.unwrap();
                let mut octets = Vec::new();
                let _ = stream.read_to_end(&mut octets).await;
            })
        })
        .collect();
    // All of them have their turns, or wait.
    sleep(Duration::from_secs(2)).await;
    let rounds = siege().map_or(3, |length| length.as_secs().min(20));
    for round in 0..rounds {
        for host in [ACME, "beta.localhost:8080"] {
            let client = format!("203.0.113.{round}");
            let (status, took) = bring_large(&server, host, &client).await;
            println!("siege: beside {DRIPPING} dripping bodies: {status} after {took:?}");
            assert_eq!(status, 403, "{host}");
            assert!(took < Duration::from_secs(5), "{host}: {took:?}");
        }
    }
    for one in dripping {
        one.abort();
    }
    assert_no_5xx(&server.stop());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_sign_ins_go_on_beside_unknown_cookies() {
    let Deployment { installation, idp } = deployment();
    let server = Server::start(&installation);
    let client = Client::of(&server);
    let usual = without_attack(&client, &idp).await;
    let over = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicUsize::new(0));
    let strangers: Vec<_> = (0..STRANGERS)
        .map(|at| {
            let (address, over) = (server.address, Arc::clone(&over));
            let answered = Arc::clone(&answered);
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let mut octets = vec![0; 64 * 1024];
                let mut number = at;
                while !over.load(Ordering::Relaxed) {
                    number += STRANGERS;
                    let ask = format!(
                        "GET /sso/session HTTP/1.1\r\nHost: {ACME}\r\nX-Forwarded-For: 198.51.100.7\r\n\
                         Cookie: vestibule-session={number:0>21}A\r\n\r\n"
                    );
                    stream.write_all(ask.as_bytes()).await.unwrap();
                    let read = stream.read(&mut octets).await.unwrap();
                    let status = &octets[..read][9..12];
                    assert!([&b"401"[..], b"429"].contains(&status), "{status:?}");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let p99 = best_of_rounds(&client, &idp, usual).await;
    over.store(true, Ordering::Relaxed);
    for one in strangers {
        one.await.unwrap();
    }
    println!(
        "siege: {} checks with unknown cookies beside good sign-ins: p99 {p99:?} (without them {usual:?})",
        answered.load(Ordering::Relaxed)
    );
    assert!(p99 < promised(usual), "{p99:?}");
    assert_no_5xx(&server.stop());
}
