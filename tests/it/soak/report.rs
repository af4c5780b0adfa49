//! What all rounds came to, in words.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::ledger::{Ledger, State};
use super::return_visit::{News, Visited};
use super::site::Site;
use super::{Answers, Death, heartbeat, shared};

/// The sum of the rounds, and the database that they are at.
pub(super) struct Report {
    database: &'static str,
    seed: u64,
    begun: Instant,
    life: Option<(Site, Arc<Mutex<Ledger>>)>,
    rounds: usize,
    databases: usize,
    stumbled: usize,
    answers: Answers,
    visited: Visited,
}

impl Report {
    pub(super) fn begin(database: &'static str, seed: u64) -> Self {
        say(&format!("soak: {database}: seed {seed}"));
        // From now on.
        heartbeat::long_pause();
        Self {
            database,
            seed,
            begun: Instant::now(),
            life: None,
            rounds: 0,
            databases: 0,
            stumbled: 0,
            answers: Answers::default(),
            visited: Visited::default(),
        }
    }

    /// A new database.
    pub(super) fn new_life(&mut self, site: Site) {
        self.databases += 1;
        self.life = Some((site, shared()));
    }

    pub(super) fn life(&mut self) -> (&mut Site, &Arc<Mutex<Ledger>>) {
        let (site, ledger) = self.life.as_mut().expect("a life has begun");
        (site, ledger)
    }

    /// Adds a round, unless something in it was wrong.
    pub(super) fn add(
        &mut self,
        death: &Death,
        news: &News,
        answers: Answers,
        stumbled: usize,
        visited: Visited,
    ) {
        self.rounds += 1;
        let (database, seed, round) = (self.database, self.seed, self.rounds);
        let (_, ledger) = self.life();
        let ledger = ledger.lock().unwrap();
        let all = ledger.wrong.len();
        let kept = |at: &usize| *at < 12 || at + 12 >= all;
        let wrong: Vec<String> = (0..all)
            .filter(kept)
            .map(|at| cut(&ledger.wrong[at]))
            .collect();
        assert!(
            wrong.is_empty(),
            "{database}, seed {seed}, round {round}, {death:?}: {all} defects\n{}",
            wrong.join("\n")
        );
        assert_eq!(ledger.count(State::Doubtful), 0);
        drop(ledger);
        self.stumbled += stumbled;
        self.answers.signed_in += answers.signed_in;
        self.answers.lost += answers.lost;
        self.visited.sessions += visited.sessions;
        self.visited.refused += visited.refused;
        self.visited.late += visited.late;
        self.visited.stored += visited.stored;
        if self.rounds.is_multiple_of(10) {
            say(&format!(
                "soak: {database}: {round} rounds, {} s; the last one: {death:?}, {} sessions",
                self.begun.elapsed().as_secs(),
                news.sessions.len()
            ));
        }
    }

    /// Tells what it came to.
    pub(super) fn end(self) {
        assert!(self.answers.signed_in > self.rounds, "there was no load");
        assert!(self.visited.refused > self.rounds);
        assert_eq!(
            self.answers.lost,
            self.visited.late + self.visited.stored,
            "a Response without an answer can be used once, or not at all"
        );
        say(&format!(
            "soak: {}: {} kills, and {} more during a start; {} databases; {} sign-ins answered, all there; \
             {} without an answer, of which {} could not be used again and {} once; {} posts of used Responses, all refused; \
             {} looks at sessions; {} s",
            self.database,
            self.rounds,
            self.stumbled,
            self.databases,
            self.answers.signed_in,
            self.answers.lost,
            self.visited.stored,
            self.visited.late,
            self.visited.refused,
            self.visited.sessions,
            self.begun.elapsed().as_secs()
        ));
    }
}

/// Enough of a defect to know it by.
fn cut(text: &str) -> String {
    text.chars().take(700).collect()
}

#[expect(clippy::print_stdout, reason = "what script/soak shows")]
pub(super) fn say(text: &str) {
    println!("{text}");
}
