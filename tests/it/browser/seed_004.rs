//! The document of iPECS, and what `PingOne`'s says of groups: `tests/it/seeds/rows.txt`, 004 and 001-29 to 001-36.

use super::looks::look;
use super::set_up::{SetUp, TENANT};
use super::{Chromium, ONE_AT_A_TIME};

#[tokio::test]
async fn the_look_up_of_ipecs() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let set_up = SetUp::begin().await;
    set_up.create_draft(TENANT, "Contoso").await;
    let directory = directory_page(&set_up).await;
    // 004-3 to 004-10: three values, of a registration without a redirect URI.
    let client_id = set_up.register("Globex directory look-up", "").await;
    let tenant = set_up.portal_value("Directory (tenant) ID").await;
    let secret = set_up.new_secret("Globex directory look-up Secret").await;
    let console = set_up.to_console().await;
    look(console, "directory").await;
    console.tick("A registration of its own").await;
    console.fill("Application (client) ID", &client_id).await;
    console.fill("Directory (tenant) ID", &tenant).await;
    console.fill("Client secret Value", &secret).await;
    console.press("Save").await;
    console.read("The directory is saved.").await;
    // 004-13: what is not granted yet is named.
    console.press("Test the directory").await;
    console
        .read("Add the application permission User.Read.All")
        .await;
    look(console, "directory-test").await;
    // 004-11 and 004-12.
    let portal = set_up.to_portal().await;
    portal.follow("API permissions").await;
    for permission in ["User.Read.All", "GroupMember.Read.All"] {
        let tick = format!("input[name=permission][value='{permission}']");
        portal.see(&tick).await.click().await.unwrap();
    }
    portal.press("Add permissions").await;
    portal.press("Grant admin consent for Contoso").await;
    portal.read("Granted for Contoso").await;
    let console = set_up.to_console().await;
    console.press("Test again").await;
    console.read("The directory can be read.").await;

    // 004-14: somebody is looked up and added.
    let users = format!("{}/admin/users", set_up.globex.origin);
    console.open(&users).await;
    console.follow("Add from directory").await;
    console.fill("Name or e-mail address", "B.Simon").await;
    console.press("Search").await;
    look(console, "directory-users").await;
    console.tick("B.Simon").await;
    console.choose("Permission group", "SSO Basic").await;
    console.press("Add").await;
    console.read("Created b.simon@contoso.com").await;

    // 001-29 to 001-36: its groups, after their preview.
    console.open(&directory).await;
    console.tick("Synchronise groups and people").await;
    console.press("Save").await;
    console.read("The directory is saved.").await;
    let groups = format!("{}/admin/groups", set_up.globex.origin);
    until(console, &groups, "Start the synchronisation").await;
    look(console, "directory-preview").await;
    console.press("Start the synchronisation").await;
    until(console, &groups, "Made by the directory").await;
    look(console, "directory-groups").await;
}

/// The page "Directory" of the connection that stands there.
async fn directory_page(set_up: &SetUp) -> String {
    let console = set_up.to_console().await;
    console.follow("Directory").await;
    console.read("In Entra ID").await;
    console.url().await
}

/// Opens a page until it says something.
async fn until(console: &Chromium, url: &str, text: &str) {
    for _ in 0..400 {
        console.open(url).await;
        if console.client.source().await.unwrap().contains(text) {
            return;
        }
    }
    panic!("{url} never says {text}");
}
