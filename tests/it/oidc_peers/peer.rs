//! A provider of others as a process. The other halves: `provider.mjs` and `provider.py`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde::Serialize;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

/// What the provider is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Package {
    /// npm's oidc-provider: signs by RS256, PS256, ES256 and `EdDSA`, names itself in each answer, tells of logouts.
    OidcProvider,
    /// Python's pyop: signs by RS256, and has claims of the user at userinfo alone.
    Pyop,
}

/// What it knows from the start.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PeerSettings {
    accounts: Vec<Value>,
    claims_in_id_token: bool,
}

/// A provider that runs until it is dropped.
pub(crate) struct Peer {
    process: Child,
    issuer: String,
    log: NamedTempFile,
}

impl PeerSettings {
    /// Without anybody. The ID token has the claims of all scopes that are asked for.
    pub(crate) const fn new() -> Self {
        Self {
            accounts: Vec::new(),
            claims_in_id_token: true,
        }
    }

    /// Has the claims at userinfo alone.
    pub(crate) const fn claims_at_userinfo(mut self) -> Self {
        self.claims_in_id_token = false;
        self
    }

    /// Adds somebody by the claims, with `sub` among them. A `login_hint` names who signs in, by `sub` or `email`.
    pub(crate) fn account(mut self, claims: &Value) -> Self {
        self.accounts.push(json!({ "claims": claims }));
        self
    }
}

impl Peer {
    /// Starts it, and waits until it answers.
    pub(crate) fn start(package: Package, settings: &PeerSettings) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (program, script) = match package {
            Package::OidcProvider => ("node".into(), "provider.mjs"),
            Package::Pyop => (root.join("target/test-python/bin/python"), "provider.py"),
        };
        let log = NamedTempFile::new().unwrap();
        let mut process = Command::new(&program)
            .arg(root.join("tests/it/oidc_peers").join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{}: {error}: run script/bootstrap test", program.display())
            });
        // The process ends when this end of its input does, so it is kept.
        let input = process.stdin.as_mut().unwrap();
        let settings = serde_json::to_string(settings).unwrap();
        // Where it has ended already, its log says why.
        let _ = writeln!(input, "{settings}");
        let mut line = String::new();
        let output = process.stdout.as_mut().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let mut peer = Self {
            process,
            issuer: String::new(),
            log,
        };
        let said: Value = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("{script} does not start: run script/bootstrap test"));
        said["issuer"]
            .as_str()
            .unwrap()
            .clone_into(&mut peer.issuer);
        peer
    }

    /// Who it is: `http`, this machine, a port of its own.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Registers a client, by the members of OpenID Connect Dynamic Client Registration 1.0, section 2.
    pub(crate) async fn register(&self, client: &Value) {
        self.control("clients", client).await;
    }

    /// Signs with new keys, and publishes the old ones, too.
    pub(crate) async fn add_keys(&self) {
        self.control("add-keys", &Value::Null).await;
    }

    /// Publishes the newest keys alone.
    pub(crate) async fn drop_keys(&self) {
        self.control("drop-keys", &Value::Null).await;
    }

    async fn control(&self, what: &str, body: &Value) {
        let answer = reqwest::Client::new()
            .post(format!("{}/control/{what}", self.issuer))
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 204, "{what}");
    }
}

#[expect(
    clippy::print_stdout,
    reason = "a test that fails says what the provider said"
)]
impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.log.path());
            println!("{}", log.unwrap_or_default());
        }
    }
}
