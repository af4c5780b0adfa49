//! A set-up by OpenID Connect as the documents of other products tell it: two windows, the console in one and Entra's pages in the
//! other, and values copied across. `seed_….rs` have the order of each document.

use fantoccini::wd::WindowHandle;

use super::tutorial::Globex;
use super::{Chromium, Demo, SIGNED_IN};

/// The directory of the demonstration.
pub(super) const TENANT: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";

/// An administrator with two windows.
pub(super) struct SetUp {
    pub(super) demo: Demo,
    pub(super) browser: Chromium,
    pub(super) globex: Globex,
    console: WindowHandle,
    portal: WindowHandle,
}

/// What the console says of a connection.
pub(super) struct OurAddresses {
    pub(super) redirect_uri: String,
    pub(super) initiate_url: String,
    pub(super) logout_url: String,
}

impl SetUp {
    /// Globex has an administrator and the permission group "SSO Basic", and no connection.
    pub(super) async fn begin() -> Self {
        let (demo, browser) = (Demo::start(), Chromium::start().await);
        let globex = Globex::of(&demo);
        globex.get_in(&demo, &browser).await;
        globex.create_permission(&browser).await;
        let console = browser.client.window().await.unwrap();
        let portal = browser.client.new_window(true).await.unwrap().handle;
        Self {
            demo,
            browser,
            globex,
            console,
            portal,
        }
    }

    pub(super) async fn to_console(&self) -> &Chromium {
        let window = self.console.clone();
        self.browser.client.switch_to_window(window).await.unwrap();
        &self.browser
    }

    pub(super) async fn to_portal(&self) -> &Chromium {
        let window = self.portal.clone();
        self.browser.client.switch_to_window(window).await.unwrap();
        &self.browser
    }

    /// From the console's first page to a draft of a connection to Entra ID.
    pub(super) async fn create_draft(&self, pasted: &str, display_name: &str) -> OurAddresses {
        let console = self.to_console().await;
        console.open(&format!("{}/admin", self.globex.origin)).await;
        console.follow("Single Sign On Settings").await;
        console.follow("New connection").await;
        console.follow("Microsoft Entra ID, OpenID Connect").await;
        console.fill("Tenant ID or discovery URL", pasted).await;
        console.fill("Display name", display_name).await;
        console.press("Create").await;
        self.addresses().await
    }

    pub(super) async fn addresses(&self) -> OurAddresses {
        let console = self.to_console().await;
        OurAddresses {
            redirect_uri: console.text("code#redirect-uri").await,
            initiate_url: console.text("code#initiate-url").await,
            logout_url: console.text("code#front-channel-url").await,
        }
    }

    /// "New registration"; the Application (client) ID.
    pub(super) async fn register(&self, name: &str, redirect_uri: &str) -> String {
        let portal = self.to_portal().await;
        portal
            .open(&format!("{}/registrations", self.demo.idp))
            .await;
        portal.follow("New registration").await;
        portal.fill("Name", name).await;
        portal.fill("Redirect URI (optional)", redirect_uri).await;
        portal.press("Register").await;
        self.portal_value("Application (client) ID").await
    }

    /// A value of the application's overview.
    pub(super) async fn portal_value(&self, label: &str) -> String {
        let portal = self.to_portal().await;
        portal.follow("Overview").await;
        let path = format!("//dt[.=\"{label}\"]/following-sibling::dd[1]/span");
        portal.see_path(&path).await.text().await.unwrap()
    }

    /// "Certificates & secrets", "New client secret"; the Value.
    pub(super) async fn new_secret(&self, description: &str) -> String {
        let portal = self.to_portal().await;
        portal.follow("Certificates & secrets").await;
        portal.fill("Description", description).await;
        portal.press("Add").await;
        portal.text("#secret-value").await
    }

    pub(super) async fn brand(&self, initiate_url: &str) {
        let portal = self.to_portal().await;
        portal.follow("Branding & properties").await;
        portal.fill("Home page URL", initiate_url).await;
        portal.press("Save").await;
        portal.read("Saved.").await;
    }

    pub(super) async fn authenticate(&self, redirect_uri: &str, logout_url: &str) {
        let portal = self.to_portal().await;
        portal.follow("Authentication").await;
        portal.fill("Redirect URIs", redirect_uri).await;
        portal.fill("Front-channel logout URL", logout_url).await;
        portal.press("Save").await;
        portal.read("Saved.").await;
    }

    /// "Token configuration", "Add optional claim".
    pub(super) async fn add_claims(&self, claims: &[&str]) {
        let portal = self.to_portal().await;
        portal.follow("Token configuration").await;
        for claim in claims {
            let box_ = format!("input[name=claim][value={claim}]");
            let box_ = portal.see(&box_).await;
            if !box_.is_selected().await.unwrap() {
                box_.click().await.unwrap();
            }
        }
        portal.press("Save").await;
        portal.read("Saved.").await;
    }

    /// Client ID and secret come back.
    pub(super) async fn bring_back(&self, client_id: &str, secret: &str) {
        let console = self.to_console().await;
        console.fill("Client secret", secret).await;
        console.press("Save the secret").await;
        console.read("It is shown nowhere").await;
        console.fill("Client ID", client_id).await;
        console.tick("Enable Just-In-Time User Provisioning").await;
        console
            .choose("Permission group of new accounts", "SSO Basic")
            .await;
        console.press("Save, and next: Verify").await;
        console.read("Set-up, step 2 of 4").await;
    }

    pub(super) async fn verify(&self) {
        let console = self.to_console().await;
        // Left, and come back to: the set-up goes on where it was.
        console.click("a[href='/admin/connections']").await;
        console.click("td a[href$='/verify']").await;
        console.click("form[action$='/verify'] button").await;
        console.read("Everything fits").await;
        console.click(".set-up-steps a").await;
        console.read("Set-up, step 1 of 4").await;
    }

    pub(super) async fn enable(&self) {
        let console = self.to_console().await;
        console.click("nav.tabs a").await;
        console.press("Enable this connection").await;
        console.read("Enabled").await;
    }

    /// The document's own test: signed in at Microsoft, the address is pasted, and one is in; again after signing out.
    pub(super) async fn paste(&self, initiate_url: &str) -> Chromium {
        let user = Chromium::start().await;
        user.open(&format!("{}/myapps", self.demo.idp)).await;
        super::tutorial::sign_in(&user, "b.simon@contoso.com", "Tailspin-42").await;
        user.see("a.tile").await;
        user.open(initiate_url).await;
        self.is_in(&user).await;
        user.click("main.card form button").await;
        user.see("a.button[href='/sign-in']").await;
        user.open(initiate_url).await;
        self.is_in(&user).await;
        user
    }

    pub(super) async fn is_in(&self, user: &Chromium) {
        user.see(SIGNED_IN).await;
        user.arrive(&format!("{}/", self.globex.origin)).await;
        let page = user.text("main.card").await;
        assert!(
            page.contains("b.simon@contoso.com") && page.contains("SSO Basic"),
            "{page}"
        );
    }
}
