//! Whole files by command.

use serde_json::Value;

use super::Installation;

#[test]
fn users_are_exported_as_a_file_that_can_be_imported() {
    let installation = Installation::with_company();
    for line in [
        "group add Staff --company acme",
        "user add --company acme --email b@acme.example --first-name =B --group Staff",
        "user add --company acme --email a@acme.example --last-name Ångström",
    ] {
        installation.run(line).succeeds();
    }
    let said = installation.run("user export --company acme").succeeds();
    let lines: Vec<&str> = said.out.split("\r\n").collect();
    assert!(lines[0].starts_with("email,first_name,last_name,company,groups"));
    assert!(
        lines[1].starts_with("a@acme.example,,Ångström,"),
        "{lines:?}"
    );
    assert!(
        lines[2].starts_with("b@acme.example,'=B,,,Staff,"),
        "{lines:?}"
    );
    assert_eq!(lines[3..], [""]);
    installation
        .run("audit list --company acme --about user")
        .succeeds()
        .says(&["user.export", "2 users"]);
    installation
        .run("user export --company acne")
        .fails(1, &["There is no company", "acme"]);
}

#[test]
fn the_audit_log_is_exported_whole() {
    let installation = Installation::with_company();
    for line in [
        "user add --company acme --email a@acme.example",
        "group add Staff --company acme",
        "company suspend acme --yes",
    ] {
        installation.run(line).succeeds();
    }
    let said = installation.run("audit export --company acme").succeeds();
    assert!(said.out.starts_with("at,actor,from,action"), "{}", said.out);
    for text in ["command line", "company.suspend", "a@acme.example"] {
        assert!(said.out.contains(text), "{text}: {}", said.out);
    }
    let said = installation
        .run("audit export --company acme --about group --search staff --json")
        .succeeds();
    let entries: Vec<Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["after"]["title"], "Staff");
}
