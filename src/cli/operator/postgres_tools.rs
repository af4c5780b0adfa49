//! PostgreSQL's own programs for backup and restore.
//!
//! Invariant: the password is in their environment, never among their arguments, which every user of the machine can read.

use std::path::Path;
use std::process::{Command, Output};

use url::Url;

use crate::cli::error::{CliError, Result};
use crate::config::Config;

/// Writes all of the database to a file.
pub(in crate::cli) fn dump(config: &Config, to: &Path) -> Result<()> {
    let mut command = program("pg_dump", config)?;
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--file"]);
    run(command.arg(to))?;
    // Its list of contents is at its end.
    run(Command::new("pg_restore").arg("--list").arg(to)).map(drop)
}

/// Brings a file's content into the database, all of it or nothing.
pub(in crate::cli) fn restore(config: &Config, from: &Path) -> Result<()> {
    let mut command = program("pg_restore", config)?;
    command.args([
        "--clean",
        "--if-exists",
        "--no-owner",
        "--no-privileges",
        "--single-transaction",
        "--exit-on-error",
    ]);
    run(command.arg(from)).map(drop)
}

/// Whether there is no table of anybody.
pub(in crate::cli) fn is_empty(config: &Config) -> Result<bool> {
    let mut command = program("psql", config)?;
    command.args([
        "--no-psqlrc",
        "--tuples-only",
        "--no-align",
        "--command",
        "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()",
    ]);
    Ok(run(&mut command)?.stdout.trim_ascii() == b"0")
}

fn program(name: &str, config: &Config) -> Result<Command> {
    let mut command = Command::new(name);
    let mut url = Url::parse(&config.database_url()).map_err(|cause| {
        CliError::unusable(format!("database.url is no URL: {cause}."), "Correct it.")
    })?;
    if let Some(password) = url.password() {
        let password = percent_encoding::percent_decode_str(password).decode_utf8_lossy();
        command.env("PGPASSWORD", password.as_ref());
        // A URL with a host takes it.
        let _ = url.set_password(None);
    }
    // Nor is one in the query for everybody to read in the list of processes.
    let secret = url
        .query_pairs()
        .find(|(key, _)| key == "password")
        .map(|(_, value)| value.into_owned());
    if let Some(secret) = secret {
        command.env("PGPASSWORD", secret);
        let query = url.query().unwrap_or_default().split('&');
        let rest: Vec<&str> = query
            .filter(|pair| !pair.starts_with("password="))
            .collect();
        let rest = rest.join("&");
        url.set_query(Some(rest.as_str()).filter(|rest| !rest.is_empty()));
    }
    command.arg("--dbname").arg(url.as_str());
    Ok(command)
}

fn run(command: &mut Command) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|cause| {
        CliError::refused(
            format!("{name} cannot be run: {cause}."),
            "Install PostgreSQL's client programs (on Debian: postgresql-client), of the server's version or a newer one.",
        )
    })?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(CliError::refused(
        format!("{name} failed: {}", said.trim()),
        "It has to be of the database's version or a newer one, and the user needs the right to read everything.",
    ))
}
