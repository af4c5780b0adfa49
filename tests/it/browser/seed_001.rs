//! `PingOne`'s document up to the directory, sentence by sentence: `tests/it/seeds/rows.txt`, 001.

use super::ONE_AT_A_TIME;
use super::set_up::SetUp;

#[tokio::test]
async fn the_sign_in_of_pingone() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let set_up = SetUp::begin().await;
    // 001-4 to 001-8: register without a redirect URI, then the secret.
    let client_id = set_up.register("PingOne", "").await;
    let secret = set_up.new_secret("PingOne").await;
    // 001-10 and 001-11: the document's address, whole.
    let discovery = set_up
        .portal_value("OpenID Connect metadata document")
        .await;
    assert!(discovery.ends_with("/.well-known/openid-configuration"));
    let ours = set_up.create_draft(&discovery, "Contoso").await;
    set_up.bring_back(&client_id, &secret).await;
    // 001-12: Verify asks the endpoints.
    set_up.verify().await;
    // 001-19 to 001-24: the groups, and the redirect URI of type Web.
    set_up
        .add_claims(&["email", "family_name", "given_name", "groups"])
        .await;
    set_up.authenticate(&ours.redirect_uri, "").await;
    // 001-37: done.
    set_up.enable().await;
    set_up.paste(&ours.initiate_url).await.quit().await;
}
