//! A real browser against the real binary: `vestibule demo`, and Chromium by chromedriver.
//!
//! Every step waits for what a person would look for. With `VESTIBULE_TEST_SCREENSHOTS=dir` the pages
//! are photographed into that directory; `docs/images` is made so.

mod application;
mod axe;
mod chromium;
mod console;
mod console_sign_ins;
mod demo;
mod kept;
mod logo;
mod looks;
mod popup;
mod providers;
mod script_off;
mod seed_000;
mod seed_001;
mod seed_002;
mod seed_004;
mod set_up;
mod tutorial;
mod ways_in;

use chromium::Chromium;
use demo::Demo;

/// One browser at a time: they need both cores, and would only wait for each other.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

const ERROR: &str = "main.card .code code";
const SIGNED_IN: &str = "main.card .status";

/// Signs in at the identity provider's page as the account that is picked, B.Simon.
async fn sign_in_at_idp(browser: &Chromium) {
    browser.type_into("input[name=passwd]", "Tailspin-42").await;
    browser.click("#sign-in").await;
}

/// Asserts that the page of somebody who is signed in stands there, with the group made at first sign-in.
async fn assert_signed_in(browser: &Chromium, demo: &Demo) {
    browser.see(SIGNED_IN).await;
    assert_eq!(browser.url().await, format!("{}/", demo.origin));
    let page = browser.text("main.card").await;
    for text in [
        "You are signed in",
        "B. Simon",
        "b.simon@contoso.com",
        "SSO Basic",
        "Acme Entra ID",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}
