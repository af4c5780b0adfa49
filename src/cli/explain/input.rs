//! A Response as people have it: XML, base64, or the whole form body.

use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::cli::error::{CliError, Result};
use crate::cli::import_metadata::read_file;

/// More than any server takes as a body.
const LARGEST: usize = 8 * 1024 * 1024;

/// The XML octets of a Response in a file, or on standard input for `-`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .take(LARGEST as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|cause| unusable(&format!("standard input cannot be read ({cause})")))?;
        bytes
    } else {
        read_file(path)?
    };
    if bytes.len() > LARGEST {
        return Err(unusable("it is larger than 8 MiB"));
    }
    decode(&bytes).map_err(unusable)
}

/// What stands around XML in a file (a byte order mark, blank lines) is the editor's, not the identity provider's.
fn decode(bytes: &[u8]) -> std::result::Result<Vec<u8>, &'static str> {
    let text = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii();
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.starts_with(b"<") {
        return Ok(text.to_vec());
    }
    let value = form_value(text)?;
    let compact: Vec<u8> = value
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let xml = BASE64_STANDARD
        .decode(compact)
        .map_err(|_| "it is neither XML nor base64 nor a form with SAMLResponse")?;
    if xml.trim_ascii_start().starts_with(b"<") {
        Ok(xml)
    } else {
        Err("it is base64, but not of XML (a Response comes by HTTP-POST, not compressed)")
    }
}

/// The field `SAMLResponse` of a form body; base64 alone may be percent-encoded too.
fn form_value(text: &[u8]) -> std::result::Result<Vec<u8>, &'static str> {
    let is_form = text
        .split(|byte| *byte == b'&')
        .any(|field| field.starts_with(b"SAMLResponse="));
    if !is_form {
        return Ok(percent_encoding::percent_decode(text).collect());
    }
    let mut values = form_urlencoded::parse(text)
        .filter(|(name, _)| name == "SAMLResponse")
        // A plus that nobody encoded reads as a space; base64 has no space of its own.
        .map(|(_, value)| value.replace(' ', "+").into_bytes());
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err("the form has more than one SAMLResponse"),
    }
}

fn unusable(why: &str) -> CliError {
    CliError::unusable(
        format!("The Response cannot be read: {why}."),
        "Save the form field SAMLResponse that the browser posted (developer tools, network, the request to /sso/acs), or the decoded XML.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_one_response() {
        let xml: &[u8] = b"<samlp:Response a=\"\xc3\xbf\xc3\xbe?>>\"/>";
        let base64 = BASE64_STANDARD.encode(xml);
        assert!(base64.contains(['+', '/', '=']));
        let encoded: String = form_urlencoded::byte_serialize(base64.as_bytes()).collect();
        let (left, right) = base64.split_at(7);
        for form in [
            String::from_utf8_lossy(xml).into_owned(),
            format!("\u{feff}\n{}\n", String::from_utf8_lossy(xml)),
            base64.clone(),
            format!("{left}\r\n  {right}\n"),
            encoded.clone(),
            format!("RelayState=x&SAMLResponse={encoded}"),
            format!("SAMLResponse={base64}&RelayState="),
        ] {
            assert_eq!(decode(form.as_bytes()).unwrap(), xml, "{form}");
        }
    }

    #[test]
    fn what_is_no_response() {
        for text in [
            "",
            " \n",
            "hello",
            "SAMLResponse=%",
            "aGVsbG8=",
            "SAMLResponse=PA==&SAMLResponse=PA==",
        ] {
            assert!(decode(text.as_bytes()).is_err(), "{text}");
        }
    }
}
