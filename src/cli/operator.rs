//! What the operator does: serve, demo, doctor, keys, backup, configuration.

pub(super) mod backup;
pub(super) mod config;
pub(super) mod demo;
pub(super) mod doctor;
mod key_files;
pub(super) mod keys;
pub(super) mod postgres_tools;
mod provider_watch;
pub(super) mod serve;
