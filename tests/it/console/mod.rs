//! The company's console, page by page.

mod account;
mod entrance;
mod groups;
mod sessions;
mod set_up;
mod user_import;
mod users;
mod world;
