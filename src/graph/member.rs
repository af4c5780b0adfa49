//! Groups of a directory, and who is in them.

use super::fault::GraphFault;
use super::object_id::ObjectId;
use super::page::GraphItem;
use super::read;
use crate::jose::json::Object;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryGroup {
    /// The object ID.
    pub id: ObjectId,
    /// `displayName`, cut. It is not unique.
    pub name: Option<String>,
    /// `description`, cut.
    pub description: Option<String>,
    /// `securityEnabled`.
    pub is_security: Option<bool>,
    /// `mailEnabled`.
    pub is_mail_enabled: Option<bool>,
    /// `groupTypes`.
    pub types: Vec<String>,
    /// `onPremisesSyncEnabled`.
    pub is_on_premises: Option<bool>,
    /// `visibility`.
    pub visibility: Option<String>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryMember {
    /// The object ID.
    pub id: ObjectId,
    /// What it is.
    pub kind: MemberKind,
    /// `displayName`, cut. Without the permission for its kind it comes as null, as all that follows.
    pub display_name: Option<String>,
    /// `mail`.
    pub mail: Option<String>,
    /// `userPrincipalName`.
    pub principal_name: Option<String>,
    /// `accountEnabled`.
    pub is_enabled: Option<bool>,
}

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    User,
    Group,
    Device,
    ServicePrincipal,
    Contact,
    /// What we do not know, or what was not said.
    Other,
}

impl DirectoryGroup {
    /// What is asked of a group.
    pub(super) const MEMBERS: &str = "id,displayName,description,securityEnabled,mailEnabled,groupTypes,membershipRule,onPremisesSyncEnabled,visibility";

    /// Whether it is a Microsoft 365 group.
    pub fn is_unified(&self) -> bool {
        self.is_of_type("Unified")
    }

    /// Whether a rule says who is in it.
    pub fn is_dynamic(&self) -> bool {
        self.is_of_type("DynamicMembership")
    }

    /// Whether an empty list of its members may mean that they are hidden from us.
    pub fn hides_members(&self) -> bool {
        let hidden = |it: &str| it.eq_ignore_ascii_case("HiddenMembership");
        self.visibility.as_deref().is_some_and(hidden)
    }

    fn is_of_type(&self, name: &str) -> bool {
        self.types.iter().any(|it| it.eq_ignore_ascii_case(name))
    }
}

impl GraphItem for DirectoryGroup {
    fn read(object: &Object) -> Result<Self, GraphFault> {
        Ok(Self {
            id: read::id(object)?,
            name: read::shown(object, "displayName")?,
            description: read::shown(object, "description")?,
            is_security: read::boolean(object, "securityEnabled")?,
            is_mail_enabled: read::boolean(object, "mailEnabled")?,
            types: read::texts(object, "groupTypes")?,
            is_on_premises: read::boolean(object, "onPremisesSyncEnabled")?,
            visibility: read::shown(object, "visibility")?,
        })
    }
}

impl GraphItem for DirectoryMember {
    fn read(object: &Object) -> Result<Self, GraphFault> {
        Ok(Self {
            id: read::id(object)?,
            kind: MemberKind::read(object)?,
            display_name: read::shown(object, "displayName")?,
            mail: read::name(object, "mail")?,
            principal_name: read::name(object, "userPrincipalName")?,
            is_enabled: read::boolean(object, "accountEnabled")?,
        })
    }
}

impl MemberKind {
    pub(super) fn read(object: &Object) -> Result<Self, GraphFault> {
        let named = read::shown(object, "@odata.type")?;
        Ok(match named.as_deref() {
            Some("#microsoft.graph.user") => Self::User,
            Some("#microsoft.graph.group") => Self::Group,
            Some("#microsoft.graph.device") => Self::Device,
            Some("#microsoft.graph.servicePrincipal") => Self::ServicePrincipal,
            Some("#microsoft.graph.orgContact") => Self::Contact,
            _ => Self::Other,
        })
    }
}
