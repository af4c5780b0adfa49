//! The company's console, page by page.

mod account;
mod certificates;
mod connections;
mod copy_into;
mod entrance;
mod groups;
mod metadata_import;
mod overview;
mod saml_settings;
mod sessions;
mod set_up;
mod trust;
mod user_import;
mod users;
mod versions;
mod world;
