//! Where a session ends.
//!
//! Invariant: the local session ends first, whatever others answer (`SAML2Int` SDP-SP34).

use crate::app::App;
use crate::domain::SessionId;
use crate::store;

/// Ends a session of this installation: here at once, on other nodes within two seconds. `false` when there was none.
pub async fn local(app: &App, session: SessionId) -> Result<bool, store::Error> {
    app.sessions.end(app.store.session_key(&session)).await
}
