//! Signatures that are missing, moved, weak or out of time (rules B1 to B4, B7, B8).

use super::paper::{certificate, private_key};
use super::{Paper, Signer, Vector, key_path, reject};
use vestibule::saml::error::Rule;
use vestibule::saml::names;
use vestibule::saml::signature::{Hash, SignatureAlgorithm, SignatureCoverage};

const ID: &str = "_assertion";

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = placed();
    all.extend(weak());
    all.extend(required());
    all
}

fn signed_by(signer: &Signer) -> Paper {
    Paper::good().sign_by(ID, signer)
}

/// Missing, moved and doubled.
fn placed() -> Vec<Vector> {
    let good = Paper::signed();
    let signature = good.element("Signature");
    let bare = Paper::good();
    let issuer = bare.element("Issuer");
    let subject = bare.element("Subject");
    let value = good.element("SignatureValue");
    let info = good.element("SignedInfo");
    let doubled = format!("{signature}{signature}");
    vec![
        reject(
            "signature-missing",
            Rule::B7,
            "Nothing is signed.",
            bare.clone(),
        ),
        reject(
            "signature-element-empty",
            Rule::B1,
            "A Signature without anything in it.",
            good.clone().change(
                &signature,
                &format!("<ds:Signature xmlns:ds=\"{}\"/>", names::DS),
            ),
        ),
        reject(
            "signature-value-missing",
            Rule::B1,
            "No SignatureValue.",
            good.clone().change(&value, ""),
        ),
        reject(
            "signature-value-empty",
            Rule::B3,
            "An empty SignatureValue.",
            good.clone()
                .change(&value, "<ds:SignatureValue></ds:SignatureValue>"),
        ),
        reject(
            "signature-value-not-base64",
            Rule::B3,
            "A SignatureValue that is not base64.",
            good.clone()
                .change(&value, "<ds:SignatureValue>%%%%</ds:SignatureValue>"),
        ),
        reject(
            "signature-value-zero",
            Rule::B3,
            "A SignatureValue of zeros, as long as the modulus.",
            good.clone().change(
                &value,
                &format!(
                    "<ds:SignatureValue>{}==</ds:SignatureValue>",
                    "A".repeat(342)
                ),
            ),
        ),
        reject(
            "signed-info-missing",
            Rule::B1,
            "No SignedInfo.",
            good.clone().change(&info, ""),
        ),
        reject(
            "signed-info-last",
            Rule::B1,
            "SignedInfo after the SignatureValue.",
            good.clone()
                .change(&format!("{info}{value}"), &format!("{value}{info}")),
        ),
        reject(
            "signature-in-another-namespace",
            Rule::D1,
            "The Signature is in no known namespace: it is no signature, and no part of an assertion either. The Response is signed.",
            good.clone()
                .change(&format!("xmlns:ds=\"{}\"", names::DS), "xmlns:ds=\"urn:x\"")
                .sign("_response"),
        ),
        reject(
            "signature-before-issuer",
            Rule::B1,
            "The signature stands before the assertion's Issuer.",
            bare.clone().before("<saml:Issuer>https", &signature),
        ),
        reject(
            "signature-at-the-end",
            Rule::B1,
            "The signature stands at the assertion's end.",
            bare.clone().before("</saml:Assertion>", &signature),
        ),
        reject(
            "signature-in-subject",
            Rule::B1,
            "The signature stands in the Subject.",
            bare.clone().before("</saml:Subject>", &signature),
        ),
        reject(
            "signature-moved-to-response",
            Rule::B5,
            "The assertion's signature stands in the Response, which it does not cover.",
            bare.clone().after(&issuer, &signature),
        ),
        reject(
            "signature-of-response-in-assertion",
            Rule::B5,
            "The Response's signature stands in the assertion, which it does not cover.",
            bare.clone().before(
                &subject,
                &Paper::good().sign("_response").element("Signature"),
            ),
        ),
        reject(
            "signature-twice-in-assertion",
            Rule::B1,
            "The same signature twice.",
            bare.clone().before(&subject, &doubled),
        ),
        reject(
            "signature-also-in-response",
            Rule::B5,
            "The assertion's signature, and a copy of it in the Response.",
            good.after(&issuer, &signature),
        ),
        reject(
            "signature-twice-in-response",
            Rule::B1,
            "The Response is signed twice.",
            bare.sign("_response").sign("_response"),
        ),
    ]
}

/// Algorithms and keys that are not on the list.
fn weak() -> Vec<Vector> {
    let pem = super::paper::read_key("idp.crt");
    let der = certificate("idp").to_der().unwrap();
    let public = private_key("idp").public_key_to_pem().unwrap();
    let case =
        |name: &str, note: &str, signer: &Signer| reject(name, Rule::B4, note, signed_by(signer));
    let method = |uri: &str| Signer::of("idp").info(names::RSA_SHA256, uri);
    let digest = |uri: &str| {
        let to = format!("DigestMethod Algorithm=\"{uri}\"");
        Signer::of("idp").info(
            &format!("DigestMethod Algorithm=\"{}\"", names::SHA256),
            &to,
        )
    };
    let more = "http://www.w3.org/2001/04/xmldsig-more#";
    let length = "</ds:SignatureMethod>";
    let sha1 = SignatureAlgorithm::Rsa(Hash::Sha1);
    vec![
        case(
            "hmac-certificate-pem",
            "HMAC with the certificate's PEM as secret.",
            &Signer::hmac(&pem),
        ),
        case(
            "hmac-certificate-der",
            "HMAC with the certificate's DER as secret.",
            &Signer::hmac(&der),
        ),
        case(
            "hmac-public-key",
            "HMAC with the public key's PEM as secret.",
            &Signer::hmac(&public),
        ),
        case("hmac-sha1", "HMAC-SHA1 by name.", &method(names::HMAC_SHA1)),
        case(
            "hmac-output-length",
            "HMAC, cut to eight bits (CVE-2009-0217).",
            &Signer::hmac(&pem).info(
                length,
                &format!("<ds:HMACOutputLength>8</ds:HMACOutputLength>{length}"),
            ),
        ),
        case(
            "rsa-with-output-length",
            "RSA-SHA256 with an HMACOutputLength.",
            &Signer::of("idp").info(
                length,
                &format!("<ds:HMACOutputLength>0</ds:HMACOutputLength>{length}"),
            ),
        ),
        case("rsa-sha1", "RSA-SHA1.", &Signer::of("idp").algorithm(sha1)),
        case(
            "digest-sha1",
            "The digest is SHA-1.",
            &Signer::of("idp").digest(Hash::Sha1),
        ),
        case(
            "rsa-md5",
            "RSA-MD5 by name.",
            &method(&format!("{more}rsa-md5")),
        ),
        case(
            "rsa-ripemd160",
            "RSA-RIPEMD160 by name.",
            &method(&format!("{more}rsa-ripemd160")),
        ),
        case(
            "rsa-sha224",
            "RSA-SHA224 by name.",
            &method(&format!("{more}rsa-sha224")),
        ),
        case(
            "ecdsa-sha1",
            "ECDSA-SHA1 by name.",
            &method(&format!("{more}ecdsa-sha1")),
        ),
        case("dsa-sha1", "DSA by name.", &method(names::DSA_SHA1)),
        case(
            "signature-method-empty",
            "No signature algorithm.",
            &method(""),
        ),
        case(
            "signature-method-none",
            "An algorithm called none.",
            &method("none"),
        ),
        case(
            "signature-method-in-capitals",
            "An algorithm's name in capitals.",
            &method("HTTP://WWW.W3.ORG/2001/04/XMLDSIG-MORE#RSA-SHA256"),
        ),
        case(
            "digest-md5",
            "The digest is MD5 by name.",
            &digest(names::MD5),
        ),
        case(
            "digest-sha224",
            "The digest is SHA-224 by name.",
            &digest(&format!("{more}sha224")),
        ),
        case("digest-method-empty", "No digest algorithm.", &digest("")),
        reject(
            "rsa-sha1-both-signed",
            Rule::B4,
            "The Response is signed with RSA-SHA1, the assertion as it should be.",
            Paper::signed().sign_by("_response", &Signer::of("idp").algorithm(sha1)),
        ),
        reject(
            "algorithm-of-another-key",
            Rule::B3,
            "ECDSA by name, an RSA key in the connection.",
            signed_by(&method(names::ECDSA_SHA256)),
        ),
        reject(
            "algorithm-of-another-padding",
            Rule::B3,
            "RSA-PSS by name, the older padding in the value.",
            signed_by(&method(names::RSA_PSS_SHA256)),
        ),
        reject(
            "algorithm-of-another-hash",
            Rule::B3,
            "RSA-SHA512 by name, SHA-256 in the value.",
            signed_by(&method(names::RSA_SHA512)),
        ),
        reject(
            "key-rsa-1024",
            Rule::B2,
            "The connection's only certificate has an RSA key of 1024 bits.",
            signed_by(&Signer::of("idp-rsa-1024")),
        )
        .keys(&["idp-rsa-1024.crt"]),
        reject(
            "key-none",
            Rule::B2,
            "The connection has no certificate.",
            Paper::signed(),
        )
        .keys(&[]),
        reject(
            "certificate-expired",
            Rule::B8,
            "The certificate expired a second ago.",
            Paper::signed(),
        )
        .keys(&["idp-expired.crt"]),
        reject(
            "certificate-not-yet-valid",
            Rule::B8,
            "The certificate will be valid in a second.",
            Paper::signed(),
        )
        .keys(&["idp-not-yet.crt"]),
    ]
}

/// What the connection demands (rule B7).
fn required() -> Vec<Vector> {
    let response = Paper::good().sign("_response");
    let case = |name: &str, required, paper: &Paper| {
        let note = "Not everything is signed that the connection wants signed.";
        reject(name, Rule::B7, note, paper.clone())
            .settings(|settings| settings.required_signature = Some(required))
    };
    vec![
        case(
            "required-assertion-signature",
            SignatureCoverage::Assertion,
            &response,
        ),
        case(
            "required-response-signature",
            SignatureCoverage::Response,
            &Paper::signed(),
        ),
        case(
            "required-both-response-only",
            SignatureCoverage::Both,
            &response,
        ),
        case(
            "required-both-assertion-only",
            SignatureCoverage::Both,
            &Paper::signed(),
        ),
        reject(
            "key-of-the-second-connection",
            Rule::B3,
            "Signed by the connection's key, judged by a connection with another.",
            Paper::signed(),
        )
        .with(|file| file.certificates = vec![key_path("idp-second.crt")]),
    ]
}
