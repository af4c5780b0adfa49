//! A connection's directory by commands: `directory set`, `show`, `check`, `look-up`, `status`, `off`.

use serde_json::Value;
use vestibule::demo_idp::{DemoPerson, OidcApp};

use super::Installation;
use super::connection_provider::Provider;

const CLIENT_ID: &str = "41ee2b0c-2c1f-4b0e-9f0a-6a1c3d7b5e92";
const LOOK_UP: &str = "5b1f0a3e-7c44-4a53-9d16-20b7f3c9e801";
const SECRET: &str = "8Q~look-up-secret";
const NAMED: &str = "--company acme --connection entra";

/// A connection to a tenant, and a registration for look-ups.
fn prepared() -> (Provider, Installation) {
    let (provider, installation) = (Provider::start(), Installation::with_company());
    let app = OidcApp::new(
        LOOK_UP,
        "Acme directory look-up",
        "http://127.0.0.1:9/unused",
    );
    provider.idp.register_oidc(app.with_secret(SECRET));
    std::fs::write(installation.path("secret.txt"), format!("{SECRET}\n")).unwrap();
    let add = format!(
        "connection add-oidc --company acme --name entra --display-name Contoso --tenant {} --client-id {CLIENT_ID}",
        provider.idp.tenant().id
    );
    run(&provider, &installation, &add).succeeds();
    (provider, installation)
}

fn run(provider: &Provider, installation: &Installation, command: &str) -> super::Said {
    let mut process = installation.command();
    process.env(
        "VESTIBULE_DEVELOPMENT__ENTRA_PORT",
        provider.port.to_string(),
    );
    process.args(command.split(' '));
    super::Said::from(process.output().unwrap())
}

#[test]
fn a_directory_is_set_tested_and_searched() {
    let (provider, installation) = prepared();
    let run = |command: &str| run(&provider, &installation, command);
    let none = run(&format!("directory show {NAMED}"));
    none.fails(1, &["has no directory", "vestibule directory set"]);
    let set = run(&format!(
        "directory set {NAMED} client_id={LOOK_UP} client_secret_file=secret.txt secret_expires=2099-06-30"
    ));
    set.succeeds()
        .says(&["is set", "own", LOOK_UP, "2099-06-30"]);
    let shown = run(&format!("directory show {NAMED} --json")).succeeds();
    assert!(!shown.out.contains(SECRET), "{shown:?}");
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(shown["tenant"], provider.idp.tenant().id);
    assert_eq!(shown["credential"], "own");
    assert_eq!(shown["every_minutes"], 30);

    // Its end is told where an operator looks.
    run("doctor").says(&["acme/entra: the directory's secret until 2099-06-30"]);
    let expired =
        format!("directory set {NAMED} client_secret_file=secret.txt secret_expires=2020-01-01");
    run(&expired).fails(2, &["has expired already"]);

    provider.idp.grant(LOOK_UP, &["User.Read.All"]);
    let check = run(&format!("directory check {NAMED}"));
    assert_eq!(check.code, 1, "{check:?}");
    check.says(&["FAILED", "tick GroupMember.Read.All"]);
    provider
        .idp
        .grant(LOOK_UP, &["User.Read.All", "GroupMember.Read.All"]);
    let check = run(&format!("directory check {NAMED} --json")).succeeds();
    let check: Value = serde_json::from_str(&check.out).unwrap();
    assert_eq!(check["passed"], true, "{check}");

    let id = "22222222-0000-4000-8000-000000000001";
    let person = DemoPerson::new(id, "n.ova@contoso.com", "Nina Ova");
    provider.idp.directory().put_person(person);
    let found = run(&format!("directory look-up Nina {NAMED}"));
    found
        .succeeds()
        .says(&["Nina Ova", "n.ova@contoso.com", id]);
    let status = run(&format!("directory status {NAMED}"));
    status.succeeds().says(&["Nothing was synchronised yet."]);
    let begin = run(&format!("directory synchronise {NAMED}"));
    begin.fails(2, &["Switch on the synchronisation"]);
    run(&format!("directory off {NAMED}")).succeeds();
    run(&format!("directory show {NAMED}")).fails(1, &["has no directory"]);
}

#[test]
fn what_is_no_setting_is_refused() {
    let (provider, installation) = prepared();
    let run = |command: &str| run(&provider, &installation, command);
    std::fs::write(installation.path("id.txt"), CLIENT_ID).unwrap();
    for (pair, says) in [
        ("every_minutes=4", "5 to 1440"),
        ("tenant=contoso", "Directory (tenant) ID"),
        ("cloud=moon", "global"),
        ("client_id=acme", "Application (client) ID"),
        ("synchronise=perhaps", "true or false"),
        ("colour=red", "There is no setting"),
    ] {
        let said = run(&format!("directory set {NAMED} {pair}"));
        said.fails(2, &[says]);
    }
    let said = run(&format!(
        "directory set {NAMED} client_id={LOOK_UP} client_secret_file=id.txt"
    ));
    said.fails(2, &["This is the Secret ID"]);
    run(&format!("directory show {NAMED}")).fails(1, &["has no directory"]);
}
