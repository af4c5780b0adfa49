//! `NameID`: the identity provider's name for a person.
//!
//! Invariant: it is kept as it came, with its qualifiers, so that a logout can say it back (rule D6).

use serde::{Deserialize, Serialize};

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

impl NameId {
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
