//! Identity providers in, service providers out (saml-metadata-2.0).
//!
//! Invariant: an [`IdpMetadata`] has at least one signing key that this crate accepts and at least one sign-on endpoint
//! that a browser may be sent to; what was left out on the way is named in a [`MetadataWarning`].
//!
//! Tests: `tests/it/metadata.rs` in, `tests/it/sp_metadata.rs` out. What a connection takes of it is the room `import`.

mod encoding;
mod error;
mod idp;
mod keys;
mod location;
mod sp;

pub use error::{KeyUse, MetadataError, MetadataWarning};
pub use idp::{IdpMetadata, ParsedMetadata};
pub use location::check_location;
pub use sp::{ContactKind, MetadataContact, SpMetadata, UiInfo, UiLogo};

use serde::{Deserialize, Serialize};

/// Where an entity takes messages of one binding (saml-metadata 2.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The binding's URI, as in [`names`](super::names).
    pub binding: String,
    /// Where requests go: an absolute URL.
    pub location: String,
    /// Where responses go, when that is another place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_location: Option<String>,
}

/// A text in one language (saml-metadata 2.2.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Localized {
    /// The language tag of `xml:lang`.
    pub lang: String,
    /// The text or URL.
    pub value: String,
}

impl Localized {
    /// A text in English.
    pub fn english(value: impl Into<String>) -> Self {
        Self {
            lang: "en".to_owned(),
            value: value.into(),
        }
    }
}

/// Who runs an entity (saml-metadata 2.3.2.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataOrganization {
    /// Names that a machine may use.
    pub names: Vec<Localized>,
    /// Names for people.
    pub display_names: Vec<Localized>,
    /// Pages about the organisation.
    pub urls: Vec<Localized>,
}

/// A domain that an identity provider speaks for (Shibboleth metadata extension).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainScope {
    /// The domain, or a pattern.
    pub value: String,
    /// Whether the value is a regular expression.
    pub regexp: bool,
}
