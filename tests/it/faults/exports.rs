//! Many exports of many users at once, half of them into nobody's hands, while another company goes on.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

use super::load::{best_of_rounds, promised, without_attack};
use super::people::{BETA, Console, add_users, form, sqlite_file, two_companies};
use super::{assert_no_5xx, deployment, siege, until};
use crate::soak::Postgres;
use crate::support::{ACME, Client, Deployment, Server};

/// Exports at once; every second one is not read.
const EXPORTS: usize = 100;
/// Exports of one company beside another's sign-ins, on PostgreSQL.
const BESIDE: usize = 24;
/// What they may cost, in KiB: the figure.
const MEMORY: u64 = 100 * 1024;
/// Longer than a turn is waited for, and an answer that nobody takes.
const PATIENCE: Duration = Duration::from_mins(1);
const SETTINGS: &str = "[connections]\nanswer_timeout = \"3s\"\n";

/// What an administrator's browser sends for an export.
async fn request(server: &Server, host: &'static str) -> Arc<str> {
    let console = Console::of(server, host).await;
    let body = form(&[("csrf", &console.csrf().await)]);
    format!(
        "POST /admin/users/export HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        console.session,
        body.len()
    )
    .into()
}

/// Asks; the socket takes little ahead of its reader.
async fn ask(server: &Server, request: &str) -> tokio::net::TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// The status and how many users came; all of an answer that is not cut off.
async fn read(mut stream: tokio::net::TcpStream) -> (u16, usize) {
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).await.unwrap();
    let text = String::from_utf8_lossy(&octets);
    let status = text[9..12].parse().unwrap();
    if status == 200 {
        assert!(text.ends_with("\r\n0\r\n\r\n"), "cut off");
    }
    (status, text.matches("@acme.example,").count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exports_take_little_memory_and_keep_no_other_company_out() {
    let Deployment { installation, .. } = deployment(SETTINGS);
    let users = if siege().is_some() { 200_000 } else { 20_000 };
    two_companies(&installation);
    let url = format!("sqlite:{}", sqlite_file(&installation));
    add_users(&url, "acme", users).await;
    let server = Server::start(&installation);
    let acme = request(&server, ACME).await;
    let beta = request(&server, BETA).await;
    let (memory, files) = (server.memory(), server.open_files());

    let begun = Instant::now();
    let (mut unread, mut reading) = (Vec::new(), Vec::new());
    for at in 0..EXPORTS {
        let stream = ask(&server, &acme).await;
        if at % 2 == 0 {
            unread.push(stream);
        } else {
            reading.push(tokio::spawn(read(stream)));
        }
    }
    // Another company has its turns.
    let asked = Instant::now();
    let (status, _) = read(ask(&server, &beta).await).await;
    let waited = asked.elapsed();
    assert_eq!(status, 200);
    assert!(waited < Duration::from_secs(5), "{waited:?}");
    let mut whole = 0;
    for reader in reading {
        let (status, came) = reader.await.unwrap();
        assert!([200, 429].contains(&status), "{status}");
        if status == 200 {
            assert_eq!(came, users);
            whole += 1;
        }
    }
    let took = begun.elapsed();
    assert!(whole > 0);
    // Who does not read is dropped, and the turns are there again.
    until(PATIENCE, "who does not read is dropped", || {
        // What reads the database has files of its own.
        server.open_files() <= files + 24
    });
    let (status, came) = read(ask(&server, &acme).await).await;
    assert_eq!((status, came), (200, users));
    let most = server.peak_memory().saturating_sub(memory);
    println!(
        "siege: {EXPORTS} exports of {users} users at once, every second one unread: {whole} came whole in {took:?}, another company's \
         in {waited:?}, {} MiB more at the most",
        most / 1024
    );
    assert!(most < MEMORY, "{most} KiB");
    drop(unread);
    assert_no_5xx(&server.stop());
}

/// HTTP/1.0 knows no end of such a file but the connection's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_over_http_1_0_is_whole_or_reset() {
    const USERS: usize = 20_000;
    let Deployment { installation, .. } = deployment(SETTINGS);
    two_companies(&installation);
    let url = format!("sqlite:{}", sqlite_file(&installation));
    add_users(&url, "acme", USERS).await;
    let server = Server::start(&installation);
    let asked = request(&server, ACME).await.replace("HTTP/1.1", "HTTP/1.0");
    let read = async |mut stream: tokio::net::TcpStream| {
        let mut octets = Vec::new();
        let end = stream.read_to_end(&mut octets).await;
        let text = String::from_utf8_lossy(&octets);
        (end.map(|_| ()), text.matches("@acme.example,").count())
    };
    let (end, came) = read(ask(&server, &asked).await).await;
    assert!(end.is_ok(), "{end:?}");
    assert_eq!(came, USERS);
    // Who does not read loses the rest, and is told so.
    let unread = ask(&server, &asked).await;
    let mut first = [0; 1];
    assert_eq!(unread.peek(&mut first).await.unwrap(), 1);
    until(PATIENCE, "who does not read is dropped", || {
        !is_connected(&server, &unread)
    });
    let (end, came) = read(unread).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(came < USERS, "{came}");
    assert_no_5xx(&server.stop());
}

/// Whether the server's side of a connection is there.
fn is_connected(server: &Server, stream: &tokio::net::TcpStream) -> bool {
    let (ours, theirs) = (stream.local_addr().unwrap(), server.address);
    let port = |address: &str| {
        let (_, port) = address.rsplit_once(':')?;
        u16::from_str_radix(port, 16).ok()
    };
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
    sockets.lines().any(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        fields.next().and_then(port) == Some(theirs.port())
            && fields.next().and_then(port) == Some(ours.port())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exports_of_one_company_take_no_connection_of_anothers_sign_ins() {
    let mut postgres = Postgres::start();
    let url = postgres.database().await;
    let settings = format!("{SETTINGS}[database]\nurl = \"{url}\"\n");
    let Deployment { installation, idp } = deployment(&settings);
    two_companies(&installation);
    let users = if siege().is_some() { 20_000 } else { 5_000 };
    add_users(&url, "beta", users).await;
    let server = Server::start(&installation);
    let beta = request(&server, BETA).await;
    let client = Client::of(&server);
    let usual = without_attack(&client, &idp).await;
    let over = Arc::new(AtomicBool::new(false));
    let server = Arc::new(server);
    let exporting: Vec<_> = (0..BESIDE)
        .map(|_| {
            let (server, beta, over) = (Arc::clone(&server), Arc::clone(&beta), Arc::clone(&over));
            tokio::spawn(async move {
                let mut whole = 0;
                while !over.load(Ordering::Relaxed) {
                    let (status, came) = read(ask(&server, &beta).await).await;
                    assert!([200, 429].contains(&status), "{status}");
                    if status == 200 {
                        assert_eq!(came, users);
                        whole += 1;
                    }
                }
                whole
            })
        })
        .collect();
    let p99 = best_of_rounds(&client, &idp, usual).await;
    over.store(true, Ordering::Relaxed);
    let mut whole = 0;
    for one in exporting {
        whole += one.await.unwrap();
    }
    println!(
        "siege: {BESIDE} exports of {users} users of one company on PostgreSQL, {whole} whole, beside another's sign-ins: p99 {p99:?} \
         (without them {usual:?})"
    );
    assert!(whole > 0);
    assert!(p99 < promised(usual), "{p99:?}");
    let server = Arc::into_inner(server).unwrap();
    assert_no_5xx(&server.stop());
}
