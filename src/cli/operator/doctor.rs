//! `doctor`: looks at everything that a sign-in needs, and says what to do.
//!
//! Invariant: it changes nothing that a start of the server would not change: no keys are made, no database file is made.

mod checks;
mod companies;
mod drift;
mod keys;
mod origins;
mod user;

use std::net::SocketAddr;
use std::process::ExitCode;

use serde::Serialize;

use crate::cli::error::Result;
use crate::cli::installation::Setting;
use crate::cli::output::Output;
use crate::cli::text::count;
use crate::config::Config;
use crate::keys::Fingerprints;

use checks::Database;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Whether what listens there answers as a server of ours does.
pub(in crate::cli) fn is_vestibule(listen: SocketAddr) -> bool {
    checks::is_vestibule(listen)
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
struct Finding {
    state: State,
    area: &'static str,
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    next: String,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
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
        self.0.push(Finding {
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
    pub(in crate::cli) async fn run(self, setting: &Setting, out: &mut Output) -> Result<ExitCode> {
        let mut findings = Findings::default();
        match setting.config() {
            Ok(config) => {
                findings.ok("configuration", super::configuration::sources(setting));
                if let Some(code) = user::look(&config, &mut findings) {
                    return Ok(code);
                }
                look(&config, setting, &mut findings).await;
            }
            Err(error) => findings.error("configuration", error.to_string(), ""),
        }
        if self.json {
            out.json(&serde_json::json!({
                "ok": findings.count(State::Error) == 0,
                "findings": findings.0,
            }))?;
        } else {
            print(&findings, out)?;
        }
        Ok(if findings.count(State::Error) == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }
}

async fn look(config: &Config, setting: &Setting, findings: &mut Findings) {
    let now = setting.clock.now();
    let mut of_database = Findings::default();
    let database = checks::database(config, &setting.clock, &mut of_database).await;
    // Whatever else is wrong: whether the keys are the right ones comes first.
    let known = match &database {
        Database::Open { store, .. } => store.key_fingerprints().await.ok(),
        Database::New => Some(Fingerprints::default()),
        Database::Unusable => None,
    };
    let keys = keys::look(config, known.as_ref(), now, findings);
    let is_running = checks::listen(config, findings);
    checks::data_directory(config, findings);
    checks::clock(now, findings);
    findings.0.append(&mut of_database.0);
    let Database::Open { store, drift } = database else {
        return;
    };
    let companies = async {
        let companies = companies::look(config, &store, now, findings).await?;
        let skew = drift::least_skew(&store, &companies).await?;
        if let Some(drift) = drift {
            drift::from_database(drift, skew, findings);
        }
        drift::look(&store, &companies, skew, findings).await?;
        Ok::<_, crate::store::Error>(companies)
    };
    match companies.await {
        Err(error) => findings.error(
            "database",
            format!("The companies cannot be read: {error}."),
            "",
        ),
        Ok(companies) => {
            if !is_running && !companies.is_empty() {
                findings.warn(
                    "origins",
                    "The server does not run here.",
                    "Start it, unless another node answers.",
                );
            }
            if let Some(keys) = &keys {
                origins::ask(&companies, keys, &setting.clock, findings).await;
            }
        }
    }
    store.close().await;
}

fn print(findings: &Findings, out: &mut Output) -> Result<()> {
    for finding in &findings.0 {
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
    let (errors, warnings) = (findings.count(State::Error), findings.count(State::Warning));
    out.line("")?;
    out.line(match (errors, warnings) {
        (0, 0) => "All is well.".to_owned(),
        (0, warnings) => format!("It works; {} above.", count(warnings, "warning")),
        (errors, _) => format!("{} above.", count(errors, "problem")),
    })
}
