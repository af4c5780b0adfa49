//! `keys rotate --identity`: the key that signs identity tokens for applications (rule V9).

use crate::app::{IdentityKeyError, KeyChange, replace_identity_keys, rotate_identity_keys};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::{Output, timestamp};
use crate::domain::{AuditAction, AuditDetail};
use crate::keys::Keys;

pub(super) async fn rotate(
    installation: &Installation,
    keys: &Keys,
    compromised: bool,
    out: &mut Output,
) -> Result<()> {
    let (store, now) = (&installation.store, installation.now);
    let entry = |change: &KeyChange| {
        let event = installation.event(None, AuditAction::KeyRotate, "identity");
        Some(event.with_detail(AuditDetail::Thumbprint(&change.kid)))
    };
    let changed = if compromised {
        replace_identity_keys(store, keys, now, entry).await
    } else {
        rotate_identity_keys(store, keys, now, entry).await
    };
    let change = changed.map_err(key_error)?;
    out.line(format!(
        "The key {} signs identity tokens from {} on, on every node.",
        change.kid,
        timestamp(change.from)
    ))?;
    out.line(if compromised {
        "The keys before it are published no more. Nobody is signed out: who verifies tokens fetches the new key."
    } else {
        "The one before it is published for another day. Nothing else has to be done."
    })
}

fn key_error(error: IdentityKeyError) -> CliError {
    match error {
        IdentityKeyError::TooSoon => CliError::refused(
            "The keys for identity tokens were made or changed less than 24 hours ago. Who verifies tokens may not know the next one yet.",
            "Wait until then. If somebody else may have the key: vestibule keys rotate --identity --compromised",
        ),
        IdentityKeyError::Store(cause) => cause.into(),
        other => CliError::refused(format!("{other}."), "Look at the keys: vestibule keys list"),
    }
}
