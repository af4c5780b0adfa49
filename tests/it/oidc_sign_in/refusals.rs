//! Answers of a provider that differ from the usual one, each as a whole sign-in: refused by its rule, or taken.

use vestibule::demo_idp::OidcVariant as V;

use super::world::Relying;

/// The variant, and the rule that refuses it; none where it gets in.
const VERDICTS: &[(V, Option<&str>)] = &[
    (V::Usual, None),
    (V::OtherNonce, Some("P8")),
    (V::NoNonce, Some("P8")),
    (V::Expired, Some("P6")),
    (V::IssuedLater, Some("P6")),
    (V::OtherAudience, Some("P5")),
    (V::ExtraAudience, Some("P5")),
    (V::OtherIssuer, Some("P4")),
    (V::IssuerV1, Some("P4")),
    (V::Unsigned, Some("P2")),
    (V::Hs256Secret, Some("P2")),
    (V::Hs256PublicKey, Some("P2")),
    (V::WrongSignature, Some("P3")),
    (V::UnknownKid, Some("K3")),
    (V::NoKid, None),
    (V::NoSubject, Some("P11")),
    (V::NoEmail, Some("F3")),
    (V::EmailVerified, None),
    (V::Guest, None),
    (V::GroupsOverage, None),
    (V::TokenServerError, Some("N5")),
    (V::TokenHtml, Some("N5")),
    (V::TokenWithoutIdToken, Some("N4")),
    (V::AnswerIssuer, None),
    (V::AnswerOtherIssuer, Some("M4")),
    (V::TwoCodes, Some("M2")),
    (V::NoCode, Some("M2")),
    (V::AccessDenied, Some("M5")),
    (V::ConsentRequired, Some("M5")),
    (V::InteractionRequired, Some("M5")),
    (V::ServerError, Some("M5")),
    (V::TemporarilyUnavailable, Some("M5")),
];

#[tokio::test]
async fn every_variant_has_its_verdict() {
    let world = Relying::new().await;
    for &(variant, rule) in VERDICTS {
        world.vary(variant);
        let mut browser = world.browser();
        let answer = world.sign_in(&mut browser).await;
        match rule {
            None => assert_eq!(answer.status, 303, "{variant:?}: {}", answer.body),
            Some(rule) => {
                assert_eq!(answer.status, 403, "{variant:?}: {}", answer.body);
                let attempt = world.assert_refused(&answer, rule).await;
                let failed: Vec<_> = attempt
                    .record
                    .checks
                    .iter()
                    .filter(|it| !it.passed)
                    .collect();
                assert_eq!(failed.len(), 1, "{variant:?}: {failed:?}");
                assert!(!attempt.record.advice.is_empty(), "{variant:?}");
                assert_eq!(browser.get("/sso/session").await.status, 401, "{variant:?}");
            }
        }
        world.app.clock.step(time::Duration::minutes(1));
    }
}

/// What the provider says is in the record, as text, and on no page of the user.
#[tokio::test]
async fn error_description_script() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    let address = world.answered(&mut browser).await;
    let state = address
        .split("state=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    let path = super::world::path_of(&address).split('?').next().unwrap();
    let description = "%3Cscript%3Ealert(1)%3C/script%3E%0D%0Aforged%20line";
    let path = format!("{path}?error=server_error&error_description={description}&state={state}");
    let answer = browser.get(&path).await;
    let attempt = world.assert_refused(&answer, "M5").await;
    assert!(!answer.body.contains("alert(1)"), "{}", answer.body);
    assert!(attempt.summary.contains("alert(1)"), "{}", attempt.summary);
    assert!(
        !attempt.summary.contains(['\r', '\n']),
        "{}",
        attempt.summary
    );
}

#[tokio::test]
async fn callback_with_id_token() {
    let world = Relying::new().await;
    for parameter in ["id_token", "access_token", "token", "response"] {
        let mut browser = world.browser();
        let address = world.answered(&mut browser).await;
        let path = format!("{}&{parameter}=x", super::world::path_of(&address));
        let answer = browser.get(&path).await;
        world.assert_refused(&answer, "H1").await;
    }
}
