//! `company add`, `company list`; the others have files of their own.

pub(super) mod domain;
mod end;
mod logo;
mod quota;
mod settings;
pub(super) mod setup_link;

use clap::Subcommand;
use serde_json::json;

use super::error::{CliError, Result};
use super::installation::{Installation, Setting};
use super::output::{Listing, Output, timestamp};
use super::pairs::private_key;
use crate::domain::{
    self as nouns, AuditAction, AuditDetail, CompanyId, Origin, OriginError, Slug,
};
use crate::import::holds_private_key;
use crate::keys::random;
use crate::store;
use crate::text::is_unseen;

#[derive(Debug, Subcommand)]
pub(super) enum Company {
    /// Add a company and print what to type into the identity provider
    Add(Add),
    /// List the companies
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a company's settings and what to type into the identity provider
    Show(settings::Show),
    /// Change settings; without key=value pairs, list them
    Set(settings::Set),
    /// Set the picture that its pages show, or take it away
    Logo(logo::Logo),
    /// Show what a company has and may have, or set what it may have
    Quota(quota::Quota),
    /// Close a company's site for a while: nobody signs in, every session ends, nothing is deleted
    Suspend(end::End),
    /// Open the site of a suspended company again
    Resume {
        /// The company's short name
        slug: String,
    },
    /// Delete a suspended company with all that belongs to it
    Delete(end::End),
    /// Links by which the customer's administrator sets the company up: new, list, revoke
    #[command(subcommand)]
    SetupLink(setup_link::SetupLink),
    /// The company's e-mail domains: add, assign, verify, list, remove
    #[command(subcommand)]
    Domain(domain::Domain),
}

#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// Its short name in commands: a-z, 0-9 and -
    slug: String,
    /// Its name for people
    #[arg(long)]
    name: String,
    /// Its public address; the first one makes the entity ID, more lead to the same site
    #[arg(long = "origin", value_name = "URL", required = true)]
    origins: Vec<String>,
    /// Where a sign-in may return to beside the site itself: the application's origin
    #[arg(long = "return-origin", value_name = "URL")]
    return_origins: Vec<String>,
    /// An e-mail domain of the company, verified by your word; may be given several times
    #[arg(long = "domain", value_name = "DOMAIN")]
    domains: Vec<String>,
    /// Make no set-up link: the company is set up by command
    #[arg(long)]
    no_setup_link: bool,
}

impl Company {
    pub(super) async fn run(self, setting: &Setting, out: &mut Output) -> Result<()> {
        match self {
            Self::Add(add) => Box::pin(add.run(setting, out)).await,
            Self::List { json } => list(&setting.open().await?, json, out).await,
            Self::Show(show) => Box::pin(show.run(&setting.open().await?, out)).await,
            Self::Set(set) => Box::pin(set.run(&setting.open().await?, out)).await,
            Self::Quota(quota) => Box::pin(quota.run(&setting.open().await?, out)).await,
            Self::Logo(logo) => logo.run(&setting.open().await?, out).await,
            Self::Suspend(sure) => end::suspend(&sure, &setting.open().await?, out).await,
            Self::Resume { slug } => end::resume(&slug, &setting.open().await?, out).await,
            Self::Delete(sure) => end::delete(&sure, &setting.open().await?, out).await,
            Self::SetupLink(link) => link.run(setting, out).await,
            Self::Domain(domain) => domain.run(setting, out).await,
        }
    }
}

impl Add {
    async fn run(self, setting: &Setting, out: &mut Output) -> Result<()> {
        let slug = slug(&self.slug)?;
        let name = required_text("--name", &self.name)?;
        let mut origins = origins(&self.origins, "https://acme.sso.example.com")?.into_iter();
        let Some(origin) = origins.next() else {
            return Err(CliError::unusable("--origin is missing.", ""));
        };
        let return_origins = self::origins(&self.return_origins, "https://app.example.com")?;
        let installation = setting.open().await?;
        let domains = domain::verifiable(&installation, &self.domains).await?;
        let company = nouns::Company {
            id: CompanyId::from_bytes(random()),
            slug,
            name,
            origin,
            aliases: origins.collect(),
            return_origins,
            landing: None,
            organization: None,
            contact: None,
            encrypted_assertions: false,
            logo: None,
            created_at: installation.now,
            suspended_at: None,
            revision: 0,
        };
        let added = installation
            .store
            .add_company(&company, installation.now)
            .await;
        match added {
            Err(store::Error::Taken(_)) => return Err(taken(&installation, &company).await?),
            other => other?,
        }
        installation
            .audit(
                company.id,
                AuditAction::CompanyAdd,
                company.slug.to_string(),
                AuditDetail::Source(company.origin.as_str()),
            )
            .await?;
        out.line(format!(
            "Added the company {} ({}).",
            company.name, company.slug
        ))?;
        domain::add_verified(&installation, &company, &domains, out).await?;
        note_plain_http(&installation, &company, out)?;
        print_values(&company, out)?;
        if self.no_setup_link {
            return Ok(());
        }
        let link = setup_link::make(&installation, &company).await?;
        setup_link::print(&company, &link, out)
    }
}

fn note_plain_http(
    installation: &Installation,
    company: &nouns::Company,
    out: &mut Output,
) -> Result<()> {
    let origin = &company.origin;
    if !origin.is_https() && !installation.config.plain_http.permits(origin.host()) {
        out.line("Note: plain_http = \"never\" is configured, so this http origin is not served.")?;
    }
    Ok(())
}

/// What Entra's "Basic SAML Configuration" asks for.
fn print_values(company: &nouns::Company, out: &mut Output) -> Result<()> {
    out.line("Type into the identity provider (Entra ID: Basic SAML Configuration):")?;
    for (label, value) in values(company) {
        out.line(format!("  {label:<24} {value}"))?;
    }
    Ok(())
}

fn values(company: &nouns::Company) -> [(&'static str, String); 4] {
    [
        ("Identifier (Entity ID)", company.entity_id()),
        ("Reply URL (ACS)", company.acs_url()),
        ("Sign on URL", company.sign_on_url()),
        ("Logout URL", company.slo_url()),
    ]
}

async fn taken(installation: &Installation, wanted: &nouns::Company) -> Result<CliError> {
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
        json,
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
    out.list(&companies, &listing)
}

fn describe(company: &nouns::Company) -> serde_json::Value {
    json!({
        "slug": company.slug,
        "name": company.name,
        "origins": company.origins().collect::<Vec<_>>(),
        "return_origins": company.return_origins,
        "entity_id": company.entity_id(),
        "acs_url": company.acs_url(),
        "sign_on_url": company.sign_on_url(),
        "logout_url": company.slo_url(),
        "logo": company.logo.as_ref().map(nouns::Logo::told),
        "created_at": timestamp(company.created_at),
        "suspended_at": company.suspended_at.map(timestamp),
    })
}

fn slug(text: &str) -> Result<Slug> {
    text.parse().map_err(|_| {
        CliError::unusable(
            format!("\"{text}\" is not a company's short name."),
            "Use 1 to 63 characters of a-z, 0-9 and -, such as acme.",
        )
    })
}

/// A name that is not empty and stays on one line.
pub(super) fn required_text(option: &str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.contains(is_unseen) {
        return Err(CliError::unusable(
            format!("{option} is empty or holds characters that nobody sees."),
            "Give a name of one line. If it was copied from somewhere, type it.",
        ));
    }
    if holds_private_key(text.as_bytes()) {
        return Err(private_key(option));
    }
    Ok(text.to_owned())
}

/// Origins as they were typed; `like` is one that would do.
fn origins(texts: &[String], like: &str) -> Result<Vec<Origin>> {
    texts
        .iter()
        .map(|text| {
            // A slash at the end is how people copy an address.
            let bare = text.strip_suffix('/').unwrap_or(text);
            bare.parse().map_err(|error: OriginError| {
                CliError::unusable(format!("\"{text}\" is not an origin: {error}."), match error {
                    OriginError::PlainHttp => "A browser sends passwords and sessions in the clear over http. Put a reverse proxy with a certificate in front, and give its https:// address.".to_owned(),
                    _ => format!("Write it as {like}, or http://127.0.0.1:8080 for development."),
                })
            })
        })
        .collect()
}
