//! `company add`.

use super::{domain, note_plain_http, print_values, setup_link, taken_error};
use crate::cli::arguments::{self, required_text, slug};
use crate::cli::error::{CliError, Result};
use crate::cli::invocation::Invocation;
use crate::cli::output::Output;
use crate::domain::{AuditAction, AuditDetail, Company, CompanyId};
use crate::keys::random;
use crate::store;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct AddCompany {
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

impl AddCompany {
    pub(super) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let slug = slug(&self.slug)?;
        let name = required_text("--name", &self.name)?;
        let mut origins =
            arguments::origins(&self.origins, "https://acme.sso.example.com")?.into_iter();
        let Some(origin) = origins.next() else {
            return Err(CliError::unusable("--origin is missing.", ""));
        };
        let return_origins = arguments::origins(&self.return_origins, "https://app.example.com")?;
        let installation = invocation.open().await?;
        let domains = domain::verifiable(&installation, &self.domains).await?;
        let company = Company {
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
            Err(store::Error::Taken(_)) => return Err(taken_error(&installation, &company).await?),
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
        let link = setup_link::create(&installation, &company).await?;
        setup_link::print(&company, &link, out)
    }
}
