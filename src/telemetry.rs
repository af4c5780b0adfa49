//! Logs: spans and events on standard error, as text or as JSON.
//!
//! Invariant: a log line holds no personal data and nothing that opens a door. Never logged, at any level: `SAMLResponse` and
//! `SAMLRequest`, RelayState, assertions and their attributes, NameID, e-mail addresses and names of people, passwords, cookies,
//! session IDs, tokens, codes of `OpenID` Connect, query strings and bodies of requests, private keys, the database's URL.
//! People's events go to the audit log; a failed sign-in is found by its attempt's code.

mod log_lines;

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};
use log_lines::Lines;

/// Why logging cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error(
        "log.level: `{level}` is not a level. Use error, warn, info, debug or trace, or `info,vestibule::login=debug`. ({cause})"
    )]
    Level {
        level: String,
        cause: tracing_subscriber::filter::ParseError,
    },
    #[error("Logging was begun twice in this process.")]
    Twice,
    #[error("The log's thread cannot be started: {0}")]
    Thread(#[from] io::Error),
}

/// Writes what of the log still waits when it is dropped: at the end of the process.
#[must_use]
pub struct Flush(Lines);

impl Drop for Flush {
    fn drop(&mut self) {
        self.0.flush();
    }
}

/// Begins logging for this process.
pub fn init(log: &LogConfig) -> Result<Flush, TelemetryError> {
    let filter = EnvFilter::builder()
        .parse(&log.level)
        .map_err(|cause| TelemetryError::Level {
            level: log.level.clone(),
            cause,
        })?;
    let lines = Lines::new(io::stderr());
    let subscriber = tracing_subscriber::fmt()
        // Colours are for a person at a terminal, not for a file or a journal.
        .with_ansi(io::stderr().is_terminal())
        .with_env_filter(filter)
        // Where the log cannot be written, a complaint cannot either: writing it there would end the request.
        .log_internal_errors(false)
        .with_writer(lines.clone());
    let begun = match log.format {
        LogFormat::Text => subscriber.with_target(false).try_init(),
        LogFormat::Json => subscriber
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init(),
    };
    begun.map_err(|_| TelemetryError::Twice)?;
    lines.write_beside()?;
    Ok(Flush(lines))
}
