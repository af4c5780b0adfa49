//! Groups of a directory: what a synchronisation would do, its start, how far it is, what it found, and what waits for a word.
//!
//! Seeds 001-31 to 001-36. Invariants: every number is the database's, so that any node and a reload show the same; nothing is
//! applied before its preview was answered. Tests: `tests/it/console/directory.rs`.

use axum::extract::Path;
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;

use super::words::{counted, number};
use crate::console::{Banner, Console, ConsoleForm, Tone, tell_at};
use crate::domain::{
    Connection, ConnectionId, DirectoryCounts, GroupPlan, HeldRemoval, KnownDirectoryGroup,
    ObjectId, PlannedGroup, RemovalCount, SyncPhase, SyncResult, SyncState,
};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::routes::Routes;
use crate::site::Site;

const PAGE: &str = "/admin/groups";
/// Groups, and people without an address, that a page shows.
const SHOWN: u32 = 200;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route(
            "/admin/groups/directory/{id}/synchronise",
            post(synchronise),
        )
        .route("/admin/groups/directory/{id}/confirm", post(confirm))
}

/// A connection's directory on the page of permission groups.
#[derive(Debug)]
pub(super) struct DirectoryPanel {
    pub(super) id: ConnectionId,
    pub(super) name: String,
    /// That a round is under way, and how far it is.
    pub(super) running: Option<String>,
    pub(super) last: Option<LastRun>,
    pub(super) next_at: Option<Moment>,
    pub(super) remarks: Vec<String>,
    pub(super) preview: Option<PreviewView>,
    pub(super) held: Option<HeldView>,
    pub(super) counts: String,
    pub(super) groups: Vec<DirectoryGroupLine>,
    pub(super) more_groups: bool,
    pub(super) without_email: Vec<PersonWithoutEmail>,
    pub(super) more_people: bool,
}

/// How the last round ended.
#[derive(Debug)]
pub(super) struct LastRun {
    pub(super) at: Moment,
    pub(super) tone: &'static str,
    pub(super) word: &'static str,
    pub(super) text: String,
}

/// What the first synchronisation would do.
#[derive(Debug)]
pub(super) struct PreviewView {
    pub(super) add: Vec<PlannedGroup>,
    pub(super) clash: Vec<PlannedGroup>,
    pub(super) adopt: Vec<PlannedGroup>,
    pub(super) detach: Vec<PlannedGroup>,
}

/// Removals that wait.
#[derive(Debug)]
pub(super) struct HeldView {
    pub(super) question: String,
    pub(super) count: RemovalCount,
    pub(super) names: String,
}

#[derive(Debug)]
pub(super) struct DirectoryGroupLine {
    pub(super) object_id: String,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) source: &'static str,
}

#[derive(Debug)]
pub(super) struct PersonWithoutEmail {
    pub(super) object_id: String,
    pub(super) name: String,
}

/// The directories that are followed, each with what is known of it.
pub(super) async fn panels(console: &Console) -> Result<Vec<DirectoryPanel>, Error> {
    let mut panels = Vec::new();
    for ready in console.site.connections() {
        if is_followed(&ready.connection) {
            panels.push(DirectoryPanel::load(console, &ready.connection).await?);
        }
    }
    Ok(panels)
}

fn is_followed(connection: &Connection) -> bool {
    let directory = connection.settings.directory.as_deref();
    directory.is_some_and(|it| it.synchronise)
}

impl DirectoryPanel {
    async fn load(console: &Console, connection: &Connection) -> Result<Self, Error> {
        let (store, id) = (&console.app.desk, connection.id);
        let state = store.sync_state(id).await?;
        let counts = store.directory_counts(id).await?;
        let groups = store.linked_directory_groups(id, None, SHOWN).await?;
        let people = store.people_without_email(id, None, SHOWN).await?;
        let preview = match &state {
            Some(state) if state.has_preview() => {
                let plan = console.admin().synchronisation_preview(connection).await?;
                Some(PreviewView::of(plan))
            }
            _ => None,
        };
        let now = console.now();
        let is_under_way = |state: &&SyncState| state.is_under_way(now);
        Ok(Self {
            id,
            name: connection.display_name.clone(),
            running: state.as_ref().filter(is_under_way).map(progress),
            last: state.as_ref().and_then(LastRun::of),
            next_at: state.as_ref().map(|state| state.next_at.into()),
            remarks: state
                .as_ref()
                .map_or_else(Vec::new, |it| it.remarks.clone()),
            held: state
                .and_then(|state| state.held)
                .map(|held| HeldView::of(&held)),
            preview,
            counts: told(counts),
            more_groups: groups.next.is_some(),
            groups: groups.rows.iter().map(DirectoryGroupLine::of).collect(),
            more_people: people.next.is_some(),
            without_email: people
                .rows
                .into_iter()
                .map(|person| PersonWithoutEmail {
                    object_id: person.object_id.to_string(),
                    name: person.display_name,
                })
                .collect(),
        })
    }
}

/// How far a round is.
fn progress(state: &SyncState) -> String {
    let doing = match state.phase {
        SyncPhase::Idle => return "It begins within moments.".to_owned(),
        SyncPhase::Groups => "Groups are read",
        SyncPhase::People => "People are read",
        SyncPhase::Settling => "What is missing is looked for",
        SyncPhase::Applying => "What was read is applied",
    };
    format!(
        "{doing}. So far: {}, {}, {}.",
        counted(state.groups, "group", "groups"),
        counted(state.people, "person", "people"),
        counted(state.members, "membership", "memberships"),
    )
}

fn told(counts: DirectoryCounts) -> String {
    format!(
        "{} in the directory, {} of them here. {} in the directory, {} without an e-mail address.",
        counted(counts.groups, "group", "groups"),
        number(counts.linked),
        counted(counts.people, "person", "people"),
        number(counts.without_email),
    )
}

impl LastRun {
    fn of(state: &SyncState) -> Option<Self> {
        let (tone, word) = match state.last_result? {
            SyncResult::Done => ("good", "Done"),
            SyncResult::Previewed => ("info", "Read, not applied"),
            SyncResult::Held => ("warn", "Waits for your word"),
            SyncResult::Waiting => ("warn", "Waits for the directory"),
            SyncResult::Failed => ("bad", "Failed"),
        };
        Some(Self {
            at: state.last_at?.into(),
            tone,
            word,
            text: state.last_text.clone(),
        })
    }
}

impl PreviewView {
    fn of(plan: GroupPlan) -> Self {
        let group = |(group, _)| group;
        Self {
            add: plan.add,
            clash: plan.clash,
            adopt: plan.adopt.into_iter().map(group).collect(),
            detach: plan.detach.into_iter().map(group).collect(),
        }
    }
}

impl HeldView {
    fn of(held: &HeldRemoval) -> Self {
        let count = held.count;
        Self {
            count,
            question: format!(
                "The directory does not have a lot of what it had: {} would be deactivated, {} taken, {} left without their group of the directory. Is that meant?",
                counted(count.people, "user", "users"),
                counted(count.memberships, "membership", "memberships"),
                counted(count.groups, "permission group", "permission groups"),
            ),
            names: held.names.join(", "),
        }
    }
}

impl DirectoryGroupLine {
    fn of(known: &KnownDirectoryGroup) -> Self {
        Self {
            object_id: known.object_id.to_string(),
            name: known.name.clone(),
            href: known
                .group
                .map_or_else(String::new, |id| format!("{PAGE}/{id}")),
            source: match (known.is_gone, known.made) {
                (true, _) => "Gone in the directory",
                (false, true) => "Made by the directory",
                (false, false) => "Taken over",
            },
        }
    }
}

#[derive(Debug, Deserialize)]
struct StartForm {
    /// The groups that are the permission groups of the same title.
    #[serde(default)]
    adopt: Vec<String>,
}

/// `POST /admin/groups/directory/{id}/synchronise`
async fn synchronise(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, form): ConsoleForm<StartForm>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let connection = admin.connection(id).await?;
    let adopt: Result<Vec<ObjectId>, _> = form.adopt.iter().map(|id| id.parse()).collect();
    let adopt = adopt.map_err(|_| Error::NotFound)?;
    admin.start_synchronisation(&connection, &adopt).await?;
    tell_at(&console, PAGE, "The synchronisation begins within moments.")
}

/// `POST /admin/groups/directory/{id}/confirm`
async fn confirm(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, seen): ConsoleForm<RemovalCount>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let connection = admin.connection(id).await?;
    admin.confirm_removal(&connection, seen).await?;
    tell_at(
        &console,
        PAGE,
        "The removal is allowed. It begins within moments.",
    )
}

/// That a synchronisation is under way, on every page.
pub(in crate::console) async fn banners(console: &Console) -> Result<Vec<Banner>, Error> {
    let site: &Site = &console.site;
    if !site.connections().any(|it| is_followed(&it.connection)) {
        return Ok(Vec::new());
    }
    let states = console.app.desk.sync_states(console.company()).await?;
    let running = states
        .iter()
        .filter(|state| state.is_under_way(console.now()));
    let banner = |state: &SyncState| {
        let ready = site.connections();
        let ready = ready
            .map(|it| &it.connection)
            .find(|it| it.id == state.connection_id)?;
        Some(Banner {
            tone: Tone::Info,
            text: format!(
                "The directory of {} is being synchronised. {}",
                ready.display_name,
                progress(state)
            ),
            link: Some((PAGE.to_owned(), "User groups".to_owned())),
        })
    };
    Ok(running.filter_map(banner).collect())
}
