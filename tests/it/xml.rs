//! Strict XML, and its canonical octets.

mod canonical;
mod canonical_differential;
mod libxml2;
mod made;
mod reader_differential;
mod strict;

use std::path::{Path, PathBuf};
use vestibule::xml::{Document, Limits, XmlError, XmlErrorKind};

#[test]
fn samples_parse() {
    let mut parsed = 0;
    for path in samples() {
        let bytes = std::fs::read(&path).unwrap();
        let outcome = Document::parse(&bytes, &Limits::METADATA);
        if path.ends_with("mock-saml-boxyhq.xml") {
            assert_eq!(outcome.unwrap_err().kind, XmlErrorKind::Entity);
        } else {
            outcome.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            parsed += 1;
        }
    }
    assert!(parsed >= 19, "{parsed}");
}

fn parse(text: &str) -> Result<Document<'_>, XmlError> {
    Document::parse(text.as_bytes(), &Limits::MESSAGE)
}

fn samples() -> impl Iterator<Item = PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("metadata"), root.join("tests/vectors/accept")];
    for case in ["okta-response-signature-broken", "bare-assertion"] {
        folders.push(root.join("tests/vectors/reject").join(case));
    }
    xml_files(folders)
}

/// The messages that are refused.
fn rejects() -> impl Iterator<Item = PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    xml_files(vec![root.join("tests/vectors/reject")])
}

fn xml_files(mut folders: Vec<PathBuf>) -> impl Iterator<Item = PathBuf> {
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "xml") {
                files.push(path);
            }
        }
    }
    files.sort();
    files.into_iter()
}
