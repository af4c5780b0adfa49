//! One connection's directory, ready to be asked.

use std::sync::Arc;
use std::time::Duration;

use super::token::KnownToken;
use super::{Directories, DirectoryError};
use crate::clock::Clock;
use crate::domain::{ClientAuthMethod, Connection, DirectoryCredential, DirectorySettings};
use crate::graph::GraphAddresses;
use crate::keys::Keys;
use crate::outbound::{ProviderClient, Reach};
use crate::site::ClientCredential;

/// How long an answer may take where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is needed to open a directory, and is the same for every connection of a company.
#[derive(Debug, Clone, Copy)]
pub struct DirectoryKeeper<'a> {
    /// The tokens.
    pub directories: &'a Directories,
    /// What opens secrets.
    pub keys: &'a Keys,
    /// The time.
    pub clock: &'a Clock,
    /// How far the company's addresses reach.
    pub reach: Reach,
}

/// A directory that can be asked. Clones are the same one.
#[derive(Debug, Clone)]
pub struct OpenDirectory<'a> {
    pub(super) keeper: DirectoryKeeper<'a>,
    pub(super) connection: &'a Connection,
    pub(super) settings: &'a DirectorySettings,
    pub(super) addresses: GraphAddresses,
    token_endpoint: String,
    pub(super) known: Arc<KnownToken>,
    pub(super) patience: Duration,
    pub(super) is_urgent: bool,
}

impl<'a> DirectoryKeeper<'a> {
    /// The directory of a connection.
    pub fn open(self, connection: &'a Connection) -> Result<OpenDirectory<'a>, DirectoryError> {
        let settings = connection.settings.directory.as_deref();
        let settings = settings.ok_or(DirectoryError::NoDirectory)?;
        let addresses = addresses(settings, self.reach)?;
        Ok(OpenDirectory {
            token_endpoint: addresses.token_endpoint(),
            addresses,
            known: self.directories.known(connection.id),
            keeper: self,
            connection,
            settings,
            patience: PATIENCE,
            is_urgent: false,
        })
    }
}

impl<'a> OpenDirectory<'a> {
    /// The same for somebody who waits: a sign-in, or a page. Each question is answered in this time or not at all.
    #[must_use]
    pub fn urgent(self, patience: Duration) -> Self {
        Self {
            is_urgent: true,
            patience,
            ..self
        }
    }

    /// Its addresses, which make questions.
    pub const fn addresses(&self) -> &GraphAddresses {
        &self.addresses
    }

    /// Whose it is.
    pub const fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// Its settings.
    pub const fn settings(&self) -> &'a DirectorySettings {
        self.settings
    }

    pub(super) const fn client(&self) -> &'a ProviderClient {
        &self.keeper.directories.client
    }

    /// As whom the directory is asked.
    pub(super) fn credential(&self) -> Result<ClientCredential<'_>, DirectoryError> {
        let audience = &self.token_endpoint;
        Ok(match &self.settings.credential {
            DirectoryCredential::SignIn => {
                let oidc = self.connection.settings.oidc();
                let oidc = oidc.ok_or(DirectoryError::NoClient)?;
                ClientCredential {
                    client_id: &oidc.client_id,
                    method: oidc.client_authentication,
                    secrets: oidc.secrets_in_force(self.keeper.clock.now()),
                    key: oidc.client_keys.first().map(|pair| (pair, &oidc.issuer)),
                    audience,
                }
            }
            DirectoryCredential::Own {
                client_id,
                client_secrets,
            } => ClientCredential {
                client_id,
                method: ClientAuthMethod::SecretPost,
                secrets: client_secrets,
                key: None,
                audience,
            },
        })
    }
}

/// Where a directory is. `at` is on this machine, and only where such addresses may be reached.
fn addresses(settings: &DirectorySettings, reach: Reach) -> Result<GraphAddresses, DirectoryError> {
    let tenant = settings.tenant.clone();
    match &settings.at {
        None => Ok(GraphAddresses::new(
            &settings.cloud.login().origin(),
            settings.cloud.graph(),
            tenant,
        )),
        Some(at) if reach == Reach::Private => Ok(GraphAddresses::new(at, at, tenant)),
        Some(_) => Err(DirectoryError::Address),
    }
}
