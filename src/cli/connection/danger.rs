//! What the settings that begin with `danger_` put at risk.

use crate::cli::error::Result;
use crate::cli::output::Output;
use crate::domain::Connection;

/// Says what a setting that was just given puts at risk.
pub(super) fn print_dangers(
    pairs: &[(&str, &str)],
    connection: &Connection,
    out: &mut Output,
) -> Result<()> {
    let is_given = pairs.iter().any(|(key, _)| *key == "danger_allow_sha1");
    if is_given && connection.settings.saml().danger_allow_sha1 {
        out.line("  ! Signatures with SHA-1 are believed now. They can be forged with enough work: let the identity provider sign with SHA-256, then set danger_allow_sha1=false.")?;
    }
    let is_given = pairs.iter().any(|(key, _)| *key == "danger_accept_cbc");
    if is_given && connection.settings.saml().danger_accept_cbc {
        out.line("  ! AES-CBC is opened now where nothing signed stands around it. Who has such a message can change it and learn what is in it: switch encryption off at the identity provider, then set danger_accept_cbc=false.")?;
    }
    Ok(())
}
