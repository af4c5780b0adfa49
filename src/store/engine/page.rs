//! Pages of lists: numbered ones, those that are read on from a cursor, and those of a log that is searched.

use super::cursor::Cursor;

/// A page of a list whose pages are numbered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedPage<T> {
    /// What is on the page.
    pub rows: Vec<T>,
    /// How many there are on all pages.
    pub total: Total,
}

/// How many there are on all pages of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// So many.
    Exact(u64),
    /// More than so many: nobody has counted on.
    MoreThan(u64),
    /// The page is behind the last one.
    Unknown,
}

impl Total {
    /// So many were found after `before` rows, of `most` that were looked for.
    pub(in crate::store) fn from_found(before: i64, found: usize, most: usize) -> Self {
        let total = u64::try_from(before).unwrap_or_default() + found as u64;
        match found {
            0 if before > 0 => Self::Unknown,
            _ if found >= most => Self::MoreThan(total),
            _ => Self::Exact(total),
        }
    }

    /// As many as there are at least.
    pub const fn at_least(self) -> u64 {
        match self {
            Self::Exact(total) | Self::MoreThan(total) => total,
            Self::Unknown => 0,
        }
    }
}

/// A page of a list that is read on from a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorPage<T, C> {
    /// What comes next in the list.
    pub rows: Vec<T>,
    /// Where it goes on; none at the end.
    pub next: Option<C>,
}

impl<T, C> CursorPage<T, C> {
    /// Of one row more than was asked for, if there is one: it is left out, and the cursor is that of the last one kept.
    pub(in crate::store) fn new(
        mut rows: Vec<T>,
        limit: u32,
        cursor: impl FnOnce(&T) -> C,
    ) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(cursor);
        Self { rows, next }
    }
}

/// A page of a log, of which a bounded number of rows is looked at; the newest come first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage<T, I> {
    /// What was looked for, of the rows that were looked at.
    pub rows: Vec<T>,
    /// Where the log goes on.
    pub next: Option<Cursor<I>>,
    /// Whether the page is not full because it has looked at as many as it may.
    pub looked_enough: bool,
}

impl<T, I> LogPage<T, I> {
    /// Of one row more than was asked for, if there is one; else the log goes on behind the last row that was looked at, if it was
    /// not read to its end.
    pub(in crate::store) fn new(
        rows: Vec<T>,
        limit: u32,
        cursor: impl FnOnce(&T) -> Cursor<I>,
        looked_until: Option<Cursor<I>>,
    ) -> Self {
        let CursorPage { rows, next } = CursorPage::new(rows, limit, cursor);
        Self {
            looked_enough: next.is_none() && looked_until.is_some(),
            next: next.or(looked_until),
            rows,
        }
    }

    /// The log has nothing more.
    pub(in crate::store) fn empty() -> Self {
        Self {
            rows: Vec::new(),
            next: None,
            looked_enough: false,
        }
    }
}
