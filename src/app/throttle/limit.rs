//! A limit of the configuration, and the two of a client.
//!
//! Invariant: a limit that refuses says so in the log, a few times a minute and not once for each request.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Wait;
use super::cells::{Cells, Rate};
use crate::app::network::Network;
use crate::domain::Company;

/// Seconds between two lines in the log.
const QUIET: u64 = 10;

/// What one client may have at all companies together, as a multiple of what it may have at one. People of several companies
/// come from one address (a provider's proxy): those of one company must not use up what the others need.
const COMPANIES: u32 = 10;

/// A limit, by the name of its setting.
#[derive(Debug)]
pub(super) struct Limit {
    name: Cow<'static, str>,
    /// The name's hash: shorter where it makes the keys of one limit distinct from those of another.
    id: u64,
    /// None when it is switched off.
    rate: Option<Rate>,
    /// Refused since the last line in the log.
    refused: AtomicU64,
    /// When the next line may be written, in seconds of the running clock.
    next_line: AtomicU64,
}

impl Limit {
    /// `count` a minute; 0 switches it off.
    pub(super) fn new(name: impl Into<Cow<'static, str>>, count: u32) -> Self {
        let name = name.into();
        Self {
            id: BuildHasherDefault::<DefaultHasher>::new().hash_one(&name),
            name,
            rate: Rate::per_minute(count),
            refused: AtomicU64::new(0),
            next_line: AtomicU64::new(0),
        }
    }

    /// Counts one more for `key` at a company, or says how long to wait.
    pub(super) fn take(
        &self,
        cells: &Cells,
        key: impl Hash,
        now: Duration,
        company: &Company,
    ) -> Result<(), Wait> {
        self.take_at(cells, key, now, company.slug.as_str())
    }

    /// The same where no company is known; `place` is for the log.
    pub(super) fn take_at(
        &self,
        cells: &Cells,
        key: impl Hash,
        now: Duration,
        place: &str,
    ) -> Result<(), Wait> {
        let Some(rate) = self.rate else { return Ok(()) };
        cells
            .take((self.id, key), rate, now)
            .map_err(|wait| self.refuse(wait, now, place))
    }

    /// Says whether one more for `key` at a company would be counted.
    pub(super) fn look(
        &self,
        cells: &Cells,
        key: impl Hash,
        now: Duration,
        company: &Company,
    ) -> Result<(), Wait> {
        let Some(rate) = self.rate else { return Ok(()) };
        cells
            .look((self.id, key), rate, now)
            .map_err(|wait| self.refuse(wait, now, company.slug.as_str()))
    }

    /// Counts one less for `key`.
    pub(super) fn give_back(&self, cells: &Cells, key: impl Hash) {
        if let Some(rate) = self.rate {
            cells.give_back((self.id, key), rate);
        }
    }

    #[cold]
    fn refuse(&self, wait: Duration, now: Duration, company: &str) -> Wait {
        self.refused.fetch_add(1, Ordering::Relaxed);
        let (due, now) = (self.next_line.load(Ordering::Relaxed), now.as_secs());
        let mine = now >= due
            && self
                .next_line
                .compare_exchange(due, now + QUIET, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if mine {
            let refused = self.refused.swap(0, Ordering::Relaxed);
            // Not whose requests they are: an address is a person's, and the log holds nothing personal.
            tracing::warn!(
                limit = &*self.name,
                refused,
                company,
                "a rate limit refuses requests"
            );
        }
        Wait(wait)
    }
}

/// What a client may have: at one company, and at all of them together.
#[derive(Debug)]
pub(super) struct ClientLimits {
    one: Limit,
    everywhere: Limit,
}

impl ClientLimits {
    /// `count` a minute at one company; 0 switches it off.
    pub(super) fn new(name: &'static str, count: u32) -> Self {
        let everywhere = count.saturating_mul(COMPANIES);
        Self {
            one: Limit::new(name, count),
            everywhere: Limit::new(format!("{name} at all companies"), everywhere),
        }
    }

    /// Counts one more of a client at a company, or says how long to wait.
    pub(super) fn take(
        &self,
        cells: &Cells,
        client: Network,
        now: Duration,
        company: &Company,
    ) -> Result<(), Wait> {
        self.one.take(cells, (company.id, client), now, company)?;
        self.everywhere.take(cells, client, now, company)
    }

    /// Counts one less.
    pub(super) fn give_back(&self, cells: &Cells, client: Network, company: &Company) {
        self.one.give_back(cells, (company.id, client));
        self.everywhere.give_back(cells, client);
    }
}
