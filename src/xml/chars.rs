//! Characters, names and references (XML 1.0 fifth edition, sections 2.2, 2.3, 4.1).
//!
//! Rule A3. Tests: `tests/it/xml/strict.rs`.

use super::error::XmlErrorKind;
use std::borrow::Cow;

/// White space, production `S`.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// `text` without leading white space.
pub(super) fn trim_start(text: &str) -> &str {
    let end = text
        .bytes()
        .position(|byte| !is_space(byte))
        .unwrap_or(text.len());
    text.get(end..).unwrap_or_default()
}

/// `text` without trailing white space.
pub(super) fn trim_end(text: &str) -> &str {
    let end = text
        .bytes()
        .rposition(|byte| !is_space(byte))
        .map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

/// `text` before and after the first `byte`, which is ASCII.
pub(super) fn split_at_byte(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|found| found == byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The offset of the first character that production `Char` excludes.
pub(super) fn forbidden_char(input: &str) -> Option<usize> {
    let bytes = input.as_bytes();
    // One vectorised look first: control characters and the lead byte of U+FFFE and U+FFFF are rare.
    let suspicious = bytes
        .iter()
        .map(|byte| u8::from(*byte < 0x20) + u8::from(*byte == 0xEF))
        .fold(0, |any, one| any | one)
        != 0;
    if !suspicious {
        return None;
    }
    bytes.iter().enumerate().find_map(|(at, byte)| {
        let forbidden = match byte {
            0..=0x1F => !is_space(*byte),
            0xEF => matches!(bytes.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])),
            _ => false,
        };
        forbidden.then_some(at)
    })
}

/// Whether two short names are the same, without a call: most comparisons of names are of a few bytes.
#[inline]
pub(super) fn same_name(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).all(|(a, b)| a == b)
}

/// Whether `name` is an `NCName` (Namespaces in XML 1.0): a name without a colon.
pub fn is_ncname(name: &str) -> bool {
    if let [first, rest @ ..] = name.as_bytes()
        && name.is_ascii()
    {
        return matches!(first, b'A'..=b'Z' | b'a'..=b'z' | b'_')
            && rest.iter().all(|byte| ASCII_NAME[usize::from(*byte)]);
    }
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

/// The same, but that a digit may come first, as it does in ten of sixteen UUIDs.
pub fn is_ncname_or_digit_first(name: &str) -> bool {
    match name.strip_prefix(|first: char| first.is_ascii_digit()) {
        Some(rest) => rest.chars().all(is_name_char),
        None => is_ncname(name),
    }
}

/// What an attribute's value cannot hold as it is.
const SPECIAL_IN_VALUE: [bool; 256] = {
    let mut table = [false; 256];
    table[b'&' as usize] = true;
    table[b'<' as usize] = true;
    table[b'\t' as usize] = true;
    table[b'\n' as usize] = true;
    table[b'\r' as usize] = true;
    table
};

/// The ASCII characters of a name.
const ASCII_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] =
            matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
        byte += 1;
    }
    table
};

/// Splits a qualified name into prefix (empty when there is none) and local part.
pub(super) fn split_qname(name: &str) -> Result<(&str, &str), XmlErrorKind> {
    let (prefix, local) = match name
        .bytes()
        .position(|byte| byte == b':')
        .map(|at| name.split_at(at))
    {
        Some((prefix, local)) if is_ncname(prefix) => (prefix, local.get(1..).unwrap_or_default()),
        Some(_) => return Err(XmlErrorKind::Name),
        None => ("", name),
    };
    if is_ncname(local) {
        Ok((prefix, local))
    } else {
        Err(XmlErrorKind::Name)
    }
}

/// What the reference `&name;` stands for.
pub(super) fn resolve_reference(name: &str) -> Result<char, XmlErrorKind> {
    match name {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        _ => {}
    }
    let digits = name.strip_prefix('#').ok_or(XmlErrorKind::Entity)?;
    let code = match digits.strip_prefix('x') {
        Some(hex) if !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u32::from_str_radix(hex, 16)
        }
        None if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse()
        }
        _ => return Err(XmlErrorKind::Entity),
    };
    let character = code
        .ok()
        .and_then(char::from_u32)
        .ok_or(XmlErrorKind::Entity)?;
    let allowed = match character {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        other => other >= ' ',
    };
    if allowed {
        Ok(character)
    } else {
        Err(XmlErrorKind::ForbiddenCharacter)
    }
}

/// Literal text with line ends normalised (section 2.11).
pub(super) fn normalize_line_ends(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// An attribute's value, normalised as CDATA (sections 2.11 and 3.3.3).
pub(super) fn attribute_value(raw: &str) -> Result<Cow<'_, str>, XmlErrorKind> {
    if !raw.bytes().any(|byte| SPECIAL_IN_VALUE[usize::from(byte)]) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '<', '\t', '\n', '\r']) {
        let (plain, special) = rest.split_at(at);
        value.push_str(plain);
        rest = if let Some(reference) = special.strip_prefix('&') {
            let (name, after) = reference.split_once(';').ok_or(XmlErrorKind::Entity)?;
            value.push(resolve_reference(name)?);
            after
        } else if special.starts_with('<') {
            return Err(XmlErrorKind::Malformed("'<' in an attribute value"));
        } else {
            value.push(' ');
            special
                .strip_prefix("\r\n")
                .or_else(|| special.get(1..))
                .unwrap_or_default()
        };
    }
    value.push_str(rest);
    Ok(Cow::Owned(value))
}

const fn is_name_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | 'a'..='z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

const fn is_name_char(character: char) -> bool {
    is_name_start(character)
        || matches!(character,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}
