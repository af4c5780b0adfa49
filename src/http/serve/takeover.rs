//! What whoever hands octets on may ask of a client's connection (rules Q57 and Q60).
//!
//! Invariants: a body that is handed on may take as long as it goes on, and no pause in it may be longer than said; a connection that
//! is taken over speaks HTTP no more, and ends with whoever took it, or with the server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::connection_state::{ConnectionState, Successor};

/// The connection that a request came by; the server puts it beside each request.
#[derive(Clone)]
pub(crate) struct ClientConnection(pub(super) Arc<ConnectionState>);

impl ClientConnection {
    /// The request's body is not limited as a whole: each pause in it is.
    pub(crate) fn streams(&self, pause: Duration) {
        self.0.streams(pause);
    }

    /// Once the answer, a 101, is written, the socket is `successor`'s.
    pub(crate) fn hand_over(&self, successor: Successor) {
        self.0.hand_over(successor);
    }
}

impl fmt::Debug for ClientConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientConnection")
    }
}
