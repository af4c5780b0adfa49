//! `company setup-link`: the one-time way in for the customer's administrator.

use clap::Subcommand;
use serde_json::json;

use crate::admin::setup::NewSetupLink;
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::invocation::Invocation;
use crate::cli::listing::{ListForm, Listing};
use crate::cli::output::{Output, timestamp};
use crate::domain::{Company, SetupLink, SetupLinkId, SetupLinkState};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SetupLinkCommand {
    /// Make a link: it can be used once, for 72 hours
    New {
        /// The company's slug, such as acme
        slug: String,
    },
    /// List a company's links and what became of them
    List {
        /// The company's slug, such as acme
        slug: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke the links that can still be used
    Revoke {
        /// The company's slug, such as acme
        slug: String,
        /// Only the link of this ID, as `list` shows it
        #[arg(long)]
        id: Option<String>,
    },
}

impl SetupLinkCommand {
    pub(super) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let installation = invocation.open().await?;
        match self {
            Self::New { slug } => {
                let company = installation.company(&slug).await?;
                let new = create(&installation, &company).await?;
                print(&company, &new, out)
            }
            Self::List { slug, json } => list(&installation, &slug, json, out).await,
            Self::Revoke { slug, id } => revoke(&installation, &slug, id.as_deref(), out).await,
        }
    }
}

pub(super) async fn create(installation: &Installation, company: &Company) -> Result<NewSetupLink> {
    let admin = installation.admin(company.id).await?;
    Ok(admin.new_setup_link().await?)
}

pub(super) fn print(company: &Company, new: &NewSetupLink, out: &mut Output) -> Result<()> {
    out.line(format!(
        "Set-up link for the administrator of {}, once, until {}:",
        company.name,
        timestamp(new.link.expires_at)
    ))?;
    out.line(format!("  {}", new.address(company)))?;
    out.line(format!(
        "Whoever opens it becomes an administrator. Revoke it: vestibule company setup-link revoke {}",
        company.slug
    ))
}

async fn list(installation: &Installation, slug: &str, json: bool, out: &mut Output) -> Result<()> {
    let company = installation.company(slug).await?;
    let links = installation.store.setup_links(company.id).await?;
    let state = |link: &SetupLink| link.state(installation.now);
    let listing = Listing {
        form: ListForm::new(json),
        describe: &|link: &SetupLink| {
            json!({
                "id": link.id.to_string(),
                "state": state(link).to_string(),
                "created_at": timestamp(link.created_at),
                "expires_at": timestamp(link.expires_at),
                "used_at": link.used_at.map(timestamp),
                "revoked_at": link.revoked_at.map(timestamp),
            })
        },
        header: ["ID", "STATE", "MADE", "ENDS"],
        row: &|link| {
            [
                link.id.to_string(),
                state(link).to_string(),
                timestamp(link.created_at),
                timestamp(link.expires_at),
            ]
        },
        none: format!(
            "{} has no set-up link. Make one: vestibule company setup-link new {}",
            company.name, company.slug
        ),
    };
    listing.write(&links, out)
}

async fn revoke(
    installation: &Installation,
    slug: &str,
    id: Option<&str>,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(slug).await?;
    let only = match id {
        Some(text) => Some(find_open(installation, &company, text).await?),
        None => None,
    };
    let admin = installation.admin(company.id).await?;
    let revoked = admin.revoke_setup_links(only).await?;
    out.line(match revoked {
        0 => format!(
            "{} has no such link that could still be used.",
            company.name
        ),
        1 => "Revoked 1 link.".to_owned(),
        many => format!("Revoked {many} links."),
    })
}

/// The link of an ID that was typed.
async fn find_open(
    installation: &Installation,
    company: &Company,
    text: &str,
) -> Result<SetupLinkId> {
    let links = installation.store.setup_links(company.id).await?;
    let found = links.iter().find(|link| link.id.to_string() == text);
    let Some(link) = found else {
        return Err(CliError::refused(
            format!("{} has no set-up link {text}.", company.name),
            format!(
                "List them: vestibule company setup-link list {}",
                company.slug
            ),
        ));
    };
    match link.state(installation.now) {
        SetupLinkState::Open => Ok(link.id),
        state => Err(CliError::refused(
            format!("The link {text} is {state}."),
            "There is nothing to revoke.",
        )),
    }
}
