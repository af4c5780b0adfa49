//! The identity token (rules V1 to V7), verified by the published keys.

use base64::Engine as _;
use serde_json::Value;
use time::Duration;
use vestibule::jose::{Algorithm, KeySet, UnverifiedJws};

use super::{ACME_ORIGIN, APP, Gate};

#[tokio::test]
async fn a_token_says_who_is_there_to_one_application() {
    let gate = Gate::new().await;
    let (at_app, _) = gate.signed_in_there().await;
    let answer = gate.check(&at_app, "/").await;
    let token = answer.header("vestibule-identity").to_owned();
    assert!(token.len() <= 1_500, "{}", token.len());

    let keys = gate.browser().get("/.well-known/jwks.json").await.body;
    let keys = KeySet::parse(keys.as_bytes()).unwrap();
    let parsed = UnverifiedJws::parse(&token, 8_192).unwrap();
    assert_eq!(parsed.header().typ(), Some("vestibule-identity+jwt"));
    assert!(parsed.header().kid().is_some());
    let signed = parsed.verify(&keys, &[Algorithm::Es256]).unwrap();
    let claims: Value = serde_json::from_slice(signed.payload()).unwrap();

    let claim = |name: &str| claims.get(name).cloned().unwrap_or_default();
    let user = gate.user("b.simon@contoso.com").await.unwrap();
    assert_eq!(claim("iss"), ACME_ORIGIN);
    assert_eq!(claim("aud"), APP);
    assert_eq!(claim("sub"), user.id.to_string());
    assert_eq!(claim("org_slug"), "acme");
    assert_eq!(claim("groups"), serde_json::json!(["SSO Basic"]));
    assert_eq!(claim("connection"), "entra");
    let now = gate.app.clock.now().unix_timestamp();
    assert_eq!(claim("iat"), now);
    assert_eq!(claim("nbf"), now - 5);
    assert_eq!(claim("exp"), now + 120);
    assert_eq!(
        claim("email"),
        Value::Null,
        "nobody has verified the domain"
    );

    // V4: a new one when less than half is left, and the same until then.
    gate.app.clock.step(Duration::seconds(59));
    let same = gate.check(&at_app, "/").await;
    assert_eq!(same.header("vestibule-identity"), token);
    gate.app.clock.step(Duration::seconds(2));
    let new = gate.check(&at_app, "/").await;
    assert_ne!(new.header("vestibule-identity"), token);
}

// V2
#[tokio::test]
async fn the_hub_is_the_issuer_where_there_is_one() {
    let gate = Gate::with(
        |config| config.hub.origin = Some("https://sso.example.com".to_owned()),
        |application| application.settings.audience = Some("crm".to_owned()),
    )
    .await;
    let (at_app, _) = gate.signed_in_there().await;
    let answer = gate.check(&at_app, "/").await;
    let token = answer.header("vestibule-identity");
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::prelude::BASE64_URL_SAFE_NO_PAD
        .decode(claims)
        .unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&"https://sso.example.com".into(), &"crm".into())
    );
}
