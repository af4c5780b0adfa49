//! A page of a list, and how many there are on all of them.

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
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
    pub(in crate::store) fn found(before: i64, found: usize, most: usize) -> Self {
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
