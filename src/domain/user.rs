//! A user of a company, and the identities by which a connection finds it again.
//!
//! Invariant: an e-mail address (in ASCII lower case) belongs to at most one user of a company, and a subject at a
//! connection to at most one user.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::word::words;
use super::{Attributes, CompanyId, ConnectionId, Email, UserId};

/// The longest name or title, in characters: of a person, a group, a company.
pub const LONGEST_NAME: usize = 200;

/// How a name begins that another provider gave a user before the connection changed to its present one: it is put away, and leads to
/// nobody (rule R1). The SHA-256 of that provider's issuer follows, `/`, and the name.
pub const PUT_AWAY: &str = "iss:";

/// What stands before the name of a further attribute in the audit log.
pub const OF_ATTRIBUTE: &str = "attributes.";

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its identifier.
    pub id: UserId,
    /// The company that it belongs to.
    pub company_id: CompanyId,
    /// Its e-mail address as it was given.
    pub email: Email,
    /// First name, or empty.
    pub first_name: String,
    /// Last name, or empty.
    pub last_name: String,
    /// The company's name as the directory says it, or empty.
    pub company_name: String,
    /// What else its directory says of it, for applications.
    #[serde(default)]
    pub attributes: Attributes,
    /// Who made the account.
    pub created_by: Creation,
    /// Whether a password is set. The hash itself never leaves the store but for its check.
    pub has_password: bool,
    /// The connection through which an account that waits for its first sign-in may come; none is the only enabled one. It says
    /// nothing about an account that waits no more.
    pub waits_for: Option<ConnectionId>,
    /// When it was deactivated; such a user never gets in (rule F4).
    pub disabled_at: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last signed in.
    pub last_sign_in_at: Option<OffsetDateTime>,
}

impl User {
    /// Whether the account waits for its first sign-in, or for the first since it was unlinked; `bound` is whether a connection
    /// knows it.
    pub fn waits(&self, bound: bool) -> bool {
        let is_awaited = self.created_by == Creation::Administrator || self.waits_for.is_some();
        is_awaited && !self.has_password && !bound
    }

    /// What an administrator says about it, by the names of the audit log and the API.
    pub fn texts(&self) -> Value {
        json!({
            "email": self.email,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "company_name": self.company_name,
        })
    }

    /// The same with what only claims say, for the audit log.
    pub fn claimed_texts(&self) -> Value {
        let mut texts = self.texts();
        for (name, value) in &self.attributes {
            texts[format!("{OF_ATTRIBUTE}{name}")] = json!(value);
        }
        texts
    }
}

words! {
    /// Who made an account.
    pub enum Creation {
        /// A first sign-in through single sign-on.
        Jit = "jit",
        /// An administrator, in the console or by command.
        Administrator = "administrator",
        /// A directory's synchronisation.
        Directory = "directory",
    }
}

words! {
    /// Who set a password.
    pub enum PasswordBy {
        /// The user.
        Own = "own",
        /// Somebody who may change administrators: in the console, by command, or by a token with `admins:write`.
        Administrator = "administrator",
        /// Any other token, or whoever had the password of one and set another. Such a password never opens an administrator's account.
        Token = "token",
    }
}

/// The immutable key of a user at a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user_id: UserId,
    /// The connection whose identity provider knows the user by the subject.
    pub connection_id: ConnectionId,
    /// The connection's identity key (see `Profile::subject`).
    pub subject: String,
    /// When the user was bound to it.
    pub created_at: OffsetDateTime,
}
