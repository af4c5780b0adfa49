//! The console in a browser: a refused sign-in is found and understood, a connection is tested, the log tells of it.

use super::looks::look;
use super::{Chromium, Demo, ERROR, ONE_AT_A_TIME, sign_in_at_idp};

const ADMIN: &str = "anna.admin@acme.example";
const PASSWORD: &str = "Correct-Horse-Battery-9";

#[tokio::test]
async fn a_refusal_is_understood_and_a_connection_tested() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::start().await);
    let words = "user add --company acme --admin --password-stdin --for-good --email";
    let words: Vec<&str> = words.split(' ').chain([ADMIN]).collect();
    demo.installation
        .run_words(&words, &format!("{PASSWORD}\n"))
        .succeeds();

    // A user who may not get in, and the code on the page.
    browser.open(&format!("{}/sign-in", demo.origin)).await;
    browser.click("a.choice").await;
    browser.see("#sign-in").await;
    browser.touch("details summary").await;
    browser.pick("select[name=variant]", "wrong-audience").await;
    sign_in_at_idp(&browser).await;
    browser.see(ERROR).await;
    let code = browser.text(ERROR).await;

    // The administrator types it in.
    browser
        .open(&format!("{}/admin/sign-ins", demo.origin))
        .await;
    browser.type_into("input[name=email]", ADMIN).await;
    browser.type_into("input[name=password]", PASSWORD).await;
    browser.click("form[action='/sign-in'] button").await;
    browser.see("table.sign-ins").await;
    look(&browser, "console-sign-ins").await;
    browser.type_into("input[name=q]", &code).await;
    browser.click("form[role=search] button").await;
    browser.see(".what-to-do").await;
    let advice = browser.text(".what-to-do").await;
    assert!(advice.contains("Identifier (Entity ID)"), "{advice}");
    look(&browser, "console-refused").await;
    let masked = browser.text("pre.xml").await;
    assert!(!masked.contains("b.simon@contoso.com"), "{masked}");
    browser.click("#message form button").await;
    browser.see("#message").await;
    let shown = browser.text("pre.xml").await;
    assert!(shown.contains("b.simon@contoso.com"), "{shown}");

    // A test, by the real way through the identity provider.
    browser
        .open(&format!("{}/admin/connections", demo.origin))
        .await;
    browser.click("main table a, main ul.rows a").await;
    browser.click("nav.tabs a[href$='/test']").await;
    browser.see("form.panel button").await;
    look(&browser, "console-test").await;
    browser.touch("#force").await;
    browser.click_into_tab("form[target=_blank] button").await;
    browser.see("#sign-in").await;
    sign_in_at_idp(&browser).await;
    browser.see("#claims").await;
    let page = browser.text("main").await;
    for part in [
        "The test passed",
        "b.simon@contoso.com",
        "SSO Basic",
        "would be granted",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    look(&browser, "console-tested").await;
    // It signed nobody in: the administrator is who was signed in before.
    assert!(browser.text(".who").await.contains(ADMIN));
    browser.open(&format!("{}/admin/users", demo.origin)).await;
    let users = browser.text("main").await;
    assert!(!users.contains("b.simon@contoso.com"), "{users}");

    browser.open(&format!("{}/admin/audit", demo.origin)).await;
    browser.see("table.audit").await;
    let log = browser.text("table.audit").await;
    for part in ["sign_in.reveal", "connection.test", &code] {
        assert!(log.contains(part), "{part}: {log}");
    }
    look(&browser, "console-audit").await;
    browser
        .open(&format!("{}/admin/sign-ins/aadsts", demo.origin))
        .await;
    browser.see("table.codes").await;
    look(&browser, "console-codes").await;
    browser.quit().await;
}
