//! Certificates as text: Base64, PEM, and PEM in Base64 once more, as some products write it into their metadata.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Some products leave the padding out, which says nothing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How a block of PEM begins.
pub const BEGIN: &str = "-----BEGIN ";

/// The DER encoding of each certificate of a text, in its order; empty when there is none. An error is one that is neither
/// Base64 nor whole.
pub fn certificates_of(text: &str) -> Result<Vec<Vec<u8>>, NotBase64> {
    let mut text = Cow::Borrowed(text);
    if !text.contains(BEGIN) {
        let inside = base64(&text)?;
        match String::from_utf8(inside) {
            // The Base64 of a whole PEM file.
            Ok(inside) if inside.contains(BEGIN) => text = Cow::Owned(inside),
            Ok(inside) => return Ok(vec![inside.into_bytes()]),
            Err(der) => return Ok(vec![der.into_bytes()]),
        }
    }
    blocks(&text)
        .map(|body| body.ok_or(NotBase64).and_then(base64))
        .collect()
}

/// What stands between the lines of each PEM block that is a certificate; none for one without its last line.
fn blocks(text: &str) -> impl Iterator<Item = Option<&str>> {
    text.split(BEGIN).skip(1).filter_map(|block| {
        let body = ["CERTIFICATE-----", "X509 CERTIFICATE-----"]
            .iter()
            .find_map(|begin| block.strip_prefix(begin))?;
        Some(body.split_once("-----END ").map(|(body, _)| body))
    })
}

/// A text that is no Base64, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotBase64;

fn base64(text: &str) -> Result<Vec<u8>, NotBase64> {
    let compact: String = text.split_ascii_whitespace().collect();
    let octets = BASE64.decode(compact).map_err(|_| NotBase64)?;
    if octets.is_empty() {
        Err(NotBase64)
    } else {
        Ok(octets)
    }
}
