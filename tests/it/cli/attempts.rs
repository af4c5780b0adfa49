//! What `attempts show` tells of a refused sign-in: all that the console's page tells.

use serde_json::{Value, json};
use vestibule::domain::{
    AttemptId, AttemptKind, Check, Connection, LoginAttempt, Outcome, Record, SamlSettings, Slug,
};
use vestibule::store::Store;

use super::Installation;
use crate::support;

const SIGNED: &str = "The signature verifies with a certificate of the connection";

fn check(rule: &'static str, subject: &'static str, received: String, passed: bool) -> Check {
    Check {
        rule: rule.into(),
        subject: subject.into(),
        expected: "what was expected".into(),
        received: received.into(),
        passed,
    }
}

/// A company with a connection, and two sign-ins: refused for a certificate and for an audience.
async fn refused(installation: &Installation) -> [String; 2] {
    let data = installation.path("data/vestibule.sqlite3");
    let url = format!("sqlite:{}", data.display());
    let store = Store::open(&url, vestibule::keys::hash).await.unwrap();
    let slug: Slug = "acme".parse().unwrap();
    let company = store.company_by_slug(&slug).await.unwrap().unwrap();
    let pem = include_str!("../../vectors/keys/idp.crt");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let settings = SamlSettings {
        idp_entity_id: "https://idp.example/saml".to_owned(),
        sso_post_url: Some("https://idp.example/sso".to_owned()),
        certificates: vec![body],
        ..SamlSettings::default()
    };
    let connection: Connection = support::connection(company.id, "entra", settings);
    let now = vestibule::clock::Clock::system().now();
    store.add_connection(&connection, now).await.unwrap();
    let attempt = |id: u8, rule: &str, checks: Vec<Check>| LoginAttempt {
        connection_id: Some(connection.id),
        outcome: Outcome::Refused,
        finished_at: Some(now),
        rule: Some(rule.to_owned()),
        summary: format!("refused for {rule}"),
        named: Some("mallory@acme.example".parse().unwrap()),
        record: Record {
            checks,
            advice: vec!["What to do.".to_owned()],
        },
        ..LoginAttempt::open(
            AttemptId::from_bytes([id; 16]),
            company.id,
            AttemptKind::Saml,
            [0; 32],
            now,
        )
    };
    let named = format!(
        "a signature that names certificate SHA-256 {} / SHA-1 {} of \"Somebody else\", which the connection does not have",
        "ab".repeat(32),
        "CD".repeat(20)
    );
    let made = now - time::Duration::seconds(42);
    let made = made
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap();
    let certificate = attempt(
        1,
        "B3",
        vec![
            check("C5", "The message was not issued in the future", made, true),
            check("B3", SIGNED, named, false),
        ],
    );
    let audience = attempt(
        2,
        "D4",
        vec![check(
            "D4",
            "The audience is our Identifier (Entity ID)",
            "urn:other".to_owned(),
            false,
        )],
    );
    for attempt in [&certificate, &audience] {
        store.add_attempt(attempt).await.unwrap();
    }
    store.close().await;
    [certificate.code.to_string(), audience.code.to_string()]
}

#[tokio::test]
async fn a_refused_sign_in_is_shown_with_everything_that_helps() {
    let installation = Installation::with_company();
    let [certificate, audience] = refused(&installation).await;
    let (ab, cd) = ("ab".repeat(32), "CD".repeat(20));

    let shown = installation.run(&format!("attempts show {certificate} --company acme"));
    shown.succeeds().says(&[
        "mallory@acme.example, who was not signed in",
        "the message was made 42 seconds before it was judged",
        "a certificate that the connection does not have",
        "Somebody else",
        &ab,
        &cd,
        "The connection has now, until ",
        "SAML Certificates → App Federation Metadata Url",
        "x.509 Certificate → Update Certificate",
        "/admin/connections/",
        "/certificates",
    ]);
    let shown = installation.run(&format!("attempts show {audience} --company acme"));
    shown.succeeds().says(&[
        "At the identity provider:",
        "Identifier (Entity ID): ",
        "SAML Settings → Further audiences: urn:other",
        "vestibule connection set --company acme --name entra extra_audiences=urn:other",
        "#extra_audiences",
    ]);

    let shown = installation.json(&format!(
        "attempts show {certificate} --company acme --json"
    ));
    assert_eq!(shown["user"], "mallory@acme.example");
    assert_eq!(shown["signed_in"], false);
    assert_eq!(
        shown["signing"]["received"],
        json!({"subject": "Somebody else", "sha256": ab, "sha1": cd})
    );
    let expected = &shown["signing"]["expected"][0];
    assert_eq!(expected["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(expected["sha1"].as_str().unwrap().len(), 40);
    assert!(shown["clocks"]["drift_seconds"].as_f64().unwrap() > 41.0);
    let shown = installation.json(&format!("attempts show {audience} --company acme --json"));
    let fixes = shown["fixes"].as_array().unwrap();
    let [theirs, ours] = &fixes[..] else {
        panic!("{fixes:?}")
    };
    assert_eq!(theirs["side"], "identity_provider");
    assert_eq!(theirs["url"], Value::Null);
    assert_eq!(ours["setting"], "extra_audiences");
    assert_eq!(ours["value"], "urn:other");

    // What is advised is a command that works.
    let command = ours["command"].as_str().unwrap();
    let command = command.strip_prefix("vestibule ").unwrap();
    let words: Vec<&str> = command.split(' ').collect();
    installation.run_words(&words, "").succeeds();
}

#[tokio::test]
async fn a_warning_is_listed() {
    let installation = Installation::with_company();
    refused(&installation).await;
    let none = installation.run("attempts list --company acme --warning");
    none.succeeds().says(&["no such"]);
    let listed = installation.json("attempts list --company acme --json");
    assert_eq!(listed[0]["warning"], Value::Null);
    installation
        .run("attempts list --company acme")
        .succeeds()
        .says(&["refused (D4)", "refused for D4"]);
}
