//! The keys: whether they are there, fit the database, and last.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::Diagnoses;
use crate::cli::operator::key_files::{days_left, encryption_files, signing_files};
use crate::config::Config;
use crate::domain::saml_settings::CERTIFICATE_ENDS_SOON;
use crate::keys::{Fingerprints, KeyPurpose, Keys};

const AREA: &str = "keys";

/// Looks at the keys; `known` are those of the database, nothing when it could not be asked. Gives the keys when a server could
/// use them.
pub(super) fn look(
    config: &Config,
    known: Option<&Fingerprints>,
    now: OffsetDateTime,
    diagnoses: &mut Diagnoses,
) -> Option<Keys> {
    for file in own_files(config) {
        match std::fs::metadata(&file) {
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                missing(&file, known, diagnoses);
                return None;
            }
            Err(cause) => {
                diagnoses.error(
                    AREA,
                    format!("{} cannot be looked at: {cause}.", file.display()),
                    "It may well be there. Run this as the user that runs the server, and make no new keys.",
                );
                return None;
            }
            Ok(_) => {}
        }
    }
    let keys = match Keys::find(config, now) {
        Ok(keys) => keys,
        Err(error) => {
            diagnoses.error(AREA, error.to_string(), "");
            return None;
        }
    };
    if let Some(known) = known.filter(|known| !known.is_empty()) {
        let foreign = keys.foreign_to(known);
        if !foreign.is_empty() {
            diagnoses.error(
                AREA,
                format!("These are not the keys of this database: {}.", foreign.join(", ")),
                "The server does not start with them. Put the right ones back: from the backup (vestibule restore), or from another node. Make no new instance key: every password of a user would be lost.",
            );
            return None;
        }
        diagnoses.ok(AREA, "they are those of the database");
    }
    for (of, pair, (_, file)) in [
        (KeyPurpose::Signing, &keys.signing, signing_files(config)),
        (
            KeyPurpose::Encryption,
            &keys.encryption,
            encryption_files(config),
        ),
    ] {
        let name = of.name();
        let days = days_left(pair, now.unix_timestamp());
        if i64::from(days) > CERTIFICATE_ENDS_SOON {
            diagnoses.ok(AREA, format!("{name} certificate, {days} days left"));
        } else {
            diagnoses.warn(
                AREA,
                format!("The {name} certificate {file} has {days} days left."),
                format!("Many identity providers do not look at its end. A new one, while both count: vestibule keys new {name}"),
            );
        }
    }
    Some(keys)
}

fn missing(file: &Path, known: Option<&Fingerprints>, diagnoses: &mut Diagnoses) {
    let file = file.display();
    match known {
        Some(known) if known.is_empty() => diagnoses.warn(
            AREA,
            format!("{file} does not exist yet."),
            "The first start makes the keys. On several nodes, copy one set to all.",
        ),
        Some(_) => diagnoses.error(
            AREA,
            format!("{file} is not there, and the database belongs to keys that were made before."),
            "Put it back: from the backup (vestibule restore), or from another node. Make no new one: every password of a user would be lost.",
        ),
        None => diagnoses.error(
            AREA,
            format!("{file} is not there, and the database cannot be asked whether it belongs to keys that were made before."),
            "Make none. Mend first what is said of the database below, and run doctor again.",
        ),
    }
}

/// Files that the server would make at its first start; what is configured has to be there.
fn own_files(config: &Config) -> Vec<PathBuf> {
    let configured = &config.keys;
    let mut own: Vec<PathBuf> = Vec::new();
    if configured.signing_key_file.is_none() {
        let (key, certificate) = signing_files(config);
        own.extend([key.into(), certificate.into()]);
    }
    if configured.encryption_key_file.is_none() {
        let (key, certificate) = encryption_files(config);
        own.extend([key.into(), certificate.into()]);
    }
    if configured.instance_key.is_none() && configured.instance_key_file.is_none() {
        own.push(config.keys_dir().join("instance.key"));
    }
    own
}
