//! The pages that only one protocol has: for a connection that speaks another one they are not there.

use crate::console::Console;
use crate::domain::{Connection, ConnectionId};
use crate::http::error::Error;

/// A connection that speaks SAML.
pub(super) async fn saml_connection(
    console: &Console,
    id: ConnectionId,
) -> Result<Connection, Error> {
    let connection = console.admin().connection(id).await?;
    if connection.settings.oidc().is_some() {
        return Err(Error::NotFound);
    }
    Ok(connection)
}

/// A connection that speaks OpenID Connect.
pub(super) async fn provider_connection(
    console: &Console,
    id: ConnectionId,
) -> Result<Connection, Error> {
    let connection = console.admin().connection(id).await?;
    if connection.settings.oidc().is_none() {
        return Err(Error::NotFound);
    }
    Ok(connection)
}
