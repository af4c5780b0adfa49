//! Test connection: the way of a sign-in, and nobody is signed in.

use time::Duration;
use time::format_description::well_known::Rfc3339;
use vestibule::demo_idp::IssuedClaim;
use vestibule::domain::{AttemptKind, Creation, GroupMapping, LoginAttempt, Outcome, UserId};

use vestibule::store::AttemptFilter;

use super::provider::Provider;
use crate::support::console::{post, token};
use crate::support::identity_provider::{bring, code_of, read};
use crate::support::{ADMIN, Answer, Browser, NOW, Office, people, unescaped};

const GROUPS: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups";
const GROUP: &str = "02d5a1c4-7b5e-4f0a-8d6c-1f3b9e27a810";
const SIMON: &str = "b.simon@contoso.com";

/// All of acme's people: users, their groups, identities and sessions.
async fn people(world: &Office) -> Vec<String> {
    let store = &world.app.store;
    let mut all = Vec::new();
    for user in store.users(world.acme.id).await.unwrap() {
        let grants = people::grants_of(store, user.company_id, user.id).await;
        let identities = store.identities_of(user.id).await.unwrap();
        let sessions = store.sessions_of(user.id, NOW).await.unwrap();
        all.push(format!("{user:?} {grants:?} {identities:?} {sessions:?}"));
    }
    all
}

/// The attempt whose page this is.
async fn shown(world: &Office, page: &Answer) -> LoginAttempt {
    world.attempt(&world.acme, page).await
}

async fn user(world: &Office, email: &str) -> Option<vestibule::domain::User> {
    let found = world.app.store.user_by_email(world.acme.id, email).await;
    found.unwrap()
}

#[tokio::test]
async fn it_shows_what_a_sign_in_would_do_and_does_nothing() {
    let world = Office::new().await;
    // Not enabled: users cannot sign in through it.
    let provider = Provider::with(&world, |it| it.enabled = false).await;
    let mut admin = world.admin().await;
    let before = people(&world).await;
    let session = admin.cookie("vestibule-session").unwrap().to_owned();

    let page = provider.test_with(&world, &mut admin, |_| {}).await;
    let text = unescaped(&page.body);
    for part in [
        "The test passed: b.simon@contoso.com would get an account and be signed in, and put into Members.",
        "Test passed",
        // The claims, and how they map.
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
        "E-mail address",
        "oid:8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54",
        "would be granted",
        "There is no account yet. The sign-in would make one.",
        "agree to the second",
        "Signed by the certificate",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let tested = shown(&world, &page).await;
    assert_eq!(
        (tested.kind, tested.outcome),
        (AttemptKind::Test, Outcome::Tested)
    );
    assert_eq!((tested.user_id, tested.session_key), (None, None));
    assert!(tested.record.checks.iter().all(|check| check.passed));
    for check in &tested.record.checks {
        assert!(text.contains(&*check.expected) && text.contains(&*check.received));
    }

    assert_eq!(people(&world).await, before);
    assert_eq!(user(&world, SIMON).await, None);
    assert_eq!(admin.cookie("vestibule-session"), Some(session.as_str()));
    let entry = world.audit().await.remove(0);
    assert_eq!(
        (entry.action.as_str(), entry.actor.as_str()),
        ("connection.test", ADMIN)
    );
    let stored = world.app.store.connection(provider.connection.id).await;
    assert!(!stored.unwrap().unwrap().enabled);
    assert_eq!(
        world
            .browser()
            .get("/sso/login?connection=entra")
            .await
            .status,
        400
    );
}

/// When the person signed in at the identity provider, which decides where the request asks for a fresh sign-in (rule D8).
#[tokio::test]
async fn it_shows_when_the_person_signed_in() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let mut admin = world.admin().await;
    for (force, ago) in [(false, 3_600), (true, 42)] {
        provider
            .change(&world, |it| it.settings.force_authn = force)
            .await;
        let at = NOW - Duration::seconds(ago);
        let page = provider
            .test_with(&world, &mut admin, |spec| spec.authn_instant = at)
            .await;
        let (_, rest) = page
            .body
            .split_once("<dt>Signed in at the identity provider</dt>")
            .unwrap();
        let shown = rest.split_once("</div>").unwrap().0;
        let time = at.format(&Rfc3339).unwrap();
        assert!(shown.contains(&format!("datetime=\"{time}\"")), "{shown}");
        assert!(shown.contains("AuthnInstant"), "{shown}");
        assert_eq!(
            shown.contains("the request asked for a fresh sign-in"),
            force,
            "{shown}"
        );
    }
}

#[tokio::test]
async fn it_shows_what_would_become_of_an_account_that_is_there() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let (_, answer) = provider.sign_in_with(&world, |_| {}).await;
    assert_eq!(answer.status, 303);
    provider
        .change(&world, |it| {
            it.settings.group_mapping = vec![GroupMapping {
                value: GROUP.to_owned(),
                group_id: world.admins.id,
            }];
        })
        .await;
    let mut admin = world.admin().await;
    let before = people(&world).await;
    let groups = |values: &[&str]| IssuedClaim::new(GROUPS, values.iter().map(ToString::to_string));
    let mut renamed = |spec: &mut vestibule::demo_idp::ResponseSpec| {
        spec.attributes.push(groups(&[GROUP]));
        for claim in &mut spec.attributes {
            if claim.name.ends_with("/surname") {
                claim.values = vec!["Simon-Jones".to_owned()];
            }
        }
    };
    let page = provider.test_with(&world, &mut admin, &mut renamed).await;
    let text = unescaped(&page.body);
    for part in [
        "The test passed: b.simon@contoso.com would be signed in, and put into Administrators.",
        "<del>Simon</del> <ins>Simon-Jones</ins>",
        "An account is known by this identity.",
        "would be granted",
        "stays",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(people(&world).await, before);

    // And taken away, after a sign-in has granted it.
    let granted = |spec: &mut vestibule::demo_idp::ResponseSpec| {
        spec.attributes.push(groups(&[GROUP]));
    };
    let (_, answer) = provider.sign_in_with(&world, granted).await;
    assert_eq!(answer.status, 303);
    let before = people(&world).await;
    let page = provider
        .test_with(&world, &mut admin, |spec| {
            spec.attributes.push(groups(&["another"]));
        })
        .await;
    assert!(
        page.body.contains("and taken out of Administrators"),
        "{}",
        page.body
    );
    assert!(page.body.contains("would be taken away"));
    assert_eq!(people(&world).await, before);
}

#[tokio::test]
async fn an_account_that_waits_for_single_sign_on_goes_on_waiting() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let waiting = world.add_user(SIMON, &[&world.members]).await;
    assert_eq!(waiting.created_by, Creation::Administrator);
    let mut admin = world.admin().await;
    let before = people(&world).await;
    let page = provider.test_with(&world, &mut admin, |_| {}).await;
    assert!(
        page.body
            .contains("would be linked to the existing account"),
        "{}",
        page.body
    );
    assert_eq!(people(&world).await, before);
    assert!(
        world
            .app
            .store
            .identities_of(waiting.id)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_test_that_is_refused_shows_the_same_page_with_what_to_change() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let mut admin = world.admin().await;
    let before = people(&world).await;
    // By the validator: nothing that it says can be believed.
    let page = provider
        .test_with(&world, &mut admin, |spec| {
            spec.audiences = vec!["urn:other".into()];
        })
        .await;
    let refused = shown(&world, &page).await;
    assert_eq!(
        (refused.outcome, refused.rule.as_deref()),
        (Outcome::Refused, Some("D4"))
    );
    for part in [
        "Test failed",
        "Identifier (Entity ID)",
        &world.acme.entity_id(),
        "urn:other",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("<h2 id=\"claims\">"));
    // By the rules of accounts: the claims are true, and shown.
    provider.change(&world, |it| it.settings.jit = None).await;
    let page = provider.test_with(&world, &mut admin, |_| {}).await;
    let refused = shown(&world, &page).await;
    assert_eq!(
        (refused.outcome, refused.rule.as_deref()),
        (Outcome::Refused, Some("F3"))
    );
    for part in [
        "the sign-in would be refused",
        "<h2 id=\"claims\">",
        SIMON,
        "#jit\"",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    // By claims that name nobody.
    let page = provider
        .test_with(&world, &mut admin, |spec| {
            for claim in &mut spec.attributes {
                if claim.name.ends_with("/emailaddress") {
                    claim.values = vec!["no address".to_owned()];
                }
            }
        })
        .await;
    let refused = shown(&world, &page).await;
    assert_eq!(refused.rule.as_deref(), Some("D7"));
    assert!(page.body.contains("no address") && page.body.contains("emailaddress"));
    assert_eq!(people(&world).await, before);
}

#[tokio::test]
async fn a_test_never_becomes_a_session() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let mut admin = world.admin().await;
    // The login cookie alone decides whose test it is: without the administrator's session, too, nobody gets one.
    let begun = provider.begin_test(&mut admin).await;
    let response = provider.respond(&world, &begun, |_| {});
    let mut stolen = admin.clone();
    stolen.forget("vestibule-session");
    let answer = bring(&mut stolen, &begun, &response).await;
    assert_eq!(answer.status, 303);
    assert_eq!(stolen.cookie("vestibule-session"), None);
    assert_eq!(stolen.get("/sso/session").await.status, 401);
    let page = stolen.get(answer.header("location")).await;
    assert_eq!(page.status, 303, "the page wants an administrator");
    assert!(page.header("location").starts_with("/sign-in?"));

    // The same Response again leads to the same page, by Back or by a double click; another one to the request as well.
    let before = people(&world).await;
    let another = provider.respond(&world, &begun, |_| {});
    for response in [&response, &another] {
        let again = bring(&mut stolen, &begun, response).await;
        assert_eq!(
            (again.status, again.header("location")),
            (303, answer.header("location"))
        );
        assert_eq!(stolen.cookie("vestibule-session"), None);
    }
    assert_eq!(people(&world).await, before);
    // Nor does it in a browser that did not begin it.
    let mut browser = world.browser();
    browser.get("/sso/login").await;
    let answer = bring(&mut browser, &begun, &response).await;
    assert_eq!(answer.status, 403);
    assert_eq!(
        world.attempt(&world.acme, &answer).await.rule.as_deref(),
        Some("E2")
    );
}

/// Rule E4: a test uses its assertion up, and does not take one that was used.
#[tokio::test]
async fn an_assertion_is_used_once_by_tests_and_sign_ins_together() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let mut admin = world.admin().await;
    let id = |id: &'static str| {
        move |spec: &mut vestibule::demo_idp::ResponseSpec| spec.assertion_id = id.to_owned()
    };
    let page = provider.test_with(&world, &mut admin, id("_first")).await;
    assert_eq!(shown(&world, &page).await.outcome, Outcome::Tested);
    let refused = provider.refused_with(&world, id("_first")).await;
    assert_eq!(refused.rule.as_deref(), Some("E4"));
    let page = provider.test_with(&world, &mut admin, id("_first")).await;
    assert_eq!(shown(&world, &page).await.rule.as_deref(), Some("E4"));
    let (_, answer) = provider.sign_in_with(&world, id("_second")).await;
    assert_eq!(answer.status, 303);
    let page = provider.test_with(&world, &mut admin, id("_second")).await;
    assert_eq!(shown(&world, &page).await.rule.as_deref(), Some("E4"));
}

#[tokio::test]
async fn the_rules_of_a_sign_in_hold_for_a_test() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let mut admin = world.admin().await;
    // E1: late.
    let begun = provider.begin_test(&mut admin).await;
    world.app.clock.step(Duration::minutes(10));
    let response = provider.respond(&world, &begun, |_| {});
    let answer = bring(&mut admin, &begun, &response).await;
    assert_eq!(answer.status, 303);
    let page = admin.get(answer.header("location")).await;
    assert_eq!(shown(&world, &page).await.rule.as_deref(), Some("E1"));
    // E3: another RelayState.
    let mut other = provider.begin_test(&mut admin).await;
    let response = provider.respond(&world, &other, |_| {});
    other.relay_state = begun.relay_state;
    let answer = bring(&mut admin, &other, &response).await;
    let page = admin.get(answer.header("location")).await;
    assert_eq!(shown(&world, &page).await.rule.as_deref(), Some("E3"));
    // E6: another company's site, and the answer to a sign-in is no test.
    let begun = provider.begin_test(&mut admin).await;
    let response = provider.respond(&world, &begun, |_| {});
    let mut beta = world.other_admin().await;
    beta.keep("vestibule-login", admin.cookie("vestibule-login").unwrap());
    let answer = bring(&mut beta, &begun, &response).await;
    assert_eq!(answer.status, 403);
    // D3, by the time.
    let page = provider
        .test_with(&world, &mut admin, |spec| {
            *spec = spec.clone().shifted(-Duration::hours(2));
        })
        .await;
    let refused = shown(&world, &page).await;
    assert!(
        ["D2", "D3"].contains(&refused.rule.as_deref().unwrap()),
        "{refused:?}"
    );
    assert!(
        page.body.contains("120 minutes before it was judged"),
        "{}",
        page.body
    );
    assert_eq!(user(&world, SIMON).await, None);
}

#[tokio::test]
async fn the_claims_belong_to_who_ran_the_test() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let second = "second@acme.example";
    let colleague = world.add_user(second, &[&world.admins]).await;
    world.give_password(&colleague).await;
    let mut admin = world.admin().await;
    let page = provider.test_with(&world, &mut admin, |_| {}).await;
    assert!(page.body.contains(SIMON));
    let code = code_of(&page.body).to_owned();
    let path = format!("/admin/sign-ins/{code}");

    let mut other = world.browser().signed_in(second).await;
    let page = other.get(&path).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains(SIMON) && !page.body.contains("Show values"));
    assert!(
        page.body.contains("shown to the administrator who ran it"),
        "{}",
        page.body
    );
    let answer = post(&mut other, &format!("{path}/message"), &[]).await;
    assert_eq!(answer.status, 409);
    assert!(!answer.body.contains(SIMON));
    // Who ran it sees the message on request.
    let answer = post(&mut admin, &format!("{path}/message"), &[]).await;
    assert_eq!(answer.status, 200);
    // For an hour.
    world.app.clock.step(Duration::minutes(59));
    assert!(admin.get(&path).await.body.contains(SIMON));
    world.app.clock.step(Duration::minutes(1));
    let page = admin.get(&path).await.body;
    assert!(
        !page.contains(SIMON) && page.contains("kept for an hour"),
        "{page}"
    );
}

#[tokio::test]
async fn a_test_is_begun_by_an_administrator_of_the_company_and_by_a_form() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let path = provider.test();
    let count = || async {
        let filter = AttemptFilter::default();
        let attempts = world.app.store.attempts(world.acme.id, &filter, 100).await;
        let tests = attempts.unwrap().into_iter();
        tests.filter(|it| it.kind == AttemptKind::Test).count()
    };
    let mut admin = world.admin().await;
    let page = admin.get(&path).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("Test connection")
            && page
                .header("content-security-policy")
                .contains("form-action 'self' http:")
    );
    assert_eq!(admin.post(&path, &[]).await.status, 403);
    let csrf = token(&mut admin).await;
    let elsewhere = admin.post_from_elsewhere(&path, &[("csrf", &csrf)]).await;
    assert_eq!(elsewhere.status, 403);
    assert_eq!(world.browser().get(&path).await.status, 303);
    let mut member: Browser = world.member().await;
    assert_eq!(member.get(&path).await.status, 403);
    let mut other = world.other_admin().await;
    assert_eq!(other.get(&path).await.status, 404);
    assert_eq!(post(&mut other, &path, &[]).await.status, 404);
    for id in ["x", &UserId::from_bytes([9; 16]).to_string()] {
        let path = format!("/admin/connections/{id}/test");
        assert_eq!(admin.get(&path).await.status, 404);
        assert_eq!(post(&mut admin, &path, &[]).await.status, 404);
    }
    assert_eq!(count().await, 0);
    let request = post(&mut admin, &path, &[("force", "1")]).await;
    read(&request);
    assert_eq!(count().await, 1);

    // What is missing for a test is said, and nothing begins.
    provider
        .change(&world, |it| {
            it.settings.saml_mut().unwrap().certificates.clear();
        })
        .await;
    let answer = post(&mut admin, &path, &[]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("x.509 Certificate"), "{}", answer.body);
    provider
        .change(&world, |it| {
            it.settings.saml_mut().unwrap().sso_post_url = None;
            it.settings.saml_mut().unwrap().sso_redirect_url = None;
        })
        .await;
    let answer = post(&mut admin, &path, &[]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("Login URL"), "{}", answer.body);
    assert_eq!(count().await, 1);
}

#[tokio::test]
async fn a_test_goes_by_redirect_where_the_connection_does() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    provider
        .change(&world, |it| it.set("binding", "redirect").unwrap())
        .await;
    let mut admin = world.admin().await;
    let answer = post(&mut admin, &provider.test(), &[]).await;
    assert_eq!(answer.status, 303);
    assert!(answer.header("location").contains("SAMLRequest="));
}

#[tokio::test]
async fn the_page_of_a_test_looks_for_its_result_for_as_long_as_a_test_may_take() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let path = format!("/admin/connections/{}/test", connection.id);
    let refresh = |looks: u32| {
        format!(
            "<noscript><meta http-equiv=\"refresh\" content=\"10; url={path}?looks={looks}\"></noscript>"
        )
    };
    let page = browser.get(&path).await.body;
    assert!(page.contains(&refresh(1)), "{page}");
    assert!(!page.contains("A test is under way"));
    let page = browser.get(&format!("{path}?looks=59")).await.body;
    assert!(page.contains(&refresh(60)));
    // A page that is left open for ever does not keep its session.
    let page = browser.get(&format!("{path}?looks=60")).await.body;
    assert!(!page.contains("http-equiv"));
}
