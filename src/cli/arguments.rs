//! What people type behind a command: names, addresses, origins, files. Each is refused with one that would do.
//!
//! Invariant: a private key is never taken for something else, and nothing of it is shown or kept.

use std::io::{BufRead as _, Read as _};
use std::path::Path;

use super::error::{CliError, Result};
use crate::domain::{ConnectionName, Email, Origin, OriginError, Slug};
use crate::import::holds_private_key;
use crate::outbound::LARGEST;
use crate::text::is_unseen;

/// The most octets of a secret on standard input.
const LONGEST_SECRET: u64 = 4096;

// What lists the things of a company. (clap would show a doc comment as the command's.)
#[derive(Debug, clap::Args)]
pub(super) struct CompanyList {
    /// The company's slug, such as acme
    #[arg(long)]
    pub(super) company: String,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// A name that is not empty and stays on one line.
pub(super) fn required_text(option: &str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.contains(is_unseen) {
        return Err(CliError::unusable(
            format!("{option} is empty or holds characters that nobody sees."),
            "Give a name of one line. If it was copied from somewhere, type it.",
        ));
    }
    if holds_private_key(text.as_bytes()) {
        return Err(private_key_error(option));
    }
    Ok(text.to_owned())
}

/// A company's short name.
pub(super) fn slug(text: &str) -> Result<Slug> {
    text.parse().map_err(|_| {
        CliError::unusable(
            format!("\"{text}\" is not a company's short name."),
            "Use 1 to 63 characters of a-z, 0-9 and -, such as acme.",
        )
    })
}

/// A connection's name, as an option gives it.
pub(super) fn connection_name(text: &str) -> Result<ConnectionName> {
    text.parse().map_err(|_| {
        CliError::unusable(
            format!("\"{text}\" is not a connection's name."),
            "Use 1 to 63 characters of a-z, 0-9 and -, such as entra.",
        )
    })
}

/// A user's e-mail address.
pub(super) fn email(text: &str) -> Result<Email> {
    text.parse().map_err(|_| {
        CliError::unusable(
            format!("\"{text}\" is not an e-mail address."),
            "Write one address such as b.simon@example.com, in ASCII.",
        )
    })
}

/// Origins as they were typed; `like` is one that would do.
pub(super) fn origins(texts: &[String], like: &str) -> Result<Vec<Origin>> {
    texts
        .iter()
        .map(|text| {
            // A slash at the end is how people copy an address.
            let bare = text.strip_suffix('/').unwrap_or(text);
            bare.parse().map_err(|error: OriginError| {
                CliError::unusable(format!("\"{text}\" is not an origin: {error}."), match error {
                    OriginError::PlainHttp => "A browser sends passwords and sessions in the clear over http. Put a reverse proxy with a certificate in front, and give its https:// address.".to_owned(),
                    _ => format!("Write it as {like}, or http://127.0.0.1:8080 for development."),
                })
            })
        })
        .collect()
}

/// A file that an option names, not larger than what is fetched.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |cause: std::io::Error| {
        CliError::unusable(
            format!("The file {} cannot be read: {cause}.", path.display()),
            "Check its path and its permissions.",
        )
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST as u64 {
        return Err(CliError::unusable(
            format!(
                "The file {} is larger than {} MiB.",
                path.display(),
                LARGEST / 1024 / 1024
            ),
            "Check that it is the right file.",
        ));
    }
    std::fs::read(path).map_err(unreadable)
}

/// The first line of a file that holds a secret; `-` is standard input.
pub(super) fn read_secret(option: &str, path: &Path) -> Result<String> {
    let octets = if path.as_os_str() == "-" {
        let mut line = Vec::new();
        std::io::stdin()
            .lock()
            .take(LONGEST_SECRET)
            .read_until(b'\n', &mut line)?;
        line
    } else {
        read_file(path)?
    };
    if holds_private_key(&octets) {
        return Err(private_key_error(option));
    }
    let text = String::from_utf8(octets).map_err(|_| {
        CliError::unusable(
            format!("The file of {option} is not text in UTF-8."),
            "Give a file with the client secret on one line.",
        )
    })?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// Nothing of a private key is shown or kept.
pub(super) fn private_key_error(name: &str) -> CliError {
    CliError::unusable(
        format!("The value of {name} is a private key, which never belongs here."),
        "It was not kept. It may stand in the history of your shell: if somebody else may read that, make a new key.",
    )
}
