//! Whole sign-ins: request, browser, code, tokens, userinfo (rules L to R).

use serde_json::json;
use vestibule::oidc::{
    Answer, AuthenticatedSubject, Checks, EmailTrust, GroupClaim, Prompt, Rejection, ResponseMode,
    UserInfo,
};

use super::relying_party::{CLIENT_ID, RelyingParty, ada};
use super::{Package, Peer, PeerSettings, Visitor};

/// Signs Ada in, by the ID token alone.
async fn sign_in(ours: &RelyingParty) -> Result<AuthenticatedSubject, Rejection> {
    let token = ours.validate(ours.token("ada").await?)?;
    Ok(token.authenticate(None, &ours.client, false))
}

fn assert_ada(user: &AuthenticatedSubject, groups: usize) {
    assert_eq!(user.key(), "sub:ada");
    let email = user.email().unwrap();
    assert_eq!(email.address, "ada@acme.example");
    assert_eq!(email.trust, EmailTrust::Verified);
    assert_eq!(user.claims().text("name").unwrap(), "Ada Lovelace");
    let claimed = GroupClaim::read(user.claims(), "groups", &mut Checks::new()).unwrap();
    let GroupClaim::Values(claimed) = claimed else {
        panic!("{claimed:?}");
    };
    assert_eq!(claimed.len(), groups);
}

#[tokio::test]
async fn an_id_token_of_each_algorithm_signs_in() {
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let settings = PeerSettings::new().account(&ada(3));
        let peer = Peer::start(Package::OidcProvider, &settings);
        let ours = RelyingParty::registered(peer, |client| {
            client["id_token_signed_response_alg"] = json!(algorithm);
        });
        let user = sign_in(&ours.await).await.unwrap();
        assert_ada(&user, 3);
    }
}

#[tokio::test]
async fn an_id_token_of_an_algorithm_that_is_not_taken_does_not() {
    let mut ours = RelyingParty::at(Package::OidcProvider).await;
    ours.client.algorithms = vec![vestibule::jose::Algorithm::Ps256];
    let refusal = sign_in(&ours).await.unwrap_err();
    assert_eq!(refusal.rule(), "P2");
}

/// The token stays small where the provider follows the standard: the rest is at userinfo.
#[tokio::test]
async fn userinfo_brings_what_the_token_has_not() {
    for package in [Package::OidcProvider, Package::Pyop] {
        let settings = PeerSettings::new().claims_at_userinfo().account(&ada(250));
        let ours = RelyingParty::registered(Peer::start(package, &settings), |_| {}).await;
        let token = ours.validate(ours.token("ada").await.unwrap()).unwrap();
        assert!(token.claims().get("groups").is_none(), "{package:?}");
        let userinfo = ours.userinfo(&token, false).await.unwrap();
        let user = token.authenticate(Some(&userinfo), &ours.client, false);
        assert_ada(&user, 250);
        assert!(user.claims().from_userinfo().contains(&"groups".to_owned()));
    }
}

#[tokio::test]
async fn a_token_carries_250_groups() {
    let settings = PeerSettings::new().account(&ada(250));
    let peer = Peer::start(Package::OidcProvider, &settings);
    let ours = RelyingParty::registered(peer, |_| {}).await;
    assert_ada(&sign_in(&ours).await.unwrap(), 250);
}

#[tokio::test]
async fn signed_userinfo_is_verified_and_plain_one_refused_where_it_must_be_signed() {
    let settings = || PeerSettings::new().claims_at_userinfo().account(&ada(3));
    let peer = Peer::start(Package::OidcProvider, &settings());
    let ours = RelyingParty::registered(peer, |client| {
        client["userinfo_signed_response_alg"] = json!("RS256");
    });
    let ours = ours.await;
    let token = ours.validate(ours.token("ada").await.unwrap()).unwrap();
    let userinfo: UserInfo = ours.userinfo(&token, true).await.unwrap();
    assert_ada(&token.authenticate(Some(&userinfo), &ours.client, false), 3);

    let peer = Peer::start(Package::OidcProvider, &settings());
    let ours = RelyingParty::registered(peer, |_| {}).await;
    let token = ours.validate(ours.token("ada").await.unwrap()).unwrap();
    let refusal = ours.userinfo(&token, true).await.unwrap_err();
    assert_eq!(refusal.rule(), "Q3");
}

#[tokio::test]
async fn a_form_brings_the_answer_as_a_query_does() {
    let ours = RelyingParty::at(Package::OidcProvider).await;
    let open = ours.begin_with("ada", |request| {
        request.response_mode = ResponseMode::FormPost;
    });
    let arrival = Visitor::of(&ours.peer).follow(open.url.clone()).await;
    assert_eq!(arrival.url.query(), None);
    let Answer::Code(callback) = ours.answer(&arrival, &open).unwrap() else {
        panic!("{arrival:?}");
    };
    let answer = ours.redeem(&callback, &open.verifier).await;
    let token = ours.validate(answer.token(callback).unwrap()).unwrap();
    assert_ada(&token.authenticate(None, &ours.client, false), 3);
}

/// RFC 9207.
#[tokio::test]
async fn each_answer_names_the_issuer_where_it_is_announced() {
    let ours = RelyingParty::at(Package::OidcProvider).await;
    let open = ours.begin("ada");
    let arrival = Visitor::of(&ours.peer).follow(open.url.clone()).await;
    let (kept, issuers): (Vec<_>, Vec<_>) = arrival
        .url
        .query_pairs()
        .into_owned()
        .partition(|(name, _)| name != "iss");
    assert_eq!(issuers, [("iss".to_owned(), ours.peer.issuer().to_owned())]);
    ours.answer(&arrival, &open).unwrap();
    // Without it, the answer is another's.
    let mut without = arrival;
    without.url.query_pairs_mut().clear().extend_pairs(kept);
    let refusal = ours.answer(&without, &open).unwrap_err();
    assert_eq!(refusal.rule(), "M4");
}

#[tokio::test]
async fn an_error_is_believed_when_it_answers_the_request() {
    let ours = RelyingParty::at(Package::OidcProvider).await;
    let nobody = ours.begin("nobody");
    // Nobody is signed in, and nobody may be asked.
    let silent = ours.begin_with("ada", |request| request.prompt = Some(Prompt::None));
    for (open, expected) in [(nobody, "access_denied"), (silent, "login_required")] {
        let arrival = Visitor::of(&ours.peer).follow(open.url.clone()).await;
        let Answer::Error(error) = ours.answer(&arrival, &open).unwrap() else {
            panic!("{arrival:?}");
        };
        assert_eq!(error.code, expected);
        let other = ours.begin("ada");
        let refusal = ours.answer(&arrival, &other).unwrap_err();
        assert_eq!(refusal.rule(), "M3");
    }
}

/// A browser that is signed in at the provider signs in here without being asked; who is to sign in anew does so (rule P9).
#[tokio::test]
async fn a_sign_in_that_is_forced_says_when_it_was() {
    let ours = RelyingParty::at(Package::OidcProvider).await;
    let mut visitor = Visitor::of(&ours.peer);
    for prompt in [None, Some(Prompt::None), Some(Prompt::Login)] {
        let open = ours.begin_with("ada", |request| {
            request.prompt = prompt;
            request.max_age = prompt.filter(|it| *it == Prompt::Login).map(|_| 0);
        });
        let callback = ours.code(&mut visitor, &open).await;
        let answer = ours.redeem(&callback, &open.verifier).await;
        let token = ours.validate(answer.token(callback).unwrap()).unwrap();
        assert_eq!(token.auth_time().is_some(), prompt == Some(Prompt::Login));
    }
}

/// The code is worth nothing to who does not know the verifier (rule L3).
#[tokio::test]
async fn a_code_with_another_verifier_is_refused_by_the_provider() {
    for (package, error) in [
        (Package::OidcProvider, "invalid_grant"),
        (Package::Pyop, "invalid_request"),
    ] {
        let ours = RelyingParty::at(package).await;
        let open = ours.begin("ada");
        let callback = ours.code(&mut Visitor::of(&ours.peer), &open).await;
        let other = ours.begin("ada").verifier;
        let answer = ours.redeem(&callback, &other).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(answer.body.contains(error), "{}", answer.body);
        let refusal = answer.token(callback).unwrap_err();
        assert_eq!(refusal.rule(), "N5");
    }
}

/// A code of one browser's sign-in does not become another's: the nonce is of the first (rule P8).
#[tokio::test]
async fn a_code_of_another_sign_in_does_not_sign_in() {
    let ours = RelyingParty::at(Package::OidcProvider).await;
    let victim = ours.begin("ada");
    let arrival = Visitor::of(&ours.peer).follow(victim.url.clone()).await;
    let mut injected = ours.begin("ada");
    injected.request.state_hash = victim.request.state_hash;
    let Answer::Code(callback) = ours.answer(&arrival, &injected).unwrap() else {
        panic!("{arrival:?}");
    };
    // Even where the verifier has leaked.
    let answer = ours.redeem(&callback, &victim.verifier).await;
    let refusal = ours.validate(answer.token(callback).unwrap()).unwrap_err();
    assert_eq!(refusal.rule(), "P8");
}

/// Somebody else's token is somebody else's business (rule P5).
#[tokio::test]
async fn a_token_for_another_client_does_not_sign_in() {
    let mut ours = RelyingParty::at(Package::OidcProvider).await;
    let token = ours.token("ada").await.unwrap();
    ours.client.client_id = format!("not-{CLIENT_ID}");
    let refusal = ours.validate(token).unwrap_err();
    assert_eq!(refusal.rule(), "P5");
}
