//! "Test the directory": what may be read of it, line by line, and the permission that is missing.
//!
//! Invariants: a line that is refused does not stop the others; what is not needed is no failure. The test asks with a new token,
//! because what was granted since the last one was given is not in it.

use super::{DirectoryError, OpenDirectory};
use crate::graph::{
    DirectoryGroup, DirectoryMember, DirectoryTenant, DirectoryUser, GraphPage, GraphRefusalKind,
    MemberKind, ObjectId,
};

/// What people and their names, addresses and state are read by.
const USERS: &str = "User.Read.All";
/// What groups and who is in them are read by.
const GROUPS: &str = "GroupMember.Read.All";
/// What both are read by.
const BOTH: &str = "User.Read.All and GroupMember.Read.All";

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryCheck {
    /// In the order in which they were asked.
    pub lines: Vec<DirectoryLine>,
}

/// One question of the test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryLine {
    /// What was asked.
    pub question: DirectoryQuestion,
    /// What came of it.
    pub outcome: DirectoryOutcome,
    /// What was found, in a sentence.
    pub found: String,
    /// What the administrator can do.
    pub advice: Option<String>,
}

/// What is asked, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryQuestion {
    /// A token for the application.
    Token,
    /// The tenant's name, and whether it is the right one.
    Tenant,
    /// A user, with the address and whether the sign-in is blocked.
    People,
    /// A group, with its name.
    Groups,
    /// Who is in that group.
    Members,
    /// The groups of the administrator who tests.
    OwnGroups,
}

/// What comes of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryOutcome {
    /// It is as it should be.
    Passed,
    /// A permission is missing: its exact name on Entra's page.
    Missing(&'static str),
    /// It is not readable, and not needed.
    NotNeeded,
    /// It was not asked, because there is nothing to ask about.
    NotAsked,
    /// It failed.
    Failed,
}

impl DirectoryQuestion {
    /// The words of its line.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Token => "Token",
            Self::Tenant => "Tenant",
            Self::People => "Users",
            Self::Groups => "Groups",
            Self::Members => "Members of a group",
            Self::OwnGroups => "Your own groups",
        }
    }
}

impl DirectoryOutcome {
    /// One word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Missing(_) => "permission missing",
            Self::NotNeeded => "not readable, not needed",
            Self::NotAsked => "not asked",
            Self::Failed => "failed",
        }
    }
}

impl DirectoryCheck {
    /// Whether the directory can be used.
    pub fn is_passed(&self) -> bool {
        !self.lines.iter().any(DirectoryLine::is_failure)
    }

    /// The permissions that are missing, each once.
    pub fn missing(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        for line in &self.lines {
            let names: &[&str] = match line.outcome {
                DirectoryOutcome::Missing(BOTH) => &[USERS, GROUPS],
                DirectoryOutcome::Missing(USERS) => &[USERS],
                DirectoryOutcome::Missing(_) => &[GROUPS],
                _ => &[],
            };
            for name in names {
                if !missing.contains(name) {
                    missing.push(*name);
                }
            }
        }
        missing
    }
}

impl DirectoryLine {
    const fn new(question: DirectoryQuestion, outcome: DirectoryOutcome, found: String) -> Self {
        Self {
            question,
            outcome,
            found,
            advice: None,
        }
    }

    fn passed(question: DirectoryQuestion, found: impl Into<String>) -> Self {
        Self::new(question, DirectoryOutcome::Passed, found.into())
    }

    fn not_asked(question: DirectoryQuestion, found: &str) -> Self {
        Self::new(question, DirectoryOutcome::NotAsked, found.to_owned())
    }

    fn missing(question: DirectoryQuestion, name: &'static str, found: impl Into<String>) -> Self {
        Self {
            advice: Some(add_permission(name)),
            ..Self::new(question, DirectoryOutcome::Missing(name), found.into())
        }
    }

    /// What went wrong: a permission, where Graph says so.
    fn of(question: DirectoryQuestion, name: &'static str, cause: &DirectoryError) -> Self {
        if cause.refusal_kind() == Some(GraphRefusalKind::Forbidden) {
            return Self::missing(question, name, cause.to_string());
        }
        Self {
            advice: cause.advice().map(str::to_owned),
            ..Self::new(question, DirectoryOutcome::Failed, cause.to_string())
        }
    }

    /// Whether something has to be done.
    pub const fn is_failure(&self) -> bool {
        matches!(
            self.outcome,
            DirectoryOutcome::Missing(_) | DirectoryOutcome::Failed
        )
    }
}

impl OpenDirectory<'_> {
    /// Tests the directory; `administrator` is the object ID of who asks, where it is of this tenant.
    pub async fn check(&self, administrator: Option<&ObjectId>) -> DirectoryCheck {
        self.forget_token().await;
        if let Err(cause) = self.token(None).await {
            let line = DirectoryLine::of(DirectoryQuestion::Token, USERS, &cause);
            return DirectoryCheck { lines: vec![line] };
        }
        let token = "The application is given a token.";
        let tenant = self.check_tenant().await;
        let people = self.check_people().await;
        let (groups, group) = self.check_groups().await;
        let lines = vec![
            DirectoryLine::passed(DirectoryQuestion::Token, token),
            tenant,
            people,
            groups,
            self.check_members(group.as_ref()).await,
            self.check_own_groups(administrator).await,
        ];
        DirectoryCheck { lines }
    }

    /// The token's address holds the tenant already, so that a refusal here says nothing against it.
    async fn check_tenant(&self) -> DirectoryLine {
        let question = DirectoryQuestion::Tenant;
        let page: Result<GraphPage<DirectoryTenant>, _> =
            self.page(&self.addresses.organization()).await;
        let expected = self.addresses.tenant().as_str();
        match page.map(|page| page.items.into_iter().next()) {
            Ok(Some(tenant)) if tenant.id.as_str() == expected => {
                let name = tenant.name.unwrap_or_else(|| expected.to_owned());
                DirectoryLine::passed(question, format!("It is the tenant {name}."))
            }
            Ok(Some(tenant)) => DirectoryLine {
                advice: Some(
                    "Check the tenant. In Entra ID: App registrations, the application, Overview: Directory (tenant) ID."
                        .to_owned(),
                ),
                ..DirectoryLine::new(
                    question,
                    DirectoryOutcome::Failed,
                    format!("It is another tenant: {}.", tenant.id),
                )
            },
            Err(cause) if cause.refusal_kind() != Some(GraphRefusalKind::Forbidden) => {
                DirectoryLine::of(question, USERS, &cause)
            }
            Ok(None) | Err(_) => DirectoryLine::new(
                question,
                DirectoryOutcome::NotNeeded,
                "The tenant's name is not readable, and not needed.".to_owned(),
            ),
        }
    }

    async fn check_people(&self) -> DirectoryLine {
        let question = DirectoryQuestion::People;
        let page: Result<GraphPage<DirectoryUser>, _> = self.page(&self.addresses.any_user()).await;
        match page {
            Err(cause) => DirectoryLine::of(question, USERS, &cause),
            Ok(page) => match page.items.first() {
                None => DirectoryLine::passed(question, "Users can be read; there is none."),
                // User.ReadBasic.All gives names and addresses, and not whether the sign-in is blocked.
                Some(user) if user.is_enabled.is_none() => DirectoryLine::missing(
                    question,
                    USERS,
                    "Users can be read, but not whether their sign-in is blocked.",
                ),
                Some(_) => DirectoryLine::passed(
                    question,
                    "Users can be read, and whether their sign-in is blocked.",
                ),
            },
        }
    }

    async fn check_groups(&self) -> (DirectoryLine, Option<ObjectId>) {
        let question = DirectoryQuestion::Groups;
        let page: Result<GraphPage<DirectoryGroup>, _> =
            self.page(&self.addresses.any_group()).await;
        match page {
            Err(cause) => (DirectoryLine::of(question, GROUPS, &cause), None),
            Ok(page) => match page.items.into_iter().next() {
                None => {
                    let found = "Groups can be read; there is none.";
                    (DirectoryLine::passed(question, found), None)
                }
                Some(group) => {
                    let found = "Groups can be read, with their names.";
                    (DirectoryLine::passed(question, found), Some(group.id))
                }
            },
        }
    }

    /// What may not be read of members comes as null: 200 and no error.
    async fn check_members(&self, group: Option<&ObjectId>) -> DirectoryLine {
        let question = DirectoryQuestion::Members;
        let Some(group) = group else {
            return DirectoryLine::not_asked(question, "There is no group to look into.");
        };
        let page: Result<GraphPage<DirectoryMember>, _> =
            self.page(&self.addresses.any_member(group)).await;
        let members = match page {
            Err(cause) => return DirectoryLine::of(question, GROUPS, &cause),
            Ok(page) => page.items,
        };
        let mut people = members.iter().filter(|it| it.kind == MemberKind::User);
        let has_people = people.clone().next().is_some();
        if has_people && people.all(|member| member.mail.is_none()) {
            return self.check_mails(question).await;
        }
        DirectoryLine::passed(question, "Who is in a group can be read.")
    }

    /// No member has an address: is that the permission, or has nobody a mailbox?
    async fn check_mails(&self, question: DirectoryQuestion) -> DirectoryLine {
        let page: Result<GraphPage<DirectoryUser>, _> = self.page(&self.addresses.any_user()).await;
        let may_read = page.is_ok_and(|page| page.items.iter().any(|it| it.is_enabled.is_some()));
        if may_read {
            return DirectoryLine::passed(
                question,
                "Who is in a group can be read. The member that was looked at has no mailbox.",
            );
        }
        DirectoryLine::missing(
            question,
            USERS,
            "Members come without their e-mail addresses: the permission is missing, not the addresses.",
        )
    }

    async fn check_own_groups(&self, administrator: Option<&ObjectId>) -> DirectoryLine {
        let question = DirectoryQuestion::OwnGroups;
        let Some(administrator) = administrator else {
            let found = "You are not signed in with an account of this tenant.";
            return DirectoryLine::not_asked(question, found);
        };
        match self.member_groups(administrator, false).await {
            Ok(groups) => {
                let found = format!("You are in {} groups of the directory.", groups.len());
                DirectoryLine::passed(question, found)
            }
            Err(cause) if cause.refusal_kind() == Some(GraphRefusalKind::NotFound) => {
                DirectoryLine::not_asked(question, "Your account is not in this directory.")
            }
            Err(cause) => DirectoryLine::of(question, BOTH, &cause),
        }
    }
}

fn add_permission(name: &str) -> String {
    format!(
        "In Entra ID: App registrations, the application, API permissions, Add a permission, Microsoft Graph, Application permissions: tick {name}. Then Grant admin consent, and wait a minute."
    )
}
