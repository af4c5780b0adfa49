//! Whatever an identity provider signs, and whatever one change makes of it on the way: what is accepted is what the signed
//! octets say, read by another reader.
//!
//! An input is eight octets that choose what is signed, what is changed and what is encrypted, and a Response.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::anatomy::{Anatomy, Kind};
use vestibule::made::{EXPECTATION, KEY, NOW, RECIPIENT, TRUST};
use vestibule::reader::Said;
use vestibule::saml::assertion::ValidatedAssertion;
use vestibule::saml::encryption::{DataAlgorithm, KeyTransport, encrypt_assertion};
use vestibule::saml::names;
use vestibule::saml::signature::sign_enveloped;
use vestibule::saml::validate::validate;
use vestibule::xml::{Canonicalization, Document, Element, Limits, canonicalize};

fuzz_target!(|octets: &[u8]| {
    let Some((choice, text)) = octets.split_first_chunk::<8>() else {
        return;
    };
    let Some(text) = std::str::from_utf8(text).ok().and_then(unsigned) else {
        return;
    };
    let Some((xml, signed)) = sign(&text, choice[0], choice[6] % 2 == 1) else {
        return;
    };
    let said = Said::of(&signed);
    judge(&xml, said.as_ref());
    let number = |at: usize| usize::from(u16::from_le_bytes([choice[at], choice[at + 1]]));
    let kind = Kind::ALL[usize::from(choice[1]) % Kind::ALL.len()];
    let Some(whole) = Anatomy::of(&xml) else {
        return;
    };
    let (ones, others) = whole.places(kind);
    if ones > 0
        && let Some(mutant) = whole.mutate(kind, number(2) % ones, number(4) % others)
    {
        judge(&mutant, said.as_ref());
    }
});

fn judge(xml: &str, said: Option<&Said>) {
    let verdict = validate(xml.as_bytes(), &TRUST, &EXPECTATION, NOW);
    if let Ok(assertion) = verdict.into_outcome() {
        let mut read = read(&assertion);
        if said.is_some_and(|said| said.name_is_sealed) {
            // Only our key tells it; the octets hold no other name.
            (read.name_id, read.name_is_sealed) = (None, true);
        }
        assert_eq!(Some(&read), said, "{xml}");
    }
}

fn read(assertion: &ValidatedAssertion) -> Said {
    let attributes = assertion.attributes().iter();
    Said {
        id: assertion.id().to_owned(),
        name_id: assertion.name_id().map(|name| name.value.clone()),
        name_is_sealed: false,
        session_index: assertion.session_index().map(str::to_owned),
        attributes: attributes
            .map(|attribute| (attribute.name.clone(), attribute.values.clone()))
            .collect(),
    }
}

/// Signs the assertion, the Response, or both, and may encrypt the assertion between; gives the octets that are signed.
fn sign(text: &str, choice: u8, sealed: bool) -> Option<(String, Vec<u8>)> {
    let document = Document::parse(text.as_bytes(), &Limits::MESSAGE).ok()?;
    let root = document.root();
    let assertion = root.child(names::SAML, "Assertion");
    let id = |element: Element<'_>| element.attribute("ID").map(str::to_owned);
    let canonical = |element| canonicalize(element, None, Canonicalization::Exclusive(&[]));
    let (inner, outer) = match choice % 3 {
        0 => (true, false),
        1 => (false, true),
        _ => (true, true),
    };
    let signed = canonical(if inner || sealed { assertion? } else { root });
    let mut xml = text.to_owned();
    if inner {
        xml = sign_enveloped(&xml, &id(assertion?)?, &KEY).ok()?;
    }
    if sealed {
        xml = seal(&xml)?;
    }
    if outer {
        xml = sign_enveloped(&xml, &id(root)?, &KEY).ok()?;
    }
    Some((xml, signed))
}

/// Encrypts the assertion to the service provider.
fn seal(xml: &str) -> Option<String> {
    let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).ok()?;
    let assertion = document.root().child(names::SAML, "Assertion")?.source();
    let (data, transport) = (DataAlgorithm::Gcm(16), KeyTransport::OAEP_SHA1);
    let plain = &xml[assertion.clone()];
    let sealed = encrypt_assertion(plain, &RECIPIENT, data, transport, &[7; 48]).ok()?;
    Some([&xml[..assertion.start], &sealed, &xml[assertion.end..]].concat())
}

/// The Response without signatures.
fn unsigned(text: &str) -> Option<String> {
    let document = Document::parse(text.as_bytes(), &Limits::MESSAGE).ok()?;
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for element in document.elements() {
        let range = element.source();
        if element.is(names::DS, "Signature") && range.start >= from {
            kept.push_str(&text[from..range.start]);
            from = range.end;
        }
    }
    kept.push_str(&text[from..]);
    Some(kept)
}
