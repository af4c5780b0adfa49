//! Where a sign-in begins and where it ends; the only place where a session is begun.
