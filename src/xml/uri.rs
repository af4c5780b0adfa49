//! Namespace names: absolute URIs (RFC 3986; Namespaces in XML 1.0, section 2.2; rule A3).
//!
//! Invariant: what another reader would not take for a URI is none here either, and none has to be escaped in XML. Two things
//! that are legal are not taken, as no namespace has them: an IPv6 literal, and an ampersand, which libxml2 reads and writes in
//! another way than Canonical XML demands.

/// A character of a path: `pchar` or a slash.
const PATH: u8 = 1;
/// A character of a query or a fragment.
const QUERY: u8 = 2;
/// A character of the user's name in an authority.
const USER: u8 = 4;
/// A character of a registered name.
const HOST: u8 = 8;

/// What each octet may be part of; the percent sign is looked at on its own.
const PARTS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'!'
            | b'$'
            | b'\''
            | b'('
            | b')'
            | b'*'
            | b'+'
            | b','
            | b';'
            | b'=' => PATH | QUERY | USER | HOST,
            b':' => PATH | QUERY | USER,
            b'@' | b'/' => PATH | QUERY,
            b'?' => QUERY,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// Whether `text` starts with a scheme: it is no relative reference.
pub(super) fn is_absolute(text: &str) -> bool {
    scheme(text).is_some()
}

/// Whether `text` is a URI with a scheme.
pub(super) fn is_uri(text: &str) -> bool {
    let Some(rest) = scheme(text) else {
        return false;
    };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            if !is_authority(authority) {
                return false;
            }
            path
        }
        None => rest,
    };
    is_made_of(path, PATH) && is_made_of(query, QUERY) && is_made_of(fragment, QUERY)
}

/// What follows the scheme and its colon.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let good = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    good.then_some(rest)
}

/// `user@host:port`, the first and the last left out mostly.
fn is_authority(text: &str) -> bool {
    let (user, host) = text.split_once('@').unwrap_or(("", text));
    let (host, port) = host.split_once(':').unwrap_or((host, "0"));
    is_made_of(user, USER)
        && is_made_of(host, HOST)
        && (1..=5).contains(&port.len())
        && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_made_of(text: &str, part: u8) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let good = if byte == b'%' {
            let digits = [bytes.next(), bytes.next()];
            digits
                .iter()
                .all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit()))
        } else {
            PARTS[usize::from(byte)] & part != 0
        };
        if !good {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_uris_and_nothing_else() {
        for good in [
            "urn:oasis:names:tc:SAML:2.0:assertion",
            "http://www.w3.org/2000/09/xmldsig#",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims",
            "u:1",
            "u:",
            "urn:x?a=b;c",
            "https://user:x@host.example:8443/p;q=1/%7Ex?y#z",
            "tag:example.com,2005:x",
        ] {
            assert!(is_uri(good), "{good}");
        }
        for bad in [
            "",
            "x",
            "/x",
            "//host/x",
            "1:x",
            ":x",
            "u: x",
            "u:\u{e9}",
            "u:\u{FEFF}2",
            "u:%",
            "u:%2",
            "u:%zz",
            "u:<",
            "u:x?a&b",
            "u:\"",
            "u:{x}",
            "u:a\\b",
            "u:a^b",
            "u:a|b",
            "u:a`b",
            "u:[x]",
            "u:x#y#z",
            "http://host:port/",
            "http://host:/",
            "http://host:123456/",
            "http://[::1]/",
            "http://a@b@c/",
            "u:\t",
            "u:\u{7f}",
        ] {
            assert!(!is_uri(bad), "{bad}");
        }
    }
}
