//! A look at a provider, line by line (rule J7): what an administrator corrects before users meet it.
//!
//! Invariant: the secret is never sent; "Test sign-in" sends it.

use time::OffsetDateTime;

use super::{Admin, Obstacle, Refused};
use crate::domain::{AnswerMode, AuditAction, ClientAuthMethod, Connection, OidcSettings};
use crate::oidc::Discovery;
use crate::outbound::{ProviderClient, Reach};

/// From so many seconds on, clocks that differ are warned of, and fail.
const CLOCKS_DIFFER: i64 = 30;
const CLOCKS_FAIL: i64 = 300;

/// What was looked at, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderLine {
    pub subject: &'static str,
    pub state: LineState,
    pub found: String,
    /// What to do; empty where nothing is.
    pub next: &'static str,
}

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    Passed,
    Warned,
    Failed,
}

impl LineState {
    /// Its name for scripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Failed => "failed",
        }
    }

    /// Its word for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Warned => "look",
            Self::Failed => "FAILED",
        }
    }
}

/// A whole look.
#[derive(Debug, Default)]
pub struct ProviderCheck {
    pub lines: Vec<ProviderLine>,
    /// What the provider says of itself, when it can be used.
    pub discovery: Option<Discovery>,
}

impl Admin<'_> {
    /// Looks at a connection's provider, and keeps what it says of itself; the connection as it is then.
    pub async fn verify_provider(
        &self,
        connection: &Connection,
        client: &ProviderClient,
        reach: Reach,
    ) -> Result<(ProviderCheck, Connection), Refused> {
        if connection.settings.oidc().is_none() {
            return Err(Obstacle::NotOidc.into());
        }
        let check = ProviderCheck::run(connection, client, reach, self.now).await;
        let after = self.keep_discovery(connection, &check, None).await?;
        Ok((check, after))
    }

    /// Keeps what a look has read of the provider, when it can be used and is new; `detail` is the audit log's.
    pub async fn keep_discovery(
        &self,
        connection: &Connection,
        check: &ProviderCheck,
        detail: Option<&str>,
    ) -> Result<Connection, Refused> {
        let mut after = connection.clone();
        let (Some(oidc), Some(read)) = (after.settings.oidc_mut(), &check.discovery) else {
            return Ok(after);
        };
        oidc.read_again(read, self.now);
        if after == *connection {
            return Ok(after);
        }
        self.change_connection(&after, AuditAction::ConnectionSet, detail)
            .await
    }
}

impl ProviderCheck {
    /// Looks at a connection's provider.
    pub async fn run(
        connection: &Connection,
        client: &ProviderClient,
        reach: Reach,
        now: OffsetDateTime,
    ) -> Self {
        let mut check = Self::default();
        let Some(oidc) = connection.settings.oidc() else {
            return check;
        };
        let answer = match client.discovery_answer(&oidc.issuer, reach).await {
            Ok(answer) => answer,
            Err(cause) => {
                check.fail("Discovery document", cause.to_string(), PASTE);
                return check;
            }
        };
        check.pass("Discovery document", oidc.issuer.discovery_url());
        let discovery = match Discovery::parse(&answer.body, &oidc.issuer, reach == Reach::Private)
        {
            Ok(discovery) => discovery,
            Err(cause) => {
                check.fail("Issuer and addresses", cause.to_string(), PASTE);
                return check;
            }
        };
        check.pass("Issuer and addresses", discovery.issuer.clone());
        check.keys(&discovery, client, reach).await;
        check.addresses(&discovery, oidc);
        check.offers(&discovery, connection);
        check.clock(answer.clock_ahead(now));
        check.discovery = Some(discovery);
        check
    }

    /// Whether nothing failed.
    pub fn passed(&self) -> bool {
        self.lines
            .iter()
            .all(|line| line.state != LineState::Failed)
    }

    async fn keys(&mut self, discovery: &Discovery, client: &ProviderClient, reach: Reach) {
        match client.key_set(&discovery.jwks_uri, reach).await {
            Ok(set) => {
                let unusable = match set.unusable().len() {
                    0 => String::new(),
                    count => format!(", {count} more cannot be used"),
                };
                self.pass("Keys", format!("{} usable{unusable}", set.keys().len()));
            }
            Err(cause) => self.fail("Keys", cause.to_string(), SUPPORT),
        }
    }

    /// Rule J6: addresses at another host than before are held.
    fn addresses(&mut self, read: &Discovery, oidc: &OidcSettings) {
        let moved = oidc.discovery.as_ref().map(|known| known.moved(read));
        for one in moved.unwrap_or_default() {
            let before = one.before.as_deref().unwrap_or("nothing");
            self.warn(
                "Addresses",
                format!("{} is {} now, it was {before}; it is held", one.name, one.after),
                "Ask the provider whether it has moved, and accept it then: vestibule connection accept-provider.",
            );
        }
    }

    fn offers(&mut self, discovery: &Discovery, connection: &Connection) {
        let Some(oidc) = connection.settings.oidc() else {
            return;
        };
        let names: Vec<_> = discovery.algorithms.iter().map(|it| it.name()).collect();
        self.pass("Algorithms of ID tokens", names.join(", "));
        let method = oidc.client_authentication.as_str();
        let methods = discovery.token_auth_methods.join(", ");
        if discovery.token_auth_methods.iter().any(|it| it == method) {
            self.pass("Client authentication", method.to_owned());
        } else {
            self.fail(
                "Client authentication",
                format!("{method} is not offered, but {methods}"),
                "Set client_authentication to one that is offered.",
            );
        }
        self.key_algorithm(oidc, discovery);
        match discovery.pkce_s256 {
            Some(true) => self.pass("PKCE with S256", "offered".to_owned()),
            None => self.pass(
                "PKCE with S256",
                "not said; it is sent all the same".to_owned(),
            ),
            Some(false) => self.warn(
                "PKCE with S256",
                "not among the methods that are offered; it is sent all the same".to_owned(),
                SUPPORT,
            ),
        }
        let posts = discovery.response_modes.iter().any(|it| it == "form_post");
        if oidc.response_mode == AnswerMode::FormPost && !posts {
            self.fail(
                "Response mode",
                "form_post is not offered".to_owned(),
                "Set response_mode to query.",
            );
        } else {
            self.pass("Response mode", oidc.response_mode.to_string());
        }
        let yes = |it: bool| if it { "offered" } else { "not offered" };
        self.pass(
            "Issuer in answers (iss)",
            yes(discovery.answers_name_issuer).to_owned(),
        );
        self.pass(
            "Front-channel logout",
            yes(discovery.frontchannel_logout).to_owned(),
        );
        self.pass(
            "Back-channel logout",
            yes(discovery.backchannel_logout).to_owned(),
        );
        let missing: Vec<_> = oidc
            .scopes
            .iter()
            .filter(|scope| !discovery.scopes.contains(scope))
            .map(String::as_str)
            .collect();
        if discovery.scopes.is_empty() || missing.is_empty() {
            self.pass("Scopes", oidc.scope());
        } else {
            let found = format!(
                "{} is not among those that are offered: {}",
                missing.join(", "),
                discovery.scopes.join(", ")
            );
            self.warn("Scopes", found, "Set scopes to those that are offered.");
        }
        if oidc.client_id.is_empty() {
            self.fail(
                "Client ID",
                "missing".to_owned(),
                "Set client_id (Entra ID: App registrations, Overview, Application (client) ID).",
            );
        }
        if oidc.client_authentication == ClientAuthMethod::PrivateKey {
            if !oidc.has_credential() {
                self.fail("Key pair", "missing".to_owned(), "Make one, register it at the provider, and use it: vestibule connection key make.");
            }
        } else if oidc.client_secrets.is_empty() {
            self.fail("Client secret", "missing".to_owned(), "Set client_secret_file (Entra ID: App registrations, Certificates & secrets, the Value).");
        }
    }

    /// Rule N3: what the key in use signs with, against what the provider says it takes.
    fn key_algorithm(&mut self, oidc: &OidcSettings, discovery: &Discovery) {
        let Some(pair) = oidc.key_in_use() else {
            return;
        };
        let (algorithm, offered) = (pair.algorithm.as_str(), &discovery.token_auth_algorithms);
        if offered.is_empty() || offered.iter().any(|it| it == algorithm) {
            self.pass(
                "Key pair",
                format!("{algorithm}, certificate {}", pair.sha1),
            );
        } else {
            self.fail(
                "Key pair",
                format!("{algorithm} is not offered, but {}", offered.join(", ")),
                "Make a key pair that the provider takes, register it there, and use it.",
            );
        }
    }

    fn clock(&mut self, apart: Option<i64>) {
        let Some(apart) = apart else {
            return;
        };
        let found = format!("{apart} seconds after the provider's");
        match apart.abs() {
            0..=CLOCKS_DIFFER => self.pass("Our clock", found),
            seconds if seconds <= CLOCKS_FAIL => self.warn("Our clock", found, CLOCK),
            _ => self.fail("Our clock", found, CLOCK),
        }
    }

    fn pass(&mut self, subject: &'static str, found: String) {
        self.line(subject, LineState::Passed, found, "");
    }

    fn warn(&mut self, subject: &'static str, found: String, next: &'static str) {
        self.line(subject, LineState::Warned, found, next);
    }

    fn fail(&mut self, subject: &'static str, found: String, next: &'static str) {
        self.line(subject, LineState::Failed, found, next);
    }

    fn line(&mut self, subject: &'static str, state: LineState, found: String, next: &'static str) {
        self.lines.push(ProviderLine {
            subject,
            state,
            found,
            next,
        });
    }
}

const PASTE: &str = "Compare the tenant ID or the discovery URL with the provider's page (Entra ID: App registrations, Overview, Endpoints).";
const SUPPORT: &str = "Ask the provider's support.";
const CLOCK: &str = "Set this server's clock by the network (NTP).";
