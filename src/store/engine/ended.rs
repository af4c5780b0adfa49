//! Sessions that a transaction of this process has ended, told when it is committed and before anybody is answered.
//!
//! Invariant: whoever learns that a change was made finds nothing of what it ended in a cache of this process. (Others follow the
//! change log.)

use std::sync::OnceLock;

use super::change::Change;
use crate::domain::{CompanyId, SessionKey};
use crate::store::Store;

/// What has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// This session.
    Session(SessionKey),
    /// Perhaps sessions of this company.
    Company(CompanyId),
    /// Perhaps any.
    Everything,
}

type Listen = Box<dyn Fn(Ended) + Send + Sync>;

/// Who is told, if anybody.
#[derive(Default)]
pub(in crate::store) struct Listener(OnceLock<Listen>);

impl Listener {
    pub(in crate::store) fn tell(&self, ended: &[Ended]) {
        if let Some(listen) = self.0.get() {
            ended.iter().copied().for_each(listen);
        }
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

impl Ended {
    /// What ends with a change, if anything.
    pub(in crate::store) fn by(change: Change) -> Option<Self> {
        match change {
            Change::Session(key) => Some(Self::Session(key)),
            // A user who is deactivated has his sessions ended one by one.
            Change::User(_) | Change::Connection(_) => None,
            Change::Company(id) => Some(Self::Company(id)),
            Change::Everything => Some(Self::Everything),
        }
    }
}

impl Store {
    /// Tells of what ends by this process, from now on. The first who asks for it is told, and nobody else.
    pub fn listen(&self, listen: impl Fn(Ended) + Send + Sync + 'static) {
        // A second one is a test's.
        let _ = self.ended.0.set(Box::new(listen));
    }
}
