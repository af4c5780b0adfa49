//! `user list`.
//!
//! Invariant: what is in memory is a part of the list. A table is read twice: first for the widths of its columns.

use serde_json::{Value, json};

use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::{Output, Widths, maybe_timestamp, timestamp};
use crate::domain::{CompanyId, Connection, GroupKind};
use crate::store::{ListedUser, Store, UserFilter};

/// Users that are read at once.
const A_PART: u32 = 500;
const HEADER: [&str; 6] = [
    "E-MAIL",
    "NAME",
    "GROUPS",
    "STATE",
    "MADE BY",
    "LAST SIGN-IN",
];

pub(super) async fn run(
    installation: &Installation,
    company: &str,
    json: bool,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(company).await?;
    let connections = installation.store.connections(company.id).await?;
    let store = &installation.store;
    let mut is_empty = true;
    if json {
        each(store, company.id, |user| {
            let is_first = std::mem::replace(&mut is_empty, false);
            out.element(&described(user, &connections), is_first)
        })
        .await?;
        return out.end_of_list(is_empty);
    }
    let mut widths = Widths::of(HEADER);
    each(store, company.id, |user| {
        is_empty = false;
        widths.fit(&row(user, &connections));
        Ok(())
    })
    .await?;
    if is_empty {
        return out.line(format!(
            "{} has no user yet. Users are made at their first sign-in, or with: vestibule user add --company {} --email E",
            company.name, company.slug
        ));
    }
    out.row(HEADER, &widths)?;
    each(store, company.id, |user| {
        let row = row(user, &connections);
        out.row(row.each_ref().map(String::as_str), &widths)
    })
    .await
}

/// Goes through the users of a company by e-mail address.
async fn each(
    store: &Store,
    company: CompanyId,
    mut tell: impl FnMut(&ListedUser) -> Result<()>,
) -> Result<()> {
    let (mut after, everyone) = (None, UserFilter::default());
    loop {
        let part = store.users_after(company, &everyone, after, A_PART).await?;
        for user in &part.rows {
            tell(user)?;
        }
        after = part.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

fn described(listed: &ListedUser, connections: &[Connection]) -> Value {
    let (user, groups) = (&listed.user, listed.groups());
    json!({
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "company_name": user.company_name,
        "groups": groups.iter().map(|group| group.title.as_str()).collect::<Vec<_>>(),
        "administrator": groups.iter().any(|group| group.kind == GroupKind::Administrator),
        "active": user.disabled_at.is_none(),
        "deactivated_at": user.disabled_at.map(timestamp),
        "waits": user.waits(listed.bound),
        "waits_for": waits_for(listed, connections),
        "has_password": user.has_password,
        "created_by": user.created_by,
        "created_at": timestamp(user.created_at),
        "last_sign_in_at": user.last_sign_in_at.map(timestamp),
    })
}

fn row(listed: &ListedUser, connections: &[Connection]) -> [String; 6] {
    let user = &listed.user;
    let groups = listed.groups();
    let titles: Vec<&str> = groups.iter().map(|group| group.title.as_str()).collect();
    let name = format!("{} {}", user.first_name, user.last_name);
    let state = match waits_for(listed, connections) {
        _ if user.disabled_at.is_some() => "deactivated".to_owned(),
        Some(connection) => format!("waits for {connection}"),
        None if user.waits(listed.bound) => "waits for a first sign-in".to_owned(),
        None => "active".to_owned(),
    };
    [
        user.email.to_string(),
        name.trim().to_owned(),
        titles.join(", "),
        state,
        user.created_by.to_string(),
        maybe_timestamp(user.last_sign_in_at),
    ]
}

fn waits_for(listed: &ListedUser, connections: &[Connection]) -> Option<String> {
    let user = &listed.user;
    let awaited = connections
        .iter()
        .find(|it| user.waits(listed.bound) && user.waits_for == Some(it.id));
    awaited.map(|it| it.name.to_string())
}
