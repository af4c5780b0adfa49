//! A statement: its text, which is the same for both databases, and its values.

use super::columns::Row;
use super::value::Value;
use crate::store::Error;

/// A text with `$1`, `$2` and so on, and the values that stand there.
#[derive(Debug, Clone)]
pub(in crate::store) struct Statement<'a> {
    pub(in crate::store) sql: &'static str,
    pub(in crate::store) values: Vec<Value<'a>>,
}

/// Two changes that need nothing of each other: to a database that is far away they go together. They share their values, so that
/// a number means the same in both.
pub(in crate::store) struct Pair {
    pub(in crate::store) first: &'static str,
    pub(in crate::store) second: &'static str,
    pub(in crate::store) together: &'static str,
}

macro_rules! pair {
    ($first:expr, $second:expr) => {
        $crate::store::engine::statement::Pair {
            first: $first,
            second: $second,
            together: concat!("WITH first AS (", $first, ") ", $second),
        }
    };
}
pub(in crate::store) use pair;

/// Where a statement can be sent: to the database itself, or into a transaction.
pub(in crate::store) trait Target: Send {
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
pub(in crate::store) fn query(sql: &'static str) -> Statement<'static> {
    Statement {
        sql,
        values: Vec::new(),
    }
}

impl<'a> Statement<'a> {
    /// The same with one more value, for the next number.
    pub(in crate::store) fn bind<'b>(self, value: impl Into<Value<'b>>) -> Statement<'b>
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
    pub(in crate::store) async fn execute(self, target: impl Target) -> Result<u64, Error> {
        target.change(self).await
    }

    /// Reads rows.
    pub(in crate::store) async fn fetch_all(self, target: impl Target) -> Result<Vec<Row>, Error> {
        target.rows(self).await
    }

    /// Reads the row that a key leads to, if there is one.
    pub(in crate::store) async fn fetch_optional(
        self,
        target: impl Target,
    ) -> Result<Option<Row>, Error> {
        target.row(self).await
    }

    /// Reads the one row that there always is, such as that of a COUNT.
    pub(in crate::store) async fn fetch_one(self, target: impl Target) -> Result<Row, Error> {
        let rows = target.rows(self).await?;
        rows.into_iter().next().ok_or(Error::NoRow)
    }

    /// The same with values of its own, to be handed to another thread.
    pub(in crate::store) fn into_owned(self) -> Statement<'static> {
        Statement {
            sql: self.sql,
            values: self.values.into_iter().map(Value::into_owned).collect(),
        }
    }
}
