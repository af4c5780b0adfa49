//! A user, as the API tells it and takes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::json_body::present;
use crate::admin::UserText;
use crate::domain::{Creation, GrantSource, Group, GroupKind, Identity, User};
use crate::store::{LostTrust, UserUse};

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct UserOut {
    id: String,
    email: String,
    first_name: String,
    last_name: String,
    company_name: String,
    /// What else the directory says of the user, by the names that connections map it to (`attributes.further.NAME`).
    attributes: BTreeMap<String, String>,
    /// Whether the user may sign in.
    active: bool,
    /// Whether a password is set. It is never told.
    has_password: bool,
    /// Whether a connection knows the user by an identity.
    bound: bool,
    /// Of a user who waits for the first single sign-on: the connection that it has to come through; null for the only enabled
    /// one.
    #[schema(required = true)]
    waits_for: Option<String>,
    created_by: CreatedBy,
    /// The permission groups, by title.
    groups: Vec<MembershipOut>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    deactivated_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    last_sign_in_at: Option<OffsetDateTime>,
}

/// A user's membership in a permission group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Membership)]
pub(super) struct MembershipOut {
    /// The group.
    id: String,
    title: String,
    #[serde(rename = "type")]
    kind: GroupType,
    /// Who put the user there. Each takes away its own word only.
    sources: Vec<SourceOut>,
}

/// Who put a user into a group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GrantSource)]
pub(super) struct SourceOut {
    by: SourceKind,
    /// Of `idp` and `jit`: the connection.
    #[schema(required = true)]
    connection: Option<String>,
}

/// Who put a user into a group: an administrator, an identity provider's group claim, the first sign-in, or a directory.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SourceKind {
    Administrator,
    Idp,
    Jit,
    Directory,
}

/// Who made a user.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CreatedBy {
    Jit,
    Administrator,
    Directory,
}

/// The type of a permission group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum GroupType {
    Administrator,
    Member,
}

/// By what a connection knows a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Identity)]
pub(super) struct IdentityOut {
    /// The connection.
    connection: String,
    /// The key that never changes, as the identity provider says it.
    subject: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// A user to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = NewUser)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUserIn {
    /// Unique within the company, in upper and lower case alike.
    #[schema(max_length = 254, format = "email")]
    pub(super) email: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub(super) first_name: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub(super) last_name: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub(super) company_name: String,
    /// Identifiers of permission groups. A group of administrators needs `admins:write`.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub(super) groups: Vec<String>,
    /// At least 15 characters. Without one the user waits for the first single sign-on.
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 15, max_length = 1024, nullable = false, write_only)]
    pub(super) password: Option<String>,
    /// Without a password: the identifier of the connection of the first single sign-on. Needed where several are enabled and the
    /// address's domain is assigned to none.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) connection: Option<String>,
}

/// What to change of a user. What is missing stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = UserChange)]
#[serde(deny_unknown_fields)]
pub(super) struct UserChangeIn {
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 254, format = "email", nullable = false)]
    email: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 200, nullable = false)]
    first_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 200, nullable = false)]
    last_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 200, nullable = false)]
    company_name: Option<String>,
    /// Of a user who waits for the first single sign-on: the identifier of the connection that it has to come through. Of any
    /// other user it is refused (409).
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) connection: Option<String>,
}

/// A password to set.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = NewPassword)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPasswordIn {
    /// At least 15 characters.
    #[schema(min_length = 15, max_length = 1024, write_only)]
    pub(super) password: String,
}

/// What would go with a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserDeletion)]
pub(super) struct DeletionOut {
    /// Live sessions.
    #[schema(minimum = 0)]
    sessions: i64,
    /// Connections that know the user.
    #[schema(minimum = 0)]
    identities: i64,
    /// Permission groups that the user is in.
    #[schema(minimum = 0)]
    groups: i64,
    /// Records of sign-ins of the user, and of refused ones that name the address.
    #[schema(minimum = 0)]
    attempts: i64,
}

impl From<UserUse> for DeletionOut {
    fn from(uses: UserUse) -> Self {
        Self {
            sessions: uses.sessions,
            identities: uses.identities,
            groups: uses.groups,
            attempts: uses.sign_ins,
        }
    }
}

/// A user after a change.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangedUser {
    #[serde(flatten)]
    user: UserOut,
    /// How many names by which connections knew the user were forgotten, because a token without `admins:write` has changed the
    /// address.
    #[schema(minimum = 0)]
    identities_removed: usize,
    /// How many sessions ended for the same reason.
    #[schema(minimum = 0)]
    sessions_ended: usize,
    /// Whether the user has lost the password for the same reason.
    password_removed: bool,
}

impl ChangedUser {
    pub(super) fn new(user: UserOut, lost: &LostTrust) -> Self {
        Self {
            user,
            identities_removed: lost.identities.len(),
            sessions_ended: lost.sessions,
            password_removed: lost.password,
        }
    }
}

/// What a membership has changed besides.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewMembership {
    /// Whether the user has lost the password: the user has become an administrator, and a token without `admins:write` had set
    /// it.
    pub(super) password_removed: bool,
}

/// How many sessions ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ended)]
pub(super) struct EndedSessions {
    pub(super) sessions_ended: u64,
}

impl UserChangeIn {
    /// What a user has after the change.
    pub(super) fn on(self, user: &User) -> UserText {
        let now = UserText::from_user(user);
        UserText {
            email: self.email.unwrap_or(now.email),
            first_name: self.first_name.unwrap_or(now.first_name),
            last_name: self.last_name.unwrap_or(now.last_name),
            company_name: self.company_name.unwrap_or(now.company_name),
        }
    }
}

impl UserOut {
    pub(super) fn new(user: &User, bound: bool, grants: &[(Group, GrantSource)]) -> Self {
        let mut groups: Vec<MembershipOut> = Vec::new();
        for (group, source) in grants {
            let id = group.id.to_string();
            if groups.last().is_none_or(|last| last.id != id) {
                groups.push(MembershipOut {
                    id,
                    title: group.title.clone(),
                    kind: group.kind.into(),
                    sources: Vec::new(),
                });
            }
            if let Some(last) = groups.last_mut() {
                last.sources.push(SourceOut::new(*source));
            }
        }
        Self {
            id: user.id.to_string(),
            email: user.email.to_string(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            company_name: user.company_name.clone(),
            attributes: user
                .attributes
                .iter()
                .map(|(name, value)| (name.to_string(), value.clone()))
                .collect(),
            active: user.disabled_at.is_none(),
            has_password: user.has_password,
            bound,
            waits_for: user
                .waits_for
                .filter(|_| user.waits(bound))
                .map(|id| id.to_string()),
            created_by: user.created_by.into(),
            groups,
            created_at: user.created_at,
            deactivated_at: user.disabled_at,
            last_sign_in_at: user.last_sign_in_at,
        }
    }
}

impl SourceOut {
    fn new(source: GrantSource) -> Self {
        let (by, connection) = match source {
            GrantSource::Administrator => (SourceKind::Administrator, None),
            GrantSource::Directory(connection) => (SourceKind::Directory, Some(connection)),
            GrantSource::Idp(connection) => (SourceKind::Idp, Some(connection)),
            GrantSource::Jit(connection) => (SourceKind::Jit, Some(connection)),
        };
        Self {
            by,
            connection: connection.map(|id| id.to_string()),
        }
    }
}

impl From<&Identity> for IdentityOut {
    fn from(identity: &Identity) -> Self {
        Self {
            connection: identity.connection_id.to_string(),
            subject: identity.subject.clone(),
            created_at: identity.created_at,
        }
    }
}

impl From<GroupKind> for GroupType {
    fn from(kind: GroupKind) -> Self {
        match kind {
            GroupKind::Administrator => Self::Administrator,
            GroupKind::Member => Self::Member,
        }
    }
}

impl From<GroupType> for GroupKind {
    fn from(kind: GroupType) -> Self {
        match kind {
            GroupType::Administrator => Self::Administrator,
            GroupType::Member => Self::Member,
        }
    }
}

impl From<Creation> for CreatedBy {
    fn from(creation: Creation) -> Self {
        match creation {
            Creation::Jit => Self::Jit,
            Creation::Administrator => Self::Administrator,
            Creation::Directory => Self::Directory,
        }
    }
}

impl From<CreatedBy> for Creation {
    fn from(created_by: CreatedBy) -> Self {
        match created_by {
            CreatedBy::Jit => Self::Jit,
            CreatedBy::Administrator => Self::Administrator,
            CreatedBy::Directory => Self::Directory,
        }
    }
}
