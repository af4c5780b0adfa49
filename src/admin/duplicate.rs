//! What another one has already.

use crate::domain::{ConnectionName, DomainName, Email};

/// What has to be unique within the company, and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Duplicate {
    /// Another user has the address.
    #[error("Another user has the address {0} already.")]
    Email(Email),
    /// Another group has the title.
    #[error("There is a permission group \"{0}\" already.")]
    GroupTitle(String),
    /// Another group has this title, in other letters.
    #[error("There is a permission group \"{0}\", which differs in upper and lower case only.")]
    GroupTitleByCase(String),
    /// Another connection has the short name.
    #[error("Another connection is called \"{0}\" already.")]
    ConnectionName(ConnectionName),
    /// The company has the domain.
    #[error("The company has the domain {0} already.")]
    Domain(DomainName),
    /// Another token has the name.
    #[error(
        "Another token has this name. Choose one that tells them apart in the audit log, or revoke the other one."
    )]
    TokenName,
}

impl Duplicate {
    /// The field that has to be unique, as forms and the API call it.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::GroupTitle(_) | Self::GroupTitleByCase(_) => "title",
            Self::ConnectionName(_) | Self::TokenName => "name",
            Self::Domain(_) => "domain",
        }
    }
}
