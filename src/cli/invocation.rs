//! What every command is run with: where the configuration is, and the clock.

use std::io::Write as _;
use std::path::PathBuf;

use tokio::sync::OnceCell;

use super::error::Result;
use super::installation::Installation;
use super::text::full_path;
use crate::app::{UnknownKeys, quotas};
use crate::clock::Clock;
use crate::config::{self, Config, FILE_VARIABLE};
use crate::keys;
use crate::store::Store;

/// Where the configuration is and what time it is.
pub(super) struct Invocation {
    pub(super) file: Option<PathBuf>,
    pub(super) clock: Clock,
    /// Whether keys that are not the database's are accepted.
    pub(super) new_keys: UnknownKeys,
    /// Where the demo's identity provider is, for its commands.
    pub(super) entra_port: Option<u16>,
}

impl Invocation {
    pub(super) fn config(&self) -> Result<Config> {
        let mut config = Config::load(self.file.as_deref())?;
        if let Some(port) = self.entra_port {
            config.development.entra_port = port;
        }
        Ok(config)
    }

    /// The same where a server in Entra's shape listens at a port of this machine.
    #[cfg(feature = "demo")]
    pub(super) fn with_entra_at(&self, port: Option<u16>) -> Self {
        Self {
            file: self.file.clone(),
            clock: self.clock.clone(),
            new_keys: self.new_keys,
            entra_port: port,
        }
    }

    /// The configuration file that is read; none for the defaults.
    pub(super) fn chosen_file(&self) -> Option<PathBuf> {
        let variable = std::env::var(FILE_VARIABLE).ok();
        config::chosen_file(self.file.as_deref(), variable.as_deref())
    }

    /// Opens the store, and says so when that makes a new one: the command may have been meant for another.
    pub(super) async fn open(&self) -> Result<Installation> {
        let config = self.config()?;
        let made = config.sqlite_file().filter(|file| !file.exists());
        let store = Store::open(&config.database_url(), keys::hash).await?;
        let store = store.with_quotas(quotas(&config.quota));
        if let Some(file) = made {
            let source = self
                .chosen_file()
                .map_or_else(|| "defaults".to_owned(), |file| full_path(&file));
            // The command goes on when nobody can read this.
            let _ = writeln!(
                std::io::stderr(),
                "Made a new database: {} (configuration: {source}).",
                full_path(&file)
            );
        }
        Ok(Installation {
            config,
            store,
            now: self.clock.now(),
            new_keys: self.new_keys,
            held_keys: OnceCell::new(),
        })
    }
}
