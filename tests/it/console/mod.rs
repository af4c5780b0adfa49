//! The company's console, page by page.

mod account;
mod entrance;
mod set_up;
mod world;
