//! A Response as people have it: XML, base64, or the whole form body.
//!
//! Invariant: it is read by the functions of the server, from the octets of the file; nothing is mended on the way.

use std::io::Read as _;
use std::path::Path;

use crate::cli::arguments::read_file;
use crate::cli::error::{CliError, Result};
use crate::saml::binding::{BindingError, EncodedResponse};

/// More than any server takes as a body.
const LARGEST: usize = 8 * 1024 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The XML octets of a Response in a file, or on standard input for `-`; or why the server would read none. A form may have
/// `limit` octets.
pub(super) fn read(
    path: &Path,
    limit: usize,
) -> Result<std::result::Result<Vec<u8>, BindingError>> {
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
    decode(&bytes, limit).map_err(unusable)
}

/// What was posted, as the server would decode it; an error for what is no Response in any of its forms.
fn decode(
    bytes: &[u8],
    limit: usize,
) -> std::result::Result<std::result::Result<Vec<u8>, BindingError>, &'static str> {
    // A line's end after a form or base64 is the editor's, and no part of either.
    let text = bytes.trim_ascii();
    if text.is_empty() {
        return Err("it is empty");
    }
    if looks_like_xml(text) {
        return Ok(Ok(bytes.to_vec()));
    }
    // A name may be percent-encoded, too.
    if form_urlencoded::parse(text).any(|(name, _)| name == "SAMLResponse") {
        let posted = EncodedResponse::from_form(text, limit);
        return Ok(posted.map(|form| form.response.xml().to_vec()));
    }
    // The value of the field alone, as a form has it or decoded.
    let response = if text.contains(&b'%') {
        let field = [b"SAMLResponse=", text].concat();
        EncodedResponse::from_form(&field, limit).map(|form| form.response)
    } else {
        EncodedResponse::from_base64(text)
    };
    match response {
        Ok(response) if looks_like_xml(response.xml()) => Ok(Ok(response.xml().to_vec())),
        Ok(_) => {
            Err("it is base64, but not of XML (a Response comes by HTTP-POST, not compressed)")
        }
        Err(error) if text.starts_with(BYTE_ORDER_MARK) => Ok(Err(error)),
        Err(_) => Err("it is neither XML nor base64 nor a form with SAMLResponse"),
    }
}

/// Whether markup comes first, after what an encoding or an editor may put before it.
fn looks_like_xml(octets: &[u8]) -> bool {
    let first = octets.iter().find(|octet| {
        !octet.is_ascii_whitespace() && !matches!(octet, 0 | 0xEF | 0xBB | 0xBF | 0xFE | 0xFF)
    });
    first == Some(&b'<')
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
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    const LIMIT: usize = 4096;

    #[test]
    fn the_forms_of_one_response() {
        let xml: &[u8] = b"<samlp:Response a=\"\xc3\xbf\xc3\xbe?>>\"/>";
        let base64 = BASE64_STANDARD.encode(xml);
        assert!(base64.contains(['+', '/', '=']));
        let encoded: String = form_urlencoded::byte_serialize(base64.as_bytes()).collect();
        let (left, right) = base64.split_at(7);
        for form in [
            String::from_utf8_lossy(xml).into_owned(),
            base64.clone(),
            format!("{left}\r\n  {right}\n"),
            encoded.clone(),
            format!("RelayState=x&SAMLResponse={encoded}"),
            format!("SAMLResponse={encoded}&RelayState=\n"),
            format!("SAML%52esponse={encoded}"),
        ] {
            let decoded = decode(form.as_bytes(), LIMIT).unwrap();
            assert_eq!(decoded.unwrap(), xml, "{form}");
        }
    }

    /// What the server refuses is not mended here.
    #[test]
    fn the_octets_stay_as_they_are() {
        let marked = "\u{feff}<samlp:Response/>";
        let base64 = BASE64_STANDARD.encode(marked);
        for text in [marked.to_owned(), base64.clone()] {
            let decoded = decode(text.as_bytes(), LIMIT).unwrap();
            assert_eq!(decoded.unwrap(), marked.as_bytes(), "{text}");
        }
        let long = format!("SAMLResponse={}", "A".repeat(LIMIT));
        for (text, error) in [
            (
                format!("\u{feff}{base64}"),
                BindingError::NotBase64("SAMLResponse"),
            ),
            (
                "SAMLResponse=PA==&SAMLResponse=PA==".to_owned(),
                BindingError::Repeated("SAMLResponse"),
            ),
            (
                "SAMLResponse=%".to_owned(),
                BindingError::NotBase64("SAMLResponse"),
            ),
            (long, BindingError::TooLong { limit: LIMIT }),
        ] {
            assert_eq!(decode(text.as_bytes(), LIMIT).unwrap(), Err(error));
        }
    }

    #[test]
    fn what_is_no_response() {
        for text in ["", " \n", "hello", "aGVsbG8="] {
            assert!(decode(text.as_bytes(), LIMIT).is_err(), "{text}");
        }
    }
}
