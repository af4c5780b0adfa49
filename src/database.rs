//! The two databases, SQLite and PostgreSQL, with one face: values, statements, rows and transactions. It knows no table.

pub(crate) mod batch;
pub(crate) mod columns;
pub(crate) mod postgres;
pub(crate) mod sqlite;
pub(crate) mod statement;
pub(crate) mod value;
