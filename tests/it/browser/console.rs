//! Every page of the console: it fits a telephone and a desk, and axe-core finds nothing.

use std::collections::{BTreeMap, VecDeque};

use fantoccini::Locator;

use super::looks::faults;
use super::tutorial::Globex;
use super::{Chromium, Demo, ONE_AT_A_TIME};

/// Follows the links of the console, and looks at one page of each kind.
#[tokio::test]
async fn every_page_that_a_link_leads_to() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start_for_pictures(), Chromium::start().await);
    let globex = Globex::of(&demo);
    globex.get_in(&demo, &browser).await;
    globex.create_permission(&browser).await;
    let connection = globex.connect_by_metadata(&demo, &browser).await;
    globex.copy_into_portal(&connection, &browser).await;
    globex.test_and_enable(&connection, &browser).await;
    globex.create_user(&browser).await;
    globex.both_sign_in(&demo).await;
    globex.fail_to_sign_in(&demo).await;

    let mut waiting = VecDeque::from(["/admin".to_owned()]);
    let mut seen = BTreeMap::new();
    let mut wrong = Vec::new();
    while let Some(path) = waiting.pop_front() {
        let kind = kind_of(&path);
        if seen.contains_key(&kind) {
            continue;
        }
        browser.open(&format!("{}{path}", globex.origin)).await;
        browser.see("h1").await;
        waiting.extend(links(&browser, &globex.origin).await);
        let name = kind
            .replace("/admin", "console")
            .replace('*', "one")
            .replace('/', "-");
        seen.insert(kind, path);
        wrong.extend(faults(&browser, &name).await);
    }
    for page in [
        "/admin",
        "/admin/users",
        "/admin/users/*",
        "/admin/users/new",
        "/admin/users/import",
        "/admin/groups",
        "/admin/groups/*",
        "/admin/groups/new",
        "/admin/connections",
        "/admin/connections/add",
        "/admin/connections/new",
        "/admin/connections/new/openid",
        "/admin/connections/new/manual",
        "/admin/connections/*",
        "/admin/connections/*/certificates",
        "/admin/connections/*/metadata",
        "/admin/connections/*/versions",
        "/admin/connections/*/copy",
        "/admin/connections/*/test",
        "/admin/guides/entra",
        "/admin/applications",
        "/admin/sign-ins",
        "/admin/sign-ins/*",
        "/admin/sessions",
        "/admin/audit",
        "/admin/tokens",
    ] {
        assert!(seen.contains_key(page), "no link leads to {page}: {seen:?}");
    }

    wrong.extend(forms_of_connections(&globex, &demo, &connection, &browser).await);
    wrong.extend(forms_of_users(&globex, &demo, &browser).await);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    browser.quit().await;
}

/// What the forms of a connection lead to.
async fn forms_of_connections(
    globex: &Globex,
    demo: &Demo,
    connection: &str,
    browser: &Chromium,
) -> Vec<String> {
    let mut wrong = Vec::new();
    browser.open(&format!("{connection}/test")).await;
    browser
        .click("section[aria-labelledby=last-tests] li a")
        .await;
    browser.read("b.simon@contoso.com").await;
    wrong.extend(faults(browser, "console-test-result").await);

    browser.open(&format!("{connection}/certificates")).await;
    browser.press("Stop trusting it…").await;
    browser.see("form.decide").await;
    wrong.extend(faults(browser, "console-review").await);

    browser.open(connection).await;
    browser.touch("details.advanced summary").await;
    wrong.extend(faults(browser, "console-advanced").await);
    browser.fill("Login URL", "http://login.example.com/").await;
    browser.press("Save").await;
    browser.see(".wrong").await;
    wrong.extend(faults(browser, "console-settings-refused").await);

    // A document of several identity providers, then the review of one.
    let new = format!("{}/admin/connections/new?for=other", globex.origin);
    browser.open(&new).await;
    let file = demo.installation.path("federation.xml");
    let federation = include_bytes!("../../../metadata/swamid-test.xml");
    std::fs::write(&file, federation).unwrap();
    browser.attach("Federation Metadata XML", &file).await;
    browser.press("Show what it says").await;
    browser.read("federation.xml is still here").await;
    wrong.extend(faults(browser, "console-metadata-several").await);
    browser
        .pick(
            "select[name=entity_id]",
            "https://idp.umu.se/saml2/idp/metadata.php",
        )
        .await;
    browser.press("Show what it says").await;
    browser.see("form.decide").await;
    wrong.extend(faults(browser, "console-metadata-review").await);

    browser
        .open(&format!("{}/admin/nothing", globex.origin))
        .await;
    browser.see("h1").await;
    wrong.extend(faults(browser, "console-not-found").await);
    wrong
}

/// What the forms of users and tokens lead to.
async fn forms_of_users(globex: &Globex, demo: &Demo, browser: &Chromium) -> Vec<String> {
    let mut wrong = Vec::new();
    let at = |page: &str| format!("{}/admin/{page}", globex.origin);
    browser.open(&at("users/new")).await;
    browser.fill("Email", "nobody").await;
    browser.press("Create").await;
    browser.see(".wrong").await;
    wrong.extend(faults(browser, "console-user-refused").await);
    browser.fill("Email", "grace@globex.example").await;
    browser
        .choose("Permission group", "Administrators (administrators)")
        .await;
    browser.press("Create").await;
    browser.read("an administrator?").await;
    wrong.extend(faults(browser, "console-sure").await);

    browser.open(&at("users/import")).await;
    let file = demo.installation.path("users.csv");
    let rows = "email,first_name,last_name,company,groups\n\
                grace@globex.example,Grace,Hopper,Globex,Administrators\n\
                britta.simon@contoso.com,Britta,Simonsson,Contoso,\n";
    std::fs::write(&file, rows).unwrap();
    browser.attach("File", &file).await;
    browser.press("Show what it does").await;
    browser.read("become").await;
    wrong.extend(faults(browser, "console-import").await);

    browser.open(&at("tokens")).await;
    browser.fill("Name", "HR synchronisation").await;
    browser.tick("users:read").await;
    browser.tick("users:write").await;
    browser.press("Make token").await;
    browser.see("#token").await;
    wrong.extend(faults(browser, "console-token-made").await);
    browser.follow("I have copied it").await;
    browser.see("table.tokens").await;
    wrong.extend(faults(browser, "console-tokens-one").await);
    wrong
}

/// The paths beneath `/admin` that the page links to, without those that are files.
async fn links(browser: &Chromium, origin: &str) -> Vec<String> {
    let mut found = Vec::new();
    for link in browser
        .client
        .find_all(Locator::Css("a[href]:not([download])"))
        .await
        .unwrap()
    {
        let href = link.attr("href").await.unwrap().unwrap_or_default();
        let path = href.strip_prefix(origin).unwrap_or(&href);
        let path = path.split('#').next().unwrap_or_default();
        if path.starts_with("/admin") && !path.contains("/export") {
            found.push(path.to_owned());
        }
    }
    found
}

/// The address without what it names: `/admin/users/*`.
fn kind_of(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let named = |segment: &str| {
        let is_long = segment.len() > 20;
        let is_code = segment.len() == 9 && segment.as_bytes()[4] == b'-';
        if is_long || is_code { "*" } else { segment }.to_owned()
    };
    path.split('/').map(named).collect::<Vec<_>>().join("/")
}
