//! The store, on SQLite and on PostgreSQL: every test runs on both.

mod accounts;
mod attempts;
mod audit;
mod carried;
mod changes;
mod combined;
mod companies;
mod connections;
pub(crate) mod database;
mod domains;
mod erase;
mod evidence;
mod group_claims;
mod groups;
mod migrations;
mod names;
mod old_names;
mod promotions;
mod races;
mod refusals;
mod rehearsals;
mod sessions;
mod sign_ins;
mod tokens;
mod user_list;
mod users;
mod world;
