//! The commands, by the real binary in a directory of its own.

mod applications;
mod attempts;
mod audit;
mod companies;
mod company_logo;
mod company_settings;
mod connection_keys;
#[cfg(feature = "demo")]
mod connection_provider;
mod connection_settings;
mod connections;
#[cfg(feature = "demo")]
mod directory;
mod domains;
mod explain;
mod explain_vectors;
mod exports;
mod groups;
mod metadata;
mod quota;
mod server;
mod users;

use std::path::Path;

use crate::support::{Installation, Said, Server};

fn metadata(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("metadata")
        .join(name);
    file.display().to_string()
}
