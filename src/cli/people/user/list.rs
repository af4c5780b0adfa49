//! `user list`.

use serde_json::{Value, json};

use crate::cli::arguments::CompanyList;
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::listing::{ListForm, Listing};
use crate::cli::output::{Output, maybe_timestamp, timestamp};
use crate::domain::{Connection, GroupKind};
use crate::store::{ListedUser, UserFilter};

pub(super) async fn run(
    installation: &Installation,
    arguments: &CompanyList,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(&arguments.company).await?;
    let store = &installation.store;
    let connections = store.connections(company.id).await?;
    let listing = Listing {
        form: ListForm::new(arguments.json),
        describe: &|user| describe(user, &connections),
        header: [
            "E-MAIL",
            "NAME",
            "GROUPS",
            "STATE",
            "MADE BY",
            "LAST SIGN-IN",
        ],
        row: &|user| row(user, &connections),
        none: format!(
            "{} has no user yet. Users are made at their first sign-in, or with: vestibule user add --company {} --email E",
            company.name, company.slug
        ),
    };
    let everyone = UserFilter::default();
    let read = async |after, limit| {
        let page = store
            .users_after(company.id, &everyone, after, limit)
            .await?;
        Ok((page.rows, page.next))
    };
    listing.write_pages(None, read, out).await
}

fn describe(listed: &ListedUser, connections: &[Connection]) -> Value {
    let (user, groups) = (&listed.user, listed.groups());
    json!({
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "company_name": user.company_name,
        "attributes": user.attributes,
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
