//! `keys list`: every key with its files, its thumbprints and its last day.

use openssl::hash::MessageDigest;
use serde_json::{Value, json};

use super::thumbprint;
use crate::cli::error::Result;
use crate::cli::operator::key_files::{days_left, encryption_files, signing_files};
use crate::cli::output::{Output, timestamp};
use crate::config::Config;
use crate::keys::{KeyPair, KeyPurpose, Keys};
use crate::saml::signature::instant;

pub(super) fn run(
    keys: &Keys,
    config: &Config,
    now: i64,
    as_json: bool,
    out: &mut Output,
) -> Result<()> {
    let entries = entries(keys, config);
    if as_json {
        let all: Vec<Value> = entries.iter().map(|it| it.describe(now)).collect();
        return out.json(&all);
    }
    entries.iter().try_for_each(|it| it.print(now, out))
}

/// A key and what it is for.
struct KeyEntry<'a> {
    of: KeyPurpose,
    /// `in use`, `next` or `previous`.
    state: &'static str,
    pair: &'a KeyPair,
    key_file: String,
    certificate_file: String,
}

/// Of each use: the key in use, the next one, the one before.
fn entries<'a>(keys: &'a Keys, config: &Config) -> Vec<KeyEntry<'a>> {
    let mut entries = Vec::new();
    for of in [KeyPurpose::Signing, KeyPurpose::Encryption] {
        let (pair, files) = match of {
            KeyPurpose::Signing => (&keys.signing, signing_files(config)),
            KeyPurpose::Encryption => (&keys.encryption, encryption_files(config)),
        };
        let own = |place| {
            let file = |ending| of.file(&config.keys_dir(), place, ending);
            let text = |ending| file(ending).display().to_string();
            (text("key"), text("pem"))
        };
        let overlap = keys.overlap(of);
        let next = overlap.next.iter().map(|pair| ("next", pair, own("-next")));
        let previous = overlap.previous.iter();
        let previous = previous.map(|pair| ("previous", pair, own("-previous")));
        let all = std::iter::once(("in use", pair, files))
            .chain(next)
            .chain(previous);
        entries.extend(
            all.map(|(state, pair, (key_file, certificate_file))| KeyEntry {
                of,
                state,
                pair,
                key_file,
                certificate_file,
            }),
        );
    }
    entries
}

impl KeyEntry<'_> {
    fn describe(&self, now: i64) -> Value {
        json!({
            "use": self.of.name(),
            "state": self.state,
            "key_file": self.key_file,
            "certificate_file": self.certificate_file,
            "sha1_thumbprint": self.sha1(),
            "sha256_thumbprint": self.sha256(),
            "not_after": last_moment(self.pair),
            "days_left": days_left(self.pair, now),
        })
    }

    fn print(&self, now: i64, out: &mut Output) -> Result<()> {
        out.line(format!(
            "{}, {}",
            self.of.name(),
            meaning(self.of, self.state)
        ))?;
        let until = format!(
            "{} ({} days left)",
            last_moment(self.pair),
            days_left(self.pair, now)
        );
        let fields = [
            ("key", &self.key_file),
            ("certificate", &self.certificate_file),
            ("SHA-1", &self.sha1()),
            ("SHA-256", &self.sha256()),
            ("until", &until),
        ];
        out.fields("  ", 13, fields)
    }

    fn sha1(&self) -> String {
        thumbprint(self.pair, MessageDigest::sha1()).to_ascii_uppercase()
    }

    fn sha256(&self) -> String {
        thumbprint(self.pair, MessageDigest::sha256())
    }
}

fn meaning(of: KeyPurpose, state: &str) -> &'static str {
    match (of, state) {
        (_, "in use") => "in use",
        (KeyPurpose::Signing, "next") => "next: published, signs nothing yet",
        (KeyPurpose::Encryption, "next") => {
            "next: decrypts already, published where encrypted_assertions=true"
        }
        (KeyPurpose::Signing, _) => {
            "previous: published until it is retired, signs nothing any more"
        }
        (KeyPurpose::Encryption, _) => "previous: decrypts until it is retired",
    }
}

/// When a certificate ends, as every other time is written.
fn last_moment(pair: &KeyPair) -> String {
    let end = pair.certificate.not_after();
    instant(end).map_or_else(|_| end.to_string(), timestamp)
}
