use vestibule::domain::{AttemptId, AttemptKind, Check, LoginAttempt, Outcome, Record, Slug};
use vestibule::store::Store;

use super::Installation;

const PASSWORD: &str = "correct horse battery\n";

#[test]
fn a_user_is_put_into_groups_and_taken_out() {
    let installation = Installation::with_company();
    for line in [
        "group add Staff --company acme",
        "user add --company acme --email a@acme.example",
    ] {
        installation.run(line).succeeds();
    }
    let set = |options: &str| {
        installation.run(&format!(
            "user set --company acme --email a@acme.example {options}"
        ))
    };
    let groups = || {
        let users = installation.json("user list --company acme --json");
        users[0]["groups"].clone()
    };
    set("--group Staff")
        .succeeds()
        .says(&["is in \"Staff\" now"]);
    assert_eq!(groups(), serde_json::json!(["Staff"]));
    set("--group Staff").succeeds().says(&["already"]);
    set("--remove-group Staff").succeeds().says(&["no longer"]);
    assert_eq!(groups(), serde_json::json!([]));
    set("").fails(2, &["--remove-group"]);
    set("--group Stuff").fails(1, &["Staff"]);
    let alike = installation.run("group add STAFF --company acme");
    alike.fails(1, &["\"Staff\"", "upper and lower case"]);
}

#[test]
fn a_user_gets_another_address_and_other_names() {
    let installation = Installation::with_company();
    for email in ["a@acme.example", "b@acme.example"] {
        let line = format!("user add --company acme --email {email} --first-name Ada");
        installation.run(&line).succeeds();
    }
    let set = |email: &str, options: &str| {
        installation.run(&format!(
            "user set --company acme --email {email} {options}"
        ))
    };
    set(
        "a@acme.example",
        "--new-email ada@acme.example --last-name Lovelace",
    )
    .succeeds()
    .says(&["Changed ada@acme.example (Ada Lovelace)"]);
    set("ada@acme.example", "--last-name Lovelace")
        .succeeds()
        .says(&["is so already"]);
    set("ada@acme.example", "--new-email B@acme.example").fails(1, &["has a user", "already"]);
    set("ada@acme.example", "--new-email nonsense").fails(2, &["is not an e-mail address"]);
    let users = installation.json("user list --company acme --json");
    assert_eq!(users[0]["email"], "ada@acme.example");
    assert_eq!(users[0]["last_name"], "Lovelace");
}

#[test]
fn users_are_added_and_listed() {
    let installation = Installation::with_company();
    installation
        .run("group add SSO_Basic --company acme --sso-only")
        .succeeds();
    installation
        .run("user add --company acme --email B.Simon@acme.example --first-name B. --last-name Simon --company-name Acme --group SSO_Basic")
        .succeeds()
        .says(&["in SSO Basic", "waits for the first single sign-on"]);
    installation
        .run_with(
            "user add --company acme --email root@acme.example --admin --password-stdin",
            PASSWORD,
        )
        .succeeds()
        .says(&["in Administrators", "signs in with a password"]);
    installation
        .run("user list --company acme")
        .succeeds()
        .says(&["B.Simon@acme.example", "B. Simon", "active"]);
    let users = installation.json("user list --company acme --json");
    assert_eq!(users[0]["groups"][0], "SSO Basic");
    assert_eq!(users[0]["has_password"], false);
    assert_eq!(users[1]["administrator"], true);
    assert_eq!(users[1]["has_password"], true);

    for (line, code, texts) in [
        (
            "user add --company acme --email b.simon@ACME.example",
            1,
            ["has a user", "already"],
        ),
        (
            "user add --company acme --email b.simon",
            2,
            ["is not an e-mail address", "b.simon@example.com"],
        ),
        (
            "user add --company acme --email x@acme.example --group SSO",
            1,
            ["no permission group \"SSO\"", "SSO Basic"],
        ),
        (
            "user deactivate --company acme --email b.simon@acme.exampel",
            1,
            ["has no user", "B.Simon@acme.example"],
        ),
    ] {
        installation.run(line).fails(code, &texts);
    }
}

#[test]
fn passwords_are_set_where_they_may_be() {
    let installation = Installation::with_company();
    installation
        .run("group add SSO_Basic --company acme --sso-only")
        .succeeds();
    installation
        .run("user add --company acme --email sso@acme.example --group SSO_Basic")
        .succeeds();
    installation
        .run("user add --company acme --email local@acme.example")
        .succeeds();
    installation
        .run_with(
            "user set-password --company acme --email local@acme.example",
            PASSWORD,
        )
        .succeeds()
        .says(&["Set the password of local@acme.example"]);
    installation
        .run_with(
            "user set-password --company acme --email local@acme.example --password-stdin",
            "elevenchars\n",
        )
        .fails(2, &["at least 15 characters"]);
    let longest = "x".repeat(1_025);
    for (given, says) in [
        ("\n", "No password was given"),
        (longest.as_str(), "shorter password"),
    ] {
        let line = "user set-password --company acme --email local@acme.example --password-stdin";
        installation.run_with(line, given).fails(2, &[says]);
    }
    // Rule F6.
    installation
        .run_with(
            "user set-password --company acme --email sso@acme.example",
            PASSWORD,
        )
        .fails(1, &["\"SSO Basic\"", "only sign in via single sign-on"]);
    installation
        .run_with(
            "user add --company acme --email x@acme.example --group SSO_Basic --password-stdin",
            PASSWORD,
        )
        .fails(1, &["only sign in via single sign-on"]);
}

#[test]
fn the_last_way_in_without_single_sign_on_is_kept() {
    let installation = Installation::with_company();
    let deactivate =
        |email: &str| installation.run(&format!("user deactivate --company acme --email {email}"));
    for email in ["one@acme.example", "two@acme.example"] {
        installation
            .run_with(
                &format!("user add --company acme --email {email} --admin --password-stdin"),
                PASSWORD,
            )
            .succeeds();
    }
    deactivate("one@acme.example")
        .succeeds()
        .says(&["Deactivated one@acme.example"]);
    deactivate("one@acme.example").succeeds().says(&["already"]);
    deactivate("two@acme.example").fails(1, &["last administrator", "--admin --password-stdin"]);
    installation
        .run("user activate --company acme --email one@acme.example")
        .succeeds()
        .says(&["Activated"]);
    deactivate("two@acme.example").succeeds();
}

#[test]
fn somebody_who_is_not_signed_in_has_no_sessions() {
    let installation = Installation::with_company();
    installation
        .run("user add --company acme --email b@acme.example")
        .succeeds();
    installation
        .run("user sessions --company acme --email b@acme.example")
        .succeeds()
        .says(&["not signed in anywhere"]);
    installation
        .run("user sign-out --company acme --email b@acme.example")
        .succeeds()
        .says(&["not signed in anywhere"]);
    let none = installation.json("user sessions --company acme --email b@acme.example --json");
    assert_eq!(none, serde_json::json!([]));
}

#[tokio::test]
async fn attempts_are_listed_and_shown_with_their_checks() {
    let installation = Installation::with_company();
    let url = format!(
        "sqlite:{}",
        installation.path("data/vestibule.sqlite3").display()
    );
    let store = Store::open(&url, vestibule::keys::hash).await.unwrap();
    let slug: Slug = "acme".parse().unwrap();
    let company = store.company_by_slug(&slug).await.unwrap().unwrap();
    let attempt = LoginAttempt {
        outcome: Outcome::Refused,
        rule: Some("D4".to_owned()),
        summary: "the audience is another one".to_owned(),
        record: Record {
            checks: vec![Check {
                rule: "D4".into(),
                subject: "Audience".into(),
                expected: "https://acme.example/sso/metadata".into(),
                received: "\u{1b}[31mspn:other".into(),
                passed: false,
            }],
            advice: vec!["Copy our Identifier (Entity ID).".to_owned()],
        },
        ..LoginAttempt::open(
            AttemptId::from_bytes([7; 16]),
            company.id,
            AttemptKind::Saml,
            [0; 32],
            vestibule::clock::Clock::system().now(),
        )
    };
    store.add_attempt(&attempt).await.unwrap();
    store.close().await;

    let code = attempt.code.to_string();
    let line = |rest: &str| {
        let mut words = vec!["attempts"];
        words.extend(rest.split(' '));
        words.extend(["--company", "acme"]);
        installation.run_words(&words, "")
    };
    line("list --outcome refused").succeeds().says(&[
        &code,
        "refused (D4)",
        "the audience is another one",
    ]);
    line("list --outcome signed_in")
        .succeeds()
        .says(&["no such"]);
    let said = line(&format!("show {}", code.to_lowercase()))
        .succeeds()
        .says(&[
            "✗ D4  Audience",
            "expected  https://acme.example/sso/metadata",
            "spn:other",
            "→ Copy our Identifier",
        ]);
    // What came from outside cannot steer the terminal.
    assert!(!said.out.contains('\u{1b}'));
    let said = line("list --json").succeeds();
    let listed: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(listed[0]["code"], code);
    assert_eq!(listed[0]["user"], serde_json::Value::Null);
    let said = line(&format!("show {code} --json")).succeeds();
    let shown: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(shown["checks"][0]["rule"], "D4");
    line("show ZZZZ-ZZZZ").fails(1, &["no sign-in with the code"]);
    line("show nonsense!").fails(2, &["eight characters"]);
    line("list --outcome lost").fails(2, &["signed_in"]);
}

#[test]
fn a_user_is_deleted_after_the_command_has_said_what_goes() {
    let installation = Installation::with_company();
    installation
        .run("user add --company acme --email a@acme.example")
        .succeeds();
    let delete = "user delete --company acme --email a@acme.example";
    installation
        .run(delete)
        .fails(1, &["for good: 0 sessions, 0 memberships", "--yes"]);
    let users = installation.json("user list --company acme --json");
    assert_eq!(users.as_array().unwrap().len(), 1);
    installation
        .run(&format!("{delete} --yes"))
        .succeeds()
        .says(&["Deleted a@acme.example", "deleted user "]);
    let users = installation.json("user list --company acme --json");
    assert_eq!(users, serde_json::json!([]));
}

#[test]
fn an_identity_that_is_not_there_is_not_unlinked() {
    let installation = Installation::with_company();
    installation
        .run("user add --company acme --email a@acme.example")
        .succeeds();
    let unlink = |rest: &str| {
        installation.run(&format!(
            "user unlink --company acme --email a@acme.example {rest}"
        ))
    };
    unlink("").fails(2, &["--connection"]);
    unlink("--connection entra").fails(1, &["connection"]);
}

/// Of many sessions the newest are listed, and it is said that there are others.
#[cfg(feature = "demo")]
#[tokio::test]
async fn a_list_of_sessions_says_that_it_ends() {
    use crate::support::{Client, Deployment, sign_in};

    let deployment = Deployment::new();
    let installation = &deployment.installation;
    let server = super::Server::start(installation);
    let client = Client::of(&server);
    for _ in 0..3 {
        sign_in(&client, &deployment.idp, 1).await.unwrap();
    }
    server.stop();
    let list = "user sessions --company acme --email person.1@contoso.com";
    let all = installation.run(list).succeeds();
    assert_eq!(all.out.lines().count(), 4, "{}", all.out);
    let some = installation.run(&format!("{list} --limit 2")).succeeds();
    assert_eq!(some.out.lines().count(), 4, "{}", some.out);
    let told = format!("There are older ones. See them too: vestibule {list} --limit 20");
    assert!(some.out.ends_with(&format!("{told}\n")), "{}", some.out);
    let json = installation.run(&format!("{list} --limit 2 --json"));
    assert_eq!(json.code, 0);
    let listed: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert!(json.err.contains(&told), "{}", json.err);
    installation
        .run(&format!("{list} --limit 0"))
        .fails(2, &["from 1 to 100000"]);
}
