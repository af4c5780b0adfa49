//! The bindings: what is taken out of a form or a query, and what is put in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sign::Verifier;
use vestibule::saml::binding::{
    BindingError, EncodedResponse, MessageKind, PostPage, decode_post, decode_redirect,
    encode_redirect,
};
use vestibule::saml::names;
use vestibule::saml::signature::SigningKey;

const LIMIT: usize = 256 * 1024;
const XML: &str = "<samlp:Response>Ünï + / = ~</samlp:Response>";

fn redirect(destination: &str, xml: &str, relay_state: Option<&str>) -> String {
    encode_redirect(destination, MessageKind::Request, xml, relay_state, None).unwrap()
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn refusal(body: &str) -> BindingError {
    EncodedResponse::from_form(body.as_bytes(), LIMIT)
        .err()
        .unwrap_or_else(|| panic!("accepted: {body}"))
}

#[test]
fn a_form_gives_the_octets_of_the_message() {
    let encoded = STANDARD.encode(XML);
    let broken_up = encoded
        .as_bytes()
        .chunks(7)
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join("\r\n \t");
    for value in [encoded.as_str(), &broken_up, &format!("\n{encoded}\n")] {
        let body = form(&[
            ("other", "x"),
            ("SAMLResponse", value),
            ("RelayState", "a b+c"),
        ]);
        let posted = EncodedResponse::from_form(body.as_bytes(), LIMIT)
            .ok()
            .unwrap();
        assert_eq!(posted.response.xml(), XML.as_bytes());
        assert_eq!(posted.relay_state.as_deref(), Some("a b+c"));
    }
    let renamed = format!(
        "%53AMLResponse={}",
        encoded.replace('+', "%2b").replace('=', "%3D")
    );
    assert_eq!(
        EncodedResponse::from_form(renamed.as_bytes(), LIMIT)
            .ok()
            .unwrap()
            .response
            .xml(),
        XML.as_bytes()
    );
}

#[test]
fn a_form_is_refused() {
    let good = form(&[("SAMLResponse", &STANDARD.encode(XML))]);
    assert_eq!(refusal(""), BindingError::Missing("SAMLResponse"));
    assert_eq!(
        refusal("SAMLRequest=AAAA"),
        BindingError::Missing("SAMLResponse")
    );
    assert_eq!(
        refusal("samlresponse=AAAA"),
        BindingError::Missing("SAMLResponse")
    );
    for twice in [
        format!("{good}&{good}"),
        format!("{good}&%53AMLResponse=AAAA"),
        format!("SAMLRe%73ponse=AAAA&{good}"),
        format!("{good}&SAMLResponse"),
        format!("{good}&SAMLRequest=AAAA"),
    ] {
        assert!(
            matches!(refusal(&twice), BindingError::Repeated(_)),
            "{twice}"
        );
    }
    assert_eq!(
        refusal(&format!("{good}&RelayState=a&Relay%53tate=b")),
        BindingError::Repeated("RelayState")
    );
    assert_eq!(
        refusal(&format!("{good}&RelayState=%ff")),
        BindingError::NotUtf8("RelayState")
    );
    for value in [
        "AAA",
        "AAA*",
        "AA%3D%3DAA%3D%3D",
        "AAAA%3D",
        "AA-_",
        "AA%00A",
        "AB%3D%3D",
        "%C2%A0AAAA",
    ] {
        assert_eq!(
            refusal(&format!("SAMLResponse={value}")),
            BindingError::NotBase64("SAMLResponse"),
            "{value}"
        );
    }
    assert_eq!(
        EncodedResponse::from_form(good.as_bytes(), good.len() - 1).err(),
        Some(BindingError::TooLong {
            limit: good.len() - 1
        })
    );
    assert!(EncodedResponse::from_form(good.as_bytes(), good.len()).is_ok());
}

#[test]
fn a_relay_state_is_kept_at_every_length() {
    let message = form(&[("SAMLResponse", &STANDARD.encode(XML))]);
    let relay_state = |value: &str| {
        decode_post(format!("{message}&RelayState={value}").as_bytes(), LIMIT)
            .ok()
            .unwrap()
            .relay_state
    };
    assert_eq!(relay_state(""), None);
    for length in [1, 80, 2048, 2049, 50_000] {
        let value = "x".repeat(length);
        assert_eq!(relay_state(&value), Some(value));
    }
}

#[test]
fn a_page_posts_what_a_form_takes() {
    let page = PostPage::new(
        "https://idp.example.com/sso",
        MessageKind::Request,
        XML,
        Some("handle"),
    );
    assert_eq!(page.field, "SAMLRequest");
    let body = form(&[
        (page.field, &page.value),
        ("RelayState", page.relay_state.as_deref().unwrap()),
    ]);
    let posted = decode_post(body.as_bytes(), LIMIT).ok().unwrap();
    assert!(posted.kind == MessageKind::Request && posted.xml == XML.as_bytes());
    assert_eq!(posted.relay_state.as_deref(), Some("handle"));
}

#[test]
fn a_redirect_keeps_the_query_of_its_destination() {
    for (destination, before, after) in [
        (
            "https://idp.example.com/sso",
            "https://idp.example.com/sso?SAMLRequest=",
            "",
        ),
        (
            "https://idp.example.com/sso?",
            "https://idp.example.com/sso?SAMLRequest=",
            "",
        ),
        (
            "https://idp.example.com/sso?idpid=C0&x=",
            "https://idp.example.com/sso?idpid=C0&x=&SAMLRequest=",
            "",
        ),
        (
            "https://idp.example.com/sso?a=1&",
            "https://idp.example.com/sso?a=1&SAMLRequest=",
            "",
        ),
        (
            "https://idp.example.com/sso?a=1#top",
            "https://idp.example.com/sso?a=1&SAMLRequest=",
            "#top",
        ),
        (
            "https://idp.example.com/#/sso?a",
            "https://idp.example.com/?SAMLRequest=",
            "#/sso?a",
        ),
    ] {
        let url = redirect(destination, XML, Some("a b&c"));
        assert!(
            url.starts_with(before) && url.ends_with(&format!("&RelayState=a%20b%26c{after}")),
            "{url}"
        );
        let query = url.split_once('?').unwrap().1.split('#').next().unwrap();
        let found = decode_redirect(query).ok().unwrap();
        assert!(found.kind == MessageKind::Request && found.xml == XML.as_bytes());
        assert_eq!(found.relay_state.as_deref(), Some("a b&c"));
        assert!(found.signature.is_none());
    }
}

#[test]
fn a_signature_covers_the_octets_that_travel() {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let signing = SigningKey::new(key.clone(), None).unwrap();
    let destination = "https://idp.example.com/slo?a=1";
    let url = encode_redirect(
        destination,
        MessageKind::Response,
        XML,
        Some("~h/"),
        Some(&signing),
    )
    .unwrap();
    let query = url.split_once('?').unwrap().1;
    let found = decode_redirect(query).ok().unwrap().signature.unwrap();
    assert_eq!(found.algorithm, names::RSA_SHA256);
    let (signed, value) = query
        .strip_prefix("a=1&")
        .unwrap()
        .split_once("&Signature=")
        .unwrap();
    assert_eq!(found.signed_octets, signed.as_bytes());
    assert!(signed.ends_with(
        "&RelayState=~h%2F&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256"
    ));
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
    assert!(
        verifier
            .verify_oneshot(&found.value, signed.as_bytes())
            .unwrap()
    );
    // Lower-case escapes and another order stay what they are: the signed octets are the received ones.
    let foreign = signed.replace("%2F", "%2f");
    let (message, tail) = foreign.split_once("&RelayState=").unwrap();
    let shuffled = format!("Signature={value}&x=y&RelayState={tail}&{message}");
    let found = decode_redirect(&shuffled).ok().unwrap().signature.unwrap();
    assert_eq!(String::from_utf8(found.signed_octets).unwrap(), foreign);
    // A raw plus sign in base64 is a plus sign.
    let raw = format!("{foreign}&Signature=+//+");
    assert_eq!(
        decode_redirect(&raw).ok().unwrap().signature.unwrap().value,
        [0xFB, 0xFF, 0xFE]
    );
}

#[test]
fn a_query_is_refused() {
    let url = redirect("https://x.example/", XML, Some("r"));
    let good = url.split_once('?').unwrap().1;
    let refusal = |query: &str| {
        decode_redirect(query)
            .err()
            .unwrap_or_else(|| panic!("accepted: {query}"))
    };
    assert_eq!(refusal(""), BindingError::Missing("SAMLRequest"));
    for (twice, name) in [
        (format!("{good}&SAMLRequest=AAAA"), "SAMLRequest"),
        (format!("{good}&SAML%52equest=AAAA"), "SAMLRequest"),
        (format!("{good}&SAMLResponse=AAAA"), "SAMLResponse"),
        (format!("{good}&Relay%53tate=x"), "RelayState"),
        (
            format!("{good}&SigAlg=a&Sig%41lg=a&Signature=AAAA"),
            "SigAlg",
        ),
        (
            format!("{good}&SigAlg=a&Signature=AAAA&Signature=AAAA"),
            "Signature",
        ),
        (
            format!("{good}&SAMLEncoding=a&SAMLEncoding=a"),
            "SAMLEncoding",
        ),
    ] {
        assert_eq!(refusal(&twice), BindingError::Repeated(name), "{twice}");
    }
    assert_eq!(
        refusal(&format!("{good}&SigAlg=a")),
        BindingError::IncompleteSignature
    );
    assert_eq!(
        refusal(&format!("{good}&Signature=AAAA")),
        BindingError::IncompleteSignature
    );
    assert_eq!(
        refusal(&format!("{good}&SAMLEncoding=other")),
        BindingError::Encoding
    );
    assert_eq!(
        refusal("SAMLRequest=AAA"),
        BindingError::NotBase64("SAMLRequest")
    );
    assert_eq!(
        refusal("SAMLRequest=PGE%2BPC9hPg%3D%3D"),
        BindingError::NotDeflate
    );
    assert_eq!(refusal("SAMLRequest="), BindingError::NotDeflate);
    // A stream cut short, a stream with something behind it, a stream that unpacks to too much.
    let stream = |query: &str| {
        let decoded: Vec<u8> =
            percent_encoding::percent_decode_str(&query["SAMLRequest=".len()..]).collect();
        STANDARD.decode(decoded).unwrap()
    };
    let whole = stream(good.split('&').next().unwrap());
    let short = &whole[..whole.len() - 1];
    let longer = [whole.as_slice(), b"x"].concat();
    for octets in [short, &longer] {
        assert_eq!(
            refusal(&form(&[("SAMLRequest", &STANDARD.encode(octets))])),
            BindingError::NotDeflate
        );
    }
    let sized = |size: usize| {
        let url = redirect("https://x.example/", &"a".repeat(size), None);
        decode_redirect(url.split_once('?').unwrap().1)
    };
    assert_eq!(sized(64 * 1024).ok().unwrap().xml.len(), 64 * 1024);
    for size in [64 * 1024 + 1, 64 * 1024 + 2, 50_000_000] {
        assert_eq!(
            sized(size).err(),
            Some(BindingError::TooLong { limit: 64 * 1024 }),
            "{size}"
        );
    }
    assert_eq!(
        refusal(&"x".repeat(64 * 1024 + 1)),
        BindingError::TooLong { limit: 64 * 1024 }
    );
}
