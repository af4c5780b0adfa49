//! The encodings that metadata comes in (rule A3).
//!
//! Invariant: what does not fit the encoding that the document marks or declares is refused; nothing is replaced or guessed.
//! Messages are UTF-8 and never come here.
//!
//! Tests: `tests/it/metadata.rs`.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::error::MetadataError;

/// How far into a document its declaration is looked for.
const PROLOG: usize = 1024;

/// The document in UTF-8, when it says that it is written in something else.
pub(super) fn decoded(bytes: &[u8]) -> Result<Cow<'_, [u8]>, MetadataError> {
    let Some((encoding, mark)) =
        marked(bytes).map_or_else(|| declared(bytes), |it| Ok(Some(it)))?
    else {
        return Ok(Cow::Borrowed(bytes));
    };
    if encoding == UTF_8 {
        return Ok(Cow::Borrowed(bytes));
    }
    let text = encoding
        .decode_without_bom_handling_and_without_replacement(bytes.get(mark..).unwrap_or_default());
    match text {
        Some(text) => Ok(Cow::Owned(text.into_owned().into_bytes())),
        None => Err(MetadataError::BrokenEncoding {
            name: encoding.name(),
        }),
    }
}

/// By a byte order mark, with its length, or by how `<` is written (XML 1.0, appendix F).
fn marked(bytes: &[u8]) -> Option<(&'static Encoding, usize)> {
    Encoding::for_bom(bytes).or(match bytes {
        [b'<', 0, ..] => Some((UTF_16LE, 0)),
        [0, b'<', ..] => Some((UTF_16BE, 0)),
        _ => None,
    })
}

/// By the XML declaration.
fn declared(bytes: &[u8]) -> Result<Option<(&'static Encoding, usize)>, MetadataError> {
    let Some(name) = declared_name(bytes) else {
        return Ok(None);
    };
    let encoding = Encoding::for_label_no_replacement(name).ok_or_else(|| {
        let name = String::from_utf8_lossy(name).chars().take(100).collect();
        MetadataError::UnknownEncoding { name }
    })?;
    // Whose declaration can be read octet by octet is not in UTF-16, whatever the program said that wrote it.
    Ok(Some((encoding.output_encoding(), 0)))
}

/// What `encoding` in the declaration says.
fn declared_name(bytes: &[u8]) -> Option<&[u8]> {
    let start = bytes.get(..PROLOG).unwrap_or(bytes).trim_ascii_start();
    let inside = start.strip_prefix(b"<?xml")?;
    let end = inside.windows(2).position(|two| two == b"?>")?;
    let inside = inside.get(..end)?;
    let label = b"encoding";
    let at = inside.windows(label.len()).position(|it| it == label)?;
    let value = inside.get(at + label.len()..)?.trim_ascii_start();
    let value = value.strip_prefix(b"=")?.trim_ascii_start();
    let (quote, rest) = value.split_first()?;
    let end = rest.iter().position(|octet| octet == quote)?;
    rest.get(..end)
}
