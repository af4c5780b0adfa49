use super::{Installation, Said};

#[test]
fn a_command_says_which_database_it_makes_and_uses() {
    let installation = Installation::new();
    let database = installation.path("data/vestibule.sqlite3");
    let made = installation.run("company add acme --name Acme --origin http://acme.localhost:8080");
    let made = made.succeeds();
    let (database, file) = (
        database.display().to_string(),
        installation.path("vestibule.toml").display().to_string(),
    );
    assert!(made.err.contains("Made a new database: "), "{}", made.err);
    assert!(made.err.contains(&file), "{}", made.err);
    assert!(made.err.contains(&database), "{}", made.err);
    let again = installation.run("company list").succeeds();
    assert_eq!(again.err, "");
    let sources = [file.as_str(), database.as_str()];
    installation.run("config").succeeds().says(&sources);
    assert!(installation.run("doctor").out.contains(&database));
}

#[test]
fn doctor_finds_a_taken_port_and_a_directory_that_cannot_be_made() {
    let installation = Installation::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = installation.command();
    command
        .arg("doctor")
        .env("VESTIBULE_LISTEN", taken.local_addr().unwrap().to_string())
        .env("VESTIBULE_DATA_DIR", "/proc/none");
    let said: super::Said = command.output().unwrap().into();
    assert_eq!(said.code, 1);
    said.says(&["Something else listens on", "/proc/none cannot be made"]);
}

#[test]
fn a_variable_names_the_configuration_file() {
    let installation = Installation::new();
    std::fs::write(installation.path("other.toml"), "data_dir = \"other\"").unwrap();
    let config = |file: &str| -> super::Said {
        let mut command = installation.command();
        command.arg("config").env("VESTIBULE_CONFIG", file);
        command.output().unwrap().into()
    };
    config("other.toml")
        .succeeds()
        .says(&["other.toml", "data_dir = \"other\""]);
    config("none.toml").fails(2, &["none.toml does not exist", "VESTIBULE_CONFIG"]);
}

#[test]
fn a_company_is_added_and_its_values_for_the_identity_provider_are_printed() {
    let installation = Installation::new();
    installation
        .run("company add acme --name Acme_Inc. --origin http://acme.localhost:8080 --return-origin https://app.acme.example")
        .succeeds()
        .says(&[
            "Added the company Acme Inc. (acme).",
            "Identifier (Entity ID)   http://acme.localhost:8080/sso/metadata",
            "Reply URL (ACS)          http://acme.localhost:8080/sso/acs",
            "Sign on URL              http://acme.localhost:8080/\n",
            "Logout URL               http://acme.localhost:8080/sso/slo",
        ]);
    installation
        .run("company list")
        .succeeds()
        .says(&["SLUG", "acme", "Acme Inc."]);
    let list = installation.json("company list --json");
    assert_eq!(list[0]["slug"], "acme");
    assert_eq!(
        list[0]["entity_id"],
        "http://acme.localhost:8080/sso/metadata"
    );
    assert_eq!(list[0]["return_origins"][0], "https://app.acme.example");
}

#[test]
fn a_company_that_cannot_be_added() {
    let installation = Installation::with_company();
    for (line, code, texts) in [
        (
            "company add acme --name Acme --origin http://acme.localhost:8080",
            1,
            ["\"acme\" exists already", "company list"],
        ),
        (
            "company add beta --name Beta --origin http://acme.localhost:8080",
            1,
            [
                "acme.localhost:8080 belongs to the company \"acme\"",
                "another origin",
            ],
        ),
        (
            "company add beta --name Beta --origin http://beta.example",
            2,
            ["plain http is for loopback names only", "https://"],
        ),
        (
            "company add beta --name Beta --origin https://beta.example/path",
            2,
            ["without a path", "https://acme.sso.example.com"],
        ),
        (
            "company add Beta --name Beta --origin https://beta.example",
            2,
            ["\"Beta\" is not a company's short name", "a-z"],
        ),
        (
            "company add beta --name Beta --origin https://beta.example --origin https://beta.example",
            1,
            ["same host name", "once"],
        ),
    ] {
        installation.run(line).fails(code, &texts);
    }
    installation
        .run("company add beta --name Beta")
        .fails(2, &["--origin"]);
    assert_eq!(
        installation
            .json("company list --json")
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn groups() {
    let installation = Installation::with_company();
    installation
        .run("group add SSO_Basic --company acme --sso-only")
        .succeeds()
        .says(&["Added the permission group \"SSO Basic\" to Acme"]);
    installation
        .run("group add Operators --company acme --administrator")
        .succeeds();
    installation
        .run("group add SSO_Basic --company acme")
        .fails(1, &["There is a permission group \"SSO Basic\" already"]);
    installation
        .run("group add X --company amce")
        .fails(1, &["no company \"amce\"", "Did you mean \"acme\"?"]);
    installation
        .run("group list --company acme")
        .succeeds()
        .says(&["SSO Basic", "single sign-on only", "administrator"]);
    let list = installation.json("group list --company acme --json");
    assert_eq!(list[1]["title"], "SSO Basic");
    assert_eq!(list[1]["sso_only"], true);
    assert_eq!(list[0]["type"], "administrator");
}

#[test]
fn the_configuration_may_stand_before_and_after_the_command() {
    let installation = Installation::with_company();
    for words in [
        ["--config", "vestibule.toml", "company", "list"],
        ["company", "--config", "vestibule.toml", "list"],
        ["company", "list", "--config", "vestibule.toml"],
    ] {
        let said: Said = installation.command().args(words).output().unwrap().into();
        said.succeeds().says(&["acme"]);
    }
    let missing = ["--config", "other.toml", "company", "list"];
    let said: Said = installation
        .command()
        .args(missing)
        .output()
        .unwrap()
        .into();
    said.fails(2, &["other.toml does not exist", "Create it"]);
}

#[test]
fn the_effective_configuration_shows_no_secret() {
    let installation = Installation::new();
    installation.run("config").succeeds().says(&[
        "# defaults, then /",
        "listen = \"127.0.0.1:0\"",
        "[database]",
    ]);
    let said: Said = installation
        .command()
        .args(["config", "--json"])
        .env("VESTIBULE_DATABASE_URL", "postgres://v:geheim@db/v")
        .env("VESTIBULE_LISTEN", "127.0.0.2:81")
        .output()
        .unwrap()
        .into();
    let said = said.succeeds().says(&["127.0.0.2:81", "postgres://v:"]);
    assert!(!said.out.contains("geheim"));
    std::fs::write(installation.path("vestibule.toml"), "lisen = 1\n").unwrap();
    installation
        .run("config")
        .fails(2, &["lisen (in", "no such setting", "listen"]);
}

#[test]
fn doctor_looks_and_says_what_to_do() {
    let installation = Installation::new();
    let said = installation.run("doctor");
    assert_eq!(said.code, 0, "{said:?}");
    let said = said.says(&[
        "✓ configuration",
        "✓ clock",
        "! database",
        "The first start makes it",
    ]);
    assert!(!installation.path("data").exists(), "{said:?}");

    let installation = Installation::with_company();
    installation.run("keys show").succeeds();
    installation.run("doctor").says(&[
        "✓ data",
        "✓ keys",
        "✓ database       SQLite, schema",
        "acme: http://acme.localhost:8080 does not lead to the listen address",
        "acme: no connection is enabled",
    ]);
    // Nobody signs in where no server runs.
    let said = installation.run("doctor");
    assert_eq!(said.code, 1, "{said:?}");
    said.says(&[
        "! origins        The server does not run here",
        "✗ origins        acme:",
    ]);
    let report: serde_json::Value =
        serde_json::from_str(&installation.run("doctor --json").out).unwrap();
    assert_eq!(report["ok"], false);

    let file = installation.path("vestibule.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        format!("single_company = \"beta\"\nplain_http = \"never\"\n{text}"),
    )
    .unwrap();
    let said = installation.run("doctor");
    assert_eq!(said.code, 1, "{said:?}");
    said.says(&[
        "✗ companies      single_company",
        "✗ origins",
        "problems above",
    ]);

    std::fs::write(&file, "listen = \"everywhere\"\n").unwrap();
    let said = installation.run("doctor");
    assert_eq!(said.code, 1, "{said:?}");
    said.says(&["✗ configuration"]);
}

#[test]
fn keys_are_shown() {
    let installation = Installation::new();
    installation.run("keys show").succeeds().says(&[
        "signing",
        "encryption",
        "SHA-256",
        "days left",
    ]);
    let keys = installation.json("keys show --json");
    assert_eq!(keys[0]["use"], "signing");
    assert_eq!(keys[1]["sha1_thumbprint"].as_str().unwrap().len(), 40);
}

#[test]
fn usage_errors_have_their_own_exit_code() {
    let installation = Installation::new();
    for line in [
        "",
        "compani list",
        "company",
        "attempts list",
        "attempts list --company a --limit 0",
    ] {
        let said = installation.run(line);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{line}");
    }
    let help = installation.run("--help").succeeds();
    help.says(&[
        "serve",
        "demo",
        "company",
        "connection",
        "explain",
        "doctor",
    ]);
}

#[test]
fn a_company_is_suspended_opened_and_deleted() {
    let installation = Installation::with_company();
    installation
        .run("user add --company acme --email a@acme.example")
        .succeeds();
    installation.run("company suspend acme").fails(
        1,
        &["ends 0 sessions", "1 user", "company suspend acme --yes"],
    );
    let state = |state: &str| {
        installation.run("company list").succeeds().says(&[state]);
    };
    state("open");
    installation
        .run("company delete acme --yes")
        .fails(1, &["is not suspended", "1 user", "company suspend acme"]);
    let suspend = || installation.run("company suspend acme --yes").succeeds();
    suspend().says(&["Suspended", "company resume acme"]);
    suspend().says(&["already"]);
    state("suspended");
    assert!(installation.run("doctor").out.contains("acme: suspended"));
    installation
        .run("company resume acme")
        .succeeds()
        .says(&["open again"]);
    installation
        .run("company resume acme")
        .succeeds()
        .says(&["is not suspended"]);
    suspend();
    installation
        .run("company delete acme")
        .fails(1, &["for good: 1 user", "company delete acme --yes"]);
    installation
        .run("company delete acme --yes")
        .succeeds()
        .says(&["Deleted", "1 user"]);
    assert_eq!(
        installation.json("company list --json"),
        serde_json::json!([])
    );
}
