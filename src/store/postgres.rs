//! PostgreSQL, through sqlx.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{Column as _, Executor as _, PgPool, Postgres, Row as _, TypeInfo as _, raw_sql};

use super::columns::Row;
use super::error::Error;
use super::statement::{Statement, Value};

const CONNECTIONS: u32 = 16;
/// A request does not wait longer for a connection.
const ACQUIRE: Duration = Duration::from_secs(10);
/// The transactions here are written for READ COMMITTED, and none may wait for ever.
const SESSION: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED; \
     SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s';";

/// Connects to the database of a URL.
pub(super) async fn open(url: &str) -> Result<PgPool, Error> {
    let options: PgConnectOptions = url.parse().map_err(|_| Error::Url)?;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(raw_sql(SESSION)).await.map(drop) })
        })
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// Changes rows; how many.
pub(super) async fn change(
    target: impl sqlx::Executor<'_, Database = Postgres>,
    statement: Statement<'_>,
) -> Result<u64, Error> {
    Ok(bound(statement).execute(target).await?.rows_affected())
}

/// Reads rows.
pub(super) async fn rows(
    target: impl sqlx::Executor<'_, Database = Postgres>,
    statement: Statement<'_>,
) -> Result<Vec<Row>, Error> {
    let found = bound(statement).fetch_all(target).await?;
    let Some(first) = found.first() else {
        return Ok(Vec::new());
    };
    let names: Arc<[String]> = first
        .columns()
        .iter()
        .map(|column| column.name().to_owned())
        .collect();
    found
        .iter()
        .map(|row| {
            let values = (0..names.len())
                .map(|column| value(row, column))
                .collect::<Result<_, _>>()?;
            Ok(Row::new(Arc::clone(&names), values))
        })
        .collect()
}

fn bound(statement: Statement<'_>) -> Query<'static, Postgres, PgArguments> {
    let mut query = sqlx::query(statement.sql);
    for value in statement.values {
        query = match value {
            Value::Int(int) => query.bind(int),
            Value::Text(text) => query.bind(text.map(String::from)),
            Value::Blob(blob) => query.bind(blob.map(Vec::from)),
        };
    }
    query
}

/// A column by its type: the tables have TEXT, BIGINT and BYTEA, and an expression may be a smaller number.
fn value(row: &PgRow, column: usize) -> Result<Value<'static>, Error> {
    let kind = row.column(column).type_info().name();
    Ok(match kind {
        "INT8" => Value::Int(row.try_get(column)?),
        "INT4" => Value::Int(row.try_get::<Option<i32>, _>(column)?.map(i64::from)),
        "BYTEA" => Value::Blob(row.try_get::<Option<Vec<u8>>, _>(column)?.map(Into::into)),
        _ => Value::Text(row.try_get::<Option<String>, _>(column)?.map(Into::into)),
    })
}
