//! A connection's settings as commands name them: those of the administrators' functions, with certificates in files.

use std::path::Path;

use super::certificates::read;
use super::jit_group::administrators_error;
use crate::admin::{ConnectionSettings, Unfit};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::settings::{Settable, setting_error};
use crate::domain::{Company, Connection};
use crate::text::sentence;

/// The settings of a company's connections.
pub(super) struct CommandSettings<'a> {
    installation: &'a Installation,
    company: &'a Company,
    by_name: ConnectionSettings,
}

impl<'a> CommandSettings<'a> {
    pub(super) async fn load(installation: &'a Installation, company: &'a Company) -> Result<Self> {
        let groups = installation.store.groups(company.id).await?;
        Ok(Self {
            installation,
            company,
            by_name: ConnectionSettings::of(groups),
        })
    }

    /// The settings of one of the connections.
    pub(super) const fn on<'s>(&'s self, connection: &'s Connection) -> ConnectionWithSettings<'s> {
        ConnectionWithSettings {
            settings: self,
            connection,
        }
    }

    /// Changes one setting from text.
    pub(super) async fn set(
        &self,
        connection: &mut Connection,
        (key, value): (&str, &str),
    ) -> Result<()> {
        let given = match key {
            "certificates" => {
                let files = value.split(',').map(str::trim);
                let files = files.filter(|file| !file.is_empty());
                files
                    .map(|file| Ok(pem(&read(Path::new(file))?)))
                    .collect::<Result<String>>()?
            }
            "add_certificate" => pem(&read(Path::new(value.trim()))?),
            _ => value.to_owned(),
        };
        match self.by_name.set(connection, key, &given) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.error(error, connection).await),
        }
    }

    async fn error(&self, error: Unfit, connection: &Connection) -> CliError {
        match error {
            Unfit::Setting(error) => {
                let known: Vec<&str> = ConnectionSettings::keys().map(|(key, _)| key).collect();
                let list_with = format!(
                    "vestibule connection set --company {} --name {}",
                    self.company.slug, connection.name
                );
                setting_error(&error, &known, &list_with)
            }
            Unfit::NoGroup(title) => match self.installation.group(self.company, &title).await {
                // It says which groups there are.
                Err(error) => error,
                Ok(_) => CliError::refused(
                    format!("The permission group \"{title}\" was made just now."),
                    "Nothing was written. Run the command again.",
                ),
            },
            Unfit::Administrators(title) => administrators_error(&title),
            Unfit::Mapping(text) => CliError::unusable(
                format!("\"{text}\" is not a group mapping."),
                "Write group_mapping=\"VALUE=TITLE, VALUE=TITLE\", with the value of the group claim (Entra ID: the group's Object ID) and the title of a permission group.",
            ),
            Unfit::ManyMappings(_) => CliError::unusable(sentence(&error.to_string()), ""),
            Unfit::NoCertificate => CliError::unusable(
                "A connection without a signing certificate verifies nothing.",
                "Give the file of one: certificates=FILE",
            ),
            Unfit::Certificate(error) => CliError::unusable(sentence(&error.to_string()), ""),
        }
    }
}

/// A connection whose settings are named as commands name them.
pub(super) struct ConnectionWithSettings<'a> {
    settings: &'a CommandSettings<'a>,
    connection: &'a Connection,
}

impl Settable for ConnectionWithSettings<'_> {
    const EXPLAINED_BELOW: bool = true;

    fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
        ConnectionSettings::keys()
    }

    fn own_keys(&self) -> Vec<String> {
        ConnectionSettings::further_keys(self.connection)
    }

    /// Of certificates, their SHA-1 thumbprints.
    fn value(&self, key: &str) -> Option<String> {
        self.settings.by_name.value(self.connection, key)
    }

    fn name(&self) -> String {
        format!("\"{}\"", self.connection.name)
    }
}

/// A stored certificate as a block of PEM.
fn pem(stored: &str) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{stored}\n-----END CERTIFICATE-----\n")
}
