use super::Installation;
use super::Server;

#[tokio::test]
async fn a_company_is_changed_and_a_running_server_shows_it() {
    let installation = Installation::with_company();
    let server = Server::start(&installation);
    let host = "acme.localhost:8080";
    let before = server.answer(host, "/sso/metadata");
    assert!(!before.contains("Organization") && !before.contains("ContactPerson"));
    let words = [
        "company",
        "set",
        "acme",
        "name=Acme Ltd",
        "landing=https://app.acme.example/start",
        "return_origins=https://app.acme.example",
        "organization_url=https://acme.example",
        "organization_display_name=Acme & Co.",
        "contact_name=Acme IT",
        "contact_email=it@acme.example",
    ];
    let said = installation.run_words(&words, "").succeeds().says(&[
        "name of acme is Acme Ltd now.",
        "landing of acme is https://app.acme.example/start now.",
        "contact_email of acme is it@acme.example now.",
    ]);
    assert!(!said.out.contains("Identifier"), "the origin is the same");
    let metadata = server.soon_says(host, "/sso/metadata", "<md:Organization>");
    for part in [
        "<md:OrganizationName xml:lang=\"en\">Acme Ltd</md:OrganizationName>",
        "<md:OrganizationDisplayName xml:lang=\"en\">Acme &amp; Co.</md:OrganizationDisplayName>",
        "<md:OrganizationURL xml:lang=\"en\">https://acme.example</md:OrganizationURL>",
        "<md:ContactPerson contactType=\"technical\">",
        "<md:GivenName>Acme IT</md:GivenName>",
        "<md:EmailAddress>mailto:it@acme.example</md:EmailAddress>",
    ] {
        assert!(metadata.contains(part), "{part} is not in {metadata}");
    }

    let words = [
        "company",
        "set",
        "acme",
        "organization_url=none",
        "contact_email=none",
        "landing=none",
    ];
    installation.run_words(&words, "").succeeds();
    let settings = installation.json("company set acme --json");
    assert_eq!(settings["landing"], "none");
    let log = installation.audit_log().await;
    assert_eq!(log[0].0, "company.set");
    assert!(
        log[1].1.contains("name: Acme → Acme Ltd; "),
        "{:?}",
        log[1].1
    );
    assert!(log[0].1.contains("contact_email: it@acme.example → none"));
}

#[test]
fn a_company_is_shown() {
    let installation = Installation::with_company();
    for line in ["company set acme", "company show acme"] {
        installation.run(line).succeeds().says(&[
            "KEY",
            "organization_url ",
            "separated by commas",
        ]);
    }
    installation
        .run("company show acme")
        .says(&["Reply URL (ACS)          http://acme.localhost:8080/sso/acs"]);
    let shown = installation.json("company show acme --json");
    assert_eq!(shown["slug"], "acme");
    assert_eq!(
        shown["entity_id"],
        "http://acme.localhost:8080/sso/metadata"
    );
    assert_eq!(shown["settings"]["origin"], "http://acme.localhost:8080");
    installation
        .run("company show amce")
        .fails(1, &["Did you mean \"acme\"?"]);
}

#[test]
fn a_company_moves() {
    let installation = Installation::with_company();
    let server = Server::start(&installation);
    installation
        .run("company set acme origin=https://login.acme.example/")
        .succeeds()
        .says(&[
            "The entity ID was http://acme.localhost:8080/sso/metadata and is https://login.acme.example/sso/metadata now.",
            "Tell the identity provider",
            "http://acme.localhost:8080 does not lead here any more",
            "company set acme aliases=http://acme.localhost:8080",
            "Identifier (Entity ID)   https://login.acme.example/sso/metadata",
            "Reply URL (ACS)          https://login.acme.example/sso/acs",
            "Sign on URL              https://login.acme.example/\n",
            "Logout URL               https://login.acme.example/sso/slo",
        ]);
    let entity_id = "entityID=\"https://login.acme.example/sso/metadata\"";
    server.soon_says("login.acme.example", "/sso/metadata", entity_id);
    let said = installation
        .run("company set acme aliases=http://acme.localhost:8080,https://sso.acme.example")
        .succeeds();
    assert!(!said.out.contains("Tell the identity provider"));
    server.soon_says("acme.localhost:8080", "/sso/metadata", entity_id);
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let installation = Installation::with_company();
    installation
        .run("company add beta --name Beta --origin http://beta.localhost:8080")
        .succeeds();
    let before = installation.json("company list --json");
    for (line, code, texts) in [
        (
            "company set acme name=A landing=https://evil.example/",
            2,
            [
                "may return to https://evil.example yet",
                "company set acme return_origins=https://evil.example landing=https://evil.example/",
            ],
        ),
        (
            "company set acme landing=/sso/login",
            2,
            ["beside the sign-in pages", ""],
        ),
        (
            "company set acme origin=http://acme.example",
            2,
            ["loopback names only", ""],
        ),
        (
            "company set acme aliases=http://beta.localhost:8080",
            1,
            ["belongs to the company \"beta\"", "another origin"],
        ),
        (
            "company set acme aliases=http://acme.localhost:8080",
            1,
            ["the same host name", "once"],
        ),
        (
            "company set acme contact=it@acme.example",
            2,
            ["There is no setting \"contact\"", "contact_email"],
        ),
        (
            "company set acme landing",
            2,
            ["is not a pair", "landing=https://app.example.com/"],
        ),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        installation.run_words(&words, "").fails(code, &texts);
    }
    assert_eq!(installation.json("company list --json"), before);
}
