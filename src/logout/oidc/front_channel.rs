//! Logout at the front: the provider loads a page of ours into a frame (OpenID Connect Front-Channel Logout 1.0; rule T3).
//!
//! Invariants: the cookie is not looked at, because a browser sends none into the frame of another site; what is not known has the
//! same end as what is. Only what ended something is written down: anybody can load the page.
//!
//! Tests: `tests/it/oidc_sign_in/logout/front_channel.rs`.

use std::collections::BTreeSet;

use url::Url;

use super::sign_out::sign_out;
use crate::app::App;
use crate::domain::OidcSettings;
use crate::site::SiteConnection;
use crate::store;

/// Ends the sessions of a connection that its provider calls by this `sid`: here at once, on other nodes within two seconds. Entra
/// names itself not (`iss`), and the address names the connection; who names another provider means none of these sessions.
pub async fn end_by_sid(
    app: &App,
    ready: &SiteConnection,
    sid: &str,
    iss: Option<&str>,
) -> Result<usize, store::Error> {
    let connection = &ready.connection;
    let is_issuer = |oidc: &OidcSettings| iss.is_none_or(|iss| oidc.issuer.is_in_callback(iss));
    if !connection.settings.oidc().is_some_and(is_issuer) {
        return Ok(0);
    }
    let now = app.clock.now();
    let found = app.store.sessions_by_sid(connection.id, sid, None, now);
    let found = found.await?;
    let ended = found.len();
    if ended > 0 {
        sign_out(app, connection, found, None, Vec::new()).await?;
    }
    Ok(ended)
}

/// Who may have the page in a frame: the provider's origins, as far as they are known here.
pub fn frame_ancestors(app: &App, ready: &SiteConnection) -> BTreeSet<String> {
    let connection = &ready.connection;
    let Some(oidc) = connection.settings.oidc() else {
        return BTreeSet::new();
    };
    let endpoint = app
        .known_discovery(connection, oidc)
        .and_then(|discovery| discovery.end_session_endpoint);
    [Some(oidc.issuer.of_document()), endpoint]
        .into_iter()
        .flatten()
        .filter_map(|address| Url::parse(&address).ok())
        .map(|address| address.origin())
        // An opaque origin is nobody's.
        .filter(url::Origin::is_tuple)
        .map(|origin| origin.ascii_serialization())
        // A host may have a character that ends a directive.
        .filter(|origin| {
            let mut octets = origin.bytes();
            octets.all(|it| it.is_ascii_alphanumeric() || b":/.-[]".contains(&it))
        })
        .collect()
}
