//! Faults: what a running server does when clients, documents, the machine or the database misbehave.
//!
//! Each test runs the real binary. They are short; `script/siege` runs the long versions, by `VESTIBULE_TEST_SIEGE`.

mod connections;
mod consoles;
mod disk;
mod exports;
mod floods;
mod hostile;
mod load;
mod log;
mod people;
mod postgres;
mod quota;
mod slow;
mod sqlite;

use std::time::{Duration, Instant};

use crate::support::{Deployment, Installation, Reply, no_rate_limits};

/// Asserts that an answer says that the database is away, and what to do.
#[track_caller]
fn assert_unavailable(reply: &Reply) {
    assert_eq!(reply.status, 503, "{}", reply.body);
    let after = &reply.headers["retry-after"];
    let seconds: u64 = after.to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{after:?}");
    for text in ["cannot reach its database", "try again"] {
        assert!(reply.body.contains(text), "{text}: {}", reply.body);
    }
}

/// Waits until something is so; the longest that it may take is part of the promise.
#[track_caller]
fn until(within: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < within, "{what}: not within {within:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// acme with more in its configuration, and without rate limits: what is tried here may come from many clients.
fn deployment(settings: &str) -> Deployment {
    let settings = no_rate_limits() + settings;
    Deployment::of(Installation::with_settings(&settings))
}

/// Asserts that no request was answered as a defect, or as if the database were away.
#[track_caller]
fn assert_no_5xx(log: &str) {
    let wrong: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("\"status\":5") || line.contains("ERROR"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How long a siege lasts; none in an ordinary run.
fn siege() -> Option<Duration> {
    let seconds = std::env::var("VESTIBULE_TEST_SIEGE").ok()?;
    Some(Duration::from_secs(seconds.parse().unwrap()))
}

/// Numbers of rounds: so many, or as many as a siege has time for.
fn rounds(few: usize) -> impl Iterator<Item = usize> {
    let end = siege().map(|length| Instant::now() + length);
    (0..).take_while(move |&round| round < few || end.is_some_and(|end| Instant::now() < end))
}
