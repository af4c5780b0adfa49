//! Percent-encoding and base64, as forms and queries use them.

use super::BindingError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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

/// The `name=value` pairs, undecoded, in order.
pub(super) fn pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let at = pair
                .iter()
                .position(|byte| *byte == b'=')
                .unwrap_or(pair.len());
            (
                pair.get(..at).unwrap_or_default(),
                pair.get(at + 1..).unwrap_or_default(),
            )
        })
}

/// Whether an undecoded name stands for `name`.
pub(super) fn names(raw: &[u8], name: &str) -> bool {
    raw == name.as_bytes()
        || (raw.contains(&b'%') && decode(raw, Plus::Space, |_| true) == name.as_bytes())
}

/// Decodes one value to text.
pub(super) fn text(raw: &[u8], name: &'static str) -> Result<String, BindingError> {
    String::from_utf8(decode(raw, Plus::Space, |_| true)).map_err(|_| BindingError::NotUtf8(name))
}

/// Decodes one value that is base64, with white space anywhere and nothing else (rule A1).
pub(super) fn base64(raw: &[u8], plus: Plus, name: &'static str) -> Result<Vec<u8>, BindingError> {
    let not_space = |byte: u8| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    STANDARD
        .decode(decode(raw, plus, not_space))
        .map_err(|_| BindingError::NotBase64(name))
}

/// Percent-encodes a value for a query.
pub(super) fn encode(value: &str, out: &mut String) {
    out.extend(utf8_percent_encode(value, RESERVED));
}

/// Takes percent-encoding off, keeping the octets that `keep` wants. An incomplete escape stays as it is (WHATWG URL, 1.3).
fn decode(raw: &[u8], plus: Plus, keep: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    loop {
        let (run, special) = rest.split_at(plain(rest, &keep));
        out.extend_from_slice(run);
        let Some((first, after)) = special.split_first() else {
            return out;
        };
        let (byte, next) = match (first, after) {
            (b'%', [high, low, next @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, next),
                _ => (b'%', after),
            },
            (b'+', _) if plus == Plus::Space => (b' ', after),
            _ => (*first, after),
        };
        rest = next;
        if keep(byte) {
            out.push(byte);
        }
    }
}

/// How many octets at the beginning stand for themselves. That is nearly all of a message, so whole blocks are looked at
/// without a branch for each octet.
fn plain(text: &[u8], keep: &impl Fn(u8) -> bool) -> usize {
    const BLOCK: usize = 32;
    let special = |byte: &u8| matches!(*byte, b'%' | b'+') || !keep(*byte);
    let blocks = text
        .chunks_exact(BLOCK)
        .take_while(|block| {
            !block
                .iter()
                .fold(false, |found, byte| found | special(byte))
        })
        .count();
    let (_, rest) = text.split_at(blocks * BLOCK);
    blocks * BLOCK + rest.iter().position(special).unwrap_or(rest.len())
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
