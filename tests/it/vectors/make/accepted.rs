//! What must be accepted: every algorithm on the list, every place of a signature.

use super::encryption::{carrying, seal, seal_for};
use super::{Paper, Signer, Vector, accept, key_path};
use std::collections::BTreeMap;
use vestibule::saml::encryption::{DataAlgorithm, KeyTransport};
use vestibule::saml::names;
use vestibule::saml::signature::{Hash, SignatureAlgorithm, SignatureCoverage, ValidityPolicy};

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = signatures();
    all.extend(encrypted());
    all
}

pub(super) fn good(from: &str, to: &str) -> Paper {
    Paper::good().change(from, to).sign("_assertion")
}

fn signatures() -> Vec<Vector> {
    let by = |signer: &Signer| Paper::good().sign_by("_assertion", signer);
    let rsa = |algorithm, digest| by(&Signer::of("idp").algorithm(algorithm).digest(digest));
    let ec = |name: &str, hash| by(&Signer::of(name).algorithm(SignatureAlgorithm::Ecdsa(hash)));
    let both = Paper::signed().sign("_response");
    let response = Paper::good().sign("_response");
    let white = Signer::of("idp")
        .info("<ds:DigestValue>", "<ds:DigestValue>\n  ")
        .info("</ds:DigestValue>", "\n</ds:DigestValue>")
        .then("<ds:SignatureValue>", "<ds:SignatureValue>\r\n");
    let required = |name: &str, required, paper: &Paper| {
        accept(
            name,
            "Everything is signed that the connection wants signed.",
            paper.clone(),
        )
        .settings(|settings| settings.required_signature = Some(required))
    };
    let expired = |name: &str, validity| {
        accept(
            name,
            "The certificate has expired; the connection accepts that.",
            Paper::signed(),
        )
        .keys(&["idp-expired.crt"])
        .settings(|settings| settings.certificate_validity = Some(validity))
    };
    vec![
        accept(
            "signed-assertion",
            "The assertion is signed.",
            Paper::signed(),
        )
        .identity(|identity| {
            identity.session_index = Some("_session".to_owned());
            identity.attributes = Some(BTreeMap::from([(
                "department".to_owned(),
                vec!["Finance".to_owned()],
            )]));
        }),
        accept(
            "signed-response",
            "The Response is signed.",
            response.clone(),
        ),
        accept("signed-both", "Both are signed.", both.clone()),
        required("required-both", SignatureCoverage::Both, &both),
        required("required-response", SignatureCoverage::Response, &response),
        required(
            "required-assertion",
            SignatureCoverage::Assertion,
            &Paper::signed(),
        ),
        accept(
            "second-key",
            "Signed by the second key of the connection: a certificate is being replaced.",
            by(&Signer::of("idp-second")),
        )
        .keys(&["idp.crt", "idp-second.crt"]),
        accept(
            "weak-key-beside-a-good-one",
            "A certificate that is too weak stands before a good one.",
            Paper::signed(),
        )
        .keys(&["idp-rsa-1024.crt", "idp.crt"]),
        accept(
            "rsa-sha384",
            "RSA-SHA384.",
            rsa(SignatureAlgorithm::Rsa(Hash::Sha384), Hash::Sha384),
        ),
        accept(
            "rsa-sha512",
            "RSA-SHA512.",
            rsa(SignatureAlgorithm::Rsa(Hash::Sha512), Hash::Sha512),
        ),
        accept(
            "rsa-sha256-digest-sha512",
            "RSA-SHA256, the digest SHA-512.",
            rsa(SignatureAlgorithm::Rsa(Hash::Sha256), Hash::Sha512),
        ),
        accept(
            "rsa-pss-sha256",
            "RSA-PSS with SHA-256.",
            rsa(SignatureAlgorithm::RsaPss(Hash::Sha256), Hash::Sha256),
        )
        .once(),
        accept(
            "rsa-pss-sha512",
            "RSA-PSS with SHA-512.",
            rsa(SignatureAlgorithm::RsaPss(Hash::Sha512), Hash::Sha512),
        )
        .once(),
        accept(
            "ecdsa-p256",
            "ECDSA, P-256 with SHA-256.",
            ec("idp-p256", Hash::Sha256),
        )
        .once()
        .keys(&["idp-p256.crt"]),
        accept(
            "ecdsa-p384",
            "ECDSA, P-384 with SHA-384.",
            ec("idp-p384", Hash::Sha384),
        )
        .once()
        .keys(&["idp-p384.crt"]),
        accept(
            "ecdsa-p521",
            "ECDSA, P-521 with SHA-512.",
            ec("idp-p521", Hash::Sha512),
        )
        .once()
        .keys(&["idp-p521.crt"]),
        accept(
            "sha1-where-allowed",
            "SHA-1; the connection allows it.",
            rsa(SignatureAlgorithm::Rsa(Hash::Sha1), Hash::Sha1),
        )
        .settings(|settings| settings.danger_allow_sha1 = true),
        accept(
            "inclusive-canonicalisation",
            "Inclusive canonicalisation of both.",
            by(&Signer::of("idp").inclusive()),
        ),
        accept(
            "inclusive-canonicalisation-of-response",
            "Inclusive canonicalisation, the Response is signed.",
            Paper::good().sign_by("_response", &Signer::of("idp").inclusive()),
        ),
        accept(
            "prefix-list",
            "A prefix list with a namespace that only a value uses.",
            good_typed().sign_by("_assertion", &Signer::of("idp").prefixes("xs")),
        ),
        accept(
            "prefix-list-default",
            "A prefix list with the default namespace and an unknown prefix.",
            Paper::good().sign_by(
                "_assertion",
                &Signer::of("idp").prefixes("#default saml nobody"),
            ),
        ),
        accept(
            "key-info-missing",
            "A signature without KeyInfo.",
            by(&Signer::of("idp").key_info("")),
        ),
        accept(
            "key-info-of-somebody-else",
            "KeyInfo names another certificate; nobody listens to it.",
            by(&Signer::of("idp").key_info("<ds:KeyName>somebody</ds:KeyName>")),
        ),
        accept(
            "white-space-in-signature",
            "White space in DigestValue and SignatureValue.",
            by(&white),
        ),
        accept(
            "comment-in-digest",
            "A comment in DigestValue, which canonicalisation leaves out.",
            Paper::signed().change("</ds:DigestValue>", "<!-- nothing --></ds:DigestValue>"),
        ),
        expired("certificate-expired-warn", ValidityPolicy::Warn),
        expired("certificate-expired-ignore", ValidityPolicy::Ignore),
    ]
}

/// The value has a type whose prefix is declared outside the assertion.
fn good_typed() -> Paper {
    Paper::good()
        .change(
            "<samlp:Response ",
            &format!(
                "<samlp:Response xmlns:xs=\"{}\" xmlns:xsi=\"{}\" ",
                names::XS,
                names::XSI
            ),
        )
        .change(
            "<saml:AttributeValue>",
            "<saml:AttributeValue xsi:type=\"xs:string\">",
        )
}

fn encrypted() -> Vec<Vector> {
    let signed = Paper::signed().element("Assertion");
    let plain = Paper::good().element("Assertion");
    let case = |name: &str, note: &str, paper: Paper| {
        accept(&format!("encrypted-{name}"), note, paper)
            .once()
            .settings(|settings| settings.decryption_keys = vec![key_path("sp.key")])
    };
    let sealed = |data| carrying(&seal(&signed, data, KeyTransport::OAEP_SHA256));
    let gcm = DataAlgorithm::Gcm;
    let cbc = |length| {
        let data = DataAlgorithm::Cbc(length);
        carrying(&seal(&plain, data, KeyTransport::OAEP_SHA1)).sign("_response")
    };
    let leaning = plain.replacen(&format!(" xmlns:saml=\"{}\"", names::SAML), "", 1);
    let leaning = carrying(&seal(&leaning, gcm(32), KeyTransport::OAEP_SHA256)).sign("_response");
    let whole = sealed(gcm(32));
    let key = whole.element("EncryptedKey");
    let declared = key.replace(
        "<xenc:EncryptedKey",
        &format!(
            "<xenc:EncryptedKey xmlns:xenc=\"{}\" xmlns:ds=\"{}\"",
            names::XENC,
            names::DS
        ),
    );
    let beside = whole
        .clone()
        .change(&key, "<ds:KeyName>beside</ds:KeyName>")
        .after("</xenc:EncryptedData>", &declared);
    let second = carrying(&seal_for(
        "sp-second",
        &signed,
        gcm(32),
        KeyTransport::OAEP_SHA256,
    ));
    vec![
        case(
            "gcm-128",
            "AES-128-GCM, RSA-OAEP with SHA-256.",
            sealed(gcm(16)),
        ),
        case(
            "gcm-192",
            "AES-192-GCM, RSA-OAEP with SHA-256.",
            sealed(gcm(24)),
        ),
        case("gcm-256", "AES-256-GCM, RSA-OAEP with SHA-256.", whole),
        case(
            "gcm-256-oaep-sha1",
            "AES-256-GCM, RSA-OAEP with SHA-1.",
            carrying(&seal(&signed, gcm(32), KeyTransport::OAEP_SHA1)),
        ),
        case(
            "gcm-in-signed-response",
            "AES-256-GCM in a signed Response, the assertion unsigned.",
            carrying(&seal(&plain, gcm(32), KeyTransport::OAEP_SHA256)).sign("_response"),
        ),
        case(
            "gcm-both-signed",
            "AES-256-GCM, both signed.",
            carrying(&seal(&signed, gcm(32), KeyTransport::OAEP_SHA256)).sign("_response"),
        ),
        case(
            "cbc-128-in-signed-response",
            "AES-128-CBC in a signed Response.",
            cbc(16),
        ),
        case(
            "cbc-192-in-signed-response",
            "AES-192-CBC in a signed Response.",
            cbc(24),
        ),
        case(
            "cbc-256-in-signed-response",
            "AES-256-CBC in a signed Response.",
            cbc(32),
        ),
        case(
            "namespaces-from-outside",
            "The assertion inside leans on a namespace that is declared around it.",
            leaning,
        ),
        case(
            "key-beside-data",
            "The EncryptedKey stands beside the EncryptedData.",
            beside,
        ),
        case(
            "second-key",
            "Encrypted for the second of our keys.",
            second,
        )
        .settings(|settings| settings.decryption_keys.push(key_path("sp-second.key"))),
    ]
}
