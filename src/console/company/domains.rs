//! The company's e-mail domains: listed, added, assigned to a connection, checked, removed.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::admin::{DnsCheck, DnsRecord, LAST_DOMAIN, Problems, Refused, is_last_domain};
use crate::console::people::words::id;
use crate::console::{
    Console, ConsoleForm, ConsoleFrame, Item, Nothing, Section, refusal_page, tell_at,
};
use crate::domain::{CompanyDomain, Connection, ConnectionId, DomainName, VerifiedBy};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;

const HREF: &str = "/admin/domains";

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route(HREF, get(show).post(add))
        .route("/admin/domains/{domain}/assign", post(assign))
        .route("/admin/domains/{domain}/check", post(check))
        .route("/admin/domains/{domain}/remove", post(remove))
}

#[derive(Debug, Template)]
#[template(path = "console/company/domains.html")]
struct DomainsPage {
    frame: ConsoleFrame,
    rows: Vec<DomainLine>,
    /// What was typed into the form for another one.
    domain: String,
    connections: Vec<Item>,
    problems: Problems,
    /// What stands in the way, when no field is to blame.
    obstacle: String,
}

#[derive(Debug)]
struct DomainLine {
    name: String,
    /// The address beneath which its buttons are.
    href: String,
    connections: Vec<Item>,
    /// What the assignment does.
    decides: String,
    verified: Option<(&'static str, Moment)>,
    record: DnsRecord,
    /// What a removal does.
    removal: String,
    /// Nobody is kept out as a stranger afterwards.
    is_last: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DomainForm {
    domain: String,
    connection: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DomainRemovalForm {
    /// That it is the last one was read, and is meant.
    last: String,
}

/// `GET /admin/domains`
async fn show(console: Console) -> Result<Response, Error> {
    let page = page(
        &console,
        DomainForm::default(),
        Problems::default(),
        String::new(),
    )
    .await?;
    Ok(Page::new(page).into_response())
}

/// `POST /admin/domains`
async fn add(ConsoleForm(console, fields): ConsoleForm<DomainForm>) -> Result<Response, Error> {
    let connection = chosen(&fields.connection)?;
    let added = console.admin().add_domain(&fields.domain, connection).await;
    match added {
        Ok(domain) => {
            console.changed().await?;
            tell_at(
                &console,
                HREF,
                &format!("Added the domain {}.", domain.name),
            )
        }
        Err(refused) => wrong(&console, fields, refused).await,
    }
}

/// `POST /admin/domains/{domain}/assign`
async fn assign(
    Path(domain): Path<String>,
    ConsoleForm(console, fields): ConsoleForm<DomainForm>,
) -> Result<Response, Error> {
    let name: DomainName = id(&domain)?;
    let connection = chosen(&fields.connection)?;
    match console.admin().assign_domain(&name, connection).await {
        Ok(domain) => {
            console.changed().await?;
            let all = console.admin().connections().await?;
            tell_at(&console, HREF, &decides(&domain, &all))
        }
        Err(refused) => wrong(&console, DomainForm::default(), refused).await,
    }
}

/// `POST /admin/domains/{domain}/check`
async fn check(
    Path(domain): Path<String>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let name: DomainName = id(&domain)?;
    console.admin().domain(&name).await?;
    let company = &console.site.company;
    console.app.throttle.admit_domain_check(company)?;
    let servers = &console.app.config.dns.servers;
    let _turn = console.app.turns.fetch(console.company()).await?;
    match console.admin().check_domain(&name, servers).await {
        Ok(DnsCheck::Verified(_)) => {
            console.changed().await?;
            tell_at(
                &console,
                HREF,
                &format!("{name} is verified by its DNS record."),
            )
        }
        Ok(DnsCheck::Missing(found)) => {
            let there = if found.is_empty() {
                "There is no TXT record with this name yet".to_owned()
            } else {
                format!("Found {} instead", found.join(", "))
            };
            let record = console.admin().dns_record(&name).name;
            let told = format!(
                "{name} is not verified. {there}: {record}. A new record takes some minutes, sometimes an hour, to be seen everywhere."
            );
            let (form, none) = (DomainForm::default(), Problems::default());
            let page = page(&console, form, none, told.clone()).await?;
            Ok(refusal_page(page, &told).into_response())
        }
        Err(refused) => wrong(&console, DomainForm::default(), refused).await,
    }
}

/// `POST /admin/domains/{domain}/remove`
async fn remove(
    Path(domain): Path<String>,
    ConsoleForm(console, removal): ConsoleForm<DomainRemovalForm>,
) -> Result<Response, Error> {
    let name: DomainName = id(&domain)?;
    let last = !removal.last.is_empty();
    if let Err(refused) = console.admin().remove_domain(&name, last).await {
        return match refused {
            Refused::InTheWay(_) => wrong(&console, DomainForm::default(), refused).await,
            other => Err(other.into()),
        };
    }
    console.changed().await?;
    tell_at(
        &console,
        HREF,
        &format!("Removed the domain {name}. Its accounts stay."),
    )
}

/// The page again, with what is wrong.
async fn wrong(console: &Console, fields: DomainForm, refused: Refused) -> Result<Response, Error> {
    match refused {
        Refused::Invalid(_) | Refused::Taken(_) | Refused::InTheWay(_) | Refused::Full(_) => {
            let obstacle = refused.obstacle();
            let page = page(console, fields, refused.problems(), obstacle.clone()).await?;
            Ok(refusal_page(page, &obstacle).into_response())
        }
        other => Err(other.into()),
    }
}

async fn page(
    console: &Console,
    fields: DomainForm,
    problems: Problems,
    obstacle: String,
) -> Result<DomainsPage, Error> {
    let admin = console.admin();
    let (domains, all) = tokio::try_join!(admin.domains(), admin.connections())?;
    let rows = domains.iter().map(|domain| {
        let own = domain.connection_id.map(|id| id.to_string());
        let is_last = is_last_domain(&domains, &domain.name);
        DomainLine {
            name: domain.name.to_string(),
            href: format!("{HREF}/{}", domain.name),
            connections: items(&all, own.as_deref().unwrap_or_default()),
            decides: decides(domain, &all),
            verified: domain.verified.map(|it| {
                let by = match it.by {
                    VerifiedBy::Operator => "By the operator",
                    VerifiedBy::Dns => "By DNS",
                };
                (by, it.at.into())
            }),
            record: admin.dns_record(&domain.name),
            removal: format!(
                "No sign-in is linked to an account by an address in {} any more, and users who type one are led nowhere. Accounts stay.{}{}",
                domain.name,
                if is_last { " " } else { "" },
                if is_last { LAST_DOMAIN } else { "" }
            ),
            is_last,
        }
    });
    Ok(DomainsPage {
        frame: console.frame(Section::Domains, "E-mail domains"),
        rows: rows.collect(),
        connections: items(&all, &fields.connection),
        domain: fields.domain,
        problems,
        obstacle,
    })
}

fn chosen(text: &str) -> Result<Option<ConnectionId>, Error> {
    match text {
        "" => Ok(None),
        text => Ok(Some(id(text)?)),
    }
}

fn items(all: &[Connection], chosen: &str) -> Vec<Item> {
    let items = all
        .iter()
        .map(|it| (it.id.to_string(), it.display_name.clone()));
    let mut items = Item::list(items, chosen);
    items.insert(0, Item::nothing("No connection", chosen));
    items
}

/// What an assignment does not do: what is bound stays bound (rule F1).
const KNOWN_BEFORE: &str = "Whoever signed in through a connection before still gets in through it: Unlink on the user's page ends it.";

/// What an assignment does, for people.
fn decides(domain: &CompanyDomain, all: &[Connection]) -> String {
    let name = &domain.name;
    let found = all.iter().find(|it| Some(it.id) == domain.connection_id);
    match found {
        None => format!("{name} is assigned to no connection. {KNOWN_BEFORE}"),
        Some(it) if domain.links => format!(
            "{} links, makes and renames accounts with addresses in {name}, and no other connection does. {KNOWN_BEFORE}",
            it.display_name
        ),
        Some(it) => format!(
            "Users who type an address in {name} are led to {}. Accounts are not linked by it: assign it to let it decide that.",
            it.display_name
        ),
    }
}
