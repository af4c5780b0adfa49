//! A statement: its text, which is the same for both databases, and its values.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::Error;
use super::columns::Row;
use super::value::Value;

/// A text with `$1`, `$2` and so on, and the values that stand there.
#[derive(Debug, Clone)]
pub(crate) struct Statement<'a> {
    pub(crate) sql: &'static str,
    pub(crate) values: Vec<Value<'a>>,
}

/// Two changes that need nothing of each other: to a database that is far away they go together. They share their values, so that
/// a number means the same in both.
pub(crate) struct StatementPair {
    pub(crate) first: &'static str,
    pub(crate) second: &'static str,
    pub(crate) together: &'static str,
}

macro_rules! pair {
    ($first:expr, $second:expr) => {
        $crate::database::statement::StatementPair {
            first: $first,
            second: $second,
            together: concat!("WITH first AS (", $first, ") ", $second),
        }
    };
}
pub(crate) use pair;

/// Where a statement can be sent: to the database itself, or into a transaction.
pub(crate) trait Target: Send {
    /// Changes rows; how many.
    fn change(self, statement: Statement<'_>) -> impl Future<Output = Result<u64, Error>> + Send;
    /// Reads the first row, which a key leads to.
    fn row(
        self,
        statement: Statement<'_>,
    ) -> impl Future<Output = Result<Option<Row>, Error>> + Send;
    /// Reads rows.
    fn rows(self, statement: Statement<'_>)
    -> impl Future<Output = Result<Vec<Row>, Error>> + Send;
}

/// A statement without values yet.
pub(crate) fn query(sql: &'static str) -> Statement<'static> {
    Statement {
        sql,
        values: Vec::new(),
    }
}

/// A statement whose text has a few shapes, such as one for each kind of filter. A shape is kept for ever, because prepared
/// statements and the names of columns are found by where their text stands. Values are bound, and never written into it.
pub(crate) fn build_query(text: String) -> Statement<'static> {
    static SHAPES: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    // Nothing panics while it holds the lock.
    let mut shapes = SHAPES.lock().unwrap_or_else(PoisonError::into_inner);
    let sql = shapes.get(text.as_str()).copied().unwrap_or_else(|| {
        let sql: &'static str = text.leak();
        shapes.insert(sql);
        sql
    });
    query(sql)
}

impl<'a> Statement<'a> {
    /// The same with one more value, for the next number.
    pub(crate) fn bind<'b>(self, value: impl Into<Value<'b>>) -> Statement<'b>
    where
        'a: 'b,
    {
        let mut values: Vec<Value<'b>> = self.values;
        values.push(value.into());
        Statement {
            sql: self.sql,
            values,
        }
    }

    /// Changes rows; how many.
    pub(crate) async fn execute(self, target: impl Target) -> Result<u64, Error> {
        target.change(self).await
    }

    /// Reads rows.
    pub(crate) async fn fetch_all(self, target: impl Target) -> Result<Vec<Row>, Error> {
        target.rows(self).await
    }

    /// Reads the row that a key leads to, if there is one.
    pub(crate) async fn fetch_optional(self, target: impl Target) -> Result<Option<Row>, Error> {
        target.row(self).await
    }

    /// Reads the one row that there always is, such as that of a COUNT.
    pub(crate) async fn fetch_one(self, target: impl Target) -> Result<Row, Error> {
        let rows = target.rows(self).await?;
        rows.into_iter().next().ok_or(Error::NoRow)
    }

    /// The same with values of its own, to be handed to another thread.
    pub(crate) fn into_owned(self) -> Statement<'static> {
        Statement {
            sql: self.sql,
            values: self.values.into_iter().map(Value::into_owned).collect(),
        }
    }
}
