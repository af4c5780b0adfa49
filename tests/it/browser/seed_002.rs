//! Patchworks' document, sentence by sentence: `tests/it/seeds/rows.txt`, 002.

use super::ONE_AT_A_TIME;
use super::set_up::{SetUp, TENANT};

#[tokio::test]
async fn the_set_up_of_patchworks() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let set_up = SetUp::begin().await;
    // 002-5 to 002-10: the tenant ID alone, and three addresses are there.
    let ours = set_up.create_draft(TENANT, "Microsoft Entra ID").await;
    for (address, path) in [
        (&ours.redirect_uri, "/sso/oidc/callback/"),
        (&ours.initiate_url, "/sso/oidc/initiate/"),
        (&ours.logout_url, "/sso/oidc/logout/"),
    ] {
        let expected = format!("{}{path}", set_up.globex.origin);
        assert!(address.starts_with(&expected), "{address}");
    }
    // 002-9: the entry and its state.
    let console = set_up.to_console().await;
    let page = console.url().await;
    console
        .open(&format!("{}/admin/connections", set_up.globex.origin))
        .await;
    console.follow("Microsoft Entra ID").await;
    // 002-14: another name, and the addresses stay.
    console
        .fill("Client ID", "00000000-0000-4000-8000-000000000000")
        .await;
    console.fill("Display name", "Company Access").await;
    console.press("Save").await;
    assert_eq!(set_up.addresses().await.redirect_uri, ours.redirect_uri);
    assert_eq!(
        console.url().await.split('?').next(),
        page.split('?').next()
    );

    // 002-15 to 002-19: in the other window.
    let client_id = set_up.register("Globex", &ours.redirect_uri).await;
    set_up.brand(&ours.initiate_url).await;
    let secret = set_up.new_secret("Globex").await;
    set_up
        .add_claims(&["email", "family_name", "given_name"])
        .await;
    set_up.bring_back(&client_id, &secret).await;

    // 002-21: not before it is enabled.
    let address: reqwest::Url = ours.initiate_url.parse().unwrap();
    let here = ([127, 0, 0, 1], address.port().unwrap()).into();
    let client = reqwest::Client::builder().resolve(address.host_str().unwrap(), here);
    let early = client.build().unwrap().get(address).send().await.unwrap();
    assert_eq!(early.status(), 409);
    set_up.enable().await;

    // 002-24, and 002-2 by the tile.
    let user = set_up.paste(&ours.initiate_url).await;
    user.open(&format!("{}/myapps", set_up.demo.idp)).await;
    let tile = "//a[contains(@class, 'tile')][contains(@href, '//globex.')]";
    user.leave_by(user.see_path(tile).await).await;
    set_up.is_in(&user).await;
    user.quit().await;
}
