//! `application allow`, `application deny`: which users of a company may use an application.

use super::find;
use crate::admin::{CompanyApplication, Refused};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::domain::{AllowedUsers, Application, Company};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Access {
    /// The application's name, such as crm
    name: String,
    /// The company's slug, such as acme
    #[arg(long, value_name = "SLUG")]
    company: String,
    /// The title of the permission group
    #[arg(long, value_name = "TITLE", required_unless_present = "everybody")]
    group: Option<String>,
    /// Every user of the company
    #[arg(long, conflicts_with = "group")]
    everybody: bool,
}

impl Access {
    pub(super) async fn allow(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, application) = self.found(installation).await?;
        let admin = installation.admin(company.id).await?;
        let Some(title) = &self.group else {
            let changed = admin.allow_everybody(application.id).await;
            said(changed, &application, &company)?;
            return out.line(format!(
                "Every user of {} may use {} now.",
                company.name, application.display_name
            ));
        };
        let group = installation.group(&company, title).await?;
        let changed = admin.allow_group(application.id, &group).await;
        if !said(changed, &application, &company)? {
            return out.line(format!(
                "\"{title}\" may use {} already.",
                application.display_name
            ));
        }
        out.line(format!(
            "Users of {} in \"{title}\" may use {} now. Those in no group that may, may not.",
            company.name, application.display_name
        ))
    }

    pub(super) async fn deny(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, application) = self.found(installation).await?;
        let admin = installation.admin(company.id).await?;
        let Some(title) = &self.group else {
            let changed = admin.allow_nobody(application.id).await;
            said(changed, &application, &company)?;
            return out.line(format!(
                "No user of {} may use {} now.",
                company.name, application.display_name
            ));
        };
        let group = installation.group(&company, title).await?;
        let CompanyApplication { allowed, .. } = admin.company_application(application.id).await?;
        let changed = admin.deny_group(application.id, &group).await;
        if said(changed, &application, &company)? {
            return out.line(format!(
                "\"{title}\" of {} lets nobody use {} any more.",
                company.name, application.display_name
            ));
        }
        if allowed == AllowedUsers::Everybody {
            return Err(CliError::refused(
                format!(
                    "Every user of {} may use {}, whatever groups they are in.",
                    company.name, application.display_name
                ),
                format!(
                    "Say which groups may: vestibule application allow {} --company {} --group TITLE",
                    application.name, company.slug
                ),
            ));
        }
        out.line(format!(
            "\"{title}\" lets nobody use {} already.",
            application.display_name
        ))
    }

    async fn found(&self, installation: &Installation) -> Result<(Company, Application)> {
        let company = installation.company(&self.company).await?;
        let application = find(installation, &self.name).await?.application;
        Ok((company, application))
    }
}

/// Whether something has changed.
fn said(
    changed: std::result::Result<bool, Refused>,
    application: &Application,
    company: &Company,
) -> Result<bool> {
    match changed {
        Err(Refused::NotFound) => Err(CliError::refused(
            format!(
                "{} does not serve {}.",
                application.display_name, company.name
            ),
            format!(
                "Let it: vestibule application set {} companies=…,{}",
                application.name, company.slug
            ),
        )),
        other => Ok(other?),
    }
}
