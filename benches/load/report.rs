//! Rows of Markdown, to be put into docs/performance.md as they are.

use std::time::Duration;

use crate::client::{Answers, count};

/// A header and the line below it.
pub(crate) fn head(cells: &[&str]) {
    println!("\n| {} |", cells.join(" | "));
    println!("|{}", " --- |".repeat(cells.len()));
}

pub(crate) fn row(cells: &[String]) {
    println!("| {} |", cells.join(" | "));
}

/// What a load came to.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    pub(crate) rate: f64,
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
    /// Of the server, for one request.
    pub(crate) processor: Duration,
}

impl Figures {
    pub(crate) fn new(answers: &Answers, processor: Duration) -> Self {
        Self {
            rate: answers.rate(),
            median: answers.latency(0.5),
            p99: answers.latency(0.99),
            processor: processor.div_f64(count(answers.count().max(1))),
        }
    }

    /// The one in the middle, by rate.
    pub(crate) fn middle(mut rounds: Vec<Self>) -> Self {
        rounds.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        rounds.swap_remove(rounds.len() / 2)
    }

    /// `name | goal | a second | of bare axum | median | p99 | processor`
    pub(crate) fn report(&self, name: &str, goal: &str, bare: &Self) {
        row(&[
            name.to_owned(),
            goal.to_owned(),
            thousands(self.rate),
            format!("{:.0} %", 100.0 * self.rate / bare.rate),
            milliseconds(self.median),
            milliseconds(self.p99),
            microseconds(self.processor),
        ]);
    }
}

pub(crate) const LOAD: [&str; 7] = [
    "work",
    "goal",
    "requests/s",
    "of bare axum",
    "p50",
    "p99",
    "server's processor time, each",
];

/// `12,300`: three digits are as many as a run repeats.
pub(crate) fn thousands(number: f64) -> String {
    let scale = 10_f64.powf((number.max(1.0).log10().floor() - 2.0).max(0.0));
    let digits = format!("{:.0}", (number / scale).round() * scale);
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(crate) fn milliseconds(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10.0 {
        format!("{ms:.2} ms")
    } else {
        format!("{ms:.0} ms")
    }
}

pub(crate) fn microseconds(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

pub(crate) fn megabytes(bytes: usize) -> String {
    format!("{:.1} MB", count(bytes) / 1e6)
}
