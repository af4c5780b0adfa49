//! `doctor`: looks at everything that a sign-in needs, and says what to do.
//!
//! Invariant: it changes nothing that a start of the server would not change: no keys are made, no database file is made.
//!
//! Tests: `tests/it/operator/doctor.rs`.

mod applications;
mod clock;
mod companies;
mod connections;
mod data_directory;
mod database;
mod gate;
mod keys;
mod listener;
mod origins;
mod user;

use std::process::ExitCode;

use serde::Serialize;

use crate::cli::error::Result;
use crate::cli::invocation::Invocation;
use crate::cli::output::Output;
use crate::cli::text::count;
use crate::config::Config;
use crate::keys::Fingerprints;

use database::ConfiguredDatabase;

pub(in crate::cli) use listener::is_vestibule;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    of: Option<DoctorOf>,
}

#[derive(Debug, clap::Subcommand)]
enum DoctorOf {
    /// Ask an application's own proxy whether its check can be got past
    ///
    /// Sends the page requests of many kinds, through the proxy, and looks at the check what has arrived. Run it where the server runs,
    /// with its configuration. It changes nothing, and tells which directive to write.
    Gate(gate::Gate),
}

/// How one finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Error,
}

#[derive(Debug, Serialize)]
struct Diagnosis {
    state: State,
    area: &'static str,
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    next: String,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Diagnoses(Vec<Diagnosis>);

impl Diagnoses {
    fn ok(&mut self, area: &'static str, text: impl Into<String>) {
        self.push(State::Ok, area, text.into(), String::new());
    }

    fn warn(&mut self, area: &'static str, text: impl Into<String>, next: impl Into<String>) {
        self.push(State::Warning, area, text.into(), next.into());
    }

    fn error(&mut self, area: &'static str, text: impl Into<String>, next: impl Into<String>) {
        self.push(State::Error, area, text.into(), next.into());
    }

    fn push(&mut self, state: State, area: &'static str, text: String, next: String) {
        self.0.push(Diagnosis {
            state,
            area,
            text,
            next,
        });
    }

    fn count(&self, state: State) -> usize {
        self.0.iter().filter(|found| found.state == state).count()
    }
}

impl Doctor {
    pub(in crate::cli) async fn run(
        self,
        invocation: &Invocation,
        out: &mut Output,
    ) -> Result<ExitCode> {
        if let Some(DoctorOf::Gate(gate)) = self.of {
            return gate.run(invocation, out).await;
        }
        let mut diagnoses = Diagnoses::default();
        match invocation.config() {
            Ok(config) => {
                diagnoses.ok("configuration", super::config::sources(invocation));
                if let Some(code) = user::look(&config, &mut diagnoses) {
                    return Ok(code);
                }
                look(&config, invocation, &mut diagnoses).await;
            }
            Err(error) => diagnoses.error("configuration", error.to_string(), ""),
        }
        tell(&diagnoses, self.json, out)
    }
}

/// Prints what was found; whether there is a problem among it.
fn tell(diagnoses: &Diagnoses, json: bool, out: &mut Output) -> Result<ExitCode> {
    let is_well = diagnoses.count(State::Error) == 0;
    if json {
        out.json(&serde_json::json!({ "ok": is_well, "findings": diagnoses.0 }))?;
    } else {
        print(diagnoses, out)?;
    }
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

async fn look(config: &Config, invocation: &Invocation, diagnoses: &mut Diagnoses) {
    let now = invocation.clock.now();
    let mut of_database = Diagnoses::default();
    let database = database::open(config, &invocation.clock, &mut of_database).await;
    // Whatever else is wrong: whether the keys are the right ones comes first.
    let known = match &database {
        ConfiguredDatabase::Open { store, .. } => store.key_fingerprints().await.ok(),
        ConfiguredDatabase::New => Some(Fingerprints::default()),
        ConfiguredDatabase::Unusable => None,
    };
    let keys = keys::look(config, known.as_ref(), now, diagnoses);
    let is_running = listener::look(config, diagnoses);
    data_directory::look(config, diagnoses);
    clock::look(now, diagnoses);
    diagnoses.0.append(&mut of_database.0);
    let ConfiguredDatabase::Open { store, drift } = database else {
        return;
    };
    let companies = async {
        let companies = companies::look(config, &store, now, diagnoses).await?;
        applications::look(config, &store, &companies, diagnoses).await?;
        let skew = clock::least_skew(&store, &companies).await?;
        if let Some(drift) = drift {
            clock::look_at_database(drift, skew, diagnoses);
        }
        clock::look_at_sign_ins(&store, &companies, skew, diagnoses).await?;
        Ok::<_, crate::store::Error>(companies)
    };
    match companies.await {
        Err(error) => diagnoses.error(
            "database",
            format!("The companies cannot be read: {error}."),
            "",
        ),
        Ok(companies) => {
            if !is_running && !companies.is_empty() {
                diagnoses.warn(
                    "origins",
                    "The server does not run here.",
                    "Start it, unless another node answers.",
                );
            }
            if let Some(keys) = &keys {
                origins::ask(&companies, keys, &invocation.clock, diagnoses).await;
            }
        }
    }
    store.close().await;
}

fn print(diagnoses: &Diagnoses, out: &mut Output) -> Result<()> {
    for finding in &diagnoses.0 {
        let mark = match finding.state {
            State::Ok => '✓',
            State::Warning => '!',
            State::Error => '✗',
        };
        out.line(format!("{mark} {:<14} {}", finding.area, finding.text))?;
        if !finding.next.is_empty() {
            out.line(format!("                 {}", finding.next))?;
        }
    }
    let (errors, warnings) = (
        diagnoses.count(State::Error),
        diagnoses.count(State::Warning),
    );
    out.line("")?;
    out.line(match (errors, warnings) {
        (0, 0) => "All is well.".to_owned(),
        (0, warnings) => format!("It works; {} above.", count(warnings, "warning")),
        (errors, _) => format!("{} above.", count(errors, "problem")),
    })
}
