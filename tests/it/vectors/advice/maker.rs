//! The identity provider's side: a message as it comes when what is advised is done there.

use openssl::pkey::PKey;
use vestibule::saml::encryption::{DataAlgorithm, KeyTransport, encrypt_assertion};
use vestibule::saml::instant;
use vestibule::saml::names;
use vestibule::xml::{Document, Limits};

use super::super::case::{Case, Message};
use super::super::make::{Paper, private_key};

/// Does what stands in a field that holds no value to enter.
pub(super) fn without_a_value(case: &mut Case, field: &str) -> Option<()> {
    let text = String::from_utf8(case.xml().to_vec()).unwrap();
    let settings = &mut case.file.settings;
    let text = match field {
        "Import Certificate" => {
            // Then it has the certificate of a key that is ours.
            settings.decryption_keys = vec!["../../keys/sp.key".to_owned()];
            encrypted_for_us(&without_signatures(&text))?
        }
        "Deactivate token encryption" => {
            let good = Paper::signed().element("Assertion");
            let text = without_signatures(&text);
            let (before, rest) = text.split_once("<saml:EncryptedAssertion")?;
            let (_, after) = rest.split_once("</saml:EncryptedAssertion>")?;
            format!("{before}{good}{after}")
        }
        "Sign-in frequency" => {
            let at = settings.forced_at.unwrap_or(case.file.now);
            let text = with_attribute(
                &without_signatures(&text),
                "saml:AuthnStatement",
                "AuthnInstant",
                &instant::format(at),
            );
            signed(&text, "_assertion")
        }
        "Require multifactor authentication" => {
            let of_both = |it: &&String| {
                settings.accepted_authn_context.is_empty()
                    || settings.accepted_authn_context.contains(it)
            };
            let mut wanted = settings.requested_authn_context.iter().filter(of_both);
            let wanted = wanted.next().or(settings.accepted_authn_context.first())?;
            signed(
                &in_another_way(&without_signatures(&text), wanted),
                "_assertion",
            )
        }
        // A place to look at.
        _ => return None,
    };
    case.message = Message::Xml(text.into_bytes());
    Some(())
}

/// With another way to sign in, which is said where it was not.
fn in_another_way(xml: &str, context: &str) -> String {
    let text = with_text(xml, "AuthnContextClassRef", context);
    if text.contains("</saml:AuthnContextClassRef>") {
        return text;
    }
    let class = format!("<saml:AuthnContextClassRef>{context}</saml:AuthnContextClassRef>");
    Paper::new(text)
        .after("<saml:AuthnContext>", &class)
        .text()
        .to_owned()
}

/// What is encrypted, good and encrypted for our key.
fn encrypted_for_us(xml: &str) -> Option<String> {
    if xml.contains("<saml:EncryptedAssertion") {
        return Some(with_good_assertion_sealed(xml));
    }
    let (before, rest) = xml.split_once("<saml:EncryptedID")?;
    let (_, after) = rest.split_once("</saml:EncryptedID>")?;
    let name = format!(
        "<saml:NameID xmlns:saml=\"{}\" Format=\"{}\">b.simon@contoso.com</saml:NameID>",
        names::SAML,
        names::NAMEID_EMAIL
    );
    let sealed = sealed(&name).replace("EncryptedAssertion", "EncryptedID");
    Some(signed(&format!("{before}{sealed}{after}"), "_assertion"))
}

/// Their side: the message as it comes then, signed anew.
pub(super) fn at_the_identity_provider(xml: &str, field: &str, value: &str) -> String {
    let bare = without_signatures(xml);
    let is_sealed = bare.contains("<saml:EncryptedAssertion");
    match (field, value) {
        // What is wrong is sealed.
        ("Identifier (Entity ID)", "https://acme.example/sso/metadata")
        | ("Signing Option", "Sign SAML assertion")
            if is_sealed =>
        {
            with_good_assertion_sealed(&bare)
        }
        ("Identifier (Entity ID)", _) => signed(&for_audience(&bare, value), "_assertion"),
        ("Reply URL (Assertion Consumer Service URL)", _) => {
            signed(&addressed(&bare, value), "_assertion")
        }
        ("Signing Option", "Sign SAML assertion")
        | ("Signing Algorithm", "SHA-256")
        | ("Canonicalization method", _) => signed(&bare, "_assertion"),
        ("Signing Option", "Sign SAML response") => signed(&bare, "_response"),
        // An encrypted assertion keeps the signature inside.
        ("Signing Option", _) if is_sealed => signed(xml, "_response"),
        ("Signing Option", "Sign SAML response and assertion") => {
            signed(&signed(&bare, "_assertion"), "_response")
        }
        ("Unique User Identifier (Name ID)", "user.mail") => signed(&named(&bare), "_assertion"),
        (field, _) if field.ends_with("Name identifier format") => {
            let text = with_attribute(&named(&bare), "saml:NameID", "Format", value);
            signed(&text, "_assertion")
        }
        _ => panic!("nobody has tried {field}: {value}"),
    }
}

#[track_caller]
pub(super) fn signed(text: &str, id: &str) -> String {
    if let Err(error) = Document::parse(text.as_bytes(), &Limits::METADATA) {
        panic!("{error}: {text}");
    }
    Paper::new(text).sign(id).text().to_owned()
}

pub(super) fn without_signatures(xml: &str) -> String {
    without(xml, "<ds:Signature ", "</ds:Signature>")
}

/// Without everything from `open` to `close`.
pub(super) fn without(xml: &str, open: &str, close: &str) -> String {
    let mut text = xml.to_owned();
    while let Some(start) = text.find(open) {
        let end = text[start..].find(close).unwrap() + start;
        text.replace_range(start..end + close.len(), "");
    }
    text
}

/// To that address, in both places.
pub(super) fn addressed(xml: &str, url: &str) -> String {
    let text = with_attribute(xml, "samlp:Response", "Destination", url);
    with_attribute(&text, "saml:SubjectConfirmationData", "Recipient", url)
}

/// For that audience, which is said where it was not.
fn for_audience(xml: &str, value: &str) -> String {
    let text = with_text(xml, "Audience", value);
    if text.contains("</saml:Audience>") {
        return text;
    }
    let (open, close) = (
        "<saml:AudienceRestriction>",
        "</saml:AudienceRestriction></saml:Conditions>",
    );
    let text = without(&text, open, "</saml:AudienceRestriction>");
    let whole = format!("{open}<saml:Audience>{value}</saml:Audience>{close}");
    Paper::new(text)
        .change("</saml:Conditions>", &whole)
        .text()
        .to_owned()
}

/// With an e-mail address as the name, which is there where none was.
pub(super) fn named(xml: &str) -> String {
    const NAME: &str = "b.simon@contoso.com";
    let text = with_text(xml, "NameID", NAME);
    if text.contains("</saml:NameID>") {
        return text;
    }
    let text = without(&text, "<saml:EncryptedID ", "</saml:EncryptedID>");
    let format = names::NAMEID_EMAIL;
    Paper::new(text)
        .after(
            "<saml:Subject>",
            &format!("<saml:NameID Format=\"{format}\">{NAME}</saml:NameID>"),
        )
        .text()
        .to_owned()
}

/// With the good assertion, signed, in the place of the sealed one.
pub(super) fn with_good_assertion_sealed(xml: &str) -> String {
    let sealed = sealed(&Paper::signed().element("Assertion"));
    let (before, rest) = xml.split_once("<saml:EncryptedAssertion").unwrap();
    let (_, after) = rest.split_once("</saml:EncryptedAssertion>").unwrap();
    format!("{before}{sealed}{after}")
}

/// Encrypted for our key.
fn sealed(element: &str) -> String {
    let pem = private_key("sp").public_key_to_pem().unwrap();
    encrypt_assertion(
        element,
        &PKey::public_key_from_pem(&pem).unwrap(),
        DataAlgorithm::Gcm(32),
        KeyTransport::OAEP_SHA256,
        &[7; 48],
    )
    .unwrap()
}

/// Every element of that name, with this text.
pub(super) fn with_text(xml: &str, local: &str, value: &str) -> String {
    let (open, close) = (format!("<saml:{local}"), format!("</saml:{local}>"));
    let (mut rest, mut out) = (xml, String::new());
    while let Some(start) = rest.find(&open) {
        let (before, after) = rest.split_at(start + open.len());
        out.push_str(before);
        rest = after;
        // Not the beginning of a longer name.
        if !after.starts_with(['>', ' ', '/']) {
            continue;
        }
        let head = after.find('>').unwrap();
        out.push_str(after[..head].trim_end_matches('/'));
        out.push('>');
        out.push_str(value);
        out.push_str(&close);
        rest = if after[..head].ends_with('/') {
            &after[head + 1..]
        } else {
            after.split_once(&close).unwrap().1
        };
    }
    out + rest
}

pub(super) fn with_attribute(xml: &str, element: &str, name: &str, value: &str) -> String {
    let Some(start) = xml.find(&format!("<{element}")) else {
        return xml.to_owned();
    };
    let end = start + xml[start..].find('>').unwrap();
    let tag = &xml[start..end];
    let known = format!(" {name}=\"");
    let tag = if let Some(at) = tag.find(&known) {
        let from = at + known.len();
        let until = from + tag[from..].find('"').unwrap();
        format!("{}{value}{}", &tag[..from], &tag[until..])
    } else {
        let (open, slash) = match tag.strip_suffix('/') {
            Some(open) => (open, "/"),
            None => (tag, ""),
        };
        format!("{open} {name}=\"{value}\"{slash}")
    };
    format!("{}{tag}{}", &xml[..start], &xml[end..])
}
