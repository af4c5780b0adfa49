//! An e-mail address: one ASCII addr-spec, nothing else.
//!
//! Invariant: two addresses are the same when their ASCII lower-case forms are equal. There is no Unicode folding and no
//! trimming anywhere (rule D7): the Kelvin sign lower-cases to "k" in Unicode, and would make two people one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Text that is not one e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address: it needs one address such as b.simon@example.com, in ASCII")]
pub struct EmailError;

/// An e-mail address as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form to compare: ASCII lower case.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The part behind the at sign, in ASCII lower case.
    pub fn domain(&self) -> String {
        self.0
            .rsplit_once('@')
            .map_or(String::new(), |(_, domain)| domain.to_ascii_lowercase())
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        // RFC 5322 addr-spec with a dot-atom on the left (a quoted local part is never a person's sign-in name) and host
        // labels on the right; RFC 5321 4.5.3.1 for the lengths.
        let (local, domain) = text.split_once('@').ok_or(EmailError)?;
        let atoms = local.len() <= 64
            && local
                .split('.')
                .all(|atom| !atom.is_empty() && atom.bytes().all(is_atext));
        let labels = domain.split('.').all(is_label);
        if text.len() <= 254 && atoms && labels {
            Ok(Self(text.to_owned()))
        } else {
            Err(EmailError)
        }
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// A host name's label: letters, digits and inner dashes.
pub(super) fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for text in [
            "b.simon@contoso.com",
            "B.Simon@Contoso.COM",
            "o'hara+x@sub.example.co.uk",
            "a@localhost",
            "guest_x#EXT#@contoso.onmicrosoft.com",
        ] {
            assert_eq!(text.parse::<Email>().unwrap().as_str(), text);
        }
        let email: Email = "B.Simon@Contoso.COM".parse().unwrap();
        assert_eq!(
            (email.key().as_str(), email.domain().as_str()),
            ("b.simon@contoso.com", "contoso.com")
        );
    }

    #[test]
    fn what_is_not_one_address() {
        for text in [
            "",
            "@",
            "a@",
            "@b.c",
            "a@b@c",
            " a@b.c",
            "a@b.c ",
            "a@b.c\n",
            "a@b.c,d@e.f",
            "a..b@c.d",
            ".a@b.c",
            "a.@b.c",
            "a@.b",
            "a@b.",
            "a@-b.c",
            "\"a\"@b.c",
            "a@[127.0.0.1]",
            "<a@b.c>",
            "a\0@b.c",
            "\u{212a}@b.c",
            "a@\u{212a}.c",
            "a@b\u{3002}c",
        ] {
            assert!(text.parse::<Email>().is_err(), "{text:?}");
        }
    }
}
