use super::Installation;

#[test]
fn a_group_is_changed_and_deleted() {
    let installation = Installation::with_company();
    let run = |line: &str| installation.run(&format!("group {line} --company acme"));
    run("add Staff").succeeds();
    run("add Guests --sso-only").succeeds();
    run("add staff").fails(1, &["\"Staff\"", "upper and lower case"]);
    run("set Staff").fails(2, &["--new-title"]);
    run("set Staff --new-title guests").fails(1, &["\"Guests\"", "upper and lower case"]);
    run("set Staff --new-title People --sso-only true")
        .succeeds()
        .says(&["\"People\"", "member, single sign-on only now"]);
    run("set People --sso-only true")
        .succeeds()
        .says(&["is so already"]);
    installation
        .run("user add --company acme --email a@acme.example --group People")
        .succeeds();
    let groups = installation.json("group list --company acme --json");
    assert_eq!(groups[1]["title"], "People");
    assert_eq!(groups[1]["members"], 1);
    run("delete People").fails(1, &["1 member", "--with-members"]);
    run("delete People --with-members")
        .succeeds()
        .says(&["Deleted", "1 member"]);
    run("delete People").fails(1, &["no permission group \"People\"", "Guests"]);
    let users = installation.json("user list --company acme --json");
    assert_eq!(users[0]["groups"], serde_json::json!([]));
}

#[test]
fn a_group_that_new_accounts_come_into_stays() {
    let installation = Installation::with_company();
    installation
        .run("group add SSO_Basic --company acme --sso-only")
        .succeeds();
    let file = super::metadata("entra-ssoready.xml");
    let words = [
        "connection",
        "import-metadata",
        &file,
        "--company",
        "acme",
        "--name",
        "entra",
        "--display-name",
        "Entra",
        "--jit-group",
        "SSO Basic",
    ];
    installation.run_words(&words, "").succeeds();
    installation
        .run("group delete SSO_Basic --company acme --with-members")
        .fails(1, &["cannot be deleted", "Just-In-Time", "jit_group="]);
    let set = ["connection", "set", "--company", "acme", "jit_group=none"];
    installation.run_words(&set, "").succeeds();
    installation
        .run("group delete SSO_Basic --company acme")
        .succeeds();
}

#[test]
fn the_last_way_in_is_kept_by_its_group() {
    let installation = Installation::with_company();
    installation
        .run_with(
            "user add --company acme --email root@acme.example --admin --password-stdin",
            "correct horse battery\n",
        )
        .succeeds();
    for line in [
        "group set Administrators --sso-only true --company acme",
        "group set Administrators --administrator false --company acme",
        "group delete Administrators --with-members --company acme",
    ] {
        installation
            .run(line)
            .fails(1, &["without single sign-on", "--admin --password-stdin"]);
    }
}
