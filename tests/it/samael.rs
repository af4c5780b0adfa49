//! samael, the second implementation: it reads the same identity from the same signed octets, and what it signs we accept.

use crate::vectors::{Case, Message};
use samael::crypto::{CertificateDer, Crypto, CryptoProvider, ReduceMode};
use samael::idp::response_builder::build_response_template;
use samael::schema::{Assertion, Response};
use samael::signature::DigestAlgorithm;
use samael::traits::ToXml;
use std::str::FromStr;
use std::time::Duration;
use vestibule::saml::instant;
use vestibule::saml::names;
use vestibule::xml::{Canonicalization, Document, Element, Limits, canonicalize};

/// What samael cannot read, and why; everything else it must read as we do.
const UNREAD: [(&str, &str); 7] = [
    ("rsa-pss-sha256", "xmlsec 1.2 has no RSA-PSS"),
    ("rsa-pss-sha512", "xmlsec 1.2 has no RSA-PSS"),
    (
        "comments-signed",
        "xmlsec leaves comments out of what an ID refers to",
    ),
    (
        "id-with-digit-first",
        "samael refuses an ID that is no NCName",
    ),
    ("name-encrypted-leaning-on-namespaces", ENCRYPTED_NAME),
    ("name-encrypted-opened", ENCRYPTED_NAME),
    ("name-encrypted-with-cbc", ENCRYPTED_NAME),
];
const ENCRYPTED_NAME: &str = "samael opens no EncryptedID";

#[test]
fn samael_reads_the_same_identity() {
    let mut read = 0;
    let mut different = Vec::new();
    for case in Case::all("accept") {
        let Message::Xml(octets) = &case.message else {
            continue;
        };
        let text = std::str::from_utf8(octets).unwrap();
        // Encrypted ones are opened elsewhere, and several signatures have no single pre-digest.
        if text.contains("EncryptedAssertion") || UNREAD.iter().any(|(name, _)| *name == case.name)
        {
            continue;
        }
        let Some(octets) = signed_octets(text) else {
            continue;
        };
        let certificates: Vec<CertificateDer> = case
            .signing_certificates()
            .into_iter()
            .map(CertificateDer::from)
            .collect();
        match Crypto::reduce_xml_to_signed(text, &certificates, ReduceMode::PreDigest) {
            Ok(theirs) => {
                let identity = case.judge().unwrap();
                let same = theirs.as_bytes() == octets
                    && identity_of(&theirs) == (identity.name_id, identity.assertion_id);
                if same {
                    read += 1;
                } else {
                    different.push(format!("{}: {theirs}", case.name));
                }
            }
            Err(error) => different.push(format!("{}: {error:?}", case.name)),
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(read > 60, "{read}");
}

#[test]
fn what_samael_signs_is_accepted() {
    let cases = Case::all("accept").into_iter();
    let mut case = cases
        .into_iter()
        .find(|case| case.name == "signed-assertion")
        .unwrap();
    let certificate = CertificateDer::from(case.signing_certificates().remove(0));
    let mut response: Response = build_response_template(
        &certificate,
        "b.simon@contoso.com",
        &case.file.entity_id,
        case.file.idp_entity_id.as_deref().unwrap(),
        &case.file.acs_url,
        case.file.request_id.as_deref().unwrap(),
        &[],
    );
    // Its template has a digest that we do not take (rule B4).
    let signature = response.signature.as_mut().unwrap();
    let reference = signature.signed_info.reference.first_mut().unwrap();
    reference.digest_method.algorithm = DigestAlgorithm::Sha256;
    // And it leaves out what the profile demands of it (rules D2 and D3).
    let until = response.issue_instant + Duration::from_mins(10);
    let assertion = response.assertion.as_mut().unwrap();
    assertion.conditions.as_mut().unwrap().not_on_or_after = Some(until);
    let subject = assertion.subject.as_mut().unwrap();
    let confirmation = subject
        .subject_confirmations
        .as_mut()
        .unwrap()
        .first_mut()
        .unwrap();
    confirmation
        .subject_confirmation_data
        .as_mut()
        .unwrap()
        .not_on_or_after = Some(until);
    subject.name_id.as_mut().unwrap().format = Some(names::NAMEID_EMAIL.to_owned());
    let key = crate::vectors::private_key("idp")
        .private_key_to_der()
        .unwrap();
    let signed = Crypto::sign_xml(response.to_string().unwrap(), &key).unwrap();

    let document = Document::parse(signed.as_bytes(), &Limits::MESSAGE).unwrap();
    case.file.now = instant::parse(document.root().attribute("IssueInstant").unwrap()).unwrap();
    let identity = case.judge_xml(signed.as_bytes()).unwrap();
    assert_eq!(identity.name_id.as_deref(), Some("b.simon@contoso.com"));
    assert!(
        case.judge_xml(signed.replace("b.simon", "admin").as_bytes())
            .is_err()
    );
}

/// The octets that the only signature covers; `None` where there is more than one.
fn signed_octets(text: &str) -> Option<Vec<u8>> {
    let document = Document::parse(text.as_bytes(), &Limits::MESSAGE).unwrap();
    let signatures: Vec<Element<'_>> = document
        .elements()
        .filter(|element| element.is(names::DS, "Signature"))
        .collect();
    let [signature] = signatures.as_slice() else {
        return None;
    };
    let transform = signature
        .descendants()
        .filter(|element| element.is(names::DS, "Transform"))
        .last()?;
    let list = transform
        .children()
        .next()
        .and_then(|list| list.attribute("PrefixList"));
    let prefixes: Vec<&str> = list.unwrap_or_default().split_whitespace().collect();
    let method = match transform.attribute("Algorithm") {
        Some(names::C14N | names::C14N_WITH_COMMENTS) => Canonicalization::Inclusive,
        _ => Canonicalization::Exclusive(&prefixes),
    };
    Some(canonicalize(signature.parent()?, Some(*signature), method))
}

/// The NameID and the assertion's ID, as samael reads them.
fn identity_of(signed: &str) -> (Option<String>, Option<String>) {
    let document = Document::parse(signed.as_bytes(), &Limits::MESSAGE).unwrap();
    let assertion = if document.root().is(names::SAMLP, "Response") {
        Response::from_str(signed).unwrap().assertion
    } else {
        Assertion::from_str(signed).ok()
    };
    let name =
        |assertion: &Assertion| Some(assertion.subject.as_ref()?.name_id.as_ref()?.value.clone());
    (
        assertion.as_ref().and_then(name),
        assertion.map(|assertion| assertion.id),
    )
}
