//! Sessions that a transaction of this process has ended, told when it is committed and before anybody is answered.
//!
//! Invariant: whoever learns that a change was made finds nothing of what it ended in a cache of this process. (Others follow the
//! change log.)

use std::sync::OnceLock;

use super::change::LoggedChange;
use crate::domain::{CompanyId, SessionKey};
use crate::store::Store;

/// What has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalidation {
    /// This session.
    Session(SessionKey),
    /// Perhaps sessions of this company.
    Company(CompanyId),
    /// Perhaps any.
    Everything,
}

type OnInvalidation = Box<dyn Fn(Invalidation) + Send + Sync>;

/// Who is told, if anybody.
#[derive(Default)]
pub(in crate::store) struct InvalidationListener(OnceLock<OnInvalidation>);

impl InvalidationListener {
    pub(in crate::store) fn tell(&self, ended: &[Invalidation]) {
        if let Some(listen) = self.0.get() {
            ended.iter().copied().for_each(listen);
        }
    }
}

impl std::fmt::Debug for InvalidationListener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InvalidationListener")
    }
}

impl Invalidation {
    /// What ends with a change, if anything.
    pub(in crate::store) fn by(change: LoggedChange) -> Option<Self> {
        match change {
            LoggedChange::Session(key) => Some(Self::Session(key)),
            // A user who is deactivated has his sessions ended one by one.
            LoggedChange::User(_) | LoggedChange::Connection(_) => None,
            LoggedChange::Company(id) => Some(Self::Company(id)),
            LoggedChange::Everything => Some(Self::Everything),
        }
    }
}

impl Store {
    /// Tells of what ends by this process, from now on. The first who asks for it is told, and nobody else.
    pub fn listen(&self, listen: impl Fn(Invalidation) + Send + Sync + 'static) {
        // A second one is a test's.
        let _ = self.listener.0.set(Box::new(listen));
    }
}
