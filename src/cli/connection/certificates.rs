//! The identity provider's signing certificates: read from files, printed for people.

use std::path::Path;

use time::OffsetDateTime;

use crate::cli::arguments::read_file;
use crate::cli::error::{CliError, Result};
use crate::cli::output::{Output, timestamp};
use crate::domain::{CertificateValidity, Connection};
use crate::import::{self, CertificateError};
use crate::text::sentence;

/// The certificate of a file, as settings keep it; one with a weak key is refused (rule B4).
pub(super) fn read(path: &Path) -> Result<String> {
    let unfit = |error: CertificateError| {
        let what = format!("The certificate {} cannot be used.", path.display());
        CliError::unusable(what, sentence(&error.to_string()))
    };
    import::certificate(&read_file(path)?).map_err(unfit)
}

/// Prints what each certificate says, and whether it is valid now (rule B8).
pub(super) fn print(connection: &Connection, now: OffsetDateTime, out: &mut Output) -> Result<()> {
    out.line(format!(
        "\"{}\" trusts these signing certificates now:",
        connection.name
    ))?;
    for key in import::keys(&connection.settings.saml().certificates) {
        let key = match key {
            Ok(key) => key,
            Err(error) => {
                out.line(format!("  ! {error}"))?;
                continue;
            }
        };
        let (from, until) = key.validity();
        out.line(format!("  CN={}", key.subject()))?;
        let fields = [
            ("SHA-1", key.sha1_thumbprint()),
            ("SHA-256", key.sha256_thumbprint().to_ascii_uppercase()),
            (
                "valid",
                format!("{} to {}", timestamp(from), timestamp(until)),
            ),
        ];
        out.fields("    ", 9, fields)?;
        let strict = connection.settings.saml().certificate_validity == CertificateValidity::Reject;
        if until < now && !strict {
            out.line(format!("    ! It expired on {}.", until.date()))?;
        } else if until < now {
            out.line(format!(
                "    ! It expired on {}: every sign-in that it signs will be refused (rule B8). Make a new one at the identity provider.",
                until.date()
            ))?;
        } else if now < from && strict {
            out.line(format!(
                "    ! It is not valid before {}: every sign-in that it signs will be refused until then (rule B8).",
                from.date()
            ))?;
        }
    }
    Ok(())
}
