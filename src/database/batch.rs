//! Statements over many rows at once.
//!
//! Invariant: what is sent for some rows is a bounded part of them in one statement, so that the way to a database that is far away
//! is not gone for each row; and there are few texts of a statement, which are planned once.

use std::sync::OnceLock;

use super::columns::Row;
use super::statement::{Statement, Target};
use super::value::Value;
use super::{Database, Error};

/// Rows of a statement: the smallest that holds what there is. Those that are left over are NULL.
const SIZES: [usize; 3] = [1, 25, 250];
/// What stands for the rows in the text.
const ROWS: &str = "ROWS";

/// A statement over a list of rows of `N` values: `ROWS` in its text is the list as `VALUES` has it, whose columns are `column1`,
/// `column2` and so on. `$1` and so on are values that all of them share. Its text passes over rows whose first value is NULL.
pub(crate) struct BatchStatement<const N: usize> {
    sql: &'static str,
    shared: usize,
    texts: [OnceLock<String>; 3],
}

/// The values of a row.
pub(crate) type BatchRow<const N: usize> = [Value<'static>; N];

impl<const N: usize> BatchStatement<N> {
    /// A text, and how many values its rows share.
    pub(crate) const fn new(sql: &'static str, shared: usize) -> Self {
        Self {
            sql,
            shared,
            texts: [const { OnceLock::new() }; 3],
        }
    }

    /// Changes rows in a transaction; how many.
    pub(crate) async fn execute<T: Send>(
        &'static self,
        tx: &mut T,
        shared: &[Value<'static>],
        rows: Vec<BatchRow<N>>,
    ) -> Result<u64, Error>
    where
        for<'t> &'t mut T: Target,
    {
        let mut rows = rows.into_iter();
        let mut changed = 0;
        while let Some(statement) = self.next(shared, &mut rows) {
            changed += statement.execute(&mut *tx).await?;
        }
        Ok(changed)
    }

    /// Reads what comes back in a transaction.
    pub(crate) async fn fetch_all<T: Send>(
        &'static self,
        tx: &mut T,
        shared: &[Value<'static>],
        rows: Vec<BatchRow<N>>,
    ) -> Result<Vec<Row>, Error>
    where
        for<'t> &'t mut T: Target,
    {
        let mut rows = rows.into_iter();
        let mut found = Vec::new();
        while let Some(statement) = self.next(shared, &mut rows) {
            found.extend(statement.fetch_all(&mut *tx).await?);
        }
        Ok(found)
    }

    /// Reads.
    pub(crate) async fn read(
        &'static self,
        database: &Database,
        shared: &[Value<'static>],
        rows: Vec<BatchRow<N>>,
    ) -> Result<Vec<Row>, Error> {
        let mut rows = rows.into_iter();
        let mut found = Vec::new();
        while let Some(statement) = self.next(shared, &mut rows) {
            found.extend(statement.fetch_all(database).await?);
        }
        Ok(found)
    }

    /// A statement over the next rows; none when there are no more.
    fn next(
        &'static self,
        shared: &[Value<'static>],
        rows: &mut impl Iterator<Item = BatchRow<N>>,
    ) -> Option<Statement<'static>> {
        let [.., most] = SIZES;
        let part: Vec<BatchRow<N>> = rows.take(most).collect();
        let last = part.last()?;
        // PostgreSQL asks what kind a NULL is of.
        let nothing = last.each_ref().map(Value::null_of_kind);
        let at = SIZES.iter().position(|&size| size >= part.len())?;
        let size = *SIZES.get(at)?;
        let missing = size - part.len();
        let mut values = shared.to_vec();
        values.extend(part.into_iter().flatten());
        values.extend(std::iter::repeat_n(nothing, missing).flatten());
        let sql = self.texts.get(at)?.get_or_init(|| self.text(size));
        Some(Statement { sql, values })
    }

    fn text(&self, size: usize) -> String {
        let mut next = self.shared;
        let row = |_| {
            let values: Vec<String> = (0..N)
                .map(|_| {
                    next += 1;
                    format!("${next}")
                })
                .collect();
            format!("({})", values.join(", "))
        };
        let rows: Vec<String> = (0..size).map(row).collect();
        self.sql
            .replacen(ROWS, &format!("VALUES {}", rows.join(", ")), 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static PAIRS: BatchStatement<2> =
        BatchStatement::new("SELECT column1 FROM (ROWS) AS v WHERE column2 = $1", 1);

    #[test]
    fn a_statement_has_room_for_what_there_is_and_not_much_more() {
        let pair = |number: i64| [Value::from(number), Value::from("x")];
        let mut rows = (0..252).map(pair);
        let shared = [Value::from("x")];
        let mut next = || PAIRS.next(&shared, &mut rows);
        let [first, second] = [next().unwrap(), next().unwrap()];
        assert_eq!((first.values.len(), second.values.len()), (501, 51));
        assert!(next().is_none());
        assert_eq!(second.values.get(4), Some(&Value::from("x")));
        assert_eq!(second.values.get(5), Some(&Value::Int(None)));
        assert_eq!(second.values.get(6), Some(&Value::Text(None)));
        let one = PAIRS.next(&shared, &mut std::iter::once(pair(1))).unwrap();
        assert_eq!(
            one.sql,
            "SELECT column1 FROM (VALUES ($2, $3)) AS v WHERE column2 = $1"
        );
    }
}
