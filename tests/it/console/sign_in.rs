//! The page of one sign-in: its checks, the field to change, the certificates, and what was received.

use std::sync::LazyLock;

use time::Duration;
use vestibule::demo_idp::{IdpKey, IdpStatus};
use vestibule::domain::{EvidenceKind, LoginAttempt};

use super::provider::Provider;
use crate::support::console::{post, token};
use crate::support::identity_provider::{begin, bring, code_of};
use crate::support::{ADMIN, Browser, NOW, Office, encoded_form, unescaped};

static ANOTHER_KEY: LazyLock<IdpKey> = LazyLock::new(|| IdpKey::generate(NOW).unwrap());

/// What only the message of a sign-in holds.
const PERSONAL: &str = "8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54";

async fn page(browser: &mut Browser, code: impl std::fmt::Display) -> String {
    let answer = browser.get(&format!("/admin/sign-ins/{code}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    unescaped(&answer.body)
}

#[tokio::test]
async fn each_check_stands_there_with_what_was_expected_and_what_came() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let refused = provider
        .refused_with(&world, |spec| spec.audiences = vec!["urn:other".into()])
        .await;
    let mut admin = world.admin().await;
    let page = page(&mut admin, &refused.code).await;
    assert!(refused.record.checks.len() > 5);
    for check in &refused.record.checks {
        for text in [&check.subject, &check.expected, &check.received] {
            assert!(page.contains(&**text), "{text}");
        }
    }
    assert!(page.contains("<dd>urn:other</dd>"), "{page}");
    assert!(page.contains(">Refused</span>") && page.contains(&refused.summary));
    // The field to change: its name at Entra with the value to enter, and ours.
    let entity_id = world.acme.entity_id();
    assert!(page.contains("Basic SAML Configuration → Identifier (Entity ID)"));
    assert!(page.contains(&format!(">{entity_id}</code>")), "{page}");
    let ours = format!(
        "/admin/connections/{}#extra_audiences",
        provider.connection.id
    );
    assert!(page.contains(&format!("href=\"{ours}\"")), "{page}");
}

#[tokio::test]
async fn who_signed_stands_beside_who_may() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let mut admin = world.admin().await;
    let configured = provider.idp.signing_key().thumbprint().to_uppercase();

    // A Response by another key, as after a change of certificates that nobody told us.
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login").await;
    let sp = vestibule::demo_idp::ServiceProvider {
        entity_id: world.acme.entity_id(),
        acs_url: world.acme.acs_url(),
    };
    let user = vestibule::demo_idp::IdpUser::b_simon();
    let spec = provider.idp.response_spec(&user, &sp).answering(&begun.id);
    let xml = spec
        .to_xml(&ANOTHER_KEY, &crate::support::random())
        .unwrap();
    let response = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, xml);
    let answer = bring(&mut browser, &begun, &response).await;
    assert_eq!(answer.status, 403);
    let refused = page(&mut admin, code_of(&answer.body)).await;
    let another = ANOTHER_KEY.certificate_der();
    let another = vestibule::keys::hex(&vestibule::keys::hash(another));
    assert!(refused.contains("a certificate that the connection does not have"));
    assert!(
        refused.contains(&format!("<code>{another}</code>")),
        "{refused}"
    );
    assert!(refused.contains(&configured), "{configured}: {refused}");
    assert!(!refused.contains(">this one<"));
    let there = format!("/admin/connections/{}/certificates", provider.connection.id);
    assert!(refused.contains(&there));

    let refused = provider
        .refused_with(&world, |spec| spec.audiences = vec!["urn:other".into()])
        .await;
    let page = page(&mut admin, &refused.code).await;
    assert!(page.contains("Signed by the certificate") && page.contains(">this one<"));
}

#[tokio::test]
async fn a_status_of_entra_is_explained_with_its_field() {
    let world = Office::new().await;
    let provider = Provider::with(&world, |connection| {
        let asked = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";
        connection
            .settings
            .saml_mut()
            .unwrap()
            .requested_authn_context = vec![asked.to_owned()];
    })
    .await;
    let mut admin = world.admin().await;
    for (code, says, field) in [
        (
            "50105",
            "not assigned to the application",
            "Users and groups → Add user/group",
        ),
        ("75011", "another method", "#requested_authn_context"),
        (
            "50011",
            "Reply URL",
            "Reply URL (Assertion Consumer Service URL)",
        ),
    ] {
        let message = format!("AADSTS{code}: Something with a Trace ID");
        let refused = provider
            .refused_with(&world, |spec| {
                spec.status = IdpStatus::failure("Responder", "RequestDenied", message);
            })
            .await;
        let page = page(&mut admin, &refused.code).await;
        for part in [says, field] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let microsoft = format!("https://login.microsoftonline.com/error?code={code}");
        assert!(page.contains(&microsoft));
    }
}

#[tokio::test]
async fn the_message_is_masked_until_it_is_asked_for_and_that_is_written_down() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let refused = provider
        .refused_with(&world, |spec| spec.audiences = vec!["urn:other".into()])
        .await;
    let mut admin = world.admin().await.from("203.0.113.7");
    let masked = page(&mut admin, &refused.code).await;
    assert!(
        !masked.contains(PERSONAL) && masked.contains("••••••"),
        "{masked}"
    );
    // Structure, names and algorithms.
    for part in [
        "samlp:Response",
        "http://schemas.microsoft.com/identity/claims/objectidentifier",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    ] {
        assert!(masked.contains(part), "{part}: {masked}");
    }
    assert!(world.audit().await.is_empty(), "a look at a mask is none");

    let path = format!("/admin/sign-ins/{}/message", refused.code);
    let answer = post(&mut admin, &path, &[]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains(PERSONAL), "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    let events = world.audit().await;
    let [event] = &events[..] else {
        panic!("one entry: {events:?}")
    };
    assert_eq!(
        (
            event.action.as_str(),
            event.subject.as_str(),
            event.actor.as_str()
        ),
        ("sign_in.reveal", refused.code.to_string().as_str(), ADMIN)
    );
    assert_eq!(event.client, Some("203.0.113.7".parse().unwrap()));
    // The page itself stays masked.
    assert!(!page(&mut admin, &refused.code).await.contains(PERSONAL));
}

#[tokio::test]
async fn nobody_else_sees_the_message() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let refused = provider
        .refused_with(&world, |spec| spec.audiences = vec!["urn:other".into()])
        .await;
    let path = format!("/admin/sign-ins/{}/message", refused.code);
    let mut admin = world.admin().await;
    let mut other = world.other_admin().await;
    let (own, others) = (token(&mut admin).await, token(&mut other).await);
    let mut member = world.member().await;
    for (browser, csrf, status) in [
        (&mut admin.clone(), "", 403),
        (&mut admin.clone(), others.as_str(), 403),
        (&mut other, others.as_str(), 404),
        (&mut member, own.as_str(), 403),
    ] {
        let answer = browser.post(&path, &[("csrf", csrf)]).await;
        assert_eq!(answer.status, status);
        assert!(!answer.body.contains(PERSONAL));
    }
    assert_eq!(admin.get(&path).await.status, 405);
    assert!(world.audit().await.is_empty());
    // At rest it is sealed, for its own attempt.
    let store = &world.app.store;
    let kind = EvidenceKind::Response;
    let sealed = store.evidence(world.acme.id, refused.id, kind, NOW).await;
    let sealed = sealed.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("Response"));
    let keys = &world.app.keys;
    assert!(keys.open(&kind.purpose(refused.id), &sealed).is_some());
    let another = world.attempt_of(&world.acme, &refused.code).await;
    let other_kind = EvidenceKind::Findings.purpose(another.id);
    assert_eq!(keys.open(&other_kind, &sealed), None);
    let beta = store.evidence(world.beta.id, refused.id, kind, NOW).await;
    assert_eq!(beta.unwrap(), None);
}

#[tokio::test]
async fn a_sign_in_that_succeeds_leaves_no_message() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let (mut browser, answer) = provider.sign_in_with(&world, |_| {}).await;
    assert_eq!(answer.status, 303);
    assert_eq!(browser.get("/sso/session").await.status, 200);
    let filter = vestibule::store::AttemptFilter::default();
    let attempts = world.app.store.attempts(world.acme.id, &filter, 10);
    let signed_in = attempts.await.unwrap().remove(0);
    let mut admin = world.admin().await;
    let page = page(&mut admin, &signed_in.code).await;
    assert!(page.contains("b.simon@contoso.com"), "who it was: {page}");
    assert!(!page.contains("Received message") && !page.contains(PERSONAL));
    let path = format!("/admin/sign-ins/{}/message", signed_in.code);
    let answer = post(&mut admin, &path, &[]).await;
    assert!(!answer.body.contains("Received message"));
    assert!(
        world.audit().await.is_empty(),
        "there was nothing to look at"
    );
}

#[tokio::test]
async fn the_message_is_kept_as_long_as_the_operator_wants() {
    for (hours, after, kept) in [
        (24, Duration::hours(23), true),
        (24, Duration::hours(24), false),
        (0, Duration::ZERO, false),
    ] {
        let world = Office::with(|config| config.attempts.keep_responses_hours = hours).await;
        let provider = Provider::of(&world).await;
        let refused = provider
            .refused_with(&world, |spec| spec.audiences = vec!["urn:other".into()])
            .await;
        world.app.clock.jump(after);
        let mut admin = world.admin().await;
        let page = page(&mut admin, &refused.code).await;
        assert_eq!(page.contains("Received message"), kept, "{hours} {after}");
        let now = world.app.clock.now();
        let purged = world.app.store.purge(now, Duration::days(30)).await;
        let gone = u64::from(hours > 0 && !kept);
        assert_eq!(purged.unwrap().evidence, gone, "{hours} {after}");
    }
}

#[tokio::test]
async fn what_is_no_xml_is_not_shown_as_such_and_what_is_endless_is_not_kept() {
    let world = Office::new().await;
    Provider::of(&world).await;
    let mut admin = world.admin().await;
    let mut browser = world.browser();
    for (octets, kept) in [
        (b"<html>private-text</html><".to_vec(), true),
        (b"\xff\xfe private-text".to_vec(), true),
        (vec![b'<'; 65 * 1024], false),
    ] {
        let form = encoded_form(&octets, "x");
        let fields: Vec<(String, String)> = form_urlencoded::parse(form.as_bytes())
            .into_owned()
            .collect();
        let fields: Vec<_> = fields
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        let answer = browser.post_from_elsewhere("/sso/acs", &fields).await;
        assert_eq!(answer.status, 403);
        let code = code_of(&answer.body).to_owned();
        let page = page(&mut admin, &code).await;
        assert_eq!(page.contains("bytes that are not XML"), kept, "{page}");
        assert!(!page.contains("private-text"));
        if kept {
            let path = format!("/admin/sign-ins/{code}/message");
            let answer = post(&mut admin, &path, &[]).await;
            assert!(answer.body.contains("private-text"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = Office::new().await;
    let mut admin = world.admin().await;
    for code in ["00000000", "x", "%00", "K7QF-3XHD-1", "..%2Faudit"] {
        for path in [
            format!("/admin/sign-ins/{code}"),
            format!("/admin/sign-ins/{code}/message"),
        ] {
            let answer = if path.ends_with("message") {
                post(&mut admin, &path, &[]).await
            } else {
                admin.get(&path).await
            };
            assert_eq!(answer.status, 404, "{path}");
        }
    }
}

/// Has the connection of a sign-in ask another identity provider; which one it asked.
async fn ask_instead(world: &Office, attempt: &LoginAttempt, entity_id: &str) -> String {
    let store = &world.app.store;
    let id = attempt.connection_id.unwrap();
    let mut connection = store.connection(id).await.unwrap().unwrap();
    let saml = connection.settings.saml_mut().unwrap();
    let before = std::mem::replace(&mut saml.idp_entity_id, entity_id.to_owned());
    assert!(store.update_connection(&connection, NOW).await.unwrap());
    world.app.catch_up().await.unwrap();
    before
}

/// An identity that was refused an account is linked to it by an administrator's word, and by nothing else.
#[tokio::test]
async fn an_administrator_links_a_refused_person() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let user = world.add_user("b.simon@contoso.com", &[]).await;
    let upn = |spec: &mut vestibule::demo_idp::ResponseSpec| {
        spec.name_id = "bs@contoso.com".into();
    };
    let refused = provider.refused_with(&world, upn).await;
    assert_eq!(refused.rule.as_deref(), Some("F2"));
    let path = format!("/admin/sign-ins/{}/link", refused.code);
    let mut member = world.member().await;
    let answer = member.post(&path, &[]).await;
    assert_ne!(answer.status, 303, "{}", answer.body);

    let mut admin = world.admin().await;
    // What one provider calls somebody says nothing while the connection asks another one.
    let own = ask_instead(&world, &refused, "https://id.other.example/").await;
    let shown = page(&mut admin, &refused.code).await;
    assert!(!shown.contains("Link this person to this account"));
    let answer = post(&mut admin, &path, &[]).await;
    assert_eq!(answer.status, 404, "{}", answer.body);
    ask_instead(&world, &refused, &own).await;
    let shown = page(&mut admin, &refused.code).await;
    assert!(
        shown.contains("Link this person to this account"),
        "{shown}"
    );
    let answer = post(&mut admin, &path, &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(
        answer.header("location"),
        format!("/admin/users/{}", user.id)
    );
    let log = world.audit().await;
    assert_eq!(log[0].action, "user.link");
    let (_, answer) = provider.sign_in_with(&world, upn).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    // It is over, and there is nothing to link any more.
    let shown = page(&mut admin, &refused.code).await;
    assert!(!shown.contains("Link this person to this account"));
    let again = post(&mut admin, &path, &[]).await;
    assert_eq!(again.status, 404, "{}", again.body);
}
