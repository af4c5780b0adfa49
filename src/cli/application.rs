//! `application add`, `list`, `show`, `set`, `remove`, `allow`, `deny`, `new-key`, `retire-key`.

mod access;
mod add;
mod key;
mod list;
mod set;

use clap::Subcommand;

use super::error::{CliError, Result};
use super::installation::Installation;
use super::invocation::Invocation;
use super::output::Output;
use super::text::choices;
use crate::admin::{ApplicationError, Operator};
use crate::domain::{Application, Company, ServedCompanies};
use crate::store::KnownApplication;
use crate::text::sentence;

#[derive(Debug, Subcommand)]
pub(super) enum ApplicationCommand {
    /// Add an application, and print the key that its proxy shows
    Add(add::AddApplication),
    /// List the applications
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show an application
    Show(set::ShowApplication),
    /// Change an application's settings, or list them
    Set(set::SetApplication),
    /// Remove an application; who is signed in there is signed in there no more
    Remove(NamedApplication),
    /// Let a permission group of a company use an application, and those in no such group not
    Allow(access::Access),
    /// Take an application away from a permission group of a company
    Deny(access::Access),
    /// Make a further key for the application's proxy; the one before it counts until it is retired
    NewKey(key::KeyOfApplication),
    /// End every key of the application's proxy but the newest
    RetireKey(NamedApplication),
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct NamedApplication {
    /// The application's name, such as crm
    name: String,
}

impl ApplicationCommand {
    pub(super) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let installation = invocation.open().await?;
        match self {
            Self::Add(add) => add.run(&installation, out).await,
            Self::List { json } => list::run(&installation, json, out).await,
            Self::Show(show) => show.run(&installation, out).await,
            Self::Set(set) => set.run(&installation, out).await,
            Self::Remove(named) => remove(&installation, &named.name, out).await,
            Self::Allow(access) => access.allow(&installation, out).await,
            Self::Deny(access) => access.deny(&installation, out).await,
            Self::NewKey(key) => key.run(&installation, out).await,
            Self::RetireKey(named) => key::retire(&installation, &named.name, out).await,
        }
    }
}

async fn remove(installation: &Installation, name: &str, out: &mut Output) -> Result<()> {
    let known = find(installation, name).await?;
    let sessions = installation
        .store
        .gate_sessions(known.application.id)
        .await?;
    operator(installation)
        .remove_application(&known.application)
        .await
        .map_err(application_error)?;
    out.line(format!(
        "Removed the application {} ({name}). {sessions} browsers were signed in there.",
        known.application.display_name
    ))
}

/// The application of a name, or an error that names those that there are.
async fn find(installation: &Installation, name: &str) -> Result<KnownApplication> {
    let all = installation.store.applications().await?;
    if let Some(found) = all.iter().find(|it| it.application.name.as_str() == name) {
        return Ok(found.clone());
    }
    let known: Vec<&str> = all.iter().map(|it| it.application.name.as_str()).collect();
    let none = format!(
        "There is none yet. Add it: vestibule application add {name} --display-name NAME --origin https://app.example.com --kind nginx"
    );
    Err(CliError::refused(
        format!("There is no application \"{name}\"."),
        choices("applications", name, &known, &none),
    ))
}

fn operator(installation: &Installation) -> Operator<'_> {
    Operator {
        store: &installation.store,
        now: installation.now,
    }
}

/// Why an application was not written, with what to do next.
fn application_error(error: ApplicationError) -> CliError {
    match error {
        ApplicationError::Store(cause) => cause.into(),
        ApplicationError::Gone => CliError::refused(
            "There is no such application any more.",
            "List them: vestibule application list",
        ),
        taken @ ApplicationError::Taken(_) => CliError::refused(
            sentence(&taken.to_string()),
            "A name and a host belong to one application. List them: vestibule application list",
        ),
    }
}

/// Rule V2: an application of several companies has one issuer, which is the hub.
async fn check_issuer(installation: &Installation, companies: &ServedCompanies) -> Result<()> {
    let several = match companies {
        ServedCompanies::Every => installation.store.companies().await?.len() > 1,
        ServedCompanies::Named(named) => named.len() > 1,
    };
    if several && installation.config.hub.origin.is_none() {
        return Err(CliError::refused(
            "It would serve several companies, and the configuration has no hub.origin. Its users would not be asked which company they are of, and its tokens would have several issuers.",
            "Set hub.origin in the configuration to a host name of its own that leads here, such as https://sso.example.com, or name one company with --company.",
        ));
    }
    Ok(())
}

/// The companies of their slugs; every company where nothing is said.
async fn served(installation: &Installation, slugs: &[String]) -> Result<ServedCompanies> {
    if slugs.is_empty() {
        return Ok(ServedCompanies::Every);
    }
    let mut named = Vec::new();
    for slug in slugs {
        let company = installation.company(slug).await?;
        if !named.contains(&company.id) {
            named.push(company.id);
        }
    }
    Ok(ServedCompanies::Named(named))
}

/// The slugs of the companies that an application serves; `every`, or none for those that are gone.
fn slugs(application: &Application, companies: &[Company]) -> Vec<String> {
    match &application.companies {
        ServedCompanies::Every => vec!["every".to_owned()],
        ServedCompanies::Named(named) => companies
            .iter()
            .filter(|company| named.contains(&company.id))
            .map(|company| company.slug.to_string())
            .collect(),
    }
}
