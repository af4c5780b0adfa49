//! Octets in an element's text.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::xml::Element;

/// Base64 with white space, in an element that holds only text.
pub(super) fn base64_text(element: Element<'_>) -> Option<Vec<u8>> {
    let text = element.text()?;
    if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        let compact: Vec<u8> = text
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        BASE64_STANDARD.decode(compact).ok()
    } else {
        BASE64_STANDARD.decode(text.as_bytes()).ok()
    }
}
