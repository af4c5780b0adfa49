//! The only reader of the system clock.
//!
//! Invariant: every other room takes the time as an argument or asks a [`Clock`] it was given, so that a test decides
//! what time it is.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use time::{Duration, OffsetDateTime};

/// Tells the time: the system's, or one that a test sets and steps.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Steppable(Arc<Mutex<Hands>>),
}

/// Where a fixed clock stands.
#[derive(Debug)]
struct Hands {
    now: OffsetDateTime,
    running: std::time::Duration,
}

/// The zero of [`Clock::running`] on the system's clock.
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock {
    /// The system's clock, in UTC.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `now`. Its clones share it; [`Clock::step`] moves all of them.
    pub fn fixed(now: OffsetDateTime) -> Self {
        let running = std::time::Duration::ZERO;
        Self(Source::Steppable(Arc::new(Mutex::new(Hands {
            now,
            running,
        }))))
    }

    /// The time now, in UTC.
    pub fn now(&self) -> OffsetDateTime {
        match &self.0 {
            Source::System => system_time(),
            Source::Steppable(hands) => lock(hands).now,
        }
    }

    /// How much time has passed since some moment of this process. It only grows, whatever the system's clock is set to.
    pub fn running(&self) -> std::time::Duration {
        match &self.0 {
            Source::System => STARTED.elapsed(),
            Source::Steppable(hands) => lock(hands).running,
        }
    }

    /// Sets a fixed clock forwards or backwards, as somebody sets the system's: no time passes.
    pub fn jump(&self, by: Duration) {
        if let Source::Steppable(hands) = &self.0 {
            lock(hands).now += by;
        }
    }

    /// Moves a fixed clock, forwards or backwards. The system's clock does not move.
    pub fn step(&self, by: Duration) {
        if let Source::Steppable(hands) = &self.0 {
            let mut hands = lock(hands);
            hands.now += by;
            // A step back sets the clock; no time goes back.
            hands.running += std::time::Duration::try_from(by).unwrap_or_default();
        }
    }
}

fn lock(hands: &Mutex<Hands>) -> MutexGuard<'_, Hands> {
    hands.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the clock"
)]
fn system_time() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn clones_of_a_fixed_clock_move_together() {
        let clock = Clock::fixed(datetime!(2026-01-02 03:04:05 UTC));
        let clone = clock.clone();
        clock.step(Duration::seconds(-5));
        assert_eq!(clone.now(), datetime!(2026-01-02 03:04:00 UTC));
    }

    #[test]
    fn time_that_passes_never_goes_back() {
        let clock = Clock::fixed(datetime!(2026-01-02 03:04:05 UTC));
        clock.step(Duration::seconds(5));
        clock.step(Duration::hours(-1));
        assert_eq!(clock.running(), std::time::Duration::from_secs(5));
        let system = Clock::system();
        let before = system.running();
        assert!(system.running() >= before);
    }

    #[test]
    fn the_system_clock_ignores_steps() {
        let clock = Clock::system();
        let before = clock.now();
        clock.step(Duration::hours(5));
        assert!(clock.now() - before < Duration::hours(1));
    }
}
