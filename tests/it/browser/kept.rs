//! A session that ends while a form is open loses nothing.

use super::looks::look;
use super::tutorial::{ADMINISTRATOR, Globex, PASSWORD};
use super::{Chromium, Demo, ONE_AT_A_TIME};

const TYPED: &str = "Globex & Söhne";

/// Signs out behind the page's back, and sends its form.
async fn send_too_late(globex: &Globex, browser: &Chromium) {
    browser
        .open(&format!("{}/admin/account", globex.origin))
        .await;
    browser.fill("Company name", TYPED).await;
    let gone = browser.client.delete_cookie("vestibule-session").await;
    gone.unwrap();
    browser.press("Save").await;
    browser.read("Your session has ended").await;
}

async fn sign_in(browser: &Chromium) {
    browser.type_into("#email", ADMINISTRATOR).await;
    browser.type_into("#password", PASSWORD).await;
    browser.press("Sign in").await;
}

async fn save_what_is_back(browser: &Chromium) {
    browser.read("What you had typed is here").await;
    let name = browser.control("Company name").await;
    assert_eq!(name.prop("value").await.unwrap().as_deref(), Some(TYPED));
    browser.press("Save").await;
    browser.read("Saved.").await;
    assert!(browser.text("header .company").await.contains(TYPED));
}

#[tokio::test]
async fn a_form_waits_in_its_window() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::start().await);
    let globex = Globex::of(&demo);
    globex.get_in(&demo, &browser).await;
    send_too_late(&globex, &browser).await;
    look(&browser, "session-over").await;
    // One button, and no second window.
    assert!(browser.visible("form button").await.is_none());
    browser.follow("Sign in again").await;
    assert_eq!(browser.client.windows().await.unwrap().len(), 1);
    sign_in(&browser).await;
    browser.see("p.flash").await;
    look(&browser, "console-kept").await;
    save_what_is_back(&browser).await;
    // It came back once.
    browser.open(&format!("{}/admin/kept", globex.origin)).await;
    browser.read("You can close this window").await;
    browser.quit().await;
}

#[tokio::test]
async fn without_script_it_waits_beside_the_sign_in() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::without_script().await);
    let globex = Globex::of(&demo);
    globex.get_in(&demo, &browser).await;
    send_too_late(&globex, &browser).await;
    let window = browser.client.window().await.unwrap();
    browser.click_into_tab("a[data-keep]").await;
    sign_in(&browser).await;
    browser.read("You can close this window").await;
    browser.client.switch_to_window(window).await.unwrap();
    browser.press("Go on with my form").await;
    save_what_is_back(&browser).await;
    browser.quit().await;
}
