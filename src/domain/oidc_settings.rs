//! How a connection speaks OpenID Connect.
//!
//! Invariants: every default is the safe one; a secret is here sealed or not at all (rule N6). What an answer must say follows from
//! these settings in `site::oidc`.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::ConnectionName;
use super::client_key::{AssertionAudience, ClientKeyPair};
use super::word::words;
use crate::oidc::{Discovery, Issuer, MovedEndpoint};

/// The most secrets at once: the one in use, and the one before it while the provider changes over (rule N1).
pub const MOST_CLIENT_SECRETS: usize = 2;
/// How long the secret before the one in use is still tried, from the moment that the newer one was set.
const OLDER_SECRET: Duration = Duration::hours(24);
/// The scope of refresh tokens (OpenID Connect Core 1.0, section 11).
const OFFLINE_ACCESS: &str = "offline_access";
/// The least and the most minutes between two questions to a provider about one session.
pub const CHECK_AGAIN_RANGE: std::ops::RangeInclusive<u16> = 5..=1440;
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
    /// Our key pairs there, the one in use first (rule N3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client_keys: Vec<ClientKeyPair>,
    /// How we show at the token endpoint who we are (rule N2).
    pub client_authentication: ClientAuthMethod,
    /// For whom an assertion by a key is; at Entra ID always the tenant's token endpoint (rule N3).
    pub assertion_audience: AssertionAudience,
    /// The last parts of our redirect URIs, the one that is sent first (rule L8).
    pub callback_codes: Vec<String>,
    /// Whose people sign in, for the provider's page: a domain of the company, or `organizations` (rule L7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_hint: Option<String>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// How often the provider is asked again while its user is signed in, in minutes (rule T6); none asks once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_again: Option<u16>,
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
    /// The connection of SAML whose people are known here by their object ID (rule R6); it is of the same company and tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adopt_from: Option<ConnectionName>,
    /// What the provider said of itself when an administrator looked last (rule J6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discovery: Option<Discovery>,
    /// What it says since then, where that has addresses at another origin: it waits for an administrator (rule J6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_discovery: Option<Box<HeldDiscovery>>,
    /// Whether the keys of this application alone are read as well: they have signed before (rule K6).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub application_keys: bool,
}

/// A provider's document that is not in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldDiscovery {
    /// What it says.
    pub discovery: Discovery,
    /// When that was read first.
    #[serde(with = "time::serde::rfc3339")]
    pub found_at: OffsetDateTime,
}

/// What becomes of a document that was read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentNews {
    /// It says what it said, or what is held already.
    Same,
    /// It was taken: what changed is at the origins of before.
    Taken,
    /// It is held from now on: addresses are at another origin.
    Held,
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
            client_keys: Vec::new(),
            client_authentication: ClientAuthMethod::SecretPost,
            assertion_audience: AssertionAudience::Issuer,
            callback_codes: Vec::new(),
            domain_hint: None,
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            check_again: None,
            response_mode: AnswerMode::Query,
            userinfo: UserInfoUse::Off,
            extra_audiences: Vec::new(),
            accepted_acr: Vec::new(),
            user_name_as_email: false,
            adopt_from: None,
            discovery: None,
            held_discovery: None,
            application_keys: false,
        }
    }
}

impl OidcSettings {
    /// Keeps a new secret in front of the one before it; what is older goes.
    pub fn add_secret(&mut self, secret: ClientSecret) {
        self.client_secrets.insert(0, secret);
        self.client_secrets.truncate(MOST_CLIENT_SECRETS);
    }

    /// Takes what the provider says of itself, or holds it (rule J6).
    pub fn read_again(&mut self, read: &Discovery, now: OffsetDateTime) -> DocumentNews {
        let moved = match &self.discovery {
            Some(known) if known == read => {
                // It may have come back to what it was.
                return match self.held_discovery.take() {
                    Some(_) => DocumentNews::Taken,
                    None => DocumentNews::Same,
                };
            }
            Some(known) => known.moved(read),
            None => Vec::new(),
        };
        if moved.is_empty() {
            self.discovery = Some(read.clone());
            self.held_discovery = None;
            return DocumentNews::Taken;
        }
        let held = self.held_discovery.as_deref();
        if held.is_some_and(|it| it.discovery == *read) {
            return DocumentNews::Same;
        }
        self.held_discovery = Some(Box::new(HeldDiscovery {
            discovery: read.clone(),
            found_at: now,
        }));
        DocumentNews::Held
    }

    /// The addresses that wait for an administrator's word, against those in force.
    pub fn held_changes(&self) -> Vec<MovedEndpoint> {
        match (&self.discovery, &self.held_discovery) {
            (Some(known), Some(held)) => known.moved(&held.discovery),
            _ => Vec::new(),
        }
    }

    /// Puts what is held in force; `false` when nothing is.
    pub fn accept_held(&mut self) -> bool {
        let Some(held) = self.held_discovery.take() else {
            return false;
        };
        self.discovery = Some(held.discovery);
        true
    }

    /// The secrets that are tried, the newest first: the older one for a day after the newer one was set (rule N1).
    pub fn secrets_in_force(&self, now: OffsetDateTime) -> &[ClientSecret] {
        let ended = self.older_secret_end().is_some_and(|end| end <= now);
        let kept = if ended { 1 } else { MOST_CLIENT_SECRETS };
        &self.client_secrets[..kept.min(self.client_secrets.len())]
    }

    /// When the secret before the one in use is not tried any more.
    pub fn older_secret_end(&self) -> Option<OffsetDateTime> {
        match &*self.client_secrets {
            [newer, _, ..] => Some(newer.set_at + OLDER_SECRET),
            _ => None,
        }
    }

    /// Forgets the secret that is not tried any more.
    pub fn forget_ended_secret(&mut self, now: OffsetDateTime) {
        self.client_secrets
            .truncate(self.secrets_in_force(now).len());
    }

    /// The key pair that assertions are signed with; none where a secret is shown.
    pub fn key_in_use(&self) -> Option<&ClientKeyPair> {
        match self.client_authentication {
            ClientAuthMethod::PrivateKey => self.client_keys.first(),
            ClientAuthMethod::SecretPost | ClientAuthMethod::SecretBasic => None,
        }
    }

    /// Whether there is what the provider knows us by: a secret or a key, as the way of showing it demands.
    pub fn has_credential(&self) -> bool {
        match self.client_authentication {
            ClientAuthMethod::PrivateKey => !self.client_keys.is_empty(),
            ClientAuthMethod::SecretPost | ClientAuthMethod::SecretBasic => {
                !self.client_secrets.is_empty()
            }
        }
    }

    /// When that ends, if anybody said so (rule N7).
    pub fn credential_end(&self) -> Option<OffsetDateTime> {
        match self.client_authentication {
            ClientAuthMethod::PrivateKey => Some(self.client_keys.first()?.expires_at),
            ClientAuthMethod::SecretPost | ClientAuthMethod::SecretBasic => {
                self.client_secrets.first()?.expires_at
            }
        }
    }

    /// The scopes as they are asked for (OpenID Connect Core 1.0, section 3.1.2.1).
    pub fn scope(&self) -> String {
        let others = self.scopes.iter().map(String::as_str);
        // Rule T6: what lasts is asked for where it is used, and nowhere else.
        let others = others.filter(|scope| *scope != "openid" && *scope != OFFLINE_ACCESS);
        let others = others.chain(self.check_again.map(|_| OFFLINE_ACCESS));
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
        /// An assertion that a key signs.
        PrivateKey = "private_key_jwt",
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
