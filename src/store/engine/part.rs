//! A part of a list that is read on from a place, and not by numbered pages.

/// A part of a list that is read on from a place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<T, P> {
    /// What comes next in the list.
    pub rows: Vec<T>,
    /// Where it goes on; none at the end.
    pub next: Option<P>,
}

impl<T, P> Part<T, P> {
    /// Of one row more than was asked for, if there is one: it is left out, and the place is that of the last one kept.
    pub(in crate::store) fn of(mut rows: Vec<T>, limit: u32, place: impl FnOnce(&T) -> P) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(place);
        Self { rows, next }
    }
}
