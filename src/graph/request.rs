//! What is asked: a method, an address, headers and a body; not how.
//!
//! Invariants: every text of others stands in an address percent-encoded and in a filter with its quotes doubled; what reads the
//! index that lags behind says so (`ConsistencyLevel`); always `v1.0`.

use serde_json::{Value, json};

use super::address::{GraphAddresses, GraphLink, encode};
use super::member::DirectoryGroup;
use super::object_id::ObjectId;
use super::person::{DirectoryUser, UserKey};

/// The most groups that one question may ask a user's membership in.
pub const MOST_CHECKED_GROUPS: usize = 20;
/// The most objects that one question may ask the names of.
pub const MOST_NAMED: usize = 1_000;
/// The most objects that one delta query can follow.
pub const MOST_FOLLOWED: usize = 50;
/// The most items of a page.
const FULL: &str = "$top=999";
/// What a search answers at most.
pub const MOST_FOUND: usize = 25;
/// What is looked for is cut to so many characters.
const LONGEST_SEARCH: usize = 120;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphRequest {
    url: String,
    body: Option<String>,
    is_eventual: bool,
}

impl GraphRequest {
    fn get(addresses: &GraphAddresses, rest: &str) -> Self {
        Self {
            url: addresses.at(rest),
            body: None,
            is_eventual: false,
        }
    }

    fn post(addresses: &GraphAddresses, rest: &str, body: &Value) -> Self {
        Self {
            body: Some(body.to_string()),
            ..Self::get(addresses, rest)
        }
    }

    fn eventual(self) -> Self {
        Self {
            is_eventual: true,
            ..self
        }
    }

    /// The page that a link of this question's answer leads to: with the same headers, which are not remembered.
    #[must_use]
    pub fn following(&self, link: &GraphLink) -> Self {
        Self {
            url: link.as_str().to_owned(),
            body: None,
            is_eventual: self.is_eventual,
        }
    }

    /// A link that was kept: the changes since then.
    pub fn kept(link: &GraphLink) -> Self {
        Self {
            url: link.as_str().to_owned(),
            body: None,
            is_eventual: false,
        }
    }

    /// The address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The JSON to POST; none is a GET.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// What stands in the header `ConsistencyLevel`, where it is needed.
    pub const fn consistency_level(&self) -> Option<&'static str> {
        if self.is_eventual {
            Some("eventual")
        } else {
            None
        }
    }
}

/// People.
impl GraphAddresses {
    /// One user.
    pub fn user(&self, key: &UserKey) -> GraphRequest {
        let which = match key {
            UserKey::Id(id) => format!("users/{id}"),
            // A `$` at the beginning would be a word of the query language.
            UserKey::PrincipalName(name) if name.starts_with('$') => {
                format!("users('{}')", encode(&doubled(name)))
            }
            UserKey::PrincipalName(name) => format!("users/{}", encode(name)),
        };
        GraphRequest::get(self, &format!("{which}?$select={}", DirectoryUser::MEMBERS))
    }

    /// The users whose `mail` is this: none, one, or several.
    pub fn users_by_mail(&self, mail: &str) -> GraphRequest {
        let filter = format!("mail eq '{}'", doubled(mail));
        GraphRequest::get(self, &filtered("users", &filter, 5))
    }

    /// The users with this among all their addresses. It reads the index that lags behind.
    pub fn users_by_any_address(&self, mail: &str) -> GraphRequest {
        let filter = format!("proxyAddresses/any(p:p eq 'smtp:{}')", doubled(mail));
        let rest = format!("{}&$count=true", filtered("users", &filter, 5));
        GraphRequest::get(self, &rest).eventual()
    }

    /// The users whose name or e-mail address begins with these words.
    pub fn search_users(&self, text: &str) -> GraphRequest {
        let text: String = text.trim().chars().take(LONGEST_SEARCH).collect();
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        let search = format!("\"displayName:{text}\" OR \"mail:{text}\"");
        let rest = format!(
            "users?$search={}&$select={}&$top={MOST_FOUND}",
            encode(&search),
            DirectoryUser::MEMBERS
        );
        GraphRequest::get(self, &rest).eventual()
    }

    /// All users.
    pub fn users(&self) -> GraphRequest {
        let rest = format!("users?$select={}&{FULL}", DirectoryUser::MEMBERS);
        GraphRequest::get(self, &rest)
    }

    /// One user, whoever it is: to see what may be read.
    pub fn any_user(&self) -> GraphRequest {
        GraphRequest::get(self, "users?$top=1&$select=id,mail,accountEnabled")
    }

    /// Users that were deleted in the last 30 days.
    pub fn deleted_users(&self) -> GraphRequest {
        let rest = "directory/deletedItems/microsoft.graph.user?$select=id,displayName,mail,userPrincipalName,deletedDateTime&$top=999";
        GraphRequest::get(self, rest)
    }

    /// One object that was deleted in the last 30 days.
    pub fn deleted_item(&self, id: &ObjectId) -> GraphRequest {
        GraphRequest::get(self, &format!("directory/deletedItems/{id}"))
    }
}

/// Groups, and who is in them.
impl GraphAddresses {
    /// The groups of a user, also through other groups: security groups alone, or Microsoft 365 groups as well. Decisions are
    /// made with this, because it does not lag.
    pub fn member_groups(&self, user: &ObjectId, security_only: bool) -> GraphRequest {
        self.member_question(user, "getMemberGroups", security_only)
    }

    /// The same with roles and administrative units.
    pub fn member_objects(&self, user: &ObjectId, security_only: bool) -> GraphRequest {
        self.member_question(user, "getMemberObjects", security_only)
    }

    fn member_question(&self, user: &ObjectId, name: &str, security_only: bool) -> GraphRequest {
        let body = json!({"securityEnabledOnly": security_only});
        GraphRequest::post(self, &format!("users/{user}/{name}"), &body)
    }

    /// In which of these groups a user is, also through other groups; what is beyond [`MOST_CHECKED_GROUPS`] is not asked.
    pub fn check_member_groups(&self, user: &ObjectId, groups: &[ObjectId]) -> GraphRequest {
        let groups = groups.iter().take(MOST_CHECKED_GROUPS);
        let body = json!({"groupIds": groups.map(ObjectId::as_str).collect::<Vec<_>>()});
        GraphRequest::post(self, &format!("users/{user}/checkMemberGroups"), &body)
    }

    /// The groups of a user as objects. It reads the index that lags behind: nobody is shut out by it.
    pub fn groups_of(&self, user: &ObjectId) -> GraphRequest {
        let rest = format!(
            "users/{user}/transitiveMemberOf/microsoft.graph.group?$select=id,displayName&{FULL}&$count=true"
        );
        GraphRequest::get(self, &rest).eventual()
    }

    /// The same, and whatever else the user is in: for an application that may read groups alone.
    pub fn memberships_of(&self, user: &ObjectId) -> GraphRequest {
        let rest = format!("users/{user}/transitiveMemberOf?$select=id,displayName&{FULL}");
        GraphRequest::get(self, &rest)
    }

    /// All groups.
    pub fn groups(&self) -> GraphRequest {
        let rest = format!("groups?$select={}&{FULL}", DirectoryGroup::MEMBERS);
        GraphRequest::get(self, &rest)
    }

    /// One group, whichever it is.
    pub fn any_group(&self) -> GraphRequest {
        GraphRequest::get(self, "groups?$top=1&$select=id,displayName")
    }

    /// The direct members of a group, of every kind.
    pub fn members(&self, group: &ObjectId) -> GraphRequest {
        let rest = format!(
            "groups/{group}/members?$select=id,displayName,mail,userPrincipalName,accountEnabled&{FULL}"
        );
        GraphRequest::get(self, &rest)
    }

    /// One direct member.
    pub fn any_member(&self, group: &ObjectId) -> GraphRequest {
        let rest = format!("groups/{group}/members?$top=1&$select=id,mail");
        GraphRequest::get(self, &rest)
    }

    /// The users in a group and in the groups in it. It reads the index that lags behind.
    pub fn transitive_users(&self, group: &ObjectId) -> GraphRequest {
        let rest = format!(
            "groups/{group}/transitiveMembers/microsoft.graph.user?$count=true&$select=id,displayName,mail,userPrincipalName,accountEnabled&{FULL}"
        );
        GraphRequest::get(self, &rest).eventual()
    }

    /// The groups with these IDs; what is beyond [`MOST_NAMED`] is not asked.
    pub fn groups_by_ids(&self, ids: &[ObjectId]) -> GraphRequest {
        let ids = ids.iter().take(MOST_NAMED).map(ObjectId::as_str);
        let body = json!({"ids": ids.collect::<Vec<_>>(), "types": ["group"]});
        GraphRequest::post(self, "directoryObjects/getByIds", &body)
    }
}

/// Changes, and the tenant.
impl GraphAddresses {
    /// A full round of all users, which ends in a delta link.
    pub fn users_delta(&self) -> GraphRequest {
        GraphRequest::get(
            self,
            "users/delta?$select=id,accountEnabled,displayName,givenName,surname,mail,userPrincipalName,userType",
        )
    }

    /// A full round of all groups and their direct members.
    pub fn groups_delta(&self) -> GraphRequest {
        GraphRequest::get(
            self,
            "groups/delta?$select=displayName,description,securityEnabled,mailEnabled,groupTypes,visibility,members",
        )
    }

    /// The same of a few groups; what is beyond [`MOST_FOLLOWED`] is not followed.
    pub fn groups_delta_of(&self, ids: &[ObjectId]) -> GraphRequest {
        let each = ids.iter().take(MOST_FOLLOWED);
        let each: Vec<_> = each.map(|id| format!("id eq '{id}'")).collect();
        let all = self.groups_delta();
        GraphRequest {
            url: format!("{}&$filter={}", all.url, encode(&each.join(" or "))),
            ..all
        }
    }

    /// The tenant.
    pub fn organization(&self) -> GraphRequest {
        GraphRequest::get(self, "organization?$select=id,displayName,verifiedDomains")
    }
}

fn filtered(what: &str, filter: &str, most: usize) -> String {
    format!(
        "{what}?$filter={}&$select={}&$top={most}",
        encode(filter),
        DirectoryUser::MEMBERS
    )
}

/// A text between quotes (`OData` 4.01, ABNF `string`).
fn doubled(text: &str) -> String {
    text.replace('\'', "''")
}
