//! Permission groups, and who put a user into one.
//!
//! Invariant: every grant has a source, and a source takes away only what it gave (rule F5).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::word::words;
use super::{CompanyId, ConnectionId, GroupId, UserId};

/// A permission group of a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its identifier.
    pub id: GroupId,
    /// The company that it belongs to.
    pub company_id: CompanyId,
    /// Its title, unique within the company.
    pub title: String,
    /// What its members may do.
    pub kind: GroupKind,
    /// "This group can only sign in via single sign-on" (rule F6).
    pub sso_only: bool,
    /// When it was added.
    pub created_at: OffsetDateTime,
}

impl Group {
    /// The title of the group that is made for administrators where a company has none.
    pub const ADMINISTRATORS: &'static str = "Administrators";
}

words! {
    /// What a group's members may do.
    pub enum GroupKind {
        /// They administer the company.
        Administrator = "administrator",
        /// They use the application.
        Member = "member",
    }
}

/// A user's membership in a group, from one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The member.
    pub user_id: UserId,
    /// The group.
    pub group_id: GroupId,
    /// Who gave it.
    pub source: GrantSource,
}

/// Who gave a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantSource {
    /// The group claim of a connection. Each sign-in through it adds and removes these, and no others.
    Idp(ConnectionId),
    /// Just-in-time provisioning through a connection: given once, when the account is made, and no sign-in takes it away.
    Jit(ConnectionId),
    /// An administrator.
    Administrator,
    /// The groups of a connection's directory. Its synchronisation adds and removes these, and a sign-in adds them.
    Directory(ConnectionId),
}

/// Text that is not a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the source of a grant")]
pub struct GrantSourceError;

impl fmt::Display for GrantSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idp(connection) => write!(f, "idp:{connection}"),
            Self::Jit(connection) => write!(f, "jit:{connection}"),
            Self::Administrator => f.write_str("administrator"),
            Self::Directory(connection) => write!(f, "directory:{connection}"),
        }
    }
}

impl FromStr for GrantSource {
    type Err = GrantSourceError;

    fn from_str(text: &str) -> Result<Self, GrantSourceError> {
        match text.split_once(':') {
            Some(("idp", id)) => id.parse().map(Self::Idp).map_err(|_| GrantSourceError),
            Some(("jit", id)) => id.parse().map(Self::Jit).map_err(|_| GrantSourceError),
            Some(("directory", id)) => id
                .parse()
                .map(Self::Directory)
                .map_err(|_| GrantSourceError),
            None if text == "administrator" => Ok(Self::Administrator),
            _ => Err(GrantSourceError),
        }
    }
}
