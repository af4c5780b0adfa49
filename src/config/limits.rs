//! What one request may cost, and how many may come.
//!
//! Invariants: 0 sets no limit, wherever a number is "per minute"; a limit that many share is not lower than the one of each
//! of them, or one could use up what is everybody's.

use serde::{Deserialize, Serialize};

use super::Period;

/// What one request may cost, and how many may come.
///
/// A client is a network: one IPv4 address, or the /64 that an IPv6 subscriber has. A minute's worth may come at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// The largest request body, in bytes (rule A1).
    pub body_bytes: usize,
    /// The longest that answering a request may take.
    pub request_timeout: Period,
    /// How long requests in flight may take to finish when the server stops.
    pub shutdown_grace: Period,
    /// Sign-ins that one client may begin at one company.
    pub client_starts_per_minute: u32,
    /// Sign-ins that may begin at one company.
    pub company_starts_per_minute: u32,
    /// Sign-in messages that one client may bring to one company.
    pub client_responses_per_minute: u32,
    /// Sign-in messages that may come to one company.
    pub company_responses_per_minute: u32,
    /// Sign-out messages of identity providers that one client may bring to one company.
    pub client_logouts_per_minute: u32,
    /// Sign-out messages of identity providers that may come to one company.
    pub company_logouts_per_minute: u32,
    /// Passwords that one client may send to one company, right or wrong.
    pub client_password_tries_per_minute: u32,
    /// Passwords that may be sent to one company, right or wrong.
    pub company_password_tries_per_minute: u32,
    /// How often one client may read the metadata of one company.
    pub client_metadata_per_minute: u32,
    /// How often the metadata of one company may be read.
    pub company_metadata_per_minute: u32,
    /// How often one client may read the logo of one company; a browser keeps it.
    pub client_logos_per_minute: u32,
    /// How often the logo of one company may be read.
    pub company_logos_per_minute: u32,
    /// Session cookies that no session has, which one client may bring to one company; more are answered 429.
    pub client_unknown_sessions_per_minute: u32,
    /// Refused sign-in messages of one client at one company that are written down; more are answered 429.
    pub client_refused_messages_per_minute: u32,
    /// Refused sign-in messages at one company that are written down; more are answered 429.
    pub company_refused_messages_per_minute: u32,
    /// Requests of one client to the API of one company, with a token or without.
    pub client_api_requests_per_minute: u32,
    /// Requests to the API with one token, wherever they come from.
    pub token_requests_per_minute: u32,
    /// DNS records of e-mail domains that are looked up for one company, in the console and by the API together.
    pub company_domain_checks_per_minute: u32,
    /// Changes that one session may make in the console.
    pub session_console_changes_per_minute: u32,
    /// Changes that may be made in the console of one company.
    pub company_console_changes_per_minute: u32,
    /// Wrong passwords for one account from one client, and from each browser in which the account has signed in before.
    pub wrong_passwords_per_minute: u32,
    /// Wrong passwords for one account from everyone else together.
    pub account_wrong_passwords_per_minute: u32,
    /// Wrong passwords from one client, for all accounts of one company together.
    pub client_wrong_passwords_per_minute: u32,
}

/// A limit and its key.
type Named = (&'static str, u32);

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            body_bytes: 256 * 1024,
            request_timeout: Period::seconds(30),
            shutdown_grace: Period::seconds(20),
            // docs/configuration.md tells where the numbers come from.
            client_starts_per_minute: 3_000,
            company_starts_per_minute: 12_000,
            client_responses_per_minute: 3_000,
            company_responses_per_minute: 12_000,
            client_logouts_per_minute: 3_000,
            company_logouts_per_minute: 12_000,
            client_password_tries_per_minute: 600,
            company_password_tries_per_minute: 2_400,
            client_metadata_per_minute: 600,
            company_metadata_per_minute: 2_400,
            client_logos_per_minute: 3_000,
            company_logos_per_minute: 12_000,
            client_unknown_sessions_per_minute: 6_000,
            client_refused_messages_per_minute: 600,
            company_refused_messages_per_minute: 2_400,
            client_api_requests_per_minute: 1_200,
            token_requests_per_minute: 600,
            company_domain_checks_per_minute: 20,
            session_console_changes_per_minute: 300,
            company_console_changes_per_minute: 1_200,
            wrong_passwords_per_minute: 10,
            account_wrong_passwords_per_minute: 60,
            client_wrong_passwords_per_minute: 60,
        }
    }
}

impl LimitsConfig {
    /// Says what is not possible.
    pub(super) fn check(&self) -> Result<(), String> {
        for (key, zero) in [
            ("body_bytes", self.body_bytes == 0),
            ("request_timeout", self.request_timeout.is_zero()),
        ] {
            if zero {
                return Err(format!(
                    "limits.{key}: 0 is not possible, it would refuse everything."
                ));
            }
        }
        for ((one, of_one), (all, of_all)) in self.shared() {
            if of_all != 0 && of_one > of_all {
                return Err(format!(
                    "limits.{all} ({of_all}) is lower than limits.{one} ({of_one}), so one client could use up what all share. Raise the one or lower the other; 0 sets no limit."
                ));
            }
        }
        Ok(())
    }

    /// The limits of each, with the limit of all of them together.
    fn shared(&self) -> [(Named, Named); 10] {
        macro_rules! pair {
            ($one:ident, $all:ident) => {
                ((stringify!($one), self.$one), (stringify!($all), self.$all))
            };
        }
        [
            pair!(
                session_console_changes_per_minute,
                company_console_changes_per_minute
            ),
            pair!(client_starts_per_minute, company_starts_per_minute),
            pair!(client_responses_per_minute, company_responses_per_minute),
            pair!(client_logouts_per_minute, company_logouts_per_minute),
            pair!(
                client_password_tries_per_minute,
                company_password_tries_per_minute
            ),
            pair!(client_metadata_per_minute, company_metadata_per_minute),
            pair!(client_logos_per_minute, company_logos_per_minute),
            pair!(
                client_refused_messages_per_minute,
                company_refused_messages_per_minute
            ),
            pair!(
                wrong_passwords_per_minute,
                account_wrong_passwords_per_minute
            ),
            pair!(
                wrong_passwords_per_minute,
                client_wrong_passwords_per_minute
            ),
        ]
    }
}
