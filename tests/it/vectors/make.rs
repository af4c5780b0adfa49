//! The generator of the made vectors: each is a good Response with one change.
//!
//! `VESTIBULE_WRITE_VECTORS=1 cargo test --test it vectors::make` writes what is missing or has changed; what cannot come out
//! the same twice (RSA-PSS, ECDSA, RSA-OAEP) is written once and then left alone.

#![expect(clippy::too_many_lines, reason = "a function is a table of cases")]

mod accepted;
mod assertion;
mod authn;
mod canonical;
mod changed;
mod comments;
mod contents;
mod edges;
mod encryption;
mod entities;
mod foreign;
mod forms;
mod names;
mod noise;
mod odd_xml;
mod paper;
mod places;
mod queries;
mod recipients;
mod response;
mod sealed;
mod signature;
mod signed_info;
mod strict_xml;
mod subject;
mod tampered;
mod wrapping;

use super::case::{Case, CaseFile, Expect, Identity, Message, Settings};
pub(crate) use paper::private_key;
use paper::{ACS, ENTITY, IDP, NOW};
pub(super) use paper::{Paper, Signer};
pub(super) use queries::logout_query;
use std::collections::BTreeSet;
use std::path::Path;
use vestibule::saml::error::Rule;

const SUBJECT: &str = "b.simon@contoso.com";

/// A folder to be.
pub(super) struct Vector {
    name: String,
    file: CaseFile,
    message: Message,
    /// Comes out the same every time.
    stable: bool,
}

/// A case that is refused.
fn reject(name: &str, rule: Rule, note: &str, paper: impl Into<Vec<u8>>) -> Vector {
    let expect = Expect::Refused {
        rule,
        received: None,
    };
    Vector::new(name, note, Message::Xml(paper.into()), expect)
}

/// A case that is accepted, with the usual identity.
fn accept(name: &str, note: &str, paper: impl Into<Vec<u8>>) -> Vector {
    let identity = Identity {
        name_id: Some(SUBJECT.to_owned()),
        assertion_id: Some("_assertion".to_owned()),
        ..Identity::default()
    };
    let message = Message::Xml(paper.into());
    Vector::new(name, note, message, Expect::Accepted(identity))
}

impl Vector {
    fn new(name: &str, note: &str, message: Message, expect: Expect) -> Self {
        let file = CaseFile {
            note: note.to_owned(),
            metadata: None,
            idp_entity_id: Some(IDP.to_owned()),
            certificates: vec![key_path("idp.crt")],
            entity_id: ENTITY.to_owned(),
            acs_url: ACS.to_owned(),
            request_id: Some("_request".to_owned()),
            now: NOW,
            settings: Settings::default(),
            expect,
        };
        Self {
            name: name.to_owned(),
            file,
            message,
            stable: true,
        }
    }

    /// Has random octets in it.
    fn once(mut self) -> Self {
        self.stable = false;
        self
    }

    fn with(mut self, change: impl FnOnce(&mut CaseFile)) -> Self {
        change(&mut self.file);
        self
    }

    fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.file.settings);
        self
    }

    /// The connection has these certificates.
    fn keys(mut self, files: &[&str]) -> Self {
        self.file.certificates = files.iter().map(|file| key_path(file)).collect();
        self
    }

    /// The Response is not an answer.
    fn unsolicited(mut self) -> Self {
        self.file.request_id = None;
        self
    }

    /// The record says this of what was received.
    fn received(mut self, part: &str) -> Self {
        if let Expect::Refused { received, .. } = &mut self.file.expect {
            *received = Some(part.to_owned());
        }
        self
    }

    fn identity(mut self, change: impl FnOnce(&mut Identity)) -> Self {
        if let Expect::Accepted(identity) = &mut self.file.expect {
            change(identity);
        }
        self
    }

    fn kind(&self) -> &'static str {
        match self.file.expect {
            Expect::Refused { .. } => "reject",
            Expect::Accepted(_) => "accept",
        }
    }

    fn json(&self) -> String {
        serde_json::to_string_pretty(&self.file).unwrap() + "\n"
    }

    /// Whether the folder holds this vector.
    fn is_in(&self, folder: &Path) -> bool {
        let message = std::fs::read(folder.join(self.message.file_name())).ok();
        let message = match (message, self.stable) {
            (Some(found), true) => found == self.message.octets(),
            (found, false) => found.is_some(),
            (None, true) => false,
        };
        let json = std::fs::read_to_string(folder.join("case.json"));
        message && json.ok().as_deref() == Some(self.json().as_str())
    }

    fn write(&self, folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
        let message = folder.join(self.message.file_name());
        if self.stable || !message.exists() {
            std::fs::write(message, self.message.octets()).unwrap();
        }
        std::fs::write(folder.join("case.json"), self.json()).unwrap();
    }
}

fn key_path(file: &str) -> String {
    format!("../../keys/{file}")
}

fn vectors() -> Vec<Vector> {
    [
        accepted::vectors(),
        edges::vectors(),
        contents::vectors(),
        odd_xml::vectors(),
        forms::vectors(),
        queries::vectors(),
        entities::vectors(),
        strict_xml::vectors(),
        wrapping::vectors(),
        places::vectors(),
        noise::vectors(),
        canonical::vectors(),
        signature::vectors(),
        foreign::vectors(),
        changed::vectors(),
        signed_info::vectors(),
        response::vectors(),
        assertion::vectors(),
        subject::vectors(),
        names::vectors(),
        authn::vectors(),
        comments::vectors(),
        recipients::vectors(),
        encryption::vectors(),
        sealed::vectors(),
        tampered::vectors(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn the_folders_are_what_the_generator_makes() {
    let write = std::env::var_os("VESTIBULE_WRITE_VECTORS").is_some();
    let mut named = BTreeSet::new();
    for vector in vectors() {
        let place = format!("{}/{}", vector.kind(), vector.name);
        assert!(named.insert(place.clone()), "{place} twice");
        let folder = Case::root().join(&place);
        if write {
            vector.write(&folder);
        }
        assert!(vector.is_in(&folder), "{place} is another");
    }
    // And nothing lies there that nobody makes, but the real ones.
    for kind in ["accept", "reject"] {
        for case in Case::all(kind)
            .iter()
            .filter(|case| case.file.metadata.is_none())
        {
            let place = format!("{kind}/{}", case.name);
            assert!(named.contains(&place), "nobody makes {place}");
        }
    }
}
