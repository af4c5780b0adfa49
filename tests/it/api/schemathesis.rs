//! Schemathesis (Python) makes requests from the `OpenAPI` document, right and wrong, and holds the answers of the real binary
//! against it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use vestibule::domain::Scope;

use crate::support::{
    ACME, Client, Deployment, Installation, PASSWORD, Server, hidden_field, no_rate_limits,
};

/// Requests that are made for each operation, beside those that its parameters ask for.
const EXAMPLES: &str = "25";
/// Seconds that sequences of operations may take; `VESTIBULE_TEST_SCHEMATHESIS_SECONDS` sets others.
const SECONDS: &str = "90";

/// What is held of every answer: no 5xx, nothing that the document does not say, and no answer without a token.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,unsupported_method,ignored_auth,missing_required_header,use_after_free,\
                      negative_data_rejection";

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing() {
    let installation = Installation::with_settings(&no_rate_limits());
    let deployment = Deployment::of(installation);
    deployment
        .installation
        .run_with(
            "user add --company acme --email root@acme.example --admin --password-stdin --for-good",
            PASSWORD,
        )
        .succeeds();
    let server = Server::start(&deployment.installation);
    let token = token(&Client::of(&server)).await;
    let seconds = std::env::var("VESTIBULE_TEST_SCHEMATHESIS_SECONDS");
    let seconds = seconds.unwrap_or_else(|_| SECONDS.to_owned());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = root.join("target/test-python/bin/schemathesis");
    let said = Command::new(&program)
        .current_dir(deployment.installation.path(""))
        .arg("--config-file")
        .arg(root.join("tests/it/api/schemathesis.toml"))
        .args([
            "run",
            "--no-color",
            "--warnings",
            "off",
            "--continue-on-failure",
        ])
        .args([
            "--seed",
            "1",
            "--max-examples",
            EXAMPLES,
            "--max-time",
            &seconds,
        ])
        .args(["--checks", CHECKS])
        .args(["--generation-database", "none"])
        .args(["--header", &format!("Host: {ACME}")])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .arg(format!("http://{}/api/v1/openapi.json", server.address))
        .output()
        .unwrap_or_else(|error| {
            panic!("{}: {error}: run script/bootstrap test", program.display())
        });
    let log = server.stop();
    let told = String::from_utf8_lossy(&said.stdout);
    let complaints = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{told}\n{complaints}");
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_default();
        assert_ne!(entry["level"], "ERROR", "{line}");
        assert!(!line.contains("panicked"), "{line}");
    }
    // It has had an answer of every kind: a run that made nothing would prove nothing.
    for status in [200, 201, 204, 400, 401, 404, 405, 409, 412, 415, 422, 428] {
        let has = format!("\"status\":{status}");
        assert!(log.contains(&has), "{status}\n{told}");
    }
}

/// A token for everything, made in the console.
async fn token(client: &Client) -> String {
    let page = client.get("/sign-in", "").await.unwrap();
    let login = page.cookie().unwrap();
    let form = |fields: &[(&str, &str)]| {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish()
    };
    let fields = form(&[
        ("csrf", &hidden_field(&page.body, "csrf").unwrap()),
        ("email", "root@acme.example"),
        ("password", PASSWORD),
        ("return_to", ""),
    ]);
    let answer = client.submit("/sign-in", &login, fields).await.unwrap();
    assert_eq!(answer.status, 303, "{}", answer.body);
    let session = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap())
        .find(|cookie| cookie.contains("session="))
        .unwrap()
        .to_owned();
    let page = client.get("/admin/tokens", &session).await.unwrap();
    assert_eq!(page.status, 200, "{}", page.body);
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let mut fields = vec![("csrf", csrf.as_str()), ("name", "fuzz"), ("days", "7")];
    fields.extend(Scope::WORDS.iter().map(|scope| ("scope", *scope)));
    let made = client
        .submit("/admin/tokens", &session, form(&fields))
        .await;
    let made = made.unwrap();
    assert_eq!(made.status, 200, "{}", made.body);
    let at = made.body.find("vestibule_").unwrap();
    let token = made.body[at..at + 74].to_owned();
    assert_eq!(json!(token.len()), json!(74));
    token
}
