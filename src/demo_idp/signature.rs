//! Enveloped signatures in Entra's form: no prefix, exclusive canonicalisation, the certificate in `KeyInfo`.
//!
//! Written apart from `saml::signature` on purpose, so that what the server verifies was not made by its own hand.

use super::IdpKey;
use crate::saml::names;
use crate::saml::signature::{Hash, SignError, SignatureAlgorithm, SigningKey, VerificationKey};
use crate::xml::{Canonicalization, Document, Element, Limits, XmlWriter, canonicalize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How to sign.
#[derive(Debug, Clone)]
pub(super) struct Style<'s> {
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) digest: Hash,
    /// The prefix list of the reference's canonicalisation.
    pub(super) inclusive_namespaces: &'s [String],
}

impl Style<'_> {
    /// RSA-SHA256, as Entra signs unless told otherwise.
    pub(super) const DEFAULT: Style<'static> = Style {
        algorithm: SignatureAlgorithm::Rsa(Hash::Sha256),
        digest: Hash::Sha256,
        inclusive_namespaces: &[],
    };
}

/// Signs the root element, which has an `ID`. The signature stands after the `Issuer`, or first.
pub(super) fn sign_root(xml: &str, key: &IdpKey, style: &Style<'_>) -> Result<String, SignError> {
    let document = Document::parse(xml.as_bytes(), &Limits::METADATA)?;
    let root = document.root();
    let id = root.attribute("ID").unwrap_or_default();
    let first = root
        .children()
        .next()
        .ok_or_else(|| SignError::NoElement(id.to_owned()))?;
    let source = first.source();
    let at = if first.is(names::SAML, "Issuer") {
        source.end
    } else {
        source.start
    };
    let prefixes: Vec<&str> = style
        .inclusive_namespaces
        .iter()
        .map(String::as_str)
        .collect();
    let covered = canonicalize(root, None, Canonicalization::Exclusive(&prefixes));
    let signed_info = signed_info(id, &covered, &prefixes, style);
    let parsed = Document::parse(signed_info.as_bytes(), &Limits::MESSAGE)?;
    let octets = canonicalize(parsed.root(), None, Canonicalization::Exclusive(&[]));
    let value = SigningKey::new(key.private_key().clone(), None)?
        .with_algorithm(style.algorithm, style.digest)
        .sign(&octets)?;

    let mut writer = XmlWriter::new();
    writer.open("Signature").attribute("xmlns", names::DS);
    // Its namespace is declared around it already.
    writer.fragment(&signed_info.replacen(&format!(" xmlns=\"{}\"", names::DS), "", 1));
    writer.leaf("SignatureValue", &STANDARD.encode(value));
    writer
        .open("KeyInfo")
        .open("X509Data")
        .leaf("X509Certificate", &key.certificate_base64());
    let (before, after) = xml.split_at(at);
    Ok([before, &writer.finish(), after].concat())
}

/// Whether the root element carries a signature over itself by one of the keys: RSA-SHA256, nothing else, like Entra.
pub(super) fn root_is_signed(root: Element<'_>, keys: &[VerificationKey]) -> bool {
    signed_parts(root).is_some_and(|(octets, value, digest_matches)| {
        digest_matches
            && keys
                .iter()
                .any(|key| key.verifies(Style::DEFAULT.algorithm, &octets, &value))
    })
}

fn signed_parts(root: Element<'_>) -> Option<(Vec<u8>, Vec<u8>, bool)> {
    let signature = root.child(names::DS, "Signature")?;
    let info = signature.child(names::DS, "SignedInfo")?;
    let reference = info.child(names::DS, "Reference")?;
    let algorithm = |element: Element<'_>, name| {
        element
            .child(names::DS, name)
            .and_then(|found| found.attribute("Algorithm").map(str::to_owned))
    };
    let fits = algorithm(info, "SignatureMethod")? == names::RSA_SHA256
        && algorithm(info, "CanonicalizationMethod")? == names::EXC_C14N
        && algorithm(reference, "DigestMethod")? == names::SHA256
        && reference.attribute("URI")?.strip_prefix('#') == root.attribute("ID");
    let covered = canonicalize(root, Some(signature), Canonicalization::Exclusive(&[]));
    let digest = decode(reference.child(names::DS, "DigestValue")?)?;
    let matches = fits && Hash::Sha256.digest(&covered).as_bytes() == digest;
    let octets = canonicalize(info, None, Canonicalization::Exclusive(&[]));
    Some((
        octets,
        decode(signature.child(names::DS, "SignatureValue")?)?,
        matches,
    ))
}

fn decode(element: Element<'_>) -> Option<Vec<u8>> {
    let mut text = element.text()?.into_owned();
    text.retain(|c| !c.is_ascii_whitespace());
    STANDARD.decode(text).ok()
}

fn signed_info(id: &str, covered: &[u8], prefixes: &[&str], style: &Style<'_>) -> String {
    let mut writer = XmlWriter::new();
    writer.open("SignedInfo").attribute("xmlns", names::DS);
    writer
        .open("CanonicalizationMethod")
        .attribute("Algorithm", names::EXC_C14N)
        .close();
    writer
        .open("SignatureMethod")
        .attribute("Algorithm", style.algorithm.uri().unwrap_or_default())
        .close();
    writer
        .open("Reference")
        .attribute("URI", &format!("#{id}"))
        .open("Transforms");
    writer
        .open("Transform")
        .attribute("Algorithm", names::ENVELOPED_SIGNATURE)
        .close();
    writer
        .open("Transform")
        .attribute("Algorithm", names::EXC_C14N);
    if !prefixes.is_empty() {
        writer
            .open("InclusiveNamespaces")
            .attribute("xmlns", names::EXC_C14N)
            .attribute("PrefixList", &prefixes.join(" "))
            .close();
    }
    writer.close().close();
    writer
        .open("DigestMethod")
        .attribute("Algorithm", style.digest.uri())
        .close();
    writer.leaf(
        "DigestValue",
        &STANDARD.encode(style.digest.digest(covered).as_bytes()),
    );
    writer.finish()
}
