//! Sign-in over HTTP, in one process: every rule of E and F, from the start of a sign-in to the session or the refusal.

mod account_advice;
mod accounts;
mod advice;
mod attempts;
mod attributes;
mod authentication;
mod clock;
mod combined;
mod distance;
mod encrypted;
mod group_policy;
mod guessing;
mod hostile;
mod injection;
mod limits;
mod moves;
mod new_key;
mod password;
mod process;
mod quota;
mod races;
mod refused_there;
mod reposts;
mod requests;
mod return_to;
#[cfg(feature = "samael")]
mod second_opinion;
mod sessions;
mod story;
mod unsolicited;
mod windows;
