//! What a page of the console does for who reads it: a session that ends while a form is open loses nothing, and times are the reader's.

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
    times_are_the_readers(&globex, &browser).await;
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
    times_are_utc(&globex, &browser).await;
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

/// The text of a time, and what is said beside it.
async fn time(browser: &Chromium, css: &str) -> (String, String) {
    let time = browser.see(css).await;
    let title = time.attr("title").await.unwrap();
    (time.text().await.unwrap(), title.unwrap_or_default())
}

async fn times_are_utc(globex: &Globex, browser: &Chromium) {
    browser
        .open(&format!("{}/admin/audit", globex.origin))
        .await;
    let (text, _) = time(browser, "table.audit time").await;
    assert!(text.ends_with(" UTC"), "{text}");
}

async fn times_are_the_readers(globex: &Globex, browser: &Chromium) {
    // Five hours and a half before UTC, all the year.
    browser.live_in("Asia/Kolkata").await;
    browser
        .open(&format!("{}/admin/audit", globex.origin))
        .await;
    let (text, title) = time(browser, "table.audit time").await;
    assert!(text.contains("just now") || text.contains("ago"), "{text}");
    let beside = browser.text("table.audit time + .second").await;
    assert!(beside.ends_with(" UTC"), "{beside}");
    // The title has both: 1 Mar 2026, 17:30 (1 March 2026, 12:00 UTC).
    let (local, utc) = title.split_once(" (").unwrap();
    let minutes = |text: &str| {
        let clock = text.split(", ").nth(1).unwrap();
        let (hours, rest) = clock.split_once(':').unwrap();
        hours.parse::<u32>().unwrap() * 60 + rest[..2].parse::<u32>().unwrap()
    };
    assert_eq!((minutes(utc) + 330) % 1440, minutes(local), "{title}");
    // In a sentence, the reader's time with UTC behind it.
    browser.follow(ADMINISTRATOR).await;
    let (text, _) = time(browser, "header.page time").await;
    let (local, utc) = text.split_once(" (").unwrap();
    assert!(utc.ends_with(" UTC)"), "{text}");
    assert_eq!((minutes(utc) + 330) % 1440, minutes(local), "{text}");
}

/// Back after a form that was not accepted: what was typed is there still.
#[tokio::test]
async fn back_keeps_what_was_typed() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::start().await);
    let globex = Globex::of(&demo);
    globex.get_in(&demo, &browser).await;
    browser
        .open(&format!("{}/admin/account", globex.origin))
        .await;
    let typed = [
        ("Company name", TYPED),
        ("After sign-in", "//evil.example"),
        ("Person or team", "Identity team"),
        ("E-mail", "idp@globex.example"),
    ];
    for (label, text) in typed {
        browser.fill(label, text).await;
    }
    browser.press("Save").await;
    browser.read("Nothing was saved.").await;
    browser.client.back().await.unwrap();
    browser
        .arrive(&format!("{}/admin/account", globex.origin))
        .await;
    // Both pages have this address: the one that came back complains of nothing.
    while browser.visible("main .banner.bad").await.is_some() {
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    for (label, text) in typed {
        let field = browser.control(label).await;
        let value = field.prop("value").await.unwrap();
        assert_eq!(value.as_deref(), Some(text), "{label}");
    }
    browser.quit().await;
}
