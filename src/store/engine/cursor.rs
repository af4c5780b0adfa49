//! Cursors in lists that go from the newest to the oldest, and are read on from there.

use std::fmt::{self, Display};
use std::str::FromStr;

use time::OffsetDateTime;

use crate::database::columns::ms;

/// A place in a list by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor<I> {
    /// When what stands there happened.
    pub at: OffsetDateTime,
    /// Which one it is of those of the same instant.
    pub id: I,
}

/// A text that names no place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no place in the list")]
pub struct CursorError;

/// What stands in addresses: milliseconds since 1970, as the database has them, and the identifier.
impl<I: Display> Display for Cursor<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", ms(self.at), self.id)
    }
}

impl<I: FromStr> FromStr for Cursor<I> {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (ms, id) = text.split_once('-').ok_or(CursorError)?;
        let ms: i64 = ms.parse().map_err(|_| CursorError)?;
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000);
        Ok(Self {
            at: at.map_err(|_| CursorError)?,
            id: id.parse().map_err(|_| CursorError)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AttemptId;

    #[test]
    fn a_cursor_goes_there_and_back() {
        let cursor = Cursor {
            at: time::macros::datetime!(2026-03-01 12:00:00.123 UTC),
            id: AttemptId::from_bytes([7; 16]),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for wrong in [
            "",
            "1",
            "x-y",
            "1-",
            "99999999999999999999-0",
            "9223372036854775807-x",
        ] {
            assert_eq!(
                wrong.parse::<Cursor<AttemptId>>(),
                Err(CursorError),
                "{wrong}"
            );
        }
    }
}
