//! `doctor`: looks at everything that a sign-in needs, and says what to do.
//!
//! Invariant: it changes nothing that a start of the server would not change: no keys are made, no database file is made.

mod checks;
mod companies;

use std::process::ExitCode;

use serde::Serialize;

use super::error::Result;
use super::installation::Setting;
use super::output::Output;
use super::text::count;
use crate::config::Config;

#[derive(Debug, clap::Args)]
pub(super) struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
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
    pub(super) async fn run(self, setting: &Setting, out: &mut Output) -> Result<ExitCode> {
        let mut findings = Findings::default();
        match setting.config() {
            Ok(config) => {
                findings.ok("configuration", super::configuration::sources(setting));
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
    checks::listen(config, findings);
    checks::data_directory(config, findings);
    checks::clock(now, findings);
    checks::keys(config, now, findings);
    let Some(store) = checks::database(config, &setting.clock, findings).await else {
        return;
    };
    if let Err(error) = companies::look(config, &store, now, findings).await {
        findings.error(
            "database",
            format!("The companies cannot be read: {error}."),
            "",
        );
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
