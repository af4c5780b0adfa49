//! `directory show`, `off`, `check`, `look-up`; `set`, `synchronise` and `status` have files of their own.
//!
//! Invariant: a secret is read from a file and shown nowhere. Tests: `tests/it/cli/directory.rs`.

mod set;
mod synchronise;

use clap::Subcommand;
use serde_json::{Value, json};

use super::error::{CliError, Result};
use super::installation::Installation;
use super::invocation::Invocation;
use super::output::{Output, timestamp};
use crate::clock::Clock;
use crate::directory::{
    Directories, DirectoryError, DirectoryKeeper, DirectoryOutcome, FoundPerson,
};
use crate::domain::{Company, Connection, DirectoryCredential, DirectorySettings};

#[derive(Debug, Subcommand)]
pub(super) enum DirectoryCommand {
    /// Show a directory's settings
    Show(NamedDirectory),
    /// Set a directory, or change its settings; without key=value pairs, list them
    Set(set::SetDirectory),
    /// Ask the directory nothing more; what it gave to users goes, groups and users stay
    Off(NamedDirectory),
    /// Test the directory, line by line, with the permission that is missing
    Check(NamedDirectory),
    /// Look people up by name, e-mail address, user principal name or object ID
    LookUp(LookUp),
    /// Synchronise groups and people at once; the first time, start what `status` shows
    Synchronise(synchronise::Synchronise),
    /// Show how far the synchronisation is, and what the first one would do
    Status(NamedDirectory),
}

#[derive(Debug, clap::Args)]
pub(super) struct NamedDirectory {
    /// The company's slug, such as acme
    #[arg(long)]
    company: String,
    /// The connection's name; may be left out when the company has one only
    #[arg(long)]
    connection: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct LookUp {
    /// What to search for
    text: String,
    #[command(flatten)]
    named: NamedDirectory,
}

impl DirectoryCommand {
    pub(super) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let installation = invocation.open().await?;
        let clock = &invocation.clock;
        match self {
            Self::Show(named) => named.show(&installation, out).await,
            Self::Set(set) => set.run(&installation, out).await,
            Self::Off(named) => named.off(&installation, out).await,
            Self::Check(named) => named.check(&installation, clock, out).await,
            Self::Synchronise(synchronise) => synchronise.run(&installation, out).await,
            Self::Status(named) => synchronise::status(&named, &installation, out).await,
            Self::LookUp(look_up) => look_up.run(&installation, clock, out).await,
        }
    }
}

impl NamedDirectory {
    async fn find(&self, installation: &Installation) -> Result<(Company, Connection)> {
        let company = installation.company(&self.company).await?;
        let connection = installation
            .connection(&company, self.connection.as_deref(), "--connection")
            .await?;
        Ok((company, connection))
    }

    async fn show(&self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, connection) = self.find(installation).await?;
        print(&company, &connection, self.json, out)
    }

    async fn off(&self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, connection) = self.find(installation).await?;
        settings(&company, &connection)?;
        let admin = installation.admin(company.id).await?;
        admin.remove_directory(&connection).await?;
        if self.json {
            return out.json(&Value::Null);
        }
        out.line(format!(
            "The directory of \"{}\" is off now. What it gave to users is taken back; groups and users stay.",
            connection.name
        ))
    }

    async fn check(
        &self,
        installation: &Installation,
        clock: &Clock,
        out: &mut Output,
    ) -> Result<()> {
        let (company, connection) = self.find(installation).await?;
        settings(&company, &connection)?;
        let directories = Directories::new()?;
        let keeper = keeper(installation, &company, &directories, clock).await?;
        let check = keeper.open(&connection)?.check(None).await;
        if self.json {
            let lines: Vec<Value> = check
                .lines
                .iter()
                .map(|line| {
                    json!({
                        "question": line.question.title(),
                        "outcome": line.outcome.word(),
                        "permission": match line.outcome {
                            DirectoryOutcome::Missing(name) => Some(name),
                            _ => None,
                        },
                        "found": line.found,
                        "advice": line.advice,
                    })
                })
                .collect();
            out.json(&json!({
                "passed": check.is_passed(),
                "missing": check.missing(),
                "lines": lines,
            }))?;
        } else {
            for line in &check.lines {
                out.line(format!(
                    "{:<6} {}: {}",
                    word(line.outcome),
                    line.question.title(),
                    line.found
                ))?;
                if let Some(advice) = &line.advice {
                    out.line(format!("       {advice}"))?;
                }
            }
        }
        if check.is_passed() {
            return Ok(());
        }
        Err(CliError::refused(
            format!(
                "The directory of \"{}\" cannot be used like this.",
                connection.name
            ),
            "Correct what failed above, and run the command again.",
        ))
    }
}

impl LookUp {
    async fn run(
        &self,
        installation: &Installation,
        clock: &Clock,
        out: &mut Output,
    ) -> Result<()> {
        let (company, connection) = self.named.find(installation).await?;
        settings(&company, &connection)?;
        let directories = Directories::new()?;
        let keeper = keeper(installation, &company, &directories, clock).await?;
        let found = keeper.open(&connection)?.find_people(&self.text).await?;
        if self.named.json {
            let all: Vec<Value> = found.iter().map(person).collect();
            return out.json(&all);
        }
        if found.is_empty() {
            return out.line(format!(
                "Nobody in the directory has the name or address \"{}\".",
                self.text
            ));
        }
        let rows: Vec<[String; 4]> = found
            .iter()
            .map(|one| {
                [
                    one.user.display_name.clone().unwrap_or_default(),
                    one.email.clone().unwrap_or_else(|| "-".to_owned()),
                    one.user.id.to_string(),
                    state(one),
                ]
            })
            .collect();
        out.table(["NAME", "E-MAIL", "OBJECT ID", "STATE"], &rows)
    }
}

impl From<DirectoryError> for CliError {
    fn from(cause: DirectoryError) -> Self {
        Self::refused(cause.to_string(), cause.advice().unwrap_or_default())
    }
}

/// What opens directories for a command.
async fn keeper<'a>(
    installation: &'a Installation,
    company: &Company,
    directories: &'a Directories,
    clock: &'a Clock,
) -> Result<DirectoryKeeper<'a>> {
    Ok(DirectoryKeeper {
        directories,
        keys: installation.keys().await?,
        clock,
        reach: installation.reach(company),
    })
}

/// The settings of a connection's directory.
fn settings<'c>(company: &Company, connection: &'c Connection) -> Result<&'c DirectorySettings> {
    connection.settings.directory.as_deref().ok_or_else(|| {
        CliError::refused(
            format!("The connection \"{}\" has no directory.", connection.name),
            format!(
                "Set one: vestibule directory set --company {} --connection {} credential=own client_id=GUID client_secret_file=FILE",
                company.slug, connection.name
            ),
        )
    })
}

const fn word(outcome: DirectoryOutcome) -> &'static str {
    match outcome {
        DirectoryOutcome::Passed => "ok",
        DirectoryOutcome::Missing(_) | DirectoryOutcome::Failed => "FAILED",
        DirectoryOutcome::NotNeeded | DirectoryOutcome::NotAsked => "-",
    }
}

fn state(one: &FoundPerson) -> String {
    let words = [(one.is_disabled, "disabled"), (one.is_guest, "guest")];
    let words: Vec<&str> = words
        .iter()
        .filter_map(|(is, word)| is.then_some(*word))
        .collect();
    words.join(", ")
}

fn person(one: &FoundPerson) -> Value {
    json!({
        "object_id": one.user.id.as_str(),
        "display_name": one.user.display_name,
        "email": one.email,
        "user_principal_name": one.user.principal_name,
        "disabled": one.is_disabled,
        "guest": one.is_guest,
    })
}

/// Prints a directory's settings; of secrets, when they were set and until when they last (rule N6).
fn print(company: &Company, connection: &Connection, json: bool, out: &mut Output) -> Result<()> {
    let directory = settings(company, connection)?;
    let (credential, client_id, secrets) = match &directory.credential {
        DirectoryCredential::SignIn => ("sign_in", None, &[][..]),
        DirectoryCredential::Own {
            client_id,
            client_secrets,
        } => ("own", Some(client_id.as_str()), &client_secrets[..]),
    };
    if json {
        let secrets: Vec<Value> = secrets
            .iter()
            .map(|it| {
                json!({
                    "set_at": timestamp(it.set_at),
                    "expires_at": it.expires_at.map(timestamp),
                })
            })
            .collect();
        return out.json(&json!({
            "connection": connection.name,
            "tenant": directory.tenant.as_str(),
            "cloud": directory.cloud.as_str(),
            "credential": credential,
            "client_id": client_id,
            "client_secrets": secrets,
            "synchronise": directory.synchronise,
            "every_minutes": directory.every_minutes,
            "remove_gone_groups": directory.remove_gone_groups,
        }));
    }
    let mut rows = vec![
        ["tenant".to_owned(), directory.tenant.to_string()],
        ["cloud".to_owned(), directory.cloud.to_string()],
        ["credential".to_owned(), credential.to_owned()],
    ];
    if let Some(client_id) = client_id {
        rows.push(["client_id".to_owned(), client_id.to_owned()]);
    }
    for secret in secrets {
        let end = secret.expires_at;
        let end = end.map_or_else(
            || "no day given".to_owned(),
            |end| format!("until {}", end.date()),
        );
        let told = format!("set {}, {end}", secret.set_at.date());
        rows.push(["client_secret".to_owned(), told]);
    }
    rows.extend([
        ["synchronise".to_owned(), directory.synchronise.to_string()],
        [
            "every_minutes".to_owned(),
            directory.every_minutes.to_string(),
        ],
        [
            "remove_gone_groups".to_owned(),
            directory.remove_gone_groups.to_string(),
        ],
    ]);
    out.table(["KEY", "VALUE"], &rows)
}
