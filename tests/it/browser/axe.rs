//! axe-core: what a page keeps from people who use it by keyboard or by ear.

use fantoccini::wd::TimeoutConfiguration;
use serde_json::json;
use std::time::Duration;

use super::{Chromium, ONE_AT_A_TIME};

const SCRIPT: &str = "target/test-axe/axe_playwright_python/axe.min.js";
/// WCAG 2.2, levels A and AA, and what axe-core calls good practice.
const RUN: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then(
        result => done(result.violations.map(found => ({
            rule: found.id, why: found.help, where: found.nodes.map(node => node.html + ' ' + node.failureSummary)
        }))),
        cause => done([{ rule: 'axe', why: String(cause), where: [] }]),
    );";

/// What axe-core finds on the page that stands there.
pub(super) async fn violations(browser: &Chromium) -> Option<String> {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(SCRIPT);
    let axe = std::fs::read_to_string(&file)
        .unwrap_or_else(|cause| panic!("{SCRIPT}: {cause}: run script/bootstrap test"));
    let client = &browser.client;
    let patience = TimeoutConfiguration::new(Some(Duration::from_mins(1)), None, None);
    client.update_timeouts(patience).await.unwrap();
    // Read once for each page: to read it takes as long as to look.
    let is_there = client.execute("return 'axe' in window", Vec::new()).await;
    if is_there.unwrap() != json!(true) {
        client.execute(&axe, Vec::new()).await.unwrap();
    }
    let found = client.execute_async(RUN, Vec::new()).await.unwrap();
    (found != json!([])).then(|| serde_json::to_string_pretty(&found).unwrap())
}

#[tokio::test]
async fn what_is_wrong_is_found() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let browser = Chromium::start().await;
    browser
        .open("data:text/html,<title>A</title><main><h1>A</h1><img src=data:,></main>")
        .await;
    let found = violations(&browser).await.unwrap();
    assert!(found.contains("image-alt"), "{found}");
    browser.quit().await;
}
