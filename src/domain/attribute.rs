//! Further attributes of a person: what a directory says beside the fixed properties, kept for applications (seed 001-25).
//!
//! Invariants: a name is a plain word that is never taken for something else that applications are told; a value is whole text that can
//! be shown, or is not there; a sign-in leaves those that it brought, and no others. Tests: `tests/it/oidc_sign_in/mapping.rs`, `tests/it/sign_in/attributes.rs`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::is_unseen;

/// The most further attributes that a connection maps.
pub const MOST_ATTRIBUTES: usize = 16;
/// The longest value, in characters.
pub const LONGEST_ATTRIBUTE: usize = 256;
/// The longest name.
const LONGEST_NAME: usize = 32;

/// The fixed properties, and claims that applications know with a meaning of their own.
const RESERVED: [&str; 39] = [
    "email",
    "first_name",
    "last_name",
    "display_name",
    "company",
    "company_name",
    "object_id",
    "id",
    "preferred_username",
    "roles",
    "scope",
    "client_id",
    "cnf",
    "groups",
    "groups_overage",
    "iss",
    "aud",
    "sub",
    "iat",
    "nbf",
    "exp",
    "jti",
    "sid",
    "email_verified",
    "name",
    "given_name",
    "family_name",
    "org_id",
    "org_slug",
    "org_name",
    "groups_omitted",
    "connection",
    "auth_time",
    "amr",
    "acr",
    "act",
    "user",
    "nonce",
    "azp",
];

/// The further attributes of a person.
pub type Attributes = BTreeMap<AttributeName, String>;

/// The name of a further attribute: 1 to 32 of a-z, 0-9 and `_`, the first a letter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttributeName(String);

/// Text that cannot be such a name; said is what can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttributeNameError {
    /// Other characters, too many, or none.
    #[error("a name of 1 to {LONGEST_NAME} characters of a-z, 0-9 and _, the first a letter")]
    Shape,
    /// Applications would take it for something else.
    #[error("another name: this one has a meaning of its own for applications")]
    Reserved,
}

impl AttributeName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A value as it is kept; none for what is empty, too long, or cannot be shown. It is never cut: a part of it may be another's.
pub fn attribute_value(text: &str) -> Option<&str> {
    let text = text.trim();
    let fits =
        !text.is_empty() && text.chars().count() <= LONGEST_ATTRIBUTE && !text.contains(is_unseen);
    fits.then_some(text)
}

impl FromStr for AttributeName {
    type Err = AttributeNameError;

    fn from_str(text: &str) -> Result<Self, AttributeNameError> {
        if RESERVED.contains(&text) {
            return Err(AttributeNameError::Reserved);
        }
        Self::try_from(text.to_owned())
    }
}

/// What is stored was checked when somebody chose it: a name that is reserved since then does not make it unreadable.
impl TryFrom<String> for AttributeName {
    type Error = AttributeNameError;

    fn try_from(text: String) -> Result<Self, AttributeNameError> {
        let fits = text.len() <= LONGEST_NAME
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if fits {
            Ok(Self(text))
        } else {
            Err(AttributeNameError::Shape)
        }
    }
}

impl From<AttributeName> for String {
    fn from(name: AttributeName) -> Self {
        name.0
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_words_of_their_own() {
        for text in ["department", "employee_number", "a", "cost_center_2"] {
            assert_eq!(text.parse::<AttributeName>().unwrap().as_str(), text);
        }
        let long = "a".repeat(LONGEST_NAME + 1);
        for text in [
            "",
            "Department",
            "2nd",
            "_x",
            "a-b",
            "a.b",
            "é",
            "a b",
            &long,
        ] {
            let wrong = text.parse::<AttributeName>();
            assert_eq!(wrong, Err(AttributeNameError::Shape), "{text}");
        }
        for text in ["roles", "scope", "client_id", "cnf", "id"] {
            assert!(RESERVED.contains(&text), "{text}");
        }
        for text in RESERVED {
            let wrong = text.parse::<AttributeName>();
            assert_eq!(wrong, Err(AttributeNameError::Reserved), "{text}");
            serde_json::from_value::<AttributeName>(text.into()).unwrap();
        }
        assert!(serde_json::from_str::<AttributeName>("\"<b>\"").is_err());
    }

    #[test]
    fn values_are_whole_or_not_there() {
        let longest = "ü".repeat(LONGEST_ATTRIBUTE);
        assert_eq!(attribute_value(&longest), Some(&*longest));
        assert_eq!(attribute_value("  R & D "), Some("R & D"));
        let longer = format!("{longest}x");
        for text in ["", "  ", "a\u{7}b", "a\nb", "a\u{202e}b", &longer] {
            assert_eq!(attribute_value(text), None, "{text:?}");
        }
    }
}
