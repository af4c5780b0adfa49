//! The start of a sign-in: an attempt is written down, an authorization request goes out with the browser (rules L1 to L7).

use super::secrets::{RequestBasis, RequestSecrets, request_id};
use crate::app::App;
use crate::domain::{AnswerMode, AttemptKind, LoginAttempt, OidcSettings};
use crate::keys;
use crate::login::{Ask, BegunSignIn, Error, Start, record};
use crate::oidc::{AuthorizationRequest, Prompt, ResponseMode};
use crate::saml::binding::EncodedMessage;
use crate::site::Site;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Begins a sign-in through a connection that speaks OpenID Connect.
pub(in crate::login) async fn begin(
    app: &App,
    site: &Site,
    start: Start<'_>,
    oidc: &OidcSettings,
) -> Result<BegunSignIn, Error> {
    let connection = start.connection;
    let no_address = || Error::NoSignOnUrl(connection.name.to_string());
    let discovery = app.discovery(&site.company, connection, oidc).await?;
    let code = oidc.callback_codes.first().ok_or_else(no_address)?;
    let basis = RequestBasis::new(&site.company, connection, oidc, code);
    let state = BASE64_URL_SAFE_NO_PAD.encode(keys::random::<32>());
    let secrets = RequestSecrets::derive(app, &state, &basis);
    let now = app.clock.now();
    let settings = &connection.settings;
    let forced = start.ask == Ask::Credentials || settings.force_authn;
    let request = AuthorizationRequest {
        endpoint: &discovery.authorization_endpoint,
        client_id: &oidc.client_id,
        redirect_uri: &basis.redirect_uri,
        scope: &oidc.scope(),
        state: &state,
        nonce: &secrets.nonce,
        code_verifier: &secrets.verifier,
        response_mode: match oidc.response_mode {
            AnswerMode::Query => ResponseMode::Query,
            AnswerMode::FormPost => ResponseMode::FormPost,
        },
        prompt: prompt(start.ask, forced),
        max_age: if forced {
            Some(0)
        } else {
            settings.max_authentication_age
        },
        acr_values: &oidc.accepted_acr,
        login_hint: start.login_hint,
        domain_hint: domain_hint(site, oidc),
        ui_locales: None,
    };
    let url = request.url(&oidc.issuer).ok_or_else(no_address)?;
    let kind = match start.tested_by {
        Some(_) => AttemptKind::Test,
        None => AttemptKind::Oidc,
    };
    let attempt = LoginAttempt {
        connection_id: Some(connection.id),
        request_id: Some(request_id(&keys::hash(state.as_bytes()))),
        relay: Some(basis.fingerprint()),
        return_to: start.return_to.map(|target| target.as_str().to_owned()),
        forced,
        tested_by: start.tested_by,
        ..record::open_attempt(site.company.id, kind, start.browser.hash(), now)
    };
    app.store.add_attempt(&attempt).await?;
    Ok(BegunSignIn {
        code: attempt.code,
        message: EncodedMessage::Redirect(url.into()),
    })
}

/// Rule L6. Never `none`: nobody is asked in silence, so that no answer leads to one more question by itself.
const fn prompt(ask: Ask, forced: bool) -> Option<Prompt> {
    match ask {
        _ if forced => Some(Prompt::Login),
        Ask::Account => Some(Prompt::SelectAccount),
        Ask::Consent => Some(Prompt::Consent),
        Ask::Nothing | Ask::Credentials => None,
    }
}

/// Rule L7: a domain that the company has now, or the word for all of them.
fn domain_hint<'a>(site: &Site, oidc: &'a OidcSettings) -> Option<&'a str> {
    let hint = oidc.domain_hint.as_deref()?;
    (hint == OidcSettings::ANY_ORGANIZATION || site.has_domain(hint)).then_some(hint)
}
