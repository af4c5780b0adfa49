//! Where the keys are, and how long they last.

use std::path::Path;

use openssl::asn1::Asn1Time;

use crate::config::Config;
use crate::keys::KeyPair;

/// Whole days until a certificate ends; negative when it has.
pub(in crate::cli) fn days_left(pair: &KeyPair, now: i64) -> i32 {
    Asn1Time::from_unix(now)
        .and_then(|now| now.diff(pair.certificate.not_after()))
        .map_or(0, |left| left.days)
}

pub(in crate::cli) fn signing_files(config: &Config) -> (String, String) {
    files(
        config,
        "signing",
        config.keys.signing_key_file.as_deref(),
        config.keys.signing_certificate_file.as_deref(),
    )
}

pub(in crate::cli) fn encryption_files(config: &Config) -> (String, String) {
    files(
        config,
        "encryption",
        config.keys.encryption_key_file.as_deref(),
        config.keys.encryption_certificate_file.as_deref(),
    )
}

fn files(
    config: &Config,
    name: &str,
    key: Option<&Path>,
    certificate: Option<&Path>,
) -> (String, String) {
    let own = |ending: &str| config.keys_dir().join(format!("{name}.{ending}"));
    let key = key.map_or_else(|| own("key"), Path::to_owned);
    let certificate = certificate.map_or_else(|| own("pem"), Path::to_owned);
    (key.display().to_string(), certificate.display().to_string())
}
