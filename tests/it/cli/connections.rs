use std::io::{BufRead as _, BufReader, Write as _};

use super::{Installation, metadata};

fn import(installation: &Installation, file: &str, rest: &str) -> super::Said {
    let mut words = vec![
        "connection".to_owned(),
        "import-metadata".to_owned(),
        metadata(file),
        "--company".to_owned(),
        "acme".to_owned(),
    ];
    words.extend(
        rest.split_ascii_whitespace()
            .map(|word| word.replace('_', " ")),
    );
    installation.run_words(&words, "")
}

#[test]
fn entras_metadata_makes_a_connection_and_another_import_updates_it() {
    let installation = Installation::with_company();
    installation
        .run("group add SSO_Basic --company acme --sso-only")
        .succeeds();
    let options = "--name entra --display-name Acme_Entra_ID --jit-group SSO_Basic --enable";
    import(&installation, "entra-ssoready.xml", options)
        .succeeds()
        .says(&[
            "Added the connection \"entra\" of Acme (enabled)",
            "+ signing certificate: A33533A86D6933F8B680EAE64AFFD9BE22AD4725",
            "+ sign-on address (POST): https://login.microsoftonline.com/",
        ]);
    let list = installation.json("connection list --company acme --json");
    assert_eq!(list[0]["display_name"], "Acme Entra ID");
    assert_eq!(list[0]["enabled"], true);
    assert_eq!(list[0]["jit_group"], "SSO Basic");
    assert_eq!(list[0]["settings"]["binding"], "post");
    assert_eq!(list[0]["settings"]["unsolicited"], "bounce");
    assert_eq!(
        list[0]["settings"]["name_id_format"],
        "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    );

    import(&installation, "entra-ssoready.xml", "--name entra")
        .succeeds()
        .says(&["Updated the connection \"entra\"", "nothing in it changes"]);
    let other = [
        "another identity provider",
        "https://sts.windows.net/",
        "--replace",
    ];
    import(&installation, "okta-ssoready.xml", "--name entra").fails(1, &other);
    let dry = import(&installation, "okta-ssoready.xml", "--name entra --dry-run");
    assert_eq!(dry.code, 1);
    assert!(dry.err.contains("another identity provider"), "{}", dry.err);
    dry.says(&["Would update", "~ entity ID"]);
    let replace = "--name entra --dry-run --replace";
    import(&installation, "okta-ssoready.xml", replace)
        .succeeds()
        .says(&[
            "Would update",
            "~ entity ID",
            "- signing certificate: A33533",
            "+ signing certificate: 50A69BDA716BB89D0F980CA5B8545E6C3AF71360",
        ]);
    let after = installation.json("connection list --company acme --json");
    assert_eq!(after[0]["settings"], list[0]["settings"]);
    assert_eq!(after[0]["jit_group"], "SSO Basic");
    import(&installation, "okta-ssoready.xml", "--name entra --replace")
        .succeeds()
        .says(&["Updated the connection", "~ entity ID"]);
}

#[test]
fn every_sample_is_imported_or_refused_with_the_reason() {
    let installation = Installation::with_company();
    for file in [
        "entra-ssoready.xml",
        "adfs3-microsoft.xml",
        "google-ssoready.xml",
        "jumpcloud-ssoready.xml",
        "keycloak-ssoready.xml",
        "okta-ssoready.xml",
        "ping-ssoready.xml",
    ] {
        let name = file.split('-').next().unwrap();
        import(&installation, file, &format!("--name {name} --enable"))
            .succeeds()
            .says(&["(enabled)"]);
    }
    import(&installation, "multi-signing-certs.xml", "--name multi")
        .succeeds()
        .says(&["1024 bits", "connection enable --company acme --name multi"]);
    let list = installation.json("connection list --company acme --json");
    let connection = |name: &str| {
        let all = list.as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap().clone()
    };
    assert_eq!(list.as_array().unwrap().len(), 8);
    assert_eq!(
        connection("multi")["certificates"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        connection("keycloak")["settings"]["authn_statement"],
        "optional"
    );
    assert_eq!(
        connection("okta")["settings"]["authn_statement"],
        "required"
    );
    for (file, reason) in [
        ("entra-common-2017-microsoft.xml", "belongs to no tenant"),
        ("entities-python3-saml.xml", "no identity provider in it"),
        ("uu-se.xml", "no identity provider in it"),
        ("mock-saml-boxyhq.xml", "line 3, column"),
        ("swamid-test.xml", "with --entity-id"),
    ] {
        import(&installation, file, "--name x").fails(1, &["was not imported", reason]);
    }
    import(
        &installation,
        "swamid-test.xml",
        "--name swamid --entity-id https://nowhere.example",
    )
    .fails(1, &["No identity provider in it has the entity ID"]);
    import(&installation, "nothing.xml", "--name x").fails(2, &["cannot be read", "path"]);
}

#[test]
fn one_of_an_aggregate_is_picked() {
    let installation = Installation::with_company();
    let entity_id = "https://idp.umu.se/saml2/idp/metadata.php";
    let said = import(
        &installation,
        "swamid-test.xml",
        &format!("--name umu --entity-id {entity_id}"),
    );
    // Its keys decide; whichever it is, the reason names the one that was asked for.
    if said.code == 0 {
        said.says(&[entity_id]);
    } else {
        said.fails(1, &[entity_id, "key"]);
    }
}

#[test]
fn urls_that_are_refused() {
    let installation = Installation::with_company();
    for (url, reason) in [
        (
            "https://login.microsoftonline.com/t/federationmetadata/2007-06/federationmetadata.xml",
            "App Federation Metadata Url",
        ),
        ("http://idp.example/metadata", "https"),
        ("ftp://idp.example/metadata", "https"),
    ] {
        installation
            .run(&format!(
                "connection import-metadata {url} --company acme --name x"
            ))
            .fails(2, &[reason]);
    }
}

#[test]
fn metadata_is_fetched_from_a_loopback_address() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let document = std::fs::read(metadata("okta-ssoready.xml")).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            .unwrap();
        stream.write_all(&document).unwrap();
    });
    let installation = Installation::with_company();
    installation
        .run(&format!(
            "connection import-metadata http://idp.localhost:{port}/metadata --company acme --name okta --enable"
        ))
        .succeeds()
        .says(&["Added the connection \"okta\" of Acme (enabled)"]);
    server.join().unwrap();
}

#[test]
fn a_name_that_is_not_there() {
    let installation = Installation::with_company();
    import(
        &installation,
        "okta-ssoready.xml",
        "--name okta --jit-group SSO_Basic",
    )
    .fails(1, &["no permission group \"SSO Basic\"", "group add"]);
    import(&installation, "okta-ssoready.xml", "--name Okta!").fails(2, &["a-z"]);
    installation
        .run("connection enable --company acme")
        .fails(1, &["no connection yet", "import-metadata"]);
    import(&installation, "okta-ssoready.xml", "--name okta").succeeds();
    installation
        .run("connection enable --company acme --name otka")
        .fails(1, &["no connection \"otka\"", "Did you mean \"okta\"?"]);
}

#[test]
fn nobody_becomes_an_administrator_by_a_first_sign_in() {
    let installation = Installation::with_company();
    installation
        .run("group add Admins --company acme --administrator")
        .succeeds();
    import(
        &installation,
        "okta-ssoready.xml",
        "--name okta --jit-group Admins",
    )
    .fails(
        1,
        &["\"Admins\" is a group of administrators", "another group"],
    );
    assert_eq!(
        installation.json("connection list --company acme --json"),
        serde_json::json!([])
    );
}

#[test]
fn the_only_connection_needs_no_name() {
    let installation = Installation::with_company();
    import(&installation, "okta-ssoready.xml", "--name okta").succeeds();
    for (verb, says) in [
        ("enable", "is enabled now"),
        ("enable", "is enabled already"),
        ("disable", "is disabled now"),
    ] {
        installation
            .run(&format!("connection {verb} --company acme"))
            .succeeds()
            .says(&[says]);
    }
    import(&installation, "google-ssoready.xml", "--name google").succeeds();
    installation
        .run("connection enable --company acme")
        .fails(2, &["--name", "okta, google"]);
}

#[test]
fn who_waits_for_a_connection_is_not_forgotten() {
    let installation = Installation::with_company();
    import(&installation, "okta-ssoready.xml", "--name okta --enable").succeeds();
    import(&installation, "google-ssoready.xml", "--name google").succeeds();
    let add = |email: &str, connection: &str| {
        let line = format!("user add --company acme --email {email} --connection {connection}");
        installation.run(&line).succeeds()
    };
    add("a@acme.example", "okta").says(&["waits for the first single sign-on through okta."]);
    add("b@acme.example", "google").says(&["through google, which is disabled: enable it"]);
    installation
        .run("user list --company acme")
        .succeeds()
        .says(&["waits for okta", "waits for google"]);
    let users = installation.json("user list --company acme --json");
    assert_eq!(users[0]["waits_for"], "okta");
    installation
        .run("company domain add acme acme.example --connection google")
        .succeeds()
        .says(&["google is disabled: nobody of acme.example can sign in"]);
    installation
        .run("connection disable --company acme --name okta")
        .succeeds()
        .says(&["is disabled now; 1 user waits", "user set --connection"]);
    installation
        .run("connection delete --company acme --name okta")
        .fails(1, &["1 user waits for a first sign-in through it"]);
    // A file of users leads back to the same.
    let file = installation
        .run("user export --company acme")
        .succeeds()
        .out;
    assert!(file.contains("a@acme.example,,,,,okta,"), "{file}");
    // One that has a password waits no more, whatever it waited for.
    let line = "user set-password --company acme --email b@acme.example --password-stdin";
    installation
        .run_with(line, "known to nobody else\n")
        .succeeds();
    let deleted = installation
        .run("connection delete --company acme --name google --yes")
        .succeeds();
    assert!(!deleted.out.contains("waits"), "{}", deleted.out);
    installation
        .run("connection delete --company acme --name okta --yes")
        .succeeds();
    let users = installation.json("user list --company acme --json");
    assert_eq!(
        (&users[0]["waits"], &users[0]["waits_for"]),
        (&true.into(), &serde_json::Value::Null)
    );
    assert_eq!(users[1]["waits"], false);
    installation
        .run("user list --company acme")
        .succeeds()
        .says(&["waits for a first sign-in"]);
}

#[test]
fn a_certificate_is_not_metadata() {
    let installation = Installation::with_company();
    let text = std::fs::read_to_string(metadata("entra-ssoready.xml")).unwrap();
    let (_, rest) = text.split_once("X509Certificate>").unwrap();
    let file = installation.path("entra.cer");
    std::fs::write(&file, rest.split('<').next().unwrap()).unwrap();
    let file = file.display().to_string();
    let words = ["connection", "import-metadata", &file, "--company", "acme"];
    installation
        .run_words(&[&words[..], &["--name", "entra"]].concat(), "")
        .fails(
            2,
            &["is a certificate", "connection add", "add_certificate="],
        );
}

#[test]
fn settings_are_listed_and_changed() {
    let installation = Installation::with_company();
    import(&installation, "okta-ssoready.xml", "--name okta --enable").succeeds();
    installation
        .run("connection set --company acme")
        .succeeds()
        .says(&["KEY", "binding", "post or redirect", "authn_statement"]);
    let pairs = [
        "connection",
        "set",
        "--company",
        "acme",
        "binding=redirect",
        "clock_skew_seconds=60",
    ];
    installation
        .run_words(&pairs, "")
        .succeeds()
        .says(&["binding of \"okta\" is redirect now."]);
    let json = ["connection", "set", "--company", "acme", "--json"];
    let said = installation.run_words(&json, "").succeeds();
    let settings: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(settings["binding"], "redirect");
    assert_eq!(settings["clock_skew_seconds"], "60");
    for (pair, text) in [
        ("binding=soap", "post, redirect"),
        ("bindings=post", "Did you mean \"binding\"?"),
        ("binding", "key=value"),
    ] {
        installation
            .run(&format!("connection set --company acme {pair}"))
            .fails(2, &[text]);
    }
    // Rule B2: an enabled connection stays usable.
    let words = [
        "connection",
        "set",
        "--company",
        "acme",
        "sso_redirect_url=none",
    ];
    installation
        .run_words(&words, "")
        .fails(1, &["cannot be enabled"]);
}

#[test]
fn a_connection_is_deleted_with_its_records() {
    let installation = Installation::with_company();
    let file = super::metadata("entra-ssoready.xml");
    installation
        .run(&format!(
            "connection import-metadata {file} --company acme --name entra --display-name Entra --enable"
        ))
        .succeeds();
    let delete = "connection delete --company acme --name entra";
    installation
        .run(delete)
        .fails(1, &["0 sessions end", "0 sign-in records go", "--yes"]);
    installation
        .run(&format!("{delete} --keep-records"))
        .fails(1, &["0 sign-in records stay"]);
    installation
        .run(&format!("{delete} --yes"))
        .succeeds()
        .says(&["Deleted the connection \"entra\""]);
    assert_eq!(
        installation.json("connection list --company acme --json"),
        serde_json::json!([])
    );
}
