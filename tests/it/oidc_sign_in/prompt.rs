//! What the provider is asked to ask the user for (rule L6).

use vestibule::demo_idp::{IdpUser, OptionalClaim};
use vestibule::domain::Outcome;

use super::world::{CLIENT_ID, Relying, SECRET, path_of, sign_in_at};
use crate::support::{Answer, Browser};
use vestibule::demo_idp::OidcApp;

/// The parameter of an authorization request.
fn asked(address: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(address).unwrap();
    let found = url.query_pairs().find(|(it, _)| it == name);
    found.map(|(_, value)| value.into_owned())
}

/// Has the provider leave out when the user signed in.
fn without_auth_time(world: &Relying) {
    let oidc = world.connection.settings.oidc().unwrap();
    let callback = world.acme.callback_url(&oidc.callback_codes[0]);
    let claims = [OptionalClaim::Email, OptionalClaim::GivenName];
    let app = OidcApp::new(CLIENT_ID, "Acme", callback)
        .with_secret(SECRET)
        .with_claims(claims);
    world.idp.register_oidc(app);
}

/// B.Simon signs in at the provider where the answer leads.
async fn answer_to(world: &Relying, browser: &mut Browser, begun: &Answer) -> Answer {
    assert_eq!(begun.status, 303, "{}", begun.body);
    let page = sign_in_at(&world.idp, begun.header("location"), &IdpUser::b_simon()).await;
    browser.get(path_of(&page.location.unwrap())).await
}

/// Entra is not told how old a sign-in may be. One that is too old is asked for anew, to the same target.
#[tokio::test]
async fn what_is_too_old_is_asked_for_anew() {
    let world = Relying::of_entra().await;
    world.set(&[("max_authentication_age", "3600")]).await;
    without_auth_time(&world);
    let mut browser = world.browser();
    let start = "/sso/login?connection=entra-oidc&return_to=/welcome";
    let begun = browser.get(start).await;
    assert_eq!(asked(begun.header("location"), "max_age"), None);
    assert_eq!(asked(begun.header("location"), "prompt"), None);
    let answer = answer_to(&world, &mut browser, &begun).await;
    let anew = answer.header("location").to_owned();
    assert_eq!(
        (answer.status, &*anew),
        (
            303,
            "/sso/login?connection=entra-oidc&return_to=%2Fwelcome&force=1"
        )
    );
    assert!(!answer.header("set-cookie").contains("session"));
    let filter = vestibule::store::AttemptFilter::default();
    let attempts = world.app.store.attempts(world.acme.id, &filter, 9).await;
    let [record] = attempts.unwrap().try_into().unwrap();
    assert_eq!(record.outcome, Outcome::Refused);
    assert_eq!(
        record.summary,
        "The sign-in at the provider was too old: the person was sent back to sign in there again (P9)"
    );
    assert!(
        record.record.advice[0].starts_with("Nothing has to be done."),
        "{:?}",
        record.record.advice
    );
    // The provider says it now.
    world.vary(vestibule::demo_idp::OidcVariant::Usual);
    let begun = browser.get(&anew).await;
    assert_eq!(
        asked(begun.header("location"), "prompt").as_deref(),
        Some("login")
    );
    let answer = answer_to(&world, &mut browser, &begun).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/welcome"),
        "{}",
        answer.body
    );
}

/// Never more than one round: what was asked for with the credentials is refused, and so is every error of the provider.
#[tokio::test]
async fn prompt_none_loop() {
    let world = Relying::of_entra().await;
    world.set(&[("max_authentication_age", "3600")]).await;
    without_auth_time(&world);
    let mut browser = world.browser();
    let begun = browser.get("/sso/login?connection=entra-oidc").await;
    let answer = answer_to(&world, &mut browser, &begun).await;
    let begun = browser.get(answer.header("location")).await;
    let answer = answer_to(&world, &mut browser, &begun).await;
    let attempt = world.assert_refused(&answer, "P9").await;
    assert!(
        !attempt.summary.contains("sent back"),
        "{}",
        attempt.summary
    );
    for error in [
        "login_required",
        "interaction_required",
        "consent_required",
        "account_selection_required",
    ] {
        let begun = browser.get("/sso/login?connection=entra-oidc").await;
        let address = begun.header("location");
        assert_ne!(asked(address, "prompt").as_deref(), Some("none"));
        let state = asked(address, "state").unwrap();
        let callback = asked(address, "redirect_uri").unwrap();
        let path = format!("{}?error={error}&state={state}", path_of(&callback));
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, 403, "{error}: {}", answer.body);
        assert_eq!(answer.header("location"), "");
        let attempt = world.attempt(&world.acme, &answer).await;
        assert_eq!(attempt.outcome, Outcome::Refused, "{error}");
    }
}

/// Who came with the wrong account chooses another one, without the hint that named the first.
#[tokio::test]
async fn another_account_is_chosen_at_the_provider() {
    let world = Relying::of_entra().await;
    let mut browser = world.browser();
    world.change(|it| it.settings.jit = None).await;
    let answer = world.sign_in(&mut browser).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    let link = "/sso/login?connection=entra-oidc&return_to=%2Fwelcome&another_account=1";
    let written = format!(
        "<a href=\"{}\">Use another account",
        link.replace('&', "&#38;")
    );
    assert!(answer.body.contains(&written), "{}", answer.body);
    let begun = browser.get(&format!("{link}&login_hint=b.simon")).await;
    let address = begun.header("location");
    assert_eq!(asked(address, "prompt").as_deref(), Some("select_account"));
    assert_eq!(asked(address, "login_hint"), None);
    world
        .change(|it| it.settings.jit = Some(world.staff.id))
        .await;
    let begun = browser.get(link).await;
    let answer = answer_to(&world, &mut browser, &begun).await;
    assert_eq!(answer.header("location"), "/welcome", "{}", answer.body);
}

/// The way to another account leads where the sign-in was to lead, if that is allowed still; another browser's target is told to nobody.
#[tokio::test]
async fn another_account_keeps_the_target_of_its_own_sign_in() {
    let world = Relying::of_entra().await;
    world.change(|it| it.settings.jit = None).await;
    let button = "Use another account";
    let without = "/sso/login?connection=entra-oidc&#38;another_account=1";
    let mut browser = world.browser();
    let address = world.answered(&mut browser).await;
    let answer = world.browser().get(path_of(&address)).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(answer.body.contains(without), "{}", answer.body);
    assert!(!answer.body.contains("welcome"), "{}", answer.body);
    // It asks for the credentials each time: signing in again is enough.
    world.change(|it| it.settings.force_authn = true).await;
    let answer = world.sign_in(&mut browser).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(!answer.body.contains(button), "{}", answer.body);
}
