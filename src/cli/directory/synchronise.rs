//! `directory synchronise` and `status`: what a synchronisation would do, its start, how far it is.

use serde_json::{Value, json};

use super::{NamedDirectory, settings};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::{Output, timestamp};
use crate::domain::{ObjectId, PlannedGroup, SyncResult};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Synchronise {
    #[command(flatten)]
    named: NamedDirectory,
    /// The first time: the object ID of a group that is the permission group of the same title; several times for several
    #[arg(long, value_name = "OBJECT_ID")]
    adopt: Vec<String>,
    /// Allow the removals that wait for a word
    #[arg(long)]
    confirm_removal: bool,
}

impl Synchronise {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, connection) = self.named.find(installation).await?;
        settings(&company, &connection)?;
        let admin = installation.admin(company.id).await?;
        if self.confirm_removal {
            // Who has a shell here has just read `status`, or decides anew.
            let state = installation.store.sync_state(connection.id).await?;
            let held = state.and_then(|state| state.held).unwrap_or_default();
            admin.confirm_removal(&connection, held.count).await?;
        } else {
            let adopt: Result<Vec<ObjectId>> = self.adopt.iter().map(|it| object_id(it)).collect();
            admin.start_synchronisation(&connection, &adopt?).await?;
        }
        if self.named.json {
            return out.json(&json!({"asked": true}));
        }
        out.line(format!(
            "A running server synchronises the directory of \"{}\" within moments.",
            connection.name
        ))?;
        out.line(format!(
            "How far it is: vestibule directory status --company {} --connection {}",
            company.slug, connection.name
        ))
    }
}

fn object_id(text: &str) -> Result<ObjectId> {
    text.parse().map_err(|_| {
        CliError::unusable(
            format!("\"{text}\" is not an object ID."),
            "Copy it from the preview: vestibule directory status",
        )
    })
}

/// How far a directory's synchronisation is, and what the first one would do.
pub(super) async fn status(
    named: &NamedDirectory,
    installation: &Installation,
    out: &mut Output,
) -> Result<()> {
    let (company, connection) = named.find(installation).await?;
    settings(&company, &connection)?;
    let Some(state) = installation.store.sync_state(connection.id).await? else {
        if named.json {
            return out.json(&Value::Null);
        }
        return out.line("Nothing was synchronised yet.");
    };
    let counts = installation.store.directory_counts(connection.id).await?;
    let plan = if state.has_preview() {
        let admin = installation.admin(company.id).await?;
        Some(admin.synchronisation_preview(&connection).await?)
    } else {
        None
    };
    if named.json {
        let all = |groups: &[PlannedGroup]| groups.iter().map(planned).collect::<Vec<_>>();
        let preview = plan.map(|plan| {
            let adopt: Vec<Value> = plan.adopt.iter().map(|(it, _)| planned(it)).collect();
            let detach: Vec<Value> = plan.detach.iter().map(|(it, _)| planned(it)).collect();
            json!({
                "add": all(&plan.add),
                "clash": all(&plan.clash),
                "adopt": adopt,
                "detach": detach,
            })
        });
        return out.json(&json!({
            "running": state.is_running(installation.now),
            "phase": state.phase.as_str(),
            "last_at": state.last_at.map(timestamp),
            "last_result": state.last_result.map(SyncResult::as_str),
            "last_text": state.last_text,
            "next_at": timestamp(state.next_at),
            "remarks": state.remarks,
            "groups": counts.groups,
            "linked_groups": counts.linked,
            "people": counts.people,
            "people_without_email": counts.without_email,
            "preview": preview,
            "held": state.held.map(|held| json!({
                "people": held.count.people,
                "memberships": held.count.memberships,
                "groups": held.count.groups,
                "names": held.names,
            })),
        }));
    }
    let last = match (state.last_at, state.last_result) {
        (Some(at), Some(result)) => format!("{} {result}", timestamp(at)),
        _ => "none".to_owned(),
    };
    let mut rows = vec![
        ["phase".to_owned(), state.phase.to_string()],
        ["last".to_owned(), last],
        ["next".to_owned(), timestamp(state.next_at)],
        [
            "groups".to_owned(),
            format!("{}, {} of them here", counts.groups, counts.linked),
        ],
        [
            "people".to_owned(),
            format!(
                "{}, {} without an e-mail address",
                counts.people, counts.without_email
            ),
        ],
    ];
    if let Some(plan) = &plan {
        let add = plan.add.iter().map(|it| ("to add", it));
        let clash = plan.clash.iter().map(|it| ("same title", it));
        let adopt = plan.adopt.iter().map(|(it, _)| ("to adopt", it));
        let detach = plan.detach.iter().map(|(it, _)| ("to detach", it));
        for (what, group) in add.chain(clash).chain(adopt).chain(detach) {
            let told = format!("{} ({})", group.title, group.object_id);
            rows.push([what.to_owned(), told]);
        }
    }
    if let Some(held) = &state.held {
        let told = format!(
            "{} users, {} memberships, {} groups: {}",
            held.count.people,
            held.count.memberships,
            held.count.groups,
            held.names.join(", ")
        );
        rows.push(["waits for a word".to_owned(), told]);
    }
    out.table(["WHAT", "VALUE"], &rows)?;
    if !state.last_text.is_empty() {
        out.line(&state.last_text)?;
    }
    if state.has_preview() {
        out.line("Nothing was changed yet. Start it: vestibule directory synchronise")?;
    }
    Ok(())
}

fn planned(group: &PlannedGroup) -> Value {
    json!({"object_id": group.object_id.as_str(), "name": group.name, "title": group.title})
}
