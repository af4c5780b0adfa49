//! Every sign-in that is accepted, with one member changed and everything signed anew: none is accepted by accident.
//!
//! A member of the token's header, its claims or the token endpoint's answer, of a logout token or of Entra's discovery is removed, gets another type, or another value of
//! its own type. `harmless.txt` lists what is accepted all the same; everything else is refused.
//! `VESTIBULE_WRITE_VECTORS=1` writes the list, and whoever does so reads what was added.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use serde_json::{Map, Value, json};

use super::case::{Case, Message};
use super::discovery;

type Members = Map<String, Value>;

/// What is done to a member, by name. Nothing where it would stay as it is.
fn changes(value: &Value) -> Vec<(&'static str, Option<Value>)> {
    let other = match value {
        Value::String(text) => format!("{text}x").into(),
        Value::Number(number) => json!(number.as_i64().unwrap_or_default() + 1_000_000_000),
        Value::Bool(is_so) => json!(!is_so),
        Value::Array(list) => json!([list.as_slice(), &[json!("more")]].concat()),
        Value::Object(_) => json!({ "another": true }),
        Value::Null => json!("x"),
    };
    let mut changes = vec![("removed", None), ("other value", Some(other))];
    for (name, of_type) in [
        ("null", Value::Null),
        ("boolean", json!(true)),
        ("number", json!(7)),
        ("text", json!("x")),
        ("list", json!([])),
        ("object", json!({})),
    ] {
        if std::mem::discriminant(&of_type) != std::mem::discriminant(value) {
            changes.push((name, Some(of_type)));
        }
    }
    changes
}

/// The parts of a sign-in, or of a logout token, that are changed.
struct Parts {
    header: Members,
    claims: Members,
    /// None of a logout token.
    answer: Option<Members>,
    key: PKey<Private>,
}

impl Parts {
    /// None of a case that is not one token by RS256.
    fn of(case: &Case, key: &PKey<Private>) -> Option<Self> {
        let (token, answer) = match &case.message {
            Message::SignIn { answer, .. } => {
                let answer: Members = serde_json::from_slice(answer).ok()?;
                (answer["id_token"].as_str()?.to_owned(), Some(answer))
            }
            Message::Logout(token) => (token.trim().to_owned(), None),
        };
        let mut parts = token.split('.');
        let mut members = || {
            let octets = BASE64_URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
            serde_json::from_slice::<Members>(&octets).ok()
        };
        Some(Self {
            header: members()?,
            claims: members()?,
            answer,
            key: key.clone(),
        })
    }

    fn signed(&self, header: &Members, claims: &Members) -> String {
        let part = |members: &Members| {
            BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_string(members).unwrap())
        };
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = Signer::new(MessageDigest::sha256(), &self.key)
            .and_then(|mut by| by.sign_oneshot_to_vec(signed.as_bytes()))
            .unwrap();
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// The case with one member changed.
    fn changed(&self, case: &Case, part: &str, name: &str, value: Option<Value>) -> Case {
        let (mut header, mut claims) = (self.header.clone(), self.claims.clone());
        let mut answer = self.answer.clone().unwrap_or_default();
        let members = match part {
            "header" => &mut header,
            "claims" => &mut claims,
            _ => &mut answer,
        };
        match value {
            Some(value) => members.insert(name.to_owned(), value),
            None => members.remove(name),
        };
        if self.answer.is_none() {
            let message = Message::Logout(self.signed(&header, &claims));
            return Case {
                message,
                ..case.clone()
            };
        }
        if part != "answer" {
            answer.insert("id_token".to_owned(), self.signed(&header, &claims).into());
        }
        case.answered(serde_json::to_vec(&answer).unwrap())
    }
}

#[test]
fn one_member_changed_is_refused_unless_it_is_harmless() {
    let pem = std::fs::read(Case::root().join("keys/idp.pem")).unwrap();
    let key = PKey::private_key_from_pem(&pem).unwrap();
    let mut accepted: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let (mut cases, mut made) = (0, 0);
    for case in Case::all("accept") {
        let Some(parts) = Parts::of(&case, &key) else {
            continue;
        };
        let again = parts.changed(&case, "header", "", None);
        assert!(again.judge().is_ok(), "{}", case.name);
        cases += 1;
        let none = Members::new();
        let of = if parts.answer.is_some() {
            ""
        } else {
            "logout "
        };
        for (part, members) in [
            ("header", &parts.header),
            ("claims", &parts.claims),
            ("answer", parts.answer.as_ref().unwrap_or(&none)),
        ] {
            for (name, value) in members {
                for (change, value) in changes(value) {
                    let changed = parts.changed(&case, part, name, value);
                    made += 1;
                    if changed.judge().is_ok() {
                        accepted
                            .entry(format!("{of}{part} {name}"))
                            .or_default()
                            .insert(change);
                    }
                }
            }
        }
    }
    for (name, value) in discovery::document().as_object().unwrap() {
        for (change, value) in changes(value) {
            let read = discovery::parse(|document| {
                match value {
                    Some(value) => document.insert(name.clone(), value),
                    None => document.remove(name),
                };
            });
            if read.is_ok() {
                let entry = accepted.entry(format!("discovery {name}"));
                entry.or_default().insert(change);
            }
        }
    }
    assert!(cases > 60 && made > 5_000, "{cases} cases, {made} changes");
    let mut found = String::new();
    for (member, changes) in &accepted {
        let changes: Vec<_> = changes.iter().copied().collect();
        writeln!(found, "{member}: {}", changes.join(", ")).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/oidc/harmless.txt");
    if std::env::var_os("VESTIBULE_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let harmless = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, harmless);
}

/// What decides who it is, for whom and when is never on the list where another value is concerned.
#[test]
fn what_decides_is_never_harmless() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/oidc/harmless.txt");
    let harmless = std::fs::read_to_string(path).unwrap();
    for member in [
        "claims iss",
        "claims aud",
        "claims nonce",
        "claims tid",
        "claims ver",
        "header alg",
        "header kid",
        "answer id_token",
        "answer access_token",
        "logout header alg",
        "logout claims iss",
        "logout claims aud",
        "logout claims events",
        "discovery issuer",
    ] {
        let line = harmless
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{member}: ")));
        let line = line.unwrap_or_default();
        assert!(
            !line.contains("other value") || member == "answer access_token",
            "{member}: {line}"
        );
        assert!(!line.contains("object"), "{member}: {line}");
    }
}
