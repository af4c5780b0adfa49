//! Many clients that are slow in every way there is, more than may be connected, while good people sign in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::load::{Latencies, promised, sign_ins};
use super::{assert_no_5xx, deployment, siege, until};
use crate::support::{ACME, Client, Deployment, Server};

/// Slow clients, and the connections that may be open.
const SLOW: usize = 900;
const MOST: usize = 600;
/// What they may cost: half a head or half a body for each connection, and what answers wait for their readers.
const MEMORY: u64 = 96 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_sign_ins_go_on_beside_slow_clients() {
    let Deployment { installation, idp } = deployment(&format!(
        "[connections]\nmost = {MOST}\nidle_timeout = \"20s\"\nhead_timeout = \"2s\"\nbody_timeout = \"2s\"\nanswer_timeout = \"2s\"\n"
    ));
    let server = Server::start(&installation);
    // A connection that is kept would be among those that make room, when it is not used for a moment.
    let client = Client::stranger_to(&server);
    let second = || Instant::now() + Duration::from_secs(1);
    let usual = sign_ins(&client, &idp, 0, second()).await.percentile(99);
    let (memory, files) = (server.memory(), server.open_files());
    // Large, and no work: what a page costs without optimisation is not what a slow client costs.
    let page = client.get("/sign-in", "").await.unwrap().body;
    let (_, stylesheet) = page.split_once("href=\"/assets/site.").unwrap();
    let stylesheet: Arc<str> =
        format!("/assets/site.{}", stylesheet.split_once('"').unwrap().0).into();
    let over = Arc::new(AtomicBool::new(false));
    let slow: Vec<_> = (0..SLOW)
        .map(|at| {
            let (address, over) = (server.address, Arc::clone(&over));
            let stylesheet = Arc::clone(&stylesheet);
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    if let Ok(stream) = TcpStream::connect(address).await {
                        // The server ends it when it has waited long enough, or needs the place.
                        let _ = be_slow(stream, at, &stylesheet).await;
                    }
                    sleep(Duration::from_millis(50)).await;
                }
            })
        })
        .collect();

    let mut best: Option<(Duration, Latencies)> = None;
    for round in 1..=4 {
        sleep(Duration::from_secs(1)).await;
        let end = Instant::now() + siege().unwrap_or(Duration::from_secs(3));
        let mut good = sign_ins(&client, &idp, round * 100_000, end).await;
        let p99 = good.percentile(99);
        if best.as_ref().is_none_or(|(best, _)| p99 < *best) {
            best = Some((p99, good));
        }
        // Other tests run on the same processors; one quiet round is proof.
        if p99 < promised(usual) {
            break;
        }
    }
    let most = server.peak_memory().saturating_sub(memory);
    let open = server.open_files();
    over.store(true, Ordering::Relaxed);
    for slow in slow {
        slow.abort();
    }
    let (p99, good) = best.unwrap();
    println!(
        "siege: {SLOW} slow clients: {} good answers, p99 {p99:?} (without them {usual:?}), {} MiB more at the most",
        good.count(),
        most / 1024
    );
    assert!(p99 < promised(usual), "{p99:?}");
    assert!(most < MEMORY, "{most} KiB");
    assert!((MOST / 2..MOST + files + 64).contains(&open), "{open}");
    until(Duration::from_secs(10), "all are gone", || {
        server.open_files() <= files + 16
    });
    assert_no_5xx(&server.stop());
}

/// One way to be slow, until the server has had enough.
async fn be_slow(mut stream: TcpStream, way: usize, stylesheet: &str) -> std::io::Result<()> {
    let head = |method: &str, more: &str| format!("{method} HTTP/1.1\r\nHost: {ACME}\r\n{more}");
    let body = head(
        "POST /sso/acs",
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 200000\r\n\r\nSAMLResponse=",
    );
    match way % 6 {
        // An octet of a head now and then.
        0 => {
            let endless = head("GET /", &"X-Y: z\r\n".repeat(1000));
            for octet in endless.bytes() {
                stream.write_all(&[octet]).await?;
                sleep(Duration::from_millis(100)).await;
            }
        }
        // Most of a large body at once, and then nothing.
        1 => {
            stream.write_all(body.as_bytes()).await?;
            stream.write_all(&vec![b'A'; 150_000]).await?;
            rest(&mut stream).await;
        }
        // A body in small pieces.
        2 => {
            stream.write_all(body.as_bytes()).await?;
            for _ in 0..1000 {
                stream.write_all(&[b'A'; 50]).await?;
                sleep(Duration::from_millis(100)).await;
            }
        }
        // Questions, and no ear for the answers.
        3 => {
            let questions = head(&format!("GET {stylesheet}"), "\r\n").repeat(200);
            stream.write_all(questions.as_bytes()).await?;
            sleep(Duration::from_secs(5)).await;
        }
        // Half a head, and its own side closed.
        4 => {
            stream.write_all(b"GET / HTTP/1.1\r\nHo").await?;
            stream.shutdown().await?;
            rest(&mut stream).await;
        }
        // Nothing at all.
        _ => rest(&mut stream).await,
    }
    Ok(())
}

async fn rest(stream: &mut TcpStream) {
    let mut octets = Vec::new();
    let _ = timeout(Duration::from_secs(30), stream.read_to_end(&mut octets)).await;
}
