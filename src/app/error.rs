//! Why the application cannot start.

use std::path::PathBuf;

use crate::domain::OriginError;
use crate::keys::KeysError;
use crate::outbound::ProviderFailure;
use crate::saml::signature::SignError;
use crate::store;

/// Why the application cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("The signing key cannot sign: {0}")]
    SpKeys(#[from] SignError),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(
        "The keys in {dir} (and those that the configuration names) are not the keys of this database: {which}. Put the right ones there: from the backup (vestibule restore), or from the node that this database was used with. Only if they are lost, go on with --accept-new-keys: with another instance key every password of a user is lost, with other SAML keys every company has to take up new metadata.", dir = dir.display()
    )]
    ForeignKeys { which: String, dir: PathBuf },
    #[error(transparent)]
    Providers(#[from] ProviderFailure),
    #[error("hub.origin in the configuration is no origin: {0}.")]
    Hub(OriginError),
    #[error("The process is stopping.")]
    Stopped,
    #[error("This build has no second implementation that verification.cross_check could ask.")]
    NoSecondOpinion,
}
