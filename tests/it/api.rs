//! `/api/v1`: every answer of these tests is held against the `OpenAPI` document that the server shows.

mod access;
mod applications;
mod attempts;
mod audit;
mod bounds;
mod company;
mod connections;
mod directory;
pub(crate) mod document;
mod domains;
mod exports;
mod groups;
mod idempotency;
mod logo;
mod paging;
mod preconditions;
mod reach;
mod schemathesis;
mod sessions;
mod token_pages;
mod tokens;
mod users;
