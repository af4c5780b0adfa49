//! What was given as metadata: read, or said to be what it is.
//!
//! Invariant: the console, the API and the commands say the same of the same document.

use time::OffsetDateTime;

use super::certificate::all_certificates;
use super::private_key::holds_private_key;
use crate::saml::metadata::{IdpMetadata, MetadataError, ParsedMetadata};

/// What to do with a file of another kind.
const GIVE: &str =
    "Give the federation metadata XML that your identity provider offers for download.";

/// Why a document is not the metadata that is needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotMetadata {
    #[error("The document is empty.")]
    Empty,
    /// Nothing of it may be kept or shown.
    #[error(
        "This holds a private key, which never belongs here. It was not kept. Give the metadata, or the certificate alone. If somebody else may have seen the key, make a new one at the identity provider."
    )]
    PrivateKey,
    /// The other file that Entra's page offers.
    #[error(
        "This is a certificate, not metadata. Give the Federation Metadata XML, or set the connection up by hand and give the certificate there."
    )]
    Certificate,
    #[error(
        "This is a web page, not SAML metadata. Give the XML file that your identity provider offers for download. Does the page ask for a sign-in first? Then save the metadata there, and give the file."
    )]
    WebPage,
    #[error("This is {what}, not SAML metadata. {GIVE}")]
    Other { what: &'static str },
    #[error("This is a compressed file. Unpack it, and give the XML file that is in it.")]
    Compressed,
    /// XML that cannot be used, or something else.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

/// Reads metadata; `entity_id` picks one of several identity providers.
pub fn read(
    bytes: &[u8],
    entity_id: Option<&str>,
    now: OffsetDateTime,
) -> Result<ParsedMetadata, NotMetadata> {
    if bytes.trim_ascii().is_empty() {
        return Err(NotMetadata::Empty);
    }
    if holds_private_key(bytes) {
        return Err(NotMetadata::PrivateKey);
    }
    IdpMetadata::parse(bytes, entity_id, now).map_err(|error| {
        if is_web_page(bytes) {
            NotMetadata::WebPage
        } else if all_certificates(bytes).is_ok() {
            NotMetadata::Certificate
        } else {
            other(bytes).unwrap_or_else(|| error.into())
        }
    })
}

/// What it is, where that can be told for sure: by how such files begin.
fn other(bytes: &[u8]) -> Option<NotMetadata> {
    const fn is(what: &'static str) -> NotMetadata {
        NotMetadata::Other { what }
    }
    const KINDS: [(&[u8], NotMetadata); 9] = [
        (b"\x1f\x8b", NotMetadata::Compressed),
        (b"PK\x03\x04", NotMetadata::Compressed),
        (b"\x89PNG\r\n", is("a picture (PNG)")),
        (b"\xff\xd8\xff", is("a picture (JPEG)")),
        (b"GIF8", is("a picture (GIF)")),
        (b"%PDF-", is("a PDF document")),
        (b"\xd0\xcf\x11\xe0", is("an Office document")),
        (b"\x7fELF", is("a program")),
        (b"MZ", is("a program")),
    ];
    let by_mark = KINDS
        .into_iter()
        .find(|(mark, _)| bytes.starts_with(mark))
        .map(|(_, kind)| kind);
    if by_mark.is_some() {
        return by_mark;
    }
    if serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok() {
        return Some(is("JSON"));
    }
    // XML begins with this sign in every encoding that metadata is read in.
    let is_text = std::str::from_utf8(bytes).is_ok();
    (is_text && !bytes.contains(&b'<')).then(|| is("a text file"))
}

fn is_web_page(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(bytes.get(..512).unwrap_or(bytes));
    let start = start.trim_start_matches('\u{feff}').trim_start();
    let start = start.to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}
