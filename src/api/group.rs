//! A permission group, as the API tells it and takes it.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::json_body::present;
use super::user::GroupType;
use crate::admin::GroupText;
use crate::domain::Group;

/// A permission group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
pub(super) struct GroupOut {
    id: String,
    title: String,
    #[serde(rename = "type")]
    kind: GroupType,
    /// Its members can only sign in via single sign-on.
    sso_only: bool,
    /// How many users are in it, whoever put them there.
    members: u64,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// A permission group to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = NewGroup)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGroupIn {
    /// Unique within the company, in upper and lower case alike.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// `administrator` needs `admins:write`.
    #[serde(rename = "type", default = "member")]
    #[schema(default = "member")]
    pub(super) kind: GroupType,
    #[serde(default)]
    sso_only: bool,
}

/// What to change of a permission group. What is missing stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = GroupChange)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupChangeIn {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 200, nullable = false)]
    title: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "present")]
    #[schema(nullable = false)]
    kind: Option<GroupType>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    sso_only: Option<bool>,
}

fn member() -> GroupType {
    GroupType::Member
}

impl NewGroupIn {
    pub(super) fn text(self) -> GroupText {
        GroupText {
            title: self.title,
            kind: self.kind.into(),
            sso_only: self.sso_only,
        }
    }
}

impl GroupChangeIn {
    /// What a group has after the change.
    pub(super) fn on(self, group: &Group) -> GroupText {
        GroupText {
            title: self.title.unwrap_or_else(|| group.title.clone()),
            kind: self.kind.map_or(group.kind, Into::into),
            sso_only: self.sso_only.unwrap_or(group.sso_only),
        }
    }
}

impl GroupOut {
    pub(super) fn new(group: &Group, members: u64) -> Self {
        Self {
            id: group.id.to_string(),
            title: group.title.clone(),
            kind: group.kind.into(),
            sso_only: group.sso_only,
            members,
            created_at: group.created_at,
        }
    }
}
