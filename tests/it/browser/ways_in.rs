//! Every way in, and the way out.

use super::{Chromium, Demo, ERROR, ONE_AT_A_TIME, assert_signed_in, sign_in_at_idp};

#[tokio::test]
async fn by_the_tile() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::start().await);
    browser.open(&format!("{}/myapps", demo.idp)).await;
    sign_in_at_idp(&browser).await;
    browser.click("a.tile").await;
    assert_signed_in(&browser, &demo).await;

    // Out again: the site has forgotten, the identity provider has not.
    browser.click("main.card form button").await;
    browser.see("a.button[href='/sign-in']").await;
    assert!(browser.text("h1").await.contains("You are signed out"));
    browser.open(&format!("{}/sso/session", demo.origin)).await;
    assert!(browser.text("body").await.contains("Not signed in"));
    browser.open(&format!("{}/", demo.origin)).await;
    assert_signed_in(&browser, &demo).await;
    browser.quit().await;
}

#[tokio::test]
async fn by_the_tile_without_a_request() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::start().await);
    browser.open(&format!("{}/myapps", demo.idp)).await;
    sign_in_at_idp(&browser).await;
    // The unsolicited Response is dropped and a sign-in of our own starts (rule E5).
    browser.click(".tiles .more a").await;
    assert_signed_in(&browser, &demo).await;
    let attempts = demo
        .installation
        .json("attempts list --company acme --json");
    assert_eq!(attempts.as_array().unwrap().len(), 1, "{attempts}");
    assert_eq!(attempts[0]["outcome"], "signed_in");

    // Once more at once: who is signed in is sent on.
    browser.open(&format!("{}/myapps", demo.idp)).await;
    browser.click(".tiles .more a").await;
    assert_signed_in(&browser, &demo).await;
    // And after signing out.
    browser.click("main.card form button").await;
    browser.see("a.button[href='/sign-in']").await;
    browser.open(&format!("{}/myapps", demo.idp)).await;
    browser.click(".tiles .more a").await;
    assert_signed_in(&browser, &demo).await;
    let attempts = demo
        .installation
        .json("attempts list --company acme --json");
    let attempts = attempts.as_array().unwrap();
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    assert!(attempts.iter().all(|it| it["outcome"] == "signed_in"));
    browser.quit().await;
}

#[tokio::test]
async fn by_the_sign_on_url_and_by_a_deep_link_with_both_bindings() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let demo = Demo::start();
    for binding in ["post", "redirect"] {
        demo.set(&[&format!("binding={binding}"), "sign_requests=true"])
            .await;
        let browser = Chromium::start().await;
        browser.open(&format!("{}/", demo.origin)).await;
        sign_in_at_idp(&browser).await;
        assert_signed_in(&browser, &demo).await;
        browser.quit().await;

        let browser = Chromium::start().await;
        let deep = "/sso/login?return_to=/sso/session&login_hint=britta.simon@contoso.com";
        browser.open(&format!("{}{deep}", demo.origin)).await;
        // The hint has picked the account.
        browser.type_into("input[name=passwd]", "Fabrikam-42").await;
        browser.click("#sign-in").await;
        browser
            .arrive(&format!("{}/sso/session", demo.origin))
            .await;
        let who = browser.text("body").await;
        assert!(
            who.contains("\"email\":\"britta.simon@contoso.com\"")
                && who.contains("\"groups\":[\"SSO Basic\"]"),
            "{who}"
        );
        browser.quit().await;
    }
}

#[tokio::test]
async fn the_back_button_and_several_tabs() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::start().await);
    // Two tabs wait at the identity provider before either signs in.
    let first = browser.client.window().await.unwrap();
    browser.open(&format!("{}/", demo.origin)).await;
    browser.see("#sign-in").await;
    let second = browser.client.new_window(true).await.unwrap().handle;
    browser.client.switch_to_window(second).await.unwrap();
    let deep = format!("{}/sso/login?return_to=/sso/session", demo.origin);
    browser.open(&deep).await;
    sign_in_at_idp(&browser).await;
    browser
        .arrive(&format!("{}/sso/session", demo.origin))
        .await;
    browser.client.switch_to_window(first).await.unwrap();
    sign_in_at_idp(&browser).await;
    assert_signed_in(&browser, &demo).await;

    // Back leads to a page of the identity provider, or on again; never to an error.
    browser.client.back().await.unwrap();
    assert!(browser.visible(ERROR).await.is_none());
    browser.open(&format!("{}/", demo.origin)).await;
    assert_signed_in(&browser, &demo).await;
    let refused = "attempts list --company acme --outcome refused --json";
    assert_eq!(demo.installation.json(refused), serde_json::json!([]));
    browser.quit().await;
}

#[tokio::test]
async fn a_failure_shows_a_code_that_the_administrator_can_look_up() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::start().await);
    browser.open(&format!("{}/", demo.origin)).await;
    browser.touch("details summary").await;
    browser.pick("select[name=variant]", "wrong-audience").await;
    sign_in_at_idp(&browser).await;
    let code = browser.text(ERROR).await;
    assert!(browser.text("h1").await.contains("Sign-in failed"));
    demo.installation
        .run(&format!("attempts show {code} --company acme"))
        .succeeds()
        .says(&["D4", "https://another.example/sso/metadata"]);

    // The page leads back to a way in that works.
    browser.click("a.button").await;
    assert_signed_in(&browser, &demo).await;
    browser.quit().await;
}
