//! Many exports of many users at once, half of them into nobody's hands, while another company goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use vestibule::domain::{Slug, User};
use vestibule::store::Store;

use super::{assert_no_5xx, deployment, siege, until};
use crate::support::{ACME, Deployment, Installation, NOW, Server, hidden_field, user};

const BETA: &str = "beta.localhost:8080";
const PASSWORD: &str = "a long enough passphrase of ours";
/// Exports at once; every second one is not read.
const EXPORTS: usize = 100;
/// What they may cost, in KiB: the figure.
const MEMORY: u64 = 100 * 1024;
/// Longer than a turn is waited for, and an answer that nobody takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Users of acme, with much to say about each: what is not read is more than the system keeps for a socket.
async fn add_users(installation: &Installation, users: usize) {
    let url = format!(
        "sqlite:{}",
        installation.path("data/vestibule.sqlite3").display()
    );
    let store = Store::open(&url, vestibule::keys::hash).await.unwrap();
    let slug: Slug = "acme".parse().unwrap();
    let company = store.company_by_slug(&slug).await.unwrap().unwrap();
    let mut tx = store.begin().await.unwrap();
    for number in 0..users {
        let email = format!("person.{number:06}@acme.example");
        let user = User {
            first_name: format!("{number:0>100}"),
            last_name: "x".repeat(100),
            company_name: "y".repeat(100),
            ..user(company.id, &email)
        };
        assert!(tx.add_user(&user).await.unwrap());
    }
    tx.commit(NOW).await.unwrap();
    store.close().await;
}

/// What an administrator's browser sends for an export.
async fn request(server: &Server, host: &str, email: &str) -> Arc<str> {
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let origin = format!("http://{}", server.address);
    let cookie = |answer: &reqwest::Response| {
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    };
    let page = http.get(format!("{origin}/sign-in")).header("host", host);
    let page = page.send().await.unwrap();
    let login = cookie(&page);
    let csrf = hidden_field(&page.text().await.unwrap(), "csrf").unwrap();
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("csrf", csrf.as_str()), ("email", email)])
        .extend_pairs([("password", PASSWORD)])
        .finish();
    let signed_in = http
        .post(format!("{origin}/sign-in"))
        .header("host", host)
        .header("cookie", login)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .unwrap();
    assert_eq!(signed_in.status(), 303);
    let session = cookie(&signed_in);
    let page = http.get(format!("{origin}/admin/users"));
    let page = page.header("host", host).header("cookie", &session);
    let page = page.send().await.unwrap().text().await.unwrap();
    let csrf = hidden_field(&page, "csrf").unwrap();
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("csrf", &csrf)
        .finish();
    format!(
        "POST /admin/users/export HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
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
    let Deployment { installation, .. } = deployment("[connections]\nanswer_timeout = \"3s\"\n");
    let users = if siege().is_some() { 200_000 } else { 20_000 };
    installation
        .run("company add beta --name Beta --origin http://beta.localhost:8080")
        .succeeds();
    for company in ["acme", "beta"] {
        let email = format!("admin@{company}.test");
        installation
            .run(&format!(
                "user add --company {company} --email {email} --admin"
            ))
            .succeeds();
        let words = format!(
            "user set-password --company {company} --email {email} --password-stdin --for-good"
        );
        let words: Vec<&str> = words.split(' ').collect();
        installation.run_words(&words, PASSWORD).succeeds();
    }
    add_users(&installation, users).await;
    let server = Server::start(&installation);
    let acme = request(&server, ACME, "admin@acme.test").await;
    let beta = request(&server, BETA, "admin@beta.test").await;
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
