//! A provider that changes its keys (rules K3 and K4).

use super::Package;
use super::relying_party::RelyingParty;

#[tokio::test]
async fn new_keys_verify_once_they_are_read_and_old_ones_while_they_are_published() {
    let mut ours = RelyingParty::at(Package::OidcProvider).await;
    let [before, stale] = [
        ours.token("ada").await.unwrap(),
        ours.token("ada").await.unwrap(),
    ];
    ours.peer.add_keys().await;
    let [unread, after] = [
        ours.token("ada").await.unwrap(),
        ours.token("ada").await.unwrap(),
    ];
    // The token names a key that is not known yet: that is when one asks again.
    let is_known = |ours: &RelyingParty, kid: &str| {
        let keys = ours.keys.keys().iter();
        keys.filter_map(|key| key.kid()).any(|it| it == kid)
    };
    let kid = after.kid().unwrap();
    assert!(!is_known(&ours, &kid));
    assert_eq!(ours.validate(unread).unwrap_err().rule(), "K3");

    ours.refresh_keys().await;
    assert!(is_known(&ours, &kid));
    assert_eq!(ours.validate(after).unwrap().subject(), "ada");
    assert_eq!(ours.validate(before).unwrap().subject(), "ada");

    ours.peer.drop_keys().await;
    ours.refresh_keys().await;
    assert!(is_known(&ours, &kid));
    assert_eq!(ours.validate(stale).unwrap_err().rule(), "K3");
}
