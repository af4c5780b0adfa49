//! The README's nginx, as it stands, in front of a server: only ports and certificates are the test's.

use std::path::Path;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

use super::{Installation, Server, settings, with_own_keys};
use crate::support::{Nginx, free_port, hidden_field};

/// nginx with the README's block on a port of its own, in front of an address, with changes to the block where a test wants one.
fn start(
    installation: &Installation,
    port: u16,
    upstream: &str,
    change: impl Fn(String) -> String,
) -> Nginx {
    certificate(installation);
    let block = readme()
        .replace("listen 443 ssl;", &format!("listen 127.0.0.1:{port} ssl;"))
        .replace(
            "/etc/ssl/sso.example.com.pem",
            &shown(installation, "tls.pem"),
        )
        .replace(
            "/etc/ssl/sso.example.com.key",
            &shown(installation, "tls.key"),
        )
        .replace("*.sso.example.com", "localhost *.localhost")
        .replace("http://127.0.0.1:8080", &format!("http://{upstream}"));
    Nginx::start(installation, port, &change(block))
}

/// The block of the README.
fn readme() -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    let text = text.unwrap();
    let (_, block) = text.split_once("```nginx\n").unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

fn shown(installation: &Installation, name: &str) -> String {
    installation.path(name).display().to_string()
}

/// A certificate for localhost, which is its own authority.
fn certificate(installation: &Installation) {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "localhost").unwrap();
    let name = name.build();
    let mut made = X509::builder().unwrap();
    made.set_version(2).unwrap();
    let serial = BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap();
    made.set_serial_number(&serial).unwrap();
    made.set_subject_name(&name).unwrap();
    made.set_issuer_name(&name).unwrap();
    made.set_pubkey(&key).unwrap();
    made.set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    made.set_not_after(&Asn1Time::days_from_now(2).unwrap())
        .unwrap();
    let authority = BasicConstraints::new().critical().ca().build().unwrap();
    made.append_extension(authority).unwrap();
    let names = SubjectAlternativeName::new()
        .dns("localhost")
        .dns("acme.localhost")
        .build(&made.x509v3_context(None, None))
        .unwrap();
    made.append_extension(names).unwrap();
    made.sign(&key, MessageDigest::sha256()).unwrap();
    std::fs::write(installation.path("tls.pem"), made.build().to_pem().unwrap()).unwrap();
    std::fs::write(
        installation.path("tls.key"),
        key.private_key_to_pem_pkcs8().unwrap(),
    )
    .unwrap();
}

/// An installation behind nginx: its company's origin is nginx's, and the README's configuration file stands beside.
pub(super) fn behind(change: impl Fn(String) -> String) -> (Installation, Server, Nginx) {
    let installation = with_own_keys();
    let (own, port) = (free_port(), free_port());
    settings(&installation, |text| {
        let text = text.replace("127.0.0.1:0", &format!("127.0.0.1:{own}"));
        format!("trusted_proxies = [\"127.0.0.1\"]\n{text}")
    });
    installation
        .run(&format!(
            "company add beta --name Beta --origin https://acme.localhost:{port}"
        ))
        .succeeds();
    let server = Server::start(&installation);
    let nginx = start(&installation, port, &format!("127.0.0.1:{own}"), change);
    (installation, server, nginx)
}

const PASSWORD: &str = "a long enough passphrase of beta";

fn cookie_of(answer: &reqwest::Response) -> String {
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_documented_nginx_carries_host_clients_and_uploads() {
    let (installation, server, nginx) = behind(|block| block);
    let origin = format!("https://acme.localhost:{}", nginx.port);
    installation
        .run("user add --company beta --email admin@beta.example --admin")
        .succeeds();
    let words =
        "user set-password --company beta --email admin@beta.example --password-stdin --for-good";
    let words: Vec<&str> = words.split(' ').collect();
    installation.run_words(&words, PASSWORD).succeeds();
    let authority = std::fs::read(installation.path("tls.pem")).unwrap();
    let http = reqwest::Client::builder()
        .add_root_certificate(reqwest::Certificate::from_pem(&authority).unwrap())
        .redirect(reqwest::redirect::Policy::none())
        .resolve("acme.localhost", ([127, 0, 0, 1], nginx.port).into())
        .build()
        .unwrap();
    // The host picks the company: the metadata is beta's, at nginx's origin.
    let metadata = http
        .get(format!("{origin}/sso/metadata"))
        .send()
        .await
        .unwrap();
    let metadata = metadata.text().await.unwrap();
    assert!(
        metadata.contains(&format!("entityID=\"{origin}/sso/metadata\"")),
        "{metadata}"
    );
    // Somebody signs in, with cookies for https.
    let page = http.get(format!("{origin}/sign-in")).send().await.unwrap();
    let cookie = cookie_of(&page);
    assert!(cookie.starts_with("__Host-"), "{cookie}");
    let csrf = hidden_field(&page.text().await.unwrap(), "csrf").unwrap();
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("csrf", &csrf)
        .append_pair("email", "admin@beta.example")
        .append_pair("password", PASSWORD)
        .finish();
    let signed_in = http
        .post(format!("{origin}/sign-in"))
        .header("cookie", &cookie)
        .header("origin", &origin)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .unwrap();
    assert_eq!(signed_in.status(), 303);
    let session = cookie_of(&signed_in);

    // 3 MiB reach the console, and are not nginx's to refuse.
    let part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\n";
    let upload = format!("{part}{}\r\n--b--\r\n", "x".repeat(3 * 1024 * 1024));
    let answer = http
        .post(format!("{origin}/admin/users/import"))
        .header("cookie", &session)
        .header("origin", &origin)
        .header("content-type", "multipart/form-data; boundary=b")
        .body(upload)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let by_us = answer.headers().contains_key("content-security-policy");
    assert!(by_us && status != 413, "{status}");
    drop(nginx);
    server.stop();
}
