use super::{Installation, metadata};

/// A company with enabled connections of these names, imported from samples.
fn with_connections(names: &[&str]) -> Installation {
    let installation = Installation::with_company();
    for name in names {
        let file = metadata(&format!("{name}-ssoready.xml"));
        let line = format!(
            "connection import-metadata {file} --company acme --name {name} --display-name {name} --enable"
        );
        installation.run(&line).succeeds();
    }
    installation
}

#[test]
fn a_domain_is_added_assigned_verified_and_removed() {
    let installation = with_connections(&["entra"]);
    installation
        .run("company domain list acme")
        .succeeds()
        .says(&["has no domain yet", "company domain add acme"]);
    installation
        .run("company domain add acme @Acme.Example")
        .succeeds()
        .says(&[
            "Added the domain acme.example",
            "company domain assign acme acme.example",
        ]);
    installation
        .run("company domain add acme acme.example")
        .fails(2, &["already"]);
    installation
        .run("company domain assign acme acme.example")
        .succeeds()
        .says(&["is assigned to entra", "vestibule user unlink --company"]);
    installation
        .run("company domain verify acme acme.example")
        .succeeds()
        .says(&["verified for Acme", "by your word"]);
    let list = installation.json("company domain list acme --json");
    assert_eq!(list[0]["domain"], "acme.example");
    assert_eq!(list[0]["connection"], "entra");
    assert_eq!(list[0]["links"], true);
    assert_eq!(list[0]["verified_by"], "operator");
    assert_eq!(list[0]["dns_record"]["name"], "_vestibule.acme.example");
    let value = list[0]["dns_record"]["value"].as_str().unwrap();
    assert!(value.starts_with("vestibule-verification="), "{value}");
    installation
        .run("company domain list acme")
        .succeeds()
        .says(&["acme.example", "entra", "operator"]);
    installation
        .run("company domain assign acme acme.example --none")
        .succeeds()
        .says(&[
            "no connection now",
            "Whoever signed in through a connection before",
        ]);
    installation
        .run("company domain remove acme acme.exampel")
        .fails(1, &["acme.example"]);
    installation
        .run("company domain remove acme acme.example")
        .fails(1, &["the company's last domain", "--last"]);
    installation
        .run("company domain remove acme acme.example --last")
        .succeeds()
        .says(&["Its accounts stay"]);
    assert_eq!(
        installation.json("company domain list acme --json"),
        serde_json::json!([])
    );
}

#[test]
fn of_several_connections_one_is_named() {
    let installation = with_connections(&["entra", "okta"]);
    installation
        .run("company domain add acme acme.example")
        .succeeds();
    installation
        .run("company domain assign acme acme.example")
        .fails(
            2,
            &[
                "several connections",
                "--connection entra",
                "--connection okta",
            ],
        );
    installation
        .run("company domain assign acme acme.example --connection okta")
        .succeeds();
    installation
        .run("connection set --company acme --name okta link=acme.example")
        .fails(
            2,
            &[
                "e-mail domains are the company's",
                "vestibule company domain assign",
            ],
        );
}

#[test]
fn what_is_nobodys_needs_insistence() {
    let installation = Installation::with_company();
    for (domain, says) in [
        ("gmail.com", "Anybody can have"),
        ("intranet", "no domain that"),
    ] {
        installation
            .run(&format!("company domain add acme {domain}"))
            .fails(1, &[says, "--insist"]);
        installation
            .run(&format!("company domain add acme {domain} --insist"))
            .succeeds();
    }
    installation
        .run("company domain add acme a@b.example")
        .fails(2, &["not a domain"]);
}

#[test]
fn a_company_begins_with_its_domains() {
    let installation = Installation::with_company();
    let add = |slug: &str, domains: &str| {
        installation.run(&format!(
            "company add {slug} --name {slug} --origin http://{slug}.localhost:8080 {domains}"
        ))
    };
    add("beta", "--domain beta.example --domain beta.test")
        .succeeds()
        .says(&[
            "beta.example is a domain of beta, by your word.",
            "beta.test",
        ]);
    let list = installation.json("company domain list beta --json");
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[0]["verified_by"], "operator");
    // Verified for one company, and nothing is left of what was refused.
    add("gamma", "--domain beta.test").fails(
        1,
        &[
            "beta.test is verified for another company",
            "It is \"beta\".",
            "Leave it out, or remove it there first.",
        ],
    );
    installation
        .run("company show gamma")
        .fails(1, &["no company"]);
    installation
        .run("company domain add acme beta.test")
        .succeeds()
        .says(&[
            "beta.test is verified for another company",
            "the company \"beta\"",
        ]);
    installation
        .run("company domain verify acme beta.test")
        .fails(
            1,
            &[
                "beta.test is verified for another company",
                "Remove it there first.",
            ],
        );
}

#[test]
fn a_user_who_waits_names_a_connection() {
    let installation = with_connections(&["entra", "okta"]);
    let add = |rest: &str| installation.run(&format!("user add --company acme --email {rest}"));
    add("a@acme.example").fails(2, &["Several connections", "entra, okta", "--connection"]);
    add("a@acme.example --connection okta").succeeds();
    installation
        .run("company domain add acme acme.example --connection entra")
        .succeeds();
    add("b@acme.example").succeeds();
    add("c@acme.example --connection okta").fails(2, &["acme.example come through entra"]);
    add("d@acme.example --connection octa").fails(1, &["okta"]);
    // It is said later, or otherwise.
    let set = |rest: &str| installation.run(&format!("user set --company acme --email {rest}"));
    set("a@acme.example --connection entra")
        .succeeds()
        .says(&["a@acme.example signs in first through entra."]);
    set("a@acme.example --connection entra")
        .succeeds()
        .says(&["is so already"]);
    // The domain decides; of another address another connection may be chosen, in the same step, if that lets guests in.
    set("a@acme.example --connection okta").fails(2, &["acme.example come through entra"]);
    set("a@acme.example --connection okta --new-email a@elsewhere.example")
        .fails(2, &["okta lets in nobody from outside", "guests=true"]);
    installation
        .run("connection set --company acme --name okta guests=true")
        .succeeds();
    set("a@acme.example --connection okta --new-email a@elsewhere.example")
        .succeeds()
        .says(&["signs in first through okta", "Changed a@elsewhere.example"]);
    set("a@elsewhere.example --connection octa").fails(1, &["okta"]);
    installation
        .run_with(
            "user add --company acme --email e@acme.example --password-stdin",
            "seventeen green umbrellas\n",
        )
        .succeeds();
    set("e@acme.example --connection entra").fails(1, &["does not wait for a first sign-in"]);
}
