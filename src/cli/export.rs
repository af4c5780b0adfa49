//! `user export`, `audit export`: the files of the console and the API, on standard output.
//!
//! Invariant: what is in memory is a part of the file; a file that is not whole ends with another code than 0.

use super::error::Result;
use super::installation::Installation;
use super::output::Output;
use crate::admin::ExportParts;

/// Writes a file to its end.
pub(super) async fn write(
    installation: &Installation,
    mut parts: impl ExportParts,
    out: &mut Output,
) -> Result<()> {
    let store = installation.store.at_leisure();
    while let Some(part) = parts.next(&store).await? {
        out.part(&part)?;
    }
    Ok(())
}
