//! `company domain list`.

use serde_json::{Value, json};

use crate::admin::Admin;
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::listing::{ListForm, Listing};
use crate::cli::output::{Output, timestamp};
use crate::domain::{CompanyDomain, ConnectionId};

pub(super) async fn run(
    installation: &Installation,
    slug: &str,
    json: bool,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(slug).await?;
    let domains = installation.store.domains(company.id).await?;
    let connections = installation.store.connections(company.id).await?;
    let connection = |id: Option<ConnectionId>| {
        let found = connections.iter().find(|it| Some(it.id) == id);
        found.map(|it| it.name.to_string())
    };
    // The text of the DNS record is made with the instance key.
    let admin = if json {
        Some(installation.admin(company.id).await?)
    } else {
        None
    };
    let listing = Listing {
        form: ListForm::new(json),
        describe: &|it: &CompanyDomain| {
            let connection = connection(it.connection_id);
            let admin = admin.as_ref();
            admin.map_or(Value::Null, |admin| {
                describe(admin, it, connection.as_deref())
            })
        },
        header: ["DOMAIN", "CONNECTION", "THE CONNECTION", "VERIFIED"],
        row: &|it| {
            let decides = match it.connection_id {
                None => "",
                Some(_) if it.links => "links, makes and renames",
                Some(_) => "is found only",
            };
            [
                it.name.to_string(),
                connection(it.connection_id).unwrap_or_else(|| "none".to_owned()),
                decides.to_owned(),
                it.verified.map_or_else(
                    || "no".to_owned(),
                    |it| format!("{} {}", it.by, timestamp(it.at)),
                ),
            ]
        },
        none: format!(
            "{} has no domain yet. Add one: vestibule company domain add {} acme.test",
            company.name, company.slug
        ),
    };
    listing.write(&domains, out)
}

fn describe(admin: &Admin<'_>, domain: &CompanyDomain, connection: Option<&str>) -> Value {
    let record = admin.dns_record(&domain.name);
    json!({
        "domain": domain.name,
        "connection": connection,
        "links": domain.links,
        "verified_by": domain.verified.map(|it| it.by),
        "verified_at": domain.verified.map(|it| timestamp(it.at)),
        "dns_record": {"name": record.name, "type": "TXT", "value": record.value},
        "created_at": timestamp(domain.created_at),
    })
}
