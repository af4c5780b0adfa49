//! Rate limits: how many requests of a kind a client and a company may have, and how many wrong passwords there may be.
//!
//! Invariants: what is remembered is bounded, whatever addresses and names come; who is refused by the limit of one uses up
//! nothing of what many share; what counts is the time that passes, not what the clock is set to.

mod cells;
mod guess;
mod limit;

use std::net::IpAddr;
use std::thread::available_parallelism;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::LimitsConfig;
use crate::domain::{Company, CompanyId, SessionKey, TokenId};

use cells::Cells;
use guess::Guesses;
use limit::{ClientLimits, Limit};

use super::network::Network;
use super::shares::{Shares, Turn};

pub use guess::{Guess, Guesser};

/// How many of a company may have or wait for a turn to compare a password; about five seconds' worth.
const WAITING: usize = 100;
/// What who finds no place is told to wait: the time in which those before him have had their turns.
const FULL: Wait = Wait(Duration::from_secs(5));

/// Where no company is known.
const AT_APPLICATIONS: &str = "applications";

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// A sign-in begins.
    Start,
    /// A sign-in message comes.
    Response,
    /// A sign-out message comes.
    Logout,
    /// A password comes.
    PasswordTry,
    /// Our metadata is read.
    Metadata,
    /// A company's logo is read.
    Logo,
    /// A refused sign-in message is written down.
    RefusedMessage,
}

/// How long to wait before the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(Duration);

impl Wait {
    /// In whole seconds, as `Retry-After` has it (RFC 9110 10.2.3): never too short.
    pub fn seconds(self) -> u64 {
        let whole = self.0.as_secs();
        (whole + u64::from(self.0.subsec_nanos() > 0)).max(1)
    }
}

/// The limits of this server.
#[derive(Debug)]
pub struct Throttle {
    clock: Clock,
    cells: Cells,
    starts: Requests,
    responses: Requests,
    logouts: Requests,
    password_tries: Requests,
    metadata: Requests,
    logos: Requests,
    unknown_sessions: ClientLimits,
    strangers: Limit,
    refused_messages: Requests,
    api_clients: ClientLimits,
    tokens: Limit,
    domain_checks: Limit,
    console_session: Limit,
    console_company: Limit,
    guesses: Guesses,
    /// Turns to compare a password: each takes 19 MiB and tens of milliseconds of a processor. Who tries is counted by client
    /// before.
    passwords: Shares,
}

/// The limits of one kind of request.
#[derive(Debug)]
struct Requests {
    client: ClientLimits,
    company: Limit,
}

impl Throttle {
    /// The limits of a configuration.
    pub fn new(limits: &LimitsConfig, clock: Clock) -> Self {
        // A limit goes by the name of its setting.
        macro_rules! limit {
            ($setting:ident) => {
                Limit::new(stringify!($setting), limits.$setting)
            };
        }
        macro_rules! client {
            ($setting:ident) => {
                ClientLimits::new(stringify!($setting), limits.$setting)
            };
        }
        macro_rules! requests {
            ($client:ident, $company:ident) => {
                Requests {
                    client: client!($client),
                    company: limit!($company),
                }
            };
        }
        Self {
            clock,
            cells: Cells::new(),
            starts: requests!(client_starts_per_minute, company_starts_per_minute),
            responses: requests!(client_responses_per_minute, company_responses_per_minute),
            logouts: requests!(client_logouts_per_minute, company_logouts_per_minute),
            password_tries: requests!(
                client_password_tries_per_minute,
                company_password_tries_per_minute
            ),
            metadata: requests!(client_metadata_per_minute, company_metadata_per_minute),
            logos: requests!(client_logos_per_minute, company_logos_per_minute),
            unknown_sessions: client!(client_unknown_sessions_per_minute),
            strangers: limit!(client_unknown_sessions_per_minute),
            refused_messages: requests!(
                client_refused_messages_per_minute,
                company_refused_messages_per_minute
            ),
            api_clients: client!(client_api_requests_per_minute),
            tokens: limit!(token_requests_per_minute),
            domain_checks: limit!(company_domain_checks_per_minute),
            console_session: limit!(session_console_changes_per_minute),
            console_company: limit!(company_console_changes_per_minute),
            guesses: Guesses::new(limits),
            passwords: passwords(available_parallelism().map_or(2, usize::from)),
        }
    }

    /// Counts one more of a client at a company, or says how long to wait.
    pub fn admit(
        &self,
        counted: Counted,
        client: Option<IpAddr>,
        company: &Company,
    ) -> Result<(), Wait> {
        let limits = self.limits_of(counted);
        self.take_of_client(&limits.client, client, company)?;
        let now = self.clock.running();
        limits.company.take(&self.cells, company.id, now, company)
    }

    /// Counts one more session cookie of a client that is not remembered here. No company's limit stands behind it: strangers
    /// must not use up what those with a session need.
    pub fn admit_session(&self, client: Option<IpAddr>, company: &Company) -> Result<(), Wait> {
        self.take_of_client(&self.unknown_sessions, client, company)
    }

    /// Counts one less: there is such a session.
    pub fn give_session_back(&self, client: Option<IpAddr>, company: &Company) {
        let sessions = &self.unknown_sessions;
        sessions.give_back(&self.cells, Network::of(client), company);
    }

    /// Counts one more look of a client at an application with a cookie that is not remembered here (rule Q56).
    pub fn admit_stranger(&self, client: Option<IpAddr>) -> Result<(), Wait> {
        let now = self.clock.running();
        self.strangers.take_at(
            &self.cells,
            (Network::of(client), AT_APPLICATIONS),
            now,
            AT_APPLICATIONS,
        )
    }

    /// Counts one less: there is such a session.
    pub fn give_stranger_back(&self, client: Option<IpAddr>) {
        self.strangers
            .give_back(&self.cells, (Network::of(client), AT_APPLICATIONS));
    }

    /// Counts one more request of a client to the API, with a token or without. No company's limit stands behind it: a stranger
    /// without a token must not use up what those with one need.
    pub fn admit_to_api(&self, client: Option<IpAddr>, company: &Company) -> Result<(), Wait> {
        self.take_of_client(&self.api_clients, client, company)
    }

    fn take_of_client(
        &self,
        limits: &ClientLimits,
        client: Option<IpAddr>,
        company: &Company,
    ) -> Result<(), Wait> {
        let now = self.clock.running();
        limits.take(&self.cells, Network::of(client), now, company)
    }

    /// Counts one more request with a token.
    pub fn admit_token(&self, token: TokenId, company: &Company) -> Result<(), Wait> {
        let now = self.clock.running();
        self.tokens.take(&self.cells, token, now, company)
    }

    /// Counts one more question about a company's domain to name servers, which are others'.
    pub fn admit_domain_check(&self, company: &Company) -> Result<(), Wait> {
        let now = self.clock.running();
        let checks = &self.domain_checks;
        checks.take(&self.cells, company.id, now, company)
    }

    /// Counts one more form that an administrator sends in the console.
    pub fn admit_to_console(&self, session: SessionKey, company: &Company) -> Result<(), Wait> {
        let now = self.clock.running();
        let cells = &self.cells;
        self.console_session.take(cells, session, now, company)?;
        self.console_company.take(cells, company.id, now, company)
    }

    fn limits_of(&self, counted: Counted) -> &Requests {
        match counted {
            Counted::Start => &self.starts,
            Counted::Response => &self.responses,
            Counted::Logout => &self.logouts,
            Counted::PasswordTry => &self.password_tries,
            Counted::Metadata => &self.metadata,
            Counted::Logo => &self.logos,
            Counted::RefusedMessage => &self.refused_messages,
        }
    }

    /// Waits for a turn to compare a password; refuses when too many of the company wait already. The turn belongs to who does
    /// the work, also when who asked for it has gone.
    pub async fn password_turn(&self, company: CompanyId) -> Result<Turn, Wait> {
        let turn = self.passwords.next(company, None).await;
        turn.map_err(|_| FULL)
    }
}

/// As many at once as there are processors, within reason.
fn passwords(processors: usize) -> Shares {
    let at_once = processors.clamp(2, 8);
    Shares::new(at_once, at_once / 2).places(WAITING)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use time::OffsetDateTime;

    use super::*;
    use crate::site::tests::company;

    pub(super) fn acme() -> Company {
        numbered(1)
    }

    fn beta() -> Company {
        numbered(2)
    }

    fn numbered(id: u8) -> Company {
        company(id, "acme", "https://acme.example.com", &[])
    }

    pub(super) fn network(client: &str) -> Network {
        Network::of(Some(client.parse().unwrap()))
    }

    fn throttle(client: u32, company: u32) -> (Throttle, Clock) {
        let limits = LimitsConfig {
            client_starts_per_minute: client,
            company_starts_per_minute: company,
            ..LimitsConfig::default()
        };
        let clock = Clock::fixed(OffsetDateTime::UNIX_EPOCH);
        (Throttle::new(&limits, clock.clone()), clock)
    }

    #[test]
    fn a_client_and_a_company_have_what_is_theirs() {
        let (throttle, _) = throttle(2, 4);
        let start = |client: u8, company| {
            let client = IpAddr::from([192, 0, 2, client]);
            throttle
                .admit(Counted::Start, Some(client), &company)
                .is_ok()
        };
        assert!(start(1, acme()) && start(1, acme()));
        // Refused by his own limit, he takes nothing of the company's.
        assert!((0..100).all(|_| !start(1, acme())));
        assert!(start(2, acme()) && start(2, acme()));
        assert!(!start(3, acme()), "the company");
        assert!(start(1, beta()) && start(3, beta()), "another company");
    }

    #[test]
    fn kinds_are_counted_apart() {
        let (throttle, _) = throttle(1, 1);
        assert!(throttle.admit(Counted::Start, None, &acme()).is_ok());
        assert!(throttle.admit(Counted::Start, None, &acme()).is_err());
        for counted in [
            Counted::Response,
            Counted::Logout,
            Counted::PasswordTry,
            Counted::Metadata,
            Counted::Logo,
            Counted::RefusedMessage,
        ] {
            assert!(
                throttle.admit(counted, None, &acme()).is_ok(),
                "{counted:?}"
            );
        }
    }

    #[test]
    fn a_client_cannot_have_his_share_at_every_company() {
        let (throttle, _) = throttle(5, 100);
        let companies = (0..=255).map(numbered);
        let admitted = companies
            .flat_map(|company| std::iter::repeat_n(company, 20))
            .filter(|company| throttle.admit(Counted::Start, None, company).is_ok());
        assert_eq!(admitted.count(), 50);
    }

    #[test]
    fn a_limit_of_0_is_none() {
        let (throttle, _) = throttle(0, 0);
        assert!((0..100_000).all(|_| throttle.admit(Counted::Start, None, &acme()).is_ok()));
    }

    #[test]
    fn who_waits_as_told_gets_in_whatever_the_clock_is_set_to() {
        let (throttle, clock) = throttle(7, 0);
        let start = || throttle.admit(Counted::Start, None, &acme());
        while start().is_ok() {}
        let wait = start().unwrap_err().seconds();
        assert_eq!(wait, 9, "60 / 7, and never too short");
        clock.step(time::Duration::hours(-3));
        assert!(start().is_err());
        clock.step(time::Duration::seconds(wait.cast_signed()));
        assert_eq!(start(), Ok(()));
    }

    #[tokio::test]
    async fn a_flood_of_one_company_leaves_the_others_their_turns() {
        let (mut throttle, _) = throttle(0, 0);
        throttle.passwords = passwords(2);
        let throttle = Arc::new(throttle);
        let [acme, beta] = [acme().id, beta().id];
        let held = throttle.password_turn(acme).await.unwrap();
        let waiting: Vec<_> = (1..WAITING)
            .map(|_| {
                let throttle = Arc::clone(&throttle);
                tokio::spawn(async move { throttle.password_turn(acme).await.map(drop) })
            })
            .collect();
        for _ in 0..WAITING {
            // Not all of them come to stand in the line at once.
            tokio::task::yield_now().await;
        }
        assert_eq!(throttle.password_turn(acme).await.unwrap_err(), FULL);
        let of_beta = throttle.password_turn(beta).await.unwrap();
        drop((held, of_beta));
        for one in waiting {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
    }

    #[test]
    fn seconds_are_whole_and_not_too_few() {
        let seconds = |nanoseconds| Wait(Duration::from_nanos(nanoseconds)).seconds();
        assert_eq!(seconds(1), 1);
        assert_eq!(seconds(1_000_000_000), 1);
        assert_eq!(seconds(1_000_000_001), 2);
    }
}
