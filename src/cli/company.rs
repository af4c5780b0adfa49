//! `company list`; the other commands have files of their own.

mod add;
mod delete;
mod domain;
mod logo;
mod quota;
mod settings;
mod setup_link;
mod suspend;

use clap::Subcommand;
use serde_json::json;

use super::confirmation::YesFlag;
use super::error::{CliError, Result};
use super::installation::Installation;
use super::invocation::Invocation;
use super::listing::{ListForm, Listing};
use super::output::{Output, timestamp};
use crate::domain::{Company, Logo, Origin};

#[derive(Debug, Subcommand)]
pub(super) enum CompanyCommand {
    /// Add a company and print what to type into the identity provider
    Add(add::AddCompany),
    /// List the companies
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a company's settings and what to type into the identity provider
    Show(settings::ShowCompany),
    /// Change settings; without key=value pairs, list them
    Set(settings::SetCompany),
    /// Set the picture that its pages show, or take it away
    Logo(logo::LogoCommand),
    /// Show what a company has and may have, or set what it may have
    Quota(quota::QuotaCommand),
    /// Close a company's site for a while: nobody signs in, every session ends, nothing is deleted
    Suspend(NamedCompany),
    /// Open the site of a suspended company again
    Resume {
        /// The company's short name
        slug: String,
    },
    /// Delete a suspended company with all that belongs to it
    Delete(NamedCompany),
    /// Links by which the customer's administrator sets the company up: new, list, revoke
    #[command(subcommand)]
    SetupLink(setup_link::SetupLinkCommand),
    /// The company's e-mail domains: add, assign, verify, list, remove
    #[command(subcommand)]
    Domain(domain::DomainCommand),
}

// A company whose access or data a command takes away. (clap would show a doc comment as the command's.)
#[derive(Debug, clap::Args)]
pub(super) struct NamedCompany {
    /// The company's short name
    slug: String,
    #[command(flatten)]
    yes: YesFlag,
}

impl CompanyCommand {
    pub(super) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        match self {
            Self::Add(add) => Box::pin(add.run(invocation, out)).await,
            Self::List { json } => list(&invocation.open().await?, json, out).await,
            Self::Show(show) => Box::pin(show.run(&invocation.open().await?, out)).await,
            Self::Set(set) => Box::pin(set.run(&invocation.open().await?, out)).await,
            Self::Quota(quota) => Box::pin(quota.run(&invocation.open().await?, out)).await,
            Self::Logo(logo) => logo.run(&invocation.open().await?, out).await,
            Self::Suspend(named) => suspend::suspend(&named, &invocation.open().await?, out).await,
            Self::Resume { slug } => suspend::resume(&slug, &invocation.open().await?, out).await,
            Self::Delete(named) => delete::run(&named, &invocation.open().await?, out).await,
            Self::SetupLink(link) => link.run(invocation, out).await,
            Self::Domain(domain) => domain.run(invocation, out).await,
        }
    }
}

fn note_plain_http(installation: &Installation, company: &Company, out: &mut Output) -> Result<()> {
    let origin = &company.origin;
    if !origin.is_https() && !installation.config.plain_http.permits(origin.host()) {
        out.line("Note: plain_http = \"never\" is configured, so this http origin is not served.")?;
    }
    Ok(())
}

/// What Entra's "Basic SAML Configuration" asks for.
fn print_values(company: &Company, out: &mut Output) -> Result<()> {
    out.line("Type into the identity provider (Entra ID: Basic SAML Configuration):")?;
    let values = [
        ("Identifier (Entity ID)", company.entity_id()),
        ("Reply URL (ACS)", company.acs_url()),
        ("Sign on URL", company.sign_on_url()),
        ("Logout URL", company.slo_url()),
    ];
    out.fields("  ", 25, values)
}

/// Why a company cannot have its short name or its host names.
async fn taken_error(installation: &Installation, wanted: &Company) -> Result<CliError> {
    let mut companies = installation.store.companies().await?;
    companies.retain(|company| company.id != wanted.id);
    if companies.iter().any(|company| company.slug == wanted.slug) {
        return Ok(CliError::refused(
            format!("The company \"{}\" exists already.", wanted.slug),
            "See it with: vestibule company list. Use another short name for another company.",
        ));
    }
    let owner = companies.iter().find_map(|company| {
        let hosts = |origin: &&Origin| {
            wanted
                .origins()
                .any(|other| other.host_key() == origin.host_key())
        };
        company
            .origins()
            .find(hosts)
            .map(|origin| (company, origin))
    });
    Ok(match owner {
        Some((company, origin)) => CliError::refused(
            format!(
                "The host name {} belongs to the company \"{}\" already.",
                origin.host_key(),
                company.slug
            ),
            "A host name leads to one company. Give this one another origin.",
        ),
        None => CliError::refused(
            "Two of these origins have the same host name.",
            "Give each origin once.",
        ),
    })
}

async fn list(installation: &Installation, json: bool, out: &mut Output) -> Result<()> {
    let companies = installation.store.companies().await?;
    let listing = Listing {
        form: ListForm::new(json),
        describe: &describe,
        header: ["SLUG", "NAME", "STATE", "ORIGINS", "ADDED"],
        row: &|company| {
            let origins: Vec<&str> = company.origins().map(Origin::as_str).collect();
            let state = if company.suspended_at.is_some() {
                "suspended"
            } else {
                "open"
            };
            [
                company.slug.to_string(),
                company.name.clone(),
                state.to_owned(),
                origins.join(", "),
                timestamp(company.created_at),
            ]
        },
        none:
            "There is no company yet. Add one: vestibule company add SLUG --name NAME --origin URL"
                .to_owned(),
    };
    listing.write(&companies, out)
}

fn describe(company: &Company) -> serde_json::Value {
    json!({
        "slug": company.slug,
        "name": company.name,
        "origins": company.origins().collect::<Vec<_>>(),
        "return_origins": company.return_origins,
        "entity_id": company.entity_id(),
        "acs_url": company.acs_url(),
        "sign_on_url": company.sign_on_url(),
        "logout_url": company.slo_url(),
        "logo": company.logo.as_ref().map(Logo::told),
        "created_at": timestamp(company.created_at),
        "suspended_at": company.suspended_at.map(timestamp),
    })
}
