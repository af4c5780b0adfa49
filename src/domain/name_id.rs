//! `NameID`: the identity provider's name for a person.
//!
//! Invariant: it is kept as it came, with its qualifiers, so that a logout can say it back (rule D6).

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::Email;

/// `NameID` format of an e-mail address.
pub const EMAIL_ADDRESS: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
/// What some identity providers send for [`EMAIL_ADDRESS`] (rule D7).
pub const EMAIL_ADDRESS_OF_2_0: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:emailAddress";
/// `NameID` format of a value that is another one each time.
pub const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/// A `NameID` element as it came (Core 2.2.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameId {
    /// Its text.
    pub value: String,
    /// `Format`.
    pub format: Option<String>,
    /// `NameQualifier`.
    pub name_qualifier: Option<String>,
    /// `SPNameQualifier`.
    pub sp_name_qualifier: Option<String>,
    /// `SPProvidedID`.
    pub sp_provided_id: Option<String>,
}

/// What a name without a format has (Core 2.2.2).
const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
/// What the formats of SAML begin with; a key leaves it out.
const FORMATS: [&str; 2] = [
    "urn:oasis:names:tc:SAML:1.1:nameid-format:",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:",
];

impl NameId {
    /// The address, when the format says that it is one (rule F2). No other format names an e-mail account.
    pub fn email(&self) -> Option<Email> {
        if self.is_email() {
            self.value.parse().ok()
        } else {
            None
        }
    }

    /// The key of the name among those of one identity provider (Core 8.3.7): format, qualifier and value.
    ///
    /// A qualifier that says what holds without it (the identity provider itself) is left out, and so is that of the service
    /// provider: it can only be ours.
    pub(super) fn key(&self, identity_provider: &str) -> String {
        let format = self.format_in_key();
        let value = self.compared();
        match self.name_qualifier.as_deref() {
            Some(qualifier) if qualifier != identity_provider => {
                format!("name_id({format};{}):{value}", escaped(qualifier))
            }
            _ => format!("name_id({format}):{value}"),
        }
    }

    /// The keys that earlier versions may have kept of it: by the value alone, of the format that the connection had then, or of any.
    pub(super) fn old_keys(&self) -> [String; 2] {
        let value = self.compared();
        [
            format!("name_id({};*):{value}", self.format_in_key()),
            format!("name_id(*):{value}"),
        ]
    }

    /// The same address in other case is the same address (rule D7); directories change the case of sign-in names.
    fn compared(&self) -> Cow<'_, str> {
        if self.is_email() {
            self.value.to_ascii_lowercase().into()
        } else {
            self.value.as_str().into()
        }
    }

    fn format_in_key(&self) -> String {
        let format = self.format.as_deref().unwrap_or(UNSPECIFIED);
        match FORMATS.iter().find_map(|known| format.strip_prefix(known)) {
            Some(short) => escaped(short),
            None => format!("={}", escaped(format)),
        }
    }

    /// A name without qualifiers.
    pub fn new(value: impl Into<String>, format: Option<&str>) -> Self {
        Self {
            value: value.into(),
            format: format.map(str::to_owned),
            name_qualifier: None,
            sp_name_qualifier: None,
            sp_provided_id: None,
        }
    }

    /// Whether its format says that it is an e-mail address.
    pub fn is_email(&self) -> bool {
        matches!(
            self.format.as_deref(),
            Some(EMAIL_ADDRESS | EMAIL_ADDRESS_OF_2_0)
        )
    }

    /// Whether a value is this name's: to the letter, but for the case of an e-mail address (rule D7).
    pub fn has_value(&self, value: &str) -> bool {
        self.value == value || (self.is_email() && self.value.eq_ignore_ascii_case(value))
    }
}

/// Text in which no sign of a key can hide.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut all, c| {
        match c {
            '%' | '(' | ')' | ';' | '*' | '=' => {
                let _ = write!(all, "%{:02x}", u32::from(c));
            }
            other => all.push(other),
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

    #[test]
    fn a_key_holds_format_qualifier_and_value() {
        let mut name = NameId::new("Simon@Contoso.com", Some(EMAIL_ADDRESS));
        assert_eq!(name.key("idp"), "name_id(emailAddress):simon@contoso.com");
        name.format = Some(EMAIL_ADDRESS_OF_2_0.to_owned());
        assert_eq!(name.key("idp"), "name_id(emailAddress):simon@contoso.com");
        name.format = Some(PERSISTENT.to_owned());
        assert_eq!(name.key("idp"), "name_id(persistent):Simon@Contoso.com");
        name.name_qualifier = Some("idp".to_owned());
        assert_eq!(name.key("idp"), "name_id(persistent):Simon@Contoso.com");
        assert_eq!(
            name.key("other"),
            "name_id(persistent;idp):Simon@Contoso.com"
        );
        name.name_qualifier = Some("a;b):*".to_owned());
        assert_eq!(
            name.key("idp"),
            "name_id(persistent;a%3bb%29:%2a):Simon@Contoso.com"
        );
        let unspecified = NameId::new("x", Some(UNSPECIFIED));
        assert_eq!(unspecified.key(""), NameId::new("x", None).key(""));
        assert_ne!(
            NameId::new("x", Some("unspecified")).key(""),
            unspecified.key("")
        );
    }

    #[test]
    fn only_one_format_is_an_address() {
        for (format, is_one) in [
            (Some(EMAIL_ADDRESS), true),
            (Some(EMAIL_ADDRESS_OF_2_0), true),
            (Some(PERSISTENT), false),
            (Some(UNSPECIFIED), false),
            (Some("emailAddress"), false),
            (None, false),
        ] {
            let name = NameId::new("simon@contoso.com", format);
            assert_eq!(name.email().is_some(), is_one, "{format:?}");
        }
    }
}
