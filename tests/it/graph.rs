//! Microsoft Graph: what is asked, what an answer means, and a directory that is asked at a socket.
//!
//! The answers in `tests/vectors/graph` are the documentation's examples in our own values. The double is held against them, so that
//! it and the client cannot agree on something else.

mod answers;
mod check;
mod client;
mod double;
mod look_up;
mod requests;
mod token;
mod world;

use vestibule::graph::{GraphAddresses, GraphAnswer};

const TENANT: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";

/// The global cloud.
fn addresses() -> GraphAddresses {
    let tenant = TENANT.parse().unwrap();
    GraphAddresses::new(
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
        tenant,
    )
}

/// A document of the vectors.
fn vector(name: &str) -> Vec<u8> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/graph");
    std::fs::read(format!("{dir}/{name}.json")).unwrap()
}

fn answer(status: u16, body: impl Into<Vec<u8>>) -> GraphAnswer {
    GraphAnswer {
        status,
        is_json: true,
        body: body.into(),
        retry_after: None,
        request_id: None,
        location: None,
        load: None,
    }
}
