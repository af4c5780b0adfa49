//! What a hostile message must not cost: memory, a panic, a long record.

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::X509;
use std::sync::LazyLock;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use vestibule::saml::assertion::ValidatedAssertion;
use vestibule::saml::error::Rule;
use vestibule::saml::names;
use vestibule::saml::response::{Authentication, Expectation};
use vestibule::saml::signature::{
    SignatureCoverage, SigningKey, Trust, ValidityPolicy, VerificationKey, sign_enveloped,
};
use vestibule::saml::validate::validate;
use vestibule::saml::verdict::Verdict;
use vestibule::xml::{Canonicalization, Comments, Document, Limits, canonicalize_within};

const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);
const ACS: &str = "https://acme.sso.example.com/sso/acs";
const IDP: &str = "https://idp.example/";

static KEY: LazyLock<PKey<Private>> =
    LazyLock::new(|| PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap());

/// A certificate of the key, in force for these seconds around now.
fn certificate(from: i64, until: i64) -> VerificationKey {
    let at = |seconds: i64| Asn1Time::from_unix(NOW.unix_timestamp() + seconds).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_pubkey(&KEY).unwrap();
    builder.set_not_before(&at(from)).unwrap();
    builder.set_not_after(&at(until)).unwrap();
    builder.sign(&KEY, MessageDigest::sha256()).unwrap();
    let der = builder.build().to_der().unwrap();
    VerificationKey::from_certificate(&der).unwrap()
}

fn trust() -> Trust {
    Trust {
        idp_entity_id: IDP.to_owned(),
        // Renewed for the same key, as many identity providers do; the metadata still has both.
        keys: vec![certificate(-120, -60), certificate(-60, 60)],
        certificate_validity: ValidityPolicy::Reject,
        required_signature: SignatureCoverage::Either,
        danger_allow_sha1: false,
        danger_accept_cbc: false,
        decryption_keys: Vec::new(),
    }
}

fn judge(xml: &str) -> Verdict<ValidatedAssertion> {
    let expectation = Expectation {
        entity_id: "https://acme.sso.example.com".to_owned(),
        extra_audiences: Vec::new(),
        acs_url: ACS.to_owned(),
        request_id: Some("_request".to_owned()),
        name_id_format: None,
        identity_attribute: None,
        clock_skew: Duration::seconds(180),
        authn_statement_optional: false,
        authentication: Authentication::default(),
    };
    validate(xml.as_bytes(), &trust(), &expectation, NOW)
}

/// A Response with a signed assertion; `until` ends everything that ends, `more` stands at the end of the assertion.
fn response(until: &str, more: &str) -> String {
    response_with("", "", until, more)
}

/// The same with another text in the place of one of its own, before it is signed.
fn response_with(from: &str, to: &str, until: &str, more: &str) -> String {
    let mut xml = format!(
        r#"<samlp:Response xmlns:samlp="{samlp}" xmlns:saml="{saml}" ID="_response" Version="2.0" IssueInstant="2026-11-20T12:00:00Z" Destination="{ACS}" InResponseTo="_request"><saml:Issuer>{IDP}</saml:Issuer><samlp:Status><samlp:StatusCode Value="{success}"/></samlp:Status><saml:Assertion ID="_assertion" Version="2.0" IssueInstant="2026-11-20T12:00:00Z"><saml:Issuer>{IDP}</saml:Issuer><saml:Subject><saml:NameID>b.simon</saml:NameID><saml:SubjectConfirmation Method="{bearer}"><saml:SubjectConfirmationData Recipient="{ACS}" NotOnOrAfter="{until}" InResponseTo="_request"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotOnOrAfter="{until}"><saml:AudienceRestriction><saml:Audience>https://acme.sso.example.com</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="2026-11-20T12:00:00Z" SessionNotOnOrAfter="{until}"/>{more}</saml:Assertion></samlp:Response>"#,
        samlp = names::SAMLP,
        saml = names::SAML,
        success = names::STATUS_SUCCESS,
        bearer = names::CM_BEARER,
    );
    if !from.is_empty() {
        xml = xml.replace(from, to);
    }
    let id = if from == "_assertion" {
        to
    } else {
        "_assertion"
    };
    let signing = SigningKey::new(KEY.clone(), None).unwrap();
    sign_enveloped(&xml, id, &signing).unwrap()
}

#[test]
fn times_at_the_end_of_the_calendar_do_no_harm() {
    let verdict = judge(&response("2026-11-20T12:05:00Z", ""));
    assert!(verdict.outcome().is_ok(), "{:?}", verdict.outcome());
    // Identity providers do write this one.
    let verdict = judge(&response("9999-12-31T23:59:59.999Z", ""));
    let assertion = verdict.into_outcome().unwrap();
    assert_eq!(assertion.acceptable_until().year(), 9999);
    // In UTC these are in the years 10000 and -1.
    for beyond in ["9999-12-31T23:59:59-14:00", "0000-01-01T00:00:00+14:00"] {
        let rejection = judge(&response(beyond, "")).into_outcome().unwrap_err();
        assert_eq!(rejection.rule(), Rule::D2, "{beyond}");
    }
    for instant in ["9999-12-31T23:59:59-14:00", "-001-01-01T00:00:00Z"] {
        let xml = response("2026-11-20T12:05:00Z", "").replacen("2026-11-20T12:00:00Z", instant, 1);
        assert_eq!(judge(&xml).into_outcome().unwrap_err().rule(), Rule::C5);
    }
}

/// A long namespace name is written again for each of the siblings that use its prefix.
fn siblings(count: usize) -> (String, String) {
    let declaration = format!("xmlns:p=\"urn:{}\"", "a".repeat(60_000));
    (declaration, "<p:a/>".repeat(count))
}

#[test]
fn canonical_octets_are_not_many_times_the_message() {
    let (declaration, elements) = siblings(3000);
    let xml = format!("<a {declaration}>{elements}</a>");
    let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
    let exclusive = Canonicalization::Exclusive(&[]);
    assert!(canonicalize_within(document.root(), None, exclusive, Comments::Kept).is_none());
    // The names that are at the apex already are not written again.
    let inclusive = Canonicalization::Inclusive;
    assert!(canonicalize_within(document.root(), None, inclusive, Comments::Kept).is_some());
}

#[test]
fn a_message_that_grows_when_it_is_canonical_is_refused() {
    let (declaration, elements) = siblings(3000);
    let signed = response("2026-11-20T12:05:00Z", "");
    let grown = signed.replacen(
        "<samlp:Response ",
        &format!("<samlp:Response {declaration} "),
        1,
    );
    // What a key of the connection signed, around content that nobody did.
    let content = grown.replacen(
        "</saml:Assertion>",
        &format!("{elements}</saml:Assertion>"),
        1,
    );
    // What nobody signed at all.
    let signed_info = grown.replacen(
        "</ds:SignedInfo>",
        &format!("{elements}</ds:SignedInfo>"),
        1,
    );
    for xml in [content, signed_info] {
        assert!(xml.len() < 256 * 1024);
        let rejection = judge(&xml).into_outcome().unwrap_err();
        assert_eq!(rejection.rule(), Rule::A3, "{rejection}");
    }
}

/// A list that is cut short is another list than the one that was signed.
#[test]
fn a_prefix_list_is_taken_whole_or_not_at_all() {
    let signed = response("2026-11-20T12:05:00Z", "");
    let method = format!(
        "<ds:CanonicalizationMethod Algorithm=\"{}\"",
        names::EXC_C14N
    );
    let listing = |count: usize| {
        let list = "p ".repeat(count);
        let inclusive = format!(
            "<ec:InclusiveNamespaces xmlns:ec=\"{}\" PrefixList=\"{list}\"/>",
            names::EXC_C14N
        );
        let (before, after) = signed.split_once(&method).unwrap();
        let rest = after
            .strip_prefix("/>")
            .or_else(|| after.strip_prefix("></ds:CanonicalizationMethod>"))
            .unwrap();
        format!("{before}{method}>{inclusive}</ds:CanonicalizationMethod>{rest}")
    };
    let refused = |count| judge(&listing(count)).into_outcome().unwrap_err();
    // The value was made without a list.
    assert_eq!(refused(64).rule(), Rule::B3);
    let rejection = refused(65);
    assert_eq!(rejection.rule(), Rule::B4);
    assert_eq!(rejection.received, "a longer one");
}

#[test]
fn no_message_makes_a_long_record() {
    let id = format!("_{}", "a".repeat(150_000));
    let long = |from: &str| response("2026-11-20T12:05:00Z", "").replace(from, &id);
    for xml in [
        long("_assertion"),
        long("#_assertion"),
        long(IDP),
        long(ACS),
    ] {
        let verdict = judge(&xml);
        let (checks, outcome) = verdict.into_parts();
        let rejection = outcome.unwrap_err();
        assert!(rejection.to_string().len() < 8192, "{}", rejection.rule());
        for check in checks {
            let length = check.expected.len() + check.received.len();
            assert!(length < 8192, "{}: {length}", check.requirement.rule());
        }
    }
}

/// Databases index these, and cannot index what is endless: such a message is refused, not an error of ours.
#[test]
fn names_and_identifiers_have_a_length() {
    let valid = "2026-11-20T12:05:00Z";
    let long = "a".repeat(1100);
    let index = format!("<saml:AuthnStatement SessionIndex=\"{long}\"/>");
    for (from, to, rule) in [
        ("_assertion", format!("_{long}"), Rule::A4),
        ("b.simon", long.clone(), Rule::D7),
    ] {
        let rejection = judge(&response_with(from, &to, valid, ""))
            .into_outcome()
            .unwrap_err();
        assert_eq!(rejection.rule(), rule, "{rejection}");
    }
    let rejection = judge(&response(valid, &index)).into_outcome().unwrap_err();
    assert_eq!(rejection.rule(), Rule::D6, "{rejection}");
}

/// Rule E4: what the memory of an assertion's ID outlives is every way in which the assertion could be accepted again.
#[test]
fn an_assertion_is_remembered_as_long_as_any_confirmation_of_it() {
    let mine = r#"InResponseTo="_request"/></saml:SubjectConfirmation>"#;
    let other = format!(
        r#"<saml:SubjectConfirmation Method="{}"><saml:SubjectConfirmationData Recipient="{ACS}" NotOnOrAfter="2026-11-20T12:10:00Z" InResponseTo="_other"/></saml:SubjectConfirmation>"#,
        names::CM_BEARER
    );
    let conditions = |until: &str| {
        let both = response_with(mine, &format!("{mine}{other}"), "2026-11-20T12:05:00Z", "");
        let changed = unsigned(&both).replace(
            "<saml:Conditions NotOnOrAfter=\"2026-11-20T12:05:00Z\"",
            &format!("<saml:Conditions NotOnOrAfter=\"{until}\""),
        );
        let signing = SigningKey::new(KEY.clone(), None).unwrap();
        let signed = sign_enveloped(&changed, "_assertion", &signing).unwrap();
        judge(&signed).into_outcome().unwrap().acceptable_until()
    };
    let most_skew = Duration::minutes(5);
    for (until, remembered) in [
        // The other confirmation is the longer one, and the conditions end later still.
        ("2026-11-20T13:00:00Z", datetime!(2026-11-20 12:10 UTC)),
        ("2026-11-20T12:07:00Z", datetime!(2026-11-20 12:07 UTC)),
    ] {
        assert_eq!(conditions(until), remembered + most_skew, "{until}");
    }
}

/// A signed document as it was before.
fn unsigned(xml: &str) -> String {
    let (before, rest) = xml.split_once("<ds:Signature").unwrap();
    let (_, after) = rest.split_once("</ds:Signature>").unwrap();
    [before, after].concat()
}
