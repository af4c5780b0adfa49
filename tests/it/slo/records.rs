//! What is kept of logout messages, and what is told of one that fits nobody who is signed in.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use time::Duration;
use vestibule::domain::{AttemptKind, Code, LoginAttempt, NameId, Outcome};
use vestibule::saml::binding::{MessageKind, encode_redirect};
use vestibule::saml::logout::{LogoutMessage, LogoutRequest};
use vestibule::saml::names;
use vestibule::saml::signature::sign_enveloped;
use vestibule::store::AttemptFilter;

use super::world::{ACME, Answer, Logout, NOW, SIMON, request, response, simon};

/// The newest record of a logout message at acme.
async fn newest(world: &Logout) -> LoginAttempt {
    let (store, company) = (&world.app.store, world.entra.company_id);
    let all = store.attempts(company, &AttemptFilter::default(), 50).await;
    let kept = all.unwrap().into_iter();
    kept.filter(|it| it.kind == AttemptKind::Logout)
        .max_by_key(|it| (it.started_at, it.id.to_bytes()))
        .expect("a record")
}

/// What is changed of a good request.
type Change = fn(&mut LogoutRequest);

/// How many records of logout messages there are.
async fn count(world: &Logout) -> usize {
    let (store, company) = (&world.app.store, world.entra.company_id);
    let all = store.attempts(company, &AttemptFilter::default(), 50).await;
    let all = all.unwrap();
    all.iter()
        .filter(|it| it.kind == AttemptKind::Logout)
        .count()
}

async fn status(world: &Logout, answer: &Answer) -> (String, Option<String>) {
    let (LogoutMessage::Response(response), _) = world.ours(answer).await else {
        panic!("not a response");
    };
    (response.status.code, response.status.detail)
}

async fn bring(world: &Logout, request: &LogoutRequest, cookie: &str) -> Answer {
    let path = world
        .idp
        .redirect(MessageKind::Request, &request.to_xml(), None);
    world.fetch(&path, cookie).await
}

#[tokio::test]
async fn what_was_followed_is_written_down() {
    let world = Logout::new().await;
    let here = world.sign_in(&world.entra, &simon(), Some("_1")).await;
    world.sign_in(&world.entra, &simon(), Some("_2")).await;
    assert_eq!(bring(&world, &request(), &here).await.status, 303);
    let kept = newest(&world).await;
    assert_eq!(kept.outcome, Outcome::SignedOut);
    assert_eq!(kept.connection_id, Some(world.entra.id));
    assert!(kept.user_id.is_some());
    assert!(
        kept.summary.ends_with("2 sessions ended."),
        "{}",
        kept.summary
    );
    assert!(kept.record.checks.iter().all(|check| check.passed));
    assert!(kept.record.checks.iter().any(|check| check.rule == "B3"));

    // Nobody is left whom it could mean.
    world.app.clock.step(Duration::SECOND);
    let again = LogoutRequest {
        id: "_again".to_owned(),
        ..request()
    };
    assert_eq!(bring(&world, &again, "").await.status, 303);
    let kept = newest(&world).await;
    assert_eq!((kept.outcome, kept.user_id), (Outcome::SignedOut, None));
    assert!(kept.summary.contains("No session had the name"));
}

#[tokio::test]
async fn who_stays_signed_in_is_not_told_of_as_signed_out() {
    let world = Logout::new().await;
    let name = NameId {
        sp_name_qualifier: Some("http://acme.localhost:8080/sso/metadata".to_owned()),
        ..NameId::new("Simon-7@x.test", Some(names::NAMEID_PERSISTENT))
    };
    let good = |id: usize| {
        let mut request = request();
        request.id = format!("_{id}");
        request.name_id.value = "Simon-7@x.test".to_owned();
        request.name_id.format = Some(names::NAMEID_PERSISTENT.to_owned());
        request.session_indexes = vec!["_1".to_owned()];
        request
    };
    let cookie = world.sign_in(&world.entra, &name, Some("_1")).await;
    let changes: [(Change, &str, &str); 6] = [
        (
            |it| it.name_id.value = "simon-7@x.test".to_owned(),
            "The NameID is",
            "the same name in other letter case",
        ),
        (
            |it| it.name_id.value = SIMON.to_owned(),
            "The NameID is",
            "another name",
        ),
        (
            |it| it.name_id.format = Some(names::NAMEID_EMAIL.to_owned()),
            "The Format is",
            names::NAMEID_EMAIL,
        ),
        (
            |it| it.name_id.name_qualifier = Some("https://other.example".to_owned()),
            "The NameQualifier is",
            "https://other.example",
        ),
        (
            |it| it.name_id.sp_name_qualifier = Some("https://sp.example".to_owned()),
            "The SPNameQualifier is",
            "https://sp.example",
        ),
        (
            |it| it.session_indexes = vec!["_2".to_owned()],
            "The SessionIndex is",
            "others only",
        ),
    ];
    for (id, (change, subject, received)) in changes.into_iter().enumerate() {
        let mut asked = good(id);
        change(&mut asked);
        let answer = bring(&world, &asked, &cookie).await;
        assert_eq!(
            status(&world, &answer).await,
            (
                names::STATUS_REQUESTER.to_owned(),
                Some(names::STATUS_UNKNOWN_PRINCIPAL.to_owned())
            ),
            "{subject}"
        );
        assert!(world.is_live(ACME, &cookie).await, "{subject}");
        let kept = newest(&world).await;
        assert_eq!(
            (kept.outcome, kept.rule.as_deref()),
            (Outcome::Refused, Some("D6"))
        );
        let failed = kept.record.checks.iter().filter(|check| !check.passed);
        let failed: Vec<_> = failed.collect();
        assert_eq!(failed.len(), 1, "{subject}: {failed:?}");
        assert!(failed[0].subject.starts_with(subject), "{failed:?}");
        assert_eq!(failed[0].received, received);
        let text = serde_json::to_string(&kept.record).unwrap();
        assert!(!text.contains("imon-7") && !text.contains(SIMON), "{text}");
        assert_eq!(kept.record.advice.len(), 1);
        world.app.clock.step(Duration::SECOND);
    }
    // The advised change, made: the same name in everything.
    let answer = bring(&world, &good(99), &cookie).await;
    assert_eq!(status(&world, &answer).await.0, names::STATUS_SUCCESS);
    assert!(!world.is_live(ACME, &cookie).await);
}

/// Where an attribute stands in for the NameID, no logout request can name the session.
#[tokio::test]
async fn a_session_without_a_name_is_nobodys_to_end() {
    let world = Logout::new().await;
    let cookie = world
        .sign_in_by(&world.entra, "Simon-7@x.test", None, None)
        .await;
    let answer = bring(&world, &request(), &cookie).await;
    assert_eq!(status(&world, &answer).await.0, names::STATUS_REQUESTER);
    assert!(world.is_live(ACME, &cookie).await);
    let kept = newest(&world).await;
    let failed = kept.record.checks.iter().find(|check| !check.passed);
    let failed = failed.unwrap();
    assert_eq!(failed.subject, "The session has a NameID");
    assert_eq!(failed.received, "none");
}

/// A form of another site brings no cookie of ours, so that our own page sends it again.
#[tokio::test]
async fn by_post_who_stays_signed_in_is_not_told_of_as_signed_out() {
    let world = Logout::new().await;
    let cookie = world.sign_in(&world.entra, &simon(), Some("_1")).await;
    let encoded = |change: Change| {
        let mut asked = request();
        change(&mut asked);
        let signed = sign_enveloped(&asked.to_xml(), &asked.id, &world.idp.key).unwrap();
        BASE64_STANDARD.encode(signed)
    };
    let other = encoded(|it| it.name_id.value = "other@contoso.com".to_owned());
    let before = count(&world).await;
    let page = world
        .post(
            "/sso/slo",
            "",
            &[("SAMLRequest", &other), ("RelayState", "r-7")],
        )
        .await;
    assert_eq!(page.status, 200);
    for part in [
        "action=\"/sso/slo\"",
        "name=\"SAMLRequest\"",
        "value=\"r-7\"",
        "name=\"reposted\"",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(
        !page.body.contains("SAMLResponse"),
        "nothing is answered yet"
    );
    assert_eq!(count(&world).await, before);

    let again = [
        ("SAMLRequest", other.as_str()),
        ("RelayState", "r-7"),
        ("reposted", "1"),
    ];
    let answer = world.post("/sso/slo", &cookie, &again).await;
    assert_eq!(
        status(&world, &answer).await.1.as_deref(),
        Some(names::STATUS_UNKNOWN_PRINCIPAL)
    );
    assert!(world.is_live(ACME, &cookie).await);
    assert_eq!(newest(&world).await.rule.as_deref(), Some("D6"));

    // Where nobody is signed in in the browser, it is a success, once it has come from our page.
    let nobody = encoded(|it| {
        it.id = "_nobody".to_owned();
        it.name_id.value = "other@contoso.com".to_owned();
    });
    let answer = world
        .post(
            "/sso/slo",
            "",
            &[("SAMLRequest", &nobody), ("reposted", "1")],
        )
        .await;
    assert_eq!(status(&world, &answer).await.0, names::STATUS_SUCCESS);

    // In a frame no page of ours is shown, and no cookie comes: it is answered at once.
    let framed = encoded(|it| {
        it.id = "_framed".to_owned();
        it.name_id.value = "other@contoso.com".to_owned();
    });
    let answer = world
        .post_into("iframe", "/sso/slo", "", &[("SAMLRequest", &framed)])
        .await;
    assert_eq!(status(&world, &answer).await.0, names::STATUS_SUCCESS);

    // What fits somebody needs no second way.
    let fits = encoded(|it| it.id = "_fits".to_owned());
    let answer = world.post("/sso/slo", "", &[("SAMLRequest", &fits)]).await;
    assert_eq!(status(&world, &answer).await.0, names::STATUS_SUCCESS);
    assert!(!world.is_live(ACME, &cookie).await);
}

#[tokio::test]
async fn a_repetition_is_refused_to_who_has_signed_in_again() {
    let world = Logout::new().await;
    let cookie = world.sign_in(&world.entra, &simon(), None).await;
    assert_eq!(bring(&world, &request(), &cookie).await.status, 303);
    world.app.clock.step(Duration::seconds(30));
    let again = world.sign_in(&world.entra, &simon(), None).await;
    let answer = bring(&world, &request(), &again).await;
    assert_eq!(status(&world, &answer).await.0, names::STATUS_REQUESTER);
    assert!(world.is_live(ACME, &again).await);
    let kept = newest(&world).await;
    assert_eq!(
        (kept.outcome, kept.rule.as_deref()),
        (Outcome::Refused, Some("E4"))
    );
    // In another browser what it asked for is done, and stays done.
    world.app.clock.step(Duration::SECOND);
    let answer = bring(&world, &request(), "").await;
    assert_eq!(status(&world, &answer).await.0, names::STATUS_SUCCESS);
    assert!(world.is_live(ACME, &again).await);
}

#[tokio::test]
async fn without_an_address_for_answers_the_page_does_not_say_signed_out() {
    let world = Logout::with(|settings| settings.saml_mut().unwrap().slo_url = None).await;
    let cookie = world.sign_in(&world.entra, &simon(), None).await;
    let mut other = request();
    other.name_id.value = "britta@contoso.com".to_owned();
    let answer = bring(&world, &other, &cookie).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/sso/logout")
    );
    assert!(world.is_live(ACME, &cookie).await);
}

#[tokio::test]
async fn what_is_refused_has_a_code_and_a_record() {
    let world = Logout::new().await;
    let xml = request().to_xml();
    let unsigned = encode_redirect("/sso/slo", MessageKind::Request, &xml, None, None).unwrap();
    let answer = world.fetch(&unsigned, "").await;
    assert_eq!(answer.status, 403);
    let kept = newest(&world).await;
    assert!(answer.body.contains(&kept.code.to_string()));
    assert_eq!(
        (kept.outcome, kept.rule.as_deref()),
        (Outcome::Refused, Some("B7"))
    );
    assert_eq!(kept.connection_id, Some(world.entra.id));

    let foreign = LogoutRequest {
        issuer: "https://idp.beta.example".to_owned(),
        ..request()
    };
    world.app.clock.step(Duration::SECOND);
    assert_eq!(bring(&world, &foreign, "").await.status, 403);
    let kept = newest(&world).await;
    assert_eq!(
        (kept.connection_id, kept.rule.as_deref()),
        (None, Some("E6"))
    );
    let code: Code = kept.code;
    let found =
        world
            .app
            .store
            .attempt_by_code(world.entra.company_id, &code, NOW + Duration::SECOND);
    assert!(found.await.unwrap().is_some());
}

/// Advice is right or absent: what is done about a refused message lets the same one pass. A refusal that is added without does
/// not compile.
#[tokio::test]
async fn what_is_advised_about_logout_messages_lets_them_pass() {
    use vestibule::logout::LogoutRefusal;
    /// Words of the advice; none where none is given.
    fn advised(refusal: &LogoutRefusal) -> Option<&'static str> {
        match refusal {
            LogoutRefusal::UnknownIssuer(_) => {
                Some("Import its metadata, or enable the connection")
            }
            LogoutRefusal::Old => Some("Sign out again"),
            // By the vectors, but for this one.
            // Of OpenID Connect: `advice_about_clocks_lets_the_same_token_pass`.
            LogoutRefusal::Rejected(_) | LogoutRefusal::Token(_) => Some("Compare the clocks"),
            // Nothing has to be done.
            LogoutRefusal::Repeated => Some("Nothing has to be done"),
            // By `who_stays_signed_in_is_not_told_of_as_signed_out`.
            LogoutRefusal::UnknownPrincipal => Some("say the same NameID"),
            LogoutRefusal::Unreadable => None,
        }
    }
    let world = Logout::new().await;
    let told = async |words: Option<&str>, rule: &str| {
        let kept = newest(&world).await;
        assert_eq!(kept.rule.as_deref(), Some(rule), "{}", kept.summary);
        let advice = kept.record.advice.join("\n");
        match words {
            Some(words) => assert!(advice.contains(words), "{advice}"),
            None => assert_eq!(advice, ""),
        }
        world.app.clock.step(Duration::SECOND);
    };
    let cookie = world.sign_in(&world.entra, &simon(), None).await;
    let unreadable = world
        .idp
        .redirect(MessageKind::Request, "<a><!DOCTYPE b></a>", None);
    assert_eq!(world.fetch(&unreadable, "").await.status, 400);
    told(advised(&LogoutRefusal::Unreadable), "A3").await;

    // The clocks agree again.
    let mut late = request();
    late.id = "_late".to_owned();
    late.not_on_or_after = Some(NOW - Duration::minutes(4));
    assert_eq!(bring(&world, &late, &cookie).await.status, 403);
    told(Some("Compare the clocks"), "C5").await;
    late.not_on_or_after = Some(NOW + Duration::minutes(4));
    assert_eq!(bring(&world, &late, &cookie).await.status, 303);
    assert!(!world.is_live(ACME, &cookie).await);

    // Asked again.
    let cookie = world.sign_in(&world.entra, &simon(), None).await;
    let mut old = request();
    old.id = "_old".to_owned();
    old.issue_instant = NOW - Duration::minutes(30);
    world.app.clock.step(Duration::SECOND);
    assert_eq!(bring(&world, &old, &cookie).await.status, 403);
    told(advised(&LogoutRefusal::Old), "C5").await;
    old.issue_instant = world.app.clock.now();
    assert_eq!(bring(&world, &old, &cookie).await.status, 303);
    assert!(!world.is_live(ACME, &cookie).await);
}

#[tokio::test]
async fn answers_to_our_requests_are_written_down_once() {
    let world = Logout::new().await;
    let path = |id: &str, detail: Option<&str>| {
        let mut answer = response(names::STATUS_SUCCESS, detail);
        answer.id = id.to_owned();
        world
            .idp
            .redirect(MessageKind::Response, &answer.to_xml(), None)
    };
    for _ in 0..2 {
        assert_eq!(world.fetch(&path("_a", None), "").await.status, 200);
    }
    assert_eq!(count(&world).await, 1);
    assert_eq!(newest(&world).await.outcome, Outcome::SignedOut);
    world.app.clock.step(Duration::SECOND);
    let partial = path("_b", Some(names::STATUS_PARTIAL_LOGOUT));
    assert_eq!(world.fetch(&partial, "").await.status, 200);
    let kept = newest(&world).await;
    assert_eq!(
        (kept.outcome, kept.rule.as_deref()),
        (Outcome::Refused, Some("C2"))
    );
    assert!(kept.summary.contains("PartialLogout"), "{}", kept.summary);
}
