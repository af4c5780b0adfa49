//! The company's logo, as a real browser shows it.

use std::path::Path;

use super::looks::look;
use super::tutorial::Globex;
use super::{Chromium, Demo, ONE_AT_A_TIME};

/// Width and height of the picture on the page, by what the page says, by what is drawn, and by the picture itself.
const MEASURES: &str = r"
const it = document.querySelector(arguments[0]);
const box = it.getBoundingClientRect();
const style = getComputedStyle(it);
const inside = (a, b) => parseFloat(style[a]) + parseFloat(style[b]);
return [it.getAttribute('width') * 1, it.getAttribute('height') * 1,
  Math.round(box.width - inside('paddingLeft', 'paddingRight')), Math.round(box.height - inside('paddingTop', 'paddingBottom')),
  it.complete ? it.naturalWidth : 0, it.naturalHeight];
";

async fn measures(browser: &Chromium, css: &str) -> Vec<u64> {
    browser.see(css).await;
    let mut found = Vec::new();
    // It is there when it has come.
    for _ in 0..200 {
        let measured = browser.client.execute(MEASURES, vec![css.into()]).await;
        let measured = measured.unwrap();
        found = measured
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_u64().unwrap())
            .collect();
        if found[4] > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    found
}

#[tokio::test]
async fn a_logo_stands_on_every_page() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::start().await);
    let globex = Globex::of(&demo);
    globex.get_in(&demo, &browser).await;
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/pictures");
    let gif = demo.installation.path("globex.gif");
    std::fs::write(&gif, crate::picture::gif(360, 96, 1)).unwrap();
    let company = format!("{}/admin/account", globex.origin);
    let files = [
        "globex.jpg",
        "globex.webp",
        "globex-alpha.webp",
        "globex-lossless.webp",
    ];
    let files = files.map(|name| pictures.join(name));
    for file in files.iter().chain([&gif, &pictures.join("globex.png")]) {
        browser.open(&company).await;
        browser.attach("Picture", file).await;
        browser.press("Save logo").await;
        browser.read("The logo is saved.").await;
        let shown = measures(&browser, "#logo-of .logo").await;
        assert_eq!(shown, [180, 48, 180, 48, 360, 96], "{}", file.display());
    }
    look(&browser, "console-logo").await;
    assert_eq!(
        measures(&browser, "a.company .logo").await,
        [96, 25, 96, 25, 360, 96]
    );
    browser.open(&format!("{}/sso/logout", globex.origin)).await;
    browser.see("header.site .logo").await;
    browser.press("Sign out").await;
    browser.open(&format!("{}/sign-in", globex.origin)).await;
    let css = "header.site .logo";
    assert_eq!(measures(&browser, css).await, [180, 48, 180, 48, 360, 96]);
    look(&browser, "sign-in-logo").await;
    // A picture that is opened by itself is no page of ours with rights.
    let address = browser.see(css).await.prop("src").await.unwrap().unwrap();
    browser.open(&format!("{}/nothing", globex.origin)).await;
    assert_eq!(measures(&browser, css).await[4], 360);
    look(&browser, "refusal-logo").await;
    browser.open(&address).await;
    browser.see("img").await;
    browser.quit().await;
}
