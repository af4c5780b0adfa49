//! xmlsec1, an implementation that shares nothing with ours: what it signs we accept, and what we sign it accepts.

use super::case::Case;
use super::make::{Paper, Signer};
use std::path::Path;
use std::process::Command;
use vestibule::saml::names::{C14N, EXC_C14N, SHA256, SHA384, SHA512};

/// What is signed, by whom, canonicalised how, with which algorithm and digest, and with which prefix list.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const SIGNED_BY_THEM: [Row; 8] = [
    ("_assertion", "idp", EXC_C14N, "rsa-sha256", SHA256, ""),
    ("_assertion", "idp", C14N, "rsa-sha256", SHA256, ""),
    (
        "_assertion",
        "idp",
        EXC_C14N,
        "rsa-sha512",
        SHA512,
        "saml samlp",
    ),
    ("_response", "idp", EXC_C14N, "rsa-sha384", SHA384, ""),
    ("_response", "idp", C14N, "rsa-sha256", SHA256, ""),
    (
        "_assertion",
        "idp-p256",
        EXC_C14N,
        "ecdsa-sha256",
        SHA256,
        "",
    ),
    (
        "_assertion",
        "idp-p384",
        EXC_C14N,
        "ecdsa-sha384",
        SHA384,
        "",
    ),
    (
        "_response",
        "idp-p521",
        EXC_C14N,
        "ecdsa-sha512",
        SHA512,
        "",
    ),
];

/// The case whose connection judges what is made here.
fn judge() -> Case {
    let mut cases = Case::all("accept").into_iter();
    cases.find(|case| case.name == "signed-assertion").unwrap()
}

fn is_installed() -> bool {
    let there = Command::new("xmlsec1").arg("--version").output().is_ok();
    assert!(there, "xmlsec1 is not installed: apt-get install xmlsec1");
    there
}

fn xmlsec1(arguments: &[&str], folder: &Path) -> std::process::Output {
    Command::new("xmlsec1")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// A signature without its values, for xmlsec1 to fill in.
fn template(id: &str, canonical: &str, algorithm: &str, digest: &str, list: &str) -> String {
    let list = if list.is_empty() {
        String::new()
    } else {
        format!("<InclusiveNamespaces xmlns=\"{EXC_C14N}\" PrefixList=\"{list}\"/>")
    };
    format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"{canonical}\"/><ds:SignatureMethod Algorithm=\"{algorithm}\"/>\
         <ds:Reference URI=\"#{id}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\
         <ds:Transform Algorithm=\"{canonical}\">{list}</ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{digest}\"/><ds:DigestValue/></ds:Reference></ds:SignedInfo>\
         <ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>"
    )
}

#[test]
fn what_xmlsec1_signs_is_accepted() {
    if !is_installed() {
        return;
    }
    let more = "http://www.w3.org/2001/04/xmldsig-more#";
    let folder = tempfile::tempdir().unwrap();
    for (id, key, canonical, algorithm, digest, list) in SIGNED_BY_THEM {
        let algorithm = format!("{more}{algorithm}");
        let template = template(id, canonical, &algorithm, digest, list);
        let paper = Paper::good();
        let paper = if id == "_response" {
            paper.before("<samlp:Status>", &template)
        } else {
            paper.before("<saml:Subject>", &template)
        };
        std::fs::write(folder.path().join("template.xml"), paper.text()).unwrap();
        let keys = Case::root().join("keys");
        let pair = format!("{0}/{key}.key,{0}/{key}.crt", keys.display());
        let made = xmlsec1(
            &[
                "--sign",
                "--id-attr:ID",
                "urn:oasis:names:tc:SAML:2.0:assertion:Assertion",
                "--id-attr:ID",
                "urn:oasis:names:tc:SAML:2.0:protocol:Response",
                "--privkey-pem",
                &pair,
                "template.xml",
            ],
            folder.path(),
        );
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let mut case = judge();
        case.file.certificates = vec![format!("../../keys/{key}.crt")];
        let found = case.judge_xml(&made.stdout);
        assert_eq!(found, judge().judge(), "{id} {key} {canonical} {algorithm}");
    }
}

#[test]
fn what_we_sign_xmlsec1_accepts() {
    if !is_installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let certificate = Case::root().join("keys/idp.crt");
    let ours = vestibule::saml::signature::SigningKey::new(super::make::private_key("idp"), None);
    let ours = ours.unwrap();
    let enveloped = |id: &str| {
        vestibule::saml::signature::sign_enveloped(Paper::good().text(), id, &ours).unwrap()
    };
    for (name, xml) in [
        ("assertion", enveloped("_assertion")),
        ("response", enveloped("_response")),
        ("generator", Paper::signed().text().to_owned()),
        (
            "inclusive",
            Paper::good()
                .sign_by("_assertion", &Signer::of("idp").inclusive())
                .text()
                .to_owned(),
        ),
    ] {
        let verify = |xml: &str| {
            std::fs::write(folder.path().join("signed.xml"), xml).unwrap();
            xmlsec1(
                &[
                    "--verify",
                    "--id-attr:ID",
                    "urn:oasis:names:tc:SAML:2.0:assertion:Assertion",
                    "--id-attr:ID",
                    "urn:oasis:names:tc:SAML:2.0:protocol:Response",
                    "--enabled-key-data",
                    "raw-x509-cert,rsa",
                    "--pubkey-cert-pem",
                    certificate.to_str().unwrap(),
                    "signed.xml",
                ],
                folder.path(),
            )
        };
        let good = verify(&xml);
        assert!(
            good.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&good.stderr)
        );
        assert!(
            !verify(&xml.replace("Finance", "Sales")).status.success(),
            "{name}"
        );
    }
}
