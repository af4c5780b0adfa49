//! The store, on SQLite and on PostgreSQL: every test runs on both.

mod accounts;
mod attempts;
mod changes;
mod combined;
mod companies;
pub(crate) mod database;
mod groups;
mod migrations;
mod races;
mod sessions;
mod user_list;
mod users;
mod world;
