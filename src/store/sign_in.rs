//! Sign-ins from their attempt to their session, and the end of sessions.

pub(super) mod acceptance;
pub(super) mod assertion;
pub(super) mod attempt;
pub(super) mod attempt_cache;
pub(super) mod attempt_use;
pub(super) mod evidence;
pub(super) mod finish;
pub(super) mod overview;
pub(super) mod proof;
pub(super) mod record;
pub(super) mod refresh;
pub(super) mod refusal;
pub(super) mod refuse;
pub(super) mod rehearsal;
pub(super) mod session;
pub(super) mod session_list;
pub(super) mod session_lookup;
pub(super) mod session_store;
pub(super) mod setup_link;
pub(super) mod sign_ins;
pub(super) mod sign_out;
pub(super) mod unanswered;
