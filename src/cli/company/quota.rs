//! `company quota`: what a company has and may have.

use serde_json::{Value, json};

use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::listing::{ListForm, Listing};
use crate::cli::output::Output;
use crate::domain::{Family, Usage};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct QuotaCommand {
    /// The company's short name
    slug: String,
    /// Users
    #[arg(long, value_name = "NUMBER")]
    users: Option<u32>,
    /// Memberships in permission groups that administrators have given
    #[arg(long, value_name = "NUMBER")]
    memberships: Option<u32>,
    /// Permission groups
    #[arg(long, value_name = "NUMBER")]
    groups: Option<u32>,
    /// Connections
    #[arg(long, value_name = "NUMBER")]
    connections: Option<u32>,
    /// The settings of connections and their earlier versions, in megabytes
    #[arg(long, value_name = "NUMBER")]
    document_megabytes: Option<u32>,
    /// E-mail domains
    #[arg(long, value_name = "NUMBER")]
    domains: Option<u32>,
    /// API tokens that count
    #[arg(long, value_name = "NUMBER")]
    tokens: Option<u32>,
    /// First take all of the company's quotas back to those of the configuration
    #[arg(long)]
    default: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl QuotaCommand {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let wanted = self.changes()?;
        let company = installation.company(&self.slug).await?;
        let admin = installation.admin(company.id).await?;
        let usage = if wanted.is_empty() {
            admin.usage().await?
        } else {
            admin.set_quotas(company.slug.as_str(), &wanted).await?
        };
        print(&usage, self.json, out)
    }

    /// The option of a family.
    fn option(&self, family: Family) -> Option<u32> {
        match family {
            Family::Users => self.users,
            Family::Memberships => self.memberships,
            Family::Groups => self.groups,
            Family::Connections => self.connections,
            Family::Documents => self.document_megabytes,
            Family::Domains => self.domains,
            Family::Tokens => self.tokens,
        }
    }

    fn changes(&self) -> Result<Vec<(Family, Option<u32>)>> {
        let mut wanted = Vec::new();
        for family in Family::ALL {
            let given = self.option(family);
            if let Some(most) = given
                && !(1..=family.highest()).contains(&most)
            {
                return Err(CliError::unusable(
                    format!("{} {most} is not possible.", family.option()),
                    format!("Use a number from 1 to {}.", family.highest()),
                ));
            }
            if given.is_some() || self.default {
                wanted.push((family, given));
            }
        }
        Ok(wanted)
    }
}

/// What a company has and may have, of each family.
pub(super) fn print(usage: &[Usage], json: bool, out: &mut Output) -> Result<()> {
    let listing = Listing {
        form: ListForm::new(json),
        describe: &describe,
        header: ["WHAT", "USED", "QUOTA", "OF IT", "SET FOR"],
        row: &|usage: &Usage| {
            let set_for = if usage.own {
                "this company"
            } else {
                "configuration"
            };
            [
                usage.family.name().to_owned(),
                usage.counted().to_string(),
                usage.quota.to_string(),
                format!("{} %", usage.percent()),
                set_for.to_owned(),
            ]
        },
        // Every family is there.
        none: String::new(),
    };
    listing.write(usage, out)
}

/// The same as JSON.
pub(super) fn to_json(usage: &[Usage]) -> Vec<Value> {
    usage.iter().map(describe).collect()
}

fn describe(usage: &Usage) -> Value {
    json!({
        "family": usage.family,
        "used": usage.counted(),
        "quota": usage.quota,
        "own": usage.own,
    })
}
