//! `company domain verify`: by the operator's word, or by the TXT record.

use super::{NamedDomain, find};
use crate::admin::DnsCheck;
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;

pub(super) async fn run(
    installation: &Installation,
    named: &NamedDomain,
    dns: bool,
    out: &mut Output,
) -> Result<()> {
    let (company, domain) = find(installation, named).await?;
    let admin = installation.admin(company.id).await?;
    let name = &domain.name;
    if !dns {
        admin.verify_domain(name).await?;
        return out.line(format!(
            "{name} is verified for {}, by your word.",
            company.name
        ));
    }
    let servers = &installation.config.dns.servers;
    match admin.check_domain(name, servers).await? {
        DnsCheck::Verified(_) => out.line(format!(
            "{name} is verified for {}, by its DNS record.",
            company.name
        )),
        DnsCheck::Missing(found) => {
            let record = admin.dns_record(name);
            let there = if found.is_empty() {
                String::new()
            } else {
                format!(" There is: {}.", found.join(", "))
            };
            Err(CliError::refused(
                format!("The DNS record of {name} is not there.{there}"),
                format!(
                    "Add this TXT record, wait some minutes, and run the command again:\n  {} TXT \"{}\"",
                    record.name, record.value
                ),
            ))
        }
    }
}
