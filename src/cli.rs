//! The commands.
//!
//! Invariants: exit code 0 is done, 1 is refused or failed, 2 is a command or an input that cannot be used. Standard output
//! holds what was asked for and nothing else; errors say what happened and what to do next, on standard error. What a
//! command changes, a running server sees within two seconds.

mod application;
mod arguments;
mod audit;
mod company;
mod confirmation;
mod connection;
mod directory;
mod error;
mod export;
mod installation;
mod invocation;
mod listing;
mod operator;
mod output;
mod people;
mod settings;
mod sign_ins;
mod text;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::UnknownKeys;
use crate::clock::Clock;
use error::{CliError, Result};
use invocation::Invocation;
use operator::{backup, config, demo, doctor, keys, serve};
use output::Output;
use people::{group, user};
use sign_ins::{attempts, explain};

/// A self-hosted SAML 2.0 service provider: enterprise sign-in beside your application.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, propagate_version = true)]
struct Cli {
    /// The configuration file [default: `VESTIBULE_CONFIG`, else vestibule.toml here, else /etc/vestibule.toml, else none]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Go on with keys that are not those of the database, and make missing ones: the old ones are lost
    #[arg(long, global = true)]
    accept_new_keys: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve,
    /// Run the server with a demo identity provider, ready to click through
    Demo(demo::Demo),
    /// Companies: add, list, show, set, logo, quota, suspend, resume, delete, domain, setup-link
    #[command(subcommand)]
    Company(company::CompanyCommand),
    /// Permission groups: add, list, set, delete
    #[command(subcommand)]
    Group(group::GroupCommand),
    /// Connections to identity providers: import-metadata, add, list, enable, disable, set, delete
    #[command(subcommand)]
    Connection(connection::ConnectionCommand),
    /// Directories that connections are looked up in (Microsoft Graph): show, set, off, check, look-up, synchronise, status
    #[command(subcommand)]
    Directory(directory::DirectoryCommand),
    /// Applications that users are handed over to: add, list, show, set, remove, allow, deny, new-key, retire-key
    #[command(subcommand)]
    Application(application::ApplicationCommand),
    /// Users: add, list, export, set, deactivate, activate, delete, set-password, sessions, sign-out, unlink
    #[command(subcommand)]
    User(user::UserCommand),
    /// Records of sign-ins: list, show
    #[command(subcommand)]
    Attempts(attempts::AttemptsCommand),
    /// What administrators and commands have changed: list, export
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// The service provider's own keys: list, new, rotate, retire
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Write the database and the keys to a directory, while the server runs
    Backup(backup::Backup),
    /// Put a backup in the place of the database and the keys
    Restore(backup::Restore),
    /// Judge a SAML Response offline and print every check
    Explain(explain::Explain),
    /// Look at configuration, clock, keys, database and origins; doctor gate: at the proxy of an application
    Doctor(doctor::Doctor),
    /// Print the effective configuration, secrets masked
    Config(config::ConfigCommand),
}

/// Runs the command line.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let clock = Clock::system();
    let mut out = Output::stdout();
    let result = dispatch(cli, &clock, &mut out).and_then(|code| {
        out.flush()?;
        Ok(code)
    });
    match result {
        Ok(code) => code,
        // `vestibule … | head`: the reader has what it wanted.
        Err(CliError::Output(cause)) if cause.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = out.flush();
            // Nothing is left to tell it to when standard error is gone too.
            let _ = writeln!(std::io::stderr(), "vestibule: {}", error.report());
            ExitCode::from(error.exit_code())
        }
    }
}

fn dispatch(cli: Cli, clock: &Clock, out: &mut Output) -> Result<ExitCode> {
    let invocation = Invocation {
        file: cli.config,
        clock: clock.clone(),
        new_keys: if cli.accept_new_keys {
            UnknownKeys::Accept
        } else {
            UnknownKeys::Refuse
        },
        entra_port: None,
    };
    match cli.command {
        Command::Serve => return serve::run(&invocation),
        Command::Demo(demo) => return demo.run(&invocation),
        Command::Explain(explain) => return wait(explain.run(&invocation, out)),
        Command::Doctor(doctor) => return wait(doctor.run(&invocation, out)),
        Command::Config(config) => config.run(&invocation, out)?,
        Command::Keys(keys) => wait(keys.run(&invocation, out))?,
        Command::Backup(backup) => wait(backup.run(&invocation, out))?,
        Command::Restore(restore) => wait(restore.run(&invocation, out))?,
        Command::Application(application) => wait(application.run(&invocation, out))?,
        Command::Company(company) => wait(company.run(&invocation, out))?,
        Command::Group(group) => wait(group.run(&invocation, out))?,
        Command::Connection(connection) => wait(connection.run(&invocation, out))?,
        Command::Directory(directory) => wait(directory.run(&invocation, out))?,
        Command::User(user) => wait(user.run(&invocation, out))?,
        Command::Attempts(attempts) => wait(attempts.run(&invocation, out))?,
        Command::Audit(audit) => wait(audit.run(&invocation, out))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a short command to its end.
fn wait<T>(command: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?
        .block_on(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_commands_are_well_formed() {
        Cli::command().debug_assert();
    }
}
