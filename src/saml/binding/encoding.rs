//! Percent-encoding and base64, as forms and queries use them.
//!
//! Rules A1 and A2. Vectors: `form-*` and `query-*`.

use super::BindingError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::{memchr, memchr2};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a `+` stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Plus {
    /// A space, as in forms.
    Space,
    /// Itself: in a URL a raw plus sign inside base64 can be nothing else.
    Plus,
}

/// One `name=value` of a form or a query, undecoded.
#[derive(Clone, Copy)]
pub(super) struct QueryPair<'a> {
    /// All of it, as received: an empty value may come without its equals sign.
    pub(super) received: &'a [u8],
    /// What stands before the first equals sign.
    pub(super) name: &'a [u8],
    /// What stands behind it.
    pub(super) value: &'a [u8],
}

/// The pairs of a form or a query, in order.
pub(super) fn pairs(text: &[u8]) -> impl Iterator<Item = QueryPair<'_>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (pair, next) = cut(text, b'&');
        rest = next;
        Some(pair)
    })
    .filter(|received| !received.is_empty())
    .map(|received| {
        let (name, value) = cut(received, b'=');
        let value = value.unwrap_or_default();
        QueryPair {
            received,
            name,
            value,
        }
    })
}

/// What stands before the first `at`, and what stands behind it.
fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match memchr(at, text).and_then(|place| text.split_at_checked(place)) {
        Some((before, from)) => (before, from.get(1..)),
        None => (text, None),
    }
}

/// Whether an undecoded name stands for `name`.
pub(super) fn names(raw: &[u8], name: &str) -> bool {
    raw == name.as_bytes() || (raw.contains(&b'%') && decode(raw, Plus::Space) == name.as_bytes())
}

/// Decodes one value to text.
pub(super) fn text(raw: &[u8], name: &'static str) -> Result<String, BindingError> {
    String::from_utf8(decode(raw, Plus::Space)).map_err(|_| BindingError::NotUtf8(name))
}

/// Decodes one value that is base64, with white space anywhere and nothing else (rule A1).
pub(super) fn base64(raw: &[u8], plus: Plus, name: &'static str) -> Result<Vec<u8>, BindingError> {
    let mut text = decode(raw, plus);
    let mut decoded = STANDARD.decode(&text);
    if decoded.is_err() {
        text.retain(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        decoded = STANDARD.decode(&text);
    }
    decoded.map_err(|_| BindingError::NotBase64(name))
}

/// Percent-encodes a value for a query.
pub(super) fn encode(value: &str, out: &mut String) {
    out.extend(utf8_percent_encode(value, RESERVED));
}

/// Takes percent-encoding off. An incomplete escape stays as it is (WHATWG URL, 1.3).
fn decode(raw: &[u8], plus: Plus) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    loop {
        let special = match plus {
            Plus::Space => memchr2(b'%', b'+', rest),
            Plus::Plus => memchr(b'%', rest),
        };
        let (run, special) = rest.split_at(special.unwrap_or(rest.len()));
        out.extend_from_slice(run);
        let Some((first, after)) = special.split_first() else {
            return out;
        };
        let (byte, next) = match (first, after) {
            (b'%', [high, low, next @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, next),
                _ => (b'%', after),
            },
            (b'+', _) => (b' ', after),
            _ => (*first, after),
        };
        rest = next;
        out.push(byte);
    }
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
