//! The ways in which a Response can differ from the usual one.

use super::{Encryption, IdpApp, IdpStatus, IdpUser, IssuedClaim, ResponseSpec, Signed, Tenant};
use crate::saml::encryption::{DataAlgorithm, KeyTransport};
use crate::saml::names;
use crate::saml::signature::{Hash, SignatureAlgorithm};
use std::str::FromStr;
use time::Duration;

/// The claim that lists groups.
const GROUPS: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups";
/// The claim that stands in for too many groups.
const GROUPS_LINK: &str = "http://schemas.microsoft.com/claims/groups.link";

/// A test variant of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Variant {
    /// Entra's default.
    #[default]
    SignedAssertion,
    /// "Sign SAML response".
    SignedResponse,
    /// "Sign SAML response and assertion".
    SignedBoth,
    /// AES-256-GCM, key by RSA-OAEP with SHA-1.
    Encrypted,
    /// AES-256-GCM, key by RSA-OAEP with SHA-256.
    EncryptedOaepSha256,
    /// AES-256-CBC inside a signed Response.
    EncryptedCbc,
    /// AES-256-CBC without a signature around it: must be refused (rule G2).
    EncryptedCbcUnsigned,
    /// With the groups of the user.
    Groups,
    /// With the link that stands in for more than 150 groups.
    GroupsOverage,
    /// A failure instead of an assertion.
    ErrorStatus,
    /// RSA-SHA1: must be refused (rule B4).
    Sha1,
    /// For another application: must be refused (rule D4).
    WrongAudience,
    /// Two hours old: must be refused (rule D3).
    Expired,
    /// As an answer to no request (rule E5).
    Unsolicited,
}

/// A name that no variant has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no test variant is called {0:?}")]
pub struct UnknownVariant(String);

impl Variant {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::SignedAssertion,
        Self::SignedResponse,
        Self::SignedBoth,
        Self::Encrypted,
        Self::EncryptedOaepSha256,
        Self::EncryptedCbc,
        Self::EncryptedCbcUnsigned,
        Self::Groups,
        Self::GroupsOverage,
        Self::ErrorStatus,
        Self::Sha1,
        Self::WrongAudience,
        Self::Expired,
        Self::Unsolicited,
    ];

    /// Its name in forms, queries and cookies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignedAssertion => "signed-assertion",
            Self::SignedResponse => "signed-response",
            Self::SignedBoth => "signed-both",
            Self::Encrypted => "encrypted",
            Self::EncryptedOaepSha256 => "encrypted-oaep-sha256",
            Self::EncryptedCbc => "encrypted-cbc",
            Self::EncryptedCbcUnsigned => "encrypted-cbc-unsigned",
            Self::Groups => "groups",
            Self::GroupsOverage => "groups-overage",
            Self::ErrorStatus => "error-status",
            Self::Sha1 => "sha1",
            Self::WrongAudience => "wrong-audience",
            Self::Expired => "expired",
            Self::Unsolicited => "unsolicited",
        }
    }

    /// What it does, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::SignedAssertion => "Sign the assertion (default)",
            Self::SignedResponse => "Sign the Response",
            Self::SignedBoth => "Sign the Response and the assertion",
            Self::Encrypted => "Encrypt: AES-256-GCM, RSA-OAEP",
            Self::EncryptedOaepSha256 => "Encrypt: AES-256-GCM, RSA-OAEP with SHA-256",
            Self::EncryptedCbc => "Encrypt: AES-256-CBC in a signed Response",
            Self::EncryptedCbcUnsigned => "Encrypt: AES-256-CBC, Response not signed (refused)",
            Self::Groups => "With groups",
            Self::GroupsOverage => "With more than 150 groups (a link instead)",
            Self::ErrorStatus => "An error status instead of an assertion",
            Self::Sha1 => "Sign with SHA-1 (refused)",
            Self::WrongAudience => "Wrong audience (refused)",
            Self::Expired => "Made two hours ago, expired since (refused)",
            Self::Unsolicited => "Answer no request (as if launched by the identity provider)",
        }
    }

    /// Whether it needs the application's encryption certificate.
    pub const fn encrypts(self) -> bool {
        matches!(
            self,
            Self::Encrypted
                | Self::EncryptedOaepSha256
                | Self::EncryptedCbc
                | Self::EncryptedCbcUnsigned
        )
    }

    /// Changes a Response accordingly. An encrypting variant leaves it in clear when the application has no certificate.
    #[must_use]
    pub fn apply(
        self,
        mut spec: ResponseSpec,
        tenant: &Tenant,
        user: &IdpUser,
        app: &IdpApp,
    ) -> ResponseSpec {
        let gcm = DataAlgorithm::Gcm(32);
        let cbc = DataAlgorithm::Cbc(32);
        let mut encrypt = |data, transport| {
            spec.encryption = app.recipient().map(|recipient| Encryption {
                recipient,
                data,
                transport,
            });
        };
        match self {
            Self::SignedAssertion => {}
            Self::SignedResponse => spec.signed = Signed::Response,
            Self::SignedBoth => spec.signed = Signed::Both,
            Self::Encrypted => encrypt(gcm, KeyTransport::OAEP_SHA1),
            Self::EncryptedOaepSha256 => encrypt(gcm, KeyTransport::OAEP_SHA256),
            Self::EncryptedCbcUnsigned => encrypt(cbc, KeyTransport::OAEP_SHA1),
            Self::EncryptedCbc => {
                encrypt(cbc, KeyTransport::OAEP_SHA1);
                spec.signed = Signed::Response;
            }
            Self::Groups => spec.attributes.push(IssuedClaim::new(GROUPS, &user.groups)),
            Self::GroupsOverage => spec.attributes.push(IssuedClaim::new(
                GROUPS_LINK,
                [format!(
                    "https://graph.windows.net/{}/users/{}/getMemberObjects",
                    tenant.id, user.object_id
                )],
            )),
            Self::ErrorStatus => {
                spec.status = IdpStatus::failure(
                    names::STATUS_REQUESTER,
                    names::STATUS_REQUEST_UNSUPPORTED,
                    format!(
                        "AADSTS50105: The user '{}' is not assigned to a role for the application '{}' ({}).",
                        user.principal_name, app.id, app.name
                    ),
                );
            }
            Self::Sha1 => {
                spec.algorithm = SignatureAlgorithm::Rsa(Hash::Sha1);
                spec.digest = Hash::Sha1;
            }
            Self::WrongAudience => {
                spec.audiences = vec!["https://another.example/sso/metadata".to_owned()];
            }
            Self::Expired => spec = spec.shifted(-Duration::hours(2)),
            Self::Unsolicited => spec.in_response_to = None,
        }
        spec
    }
}

impl FromStr for Variant {
    type Err = UnknownVariant;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|variant| variant.name() == name)
            .ok_or_else(|| UnknownVariant(name.to_owned()))
    }
}
