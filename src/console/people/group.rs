//! One permission group: its title and sign-in, its members.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::group_form::GroupFields;
use super::words::{
    ConnectionNames, PageNumbers, counted, id, kind_text, kinds, name_of, number, page_number,
};
use crate::admin::{Added, GroupText, Problems, Refused};
use crate::console::confirmation::{self, promotes};
use crate::console::{
    Console, ConsoleForm, ConsoleFrame, Item, Section, tell_at, tell_at_with, unprocessable_page,
};
use crate::domain::{GrantSource, Group, GroupId, GroupKind, UserId};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::store::{GroupUse, ListedUser, USERS_A_PAGE};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/groups/{id}", get(show).post(save))
        .route("/admin/groups/{id}/members", post(add_member))
        .route("/admin/groups/{id}/members/remove", post(remove_member))
}

#[derive(Debug, Template)]
#[template(path = "console/people/group.html")]
struct GroupPage {
    frame: ConsoleFrame,
    href: String,
    is_administrator: bool,
    sso_only_now: bool,
    title: String,
    kinds: Vec<Item>,
    sso_only: bool,
    version: String,
    problems: Problems,
    /// What was typed to add a member.
    email: String,
    changed: Option<GroupConflict>,
    uses: Vec<GroupUseLine>,
    total: String,
    members: Vec<MemberLine>,
    pages: PageNumbers,
}

#[derive(Debug)]
struct GroupConflict {
    by: String,
    at: Moment,
    title: String,
    kind: &'static str,
    sso_only: bool,
}

#[derive(Debug)]
pub(super) struct GroupUseLine {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) how: String,
}

#[derive(Debug)]
pub(super) struct MemberLine {
    id: String,
    pub(super) href: String,
    pub(super) name: String,
    pub(super) email: String,
    is_active: bool,
    pub(super) sources: Vec<String>,
    by_hand: bool,
    pub(super) by_others: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MemberSearch {
    page: String,
}

/// `GET /admin/groups/{id}`
async fn show(
    console: Console,
    Path(group): Path<String>,
    Query(asked): Query<MemberSearch>,
) -> Result<Response, Error> {
    let page = GroupPage::of(&console, id(&group)?, page_number(&asked.page)).await?;
    Ok(Page::new(page).into_response())
}

/// `POST /admin/groups/{id}`
async fn save(
    Path(group): Path<String>,
    ConsoleForm(console, fields): ConsoleForm<GroupFields>,
) -> Result<Response, Error> {
    let group: GroupId = id(&group)?;
    let text = fields.text();
    let admin = console.admin();
    if fields.sure.is_empty()
        && let Some(question) = promotion(&console, group, &fields, &text).await?
    {
        return Ok(question);
    }
    match admin.edit_group(group, &fields.version, &text).await {
        Ok((_, lost)) => {
            console.changed().await?;
            let told = match lost {
                0 => "Saved.".to_owned(),
                _ => format!(
                    "Saved. {} lost a password that an API token had set: set new ones.",
                    counted(lost as u64, "new administrator", "new administrators")
                ),
            };
            tell_at_with(
                &console,
                &format!("/admin/groups/{group}"),
                &told,
                ("/admin/groups", "All permission groups"),
            )
        }
        Err(refused @ (Refused::Invalid(_) | Refused::Taken(_))) => {
            let mut page = GroupPage::of(&console, group, 1).await?;
            page.version = fields.version;
            page.problems = refused.problems();
            Ok(unprocessable_page(page.typed(text)).into_response())
        }
        Err(Refused::Changed { by, at }) => {
            let (now, _) = console.admin().group(group).await?;
            let mut page = GroupPage::of(&console, group, 1).await?;
            page.changed = Some(GroupConflict {
                by,
                at: at.into(),
                title: now.title,
                kind: kind_text(now.kind),
                sso_only: now.sso_only,
            });
            let page = Page::new(page.typed(text)).with_status(StatusCode::CONFLICT);
            Ok(page.into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// Asks once more, when a group with members is to become one of administrators.
async fn promotion(
    console: &Console,
    id: GroupId,
    fields: &GroupFields,
    text: &GroupText,
) -> Result<Option<Response>, Error> {
    if text.kind != GroupKind::Administrator {
        return Ok(None);
    }
    let (group, version) = console.admin().group(id).await?;
    // What cannot be saved as it is is told instead.
    if group.kind == GroupKind::Administrator || version != fields.version {
        return Ok(None);
    }
    let members = console.app.desk.count_members(id).await?;
    let title = match members {
        0 => return Ok(None),
        1 => "Make its member an administrator?".to_owned(),
        many => format!("Make all {} members administrators?", number(many)),
    };
    let href = format!("/admin/groups/{id}");
    let mut sent = vec![
        ("version", fields.version.clone()),
        ("title", text.title.clone()),
        ("kind", text.kind.as_str().to_owned()),
    ];
    sent.extend(text.sso_only.then(|| ("sso_only", "on".to_owned())));
    let question = confirmation::Confirmation {
        title,
        group: &group,
        action: href.clone(),
        fields: sent,
        button: "Make administrators",
        cancel: href,
    };
    Ok(Some(question.page(console)))
}

#[derive(Debug, Deserialize)]
struct NewMember {
    email: String,
    /// That it makes an administrator was read, and is meant.
    #[serde(default)]
    sure: String,
}

/// `POST /admin/groups/{id}/members`
async fn add_member(
    Path(group): Path<String>,
    ConsoleForm(console, new): ConsoleForm<NewMember>,
) -> Result<Response, Error> {
    let group: GroupId = id(&group)?;
    let email = new.email.trim();
    let store = &console.app.desk;
    let Some(user) = store.user_by_email(console.company(), email).await? else {
        let mut page = GroupPage::of(&console, group, 1).await?;
        page.problems.add(
            "email",
            if email.is_empty() {
                "Write the e-mail address of a user."
            } else {
                "No user has this address. Create the user first."
            },
        );
        page.email = new.email;
        return Ok(unprocessable_page(page).into_response());
    };
    let href = format!("/admin/groups/{group}");
    if new.sure.is_empty() {
        let (wanted, _) = console.admin().group(group).await?;
        if promotes(&console, user.id, &wanted).await? {
            let question = confirmation::Confirmation {
                title: confirmation::of_one(&name_of(&user)),
                group: &wanted,
                action: format!("{href}/members"),
                fields: vec![("email", new.email)],
                button: "Make an administrator",
                cancel: href,
            };
            return Ok(question.page(&console));
        }
    }
    let email = &user.email;
    let told = match console.admin().add_to_group(user.id, group).await? {
        Added::Now => format!("Added {email}."),
        Added::WithoutPassword => format!(
            "Added {email}, whose password is gone, because an API token had set it: set a new one."
        ),
        Added::Already => format!("{email} was in the group already."),
    };
    tell_at(&console, &href, &told)
}

#[derive(Debug, Deserialize)]
struct OldMember {
    user: String,
}

/// `POST /admin/groups/{id}/members/remove`
async fn remove_member(
    Path(group): Path<String>,
    ConsoleForm(console, old): ConsoleForm<OldMember>,
) -> Result<Response, Error> {
    let group: GroupId = id(&group)?;
    let user: UserId = id(&old.user)?;
    let told = if console.admin().take_from_group(user, group).await? {
        "Removed from the group."
    } else {
        "No administrator had put this user into the group."
    };
    tell_at(&console, &format!("/admin/groups/{group}"), told)
}

impl GroupPage {
    async fn of(console: &Console, id: GroupId, page: u32) -> Result<Self, Error> {
        let (group, version) = console.admin().group(id).await?;
        let store = &console.app.desk;
        let connections = ConnectionNames::of(console);
        let listed = store.list_members(console.company(), id, page).await?;
        let uses = console
            .site
            .connections()
            .filter_map(|ready| GroupUse::from_connection(&ready.connection, id));
        let href = format!("/admin/groups/{id}");
        let pages = PageNumbers::of(page, USERS_A_PAGE, &listed, |page| {
            format!("{href}?page={page}")
        });
        Ok(Self {
            frame: console.frame(Section::Users, group.title.as_str()),
            is_administrator: group.kind == GroupKind::Administrator,
            sso_only_now: group.sso_only,
            kinds: kinds(group.kind),
            sso_only: group.sso_only,
            version,
            problems: Problems::default(),
            email: String::new(),
            changed: None,
            uses: uses.map(|of| group_use_line(&of)).collect(),
            total: counted(listed.total.at_least(), "member", "members"),
            members: listed
                .rows
                .iter()
                .map(|row| member(row, &group, &connections))
                .collect(),
            pages,
            href,
            title: group.title,
        })
    }

    /// With what was typed in place of what is there.
    fn typed(mut self, text: GroupText) -> Self {
        self.title = text.title;
        self.kinds = kinds(text.kind);
        self.sso_only = text.sso_only;
        self
    }
}

pub(super) fn group_use_line(of: &GroupUse) -> GroupUseLine {
    let mapped = match of.values.len() {
        0 => None,
        1 => of
            .values
            .first()
            .map(|value| format!("The group claim {value} puts users into it")),
        count => Some(format!("{count} group claims put users into it")),
    };
    let jit = of
        .jit
        .then(|| "New accounts come into it (Just-In-Time User Provisioning)".to_owned());
    let how: Vec<String> = jit.into_iter().chain(mapped).collect();
    GroupUseLine {
        href: format!("/admin/connections/{}", of.connection),
        name: of.display_name.clone(),
        how: how.join(". "),
    }
}

pub(super) fn member(
    listed: &ListedUser,
    group: &Group,
    connections: &ConnectionNames,
) -> MemberLine {
    let sources: Vec<GrantSource> = listed
        .grants
        .iter()
        .filter(|(of, _)| of.id == group.id)
        .map(|(_, source)| *source)
        .collect();
    let by_hand = sources.contains(&GrantSource::Administrator);
    MemberLine {
        id: listed.user.id.to_string(),
        href: format!("/admin/users/{}", listed.user.id),
        name: name_of(&listed.user),
        email: listed.user.email.to_string(),
        is_active: listed.user.disabled_at.is_none(),
        by_hand,
        by_others: sources.len() > usize::from(by_hand),
        sources: sources
            .iter()
            .map(|source| connections.source(*source))
            .collect(),
    }
}
