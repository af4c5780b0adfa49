//! Advice is right or absent: what the record of a refused sign-in tells to change is changed, and the sign-in passes.

use crate::support::Federation;
use crate::support::identity_provider::{OBJECT_ID, begin, service_provider};
use vestibule::admin::{Fix, Side, fixes};
use vestibule::demo_idp::{IdpStatus, IssuedClaim, ResponseSpec};
use vestibule::domain::LoginAttempt;

const MAIL: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const MFA: &str = "https://refeds.org/profile/mfa";

async fn advised(world: &Federation, attempt: &LoginAttempt) -> Vec<Fix> {
    let store = &world.app.store;
    let company = store.company(world.acme.id).await.unwrap().unwrap();
    let entra = store.connection(world.entra.id).await.unwrap();
    fixes(attempt, &company, entra.as_ref())
}

/// The settings that are advised with their values.
fn ours(fixes: &[Fix]) -> Vec<(&'static str, String)> {
    let here = fixes.iter().filter(|fix| fix.side == Side::Here);
    here.filter_map(|fix| Some((fix.setting?, fix.value.clone()?)))
        .collect()
}

struct Case {
    name: &'static str,
    /// The connection's settings, which do not fit.
    settings: &'static [(&'static str, &'static str)],
    /// What the identity provider sends.
    sent: fn(&mut ResponseSpec),
    rule: &'static str,
    advised: &'static [(&'static str, &'static str)],
    /// What it sends when the advised is done, where it has to send something else.
    then: fn(&mut ResponseSpec),
}

fn audience(spec: &mut ResponseSpec) {
    spec.audiences = vec!["urn:other".to_owned()];
}

fn spn(spec: &mut ResponseSpec) {
    spec.audiences = vec!["spn:0d9c1a5e-77f4-4f0b-9b53-8f2a6c4e1d30".to_owned()];
}

fn unspecified(spec: &mut ResponseSpec) {
    spec.name_id_format = None;
}

fn other_issuer(spec: &mut ResponseSpec) {
    "https://sts.windows.net/another/".clone_into(&mut spec.issuer);
}

fn without_object_id(spec: &mut ResponseSpec) {
    spec.attributes.retain(|claim| claim.name != OBJECT_ID);
}

fn transient(spec: &mut ResponseSpec) {
    without_object_id(spec);
    spec.name_id_format = Some(TRANSIENT.to_owned());
    "_5d1a".clone_into(&mut spec.name_id);
}

fn persistent(spec: &mut ResponseSpec) {
    without_object_id(spec);
    spec.name_id_format = Some(PERSISTENT.to_owned());
    "8f1d4b62".clone_into(&mut spec.name_id);
}

fn empty(spec: &mut ResponseSpec) {
    spec.name_id = String::new();
}

fn good(_: &mut ResponseSpec) {}

fn refused(spec: &mut ResponseSpec, second: &str) {
    spec.status = IdpStatus::failure("Requester", second, "no");
}

const CASES: &[Case] = &[
    Case {
        name: "an audience",
        settings: &[],
        sent: audience,
        rule: "D4",
        advised: &[("extra_audiences", "urn:other")],
        then: audience,
    },
    Case {
        name: "an audience beside one that is accepted already",
        settings: &[("extra_audiences", "urn:a")],
        sent: audience,
        rule: "D4",
        advised: &[("extra_audiences", "urn:a,urn:other")],
        then: audience,
    },
    Case {
        name: "an audience with Entra's prefix",
        settings: &[],
        sent: spn,
        rule: "D4",
        advised: &[(
            "extra_audiences",
            "spn:0d9c1a5e-77f4-4f0b-9b53-8f2a6c4e1d30",
        )],
        then: spn,
    },
    Case {
        name: "another issuer, signed with our certificate",
        settings: &[],
        sent: other_issuer,
        rule: "D1",
        advised: &[("idp_entity_id", "https://sts.windows.net/another/")],
        then: other_issuer,
    },
    Case {
        name: "a NameID of another format",
        settings: &[],
        sent: unspecified,
        rule: "D7",
        advised: &[(
            "name_id_format",
            "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
        )],
        then: unspecified,
    },
    Case {
        name: "a transient NameID: never by accepting it",
        settings: &[],
        sent: transient,
        rule: "D7",
        advised: &[(
            "name_id_policy",
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        )],
        then: good,
    },
    Case {
        name: "a transient NameID where any is accepted",
        settings: &[("name_id_format", "any")],
        sent: transient,
        rule: "D7",
        advised: &[("name_id_policy", PERSISTENT)],
        then: persistent,
    },
    Case {
        name: "an empty NameID, as LemonLDAP sends it when none is asked for",
        settings: &[],
        sent: empty,
        rule: "D7",
        advised: &[(
            "name_id_policy",
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        )],
        then: good,
    },
    Case {
        name: "the format that we ask for is not offered",
        settings: &[("name_id_policy", TRANSIENT)],
        sent: |spec| refused(spec, "InvalidNameIDPolicy"),
        rule: "C2",
        advised: &[("name_id_policy", "none")],
        then: good,
    },
    Case {
        name: "nothing is asked for, so that nothing of ours is to blame",
        settings: &[],
        sent: |spec| refused(spec, "InvalidNameIDPolicy"),
        rule: "C2",
        advised: &[],
        then: good,
    },
    Case {
        name: "the way to sign in that we ask for is not offered",
        settings: &[("requested_authn_context", MFA)],
        sent: |spec| refused(spec, "NoAuthnContext"),
        rule: "C2",
        advised: &[("requested_authn_context", "none")],
        then: good,
    },
    Case {
        name: "the request was denied, and nobody says why",
        settings: &[
            ("name_id_policy", TRANSIENT),
            ("requested_authn_context", MFA),
        ],
        sent: |spec| refused(spec, "RequestDenied"),
        rule: "C2",
        advised: &[
            ("name_id_policy", "none"),
            ("requested_authn_context", "none"),
            ("sign_requests", "true"),
        ],
        then: good,
    },
    Case {
        name: "no question was allowed: not by us",
        settings: &[],
        sent: |spec| refused(spec, "NoPassive"),
        rule: "C2",
        advised: &[],
        then: good,
    },
];

#[tokio::test]
async fn what_is_advised_lets_the_sign_in_pass() {
    for case in CASES {
        let world = Federation::new().await;
        world.set(case.settings).await;
        let answer = world.sign_in_with(&mut world.browser(), case.sent).await;
        let attempt = world.assert_refused(&answer, case.rule).await;
        let ours = ours(&advised(&world, &attempt).await);
        let ours: Vec<(&str, &str)> = ours
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        assert_eq!(ours, case.advised, "{}", case.name);
        world.set(&ours).await;
        let answer = world.sign_in_with(&mut world.browser(), case.then).await;
        assert_eq!(answer.status, 303, "{}: {}", case.name, answer.body);
    }
}

/// What is taken back is not in the next request any more.
#[tokio::test]
async fn what_is_taken_back_is_not_asked_for() {
    let world = Federation::new().await;
    world
        .set(&[
            ("name_id_policy", TRANSIENT),
            ("requested_authn_context", MFA),
        ])
        .await;
    let asks = |xml: &str| (xml.contains(TRANSIENT), xml.contains(MFA));
    let begun = begin(&mut world.browser(), "/sso/login").await;
    assert_eq!(asks(&begun.xml), (true, true));
    let answer = world
        .sign_in_with(&mut world.browser(), |spec| {
            refused(spec, "RequestUnsupported");
        })
        .await;
    let attempt = world.assert_refused(&answer, "C2").await;
    let ours = ours(&advised(&world, &attempt).await);
    let ours: Vec<(&str, &str)> = ours
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    world.set(&ours).await;
    let begun = begin(&mut world.browser(), "/sso/login").await;
    assert_eq!(asks(&begun.xml), (false, false));
}

/// The e-mail address is in a claim of another name.
#[tokio::test]
async fn a_claim_by_another_name_is_looked_for_by_it() {
    let world = Federation::new().await;
    world
        .set(&[("name_id_format", "any"), ("attributes.email", "another")])
        .await;
    let sent = |spec: &mut ResponseSpec| {
        persistent(spec);
        spec.attributes.retain(|claim| claim.name != MAIL);
        spec.attributes
            .push(IssuedClaim::new("mail", ["b.simon@contoso.com"]));
    };
    let answer = world.sign_in_with(&mut world.browser(), sent).await;
    let attempt = world.assert_refused(&answer, "F3").await;
    let fixes = advised(&world, &attempt).await;
    assert!(
        fixes
            .iter()
            .any(|fix| fix.setting == Some("attributes.email")),
        "{fixes:?}"
    );
    world.set(&[("attributes.email", "mail")]).await;
    let answer = world.sign_in_with(&mut world.browser(), sent).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

/// Another tenant's key: its issuer stands beside the expected one, and no field of Entra is to be changed for it.
#[tokio::test]
async fn another_tenant_is_named_beside_the_expected_one() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let begun = begin(&mut browser, "/sso/login").await;
    let spec = world
        .beta_idp
        .response_spec(
            &vestibule::demo_idp::IdpUser::b_simon(),
            &service_provider(&world.acme),
        )
        .answering(&begun.id);
    let xml = world.beta_idp.respond(&spec).unwrap();
    let response = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, xml);
    let answer = world.bring(&mut browser, &begun, &response).await;
    let attempt = world.assert_refused(&answer, "B3").await;
    let check = attempt.record.checks.last().unwrap();
    let theirs = &world.beta_idp.tenant().entity_id;
    let expected = &world.idp.tenant().entity_id;
    assert!(
        check.received.contains(&format!("issuer {theirs}")),
        "{check:?}"
    );
    assert!(
        check.expected.contains(&format!("issuer {expected}")),
        "{check:?}"
    );
    let advice = &attempt.record.advice;
    assert!(
        advice[0].contains(&format!(
            "it calls itself {theirs}, and this connection is for {expected}"
        )),
        "{advice:?}"
    );
    assert!(
        advice[1].contains("Its certificate alone does not help"),
        "{advice:?}"
    );
    // With it alone the issuer would still be another one.
    let fixes = advised(&world, &attempt).await;
    assert!(
        !fixes.iter().any(|fix| fix.field == "Update Certificate"),
        "{fixes:?}"
    );
    // What is advised: the metadata of the one that signed. The same sign-in passes.
    let theirs = world.beta_idp.metadata_xml().unwrap();
    let theirs =
        vestibule::saml::metadata::IdpMetadata::parse(theirs.as_bytes(), None, crate::support::NOW);
    let theirs = theirs.unwrap().idp;
    world
        .change(|entra| vestibule::import::update(entra.settings.saml_mut().unwrap(), &theirs))
        .await;
    let begun = begin(&mut browser, "/sso/login").await;
    let xml = world.beta_idp.respond(&spec.answering(&begun.id)).unwrap();
    let response = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, xml);
    let answer = world.bring(&mut browser, &begun, &response).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

/// An entity ID with white space around it in metadata: what it signs names it with the white space, or without.
#[tokio::test]
async fn white_space_around_an_entity_id_in_metadata_keeps_nobody_out() {
    let world = Federation::new().await;
    let own = world.idp.tenant().entity_id.clone();
    let metadata = world.idp.metadata_xml().unwrap();
    let metadata = metadata.replace(
        &format!("entityID=\"{own}\""),
        &format!("entityID=\" {own}\n\""),
    );
    let imported = vestibule::saml::metadata::IdpMetadata::parse(
        metadata.as_bytes(),
        // Who picks one of several types no white space.
        Some(&own),
        crate::support::NOW,
    )
    .unwrap();
    let told = imported.warnings.iter().map(ToString::to_string);
    let told: Vec<String> = told.collect();
    assert!(
        told[0].contains("white space around the entity ID"),
        "{told:?}"
    );
    // As XML reads an attribute: a line end in it is a space.
    assert_eq!(imported.idp.entity_id, format!(" {own} "));
    world
        .change(|entra| {
            vestibule::import::update(entra.settings.saml_mut().unwrap(), &imported.idp);
        })
        .await;
    let signs_in = async |issuer: String| {
        world
            .sign_in_with(&mut world.browser(), |spec| spec.issuer = issuer)
            .await
    };
    for issuer in [own.clone(), format!(" {own} ")] {
        let answer = signs_in(issuer.clone()).await;
        assert_eq!(answer.status, 303, "{issuer:?}: {}", answer.body);
    }
    // Nothing that a message says is trimmed (rule D7): other white space is another name.
    let answer = signs_in(format!("{own}  ")).await;
    world.assert_refused(&answer, "D1").await;
    world
        .change(|entra| {
            entra
                .settings
                .saml_mut()
                .unwrap()
                .idp_entity_id
                .clone_from(&own);
        })
        .await;
    let answer = signs_in(format!(" {own} ")).await;
    let attempt = world.assert_refused(&answer, "D1").await;
    assert!(attempt.record.advice[0].contains("white space around the value"));
}

/// Behind a proxy that the company's origin does not know of.
#[tokio::test]
async fn an_internal_origin_of_ours_is_the_operators_to_change() {
    let world = Federation::new().await;
    let public = "https://acme.example.com";
    let answer = world
        .sign_in_with(&mut world.browser(), |spec| {
            spec.destination = Some(format!("{public}/sso/acs"));
            spec.recipient = Some(format!("{public}/sso/acs"));
        })
        .await;
    let attempt = world.assert_refused(&answer, "C3").await;
    let fixes = advised(&world, &attempt).await;
    let [fix] = &fixes[..] else {
        panic!("{fixes:?}")
    };
    assert_eq!(
        (fix.side, fix.setting, fix.value.as_deref()),
        (Side::Operator, Some("origin"), Some(public))
    );
    assert!(
        !attempt
            .record
            .advice
            .iter()
            .any(|line| line.starts_with("Copy our"))
    );
}

#[tokio::test]
async fn what_nobody_asked_for_is_accepted_where_that_is_advised() {
    let world = Federation::new().await;
    world.set(&[("unsolicited", "refuse")]).await;
    let spec = world.spec(&vestibule::demo_idp::IdpUser::b_simon());
    let response = world.encoded(&spec);
    let post = async || {
        let mut browser = world.browser();
        let fields = [("SAMLResponse", response.as_str())];
        browser.post_from_elsewhere("/sso/acs", &fields).await
    };
    let answer = post().await;
    let attempt = world.assert_refused(&answer, "E5").await;
    let ours = ours(&advised(&world, &attempt).await);
    assert_eq!(ours, [("unsolicited", "accept".to_owned())]);
    world.set(&[("unsolicited", "accept")]).await;
    assert_eq!(post().await.status, 303);
}
