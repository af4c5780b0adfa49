//! A connection that speaks OpenID Connect, set up in a browser as an administrator does.

use super::looks::look;
use super::{Chromium, Demo, ONE_AT_A_TIME};

const ADMIN: &str = "anna.admin@acme.example";
const PASSWORD: &str = "Correct-Horse-Battery-9";
/// The directory of the demonstration.
const TENANT: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";

#[tokio::test]
async fn a_provider_is_added_and_verified() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::start().await);
    let words = "user add --company acme --admin --password-stdin --for-good --email";
    let words: Vec<&str> = words.split(' ').chain([ADMIN]).collect();
    demo.installation
        .run_words(&words, &format!("{PASSWORD}\n"))
        .succeeds();
    let add = format!("{}/admin/connections/add", demo.origin);
    browser.open(&add).await;
    browser.type_into("input[name=email]", ADMIN).await;
    browser.type_into("input[name=password]", PASSWORD).await;
    browser.click("form[action='/sign-in'] button").await;
    browser.see("ul.products").await;
    look(&browser, "console-connections-add").await;

    browser.click("a[href$='/new/openid?for=entra']").await;
    browser.see("#cloud").await;
    look(&browser, "console-connections-new-openid").await;
    browser.type_into("#provider", "common").await;
    browser.press("Create").await;
    browser.read("every tenant").await;
    let discovery = format!(
        "{}/{TENANT}/v2.0/.well-known/openid-configuration",
        demo.idp
    );
    browser.fill("Tenant ID or discovery URL", &discovery).await;
    browser.press("Create").await;

    browser.see("#redirect-uri").await;
    let shown = browser.text("#addresses").await;
    assert!(shown.contains("/sso/oidc/callback/"), "{shown}");
    look(&browser, "console-provider-draft").await;
    let secret = "8xT8Q~the-value-of-the-secret";
    browser.type_into("#client_secret", secret).await;
    browser.press("Save the secret").await;
    browser.read("It is shown nowhere").await;
    browser
        .type_into("#client_id", "5e8c0d6a-0000-4000-8000-000000000001")
        .await;
    browser.press("Save").await;
    browser.read("Next: verify the provider").await;
    browser.touch("details.advanced summary").await;
    look(&browser, "console-provider-settings").await;

    browser.click("nav.tabs a[href$='/verify']").await;
    browser.click("form[action$='/verify'] button").await;
    browser.see("table.look").await;
    browser.read("Everything fits").await;
    look(&browser, "console-provider-verify").await;
    let page = browser.text("main").await;
    assert!(!page.contains(secret), "{page}");

    for (path, name) in [
        ("/admin/connections", "console-connections-both"),
        ("/admin", "console-overview-both"),
    ] {
        browser.open(&format!("{}{path}", demo.origin)).await;
        browser.read("OpenID Connect").await;
        look(&browser, name).await;
    }
    browser.quit().await;
}
