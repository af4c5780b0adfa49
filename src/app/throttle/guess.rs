//! Wrong passwords.
//!
//! Invariants: a try is counted before it is compared, so tries at the same moment get nothing more; a right password gives
//! its try back. A browser in which the account has signed in before is counted by itself, so a stranger who guesses cannot
//! keep the account's owner out (OWASP's device cookies).

use super::limit::Limit;
use super::{Throttle, Wait};
use crate::app::network::Network;
use crate::config::LimitsConfig;
use crate::domain::{Company, CompanyId};

/// A try at the password of an account, whether there is such an account or not.
#[derive(Debug)]
pub struct Guess<'c> {
    company: &'c Company,
    /// As it was typed, in lower case.
    email: String,
    guesser: Guesser,
}

/// Who tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guesser {
    /// A browser in which this account has signed in before, by what makes it distinct.
    Known([u8; 16]),
    /// Anybody else.
    Stranger(Network),
}

impl<'c> Guess<'c> {
    /// A try at the account of a company's user with this e-mail address.
    pub fn new(company: &'c Company, email: &str, guesser: Guesser) -> Self {
        Self {
            company,
            email: email.to_ascii_lowercase(),
            guesser,
        }
    }
}

impl Throttle {
    /// Whether a try may come at all. It is not counted yet.
    pub fn may_guess(&self, guess: &Guess<'_>) -> Result<(), Wait> {
        let now = self.clock.running();
        let mut counted = self.guesses.counting(guess);
        counted.try_for_each(|(limit, key)| limit.look(&self.cells, key, now, guess.company))
    }

    /// Counts a try, which is about to be compared.
    pub fn guess(&self, guess: &Guess<'_>) -> Result<(), Wait> {
        let now = self.clock.running();
        let mut counted = self.guesses.counting(guess);
        counted.try_for_each(|(limit, key)| limit.take(&self.cells, key, now, guess.company))
    }

    /// The try was right.
    pub fn guessed_right(&self, guess: &Guess<'_>) {
        for (limit, key) in self.guesses.counting(guess) {
            limit.give_back(&self.cells, key);
        }
    }
}

/// The limits.
#[derive(Debug)]
pub(super) struct Guesses {
    one: Limit,
    client: Limit,
    account: Limit,
}

/// Whose tries are counted together.
#[derive(Debug, Hash)]
struct GuessKey<'a> {
    company: CompanyId,
    email: Option<&'a str>,
    guesser: Option<Guesser>,
}

impl Guesses {
    pub(super) fn new(limits: &LimitsConfig) -> Self {
        let LimitsConfig {
            wrong_passwords_per_minute: one,
            client_wrong_passwords_per_minute: client,
            account_wrong_passwords_per_minute: account,
            ..
        } = *limits;
        Self {
            one: Limit::new("wrong_passwords_per_minute", one),
            client: Limit::new("client_wrong_passwords_per_minute", client),
            account: Limit::new("account_wrong_passwords_per_minute", account),
        }
    }

    /// The limits that a try counts for, the narrow ones first: who is refused by one uses up nothing of the next.
    fn counting<'a>(
        &'a self,
        guess: &'a Guess<'_>,
    ) -> impl Iterator<Item = (&'a Limit, GuessKey<'a>)> {
        let is_stranger = matches!(guess.guesser, Guesser::Stranger(_));
        let key = |email, guesser| GuessKey {
            company: guess.company.id,
            email,
            guesser,
        };
        let (email, guesser) = (Some(&*guess.email), Some(guess.guesser));
        let one = (&self.one, key(email, guesser));
        let of_strangers = [
            (&self.client, key(None, guesser)),
            (&self.account, key(email, None)),
        ];
        std::iter::once(one).chain(of_strangers.into_iter().filter(move |_| is_stranger))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::super::tests::{acme, network};
    use super::*;
    use crate::clock::Clock;

    fn throttle(one: u32, client: u32, account: u32) -> Throttle {
        let limits = LimitsConfig {
            wrong_passwords_per_minute: one,
            client_wrong_passwords_per_minute: client,
            account_wrong_passwords_per_minute: account,
            ..LimitsConfig::default()
        };
        let now = time::OffsetDateTime::UNIX_EPOCH;
        Throttle::new(&limits, Clock::fixed(now))
    }

    static ACME: LazyLock<Company> = LazyLock::new(acme);

    fn by(client: &str, email: &str) -> Guess<'static> {
        Guess::new(&ACME, email, Guesser::Stranger(network(client)))
    }

    #[test]
    fn each_limit_counts_what_it_says() {
        let throttle = throttle(2, 3, 4);
        let guess = |client, email| throttle.guess(&by(client, email)).is_ok();
        assert!(guess("192.0.2.1", "a@b.c") && guess("192.0.2.1", "A@B.C"));
        assert!(!guess("192.0.2.1", "a@b.c"), "one account from one client");
        assert!(guess("192.0.2.1", "b@b.c"));
        assert!(!guess("192.0.2.1", "c@b.c"), "one client");
        assert!(guess("192.0.2.2", "a@b.c") && guess("192.0.2.3", "a@b.c"));
        assert!(!guess("192.0.2.4", "a@b.c"), "one account");
        assert!(guess("192.0.2.4", "d@b.c"));
    }

    #[test]
    fn who_is_refused_uses_up_nothing_that_others_share() {
        let throttle = throttle(2, 100, 3);
        for _ in 0..50 {
            let _ = throttle.guess(&by("192.0.2.1", "a@b.c"));
        }
        assert!(throttle.guess(&by("192.0.2.2", "a@b.c")).is_ok());
    }

    #[test]
    fn a_right_password_gives_its_try_back_everywhere() {
        let throttle = throttle(1, 1, 1);
        for _ in 0..5 {
            let guess = by("192.0.2.1", "a@b.c");
            assert!(throttle.may_guess(&guess).is_ok() && throttle.guess(&guess).is_ok());
            assert!(throttle.may_guess(&guess).is_err(), "counted at once");
            throttle.guessed_right(&guess);
        }
        assert!(throttle.guess(&by("192.0.2.1", "b@b.c")).is_ok());
    }

    #[test]
    fn a_browser_that_knows_the_account_is_counted_by_itself() {
        let throttle = throttle(2, 2, 2);
        while throttle.guess(&by("192.0.2.1", "a@b.c")).is_ok() {}
        let known = |it| Guess::new(&ACME, "a@b.c", Guesser::Known([it; 16]));
        assert!(throttle.guess(&known(1)).is_ok() && throttle.guess(&known(1)).is_ok());
        assert!(throttle.guess(&known(1)).is_err(), "limited as well");
        assert!(throttle.guess(&known(2)).is_ok());
    }
}
