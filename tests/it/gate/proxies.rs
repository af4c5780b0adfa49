//! The examples of `examples/proxies`, as they stand, with the proxies themselves: only names, ports and certificates are the tests'
//! (rule Q65). Our own proxy is held to the same.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::proxied::Proxied;
use super::proxy::Proxy;

/// The names that a client would like to be believed.
const IDENTITY: [&str; 7] = [
    "remote-user",
    "remote-email",
    "remote-name",
    "remote-groups",
    "vestibule-groups-omitted",
    "vestibule-company",
    "vestibule-identity",
];

/// Makes a test of each proxy from a function.
macro_rules! behind_each {
    ($($name:ident),+ $(,)?) => {
        mod nginx {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Proxy::Nginx).await;
            })+
        }

        mod caddy {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Proxy::Caddy).await;
            })+
        }

        mod haproxy {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Proxy::Haproxy).await;
            })+
        }

        mod built_in {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Proxy::BuiltIn).await;
            })+
        }
    };
}

behind_each!(
    a_browser_signs_in_and_the_application_learns_who_it_is,
    no_spelling_of_an_identity_header_arrives,
    a_connection_that_names_an_identity_header_takes_nothing_away,
    a_path_that_can_be_read_in_two_ways_is_protected,
    each_kind_of_request_is_answered_in_its_way,
    a_web_socket_is_the_applications_own,
    what_has_ended_or_failed_lets_nobody_pass,
);

async fn a_browser_signs_in_and_the_application_learns_who_it_is(proxy: Proxy) {
    let (proxied, _running) = proxy.start().await;
    let gate = proxied.signed_in("/orders?id=7&x=%C3%A4%20b").await;
    let cookies = format!("a=1; {gate}; b=2");
    let page = proxied.open("/orders?id=7&x=%C3%A4%20b", &cookies).await;
    assert_eq!(page.arrived()["target"], "/orders?id=7&x=%C3%A4%20b");
    let one = |name: &str| {
        let values = page.arrived_header(name);
        assert_eq!(values.len(), 1, "{name}: {values:?}");
        values[0].clone()
    };
    assert_eq!(one("remote-user").len(), 26);
    assert_eq!(one("vestibule-company"), "acme");
    assert_eq!(one("remote-groups"), "SSO Basic");
    assert_eq!(one("remote-name"), "B. Simon");
    assert_eq!(one("vestibule-identity").split('.').count(), 3);
    assert_eq!(
        one("cookie"),
        "a=1; b=2",
        "ours is not the application's to see"
    );
    assert_eq!(page.headers.get_all("set-cookie").iter().count(), 2);

    // The answer is the application's, also to what has a body.
    let posted = [
        ("cookie", cookies.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    let answer = proxied.ask("POST", "/orders", &posted).await;
    assert_eq!(answer.arrived()["method"], "POST");
}

// Q36, Q38, Q51
async fn no_spelling_of_an_identity_header_arrives(proxy: Proxy) {
    let (proxied, _running) = proxy.start().await;
    let gate = proxied.signed_in("/").await;
    let asked = async |path: &str, lines: &str| {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: app.localhost:{}\r\nCookie: {gate}\r\n{lines}\r\n",
            proxied.port
        );
        proxied.raw(request.as_bytes()).await
    };
    for path in ["/", "/public/x"] {
        for name in IDENTITY {
            let capital = name.to_uppercase();
            let lines =
                format!("Connection: close\r\n{name}: evil\r\n{capital}: evil\r\n{name}:\r\n");
            let answer = asked(path, &lines).await;
            assert!(
                answer.starts_with("HTTP/1.1 200"),
                "{path} {name}: {answer}"
            );
            assert!(!answer.contains("evil"), "{path} {name}: {answer}");
            let arrived = format!("[\"{name}\",\"");
            let told = answer.matches(&arrived).count();
            let empty = answer.matches(&format!("{arrived}\"]")).count();
            let is_told = path == "/" && name != "vestibule-groups-omitted";
            assert_eq!(
                told - empty,
                usize::from(is_told),
                "{path} {name}: {answer}"
            );
            // Programs read these as the same name: dropped, or refused.
            for other in [name.replace('-', "_"), name.replace('-', ".")] {
                let answer = asked(path, &format!("Connection: close\r\n{other}: evil\r\n")).await;
                let is_refused = answer.starts_with("HTTP/1.1 400");
                let is_dropped = answer.starts_with("HTTP/1.1 200") && !answer.contains("evil");
                assert!(is_refused || is_dropped, "{path} {other}: {answer}");
            }
        }
    }
    // In a trailer.
    let request = format!(
        "POST / HTTP/1.1\r\nHost: app.localhost:{}\r\nCookie: {gate}\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
         Transfer-Encoding: chunked\r\nTrailer: Remote-User\r\n\r\n1\r\nx\r\n0\r\nRemote-User: evil\r\n\r\n",
        proxied.port
    );
    let answer = proxied.raw(request.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && !answer.contains("evil"),
        "{answer}"
    );
}

// Q37
async fn a_connection_that_names_an_identity_header_takes_nothing_away(proxy: Proxy) {
    let (proxied, _running) = proxy.start().await;
    let gate = proxied.signed_in("/").await;
    for name in IDENTITY {
        let request = format!(
            "GET / HTTP/1.1\r\nHost: app.localhost:{}\r\nCookie: {gate}\r\nConnection: close, {name}\r\n\r\n",
            proxied.port
        );
        let answer = proxied.raw(request.as_bytes()).await;
        let is_whole = answer.contains("[\"vestibule-identity\",\"ey")
            && answer.contains("[\"remote-user\",\"");
        let is_refused = answer.starts_with("HTTP/1.1 400");
        assert!(is_refused || is_whole, "{name}: {answer}");
    }
}

// Q49, Q50
async fn a_path_that_can_be_read_in_two_ways_is_protected(proxy: Proxy) {
    let (proxied, _running) = proxy.start().await;
    assert_eq!(proxied.open("/public/x?a=b", "").await.status, 200);
    for target in [
        "/public/../admin",
        "/public/%2e%2e/admin",
        "/public/..%2fadmin",
        "/public//admin",
        "/public/;x/../admin",
        "/public/%252e%252e/admin",
        "/x#/public/",
    ] {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: app.localhost:{}\r\nConnection: close\r\n\r\n",
            proxied.port
        );
        let answer = proxied.raw(request.as_bytes()).await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(matches!(status, "400" | "401"), "{target}: {answer}");
    }
}

// Q22, Q23, Q43 to Q47
async fn each_kind_of_request_is_answered_in_its_way(proxy: Proxy) {
    let (proxied, _running) = proxy.start().await;
    let navigated = proxied.open("/a?b=c", "").await;
    assert_eq!(navigated.status, 302);
    assert!(
        navigated
            .header("location")
            .ends_with("/.vestibule/start?rd=/a%3Fb%3Dc")
    );
    assert_eq!(navigated.header("cache-control"), "no-store");
    let cors = [
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-site", "same-origin"),
    ];
    for headers in [
        &cors[..],
        &[("accept", "text/event-stream")],
        &[("content-type", "application/grpc")],
        &[
            ("x-requested-with", "XMLHttpRequest"),
            ("accept", "text/html"),
        ],
    ] {
        let answer = proxied.ask("GET", "/api", headers).await;
        assert_eq!(answer.status, 401, "{headers:?}");
        assert!(
            answer
                .header("www-authenticate")
                .starts_with("Vestibule sign_in=")
        );
        assert!(answer.header("location").is_empty());
    }
    let preflight = [
        ("origin", "https://other.example"),
        ("access-control-request-method", "PUT"),
    ];
    let passed = proxied.ask("OPTIONS", "/api", &preflight).await;
    let told = passed.arrived_header("remote-user");
    assert!(told.iter().all(String::is_empty), "{told:?}");

    let gate = proxied.signed_in("/").await;
    let cross = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("cookie", gate.as_str()),
    ];
    let refused = proxied.ask("POST", "/", &cross).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("<h1>"), "a page: {}", refused.body);

    let images = (0..200).map(|number| {
        let headers = [
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-dest", "image"),
            ("sec-fetch-site", "same-origin"),
            ("cookie", gate.as_str()),
        ];
        let (proxied, path) = (&proxied, format!("/images/{number}"));
        async move { proxied.ask("GET", &path, &headers).await.status }
    });
    for image in images {
        assert_eq!(image.await, 200);
    }
}

// Q43
async fn a_web_socket_is_the_applications_own(proxy: Proxy) {
    let (proxied, _running) = proxy.start().await;
    let gate = proxied.signed_in("/").await;
    let open = |origin: String, cookie: &str| {
        format!(
            "GET /socket HTTP/1.1\r\nHost: app.localhost:{0}\r\nCookie: {cookie}\r\nOrigin: {origin}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            proxied.port
        )
    };
    let own = format!("http://app.localhost:{}", proxied.port);
    for (request, status) in [
        (open(own.clone(), ""), "401"),
        (open("https://evil.example".to_owned(), &gate), "403"),
    ] {
        let request = request.replace("Connection: Upgrade", "Connection: Upgrade, close");
        let answer = proxied.raw(request.as_bytes()).await;
        assert_eq!(answer.split(' ').nth(1), Some(status), "{answer}");
    }
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", proxied.port))
        .await
        .unwrap();
    stream.write_all(open(own, &gate).as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(
        head.starts_with(b"HTTP/1.1 101"),
        "{}",
        String::from_utf8_lossy(&head)
    );
    stream.write_all(b"hello").await.unwrap();
    let mut echo = [0; 5];
    stream.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"hello");
}

// Q25, Q54
async fn what_has_ended_or_failed_lets_nobody_pass(proxy: Proxy) {
    let (proxied, _running) = proxy.start().await;
    let gate = proxied.signed_in("/").await;
    assert_eq!(proxied.open("/", &gate).await.status, 200);
    proxied
        .deployment
        .installation
        .run("user deactivate --company acme --email person.1@contoso.com")
        .succeeds();
    let mut tries = 0;
    while proxied.open("/", &gate).await.status == 200 {
        tries += 1;
        assert!(tries < 500, "revoked, and let in all the same");
    }
    if proxy == Proxy::BuiltIn {
        return;
    }
    // Nobody answers the check any more.
    let Proxied { server, port, .. } = proxied;
    server.stop();
    let answer = Proxied::open_at(port, "/", &gate).await;
    assert!(matches!(answer.status, 500 | 502 | 503), "{answer:?}");
}
