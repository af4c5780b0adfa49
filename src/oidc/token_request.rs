//! The token request (RFC 6749, sections 4.1.3 and 4.4.2; rules N1 to N3): what is sent, not how.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use url::form_urlencoded;

use super::callback::MatchedCallback;
use super::refresh::RememberedSignIn;

/// What a client assertion is called (RFC 7523, section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How a client shows who it is. One way in a request, never two.
#[derive(Clone)]
pub enum ClientAuthentication {
    /// The secret in the body.
    SecretPost(String),
    /// The secret in a header.
    SecretBasic(String),
    /// A signed assertion (`private_key_jwt`).
    Assertion(String),
}

/// A POST to the token endpoint.
pub struct TokenRequest {
    body: String,
    authorization: Option<String>,
}

impl TokenRequest {
    /// The redemption of a code that answers our request.
    pub fn new(
        callback: &MatchedCallback,
        client_id: &str,
        redirect_uri: &str,
        code_verifier: &str,
        authentication: &ClientAuthentication,
    ) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", callback.code())
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("code_verifier", code_verifier);
        Self::authenticated(form, client_id, authentication)
    }

    /// The request of an application for itself, without a user (RFC 6749, section 4.4.2).
    pub fn client_credentials(
        client_id: &str,
        scope: &str,
        authentication: &ClientAuthentication,
    ) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials")
            .append_pair("scope", scope);
        Self::authenticated(form, client_id, authentication)
    }

    /// The question whether a sign-in still counts (section 6; rule T6).
    pub fn again(
        remembered: &RememberedSignIn,
        client_id: &str,
        authentication: &ClientAuthentication,
    ) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token")
            .append_pair("refresh_token", remembered.token());
        Self::authenticated(form, client_id, authentication)
    }

    /// Shows who asks, one way and no other.
    fn authenticated(
        mut form: form_urlencoded::Serializer<'_, String>,
        client_id: &str,
        authentication: &ClientAuthentication,
    ) -> Self {
        let authorization = match authentication {
            ClientAuthentication::SecretBasic(secret) => Some(basic(client_id, secret)),
            ClientAuthentication::SecretPost(secret) => {
                form.append_pair("client_id", client_id)
                    .append_pair("client_secret", secret);
                None
            }
            ClientAuthentication::Assertion(assertion) => {
                form.append_pair("client_id", client_id)
                    .append_pair("client_assertion_type", ASSERTION_TYPE)
                    .append_pair("client_assertion", assertion);
                None
            }
        };
        Self {
            body: form.finish(),
            authorization,
        }
    }

    /// The body, `application/x-www-form-urlencoded`.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The value of the header `Authorization`, where there is one.
    pub fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }
}

/// Each part is form-urlencoded before both are joined (RFC 6749, section 2.3.1).
fn basic(client_id: &str, secret: &str) -> String {
    let encoded =
        |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let pair = format!("{}:{}", encoded(client_id), encoded(secret));
    format!("Basic {}", BASE64_STANDARD.encode(pair))
}

/// Secrets are not shown.
impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SecretPost(_) => "client_secret_post",
            Self::SecretBasic(_) => "client_secret_basic",
            Self::Assertion(_) => "private_key_jwt",
        })
    }
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest").finish_non_exhaustive()
    }
}
