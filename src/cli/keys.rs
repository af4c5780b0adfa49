//! `keys show`.

use clap::Subcommand;
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use serde_json::json;

use super::error::Result;
use super::installation::Setting;
use super::output::Output;
use crate::config::Config;
use crate::keys::{self, KeyPair};

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Show the keys' files, thumbprints and last days; makes the keys when there are none
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Keys {
    pub(super) fn run(self, setting: &Setting, out: &mut Output) -> Result<()> {
        let Self::Show { json } = self;
        let config = setting.config()?;
        let now = setting.clock.now();
        let keys = keys::Keys::load(&config, now)?;
        let mut described = Vec::new();
        for (use_, pair, files) in [
            ("signing", &keys.signing, signing_files(&config)),
            ("encryption", &keys.encryption, encryption_files(&config)),
        ] {
            let days = days_left(pair, now.unix_timestamp());
            let not_after = pair.certificate.not_after().to_string();
            if json {
                described.push(json!({
                    "use": use_,
                    "key_file": files.0,
                    "certificate_file": files.1,
                    "sha1_thumbprint": thumbprint(pair, MessageDigest::sha1()).to_ascii_uppercase(),
                    "sha256_thumbprint": thumbprint(pair, MessageDigest::sha256()),
                    "not_after": not_after,
                    "days_left": days,
                }));
                continue;
            }
            out.line(use_)?;
            out.line(format!("  key          {}", files.0))?;
            out.line(format!("  certificate  {}", files.1))?;
            out.line(format!(
                "  SHA-1        {}",
                thumbprint(pair, MessageDigest::sha1()).to_ascii_uppercase()
            ))?;
            out.line(format!(
                "  SHA-256      {}",
                thumbprint(pair, MessageDigest::sha256())
            ))?;
            out.line(format!("  until        {not_after} ({days} days left)"))?;
        }
        if json {
            out.json(&described)?;
        }
        Ok(())
    }
}

/// Whole days until a certificate ends; negative when it has.
pub(super) fn days_left(pair: &KeyPair, now: i64) -> i32 {
    Asn1Time::from_unix(now)
        .and_then(|now| now.diff(pair.certificate.not_after()))
        .map_or(0, |left| left.days)
}

pub(super) fn signing_files(config: &Config) -> (String, String) {
    files(
        config,
        "signing",
        config.keys.signing_key_file.as_deref(),
        config.keys.signing_certificate_file.as_deref(),
    )
}

pub(super) fn encryption_files(config: &Config) -> (String, String) {
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
    key: Option<&std::path::Path>,
    certificate: Option<&std::path::Path>,
) -> (String, String) {
    let own = |ending: &str| config.keys_dir().join(format!("{name}.{ending}"));
    let key = key.map_or_else(|| own("key"), std::path::Path::to_owned);
    let certificate = certificate.map_or_else(|| own("pem"), std::path::Path::to_owned);
    (key.display().to_string(), certificate.display().to_string())
}

fn thumbprint(pair: &KeyPair, digest: MessageDigest) -> String {
    pair.certificate
        .digest(digest)
        .map(|octets| keys::hex(&octets))
        .unwrap_or_default()
}
