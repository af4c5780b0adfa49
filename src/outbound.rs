//! The only outgoing sockets.
//!
//! Invariants: what is fetched has a size and a time that are bounded; a redirect never leads to plain http or into a
//! private network; the address that was checked is the address that is connected to.

mod address;
mod coding;
mod dns;
mod graph;
mod handed_body;
mod last_move;
mod metadata;
mod probe;
mod provider;
mod provider_document;
mod raw;
mod token_endpoint;
mod upstream;

pub use address::Reach;
pub use dns::{LookupError, txt_records};
pub use graph::GraphManner;
pub use handed_body::{HandedBody, Octets};
pub use last_move::LastMove;
pub use metadata::{FetchError, LARGEST, fetch_metadata};
pub use probe::{ProbeError, Probed, probe};
pub use provider::{Media, ProviderAnswer, ProviderClient, ProviderFailure};
pub use provider_document::DocumentError;
pub use raw::{RawAnswer, RawError, RawTarget};
pub use upstream::{UpstreamAnswer, UpstreamClient, UpstreamFailure, reach_upstream, taken_over};
