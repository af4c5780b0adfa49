//! Why metadata is refused, and what was left out of metadata that was accepted. Both are read by an administrator.

use crate::xml::XmlError;
use std::fmt::{self, Write as _};
use time::OffsetDateTime;

/// A refusal of a metadata document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Not XML, or XML that rule A3 excludes.
    #[error(
        "The file is not usable XML: {0}. Download it again and upload it unchanged. If it is the same then, whoever runs the identity provider has to mend it."
    )]
    Xml(#[from] XmlError),
    /// Its declaration names an encoding that nobody knows.
    #[error(
        "The file says that its encoding is \"{name}\", which is not known here. Save it as UTF-8, or give the metadata URL."
    )]
    UnknownEncoding {
        /// What it says.
        name: String,
    },
    /// It is not in the encoding that it marks or declares (rule A3).
    #[error(
        "The file says that its encoding is {name}, and holds octets that are not. Download it again and upload it unchanged."
    )]
    BrokenEncoding {
        /// The encoding.
        name: &'static str,
    },
    /// XML, but neither an `EntityDescriptor` nor an `EntitiesDescriptor`.
    #[error(
        "This is not SAML metadata: its outermost element is <{root}>. Give the federation metadata XML of the identity provider."
    )]
    NotMetadata {
        /// The name of the root element.
        root: String,
    },
    /// An entity ID is missing, empty or longer than 1024 characters (saml-metadata 2.3.2).
    #[error(
        "The entity ID of the identity provider is missing, empty or longer than 1024 characters."
    )]
    EntityId,
    /// No `IDPSSODescriptor` anywhere.
    #[error(
        "There is no identity provider in it. Give the metadata of the identity provider, not that of a service provider."
    )]
    NoIdentityProvider,
    /// Several identity providers and none was named.
    #[error("There are {} identity providers in it. Name the entity ID of the one you want: {}", entity_ids.len(), list_entity_ids(entity_ids))]
    SeveralIdentityProviders {
        /// Their entity IDs, in document order.
        entity_ids: Vec<String>,
    },
    /// The named entity ID is not among the identity providers.
    #[error(
        "No identity provider in it has the entity ID \"{wanted}\". It has: {}",
        list_entity_ids(entity_ids)
    )]
    UnknownEntity {
        /// The entity ID that was asked for.
        wanted: String,
        /// Those that are there.
        entity_ids: Vec<String>,
    },
    /// The same entity ID twice.
    #[error(
        "The entity ID \"{entity_id}\" appears more than once in it. Ask for a file that describes it once."
    )]
    DuplicateEntity {
        /// The entity ID.
        entity_id: String,
    },
    /// Entra's `common` document, whose entity ID holds a placeholder.
    #[error(
        "The common document belongs to no tenant: its entity ID is \"{entity_id}\". In Entra ID open the enterprise application, then Single sign-on, and copy its App Federation Metadata Url."
    )]
    TenantPlaceholder {
        /// The entity ID with the placeholder.
        entity_id: String,
    },
    /// `protocolSupportEnumeration` does not name SAML 2.0.
    #[error(
        "The identity provider \"{entity_id}\" does not offer SAML 2.0. It offers: {protocols}"
    )]
    NotSaml2 {
        /// The entity ID.
        entity_id: String,
        /// What it offers.
        protocols: String,
    },
    /// No signing key that may be used (rule B2).
    #[error(
        "The identity provider \"{entity_id}\" has no usable signing key.{}",
        reasons_text(reasons)
    )]
    NoSigningKey {
        /// The entity ID.
        entity_id: String,
        /// Why keys were dropped.
        reasons: Vec<String>,
    },
    /// No sign-on endpoint with the HTTP-Redirect or HTTP-POST binding at an acceptable URL.
    #[error(
        "The identity provider \"{entity_id}\" has no sign-on address that a browser can be sent to (HTTP-Redirect or HTTP-POST at an https URL).{}",
        reasons_text(reasons)
    )]
    NoSignOnEndpoint {
        /// The entity ID.
        entity_id: String,
        /// Why endpoints were dropped.
        reasons: Vec<String>,
    },
}

/// Something that was left out, or that needs attention soon, in metadata that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataWarning {
    /// A key was left out.
    KeyDropped {
        /// What it was for.
        key_use: KeyUse,
        /// Why.
        reason: String,
    },
    /// A certificate that is kept has expired or is not valid yet.
    CertificateNotInForce {
        /// What it is for.
        key_use: KeyUse,
        /// SHA-1 thumbprint of the certificate, in the form that Entra ID shows.
        sha1_thumbprint: String,
        /// SHA-256 thumbprint of the certificate, hexadecimal.
        thumbprint: String,
        /// Start of validity.
        not_before: OffsetDateTime,
        /// End of validity.
        not_after: OffsetDateTime,
        /// Whether its time is over; else it has not begun.
        has_expired: bool,
    },
    /// An endpoint was left out.
    EndpointDropped {
        /// Its URL, at most 200 characters of it.
        location: String,
        /// Why.
        reason: &'static str,
    },
    /// Entra's document of a whole tenant: all its keys are Microsoft's own, and none is an application's.
    WholeTenant,
    /// There is white space around the entity ID.
    SpaceAroundEntityId,
    /// `validUntil` has passed.
    Expired {
        /// When.
        valid_until: OffsetDateTime,
    },
    /// `validUntil` is not a date and time.
    UnreadableValidUntil {
        /// What is there, at most 200 characters of it.
        value: String,
    },
}

/// What a key is for (saml-metadata 2.4.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// Verifying signatures.
    Signing,
    /// Encrypting to the entity.
    Encryption,
    /// Both: the `KeyDescriptor` has no `use`.
    Both,
}

impl fmt::Display for KeyUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signing => "signing",
            Self::Encryption => "encryption",
            Self::Both => "signing and encryption",
        })
    }
}

impl fmt::Display for MetadataWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyDropped { key_use, reason } => {
                write!(f, "A key for {key_use} was left out: {reason}.")
            }
            Self::CertificateNotInForce {
                key_use,
                sha1_thumbprint,
                thumbprint,
                not_before,
                not_after,
                has_expired,
            } => {
                write!(
                    f,
                    "The certificate for {key_use} {sha1_thumbprint} (SHA-256 {}) ",
                    thumbprint.to_ascii_uppercase()
                )?;
                if *has_expired {
                    write!(f, "expired on {}", not_after.date())?;
                } else {
                    write!(f, "is not valid before {}", not_before.date())?;
                }
                f.write_str(match (key_use, has_expired) {
                    (KeyUse::Encryption, _) => ".",
                    (_, true) => ": every sign-in that it signs will be refused (rule B8). Make a new one at the identity provider.",
                    (_, false) => ": every sign-in that it signs will be refused until then (rule B8).",
                })
            }
            Self::EndpointDropped { location, reason } => {
                write!(f, "The address \"{location}\" was left out: {reason}.")
            }
            Self::WholeTenant => f.write_str(
                "This is the document of the whole Entra tenant: it has Microsoft's keys and no certificate of an application, so that every sign-in will be refused (rule B3). In Entra ID open the enterprise application, Single sign-on, and take its own Federation Metadata XML or App Federation Metadata Url, which ends with ?appid=…",
            ),
            Self::SpaceAroundEntityId => f.write_str(
                "There is white space around the entity ID. It is kept as it is written, and sign-ins may name the identity provider with it or without it. Better take it out at the identity provider.",
            ),
            Self::Expired { valid_until } => {
                write!(
                    f,
                    "The metadata was valid until {} only. Fetch a new copy.",
                    valid_until.date()
                )
            }
            Self::UnreadableValidUntil { value } => write!(
                f,
                "The metadata says that it is valid until \"{value}\", which is not a date and time."
            ),
        }
    }
}

fn reasons_text(reasons: &[String]) -> String {
    reasons.iter().fold(String::new(), |mut text, reason| {
        text.push(' ');
        text.push_str(reason);
        text
    })
}

/// The first twenty, for a message.
fn list_entity_ids(entity_ids: &[String]) -> String {
    const SHOWN: usize = 20;
    let mut text = entity_ids
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if let Some(more) = entity_ids.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = write!(text, " and {more} more");
    }
    text
}
