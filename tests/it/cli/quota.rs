//! `company quota`, and commands that have no room.

use super::Installation;

#[test]
fn a_company_s_quotas_are_shown_and_set() {
    let installation = Installation::with_settings("[quota]\ngroups = 7\n");
    for slug in ["acme", "beta"] {
        let line = format!("company add {slug} --name X --origin http://{slug}.localhost:8080");
        installation.run(&line).succeeds();
    }
    installation.run("company quota acme").succeeds().says(&[
        "permission groups",
        "250000",
        "0 %",
        "configuration",
    ]);
    let quota = |slug: &str, family: &str| {
        let all = installation.json(&format!("company quota {slug} --json"));
        let found = all
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["family"] == family);
        found.unwrap()["quota"].clone()
    };
    assert_eq!(quota("acme", "groups"), 7);
    installation
        .run("company quota acme --users 3 --groups 2 --document-megabytes 1000")
        .succeeds()
        .says(&["this company"]);
    assert_eq!(quota("acme", "users"), 3);
    assert_eq!(quota("acme", "groups"), 2);
    assert_eq!(quota("acme", "documents"), 1000);
    assert_eq!(quota("acme", "domains"), 200);
    assert_eq!(quota("beta", "users"), 250_000);
    installation
        .run("company show acme")
        .succeeds()
        .says(&["permission groups", "this company"]);
    let shown = installation.json("company show acme --json");
    assert_eq!(shown["quota"][0]["quota"], 3);
    for (wrong, texts) in [
        ("--users 0", ["--users 0 is not possible", "from 1 to"]),
        (
            "--tokens 201",
            ["--tokens 201 is not possible", "from 1 to 200"],
        ),
        ("--users many", ["invalid value", "--users"]),
    ] {
        let line = format!("company quota acme {wrong}");
        installation.run(&line).fails(2, &texts);
    }
    installation
        .run("company quota nobody")
        .fails(1, &["no company \"nobody\""]);
    // One is kept, the others are the configuration's again.
    installation
        .run("company quota acme --default --users 4")
        .succeeds();
    assert_eq!(quota("acme", "users"), 4);
    assert_eq!(quota("acme", "groups"), 7);
    installation
        .run("audit list --company acme")
        .succeeds()
        .says(&["company.quota"]);
}

#[test]
fn a_command_that_has_no_room_says_how_to_make_it() {
    let installation = Installation::with_company();
    installation
        .run("company quota acme --users 2 --groups 1 --domains 1")
        .succeeds();
    installation
        .run("group add Staff --company acme")
        .succeeds();
    installation.run("group add More --company acme").fails(
        1,
        &[
            "at most 1 permission groups",
            "vestibule company quota acme --groups NUMBER",
        ],
    );
    let add = |email: &str| installation.run(&format!("user add --company acme --email {email}"));
    add("a@acme.example").succeeds();
    add("b@acme.example").succeeds();
    installation
        .run("doctor")
        .says(&["acme: 2 of 2 users", "acme: 1 of 1 permission groups"]);
    add("c@acme.example").fails(
        1,
        &[
            "at most 2 users",
            "Delete users",
            "vestibule company quota acme --users NUMBER",
        ],
    );
    installation
        .run("company domain add acme acme.example")
        .succeeds();
    installation
        .run("company domain add acme more.example")
        .fails(
            1,
            &[
                "at most 1 e-mail domains",
                "vestibule company quota acme --domains NUMBER",
            ],
        );
    // What is advised helps: room is made, or more is allowed.
    installation
        .run("user delete --company acme --email a@acme.example --yes")
        .succeeds();
    add("c@acme.example").succeeds();
    installation.run("company quota acme --users 3").succeeds();
    add("d@acme.example").succeeds();
}
