//! `keys list`, `new`, `rotate`, `retire`.
//!
//! Invariant: a key that is taken away was told to the database before, one that is made is told after, so that whatever a crash
//! leaves fits.
//!
//! Tests: `tests/it/operator/keys.rs`. The other half, which moves the files, is `keys/rotation.rs`.

mod identity;
mod list;

use clap::{Subcommand, ValueEnum};
use openssl::hash::MessageDigest;

use crate::cli::confirmation::YesFlag;
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::invocation::Invocation;
use crate::cli::output::Output;
use crate::domain::{AuditAction, AuditDetail, AuditEvent};
use crate::keys::{self, KeyPair, KeyPurpose};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum KeysCommand {
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
        #[arg(required_unless_present = "identity", conflicts_with = "identity")]
        key: Option<Which>,
        /// The key that signs identity tokens for applications
        #[arg(long)]
        identity: bool,
        /// Somebody else may have the keys: none of them counts any more
        #[arg(long, requires = "identity")]
        compromised: bool,
    },
    /// Forget the key before the one in use
    Retire {
        /// Which key
        key: Which,
        #[command(flatten)]
        yes: YesFlag,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Which {
    Signing,
    Encryption,
}

impl From<Which> for KeyPurpose {
    fn from(which: Which) -> Self {
        match which {
            Which::Signing => Self::Signing,
            Which::Encryption => Self::Encryption,
        }
    }
}

impl KeysCommand {
    pub(in crate::cli) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let installation = invocation.open().await?;
        // The keys are the database's before anything is changed.
        let held = installation.keys().await?;
        let (config, store, now) = (&installation.config, &installation.store, installation.now);
        match self {
            Self::List { json } => list::run(held, config, now.unix_timestamp(), json, out)?,
            Self::New { key } => {
                let of = KeyPurpose::from(key);
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
                    KeyPurpose::Signing => "It stands in the metadata of every company beside the one in use.",
                    KeyPurpose::Encryption => "It stands in the metadata beside the one in use, of companies with encrypted_assertions=true.",
                })?;
                out.line("A server on this machine follows by itself. On several nodes, copy it to the others now: -next.key (mode 0600) and -next.pem; they take it up without a restart.")?;
                out.line(match of {
                    KeyPurpose::Signing => "Let the identity providers that check our signatures take up the metadata (/sso/metadata of each company). Then: vestibule keys rotate signing",
                    KeyPurpose::Encryption => "It decrypts already. Then, on this node: vestibule keys rotate encryption",
                })?;
            }
            Self::Rotate {
                key: None,
                compromised,
                ..
            } => identity::rotate(&installation, held, compromised, out).await?,
            Self::Rotate { key: Some(key), .. } => {
                let of = KeyPurpose::from(key);
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
            Self::Retire { key, yes } => {
                retire(&installation, held, key.into(), yes, out).await?;
            }
        }
        store.close().await;
        Ok(())
    }
}

async fn retire(
    installation: &Installation,
    held: &keys::Keys,
    of: KeyPurpose,
    yes: YesFlag,
    out: &mut Output,
) -> Result<()> {
    let (config, now) = (&installation.config, installation.now);
    let left = held.clone().without_previous(of).fingerprints();
    if left == held.fingerprints() {
        // It says that there is none.
        keys::Keys::retire(config, of, now)?;
    }
    yes.require(
        match of {
            KeyPurpose::Signing => {
                "This takes the signing key before the one in use out of the metadata of every company. An identity provider that has not taken up the new metadata refuses our signed requests and sign-outs from then on."
            }
            KeyPurpose::Encryption => {
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
    if of == KeyPurpose::Encryption && config.keys.previous_encryption_key_file.is_some() {
        out.line("Take keys.previous_encryption_key_file out of the configuration now, before the next start.")?;
    }
    Ok(())
}

/// An entry for the audit log of the whole installation: everybody's sign-ins hang on its keys.
fn event(
    installation: &Installation,
    action: AuditAction,
    of: KeyPurpose,
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

fn in_use(keys: &keys::Keys, of: KeyPurpose) -> &KeyPair {
    match of {
        KeyPurpose::Signing => &keys.signing,
        KeyPurpose::Encryption => &keys.encryption,
    }
}

fn thumbprint(pair: &KeyPair, digest: MessageDigest) -> String {
    pair.certificate
        .digest(digest)
        .map(|octets| keys::hex(&octets))
        .unwrap_or_default()
}
