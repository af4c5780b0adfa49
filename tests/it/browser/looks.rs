//! How the pages look: they fit a telephone and a desk, and nothing hangs over an edge.

use std::path::PathBuf;

use super::axe;
use super::{Chromium, Demo, ERROR, ONE_AT_A_TIME, SIGNED_IN, sign_in_at_idp};

const SIZES: [(u32, u32); 2] = [(1280, 800), (390, 844)];

/// Where pictures go, when somebody wants them.
pub(super) fn album() -> Option<PathBuf> {
    std::env::var_os("VESTIBULE_TEST_SCREENSHOTS").map(PathBuf::from)
}

/// Looks at the page that stands there, in both widths and both colour schemes.
pub(super) async fn look(browser: &Chromium, name: &str) {
    let faults = faults(browser, name).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What is wrong with the page that stands there.
pub(super) async fn faults(browser: &Chromium, name: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let views = [
        ("", 0, "light"),
        ("-narrow", 1, "light"),
        ("-dark", 0, "dark"),
    ];
    for (suffix, size, scheme) in views {
        let (width, height) = SIZES[size];
        browser.resize(width, height).await;
        browser.prefer(scheme).await;
        let overflow =
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        let overflow = browser.client.execute(overflow, vec![]).await.unwrap();
        if overflow != 0 {
            faults.push(format!(
                "{name}{suffix} is wider than {width}, by {overflow}"
            ));
        }
        if size == 1 {
            let small = browser.client.execute(SMALL, vec![]).await.unwrap();
            for found in small.as_array().into_iter().flatten() {
                faults.push(format!("{name}{suffix}: too small to touch: {found}"));
            }
        }
        if let Some(found) = axe::violations(browser).await {
            faults.push(format!("{name}{suffix}: {found}"));
        }
        if let Some(album) = album() {
            let file = album.join(format!("{name}{suffix}.png"));
            std::fs::write(file, browser.picture().await).unwrap();
        }
    }
    browser.resize(SIZES[0].0, SIZES[0].1).await;
    browser.prefer("light").await;
    faults
}

/// What is touched has 24 pixels at least, each way (WCAG 2.5.8). A link within a sentence is as high as its line; a box
/// is as large as the label around it.
const SMALL: &str = r#"
// Pages of the identity provider of the demonstration are not ours.
if (!document.querySelector("link[rel=stylesheet][href^='/assets/site.']")) return [];
const kinds = "a[href], button, input, select, textarea, summary";
const inSentence = (it) => getComputedStyle(it).display === "inline"
  && it.parentElement.textContent.trim().length > it.textContent.trim().length;
return [...document.querySelectorAll(kinds)]
  .filter((it) => it.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && it.type !== "hidden")
  .filter((it) => !(it.matches("a") && inSentence(it)))
  .map((it) => [it, (it.closest("label") ?? it).getBoundingClientRect()])
  .filter(([, box]) => box.right > 0 && box.bottom > 0)
  .filter(([, box]) => Math.round(box.width * 10) < 240 || Math.round(box.height * 10) < 240)
  .map(([it, box]) => `${it.outerHTML.slice(0, 90)} ${box.width} x ${box.height}`);
"#;

#[tokio::test]
async fn every_page_fits() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start_for_pictures(), Chromium::start().await);
    browser.open(&format!("{}/sign-in", demo.origin)).await;
    browser.see("a.choice").await;
    look(&browser, "sign-in").await;

    browser.click("a.choice").await;
    browser.see("#sign-in").await;
    look(&browser, "pick-an-account").await;
    browser.touch("details summary").await;
    browser.pick("select[name=variant]", "wrong-audience").await;
    sign_in_at_idp(&browser).await;
    browser.see(ERROR).await;
    look(&browser, "sign-in-failed").await;

    browser.open(&format!("{}/myapps", demo.idp)).await;
    browser.see("a.tile").await;
    look(&browser, "my-apps").await;
    browser.open(&demo.set_up()).await;
    browser.see("#test-variants").await;
    look(&browser, "set-up").await;

    browser.open(&format!("{}/", demo.origin)).await;
    browser.see(SIGNED_IN).await;
    look(&browser, "signed-in").await;
    browser.open(&format!("{}/sign-in", demo.origin)).await;
    browser.see("p.already").await;
    look(&browser, "sign-in-again").await;
    browser.open(&format!("{}/sso/logout", demo.origin)).await;
    browser.see("main.card .actions button").await;
    look(&browser, "sign-out").await;
    browser.quit().await;
}
