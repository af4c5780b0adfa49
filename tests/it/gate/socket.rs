//! Checks by a socket of this machine (rules Q15 and Q63), with the real server.

use std::os::unix::fs::PermissionsExt as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::support::{Deployment, Installation, Server};

#[tokio::test]
async fn whoever_may_open_the_socket_is_answered_checks_and_nothing_else() {
    let installation = Installation::with_settings("[checks]\nsocket = \"checks.sock\"\n");
    let deployment = Deployment::of(installation);
    deployment
        .installation
        .run("application add crm --display-name CRM --origin http://app.localhost:9000 --kind nginx --company acme")
        .succeeds();
    let file = deployment.installation.path("checks.sock");
    // What an earlier process has left there.
    drop(std::os::unix::net::UnixListener::bind(&file).unwrap());
    let server = Server::start(&deployment.installation);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);

    let ask = async |lines: &str| {
        let mut stream = UnixStream::connect(&file).await.unwrap();
        stream.write_all(lines.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let check = "GET /sso/check/crm HTTP/1.1\r\nHost: vestibule_check\r\nX-Original-URL: http://app.localhost:9000/a\r\n\
                 X-Original-Method: GET\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
    let answer = ask(check).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert!(answer.contains("/.vestibule/start?rd=/a"), "{answer}");
    // nginx before 1.29.7 asks by HTTP/1.0 unless it is told otherwise.
    let old = check.replace("HTTP/1.1", "HTTP/1.0");
    assert!(ask(&old).await.contains(" 401 "));
    for path in [
        "/healthz",
        "/sso/login",
        "/admin",
        "/.vestibule/start",
        "/sso/check",
    ] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: acme.localhost:8080\r\nConnection: close\r\n\r\n"
        );
        let answer = ask(&request).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    server.stop();
}
