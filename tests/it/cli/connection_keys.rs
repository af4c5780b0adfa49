//! `connection key`: key pairs in the place of a secret (rule N3).

use serde_json::Value;

use super::Installation;

const AT: &str = "--company acme --name keys";

fn with_provider() -> Installation {
    let installation = Installation::with_company();
    // Nobody listens there: it is looked at later.
    installation
        .run(
            "connection add-oidc --company acme --name keys --display-name Keys --client-id acme --issuer http://127.0.0.1:1",
        )
        .succeeds();
    installation
}

fn list(installation: &Installation) -> Vec<Value> {
    let said = installation
        .run(&format!("connection key list {AT} --json"))
        .succeeds();
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn a_key_pair_is_made_downloaded_used_and_deleted() {
    let installation = with_provider();
    for _ in 0..2 {
        let made = installation.run(&format!("connection key make {AT}"));
        made.succeeds();
    }
    let third = installation.run(&format!("connection key make {AT}"));
    assert!(third.err.contains("two key pairs"), "{}", third.err);
    let pairs = list(&installation);
    let name = pairs[1]["sha1_thumbprint"].as_str().unwrap();
    let one = format!("{AT} --key {}", &name[..10]);
    let several = installation.run(&format!("connection key use {AT}"));
    assert!(several.err.contains("several"), "{}", several.err);
    let pem = installation
        .run(&format!("connection key download {one}"))
        .succeeds();
    assert!(pem.out.starts_with("-----BEGIN CERTIFICATE-----"));
    let jwk = installation
        .run(&format!("connection key download {one} --form jwk"))
        .succeeds();
    let jwk: Value = serde_json::from_str(&jwk.out).unwrap();
    assert!(jwk["n"].is_string() && jwk.get("d").is_none(), "{jwk}");
    installation
        .run(&format!("connection key use {one} --kid theirs"))
        .succeeds();
    let pairs = list(&installation);
    assert_eq!(pairs[0]["sha1_thumbprint"], name);
    assert_eq!(
        (&pairs[0]["in_use"], &pairs[0]["kid"]),
        (&true.into(), &"theirs".into())
    );
    let other = pairs[1]["sha1_thumbprint"].as_str().unwrap();
    installation
        .run(&format!("connection key delete {AT} --key {other}"))
        .succeeds();
    assert_eq!(list(&installation).len(), 1);
    let weak = installation.run(&format!("connection key make {AT} --algorithm HS256"));
    assert!(weak.err.contains("PS256, RS256 or ES256"), "{}", weak.err);
}
