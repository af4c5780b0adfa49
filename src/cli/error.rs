//! Why a command did not do what it was asked.
//!
//! Invariant: every text says what happened; a second sentence, on its own line, says what to do next.

use crate::admin::Refused;
use crate::config::ConfigError;
use crate::keys::KeysError;
use crate::outbound::ProviderFailure;
use crate::store;
use crate::text;

pub(super) type Result<T> = std::result::Result<T, CliError>;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// The command is understood and refused.
    #[error("{what}")]
    Refused { what: String, next: String },
    /// The command or its input cannot be used.
    #[error("{what}")]
    Unusable { what: String, next: String },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("The database cannot be used: {0}.")]
    Store(#[from] store::Error),
    #[error(transparent)]
    App(#[from] crate::app::AppError),
    #[error(transparent)]
    Telemetry(#[from] crate::telemetry::TelemetryError),
    #[error("The output cannot be written: {0}.")]
    Output(#[from] std::io::Error),
    #[error("The runtime cannot start: {0}.")]
    Runtime(std::io::Error),
}

impl From<Refused> for CliError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Store(cause) => Self::Store(cause),
            Refused::Invalid(_) | Refused::Taken(_) => Self::unusable(refused.to_string(), ""),
            Refused::Full(full) => Self::refused(
                full.what(),
                format!("{}, or allow more: {}", full.family.clean(), full.command()),
            ),
            other => Self::refused(other.to_string(), ""),
        }
    }
}

impl From<ProviderFailure> for CliError {
    fn from(cause: ProviderFailure) -> Self {
        Self::refused(cause.to_string(), "")
    }
}

impl CliError {
    /// Understood and refused (exit code 1).
    pub(super) fn refused(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Refused {
            what: what.into(),
            next: next.into(),
        }
    }

    /// A command or an input that cannot be used (exit code 2).
    pub(super) fn unusable(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Unusable {
            what: what.into(),
            next: next.into(),
        }
    }

    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Unusable { .. } | Self::Config(_) | Self::Telemetry(_) => 2,
            _ => 1,
        }
    }

    /// The text for standard error.
    pub(super) fn report(&self) -> String {
        let next = match self {
            Self::Refused { next, .. } | Self::Unusable { next, .. } => next.as_str(),
            Self::Store(_) => "Check database.url; `vestibule doctor` looks closer.",
            Self::Runtime(_) => "Check the limits on processes and open files.",
            // Their own texts say what to do.
            _ => "",
        };
        // A part of it may be a file's or an identity provider's, which must not steer the terminal.
        let what = self.to_string();
        let what = text::lines(&what);
        if next.is_empty() {
            what.into_owned()
        } else {
            format!("{what}\n{next}")
        }
    }
}
