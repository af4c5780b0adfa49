//! A `NameID`, and the `EncryptedID` that may stand in its place (Core 2.2.2 to 2.2.4).
//!
//! Vectors: `name-*`. The other half, which compares a name with a session's, is `logout/principal.rs`.

use crate::saml::encryption::{self, Cover, DecryptionKey};
use crate::saml::error::{Checks, Rejection};
use crate::xml::Element;
use serde::{Deserialize, Serialize};

/// A `NameID`, word for word: logout needs it so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamlNameId {
    /// The name.
    pub value: String,
    /// Its format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The identity provider's qualifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_qualifier: Option<String>,
    /// Our qualifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sp_name_qualifier: Option<String>,
    /// The name that the service provider gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sp_provided_id: Option<String>,
}

impl SamlNameId {
    /// The name that an element says, word for word.
    pub(in crate::saml) fn from_element(element: Element<'_>, value: String) -> Self {
        let own = |name| element.attribute(name).map(str::to_owned);
        Self {
            value,
            format: own("Format"),
            name_qualifier: own("NameQualifier"),
            sp_name_qualifier: own("SPNameQualifier"),
            sp_provided_id: own("SPProvidedID"),
        }
    }

    /// Opens an `EncryptedID` (rules G). It stands in octets whose signature has verified, so that nobody can change it unnoticed.
    pub(in crate::saml) fn open(
        encrypted: Element<'_>,
        keys: &[DecryptionKey],
        checks: &mut Checks,
        read: impl FnOnce(Element<'_>, &mut Checks) -> Result<Self, Rejection>,
    ) -> Result<Self, Rejection> {
        let plain = encryption::decrypt(encrypted, keys, Cover::Signed, checks)?;
        let (name, _) = plain.read("NameID", checks, read)?;
        Ok(name)
    }
}
