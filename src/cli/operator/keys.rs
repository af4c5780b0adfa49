//! `keys list`, `new`, `rotate`, `retire`.
//!
//! Invariant: a key that is taken away was told to the database before, one that is made is told after, so that whatever a crash
//! leaves fits.

use clap::{Subcommand, ValueEnum};
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use serde_json::json;

use crate::cli::error::Result;
use crate::cli::installation::{Installation, Setting};
use crate::cli::output::{Output, timestamp};
use crate::cli::sure::Sure;
use crate::config::Config;
use crate::domain::{AuditAction, AuditDetail, AuditEvent};
use crate::keys::{self, KeyPair, Use};
use crate::saml::signature::instant;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Keys {
    /// List the keys: files, thumbprints, last days, and which of them is in use; makes the keys when there are none
    #[command(alias = "show")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make the next key and publish it beside the one in use
    New {
        /// Which key
        key: Which,
    },
    /// Use the next key from now on; the one before it still counts
    Rotate {
        /// Which key
        key: Which,
    },
    /// Forget the key before the one in use
    Retire {
        /// Which key
        key: Which,
        #[command(flatten)]
        sure: Sure,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Which {
    Signing,
    Encryption,
}

impl From<Which> for Use {
    fn from(which: Which) -> Self {
        match which {
            Which::Signing => Self::Signing,
            Which::Encryption => Self::Encryption,
        }
    }
}

impl Keys {
    pub(in crate::cli) async fn run(self, setting: &Setting, out: &mut Output) -> Result<()> {
        let installation = setting.open().await?;
        // The keys are the database's before anything is changed.
        let held = installation.keys().await?;
        let (config, store, now) = (&installation.config, &installation.store, installation.now);
        match self {
            Self::List { json } => list(&held, config, now.unix_timestamp(), json, out)?,
            Self::New { key } => {
                let of = Use::from(key);
                let keys = keys::Keys::make_next(config, of, now)?;
                let event = event(
                    &installation,
                    AuditAction::KeyNew,
                    of,
                    keys.overlap(of).next.as_ref(),
                );
                store
                    .replace_fingerprints(&keys.fingerprints(), Some(&event), now)
                    .await?;
                out.line(format!(
                    "Made the next {} key: {}",
                    of.name(),
                    of.file(&config.keys_dir(), "-next", "pem").display()
                ))?;
                out.line(match of {
                    Use::Signing => "It stands in the metadata of every company beside the one in use.",
                    Use::Encryption => "It stands in the metadata beside the one in use, of companies with encrypted_assertions=true.",
                })?;
                out.line("A server on this machine follows by itself. On several nodes, copy it to the others now: -next.key (mode 0600) and -next.pem; they take it up without a restart.")?;
                out.line(match of {
                    Use::Signing => "Let the identity providers that check our signatures take up the metadata (/sso/metadata of each company). Then: vestibule keys rotate signing",
                    Use::Encryption => "It decrypts already. Then, on this node: vestibule keys rotate encryption",
                })?;
            }
            Self::Rotate { key } => {
                let of = Use::from(key);
                let keys = keys::Keys::rotate(config, of, now)?;
                let event = event(
                    &installation,
                    AuditAction::KeyRotate,
                    of,
                    Some(in_use(&keys, of)),
                );
                store
                    .replace_fingerprints(&keys.fingerprints(), Some(&event), now)
                    .await?;
                out.line(format!(
                    "The new {} key is in use. The one before it still counts.",
                    of.name()
                ))?;
                out.line(format!(
                    "A server on this machine follows by itself. On several nodes, copy the {0} files to the others, without -next, and restart them; until then they go on with the key before. When every identity provider has the new metadata: vestibule keys retire {0}",
                    of.name()
                ))?;
            }
            Self::Retire { key, sure } => {
                retire(&installation, &held, key.into(), sure, out).await?;
            }
        }
        store.close().await;
        Ok(())
    }
}

async fn retire(
    installation: &Installation,
    held: &keys::Keys,
    of: Use,
    sure: Sure,
    out: &mut Output,
) -> Result<()> {
    let (config, now) = (&installation.config, installation.now);
    let left = held.clone().without_previous(of).fingerprints();
    if left == held.fingerprints() {
        // It says that there is none.
        keys::Keys::retire(config, of, now)?;
    }
    sure.of(
        match of {
            Use::Signing => {
                "This takes the signing key before the one in use out of the metadata of every company. An identity provider that has not taken up the new metadata refuses our signed requests and sign-outs from then on."
            }
            Use::Encryption => {
                "This takes the encryption key before the one in use away for good. What an identity provider encrypts to it cannot be opened any more: its users cannot sign in before it has taken up the new metadata."
            }
        },
        &format!("keys retire {}", of.name()),
    )?;
    let previous = held.overlap(of).previous.as_ref();
    let event = event(installation, AuditAction::KeyRetire, of, previous);
    let store = &installation.store;
    store.replace_fingerprints(&left, Some(&event), now).await?;
    if previous.is_some() {
        keys::Keys::retire(config, of, now)?;
    }
    out.line(format!(
        "The {} key before the one in use counts no more.",
        of.name()
    ))?;
    out.line(format!(
        "On several nodes, delete {0}-previous.key and {0}-previous.pem on the others, and restart them.",
        of.name()
    ))?;
    if of == Use::Encryption && config.keys.previous_encryption_key_file.is_some() {
        out.line("Take keys.previous_encryption_key_file out of the configuration now, before the next start.")?;
    }
    Ok(())
}

/// An entry for the audit log of the whole installation: everybody's sign-ins hang on its keys.
fn event(
    installation: &Installation,
    action: AuditAction,
    of: Use,
    pair: Option<&KeyPair>,
) -> AuditEvent {
    let event = installation.event(None, action, of.name());
    match pair {
        Some(pair) => event.with_detail(AuditDetail::Thumbprint(&thumbprint(
            pair,
            MessageDigest::sha256(),
        ))),
        None => event,
    }
}

fn in_use(keys: &keys::Keys, of: Use) -> &KeyPair {
    match of {
        Use::Signing => &keys.signing,
        Use::Encryption => &keys.encryption,
    }
}

fn list(
    keys: &keys::Keys,
    config: &Config,
    now: i64,
    as_json: bool,
    out: &mut Output,
) -> Result<()> {
    let mut described = Vec::new();
    for of in [Use::Signing, Use::Encryption] {
        let (pair, files) = match of {
            Use::Signing => (&keys.signing, signing_files(config)),
            Use::Encryption => (&keys.encryption, encryption_files(config)),
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
        for (state, pair, files) in all {
            let days = days_left(pair, now);
            let not_after = last_moment(pair);
            let sha1 = thumbprint(pair, MessageDigest::sha1()).to_ascii_uppercase();
            let sha256 = thumbprint(pair, MessageDigest::sha256());
            if as_json {
                described.push(json!({
                    "use": of.name(),
                    "state": state,
                    "key_file": files.0,
                    "certificate_file": files.1,
                    "sha1_thumbprint": sha1,
                    "sha256_thumbprint": sha256,
                    "not_after": not_after,
                    "days_left": days,
                }));
                continue;
            }
            out.line(format!("{}, {}", of.name(), meaning(of, state)))?;
            out.line(format!("  key          {}", files.0))?;
            out.line(format!("  certificate  {}", files.1))?;
            out.line(format!("  SHA-1        {sha1}"))?;
            out.line(format!("  SHA-256      {sha256}"))?;
            out.line(format!("  until        {not_after} ({days} days left)"))?;
        }
    }
    if as_json {
        out.json(&described)?;
    }
    Ok(())
}

fn meaning(of: Use, state: &str) -> &'static str {
    match (of, state) {
        (_, "in use") => "in use",
        (Use::Signing, "next") => "next: published, signs nothing yet",
        (Use::Encryption, "next") => {
            "next: decrypts already, published where encrypted_assertions=true"
        }
        (Use::Signing, _) => "previous: published until it is retired, signs nothing any more",
        (Use::Encryption, _) => "previous: decrypts until it is retired",
    }
}

/// When a certificate ends, as every other time is written.
fn last_moment(pair: &KeyPair) -> String {
    let end = pair.certificate.not_after();
    instant(end).map_or_else(|_| end.to_string(), timestamp)
}

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
