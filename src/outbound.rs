//! The only outgoing sockets.
//!
//! Invariants: what is fetched has a size and a time that are bounded; a redirect never leads to plain http or into a
//! private network; the address that was checked is the address that is connected to.

mod address;
mod coding;
mod metadata;
mod probe;
mod txt;

pub use address::Reach;
pub use metadata::{FetchError, LARGEST, fetch_metadata};
pub use probe::{ProbeError, Probed, probe};
pub use txt::{LookupError, txt_records};
