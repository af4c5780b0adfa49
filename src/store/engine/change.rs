//! A change that running servers must see.

use crate::domain::{CompanyId, ConnectionId, SessionKey, UserId};

/// What a transaction has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::store) enum LoggedChange {
    Company(CompanyId),
    Connection(ConnectionId),
    User(UserId),
    Session(SessionKey),
    Everything,
}
