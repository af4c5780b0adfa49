//! signxml, a Python implementation on lxml and cryptography: what it signs we accept.

use super::case::Case;
use super::make::Paper;
use serde::Serialize;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// What is signed, with which key, algorithm, digest, canonicalisation and prefix list, in the words of signxml.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const EXCLUSIVE: &str = "EXCLUSIVE_XML_CANONICALIZATION_1_0";
const INCLUSIVE: &str = "CANONICAL_XML_1_0";

const ROWS: [Row; 14] = [
    ("_assertion", "idp", "RSA_SHA256", "SHA256", EXCLUSIVE, &[]),
    ("_assertion", "idp", "RSA_SHA384", "SHA384", EXCLUSIVE, &[]),
    ("_assertion", "idp", "RSA_SHA512", "SHA512", EXCLUSIVE, &[]),
    (
        "_assertion",
        "idp",
        "RSA_SHA256",
        "SHA512",
        EXCLUSIVE,
        &["saml"],
    ),
    ("_response", "idp", "RSA_SHA256", "SHA256", EXCLUSIVE, &[]),
    (
        "_response",
        "idp",
        "RSA_SHA512",
        "SHA256",
        EXCLUSIVE,
        &["samlp", "saml"],
    ),
    ("_response", "idp", "RSA_SHA256", "SHA256", INCLUSIVE, &[]),
    ("_response", "idp", "RSA_SHA384", "SHA384", INCLUSIVE, &[]),
    (
        "_assertion",
        "idp",
        "SHA256_RSA_MGF1",
        "SHA256",
        EXCLUSIVE,
        &[],
    ),
    (
        "_response",
        "idp",
        "SHA512_RSA_MGF1",
        "SHA512",
        EXCLUSIVE,
        &[],
    ),
    (
        "_assertion",
        "idp-p256",
        "ECDSA_SHA256",
        "SHA256",
        EXCLUSIVE,
        &[],
    ),
    (
        "_assertion",
        "idp-p384",
        "ECDSA_SHA384",
        "SHA384",
        EXCLUSIVE,
        &[],
    ),
    (
        "_response",
        "idp-p521",
        "ECDSA_SHA512",
        "SHA512",
        EXCLUSIVE,
        &[],
    ),
    (
        "_response",
        "idp-p256",
        "ECDSA_SHA256",
        "SHA256",
        INCLUSIVE,
        &[],
    ),
];

/// What `signer.py` reads.
#[derive(Serialize)]
struct Order {
    xml: String,
    id: &'static str,
    key: String,
    certificate: String,
    algorithm: &'static str,
    digest: &'static str,
    canonical: &'static str,
    prefixes: &'static [&'static str],
}

impl Order {
    fn of((id, key, algorithm, digest, canonical, prefixes): Row) -> Self {
        let read = |extension: &str| {
            let file = Case::root().join(format!("keys/{key}.{extension}"));
            std::fs::read_to_string(file).unwrap()
        };
        Self {
            xml: Paper::good().text().to_owned(),
            id,
            key: read("key"),
            certificate: read("crt"),
            algorithm,
            digest,
            canonical,
            prefixes,
        }
    }
}

#[test]
fn what_python_signs_is_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/test-python/bin/python");
    let mut child = Command::new(&python)
        .arg(root.join("tests/it/vectors/signer.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}: run script/bootstrap test", python.display()));
    let orders: Vec<Order> = ROWS.into_iter().map(Order::of).collect();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(&serde_json::to_vec(&orders).unwrap())
        .unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let signed: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(signed.len(), ROWS.len());
    let cases = Case::all("accept").into_iter();
    let good = cases
        .into_iter()
        .find(|case| case.name == "signed-assertion")
        .unwrap();
    for (row, xml) in ROWS.iter().zip(&signed) {
        let mut case = good.clone();
        case.file.certificates = vec![format!("../../keys/{}.crt", row.1)];
        assert_eq!(
            case.judge_xml(xml.as_bytes()),
            good.judge(),
            "{row:?}: {xml}"
        );
        let changed = xml.replace("b.simon@", "admin@");
        assert!(case.judge_xml(changed.as_bytes()).is_err(), "{row:?}");
    }
}
