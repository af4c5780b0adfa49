//! Connections of OpenID Connect by commands, as scripts rely on them: `connection add-oidc`, `verify`, `set`, `list --json`; and
//! what `doctor` says of them.

use std::net::TcpListener;
use std::sync::Arc;

use serde_json::Value;
use vestibule::clock::Clock;
use vestibule::demo_idp::{DemoConfig, DemoIdp, IdpKey};
use vestibule::domain::HeldDiscovery;
use vestibule::store::Store;

use super::Installation;
use crate::support::{NOW, random};

const CLIENT_ID: &str = "41ee2b0c-2c1f-4b0e-9f0a-6a1c3d7b5e92";
const ADD: &str = "connection add-oidc --company acme --name entra-oidc --display-name Contoso";
const NAMED: &str = "--company acme --name entra-oidc";

/// A provider in Entra's shape, which answers until the test ends.
pub(super) struct Provider {
    pub(super) idp: DemoIdp,
    pub(super) port: u16,
}

impl Provider {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let key = IdpKey::generate(NOW).unwrap();
        let now = Arc::new(|| Clock::system().now());
        let origin = format!("http://127.0.0.1:{port}");
        let idp = DemoIdp::new(DemoConfig::contoso(origin, key, now, random()));
        let served = idp.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                served.serve(listener, std::future::pending()).await
            })
        });
        Self { idp, port }
    }
}

fn with_secret(value: &str) -> Installation {
    let installation = Installation::with_company();
    std::fs::write(installation.path("secret.txt"), value).unwrap();
    installation
}

#[test]
fn a_connection_is_added_looked_at_and_listed_with_its_addresses() {
    let (provider, installation) = (Provider::start(), with_secret("8Q~a+b/c%d:e\n"));
    let issuer = provider.idp.tenant().issuer();
    installation
        .run(&format!(
            "{ADD} --issuer {issuer} --client-id {CLIENT_ID} --client-secret-file secret.txt --enable"
        ))
        .succeeds()
        .says(&["enabled", &issuer, "Redirect URI", "Home page URL"]);
    let listed = installation
        .run("connection list --company acme --json")
        .succeeds();
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    let one = &listed[0];
    let site = "http://acme.localhost:8080/sso/oidc";
    let callback = one["callback_url"].as_str().unwrap();
    assert!(callback.starts_with(&format!("{site}/callback/")), "{one}");
    for (key, path) in [
        ("initiate_url", "initiate"),
        ("logout_url", "logout"),
        ("backchannel_url", "backchannel"),
    ] {
        assert_eq!(one[key], format!("{site}/{path}/entra-oidc"), "{one}");
    }
    let verified = installation.run(&format!("connection verify {NAMED}"));
    verified.succeeds().says(&["Issuer", "Keys", "Scopes"]);
    // Its registration at Entra ID is compared with it, in words and for scripts.
    let manifest = serde_json::json!({ "appId": CLIENT_ID, "replyUrlsWithType": [{ "url": callback, "type": "Spa" }] });
    std::fs::write(installation.path("manifest.json"), manifest.to_string()).unwrap();
    let check = format!("connection check-manifest {NAMED} --file manifest.json");
    let checked = installation.run(&check);
    assert!(checked.out.contains("FAILED redirectUris: "), "{checked:?}");
    assert!(checked.out.contains("has to be of Web"), "{checked:?}");
    assert!(
        checked.err.contains("does not fit the connection"),
        "{checked:?}"
    );
    // What is printed of it is never the secret.
    let shown = installation.run(&format!("connection set {NAMED}"));
    assert!(!shown.out.contains("8Q~a"), "{shown:?}");
    installation.run("doctor").says(&[
        "✓ connections    acme/entra-oidc is enabled, nobody said when its client secret ends",
    ]);
}

#[test]
fn a_tenant_id_alone_is_enough() {
    let (provider, installation) = (Provider::start(), with_secret("8Q~a"));
    let tenant = provider.idp.tenant();
    let variable = (
        "VESTIBULE_DEVELOPMENT__ENTRA_PORT",
        provider.port.to_string(),
    );
    let mut command = installation.command();
    command.env(variable.0, variable.1);
    command.args(ADD.split(' '));
    command.args([
        "--tenant",
        &tenant.id.to_uppercase(),
        "--client-id",
        CLIENT_ID,
    ]);
    let added = super::Said::from(command.output().unwrap()).succeeds();
    added.says(&[&tenant.issuer(), "not enabled"]);
}

/// Doctor's words are tried: what they say makes it complete.
#[test]
fn doctor_says_what_a_connection_still_needs() {
    let (provider, installation) = (Provider::start(), with_secret("8Q~a"));
    let issuer = provider.idp.tenant().issuer();
    let add = format!("{ADD} --issuer {issuer} --client-id {CLIENT_ID}");
    installation.run(&add).succeeds();
    let set = format!("connection set {NAMED} client_secret_file=");
    installation.run("doctor").says(&[
        "! connections    acme/entra-oidc is not complete. The client secret is missing",
        &format!("vestibule {set}FILE"),
    ]);
    let words: Vec<String> = format!("{set}secret.txt")
        .split(' ')
        .map(str::to_owned)
        .collect();
    installation.run_words(&words, "").succeeds();
    let said = installation.run("doctor");
    assert!(!said.out.contains("is not complete"), "{said:?}");
}

/// Rule N6 and seed 001-9: the ID of a secret is not its value.
#[test]
fn the_id_of_a_secret_is_not_taken_for_its_value() {
    let (provider, installation) = (Provider::start(), with_secret(CLIENT_ID));
    let issuer = provider.idp.tenant().issuer();
    installation
        .run(&format!(
            "{ADD} --issuer {issuer} --client-id {CLIENT_ID} --client-secret-file secret.txt"
        ))
        .fails(2, &["This is the Secret ID", "Value"]);
}

/// Rule J6: what a provider's document says of another host is used when an administrator has seen it and says so.
#[tokio::test]
async fn addresses_that_are_held_are_accepted_by_command() {
    let (provider, installation) = (Provider::start(), with_secret("8Q~a"));
    let issuer = provider.idp.tenant().issuer();
    let add =
        format!("{ADD} --issuer {issuer} --client-id {CLIENT_ID} --client-secret-file secret.txt");
    installation.run(&add).succeeds();
    installation
        .run(&format!("connection verify {NAMED}"))
        .succeeds();
    let accept = format!("connection accept-provider {NAMED}");
    installation.run(&accept).fails(1, &["No new addresses"]);

    let data = installation.path("data/vestibule.sqlite3");
    let url = format!("sqlite:{}", data.display());
    let store = Store::open(&url, vestibule::keys::hash).await.unwrap();
    let company = store.companies().await.unwrap().remove(0);
    let stored = async || store.connections(company.id).await.unwrap().remove(0);
    let mut connection = stored().await;
    let oidc = connection.settings.oidc_mut().unwrap();
    let mut discovery = oidc.discovery.clone().unwrap();
    let old = discovery.token_endpoint.clone();
    discovery.token_endpoint = "https://elsewhere.example/token".to_owned();
    let held = HeldDiscovery {
        discovery,
        found_at: NOW,
    };
    oidc.held_discovery = Some(Box::new(held));
    assert!(store.update_connection(&connection, NOW).await.unwrap());

    let shown = installation.run(&accept);
    let change = format!("token_endpoint: {old} → https://elsewhere.example/token");
    assert_eq!(shown.code, 1, "{shown:?}");
    assert!(shown.err.contains("Nothing was accepted"), "{shown:?}");
    shown.says(&[&change]);
    assert!(
        stored()
            .await
            .settings
            .oidc()
            .unwrap()
            .held_discovery
            .is_some()
    );
    let accepted = installation.run(&format!("{accept} --yes")).succeeds();
    accepted.says(&[&change, "used from now on"]);
    let after = stored().await;
    let oidc = after.settings.oidc().unwrap();
    assert_eq!(oidc.held_discovery, None);
    let known = oidc.discovery.as_ref().unwrap();
    assert_eq!(known.token_endpoint, "https://elsewhere.example/token");
}
