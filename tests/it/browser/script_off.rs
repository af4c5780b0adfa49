//! JavaScript switched off: every page that sends itself has a button.

use super::{Chromium, Demo, ONE_AT_A_TIME, assert_signed_in, sign_in_at_idp};

const CONTINUE: &str = "form[data-auto-submit] button";

#[tokio::test]
async fn the_buttons_lead_in() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::without_script().await);
    browser.open(&format!("{}/", demo.origin)).await;
    // Our page with the request stays until its button is pressed.
    assert!(browser.text("h1").await.contains("Acme Entra ID"));
    assert_eq!(browser.url().await, format!("{}/", demo.origin));
    browser.click(CONTINUE).await;
    sign_in_at_idp(&browser).await;
    browser.click("#continue").await;
    assert_signed_in(&browser, &demo).await;

    // Out, and in again: the identity provider does not ask any more.
    browser.click("main.card form button").await;
    browser.click("a.button[href='/sign-in']").await;
    browser.click("a.choice").await;
    browser.click(CONTINUE).await;
    browser.click("#continue").await;
    assert_signed_in(&browser, &demo).await;

    // Back to the page with the Response, and the same again: the session cookie stays behind at first, our own page brings
    // it (rule E4).
    browser.client.back().await.unwrap();
    browser.click("#continue").await;
    browser.click("form[action='/sso/acs'] button").await;
    assert_signed_in(&browser, &demo).await;
    let refused = "attempts list --company acme --outcome refused --json";
    let refused = demo.installation.json(refused);
    assert_eq!(refused, serde_json::json!([]));
    browser.quit().await;
}
