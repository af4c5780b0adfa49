//! How a connection speaks OpenID Connect.
//!
//! Invariants: every default is the safe one; a secret is here sealed or not at all (rule N6). What an answer must say follows from
//! these settings in `site::oidc`.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::word::words;
use crate::oidc::{Discovery, Issuer};

/// The most secrets at once: the one in use, and the one before it while the provider changes over (rule N1).
pub const MOST_CLIENT_SECRETS: usize = 2;
/// The most redirect URIs at once: the one in use, and the one before it (rule L8).
pub const MOST_CALLBACK_CODES: usize = 2;

/// The settings of an OpenID Connect connection; stored as one JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OidcSettings {
    /// Who the provider is (rules J1 to J4).
    pub issuer: Issuer,
    /// Our name at the provider.
    pub client_id: String,
    /// Our secrets there, the newest first.
    pub client_secrets: Vec<ClientSecret>,
    /// How we show at the token endpoint who we are (rule N2).
    pub client_authentication: ClientAuthMethod,
    /// The last parts of our redirect URIs, the one that is sent first (rule L8).
    pub callback_codes: Vec<String>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// How the answer travels through the browser (rule L5).
    pub response_mode: AnswerMode,
    /// Whether the userinfo endpoint is asked as well (rule Q1).
    pub userinfo: UserInfoUse,
    /// Audiences that an ID token may have beside the client ID (rule P5).
    pub extra_audiences: Vec<String>,
    /// The ways of signing in at the provider that are taken (rule P10); empty takes any.
    pub accepted_acr: Vec<String>,
    /// Whether the user name is taken as the e-mail address where there is none (rule R4).
    pub user_name_as_email: bool,
    /// What the provider said of itself when an administrator looked last (rule J6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discovery: Option<Discovery>,
}

/// A secret as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSecret {
    /// Sealed for this connection, in base64.
    pub sealed: String,
    /// When it was set.
    #[serde(with = "time::serde::rfc3339")]
    pub set_at: OffsetDateTime,
    /// When the provider stops taking it, as the administrator says (rule N7).
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_at: Option<OffsetDateTime>,
}

impl Default for OidcSettings {
    fn default() -> Self {
        Self {
            issuer: Issuer::named(""),
            client_id: String::new(),
            client_secrets: Vec::new(),
            client_authentication: ClientAuthMethod::SecretPost,
            callback_codes: Vec::new(),
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            response_mode: AnswerMode::Query,
            userinfo: UserInfoUse::Off,
            extra_audiences: Vec::new(),
            accepted_acr: Vec::new(),
            user_name_as_email: false,
            discovery: None,
        }
    }
}

impl OidcSettings {
    /// Keeps a new secret in front of the one before it; what is older goes.
    pub fn add_secret(&mut self, secret: ClientSecret) {
        self.client_secrets.insert(0, secret);
        self.client_secrets.truncate(MOST_CLIENT_SECRETS);
    }

    /// When the secret ends that is tried first; none when nobody said.
    pub fn secret_end(&self) -> Option<OffsetDateTime> {
        self.client_secrets.first()?.expires_at
    }

    /// The scopes as they are asked for (OpenID Connect Core 1.0, section 3.1.2.1).
    pub fn scope(&self) -> String {
        let others = self.scopes.iter().map(String::as_str);
        let others = others.filter(|scope| *scope != "openid");
        let all: Vec<_> = std::iter::once("openid").chain(others).collect();
        all.join(" ")
    }
}

words! {
    /// How a client shows at the token endpoint who it is (OpenID Connect Core 1.0, section 9).
    pub enum ClientAuthMethod {
        /// The secret in the body.
        SecretPost = "client_secret_post",
        /// The secret in a header.
        SecretBasic = "client_secret_basic",
    }
}

words! {
    /// How the provider's answer travels through the browser (rule L5).
    pub enum AnswerMode {
        /// In the query of a GET.
        Query = "query",
        /// In the body of a POST.
        FormPost = "form_post",
    }
}

words! {
    /// Whether the userinfo endpoint is asked (rules Q1 and Q3).
    pub enum UserInfoUse {
        /// It is not.
        Off = "off",
        /// It is.
        On = "on",
        /// It is, and its answer must be signed.
        Signed = "signed",
    }
}
