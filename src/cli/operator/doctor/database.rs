//! The database: whether it is there and answers, and how fast.

use time::Duration;

use super::Diagnoses;
use crate::app::quotas;
use crate::cli::text::full_path;
use crate::clock::Clock;
use crate::config::Config;
use crate::keys;
use crate::store::Store;

/// What there is where the configuration says.
pub(super) enum ConfiguredDatabase {
    /// It answers; how far its clock is from ours.
    Open {
        store: Store,
        drift: Option<Duration>,
    },
    /// The first start makes it.
    New,
    Unusable,
}

/// Opens the database, unless that would make a new one.
pub(super) async fn open(
    config: &Config,
    clock: &Clock,
    diagnoses: &mut Diagnoses,
) -> ConfiguredDatabase {
    const AREA: &str = "database";
    let file = config.sqlite_file();
    if let Some(file) = &file
        && let Err(cause) = file.try_exists()
    {
        diagnoses.error(
            AREA,
            format!("{} cannot be looked at: {cause}.", full_path(file)),
            "It may well be there. Run this as the user that runs the server.",
        );
        return ConfiguredDatabase::Unusable;
    }
    if let Some(file) = file.filter(|file| !file.exists()) {
        diagnoses.warn(
            AREA,
            format!("{} does not exist yet.", full_path(&file)),
            "The first start makes it. If there is one already, name its configuration file with --config.",
        );
        return ConfiguredDatabase::New;
    }
    let store = match Store::open(&config.database_url(), keys::hash).await {
        Ok(store) => store.with_quotas(quotas(&config.quota)),
        Err(error) => {
            diagnoses.error(
                AREA,
                with_full_stop(format!("It cannot be used: {error}")),
                "Check database.url, that the server runs, and the user's rights.",
            );
            return ConfiguredDatabase::Unusable;
        }
    };
    let before = clock.now();
    let mut drift = None;
    match store.pulse().await {
        Ok(pulse) => {
            let after = clock.now();
            diagnoses.ok(
                AREA,
                format!(
                    "{}, schema {}, {} ms for a round trip: {}",
                    store.backend_name(),
                    pulse.schema,
                    (after - before).whole_milliseconds(),
                    config.database_for_people()
                ),
            );
            drift = pulse
                .time
                .map(|time| time - (before + (after - before) / 2));
        }
        Err(error) => diagnoses.error(
            AREA,
            with_full_stop(format!("It does not answer: {error}")),
            "",
        ),
    }
    ConfiguredDatabase::Open { store, drift }
}

/// A cause as a sentence: some end as one already.
fn with_full_stop(mut text: String) -> String {
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}
