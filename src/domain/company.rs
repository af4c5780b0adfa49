//! A company: a customer with its own sign-in site. ("Tenant" always means an Entra tenant.)
//!
//! Invariant: a company has a public origin. Every address that an identity provider or a browser is told comes from it,
//! never from a request.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{CompanyId, ConnectionName, Logo, Origin};

/// A customer: one or more host names, one entity ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// Its identifier.
    pub id: CompanyId,
    /// Its short name in commands and in the session's description.
    pub slug: Slug,
    /// Its name for people.
    pub name: String,
    /// The public origin, which makes the entity ID.
    pub origin: Origin,
    /// Further origins that lead to the same site.
    pub aliases: Vec<Origin>,
    /// Origins of applications that a sign-in may return to (rule E3).
    pub return_origins: Vec<Origin>,
    /// Where a sign-in without a target ends: a path of the site or an allowed absolute URL.
    pub landing: Option<String>,
    /// The organisation that SP metadata names.
    pub organization: Option<Organization>,
    /// The technical contact that SP metadata names.
    pub contact: Option<Contact>,
    /// Whether identity providers are offered our encryption key (rule G2): AD FS and Okta encrypt as soon as they see one.
    pub encrypted_assertions: bool,
    /// What its pages show; it is changed apart from the rest.
    pub logo: Option<Logo>,
    /// When it was added.
    pub created_at: OffsetDateTime,
    /// Since when its site is closed; none for a company that is served.
    pub suspended_at: Option<OffsetDateTime>,
    /// The store's change counter at its last change, of itself, its connections or its groups.
    pub revision: i64,
}

/// The organisation in SP metadata (Metadata 2.3.2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// Its formal name.
    pub name: String,
    /// Its name for people.
    pub display_name: String,
    /// Its web address.
    pub url: String,
}

/// The technical contact in SP metadata (Metadata 2.3.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// A person's or a team's name.
    pub name: Option<String>,
    /// Its e-mail address.
    pub email: String,
}

impl Company {
    /// All origins, the public one first.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        std::iter::once(&self.origin).chain(&self.aliases)
    }

    /// The entity ID, which is also the address of the SP metadata.
    pub fn entity_id(&self) -> String {
        self.address("/sso/metadata")
    }

    /// The assertion consumer service.
    pub fn acs_url(&self) -> String {
        self.address("/sso/acs")
    }

    /// The single logout service.
    pub fn slo_url(&self) -> String {
        self.address("/sso/slo")
    }

    /// A redirect URI of a connection that speaks OpenID Connect (rule L8).
    pub fn callback_url(&self, code: &str) -> String {
        self.address(&format!("/sso/oidc/callback/{code}"))
    }

    /// Where a provider's tile begins a sign-in through a connection (rule L9).
    pub fn initiate_url(&self, connection: &ConnectionName) -> String {
        self.address(&format!("/sso/oidc/initiate/{connection}"))
    }

    /// Where a provider loads a page to sign somebody out (rule T3).
    pub fn front_channel_url(&self, connection: &ConnectionName) -> String {
        self.address(&format!("/sso/oidc/logout/{connection}"))
    }

    /// Where a provider posts that somebody signed out (rule T4).
    pub fn back_channel_url(&self, connection: &ConnectionName) -> String {
        self.address(&format!("/sso/oidc/backchannel/{connection}"))
    }

    /// Where a provider sends a browser that has signed out there (rule T2).
    pub fn signed_out_url(&self) -> String {
        self.address("/sso/oidc/signed-out")
    }

    /// The sign-on URL, which the My Apps tile opens.
    pub fn sign_on_url(&self) -> String {
        self.address("/")
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

/// Text that is not a slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a company's short name has 1 to 63 characters of a-z, 0-9 and -")]
pub struct SlugError;

/// A company's short name: 1 to 63 characters of a-z, 0-9 and dash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

impl Slug {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        if is_short_name(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SlugError)
        }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Slug {
    type Error = SlugError;

    fn try_from(text: String) -> Result<Self, SlugError> {
        text.parse()
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

pub(super) fn is_short_name(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        assert!("acme-2".parse::<Slug>().is_ok());
        for text in ["", "Acme", "a_b", "a.b", "ä", &"a".repeat(64)] {
            assert!(text.parse::<Slug>().is_err(), "{text}");
        }
    }
}
