//! Groups that a sign-in could not list are looked up in the connection's directory (rules S2 and S3).
//!
//! Invariants: the database is not held meanwhile; a company's directories have their share of the questions under way, as its
//! providers do; what is not answered leaves the groups as they are.

use super::authenticated::Authenticated;
use crate::app::App;
use crate::domain::{Check, FlowRequirement, GroupClaim, ObjectId};
use crate::site::Site;

/// Asks the directory where the group claim had too many to list.
pub(super) async fn look_up(app: &App, site: &Site, authenticated: &mut Authenticated) {
    let proof = &mut authenticated.proof;
    let settings = &proof.connection.settings;
    if proof.profile.groups != GroupClaim::Overflow || settings.directory.is_none() {
        return;
    }
    let prefix = settings.directory_prefix();
    let profile = &proof.profile;
    let object = |name: &String| name.strip_prefix(&prefix)?.parse::<ObjectId>().ok();
    let person = object(&profile.subject).or_else(|| profile.other_names.iter().find_map(object));
    let (groups, told) = match person {
        None => (
            None,
            "The directory was not asked: nothing in this sign-in is an object ID".to_owned(),
        ),
        Some(person) => match app.provider_turn(&site.company) {
            Err(cause) => (None, cause.to_string()),
            Ok(_turn) => match app.directory_keeper(&site.company).open(&proof.connection) {
                Err(cause) => (None, cause.to_string()),
                Ok(directory) => {
                    let found = directory.look_up_groups(&person, settings).await;
                    (found.groups, found.told)
                }
            },
        },
    };
    authenticated.record.checks.push(Check::of(
        FlowRequirement::Groups,
        "an answer of the directory, because the claim has too many groups to list",
        told,
        groups.is_some(),
    ));
    if let Some(groups) = groups {
        proof.profile.groups = GroupClaim::Values(groups);
    }
}
