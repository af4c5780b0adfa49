use serde_json::Value;

use super::Installation;

#[test]
fn the_audit_log_is_listed_even_of_a_suspended_company() {
    let installation = Installation::with_company();
    installation
        .run("user add --company acme --email a@acme.example")
        .succeeds();
    installation
        .run("group add Staff --company acme")
        .succeeds();
    installation.run("company suspend acme --yes").succeeds();
    installation
        .run("audit list --company acme")
        .succeeds()
        .says(&[
            "WHO",
            "command line",
            "user.add",
            "a@acme.example",
            "company.suspend",
        ]);
    let lines = |line: &str| -> Vec<Value> {
        let said = installation.run(line).succeeds();
        let objects = said.out.lines().map(serde_json::from_str);
        objects.collect::<Result<_, _>>().unwrap()
    };
    let all = lines("audit list --company acme --json");
    assert_eq!(all[0]["action"], "company.suspend", "the newest first");
    let user = all.iter().find(|entry| entry["action"] == "user.add");
    assert_eq!(user.unwrap()["after"]["email"], "a@acme.example");
    let about = lines("audit list --company acme --about group --json");
    assert!(
        about
            .iter()
            .all(|entry| entry["action"].as_str().unwrap().starts_with("group."))
    );
    assert_eq!(about.len(), 1);
    assert_eq!(
        lines("audit list --company acme --search Staff --json"),
        about
    );
    assert_eq!(
        lines("audit list --company acme --limit 1 --json"),
        all[..1]
    );
    installation
        .run("audit list --company acme --search nobody")
        .succeeds()
        .says(&["no such entry"]);
}
