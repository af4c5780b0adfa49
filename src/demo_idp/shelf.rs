//! Things kept under random handles, in memory. Invariant: bounded; the oldest makes room.

use super::{Random, guid};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

const MOST: usize = 1_000;

#[derive(Debug)]
pub(super) struct Shelf<T>(Mutex<VecDeque<(String, T)>>);

impl<T: Clone> Shelf<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    /// Puts something on the shelf, and gives its handle.
    pub(super) fn put(&self, thing: T, random: &Random) -> String {
        let handle = guid(random);
        let mut things = self.lock();
        if things.len() >= MOST {
            things.pop_front();
        }
        things.push_back((handle.clone(), thing));
        handle
    }

    pub(super) fn find(&self, handle: &str) -> Option<T> {
        self.lock()
            .iter()
            .find(|(found, _)| found == handle)
            .map(|(_, thing)| thing.clone())
    }

    pub(super) fn take(&self, handle: &str) -> Option<T> {
        let mut things = self.lock();
        let at = things.iter().position(|(found, _)| found == handle)?;
        things.remove(at).map(|(_, thing)| thing)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(String, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
