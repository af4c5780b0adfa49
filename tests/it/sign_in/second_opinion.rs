//! The cross-check of an operator who wants two implementations to agree (rule B9), over HTTP.

use crate::support::{ACME_ORIGIN, Federation};
use vestibule::config::CrossCheckMode;
use vestibule::demo_idp::{IdpUser, ResponseSpec};
use vestibule::domain::Check;
use vestibule::saml::signature::{Hash, SignatureAlgorithm};
use vestibule::store::AttemptFilter;

/// What the two read in another way: the letters of names are those of the newest XML 1.0 here, and those of an older
/// edition in libxml2.
fn newer_letter(spec: &mut ResponseSpec) {
    spec.assertion_id = String::from("_\u{2c00}");
}

fn rsa_pss(spec: &mut ResponseSpec) {
    spec.algorithm = SignatureAlgorithm::RsaPss(Hash::Sha256);
}

async fn world(cross_check: CrossCheckMode) -> Federation {
    Federation::with(ACME_ORIGIN, |config| {
        config.verification.cross_check = cross_check;
    })
    .await
}

/// What the newest record says of rule B9.
async fn recorded(world: &Federation) -> Option<Check> {
    let (store, all) = (&world.app.store, AttemptFilter::default());
    let attempts = store.attempts(world.acme.id, &all, 1).await;
    let attempt = attempts.unwrap().remove(0);
    let mut checks = attempt.record.checks.into_iter();
    checks.find(|check| check.rule == "B9")
}

#[tokio::test]
async fn nobody_is_asked_by_default() {
    let world = Federation::new().await;
    world.signed_in().await;
    assert_eq!(recorded(&world).await, None);
}

#[tokio::test]
async fn two_implementations_that_agree_let_the_user_in() {
    for cross_check in [CrossCheckMode::Compare, CrossCheckMode::Strict] {
        let world = world(cross_check).await;
        let mut browser = world.signed_in().await;
        assert_eq!(browser.get("/sso/session").await.status, 200);
        let check = recorded(&world).await.unwrap();
        assert!(check.passed);
        assert_eq!(check.received, "the same");
    }
}

#[tokio::test]
async fn a_disagreement_is_refused_and_its_record_says_so() {
    let world = world(CrossCheckMode::Compare).await;
    let mut browser = world.browser();
    let answer = world.sign_in_with(&mut browser, newer_letter).await;
    let attempt = world.assert_refused(&answer, "B9").await;
    assert_eq!(browser.get("/sso/session").await.status, 401);
    let check = recorded(&world).await.unwrap();
    assert!(!check.passed);
    assert!(
        check.received.starts_with("a refusal: "),
        "{}",
        check.received
    );
    assert!(
        attempt.record.advice[0]
            .contains("Two implementations of SAML read this message differently")
    );
    assert!(world.user("b.simon@contoso.com").await.is_none());
}

/// Where two implementations disagree nobody is to be let in; where one of them cannot judge, what it can judge passes.
#[tokio::test]
async fn what_is_advised_where_two_implementations_disagree() {
    let strict = world(CrossCheckMode::Strict).await;
    let answer = strict.sign_in_with(&mut strict.browser(), rsa_pss).await;
    let attempt = strict.assert_refused(&answer, "B9").await;
    // The operator's part: the same message passes, and its record says what was not compared.
    assert!(attempt.record.advice[0].contains("verification.cross_check = \"compare\""));
    let compare = world(CrossCheckMode::Compare).await;
    let answer = compare.sign_in_with(&mut compare.browser(), rsa_pss).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    // The identity provider's.
    assert!(attempt.record.advice[1].contains("sign the assertion itself, with RSA-SHA256"));
    let answer = strict.sign_in_with(&mut strict.browser(), |_| {}).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let answer = strict
        .sign_in_with(&mut strict.browser(), newer_letter)
        .await;
    let attempt = strict.assert_refused(&answer, "B9").await;
    assert!(attempt.record.advice[0].contains("let nobody in by another way"));
    let store = &strict.app.store;
    let company = store.company(strict.acme.id).await.unwrap().unwrap();
    assert_eq!(
        vestibule::admin::fixes(&attempt, &company, Some(&strict.entra)),
        []
    );
}

#[tokio::test]
async fn the_same_message_passes_where_nobody_is_asked() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let answer = world.sign_in_with(&mut browser, newer_letter).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

#[tokio::test]
async fn what_cannot_be_compared_is_recorded_or_refused_as_the_operator_wants() {
    let lenient = world(CrossCheckMode::Compare).await;
    let answer = lenient.sign_in_with(&mut lenient.browser(), rsa_pss).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let check = recorded(&lenient).await.unwrap();
    assert!(check.passed);
    assert_eq!(
        check.received,
        "not compared: samael does not know RSA-PSS; accepted by the operator's setting"
    );

    let strict = world(CrossCheckMode::Strict).await;
    let answer = strict.sign_in_with(&mut strict.browser(), rsa_pss).await;
    let attempt = strict.assert_refused(&answer, "B9").await;
    assert!(attempt.record.advice[0].contains("verification.cross_check"));
}

#[tokio::test]
async fn an_unsolicited_response_is_compared_as_well() {
    let world = world(CrossCheckMode::Compare).await;
    world.set(&[("unsolicited", "accept")]).await;
    for (change, status) in [
        (None, 303),
        (Some(newer_letter as fn(&mut ResponseSpec)), 403),
    ] {
        // So that one of the two attempts is the newest.
        world.app.clock.step(time::Duration::SECOND);
        let mut spec = world.spec(&IdpUser::b_simon());
        if let Some(change) = change {
            change(&mut spec);
        }
        let response = world.encoded(&spec);
        let mut browser = world.browser();
        let fields = [("SAMLResponse", response.as_str())];
        let answer = browser.post_from_elsewhere("/sso/acs", &fields).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    assert!(!recorded(&world).await.unwrap().passed);
}
