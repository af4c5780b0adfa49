//! Our own reverse proxy, by itself (rules Q57 to Q60). What it has in common with others' is in `proxies`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::proxied::{Proxied, recording};

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an application has sent that keeps the connection open.
const STAYS: &[u8] = b"data: 1\n\n\r\n";

/// A server of octets: each request that comes is told, and answered as `answer` says.
async fn raw_application(answer: &'static [u8]) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let tell = tell.clone();
            tokio::spawn(async move {
                let head = head_of(&mut stream).await;
                let _ = tell.send(head);
                let _ = stream.write_all(answer).await;
                if answer.ends_with(STAYS) {
                    let _ = stream.read_u8().await;
                }
            });
        }
    });
    (address, told)
}

/// Everything up to the end of a head.
async fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match timeout(PATIENCE, stream.read_u8()).await.unwrap() {
            Ok(octet) => head.push(octet),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

impl Proxied {
    /// A request of somebody with this cookie, with further lines.
    async fn get(&self, path: &str, cookie: &str, lines: &str) -> String {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: app.localhost:{}\r\nCookie: {cookie}\r\nConnection: close\r\n{lines}\r\n",
            self.port
        );
        timeout(PATIENCE, self.raw(request.as_bytes()))
            .await
            .expect("an answer")
    }

    /// Changes a setting of the application.
    fn set(&self, setting: &str) {
        let words = ["application", "set", "crm", setting];
        let installation = &self.deployment.installation;
        installation.run_words(&words, "").succeeds();
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }
}

// Q58, Q59
#[tokio::test]
async fn the_application_is_told_by_us_and_by_nobody_else() {
    let (application, mut told) =
        raw_application(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
    let proxied = Proxied::built_in(application);
    let gate = proxied.signed_in("/").await;
    let lines = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Prefix: /evil\r\n\
                 Forwarded: for=203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\nX-Original-URL: /evil\r\nX-Rewrite-URL: /evil\r\n\
                 Vestibule-Proxy-Key: evil\r\nKeep-Alive: 5\r\nTE: trailers\r\nUpgrade: h2c\r\nProxy-Authorization: evil\r\n\
                 X-Mine: kept\r\nConnection: x-hop, Upgrade\r\nX-Hop: evil\r\nExpect: 100-continue\r\n";
    let answer = proxied.get("/a//b?c=//d", &gate, lines).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let answer = proxied.get("/a/b?c=//../d", &gate, lines).await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    let head = told.recv().await.unwrap();
    let (line, headers) = head.split_once("\r\n").unwrap();
    assert_eq!(line, "GET /a/b?c=//../d HTTP/1.1");
    assert!(!headers.contains("evil"), "{headers}");
    let one = |name: &str| {
        let of_name = |line: &&str| line.starts_with(&format!("{name}: "));
        let found: Vec<&str> = headers.lines().filter(of_name).collect();
        assert_eq!(found.len(), 1, "{name}: {headers}");
        found[0].split_once(": ").unwrap().1.to_owned()
    };
    let public = format!("app.localhost:{}", proxied.port);
    for (name, value) in [
        ("host", public.as_str()),
        ("x-forwarded-host", public.as_str()),
        ("x-forwarded-proto", "http"),
        ("x-mine", "kept"),
        ("via", "1.1 vestibule"),
        ("vestibule-company", "acme"),
    ] {
        assert_eq!(one(name), value);
    }
    for gone in [
        "cookie",
        "connection",
        "upgrade",
        "te",
        "keep-alive",
        "expect",
        "forwarded",
    ] {
        assert!(
            !headers.contains(&format!("\n{gone}: ")),
            "{gone}: {headers}"
        );
    }
    // A host of its own, where it is configured.
    proxied.set("upstream_host=app.internal:3000");
    loop {
        proxied.get("/", &gate, "").await;
        let head = told.recv().await.unwrap();
        if head.contains("\r\nhost: app.internal:3000\r\n") {
            break;
        }
    }
}

// Q60
#[tokio::test]
async fn the_answer_is_the_applications_without_what_is_ours() {
    let (application, _told) = raw_application(
        b"HTTP/1.1 404 Not Found\r\nSet-Cookie: a=b; Path=/\r\nSet-Cookie: vestibule-gate=evil; Path=/\r\n\
          Content-Security-Policy: default-src 'self'\r\nConnection: close, X-Hop\r\nX-Hop: gone\r\nContent-Length: 5\r\n\r\ntheir",
    )
    .await;
    let proxied = Proxied::built_in(application);
    let gate = proxied.signed_in("/").await;
    let answer = proxied.get("/", &gate, "").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    assert_eq!(body, "their");
    assert!(head.contains("set-cookie: a=b; Path=/") && head.contains("default-src 'self'"));
    for other in [
        "evil",
        "x-hop",
        "x-robots-tag",
        "cross-origin-opener-policy",
    ] {
        assert!(!head.contains(other), "{other}: {head}");
    }
}

// Q57, Q60
#[tokio::test]
async fn statuses_and_lengths_go_as_they_are() {
    for (answer, expected) in [
        (
            &b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"[..],
            "HTTP/1.1 304",
        ),
        (
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 400",
        ),
        (
            b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 500",
        ),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", "HTTP/1.1 200"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "HTTP/1.1 200",
        ),
        // Nobody has asked for another protocol.
        (
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
            "HTTP/1.1 502",
        ),
        (b"rubbish\r\n\r\n", "HTTP/1.1 502"),
        (b"", "HTTP/1.1 502"),
    ] {
        let (application, _told) = raw_application(answer).await;
        let proxied = Proxied::built_in(application);
        let said = proxied.get("/public/x", "", "").await;
        assert!(
            said.starts_with(expected),
            "{}: {said}",
            answer.escape_ascii()
        );
        let is_theirs = !said.contains("does not answer");
        assert_eq!(is_theirs, expected != "HTTP/1.1 502", "{said}");
    }
}

// Q60: half of an answer is not taken for all of it.
#[tokio::test]
async fn half_of_an_answer_is_cut_off() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let (application, _told) = raw_application(answer).await;
        let proxied = Proxied::built_in(application);
        let http = reqwest::Client::new();
        let address = format!("http://127.0.0.1:{}/public/x", proxied.port);
        let host = format!("app.localhost:{}", proxied.port);
        let got = http.get(address).header("host", host).send().await.unwrap();
        assert!(got.bytes().await.is_err());
    }
}

// Q57: each piece goes when it comes, both ways.
#[tokio::test]
async fn bodies_are_streamed_both_ways() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let proxied = Proxied::built_in(address);
    let gate = proxied.signed_in("/").await;
    let mut client = proxied.connect().await;
    let head = format!(
        "POST /upload HTTP/1.1\r\nHost: app.localhost:{}\r\nCookie: {gate}\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 6\r\n\r\none",
        proxied.port
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let (mut application, _) = listener.accept().await.unwrap();
    let head = head_of(&mut application).await;
    assert!(head.contains("content-length: 6"), "{head}");
    let mut piece = [0; 3];
    application.read_exact(&mut piece).await.unwrap();
    assert_eq!(&piece, b"one", "before the rest has come");
    // The answer may begin before the request has ended, and go on as long as it likes.
    let begun = b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n";
    application.write_all(begun).await.unwrap();
    let head = head_of(&mut client).await;
    assert!(head.contains("content-length: 2000000"), "{head}");
    client.write_all(b"two").await.unwrap();
    application.read_exact(&mut piece).await.unwrap();
    assert_eq!(&piece, b"two");
    let (mut read, large) = (vec![0; 1_000_000], vec![b'x'; 1_000_000]);
    for _ in 0..2 {
        // Longer than an unused connection keeps its buffers.
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        application.write_all(&large).await.unwrap();
        timeout(PATIENCE, client.read_exact(&mut read))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(read, large);
    }
    // The connection is there for the next request.
    let next = format!(
        "GET /public/next HTTP/1.1\r\nHost: app.localhost:{}\r\n\r\n",
        proxied.port
    );
    client.write_all(next.as_bytes()).await.unwrap();
    let head = head_of(&mut application).await;
    assert!(head.starts_with("GET /public/next"), "{head}");
}

// Q58: what two programs may part in two ways goes nowhere, or alone.
#[tokio::test]
async fn what_frames_a_request_is_one() {
    let (application, mut told) =
        raw_application(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let proxied = Proxied::built_in(application);
    let host = format!("Host: app.localhost:{}", proxied.port);
    for (request, is_refused) in [
        (
            format!("GET /public/x HTTP/1.1\r\n{host}\r\n{host}\r\n\r\n"),
            true,
        ),
        (
            format!("GET http://evil.example/public/x HTTP/1.1\r\n{host}\r\n\r\n"),
            true,
        ),
        (
            format!("GET /public/x HTTP/1.1\r\n{host}\r\nX: a\r\n b\r\n\r\n"),
            true,
        ),
        (
            format!(
                "GET /public/x HTTP/1.1\r\n{host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"
            ),
            true,
        ),
        (
            format!("GET /public/x HTTP/1.1\r\n{host}\r\nTransfer-Encoding: identity\r\n\r\n"),
            true,
        ),
        (format!("TRACE /public/x HTTP/1.1\r\n{host}\r\n\r\n"), true),
        (
            format!("CONNECT evil.example:443 HTTP/1.1\r\n{host}\r\n\r\n"),
            true,
        ),
        (
            format!("GET /public/x HTTP/1.1\r\n{host}\r\nVia: 1.0 other, 1.1 Vestibule\r\n\r\n"),
            true,
        ),
        (
            format!(
                "GET /public/x HTTP/1.1\r\n{host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /public/smuggled HTTP/1.1\r\n{host}\r\n\r\n"
            ),
            false,
        ),
    ] {
        let mut stream = proxied.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut said = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut said))
            .await
            .unwrap()
            .unwrap();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(
            said.starts_with("HTTP/1.1 4"),
            is_refused,
            "{request}\n{said}"
        );
        assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "{request}\n{said}");
        if is_refused {
            assert!(told.try_recv().is_err(), "{request}");
        } else {
            let head = told.recv().await.unwrap();
            assert!(head.starts_with("GET /public/x"), "{head}");
            assert!(!head.contains("content-length"), "{head}");
            assert!(told.try_recv().is_err(), "the rest is nobody's request");
        }
    }
}

// Q57: who is away is passed by, and asked again when nobody else is there.
#[tokio::test]
async fn an_upstream_that_is_away_is_passed_by() {
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = away.local_addr().unwrap();
    drop(away);
    let proxied = Proxied::built_in(recording().await);
    let gate = proxied.signed_in("/").await;
    let headers = [("cookie", gate.as_str()), ("sec-fetch-site", "same-origin")];
    proxied.set(&format!("upstreams=http://{address}"));
    let mut refused = proxied.ask("POST", "/x", &headers).await;
    while refused.status == 200 {
        refused = proxied.ask("POST", "/x", &headers).await;
    }
    assert_eq!(refused.status, 502);
    assert!(
        refused.body.contains("The application does not answer"),
        "{}",
        refused.body
    );
    proxied.set(&format!(
        "upstreams=http://{address},http://{}",
        proxied.application
    ));
    while proxied.ask("GET", "/x", &headers).await.status != 200 {}
    // What was not sent at all goes to the other, whatever it would do.
    let posted = proxied.ask("POST", "/x", &headers).await;
    assert_eq!(posted.arrived()["method"], "POST");
}

// Q60: a request that may do something is sent once.
#[tokio::test]
async fn only_what_reads_is_sent_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let times = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&times);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            // It hears of the request, and goes away.
            head_of(&mut stream).await;
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    let proxied = Proxied::built_in(address);
    let gate = proxied.signed_in("/").await;
    let headers = [("cookie", gate.as_str()), ("sec-fetch-site", "same-origin")];
    for (method, most) in [("POST", 1), ("DELETE", 1), ("GET", 2)] {
        times.store(0, Ordering::SeqCst);
        assert_eq!(proxied.ask(method, "/x", &headers).await.status, 502);
        assert_eq!(times.load(Ordering::SeqCst), most, "{method}");
    }
}

// Q60: WebSockets and event streams end when the session ends, and nobody else's do.
#[tokio::test]
async fn what_is_open_ends_with_the_session() {
    let (application, _told) = raw_application(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n",
    )
    .await;
    let sockets = recording().await;
    let proxied = Proxied::built_in(sockets);
    let gate = proxied.signed_in("/").await;
    let request = |path: &str, lines: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: app.localhost:{0}\r\nOrigin: http://app.localhost:{0}\r\nCookie: {gate}\r\n{lines}\r\n",
            proxied.port
        )
    };
    let socket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let mut websocket = proxied.connect().await;
    websocket
        .write_all(request("/socket", socket).as_bytes())
        .await
        .unwrap();
    assert!(head_of(&mut websocket).await.starts_with("HTTP/1.1 101"));

    proxied.set(&format!("upstreams=http://{application}"));
    let mut events = proxied.connect().await;
    loop {
        events
            .write_all(request("/events", "Accept: text/event-stream\r\n").as_bytes())
            .await
            .unwrap();
        if head_of(&mut events).await.contains("text/event-stream") {
            break;
        }
        events = proxied.connect().await;
    }
    let mut first = [0; 9];
    // The length of the chunk, and the chunk.
    events.read_exact(&mut [0; 3]).await.unwrap();
    events.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"data: 1\n\n");

    // Somebody else ends, and nothing happens to these.
    let mut echo = [0; 5];
    websocket.write_all(b"hello").await.unwrap();
    websocket.read_exact(&mut echo).await.unwrap();
    proxied
        .deployment
        .installation
        .run("user deactivate --company acme --email person.1@contoso.com")
        .succeeds();
    // An end, and not half of a stream: its reader comes again.
    let rest = head_of(&mut events).await;
    assert!(rest.ends_with("\r\n0\r\n\r\n"), "{rest}");
    let ended = timeout(PATIENCE, websocket.read(&mut echo)).await.unwrap();
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
}

// Q60
#[tokio::test]
async fn one_user_cannot_take_everything() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxied = Proxied::built_in(listener.local_addr().unwrap().to_string());
    let mut held = Vec::new();
    // The most of one client that is nobody: proxy.most_of_user.
    for number in 0..=128 {
        let mut stream = proxied.connect().await;
        let request = format!(
            "GET /public/{number} HTTP/1.1\r\nHost: app.localhost:{}\r\n\r\n",
            proxied.port
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        if number < 128 {
            held.push((
                stream,
                timeout(PATIENCE, listener.accept()).await.unwrap().unwrap(),
            ));
        } else {
            assert!(head_of(&mut stream).await.starts_with("HTTP/1.1 429"));
        }
    }
    drop(held);
    let gate = proxied.signed_in("/").await;
    assert!(!gate.is_empty());
}

// Q50
#[tokio::test]
async fn paths_that_are_read_in_two_ways_pass_only_where_it_is_said() {
    let proxied = Proxied::built_in(recording().await);
    let gate = proxied.signed_in("/").await;
    let answer = proxied.get("/a%2fb", &gate, "").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    proxied.set("danger_ambiguous_paths=true");
    loop {
        let answer = proxied.get("/a%2fb", &gate, "").await;
        if answer.starts_with("HTTP/1.1 200") {
            assert!(answer.contains("\"target\":\"/a%2fb\""), "{answer}");
            break;
        }
    }
    // And are judged as protected.
    let answer = proxied.get("/public/..%2fa", "", "").await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

// Q60: what an application says is never taken for an answer of the HTTP library's own, whatever it looks like.
#[tokio::test]
async fn a_body_that_looks_like_an_answer_is_a_body() {
    let tail = "HTTP/1.1 400 Bad Request\r\n\r\n";
    let known = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: 328\r\n\r\n{}{tail}",
        "A".repeat(300)
    );
    let chunked =
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1c\r\n{tail}\r\n0\r\n\r\n");
    for answer in [known, chunked] {
        let (application, _told) = raw_application(answer.leak().as_bytes()).await;
        let proxied = Proxied::built_in(application);
        let said = proxied.get("/public/x", "", "").await;
        assert!(said.starts_with("HTTP/1.1 200"), "{said}");
        let body = said.split_once("\r\n\r\n").unwrap().1;
        assert!(body.contains(tail), "{said}");
    }
}

// Q57, Q58: a 101 that agrees to something else opens nothing.
#[tokio::test]
async fn only_the_web_socket_that_was_asked_for_is_opened() {
    let socket = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for answer in [
        &b"HTTP/1.1 101 Switching Protocols\r\n\r\n"[..],
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: c3dvcmQ=\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    ] {
        let (application, _told) = raw_application(answer).await;
        let proxied = Proxied::built_in(application);
        let request = format!(
            "GET /public/socket HTTP/1.1\r\nHost: app.localhost:{0}\r\nOrigin: http://app.localhost:{0}\r\nConnection: Upgrade, close\r\n{socket}\r\n",
            proxied.port
        );
        let said = timeout(PATIENCE, proxied.raw(request.as_bytes())).await.unwrap();
        assert!(said.starts_with("HTTP/1.1 502"), "{}: {said}", answer.escape_ascii());
    }
}

// Q11, Q15: the host of a check picks nothing, also not an application that we hand requests on to.
#[tokio::test]
async fn a_check_is_never_handed_on() {
    let proxied = Proxied::built_in(recording().await);
    let installation = &proxied.deployment.installation;
    let other = "application add other --display-name Other --origin http://other.localhost --kind forwarded --company acme";
    installation.run(other).succeeds();
    let gate = proxied.signed_in("/").await;
    for path in [
        "/sso/check/other",
        "/sso/check/crm",
        "/sso/check/other/x",
        "/sso/check/",
    ] {
        let answer = proxied.get(path, &gate, "").await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(matches!(status, "400" | "404" | "421"), "{path}: {answer}");
    }
}
