//! People of a directory.

use super::fault::GraphFault;
use super::object_id::ObjectId;
use super::page::GraphItem;
use super::read;
use crate::jose::json::Object;

/// A user, as far as we ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryUser {
    /// The object ID.
    pub id: ObjectId,
    /// `accountEnabled`: false blocks the sign-in. None where it was not asked for or may not be read.
    pub is_enabled: Option<bool>,
    /// `displayName`, cut.
    pub display_name: Option<String>,
    /// `givenName`, cut.
    pub given_name: Option<String>,
    /// `surname`, cut.
    pub surname: Option<String>,
    /// `mail`: none without a mailbox. It proves nothing (rule R2).
    pub mail: Option<String>,
    /// `userPrincipalName`: no e-mail address of a guest.
    pub principal_name: Option<String>,
    /// `userType`: `Member`, `Guest`, or what else there may be.
    pub user_type: Option<String>,
    /// `companyName`, cut.
    pub company_name: Option<String>,
    /// `otherMails`: users write some of them themselves.
    pub other_mails: Vec<String>,
    /// `externalUserState` of a guest: `PendingAcceptance`, `Accepted`.
    pub external_state: Option<String>,
    /// `deletedDateTime` of one that was deleted in the last 30 days, as it came.
    pub deleted_at: Option<String>,
}

/// What one user is looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserKey {
    /// The object ID.
    Id(ObjectId),
    /// The user principal name; it has an `@`.
    PrincipalName(String),
}

impl DirectoryUser {
    /// What is asked of a user.
    pub(super) const MEMBERS: &str = "id,accountEnabled,displayName,givenName,surname,mail,userPrincipalName,userType,companyName,otherMails,externalUserState";

    /// Whether it is a guest: invited, and of another directory or none.
    pub fn is_guest(&self) -> bool {
        let is_guest = |kind: &str| kind.eq_ignore_ascii_case("guest");
        let is_external = |name: &str| name.to_ascii_uppercase().contains("#EXT#");
        self.user_type.as_deref().is_some_and(is_guest)
            || self.principal_name.as_deref().is_some_and(is_external)
    }

    /// Whether its sign-in is known to be blocked.
    pub fn is_disabled(&self) -> bool {
        self.is_enabled == Some(false)
    }
}

impl GraphItem for DirectoryUser {
    fn read(object: &Object) -> Result<Self, GraphFault> {
        Ok(Self {
            id: read::id(object)?,
            is_enabled: read::boolean(object, "accountEnabled")?,
            display_name: read::shown(object, "displayName")?,
            given_name: read::shown(object, "givenName")?,
            surname: read::shown(object, "surname")?,
            mail: read::name(object, "mail")?,
            principal_name: read::name(object, "userPrincipalName")?,
            user_type: read::shown(object, "userType")?,
            company_name: read::shown(object, "companyName")?,
            other_mails: read::texts(object, "otherMails")?,
            external_state: read::shown(object, "externalUserState")?,
            deleted_at: read::shown(object, "deletedDateTime")?,
        })
    }
}

impl UserKey {
    /// Understands an object ID or a user principal name.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(id) = text.parse() {
            return Some(Self::Id(id));
        }
        let (name, domain) = text.rsplit_once('@')?;
        let is_whole = !name.is_empty() && !domain.is_empty() && text.len() <= 320;
        let is_plain = !text.contains(|c: char| c.is_control() || c.is_whitespace());
        (is_whole && is_plain).then(|| Self::PrincipalName(text.to_owned()))
    }
}
