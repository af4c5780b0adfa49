//! What a Response is judged by: metadata and options, or a connection of this installation.

use std::path::Path;

use openssl::pkey::PKey;
use time::OffsetDateTime;

use super::Explain;
use crate::cli::arguments::read_file;
use crate::cli::error::{CliError, Result};
use crate::cli::invocation::Invocation;
use crate::cli::settings;
use crate::config::Config;
use crate::domain::{SamlSettings, Settings};
use crate::import;
use crate::saml::encryption::DecryptionKey;
use crate::site::SpKeys;

/// A connection, ours or one that metadata would make.
pub(super) struct Basis {
    pub(super) settings: Settings,
    pub(super) entity_id: String,
    pub(super) acs_url: String,
    pub(super) keys: Vec<DecryptionKey>,
    pub(super) warnings: Vec<String>,
    /// The longest form that the server takes.
    pub(super) body_bytes: usize,
}

impl Basis {
    pub(super) async fn by(
        explain: &Explain,
        invocation: &Invocation,
        at: OffsetDateTime,
    ) -> Result<Self> {
        let mut basis = match &explain.company {
            Some(slug) => Self::of_company(explain, invocation, slug).await?,
            None => Self {
                settings: SamlSettings {
                    // What the Response is looked at for first is not its name.
                    name_id_format: None,
                    ..SamlSettings::default()
                }
                .into(),
                entity_id: String::new(),
                acs_url: String::new(),
                keys: Vec::new(),
                warnings: Vec::new(),
                body_bytes: Config::default().limits.body_bytes,
            },
        };
        if let Some(metadata) = &explain.metadata {
            basis.import(explain, metadata, at)?;
        }
        if let Some(entity_id) = &explain.entity_id {
            basis.entity_id.clone_from(entity_id);
        }
        if let Some(acs_url) = &explain.acs {
            basis.acs_url.clone_from(acs_url);
        }
        basis.set(explain)?;
        for path in &explain.keys {
            basis.keys.push(decryption_key(path)?);
        }
        Ok(basis)
    }

    async fn of_company(explain: &Explain, invocation: &Invocation, slug: &str) -> Result<Self> {
        let installation = invocation.open().await?;
        let company = installation.company(slug).await?;
        let name = explain.connection.as_deref();
        let connection = installation
            .connection(&company, name, "--connection")
            .await?;
        let keys = SpKeys::new(installation.keys().await?).map_err(|cause| {
            CliError::unusable(
                format!("The keys of this installation cannot be used: {cause}."),
                "`vestibule doctor` looks closer.",
            )
        })?;
        Ok(Self {
            settings: connection.settings,
            entity_id: company.entity_id(),
            acs_url: company.acs_url(),
            keys: keys.decryption,
            warnings: Vec::new(),
            body_bytes: installation.config.limits.body_bytes,
        })
    }

    /// The identity provider of a file, with the other settings as they are.
    fn import(&mut self, explain: &Explain, path: &Path, at: OffsetDateTime) -> Result<()> {
        let bytes = read_file(path)?;
        let wanted = explain.idp_entity_id.as_deref();
        let imported = import::read(&bytes, wanted, at).map_err(|error| {
            CliError::unusable(
                format!("The metadata {} cannot be used. {error}", path.display()),
                "With several identity providers in it, name one with --idp-entity-id.",
            )
        })?;
        let mut found = import::settings(&imported.idp);
        if explain.company.is_none() {
            if let Some(saml) = found.saml_mut() {
                saml.name_id_format
                    .clone_from(&self.settings.saml().name_id_format);
            }
            self.settings = found;
        } else if let Some(saml) = self.settings.saml_mut() {
            let found = found.saml();
            saml.idp_entity_id.clone_from(&found.idp_entity_id);
            saml.certificates.clone_from(&found.certificates);
        }
        let warnings = imported.warnings.iter().map(ToString::to_string);
        self.warnings = warnings.collect();
        Ok(())
    }

    fn set(&mut self, explain: &Explain) -> Result<()> {
        if let Some(format) = &explain.name_id_format {
            self.settings.set("name_id_format", format).map_err(|_| {
                CliError::unusable(
                    format!("\"{format}\" is not a NameID format."),
                    "Give a format's URN, email, or any.",
                )
            })?;
        }
        if let Some(skew) = explain.clock_skew {
            self.settings.clock_skew_seconds = skew;
        }
        for (key, value) in settings::split_pairs(&explain.set, "--set clock_skew_seconds=60")? {
            self.settings.set(key, value).map_err(|error| {
                let known: Vec<&str> = Settings::keys().map(|(key, _)| key).collect();
                settings::setting_error(&error, &known, "vestibule connection set --company SLUG")
            })?;
        }
        Ok(())
    }
}

fn decryption_key(path: &Path) -> Result<DecryptionKey> {
    let pem = read_file(path)?;
    // The call-back stands in for OpenSSL's prompt on the terminal.
    PKey::private_key_from_pem_callback(&pem, |_| Ok(0))
        .ok()
        .and_then(DecryptionKey::new)
        .ok_or_else(|| {
            CliError::unusable(
                format!(
                    "The file {} is not an unencrypted RSA private key in PEM.",
                    path.display()
                ),
                "It begins with -----BEGIN PRIVATE KEY-----.",
            )
        })
}
