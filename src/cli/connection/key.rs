//! `connection key`: a connection's key pairs at its provider, in the place of a secret (rule N3).
//!
//! Invariant: a private key is never printed.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{NamedConnection, save};
use crate::admin::Admin;
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::{Output, timestamp};
use crate::domain::{AuditAction, ClientKeyAlgorithm, ClientKeyPair, Connection};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ConnectionKeyCommand {
    /// Make a key pair; it is not used before `key use`
    Make {
        #[command(flatten)]
        named: NamedConnection,
        /// PS256 (Entra ID), RS256 or ES256; the best one that the provider takes if it is left out
        #[arg(long)]
        algorithm: Option<String>,
    },
    /// List the key pairs
    List {
        #[command(flatten)]
        named: NamedConnection,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print what the provider registers: the certificate, or the public key as a JWK
    Download {
        #[command(flatten)]
        named: NamedConnection,
        #[command(flatten)]
        key: NamedKey,
        /// What to print; cer is DER, for a file
        #[arg(long, value_enum, default_value = "pem")]
        form: KeyForm,
    },
    /// Show the provider this key from now on
    Use {
        #[command(flatten)]
        named: NamedConnection,
        #[command(flatten)]
        key: NamedKey,
        /// What the provider calls the key, where it gives keys names of its own
        #[arg(long)]
        kid: Option<String>,
    },
    /// Delete a key pair that is not in use
    Delete {
        #[command(flatten)]
        named: NamedConnection,
        #[command(flatten)]
        key: NamedKey,
    },
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct NamedKey {
    /// The beginning of its SHA-1 thumbprint; may be left out when the connection has one key pair only
    #[arg(long)]
    key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum KeyForm {
    Cer,
    Pem,
    Jwk,
}

impl ConnectionKeyCommand {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        match self {
            Self::Make { named, algorithm } => {
                make(installation, &named, algorithm.as_deref(), out).await
            }
            Self::List { named, json } => {
                let (_, connection) = named.find(installation).await?;
                list(&connection, json, out)
            }
            Self::Download { named, key, form } => {
                let (company, connection) = named.find(installation).await?;
                let name = &key.find(&connection)?.sha1;
                let admin = installation.admin(company.id).await?;
                let files = admin.public_key_files(&connection, name)?;
                match form {
                    KeyForm::Cer => out.part(&files.der),
                    KeyForm::Pem => out.raw(&files.pem),
                    KeyForm::Jwk => out.json(&files.jwk),
                }
            }
            Self::Use { named, key, kid } => {
                let (company, connection) = named.find(installation).await?;
                let name = key.find(&connection)?.sha1.clone();
                let admin = installation.admin(company.id).await?;
                let after = admin.with_key_in_use(&connection, &name, kid.as_deref())?;
                save(installation, &after, AuditAction::ConnectionSet, None).await?;
                out.line(format!(
                    "\"{}\" shows the provider the key pair {name} from now on.",
                    connection.name
                ))
            }
            Self::Delete { named, key } => {
                let (company, connection) = named.find(installation).await?;
                let name = key.find(&connection)?.sha1.clone();
                let admin = installation.admin(company.id).await?;
                let after = admin.with_key_deleted(&connection, &name)?;
                save(installation, &after, AuditAction::ConnectionSet, None).await?;
                out.line(format!(
                    "The key pair {name} is deleted. Remove its certificate at the provider, too."
                ))
            }
        }
    }
}

async fn make(
    installation: &Installation,
    named: &NamedConnection,
    algorithm: Option<&str>,
    out: &mut Output,
) -> Result<()> {
    let (company, connection) = named.find(installation).await?;
    let algorithm: Option<ClientKeyAlgorithm> = match algorithm {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            CliError::unusable(
                format!("\"{text}\" is no algorithm for a key pair."),
                "Use PS256, RS256 or ES256.",
            )
        })?),
    };
    let admin: Admin<'_> = installation.admin(company.id).await?;
    let (after, pair) = admin.with_new_key(&connection, algorithm).await?;
    save(installation, &after, AuditAction::ConnectionSet, None).await?;
    out.line(format!(
        "\"{}\" has a new key pair. Register its certificate at the provider (Entra ID: App registrations, Certificates & secrets, Certificates, Upload certificate), and use it then.",
        connection.name
    ))?;
    print(&pair, false, out)?;
    let at = format!("--company {} --name {}", company.slug, connection.name);
    let name = &pair.sha1[..8];
    out.line(format!(
        "  vestibule connection key download {at} --key {name} --form cer > vestibule.cer"
    ))?;
    out.line(format!("  vestibule connection key use {at} --key {name}"))
}

fn list(connection: &Connection, json: bool, out: &mut Output) -> Result<()> {
    let oidc = connection.settings.oidc();
    let pairs = oidc.map_or(&[][..], |oidc| &oidc.client_keys);
    let used = oidc.and_then(|oidc| oidc.key_in_use());
    if json {
        let all = pairs.iter().map(|pair| described(pair, used == Some(pair)));
        return out.json(&all.collect::<Vec<_>>());
    }
    if pairs.is_empty() {
        return out.line(format!(
            "\"{}\" has no key pair. Make one: vestibule connection key make",
            connection.name
        ));
    }
    for pair in pairs {
        print(pair, used == Some(pair), out)?;
    }
    Ok(())
}

fn described(pair: &ClientKeyPair, is_used: bool) -> Value {
    json!({
        "sha1_thumbprint": pair.sha1,
        "sha256_thumbprint": pair.sha256,
        "algorithm": pair.algorithm,
        "kid": pair.kid,
        "in_use": is_used,
        "made_at": timestamp(pair.made_at),
        "expires_at": timestamp(pair.expires_at),
    })
}

fn print(pair: &ClientKeyPair, is_used: bool, out: &mut Output) -> Result<()> {
    let state = if is_used { "in use" } else { "not in use" };
    out.line(format!("  {} ({state})", pair.algorithm))?;
    let mut fields = vec![
        ("SHA-1", pair.sha1.clone()),
        ("SHA-256", pair.sha256.clone()),
        ("made", timestamp(pair.made_at)),
        ("expires", timestamp(pair.expires_at)),
    ];
    fields.extend(pair.kid.clone().map(|kid| ("kid", kid)));
    out.fields("    ", 9, fields)
}

impl NamedKey {
    fn find<'c>(&self, connection: &'c Connection) -> Result<&'c ClientKeyPair> {
        let pairs = connection.settings.oidc();
        let pairs = pairs.map_or(&[][..], |oidc| &oidc.client_keys);
        let begins = |pair: &&ClientKeyPair| match &self.key {
            None => true,
            Some(key) => pair.sha1.starts_with(&key.to_ascii_uppercase()),
        };
        let mut fitting = pairs.iter().filter(begins);
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(CliError::unusable(
                format!("\"{}\" has no such key pair.", connection.name),
                "List them: vestibule connection key list",
            )),
            (Some(_), Some(_)) => Err(CliError::unusable(
                format!("\"{}\" has several key pairs.", connection.name),
                "Name one by the beginning of its SHA-1 thumbprint: --key 8F3A",
            )),
        }
    }
}
