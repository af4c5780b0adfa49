use std::time::Duration;

use super::{Installation, Server};

#[test]
fn a_running_server_sees_what_a_command_changes() {
    let installation = Installation::new();
    let server = Server::start(&installation);
    let host = "acme.localhost:8080";
    assert_eq!(server.status(host, "/readyz"), 200);
    assert_ne!(server.status(host, "/sso/metadata"), 200);
    installation
        .run("company add acme --name Acme --origin http://acme.localhost:8080")
        .succeeds();
    let seen = (0..20).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        server.status(host, "/sso/metadata") == 200
    });
    assert!(seen, "a change is seen within two seconds");
    let log = server.stop();
    assert!(log.contains("stopped"), "{log}");
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let installation = Installation::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let said: super::Said = installation
        .command()
        .arg("serve")
        .env("VESTIBULE_LISTEN", taken.local_addr().unwrap().to_string())
        .output()
        .unwrap()
        .into();
    said.fails(1, &["cannot listen on", "VESTIBULE_LISTEN"]);
}

/// A second demo on the data of one that runs leaves that one as it is.
#[cfg(feature = "demo")]
#[test]
fn a_demo_that_cannot_listen_writes_nothing() {
    let installation = Installation::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let said: super::Said = installation
        .command()
        .args(["demo", "--idp-listen=127.0.0.1:0"])
        .env("VESTIBULE_LISTEN", taken.local_addr().unwrap().to_string())
        .output()
        .unwrap()
        .into();
    assert_eq!(said.out, "");
    said.fails(1, &["cannot listen on", "VESTIBULE_LISTEN"]);
    assert!(!installation.path("data").exists());
}

#[cfg(not(feature = "demo"))]
#[test]
fn a_build_without_the_demo_says_so() {
    Installation::new()
        .run("demo")
        .fails(1, &["This build has no demo", "--features demo"]);
}

#[test]
fn a_limit_that_refuses_says_so_once() {
    let installation = Installation::with_company();
    let file = installation.path("vestibule.toml");
    let settings =
        std::fs::read_to_string(&file).unwrap() + "[limits]\nclient_metadata_per_minute = 1\n";
    std::fs::write(&file, settings).unwrap();
    let server = Server::start(&installation);
    let ask = || server.status("acme.localhost:8080", "/sso/metadata");
    assert_eq!(ask(), 200);
    assert!((0..20).all(|_| ask() == 429));
    let log = server.stop();
    let told: Vec<_> = log
        .lines()
        .filter(|line| line.contains("a rate limit refuses"))
        .collect();
    assert_eq!(told.len(), 1, "{log}");
    assert!(
        told[0].contains("client_metadata_per_minute") && told[0].contains("\"acme\""),
        "{log}"
    );
    // A flood does not fill the log with its requests.
    assert!(
        !log.contains("\"status\":429") && !log.contains("127.0.0.1"),
        "{log}"
    );
}
