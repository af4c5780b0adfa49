//! Single logout over HTTP: who may end whose session, and what the identity provider hears.

mod begun;
mod records;
mod world;

use crate::support::unique;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use openssl::x509::X509;
use time::Duration;
use vestibule::domain::name_id::EMAIL_ADDRESS_OF_2_0;
use vestibule::domain::{Binding, NameId};
use vestibule::saml::binding::{MessageKind, Posted, encode_redirect};
use vestibule::saml::encryption::{DataAlgorithm, KeyTransport, encrypt_assertion};
use vestibule::saml::logout::{LogoutMessage, LogoutRequest, receive_post};
use vestibule::saml::names;
use vestibule::saml::signature::sign_enveloped;
use world::{
    ACME, BETA, ENTRA, ENTRA_LOGOUT, IDP_SLO, Idp, Logout, NOW, SIMON, request, simon,
    their_expectation,
};

/// The request by HTTP-Redirect, signed by acme's identity provider.
async fn ask(world: &Logout, request: &LogoutRequest, cookie: &str) -> world::Answer {
    let path = world
        .idp
        .redirect(MessageKind::Request, &request.to_xml(), Some("r"));
    world.fetch(&path, cookie).await
}

#[tokio::test]
async fn a_signed_request_ends_every_session_of_the_name() {
    let world = Logout::new().await;
    let here = world.sign_in(&world.entra, &simon(), Some("_1")).await;
    let elsewhere = world.sign_in(&world.entra, &simon(), Some("_2")).await;
    let other = NameId::new("britta@contoso.com", Some(names::NAMEID_EMAIL));
    let other = world.sign_in(&world.entra, &other, Some("_3")).await;
    assert!(world.is_live(ACME, &here).await);

    let answer = ask(&world, &request(), &here).await;
    assert!(
        answer
            .header("set-cookie")
            .starts_with("vestibule-session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
    );
    assert!(answer.header("location").starts_with(IDP_SLO));
    let (LogoutMessage::Response(response), relay_state) = world.ours(&answer).await else {
        panic!("not a response");
    };
    assert_eq!(relay_state.as_deref(), Some("r"));
    assert_eq!(response.in_response_to.as_deref(), Some("_request"));
    assert_eq!(response.status.code, names::STATUS_SUCCESS);
    assert!(!world.is_live(ACME, &here).await);
    assert!(!world.is_live(ACME, &elsewhere).await);
    assert!(world.is_live(ACME, &other).await);

    // The same request again, in another browser: nothing is left to end, and that browser keeps its cookie.
    let again = ask(&world, &request(), &other).await;
    assert_eq!((again.status, again.header("set-cookie")), (303, ""));
    assert!(world.is_live(ACME, &other).await);
}

#[tokio::test]
async fn a_replay_does_not_end_what_began_later() {
    let world = Logout::new().await;
    let first = world.sign_in(&world.entra, &simon(), None).await;
    assert_eq!(ask(&world, &request(), "").await.status, 303);
    assert!(!world.is_live(ACME, &first).await);
    // Also of what began within the skew (rule E4): the message counts once.
    world.app.clock.step(Duration::seconds(20));
    let soon = world.sign_in(&world.entra, &simon(), None).await;
    assert_eq!(ask(&world, &request(), "").await.status, 303);
    assert!(world.is_live(ACME, &soon).await);
    world.app.clock.step(Duration::seconds(161));
    let later = world.sign_in(&world.entra, &simon(), None).await;
    assert_eq!(ask(&world, &request(), "").await.status, 303);
    assert!(world.is_live(ACME, &later).await);
    // And after ten minutes it is refused.
    world.app.clock.step(Duration::minutes(10));
    assert_eq!(ask(&world, &request(), "").await.status, 403);
}

#[tokio::test]
async fn what_is_not_surely_from_the_connection_ends_nothing() {
    let world = Logout::new().await;
    let cookie = world.sign_in(&world.entra, &simon(), Some("_1")).await;
    let changed = |change: fn(&mut LogoutRequest)| {
        let mut request = request();
        change(&mut request);
        request.to_xml()
    };
    let signed = |idp: &Idp, xml: &str| idp.redirect(MessageKind::Request, xml, None);
    let good = request().to_xml();
    let unsigned = encode_redirect("/sso/slo", MessageKind::Request, &good, None, None).unwrap();
    let rewritten = world
        .idp
        .redirect(MessageKind::Request, &good, Some("r"))
        .replace("RelayState=r", "RelayState=s");
    for (what, path, status) in [
        ("unsigned", unsigned, 403),
        ("another RelayState", rewritten, 403),
        ("a foreign key", signed(&Idp::new(), &good), 403),
        (
            "the key of another company's identity provider",
            signed(world.beta_idp, &good),
            403,
        ),
        (
            "another company's identity provider",
            signed(
                world.beta_idp,
                &changed(|it| it.issuer = "https://idp.beta.example".into()),
            ),
            403,
        ),
        (
            "another tenant",
            signed(
                world.idp,
                &changed(|it| it.issuer = ENTRA.replace("6bab", "7bab")),
            ),
            403,
        ),
        (
            "another destination",
            signed(
                world.idp,
                &changed(|it| it.destination = "http://beta.localhost:8080/sso/slo".into()),
            ),
            403,
        ),
        (
            "no destination",
            signed(world.idp, &good.replace(" Destination=", " Consent=")),
            403,
        ),
        (
            "expired",
            signed(
                world.idp,
                &changed(|it| it.not_on_or_after = Some(NOW - Duration::minutes(4))),
            ),
            403,
        ),
        (
            "from the future",
            signed(
                world.idp,
                &changed(|it| it.issue_instant = NOW + Duration::minutes(4)),
            ),
            403,
        ),
        (
            "old",
            signed(
                world.idp,
                &changed(|it| it.issue_instant = NOW - Duration::minutes(14)),
            ),
            403,
        ),
        ("not SAML", signed(world.idp, "<LogoutRequest/>"), 400),
        ("not XML", signed(world.idp, "<!DOCTYPE x><x/>"), 400),
        ("not DEFLATE", "/sso/slo?SAMLRequest=AAAA".to_owned(), 400),
        ("nothing", "/sso/slo".to_owned(), 400),
        (
            "two of them",
            format!("{}&SAMLRequest=AAAA", signed(world.idp, &good)),
            400,
        ),
    ] {
        let answer = world.fetch(&path, &cookie).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert_eq!(answer.header("set-cookie"), "", "{what}");
        assert!(answer.body.contains("<h1>"), "{what}");
        assert!(!answer.body.contains(SIMON), "{what}");
        assert_eq!(
            answer.body.contains("came without a signature"),
            what == "unsigned"
        );
        assert!(world.is_live(ACME, &cookie).await, "{what}");
    }
}

#[tokio::test]
async fn by_post_the_signature_is_in_the_message() {
    let world = Logout::new().await;
    let cookie = world.sign_in(&world.entra, &simon(), Some("_1")).await;
    let good = request().to_xml();
    let enveloped = sign_enveloped(&good, "_request", &world.idp.key).unwrap();
    for (what, xml) in [
        ("unsigned", good.clone()),
        ("changed", enveloped.replace(SIMON, "b.simon@contoso.comx")),
        (
            "a foreign key",
            sign_enveloped(&good, "_request", &Idp::new().key).unwrap(),
        ),
    ] {
        let encoded = BASE64_STANDARD.encode(xml);
        let answer = world
            .post("/sso/slo", &cookie, &[("SAMLRequest", &encoded)])
            .await;
        assert_eq!(answer.status, 403, "{what}");
        assert!(world.is_live(ACME, &cookie).await, "{what}");
    }
    assert_eq!(world.post("/sso/slo", &cookie, &[]).await.status, 400);
}

#[tokio::test]
async fn a_company_ends_its_own_sessions_only() {
    let world = Logout::new().await;
    let beta = world.sign_in(&world.theirs, &simon(), None).await;
    let acme = world.sign_in(&world.entra, &simon(), None).await;
    // A second application of the same Entra tenant has keys of its own, and the same users.
    let second_idp = Idp::new();
    let second = world.add_connection("second", ENTRA, &second_idp).await;
    let second_cookie = world.sign_in(&second, &simon(), None).await;
    assert_eq!(ask(&world, &request(), "").await.status, 303);
    assert!(!world.is_live(ACME, &acme).await);
    assert!(world.is_live(ACME, &second_cookie).await);
    assert!(world.is_live(BETA, &beta).await);

    let path = second_idp.redirect(MessageKind::Request, &request().to_xml(), None);
    assert_eq!(world.fetch(&path, "").await.status, 303);
    assert!(!world.is_live(ACME, &second_cookie).await);
}

#[tokio::test]
async fn a_disabled_connection_is_nobody() {
    let world = Logout::new().await;
    let cookie = world.sign_in(&world.entra, &simon(), None).await;
    let mut connection = world.app.store.connections(world.entra.company_id).await;
    let mut connection = connection.as_mut().unwrap().remove(0);
    connection.enabled = false;
    assert!(
        world
            .app
            .store
            .update_connection(&connection, NOW)
            .await
            .unwrap()
    );
    world.app.catch_up().await.unwrap();
    assert_eq!(ask(&world, &request(), &cookie).await.status, 403);
    assert!(world.is_live(ACME, &cookie).await);
}

#[tokio::test]
async fn names_are_compared_with_their_qualifiers() {
    let world = Logout::new().await;
    let mut name = simon();
    name.sp_name_qualifier = Some("http://acme.localhost:8080/sso/metadata".to_owned());
    let cookie = world.sign_in(&world.entra, &name, Some("_1")).await;
    let ends = async |change: fn(&mut LogoutRequest)| {
        let mut request = request();
        request.id = format!("_{}", vestibule::domain::UserId::from_bytes(unique()));
        change(&mut request);
        assert_eq!(ask(&world, &request, "").await.status, 303);
        !world.is_live(ACME, &cookie).await
    };
    assert!(!ends(|it| it.name_id.value = "b.simon@contoso.co".into()).await);
    assert!(!ends(|it| it.name_id.name_qualifier = Some("https://other.example".into())).await);
    assert!(!ends(|it| it.name_id.sp_name_qualifier = Some("https://other.example".into())).await);
    assert!(!ends(|it| it.name_id.format = Some(names::NAMEID_PERSISTENT.into())).await);
    assert!(!ends(|it| it.session_indexes = vec!["_2".into()]).await);
    assert!(
        ends(|it| {
            // An e-mail address is the same in other letter case, and by SAML 2.0's spelling of its format (rule D7).
            it.name_id.value = "B.Simon@CONTOSO.com".into();
            it.name_id.name_qualifier = Some(ENTRA.into());
            it.name_id.format = Some(EMAIL_ADDRESS_OF_2_0.into());
            it.session_indexes = vec!["_2".into(), "_1".into()];
        })
        .await
    );
}

#[tokio::test]
async fn both_names_of_the_tenant_and_lower_case_escapes_are_understood() {
    let world = Logout::new().await;
    let cookie = world.sign_in(&world.entra, &simon(), None).await;
    let mut request = request();
    request.issuer = ENTRA_LOGOUT.to_owned();
    // What Microsoft signs has lower-case hexadecimal digits.
    let unsigned = encode_redirect(
        "",
        MessageKind::Request,
        &request.to_xml(),
        Some("a/b=c"),
        None,
    )
    .unwrap();
    let lower = |text: &str| {
        let mut parts = text.split('%');
        let mut out = parts.next().unwrap().to_owned();
        for part in parts {
            let (escape, rest) = part.split_at(2);
            out.push('%');
            out.push_str(&escape.to_ascii_lowercase());
            out.push_str(rest);
        }
        out
    };
    let encode =
        |value: &str| lower(&form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>());
    let octets = format!(
        "{}&SigAlg={}",
        lower(unsigned.trim_start_matches('?')),
        encode(names::RSA_SHA256)
    );
    assert!(octets.contains("%2f") && !octets.contains("%2F"));
    let signature = world.idp.key.sign(octets.as_bytes()).unwrap();
    let signature = encode(&BASE64_STANDARD.encode(signature));
    let answer = world
        .fetch(&format!("/sso/slo?{octets}&Signature={signature}"), "")
        .await;
    assert_eq!(
        world.ours(&answer).await.1.as_deref(),
        Some("a/b=c"),
        "the RelayState comes back"
    );
    assert!(!world.is_live(ACME, &cookie).await);
}

#[tokio::test]
async fn a_long_relay_state_is_not_given_back() {
    let world = Logout::new().await;
    for (length, back) in [(80, true), (81, false)] {
        let relay = "r".repeat(length);
        let path = world.idp.redirect(
            MessageKind::Request,
            &request().to_xml(),
            Some(relay.as_str()),
        );
        let answer = world.fetch(&path, "").await;
        assert_eq!(world.ours(&answer).await.1.is_some(), back);
    }
}

#[tokio::test]
async fn an_encrypted_name_is_understood() {
    let world = Logout::new().await;
    let cookie = world.sign_in(&world.entra, &simon(), None).await;
    let recipient = BASE64_STANDARD.decode(&world.app.sp_keys().encryption_certificate);
    let recipient = X509::from_der(&recipient.unwrap()).unwrap();
    let xml = request().to_xml();
    let start = xml.find("<saml:NameID").unwrap();
    let end = xml.find("</saml:NameID>").unwrap() + "</saml:NameID>".len();
    let name = xml[start..end].replacen(
        "<saml:NameID",
        &format!("<saml:NameID xmlns:saml=\"{}\"", names::SAML),
        1,
    );
    let sealed = |recipient: &X509| {
        let sealed = encrypt_assertion(
            &name,
            &recipient.public_key().unwrap(),
            DataAlgorithm::Gcm(32),
            KeyTransport::OAEP_SHA1,
            &[9; 48],
        );
        let sealed = sealed.unwrap().replace("EncryptedAssertion", "EncryptedID");
        [&xml[..start], &sealed, &xml[end..]].concat()
    };
    // For somebody else.
    let other = BASE64_STANDARD.decode(&world.entra.settings.saml().certificates[0]);
    let other = sealed(&X509::from_der(&other.unwrap()).unwrap());
    let path = world.idp.redirect(MessageKind::Request, &other, None);
    assert_eq!(world.fetch(&path, "").await.status, 403);
    assert!(world.is_live(ACME, &cookie).await);

    let path = world
        .idp
        .redirect(MessageKind::Request, &sealed(&recipient), None);
    assert_eq!(world.fetch(&path, "").await.status, 303);
    assert!(!world.is_live(ACME, &cookie).await);
}

#[tokio::test]
async fn by_post_there_and_back() {
    let world = Logout::with(|settings| {
        settings.saml_mut().unwrap().slo_binding = Binding::Post;
        settings.saml_mut().unwrap().slo_response_url = Some("https://idp.example/done".to_owned());
    })
    .await;
    let cookie = world.sign_in(&world.entra, &simon(), None).await;
    let xml = sign_enveloped(&request().to_xml(), "_request", &world.idp.key).unwrap();
    let encoded = BASE64_STANDARD.encode(xml);
    // A cross-site form brings no session cookie (SameSite=Lax).
    let fields = [("SAMLRequest", encoded.as_str()), ("RelayState", "r&s")];
    let answer = world.post("/sso/slo", "", &fields).await;
    assert_eq!(answer.status, 200);
    assert!(!world.is_live(ACME, &cookie).await);
    assert!(
        answer
            .header("content-security-policy")
            .contains("form-action 'self' https:")
    );
    let field = |name: &str| {
        let (_, rest) = answer
            .body
            .split_once(&format!("name=\"{name}\" value=\""))
            .unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    assert!(answer.body.contains("action=\"https://idp.example/done\""));
    assert_eq!(field("RelayState"), "r&#38;s");
    let encoded = field("SAMLResponse")
        .replace("&#43;", "+")
        .replace("&#61;", "=");
    let posted = Posted {
        kind: MessageKind::Response,
        xml: BASE64_STANDARD.decode(encoded).unwrap(),
        relay_state: None,
        reposted: None,
    };
    let verdict = receive_post(
        &posted,
        &world.our_trust().await,
        &their_expectation("https://idp.example/done"),
        NOW,
    );
    let LogoutMessage::Response(response) = verdict.into_outcome().unwrap().into_message() else {
        panic!("not a response");
    };
    assert_eq!(response.in_response_to.as_deref(), Some("_request"));
}

#[tokio::test]
async fn without_an_address_for_answers_the_page_says_it() {
    let world = Logout::with(|settings| settings.saml_mut().unwrap().slo_url = None).await;
    let cookie = world.sign_in(&world.entra, &simon(), None).await;
    let answer = ask(&world, &request(), &cookie).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("You are signed out"));
    assert!(!world.is_live(ACME, &cookie).await);
}
