//! Picturepark's document, sentence by sentence: `tests/it/seeds/rows.txt`, 000.

use super::ONE_AT_A_TIME;
use super::set_up::{SetUp, TENANT};

#[tokio::test]
async fn the_set_up_of_picturepark() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let set_up = SetUp::begin().await;
    // 000-8 to 000-19: an identity provider with a name that users see, before anything else is known.
    let ours = set_up.create_draft(TENANT, "Company Access").await;
    // 000-25 to 000-29: registered, then the address with the connection's own code.
    let client_id = set_up.register("Globex Content Portal", "").await;
    set_up
        .authenticate(&ours.redirect_uri, &ours.logout_url)
        .await;
    // 000-35 and 000-36: the secret; everything is saved and verified.
    let secret = set_up.new_secret("Globex Content Portal").await;
    // 000-40 to 000-45: the e-mail is required, names are recommended, groups by their object IDs.
    set_up
        .add_claims(&["email", "family_name", "given_name", "groups", "sid"])
        .await;
    set_up.bring_back(&client_id, &secret).await;
    set_up.verify().await;
    set_up.enable().await;
    let user = set_up.paste(&ours.initiate_url).await;
    // 000-31: who signs out at Microsoft is signed out here.
    user.open(&format!("{}/myapps", set_up.demo.idp)).await;
    user.follow("Sign out").await;
    user.open(&format!("{}/sso/session", set_up.globex.origin))
        .await;
    assert!(user.text("body").await.contains("Not signed in"));
    user.quit().await;
}
