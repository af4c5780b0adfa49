//! What is remembered for rate limits: one time for each of those who came lately.
//!
//! Invariant: the memory is fixed when the server starts, and so is the work for one request, whoever comes. When a place is
//! wanted and none is free, the one is given up that would be free first: a flood from many addresses makes the server
//! forget those who came once, and never one who is near a limit.
//!
//! The time is the "theoretical arrival time" of the generic cell rate algorithm (ITU-T I.371): when everything that was
//! counted will have been worked off. A place whose time has passed is free, so nothing has to be swept out.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Places that a key may have; two lines of a processor's cache.
const WAYS: usize = 8;
/// Groups of places. 16 bytes each: half a MiB in all.
const SETS: usize = 4096;

/// How many may come, and how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    /// Nanoseconds from one to the next, at an even pace.
    interval: u64,
    /// How far ahead of an even pace a burst may be.
    ahead: u64,
}

impl Rate {
    /// So many in a minute, and a minute's worth at once. 0 is no limit.
    pub(super) fn per_minute(count: u32) -> Option<Self> {
        let interval = 60_000_000_000_u64.checked_div(count.into())?;
        let ahead = interval * u64::from(count - 1);
        Some(Self { interval, ahead })
    }

    /// How long to wait until the next may come.
    fn wait(self, arrival: u64, now: u64) -> u64 {
        arrival.saturating_sub(now).saturating_sub(self.ahead)
    }
}

/// The table. Keys are known by a keyed hash of 64 bits only.
#[derive(Debug)]
pub(super) struct Cells {
    hasher: RandomState,
    sets: Box<[Mutex<[Cell; WAYS]>]>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    key: u64,
    /// The theoretical arrival time, in nanoseconds of the running clock.
    arrival: u64,
}

impl Cells {
    /// With room for tens of thousands.
    pub(super) fn new() -> Self {
        Self::with(SETS)
    }

    fn with(sets: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            sets: (0..sets).map(|_| Mutex::default()).collect(),
        }
    }

    /// Counts one more, or says how long to wait.
    pub(super) fn take(&self, key: impl Hash, rate: Rate, now: Duration) -> Result<(), Duration> {
        let (key, now) = (self.hasher.hash_one(key), nanoseconds(now));
        let mut set = self.set(key);
        let cell = place(&mut set, key);
        let arrival = if cell.key == key { cell.arrival } else { 0 };
        match rate.wait(arrival, now) {
            0 => {
                let arrival = arrival.max(now).saturating_add(rate.interval);
                *cell = Cell { key, arrival };
                Ok(())
            }
            wait => Err(Duration::from_nanos(wait)),
        }
    }

    /// Says whether one more would be counted.
    pub(super) fn look(&self, key: impl Hash, rate: Rate, now: Duration) -> Result<(), Duration> {
        let (key, now) = (self.hasher.hash_one(key), nanoseconds(now));
        let set = self.set(key);
        let known = set.iter().find(|cell| cell.key == key);
        match known.map_or(0, |cell| rate.wait(cell.arrival, now)) {
            0 => Ok(()),
            wait => Err(Duration::from_nanos(wait)),
        }
    }

    /// Counts one less.
    pub(super) fn give_back(&self, key: impl Hash, rate: Rate) {
        let key = self.hasher.hash_one(key);
        let mut set = self.set(key);
        if let Some(cell) = set.iter_mut().find(|cell| cell.key == key) {
            cell.arrival = cell.arrival.saturating_sub(rate.interval);
        }
    }

    fn set(&self, key: u64) -> MutexGuard<'_, [Cell; WAYS]> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the low bits choose the group"
        )]
        let index = key as usize % self.sets.len();
        // Nothing panics while it holds the lock.
        self.sets[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key's own place, or the one that is given to it.
fn place(set: &mut [Cell; WAYS], key: u64) -> &mut Cell {
    let mut best = 0;
    for (at, cell) in set.iter().enumerate() {
        if cell.key == key {
            best = at;
            break;
        }
        if cell.arrival < set[best].arrival {
            best = at;
        }
    }
    &mut set[best]
}

fn nanoseconds(time: Duration) -> u64 {
    // 584 years.
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn per_minute(count: u32) -> Rate {
        Rate::per_minute(count).unwrap()
    }

    #[test]
    fn a_minutes_worth_at_once_and_then_one_at_a_time() {
        let (cells, rate) = (Cells::new(), per_minute(6));
        for _ in 0..6 {
            assert_eq!(cells.take("a", rate, SECOND), Ok(()));
        }
        assert_eq!(cells.take("a", rate, SECOND), Err(10 * SECOND));
        assert_eq!(cells.take("b", rate, SECOND), Ok(()), "another key");
        assert_eq!(cells.take("a", rate, 10 * SECOND), Err(SECOND));
        assert_eq!(cells.look("a", rate, 10 * SECOND), Err(SECOND));
        assert_eq!(cells.look("a", rate, 11 * SECOND), Ok(()));
        assert_eq!(cells.take("a", rate, 11 * SECOND), Ok(()));
        assert_eq!(cells.take("a", rate, 11 * SECOND), Err(10 * SECOND));
        cells.give_back("a", rate);
        assert_eq!(cells.take("a", rate, 11 * SECOND), Ok(()));
    }

    #[test]
    fn the_smallest_and_the_largest_numbers_are_limits() {
        assert_eq!(Rate::per_minute(0), None);
        let cells = Cells::new();
        assert_eq!(cells.take("a", per_minute(1), SECOND), Ok(()));
        assert_eq!(cells.take("a", per_minute(1), SECOND), Err(60 * SECOND));
        let most = per_minute(u32::MAX);
        assert!((0..100_000).all(|_| cells.take("b", most, SECOND).is_ok()));
        let end = Duration::MAX;
        assert_eq!(cells.take("c", per_minute(1), end), Ok(()));
    }

    #[test]
    fn a_flood_of_others_does_not_free_who_is_at_a_limit() {
        let cells = Cells::with(16);
        let (slow, fast) = (per_minute(10), per_minute(3_000));
        for _ in 0..10 {
            cells.take("guesser", slow, SECOND).unwrap();
        }
        for other in 0..1_000_000_u32 {
            // Ten times what there is room for has been seen a moment ago.
            let _ = cells.take(
                other,
                fast,
                SECOND + Duration::from_micros(other.into()) / 100,
            );
        }
        assert!(cells.take("guesser", slow, 2 * SECOND).is_err());
        assert_eq!(cells.sets.len(), 16);
    }

    #[test]
    fn a_full_group_admits_a_newcomer() {
        let cells = Cells::with(1);
        for heavy in 0..WAYS {
            while cells.take(heavy, per_minute(6), SECOND).is_ok() {}
        }
        assert_eq!(cells.take("new", per_minute(6), SECOND), Ok(()));
    }

    proptest! {
        /// However they are spaced: in any minute at most a burst and what the minute gives, and who waits as told gets in.
        #[test]
        fn never_more_than_twice_in_a_minute(
            count in 1_u32..50,
            pauses in proptest::collection::vec(0_u64..3_000, 1..400),
        ) {
            let (cells, rate) = (Cells::with(1), per_minute(count));
            let mut now = SECOND;
            let mut admitted = Vec::new();
            for pause in pauses {
                now += Duration::from_millis(pause);
                match cells.take("a", rate, now) {
                    Ok(()) => admitted.push(now),
                    Err(wait) => {
                        prop_assert!(wait <= Duration::from_nanos(rate.interval));
                        prop_assert!(cells.look("a", rate, now + wait).is_ok());
                    }
                }
            }
            for (at, from) in admitted.iter().enumerate() {
                let within = admitted[at..].iter().filter(|time| **time < *from + 60 * SECOND);
                prop_assert!(within.count() <= 2 * count as usize);
            }
        }
    }
}
