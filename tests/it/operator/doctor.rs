//! `doctor` tries what it affirms.

use super::nginx::behind;
use super::{Installation, Said, Server, settings, with_own_keys};
use crate::support::free_port;

fn doctor(installation: &Installation) -> Said {
    let mut command = installation.command();
    command
        .args(["--config", "vestibule.toml", "doctor"])
        // The authority of the test's nginx.
        .env("SSL_CERT_FILE", installation.path("tls.pem"));
    command.output().unwrap().into()
}

/// Two lines of doctor that belong together.
fn problem(said: &Said, what: &str, next: &str) {
    let lines: Vec<&str> = said.out.lines().collect();
    let at = lines.iter().position(|line| line.contains(what));
    let at = at.unwrap_or_else(|| panic!("{what}: {}", said.out));
    assert!(lines[at + 1].contains(next), "{next}: {}", said.out);
}

#[test]
fn an_origin_that_leads_here_is_proved_through_the_proxy() {
    let (installation, _server, nginx) = behind(|block| block);
    let said = doctor(&installation);
    let origin = format!("https://acme.localhost:{}", nginx.port);
    assert!(
        said.out.contains(&format!(
            "✓ origins        beta: {origin} leads here, with its Host"
        )),
        "{}",
        said.out
    );
    assert!(
        said.out
            .contains("the proxy 127.0.0.1 is trusted and names the client"),
        "{}",
        said.out
    );
}

#[test]
fn a_proxy_that_changes_host_or_hides_clients_is_found() {
    let (installation, _server, _nginx) = behind(|block| {
        block
            .replace("Host $http_host", "Host internal.example")
            .replace("proxy_set_header X-Forwarded-For $remote_addr;", "")
    });
    let said = doctor(&installation);
    assert_eq!(said.code, 1, "{}", said.out);
    problem(
        &said,
        "passes the Host on as \"internal.example\"",
        "proxy_set_header Host $http_host",
    );

    let (installation, server, _nginx) =
        behind(|block| block.replace("proxy_set_header X-Forwarded-For $remote_addr;", ""));
    let said = doctor(&installation);
    problem(
        &said,
        "sends no X-Forwarded-For",
        "X-Forwarded-For $remote_addr",
    );
    server.stop();
    // Not trusted, and it sends one.
    let (installation, server, _nginx) = behind(|block| block);
    settings(&installation, |text| {
        text.replace("trusted_proxies = [\"127.0.0.1\"]\n", "")
    });
    server.stop();
    let _server = Server::start(&installation);
    let said = doctor(&installation);
    problem(&said, "is not trusted", "trusted_proxies = [\"127.0.0.1\"]");
}

#[test]
fn an_origin_that_leads_elsewhere_is_a_problem() {
    let (installation, server, nginx) = behind(|block| block);
    // Nobody vouches for its certificate.
    let said = installation.run("doctor");
    assert_eq!(said.code, 1, "{}", said.out);
    problem(&said, "could not be asked", "certificate");
    // No such name, and nothing behind a name.
    let free = free_port();
    installation
        .run(&format!(
            "company add gamma --name Gamma --origin https://gamma.localhost:{free}"
        ))
        .succeeds();
    installation
        .run("company add delta --name Delta --origin https://there-is-no-such-host.invalid")
        .succeeds();
    let said = doctor(&installation);
    assert_eq!(said.code, 1, "{}", said.out);
    problem(
        &said,
        "gamma: https://gamma.localhost",
        "whether the reverse proxy runs",
    );
    problem(&said, "delta: DNS does not know", "Make a DNS entry");
    server.stop();

    // Another installation behind the same address.
    let other = with_own_keys();
    std::fs::remove_dir_all(other.path("data")).unwrap();
    std::fs::write(
        other.path("keys/instance.key"),
        format!("{}\n", "ab".repeat(32)),
    )
    .unwrap();
    let own = std::fs::read_to_string(installation.path("vestibule.toml")).unwrap();
    let listen = own
        .lines()
        .find(|line| line.starts_with("listen"))
        .unwrap()
        .to_owned();
    settings(&other, |text| {
        text.replace("listen = \"127.0.0.1:0\"", &listen)
    });
    let _other = Server::start(&other);
    let said = doctor(&installation);
    assert_eq!(said.code, 1, "{}", said.out);
    problem(
        &said,
        &format!(
            "beta: https://acme.localhost:{} leads to a Vestibule with another instance key",
            nginx.port
        ),
        "same keys",
    );
}

#[test]
fn a_stranger_learns_nothing_from_healthz() {
    let installation = with_own_keys();
    let server = Server::start(&installation);
    let plain = server.answer("acme.localhost:8080", "/healthz");
    assert!(plain.ends_with("ok\n"), "{plain}");
    for nonce in ["x", "a.b", &"a".repeat(4000), "00.%00"] {
        let answer = server.answer("acme.localhost:8080", &format!("/healthz?nonce={nonce}"));
        assert!(answer.ends_with("ok\n"), "{answer}");
    }
    let twice = server.answer("acme.localhost:8080", "/healthz?nonce=a&nonce=b");
    assert!(!twice.contains("proof"), "{twice}");
}

#[test]
fn what_cannot_be_read_is_not_missing() {
    let installation = with_own_keys();
    installation.run("keys list").succeeds();
    // A file in the place of the directory: what is beneath cannot be looked at.
    let keys = installation.path("keys");
    std::fs::rename(&keys, installation.path("away")).unwrap();
    std::fs::write(&keys, "").unwrap();
    let said = installation.run("doctor");
    assert_eq!(said.code, 1, "{}", said.out);
    said.says(&["✗ keys", "cannot be looked at", "make no new keys"]);
}
