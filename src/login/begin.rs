//! The start of a sign-in: an attempt is written down, a request goes out with the browser. Here is SAML's; the one of OpenID Connect
//! is `oidc/request.rs`.
//!
//! Rules E1 to E3. Tests: `tests/it/sign_in/requests.rs`. The other half is `response.rs`.

use super::{Browser, Error, oidc};
use crate::app::App;
use crate::domain::{
    AttemptKind, Binding, Code, Connection, LoginAttempt, Protocol, ReturnTo, UserId,
};
use crate::keys;
use crate::saml::authn_request::{AuthnRequest, NameIdPolicy, message_id};
use crate::saml::binding::{EncodedMessage, MessageKind, PostPage, encode_redirect};
use crate::saml::signature::sign_enveloped;
use crate::site::Site;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Octets of a RelayState handle; 32 characters, well below the 80 octets that Bindings 3.4.3 allows (rule E3).
const RELAY_OCTETS: usize = 24;
/// The longest hint that is passed on.
const LONGEST_HINT: usize = 254;

/// What a sign-in starts with.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// The connection to sign in through.
    pub connection: &'a Connection,
    /// Where to go afterwards.
    pub return_to: Option<&'a ReturnTo>,
    /// Who wants to sign in, for the identity provider's form.
    pub login_hint: Option<&'a str>,
    /// What the identity provider is to ask the user for.
    pub ask: Ask,
    /// The browser.
    pub browser: &'a Browser,
    /// The administrator who tests the connection, enabled or not; none for a sign-in.
    pub tested_by: Option<UserId>,
}

/// What the identity provider is to ask the user for, whatever it remembers (rule L6). SAML knows the credentials alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ask {
    /// What it finds necessary.
    #[default]
    Nothing,
    /// For the credentials; its answer is held to it.
    Credentials,
    /// Which account.
    Account,
    /// For the consent to what we ask for.
    Consent,
}

/// A sign-in that has begun.
#[derive(Debug)]
pub struct BegunSignIn {
    /// The attempt's code, for the log.
    pub code: Code,
    /// What to send to the identity provider.
    pub message: EncodedMessage,
}

/// Begins a sign-in.
pub async fn begin(app: &App, site: &Site, start: Start<'_>) -> Result<BegunSignIn, Error> {
    match &start.connection.settings.protocol {
        Protocol::Saml(_) => begin_saml(app, site, start).await,
        Protocol::Oidc(oidc) => oidc::begin(app, site, start, oidc).await,
    }
}

async fn begin_saml(app: &App, site: &Site, start: Start<'_>) -> Result<BegunSignIn, Error> {
    let now = app.clock.now();
    let settings = &start.connection.settings;
    let (binding, destination) = destination(start.connection)?;
    let request = AuthnRequest {
        id: message_id(now, &keys::random()), // rule E1
        issue_instant: now, // when the attempt begins: the answer is held to it (rule D8)
        destination: destination.to_owned(),
        issuer: site.company.entity_id(),
        acs_url: site.company.acs_url(),
        force_authn: start.ask == Ask::Credentials || settings.force_authn,
        is_passive: false,
        name_id_policy: settings
            .saml()
            .name_id_policy
            .clone()
            .map(|format| NameIdPolicy {
                format: Some(format),
            }),
        requested_authn_context: settings.saml().requested_authn_context.clone(),
    };
    let kind = match start.tested_by {
        Some(_) => AttemptKind::Test,
        None => AttemptKind::Saml,
    };
    let relay = BASE64_URL_SAFE_NO_PAD.encode(keys::random::<RELAY_OCTETS>());
    let attempt = LoginAttempt {
        connection_id: Some(start.connection.id),
        request_id: Some(request.id.clone()),
        relay: Some(relay.clone()),
        return_to: start.return_to.map(|target| target.as_str().to_owned()),
        forced: request.force_authn,
        tested_by: start.tested_by,
        ..super::record::open_attempt(site.company.id, kind, start.browser.hash(), now)
    };
    let message = encode(app, &request, binding, destination, &relay, start)?;
    app.store.add_attempt(&attempt).await?;
    Ok(BegunSignIn {
        code: attempt.code,
        message,
    })
}

/// The sign-on URL for the connection's binding, or for the other one where it has only that.
fn destination(connection: &Connection) -> Result<(Binding, &str), Error> {
    let settings = &connection.settings;
    let post = settings
        .saml()
        .sso_post_url
        .as_deref()
        .map(|url| (Binding::Post, url));
    let redirect = settings
        .saml()
        .sso_redirect_url
        .as_deref()
        .map(|url| (Binding::Redirect, url));
    match settings.saml().binding {
        Binding::Post => post.or(redirect),
        Binding::Redirect => redirect.or(post),
    }
    .ok_or_else(|| Error::NoSignOnUrl(connection.name.to_string()))
}

fn encode(
    app: &App,
    request: &AuthnRequest,
    binding: Binding,
    destination: &str,
    relay: &str,
    start: Start<'_>,
) -> Result<EncodedMessage, Error> {
    let xml = request.to_xml();
    let keys = app.sp_keys();
    let signing = start
        .connection
        .settings
        .saml()
        .sign_requests
        .then_some(&keys.signing);
    match binding {
        Binding::Post => {
            let xml = match signing {
                Some(key) => sign_enveloped(&xml, &request.id, key)?,
                None => xml,
            };
            let action = with_hint(destination, start.login_hint);
            Ok(EncodedMessage::Post(PostPage::new(
                &action,
                MessageKind::Request,
                &xml,
                Some(relay),
            )))
        }
        Binding::Redirect => {
            let url = encode_redirect(
                destination,
                MessageKind::Request,
                &xml,
                Some(relay),
                signing,
            )?;
            Ok(EncodedMessage::Redirect(with_hint(&url, start.login_hint)))
        }
    }
}

/// Adds `login_hint` to a URL's query: Entra ID reads it there, others ignore it.
fn with_hint(url: &str, hint: Option<&str>) -> String {
    let usable = |hint: &&str| {
        !hint.is_empty() && hint.len() <= LONGEST_HINT && !hint.contains(char::is_control)
    };
    let Some(hint) = hint.filter(usable) else {
        return url.to_owned();
    };
    let (base, fragment) = url
        .split_once('#')
        .map_or((url, None), |(base, fragment)| (base, Some(fragment)));
    let separator = if base.contains('?') { '&' } else { '?' };
    let encoded: String = form_urlencoded::byte_serialize(hint.as_bytes()).collect();
    let fragment = fragment
        .map(|fragment| format!("#{fragment}"))
        .unwrap_or_default();
    format!("{base}{separator}login_hint={encoded}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::with_hint;

    #[test]
    fn a_hint_joins_the_query() {
        for (url, expected) in [
            (
                "https://idp/sso",
                "https://idp/sso?login_hint=b.simon%40contoso.com",
            ),
            (
                "https://idp/sso?a=b",
                "https://idp/sso?a=b&login_hint=b.simon%40contoso.com",
            ),
            (
                "https://idp/sso#x",
                "https://idp/sso?login_hint=b.simon%40contoso.com#x",
            ),
        ] {
            assert_eq!(with_hint(url, Some("b.simon@contoso.com")), expected);
        }
        assert_eq!(
            with_hint("https://idp/sso", Some("a\r\nb")),
            "https://idp/sso"
        );
        assert_eq!(with_hint("https://idp/sso", None), "https://idp/sso");
    }
}
