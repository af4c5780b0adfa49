//! A password from standard input, or asked for at the terminal without showing it.
//!
//! Invariant: a password is never an argument, which every user of the machine could read.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::admin::{LONGEST_PASSWORD, Problems};
use crate::cli::error::{CliError, Result};

/// What seals the keys of a backup is guessed at leisure by who has stolen it.
const SHORTEST_PASSPHRASE: usize = 16;

/// Reads a new password: asked for twice at a terminal, else one line of standard input.
pub(in crate::cli) fn read(from_stdin: bool) -> Result<String> {
    if from_stdin || !std::io::stdin().is_terminal() {
        return check_password(line()?);
    }
    let _echo = Echo::off()?;
    let first = check_password(ask("New password: ")?)?;
    if ask("The same again: ")? != first {
        return Err(CliError::unusable(
            "The two passwords differ.",
            "Run the command again.",
        ));
    }
    Ok(first)
}

/// Reads a passphrase: from a file, else asked for at the terminal (twice for a new one), else one line of standard input.
pub(in crate::cli) fn passphrase(file: Option<&Path>, is_new: bool) -> Result<String> {
    let given = match file {
        Some(file) => from_file(file)?,
        None if !std::io::stdin().is_terminal() => line()?,
        None => {
            let _echo = Echo::off()?;
            let first = ask("Passphrase: ")?;
            if is_new && ask("The same again: ")? != first {
                return Err(CliError::unusable(
                    "The two passphrases differ.",
                    "Run the command again.",
                ));
            }
            first
        }
    };
    if is_new && given.chars().count() < SHORTEST_PASSPHRASE {
        return Err(CliError::unusable(
            format!("The passphrase is shorter than {SHORTEST_PASSPHRASE} characters."),
            "Take a longer one, such as the output of: openssl rand -base64 24",
        ));
    }
    Ok(given)
}

fn from_file(file: &Path) -> Result<String> {
    let unreadable = |cause: std::io::Error| {
        CliError::unusable(
            format!(
                "The passphrase cannot be read from {}: {cause}.",
                file.display()
            ),
            "Name a file that this user can read.",
        )
    };
    let metadata = std::fs::metadata(file).map_err(unreadable)?;
    if metadata.is_file() && metadata.mode() & 0o077 != 0 {
        return Err(CliError::unusable(
            format!(
                "{} can be read by other users of this machine.",
                file.display()
            ),
            format!("Run: chmod 600 {}", file.display()),
        ));
    }
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|file| {
            file.take(LONGEST_PASSWORD as u64 + 2)
                .read_to_string(&mut text)
        })
        .map_err(unreadable)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn ask(prompt: &str) -> Result<String> {
    let mut terminal = std::io::stderr();
    write!(terminal, "{prompt}")?;
    terminal.flush()?;
    let answer = line();
    writeln!(terminal)?;
    answer
}

fn line() -> Result<String> {
    let mut text = Vec::new();
    let unreadable = |cause: std::io::Error| {
        CliError::unusable(
            format!("The password cannot be read: {cause}."),
            "Give it on standard input, on one line.",
        )
    };
    std::io::stdin()
        .lock()
        .take(LONGEST_PASSWORD as u64 + 2)
        .read_until(b'\n', &mut text)
        .map_err(unreadable)?;
    let text = String::from_utf8(text).map_err(|_| {
        CliError::unusable(
            "The password is not text in UTF-8.",
            "Type it again, or check the file that it comes from.",
        )
    })?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

fn check_password(password: String) -> Result<String> {
    if password.is_empty() {
        return Err(CliError::unusable(
            "No password was given.",
            "Give it on standard input, on one line.",
        ));
    }
    let mut problems = Problems::default();
    // What belongs to the account is looked at when it is set.
    problems.password("password", &password, &[]);
    problems.check()?;
    Ok(password)
}

/// The terminal shows nothing that is typed until this is dropped.
struct Echo;

impl Echo {
    fn off() -> Result<Self> {
        if stty("-echo") {
            Ok(Self)
        } else {
            Err(CliError::refused(
                "The terminal would show the password while it is typed.",
                "Give it on standard input instead, with --password-stdin.",
            ))
        }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        stty("echo");
    }
}

fn stty(mode: &str) -> bool {
    Command::new("stty")
        .arg(mode)
        .stdin(Stdio::inherit())
        .status()
        .is_ok_and(|status| status.success())
}
