use serde_json::json;

use super::Installation;

const ADD: &str =
    "application add crm --display-name CRM --origin https://app.example.com --kind nginx";

#[test]
fn an_application_is_added_shown_changed_and_removed() {
    let installation = Installation::with_company();
    let added = installation.json(&format!("{ADD} --company acme --json"));
    let key = added["proxy_key"].as_str().unwrap();
    assert_eq!(key.len(), "vestibule_proxy_".len() + 64);
    assert_eq!(added["check"], "/sso/check/crm");
    installation
        .run(ADD)
        .fails(1, &["The application \"crm\" is there already"]);
    installation.run("application list").succeeds().says(&[
        "crm",
        "nginx",
        "https://app.example.com",
        "acme",
    ]);
    let shown = installation.json("application show crm --json");
    assert_eq!(shown["settings"]["companies"], "acme");
    assert_eq!(shown["proxy_keys"], 1);
    assert!(!shown.to_string().contains(key), "it is shown once");
    let set = |pairs: &[&str]| {
        let words = ["application", "set", "crm"].iter().chain(pairs);
        installation.run_words(&words.collect::<Vec<_>>(), "")
    };
    set(&["launch_url=/start", "header_email=none", "companies=every"])
        .succeeds()
        .says(&[
            "launch_url of crm is /start now",
            "companies of crm is every now",
        ]);
    installation
        .run("application set crm kind=apache")
        .fails(2, &["kind", "forwarded"]);
    installation
        .run("application set crm launch=/x")
        .fails(2, &["no setting", "launch_url"]);
    installation
        .run("application set crm companies=nobody")
        .fails(1, &["no company \"nobody\""]);
    let list = installation.json("application list --json");
    assert_eq!(list[0]["companies"], json!(["every"]));
    installation
        .run("application new-key crm")
        .succeeds()
        .says(&["vestibule_proxy_", "retire-key crm"]);
    assert_eq!(
        installation.json("application list --json")[0]["proxy_keys"],
        2
    );
    installation
        .run("application retire-key crm")
        .succeeds()
        .says(&["Ended 1 key"]);
    installation
        .run("audit list --installation")
        .succeeds()
        .says(&[
            "application.add",
            "application.set",
            "application.retire_key",
        ]);
    installation
        .run("application remove crm")
        .succeeds()
        .says(&["Removed", "CRM"]);
    installation
        .run("application show crm")
        .fails(1, &["no application \"crm\"", "application add crm"]);
}

// Q55: cookies know no port and no scheme.
#[test]
fn a_host_belongs_to_one_application() {
    let installation = Installation::with_company();
    installation.run(ADD).succeeds();
    let other = |origin: &str| {
        installation.run(&format!(
            "application add wiki --display-name Wiki --kind envoy --origin {origin}"
        ))
    };
    other("https://app.example.com:8443").fails(1, &["app.example.com", "another application's"]);
    other("https://{company}.example.com").fails(1, &["another application's"]);
    other("app.example.com").fails(2, &["no origin"]);
    other("http://app.example.com").fails(2, &["no origin", "loopback"]);
    other("https://{company}.app.example.com").succeeds();
}

#[test]
fn a_company_says_which_groups_may() {
    let installation = Installation::with_company();
    installation
        .run("company add beta --name Beta --origin http://beta.localhost:8080")
        .succeeds();
    installation
        .run("group add SSO_Basic --company acme")
        .succeeds();
    installation
        .run(&format!("{ADD} --company acme"))
        .succeeds();
    let run = |line: &str| installation.run(&format!("application {line}"));
    run("deny crm --company acme --group SSO_Basic").fails(
        1,
        &["Every user of Acme may use CRM", "application allow crm"],
    );
    run("allow crm --company acme --group SSO_Basic")
        .succeeds()
        .says(&["\"SSO Basic\" may use CRM now"]);
    run("allow crm --company acme --group SSO_Basic")
        .succeeds()
        .says(&["already"]);
    run("deny crm --company acme --group SSO_Basic")
        .succeeds()
        .says(&["lets nobody use CRM any more"]);
    run("allow crm --company acme --everybody").succeeds();
    run("deny crm --company acme --everybody").succeeds();
    run("allow crm --company acme --group Staff").fails(1, &["no permission group \"Staff\""]);
    run("allow crm --company beta --everybody").fails(1, &["does not serve", "companies="]);
    run("allow crm --company acme").fails(2, &["--group"]);
}

// V2
#[test]
fn several_companies_need_a_hub() {
    let installation = Installation::with_company();
    installation
        .run("company add beta --name Beta --origin http://beta.localhost:8080")
        .succeeds();
    installation
        .run(ADD)
        .fails(1, &["several companies", "hub.origin"]);
    installation
        .run(&format!("{ADD} --company acme"))
        .succeeds();
    installation
        .run("application set crm companies=acme,beta")
        .fails(1, &["hub.origin"]);
}

// V9
#[test]
fn keys_for_identity_tokens_are_changed_at_once_only_when_they_are_compromised() {
    let installation = Installation::with_company();
    installation
        .run("keys rotate --identity --compromised")
        .succeeds()
        .says(&["signs identity tokens from", "published no more"]);
    installation
        .run("keys rotate --identity")
        .fails(1, &["24 hours", "--compromised"]);
    installation.run("keys rotate").fails(2, &["KEY"]);
}
