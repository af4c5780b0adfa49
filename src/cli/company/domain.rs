//! `company domain`: the e-mail domains of a company.

mod list;
mod verify;

use clap::Subcommand;

use crate::admin::{Admin, LAST_DOMAIN, is_last_domain, verified_for_another, why_shared};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::invocation::Invocation;
use crate::cli::output::Output;
use crate::cli::text::choices;
use crate::domain::{Company, CompanyDomain, Connection, DomainName, DomainNameError, Slug};

/// What the assignment of a domain does not do: what is bound stays bound (rule F1).
const STAYS_BOUND: &str = "Whoever signed in through a connection before still gets in through it. To end it: vestibule user unlink --company COMPANY --email E --connection N";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DomainCommand {
    /// Add a domain of the company, such as acme.test
    Add {
        #[command(flatten)]
        named: NamedDomain,
        /// Assign it to this connection
        #[arg(long, value_name = "NAME")]
        connection: Option<String>,
        /// Add a domain that is nobody's own, such as gmail.com
        #[arg(long)]
        insist: bool,
    },
    /// Let one connection link, make and rename the accounts of a domain, and no other
    Assign {
        #[command(flatten)]
        named: NamedDomain,
        /// The connection; the company's only one by default
        #[arg(long, value_name = "NAME", conflicts_with = "none")]
        connection: Option<String>,
        /// Take the domain away from its connection
        #[arg(long)]
        none: bool,
        /// Assign a domain that is nobody's own, such as gmail.com
        #[arg(long)]
        insist: bool,
    },
    /// Say that a domain is the company's: by your word, or by its DNS record
    Verify {
        #[command(flatten)]
        named: NamedDomain,
        /// Look the TXT record up instead of taking your word; without the record, print it
        #[arg(long)]
        dns: bool,
        /// Verify a domain that is nobody's own, such as gmail.com
        #[arg(long, conflicts_with = "dns")]
        insist: bool,
    },
    /// List a company's domains
    List {
        /// The company's slug, such as acme
        slug: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a domain away from the company; accounts stay
    Remove {
        #[command(flatten)]
        named: NamedDomain,
        /// Take away the last one, too: people with any address get in then
        #[arg(long)]
        last: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct NamedDomain {
    /// The company's slug, such as acme
    slug: String,
    /// The domain, as behind the @ of an e-mail address
    domain: String,
}

impl DomainCommand {
    pub(super) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let installation = invocation.open().await?;
        match self {
            Self::Add {
                named,
                connection,
                insist,
            } => add(&installation, &named, connection.as_deref(), insist, out).await,
            Self::Assign {
                named,
                connection,
                none,
                insist,
            } => {
                check_own(&name(&named.domain)?, insist)?;
                if none {
                    return unassign(&installation, &named, out).await;
                }
                assign(&installation, &named, connection.as_deref(), out).await
            }
            Self::Verify { named, dns, insist } => {
                check_own(&name(&named.domain)?, insist)?;
                verify::run(&installation, &named, dns, out).await
            }
            Self::List { slug, json } => list::run(&installation, &slug, json, out).await,
            Self::Remove { named, last } => remove(&installation, &named, last, out).await,
        }
    }
}

/// Adds domains to a company that was made just now; the operator's word verifies them.
pub(super) async fn add_verified(
    installation: &Installation,
    company: &Company,
    names: &[DomainName],
    out: &mut Output,
) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let admin = installation.admin(company.id).await?;
    for name in names {
        admin.add_domain(name.as_str(), None).await?;
        admin.verify_domain(name).await?;
        out.line(format!(
            "{name} is a domain of {}, by your word.",
            company.name
        ))?;
    }
    Ok(())
}

/// The domains of `company add --domain`, each checked.
pub(super) async fn verifiable(
    installation: &Installation,
    texts: &[String],
) -> Result<Vec<DomainName>> {
    let mut names = Vec::new();
    let known = installation.store.all_domains().await?;
    for text in texts {
        let name = name(text)?;
        check_own(&name, false)?;
        if let Some(other) = verified_for(installation, &known, &name).await? {
            return Err(CliError::refused(
                format!("{} It is \"{other}\".", verified_for_another(&name)),
                "Leave it out, or remove it there first.",
            ));
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// The company that a domain is verified for.
async fn verified_for(
    installation: &Installation,
    known: &[CompanyDomain],
    name: &DomainName,
) -> Result<Option<Slug>> {
    let mut known = known.iter();
    let found = known.find(|it| it.name == *name && it.verified.is_some());
    let mut companies = installation.store.companies().await?.into_iter();
    let company = found.and_then(|found| companies.find(|it| it.id == found.company_id));
    Ok(company.map(|it| it.slug))
}

async fn verified_elsewhere(
    installation: &Installation,
    company: &Company,
    name: &DomainName,
) -> Result<Option<Slug>> {
    let known = installation.store.all_domains().await?;
    let other = verified_for(installation, &known, name).await?;
    Ok(other.filter(|slug| *slug != company.slug))
}

async fn add(
    installation: &Installation,
    named: &NamedDomain,
    connection: Option<&str>,
    insist: bool,
    out: &mut Output,
) -> Result<()> {
    let company = installation.company(&named.slug).await?;
    let name = name(&named.domain)?;
    check_own(&name, insist)?;
    let connection = match connection {
        Some(wanted) => Some(
            installation
                .connection(&company, Some(wanted), "--connection")
                .await?,
        ),
        None => None,
    };
    let admin = installation.admin(company.id).await?;
    let id = connection.as_ref().map(|it| it.id);
    admin.add_domain(name.as_str(), id).await?;
    out.line(format!("Added the domain {name} to {}.", company.name))?;
    if let Some(other) = verified_elsewhere(installation, &company, &name).await? {
        out.line(format!(
            "{} It is the company \"{other}\". If it is not that company's: vestibule company domain remove {other} {name}",
            verified_for_another(&name)
        ))?;
    }
    match connection {
        Some(connection) => out.line(consequence(&name, &connection)),
        None => out.line(format!(
            "It is assigned to no connection yet: vestibule company domain assign {} {name}",
            company.slug
        )),
    }
}

async fn assign(
    installation: &Installation,
    named: &NamedDomain,
    wanted: Option<&str>,
    out: &mut Output,
) -> Result<()> {
    let (company, domain) = find(installation, named).await?;
    let admin = installation.admin(company.id).await?;
    let connection = match wanted {
        Some(wanted) => {
            installation
                .connection(&company, Some(wanted), "--connection")
                .await?
        }
        None => only(&admin, &company, &domain.name).await?,
    };
    admin
        .assign_domain(&domain.name, Some(connection.id))
        .await?;
    out.line(consequence(&domain.name, &connection))
}

async fn unassign(
    installation: &Installation,
    named: &NamedDomain,
    out: &mut Output,
) -> Result<()> {
    let (company, domain) = find(installation, named).await?;
    let admin = installation.admin(company.id).await?;
    admin.assign_domain(&domain.name, None).await?;
    out.line(format!(
        "{} is assigned to no connection now: no sign-in is linked to an account by an address in it. {STAYS_BOUND}",
        domain.name
    ))
}

/// The only connection, or an error that names them.
async fn only(admin: &Admin<'_>, company: &Company, name: &DomainName) -> Result<Connection> {
    let all = match admin.only_connection().await? {
        Ok(connection) => return Ok(connection),
        Err(all) => all,
    };
    if all.is_empty() {
        return Err(CliError::refused(
            format!("{} has no connection yet.", company.name),
            format!(
                "Add one first: vestibule connection import-metadata FILE|URL --company {}",
                company.slug
            ),
        ));
    }
    let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
    Err(CliError::unusable(
        format!("{} has several connections.", company.name),
        format!(
            "Say which one decides about {name}: --connection {}",
            names.join(" or --connection ")
        ),
    ))
}

async fn remove(
    installation: &Installation,
    named: &NamedDomain,
    last: bool,
    out: &mut Output,
) -> Result<()> {
    let (company, domain) = find(installation, named).await?;
    let admin = installation.admin(company.id).await?;
    if !last && is_last_domain(&admin.domains().await?, &domain.name) {
        return Err(CliError::refused(
            LAST_DOMAIN,
            "If that is meant, add --last.",
        ));
    }
    admin.remove_domain(&domain.name, last).await?;
    out.line(format!(
        "{} is no domain of {} any more. Its accounts stay; no sign-in is linked to one by an address in it.",
        domain.name, company.name
    ))
}

async fn find(
    installation: &Installation,
    named: &NamedDomain,
) -> Result<(Company, CompanyDomain)> {
    let company = installation.company(&named.slug).await?;
    let name = name(&named.domain)?;
    let domains = installation.store.domains(company.id).await?;
    if let Some(found) = domains.iter().find(|it| it.name == name) {
        return Ok((company, found.clone()));
    }
    let known: Vec<&str> = domains.iter().map(|it| it.name.as_str()).collect();
    let none = format!(
        "It has none yet. Add it: vestibule company domain add {} {name}",
        company.slug
    );
    Err(CliError::refused(
        format!("{} has no domain {name}.", company.name),
        choices("domains", name.as_str(), &known, &none),
    ))
}

fn name(text: &str) -> Result<DomainName> {
    let bare = text.strip_prefix('@').unwrap_or(text);
    bare.parse()
        .map_err(|error: DomainNameError| CliError::unusable(format!("\"{text}\" is {error}."), ""))
}

/// The operator may insist on what belongs to everybody.
fn check_own(name: &DomainName, insist: bool) -> Result<()> {
    match why_shared(name).filter(|_| !insist) {
        Some(why) => Err(CliError::refused(why, "If you are sure, add --insist.")),
        None => Ok(()),
    }
}

fn consequence(name: &DomainName, connection: &Connection) -> String {
    let off = if connection.enabled {
        String::new()
    } else {
        format!(
            " {} is disabled: nobody of {name} can sign in until it is enabled.",
            connection.name
        )
    };
    format!(
        "{name} is assigned to {}: its sign-ins are linked to the accounts with addresses in {name}, and no other connection makes or takes one.{off} {STAYS_BOUND}",
        connection.name
    )
}
