//! The application: configuration, store, clock, keys and the directory of sites.

use crate::clock::Clock;
use crate::config::Config;
use crate::keys::Keys;
use crate::site::Directory;

/// What every handler can reach.
#[derive(Debug)]
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub keys: Keys,
    pub directory: Directory,
}

#[cfg(test)]
impl App {
    /// An application in a directory of its own. Its keys are made once and kept, because making them takes seconds.
    pub(crate) async fn for_test(
        change: impl FnOnce(&mut Config),
    ) -> (std::sync::Arc<Self>, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config {
            data_dir: dir.path().to_owned(),
            ..Config::default()
        };
        config.keys.dir = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/target/test-keys").into());
        change(&mut config);
        let clock = Clock::system();
        let keys = Keys::load(&config, clock.now()).unwrap();
        let app = Self {
            config,
            clock,
            keys,
            directory: Directory::default(),
        };
        (std::sync::Arc::new(app), dir)
    }
}
