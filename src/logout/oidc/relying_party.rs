//! A sign-out that begins here and goes on at the provider (OpenID Connect RP-Initiated Logout 1.0; rule T2).
//!
//! Invariant: the session here has ended before anybody is asked, and nothing that comes back changes anything.
//!
//! Tests: `tests/it/oidc_sign_in/logout/relying_party.rs`. What the provider wants back is sealed by `app::logout_hint`.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::app::App;
use crate::domain::{AttemptId, Connection, OidcSettings};
use crate::keys;
use crate::logout::outgoing::Outgoing;
use crate::oidc::EndSessionRequest;
use crate::saml::binding::{EncodedMessage, MessageKind};
use crate::site::Site;

/// A session that has ended here.
pub(in crate::logout) struct EndedSession<'a> {
    pub(in crate::logout) connection: &'a Connection,
    pub(in crate::logout) oidc: &'a OidcSettings,
    /// The attempt that began it.
    pub(in crate::logout) attempt: AttemptId,
    pub(in crate::logout) sealed_hint: Option<Vec<u8>>,
}

/// The way to the provider; none when it has no address for that, or does not say now which.
pub(in crate::logout) async fn request(
    app: &App,
    site: &Site,
    ended: EndedSession<'_>,
) -> Option<Outgoing> {
    let EndedSession {
        connection,
        oidc,
        attempt,
        sealed_hint,
    } = ended;
    let discovery = app.discovery(&site.company, connection, oidc).await;
    let discovery = discovery
        .inspect_err(|cause| {
            tracing::warn!(connection = %connection.name, %cause, "a sign-out ends here, because the provider's documents cannot be read");
        })
        .ok()?;
    let hint = sealed_hint.and_then(|sealed| app.open_logout_hint(attempt, oidc, &sealed));
    let request = EndSessionRequest {
        endpoint: discovery.end_session_endpoint.as_deref()?,
        client_id: &oidc.client_id,
        post_logout_redirect_uri: &site.company.signed_out_url(),
        // Some providers want one; nothing here waits for it.
        state: &BASE64_URL_SAFE_NO_PAD.encode(keys::random::<32>()),
        hint: hint.as_deref(),
    };
    Some(Outgoing {
        to: connection.display_name.clone(),
        kind: MessageKind::Request,
        message: EncodedMessage::Redirect(request.url(&oidc.issuer)?.into()),
    })
}
