//! Whole sign-ins through connections that speak OpenID Connect: our side over HTTP, providers over sockets.
//!
//! Rules H, K, L, M, N, R, S and T of `docs/security.md`. The law of one answer is shown by the vectors (`tests/it/oidc`).

mod accounts;
mod adoption;
mod attempts;
mod client_key;
mod directory;
mod directory_people;
mod foreign;
mod hostile;
mod initiate;
mod keys;
mod logout;
mod logout_world;
mod mapping;
mod process;
mod prompt;
mod provider_watch;
mod refusals;
mod token;
mod world;
