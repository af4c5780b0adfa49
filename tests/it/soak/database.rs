//! The database, opened beside the servers and read by whole tables.

use sqlx::{Column as _, Connection as _, PgConnection, Row as _, TypeInfo as _, query};

/// A database of either kind.
pub(super) enum Database {
    Sqlite(rusqlite::Connection),
    Postgres(PgConnection),
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
    Null,
}

impl Database {
    pub(super) async fn open(url: &str) -> Self {
        match url.strip_prefix("sqlite:") {
            Some(file) => {
                let connection = rusqlite::Connection::open(file).unwrap();
                connection
                    .busy_timeout(std::time::Duration::from_secs(10))
                    .unwrap();
                Self::Sqlite(connection)
            }
            None => Self::Postgres(PgConnection::connect(url).await.unwrap()),
        }
    }

    pub(super) const fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    pub(super) async fn rows(&mut self, sql: &'static str) -> Vec<Vec<Cell>> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare(sql).unwrap();
                let columns = statement.column_count();
                let rows = statement.query_map([], |row| {
                    (0..columns).map(|at| Ok(cell(row.get(at)?))).collect()
                });
                rows.unwrap().map(Result::unwrap).collect()
            }
            Self::Postgres(connection) => {
                let rows = query(sql).fetch_all(connection).await.unwrap();
                let cells = |row: &sqlx::postgres::PgRow| {
                    let kinds = row.columns().iter().map(|it| it.type_info().name());
                    let cells = kinds.enumerate().map(|(at, kind)| match kind {
                        "INT8" => row.get::<Option<_>, _>(at).map_or(Cell::Null, Cell::Int),
                        "BYTEA" => row.get::<Option<_>, _>(at).map_or(Cell::Null, Cell::Blob),
                        _ => row.get::<Option<_>, _>(at).map_or(Cell::Null, Cell::Text),
                    });
                    cells.collect()
                };
                rows.iter().map(cells).collect()
            }
        }
    }

    /// The one number that a statement gives.
    pub(super) async fn number(&mut self, sql: &'static str) -> i64 {
        match self.rows(sql).await[0][0] {
            Cell::Int(number) => number,
            ref other => panic!("{sql}: {other:?}"),
        }
    }
}

fn cell(value: rusqlite::types::Value) -> Cell {
    use rusqlite::types::Value;
    match value {
        Value::Integer(int) => Cell::Int(int),
        Value::Text(text) => Cell::Text(text),
        Value::Blob(blob) => Cell::Blob(blob),
        Value::Null => Cell::Null,
        Value::Real(_) => panic!("no column holds real numbers"),
    }
}

impl Cell {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn blob(&self) -> Option<&[u8]> {
        match self {
            Self::Blob(blob) => Some(blob),
            _ => None,
        }
    }
}
