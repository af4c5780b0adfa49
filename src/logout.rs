//! Where a session ends.
