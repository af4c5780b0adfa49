//! A look at a provider's document that nobody asked for (rule J6), and an administrator's word on what it has found.
//!
//! Invariant: an address at another origin than before is in force only when an administrator has accepted it. Tests:
//! `tests/it/oidc_sign_in/provider_watch.rs`.

use super::{Admin, Obstacle, Refused};
use crate::domain::{AuditAction, Connection, DocumentNews};
use crate::oidc::Discovery;
use crate::outbound::{DocumentError, ProviderClient, Reach};

/// Why a look changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The provider, or what it says.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Somebody has changed the connection meanwhile, or it is gone.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Admin<'_> {
    /// Looks at a connection's provider; the version of its document, which is named at the next look. What cannot be read changes
    /// nothing: what was good stays.
    pub async fn look_at_provider(
        &self,
        connection: &Connection,
        etag: Option<String>,
        application_keys: bool,
        (client, reach): (&ProviderClient, Reach),
    ) -> Result<Option<String>, LookError> {
        let Some(oidc) = connection.settings.oidc() else {
            return Ok(None);
        };
        let read = client.discovery_if_changed(&oidc.issuer, etag.as_deref(), reach);
        let read = read.await?;
        let document = read.as_ref().map(|(document, _)| document);
        self.follow_provider(connection, document, application_keys)
            .await?;
        Ok(read.map_or(etag, |(_, etag)| etag))
    }

    /// Takes what a connection's provider says of itself now, or holds it; the connection as it is then. `application_keys` says
    /// that a key of the application alone has signed (rule K6).
    async fn follow_provider(
        &self,
        connection: &Connection,
        read: Option<&Discovery>,
        application_keys: bool,
    ) -> Result<Connection, Refused> {
        let mut after = connection.clone();
        let Some(oidc) = after.settings.oidc_mut() else {
            return Ok(after);
        };
        let is_found = application_keys && !oidc.application_keys;
        oidc.application_keys |= is_found;
        // What nobody has looked at yet is not followed either.
        let read = read.filter(|_| oidc.discovery.is_some());
        let news = read.map_or(DocumentNews::Same, |read| oidc.read_again(read, self.now));
        let action = match news {
            DocumentNews::Held => AuditAction::ConnectionHoldProvider,
            DocumentNews::Taken => AuditAction::ConnectionFollowProvider,
            DocumentNews::Same if is_found => AuditAction::ConnectionFollowProvider,
            DocumentNews::Same => return Ok(after),
        };
        self.change_connection(&after, action, None).await
    }

    /// The connection with the addresses that were held in force.
    pub fn with_held_accepted(&self, connection: &Connection) -> Result<Connection, Refused> {
        let mut after = connection.clone();
        let oidc = after.settings.oidc_mut().ok_or(Obstacle::NotOidc)?;
        if oidc.accept_held() {
            Ok(after)
        } else {
            Err(Obstacle::NothingHeld.into())
        }
    }
}
