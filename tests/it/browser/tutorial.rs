//! The tutorial, from the set-up link to two people who are signed in, as an administrator does it in a browser.

use std::path::PathBuf;

use super::demo::{Demo, GLOBEX_APP};
use super::{Chromium, ERROR, ONE_AT_A_TIME, SIGNED_IN};

pub(super) const ADMINISTRATOR: &str = "ada@globex.example";
pub(super) const PASSWORD: &str = "three blue lanterns";

/// The pages of Globex, and Globex at the identity provider.
pub(super) struct Globex {
    pub(super) origin: String,
    portal: String,
    /// Without JavaScript a form that would send itself waits for its button.
    by_buttons: bool,
}

/// What the identity provider's page says that has to be copied.
struct FromPortal {
    login_url: String,
    identifier: String,
    logout_url: String,
    certificate: String,
}

impl Globex {
    pub(super) fn of(demo: &Demo) -> Self {
        Self {
            origin: demo.origin.replace("acme.", "globex."),
            portal: format!("{}/applications/{GLOBEX_APP}", demo.idp),
            by_buttons: false,
        }
    }

    /// Becomes the first administrator.
    pub(super) async fn get_in(&self, demo: &Demo, browser: &Chromium) {
        let words = ["company", "setup-link", "new", "globex"];
        let said = demo.installation.run_words(&words, "").succeeds();
        let link = said
            .out
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with(&self.origin))
            .unwrap()
            .to_owned();
        browser.open(&link).await;
        browser.fill("Your e-mail", ADMINISTRATOR).await;
        browser.fill("First name", "Ada").await;
        browser.fill("Last name", "Byron").await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Continue").await;
        browser.arrive(&format!("{}/admin", self.origin)).await;
        // It was good for one use.
        let second = Chromium::start().await;
        second.open(&link).await;
        let page = second.text("main").await;
        assert!(page.contains("used"), "{page}");
        second.quit().await;
    }

    /// "Create New Permission", as in the tutorial.
    pub(super) async fn create_permission(&self, browser: &Chromium) {
        browser.follow("Users & Permissions").await;
        browser.follow("Permission groups").await;
        browser.follow("Create New Permission").await;
        browser.fill("Permission title", "SSO Basic").await;
        browser
            .tick("This group can only sign in via single sign-on")
            .await;
        browser.press("Save").await;
        browser.read("SSO Basic").await;
    }

    /// Reads the boxes "SAML Certificates" and "Set up".
    async fn read_portal(&self, browser: &Chromium) -> FromPortal {
        browser.open(&self.portal).await;
        let value = async |label: &str| {
            let path = format!("//dt[.=\"{label}\"]/following-sibling::dd[1]/span");
            browser.see_path(&path).await.text().await.unwrap()
        };
        FromPortal {
            login_url: value("Login URL").await,
            identifier: value("Microsoft Entra Identifier").await,
            logout_url: value("Logout URL").await,
            certificate: download(&format!("{}/certificate-base64.cer", self.portal)).await,
        }
    }

    /// Makes the connection from the file that the identity provider offers; its address.
    pub(super) async fn connect_by_metadata(&self, demo: &Demo, browser: &Chromium) -> String {
        browser.open(&self.portal).await;
        let path = "//dt[.=\"Federation Metadata XML\"]/following-sibling::dd[1]/a";
        let address = browser.see_path(path).await.attr("href").await.unwrap();
        let file: PathBuf = demo.installation.path("federation-metadata.xml");
        std::fs::write(&file, download(&address.unwrap()).await).unwrap();

        browser.open(&format!("{}/admin", self.origin)).await;
        browser.follow("Single Sign On Settings").await;
        browser.follow("New connection").await;
        browser.follow("Microsoft Entra ID, SAML 2.0").await;
        browser.attach("Federation Metadata XML", &file).await;
        browser.fill("Display name", "Microsoft Entra ID").await;
        browser
            .choose("Just-In-Time User Provisioning", "SSO Basic")
            .await;
        browser.press("Show what it says").await;
        browser.read("SHA-256").await;
        browser.click("form.decide button").await;
        browser.see(".tabs").await;
        let page = browser.url().await;
        page.strip_suffix("/copy").unwrap_or(&page).to_owned()
    }

    /// Copies our addresses into "Basic SAML Configuration".
    pub(super) async fn copy_into_portal(&self, connection: &str, browser: &Chromium) {
        browser.open(connection).await;
        browser.follow("Copy into").await;
        let mut values = Vec::new();
        for id in ["entity-id", "acs-url", "sign-on-url", "logout-url"] {
            values.push(browser.text(&format!("code#{id}")).await);
        }
        browser.open(&self.portal).await;
        browser.touch("#basic summary").await;
        let labels = ["Identifier", "Reply URL", "Sign on URL", "Logout Url"];
        for (label, value) in labels.into_iter().zip(&values) {
            browser.fill(label, value).await;
        }
        browser.press("Save").await;
        let metadata = format!("{}/sso/metadata", self.origin);
        assert_eq!(values[0], metadata);
        browser
            .see_path(&format!("//dd/span[.=\"{metadata}\"]"))
            .await;
    }

    /// Tests the connection that is not enabled yet as B.Simon, and enables it.
    pub(super) async fn test_and_enable(&self, connection: &str, browser: &Chromium) {
        browser.open(connection).await;
        browser.follow("Test").await;
        browser.click_into_tab("form[target=_blank] button").await;
        sign_in(browser, "b.simon@contoso.com", "Tailspin-42").await;
        if self.by_buttons {
            browser.click("#continue").await;
        }
        browser.read("b.simon@contoso.com").await;
        let users = format!("{}/admin/users?q=simon", self.origin);
        browser.open(&users).await;
        let page = browser.text("main").await;
        assert!(!page.contains("b.simon@contoso.com"), "{page}");
        browser.open(connection).await;
        browser.press("Enable").await;
        browser.read("Enabled").await;
    }

    /// "Create SSO User", as in the tutorial.
    pub(super) async fn create_user(&self, browser: &Chromium) {
        browser.follow("Users & Permissions").await;
        browser.follow("Create SSO User").await;
        browser.fill("Email", "britta.simon@contoso.com").await;
        browser.fill("First Name", "Britta").await;
        browser.fill("Last Name", "Simon").await;
        browser.fill("Company", "Contoso").await;
        browser.choose("Permission group", "SSO Basic").await;
        browser.press("Create").await;
        browser.read("britta.simon@contoso.com").await;
    }

    /// B.Simon by the tile, who gets an account by it; Britta Simon by the sign-on URL, who has one.
    pub(super) async fn both_sign_in(&self, demo: &Demo) {
        let browser = Chromium::start().await;
        browser.open(&format!("{}/myapps", demo.idp)).await;
        sign_in(&browser, "b.simon@contoso.com", "Tailspin-42").await;
        let tile = "//a[contains(@class, 'tile')][contains(., 'Globex')]";
        browser.leave_by(browser.see_path(tile).await).await;
        self.assert_signed_in(&browser, "b.simon@contoso.com").await;
        // Who is no administrator does not get into the console.
        browser.open(&format!("{}/admin/users", self.origin)).await;
        let page = browser.text("main").await;
        assert!(!page.contains("britta"), "{page}");
        browser.quit().await;

        let browser = Chromium::start().await;
        browser.open(&self.origin).await;
        sign_in(&browser, "britta.simon@contoso.com", "Fabrikam-42").await;
        self.assert_signed_in(&browser, "britta.simon@contoso.com")
            .await;
        browser.quit().await;
    }

    /// A sign-in whose Response is meant for somebody else.
    pub(super) async fn fail_to_sign_in(&self, demo: &Demo) {
        let browser = Chromium::start().await;
        browser.open(&format!("{}/myapps", demo.idp)).await;
        sign_in(&browser, "b.simon@contoso.com", "Tailspin-42").await;
        browser.open(&self.portal).await;
        browser.pick("select[name=variant]", "wrong-audience").await;
        browser.click("#test-variants button").await;
        browser.read("Saved").await;
        browser.open(&self.origin).await;
        browser.see(ERROR).await;
        browser.quit().await;
    }

    async fn assert_signed_in(&self, browser: &Chromium, email: &str) {
        browser.see(SIGNED_IN).await;
        browser.arrive(&format!("{}/", self.origin)).await;
        let page = browser.text("main.card").await;
        assert!(page.contains(email) && page.contains("SSO Basic"), "{page}");
    }
}

/// A file that the identity provider's page offers.
async fn download(address: &str) -> String {
    let answer = reqwest::get(address).await.unwrap();
    answer.error_for_status().unwrap().text().await.unwrap()
}

/// Signs in at the identity provider's page.
pub(super) async fn sign_in(browser: &Chromium, name: &str, password: &str) {
    let account = format!("//label[contains(., \"{name}\")]");
    browser.see_path(&account).await.click().await.unwrap();
    browser.type_into("input[name=passwd]", password).await;
    browser.click("#sign-in").await;
}

#[tokio::test]
async fn by_hand_and_without_script() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::without_script().await);
    let globex = Globex {
        by_buttons: true,
        ..Globex::of(&demo)
    };
    globex.get_in(&demo, &browser).await;
    globex.create_permission(&browser).await;
    let portal = globex.read_portal(&browser).await;

    browser.open(&format!("{}/admin", globex.origin)).await;
    browser.follow("Single Sign On Settings").await;
    browser.follow("New connection").await;
    browser.follow("Microsoft Entra ID, SAML 2.0").await;
    browser.follow("Fill in the SAML Settings").await;
    browser.fill("Display name", "Microsoft Entra ID").await;
    browser.fill("Name", "entra").await;
    browser
        .fill("Microsoft Entra Identifier", &portal.identifier)
        .await;
    browser.fill("Login URL", &portal.login_url).await;
    browser.fill("Logout URL", &portal.logout_url).await;
    browser.tick("Redirect Binding").await;
    browser.tick("Enable Just-In-Time User Provisioning").await;
    browser
        .choose("Permission group of new accounts", "SSO Basic")
        .await;
    browser.press("Continue").await;
    let connection = browser.url().await;

    // Update Certificate: nothing is trusted before it was shown.
    browser.follow("Update Certificate").await;
    browser.fill("x.509 Certificate", &portal.certificate).await;
    browser.press("Show what changes").await;
    browser.read("SHA-256").await;
    browser.click("form.decide button").await;
    browser.see(".tabs").await;

    globex.copy_into_portal(&connection, &browser).await;
    globex.test_and_enable(&connection, &browser).await;
    globex.create_user(&browser).await;
    globex.both_sign_in(&demo).await;
    browser.quit().await;
}

#[tokio::test]
async fn by_metadata() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::start().await);
    let globex = Globex::of(&demo);
    globex.get_in(&demo, &browser).await;
    globex.create_permission(&browser).await;

    let connection = globex.connect_by_metadata(&demo, &browser).await;
    globex.copy_into_portal(&connection, &browser).await;
    globex.test_and_enable(&connection, &browser).await;
    globex.create_user(&browser).await;
    globex.both_sign_in(&demo).await;
    browser.quit().await;
}
