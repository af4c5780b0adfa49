//! `user list`.

use serde_json::json;

use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::{Listing, Output, maybe_timestamp, timestamp};
use crate::domain::{self, Group, GroupKind};
use crate::store::UserFilter;

/// Users that are read at once.
const A_PART: u32 = 500;

pub(super) async fn run(
    installation: &Installation,
    company: &str,
    json: bool,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(company).await?;
    let connections = installation.store.connections(company.id).await?;
    let waits_for = |user: &domain::User| {
        let awaited = connections.iter().find(|it| user.waits_for == Some(it.id));
        awaited.map(|it| it.name.to_string())
    };
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let (store, everyone) = (&installation.store, UserFilter::default());
        let part = store
            .users_after(company.id, &everyone, after, A_PART)
            .await?;
        for listed in part.rows {
            let groups: Vec<Group> = listed.groups().into_iter().cloned().collect();
            all.push((listed.user, groups));
        }
        after = part.next;
        if after.is_none() {
            break;
        }
    }
    let titles = |groups: &[Group]| {
        let titles = groups.iter().map(|group| group.title.clone());
        titles.collect::<Vec<_>>()
    };
    let listing = Listing {
        json,
        describe: &|(user, groups): &(domain::User, Vec<Group>)| {
            json!({
                "email": user.email,
                "first_name": user.first_name,
                "last_name": user.last_name,
                "company_name": user.company_name,
                "groups": titles(groups),
                "administrator": groups.iter().any(|group| group.kind == GroupKind::Administrator),
                "active": user.disabled_at.is_none(),
                "deactivated_at": user.disabled_at.map(timestamp),
                "waits_for": waits_for(user),
                "has_password": user.has_password,
                "created_by": user.created_by,
                "created_at": timestamp(user.created_at),
                "last_sign_in_at": user.last_sign_in_at.map(timestamp),
            })
        },
        header: [
            "E-MAIL",
            "NAME",
            "GROUPS",
            "STATE",
            "MADE BY",
            "LAST SIGN-IN",
        ],
        row: &|(user, groups)| {
            let name = format!("{} {}", user.first_name, user.last_name);
            let state = match waits_for(user) {
                _ if user.disabled_at.is_some() => "deactivated".to_owned(),
                Some(connection) => format!("waits for {connection}"),
                None => "active".to_owned(),
            };
            [
                user.email.to_string(),
                name.trim().to_owned(),
                titles(groups).join(", "),
                state,
                user.created_by.to_string(),
                maybe_timestamp(user.last_sign_in_at),
            ]
        },
        none: format!(
            "{} has no user yet. Users are made at their first sign-in, or with: vestibule user add --company {} --email E",
            company.name, company.slug
        ),
    };
    out.list(&all, &listing)
}
