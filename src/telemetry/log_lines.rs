//! Lines of the log on their way to standard error.
//!
//! Invariants: lines keep their order; a warning or an error is out, with everything before it, when the call that logged it
//! returns; other lines wait [`WAIT`] at most, so that many of them share one write. What waits is bounded: beyond that, who
//! logs writes.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use crate::text;

/// How long a line waits for others.
const WAIT: Duration = Duration::from_millis(20);
/// Octets that wait at most.
const MOST: usize = 256 * 1024;

/// The log's lines; clones are the same log. The last one to go, in [`super::Flush`], writes what still waits.
#[derive(Clone)]
pub(super) struct Lines(Arc<SharedLines>);

struct SharedLines {
    waiting: Mutex<Vec<u8>>,
    /// Says that a line waits.
    arrived: Condvar,
    /// Held while lines are written, and taken before `waiting`, so that they keep their order.
    out: Mutex<Box<dyn Write + Send>>,
}

impl Lines {
    pub(super) fn new(out: impl Write + Send + 'static) -> Self {
        Self(Arc::new(SharedLines {
            waiting: Mutex::default(),
            arrived: Condvar::new(),
            out: Mutex::new(Box::new(out)),
        }))
    }

    /// Writes from a thread of its own from now on.
    pub(super) fn write_beside(&self) -> io::Result<()> {
        let shared = Arc::clone(&self.0);
        let writer = thread::Builder::new().name("log".to_owned());
        writer.spawn(move || shared.write_on()).map(drop)
    }

    /// Writes everything that waits.
    pub(super) fn flush(&self) {
        self.0.flush();
    }
}

impl SharedLines {
    fn write_on(&self) {
        loop {
            let mut waiting = lock(&self.waiting);
            while waiting.is_empty() {
                waiting = self
                    .arrived
                    .wait(waiting)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            drop(waiting);
            thread::sleep(WAIT);
            self.flush();
        }
    }

    fn add(&self, line: &[u8], urgent: bool) {
        let mut waiting = lock(&self.waiting);
        let first = waiting.is_empty();
        waiting.extend_from_slice(line);
        let full = waiting.len() > MOST;
        drop(waiting);
        if urgent || full {
            self.flush();
        } else if first {
            self.arrived.notify_one();
        }
    }

    fn flush(&self) {
        let mut out = lock(&self.out);
        let lines = std::mem::take(&mut *lock(&self.waiting));
        // There is no better place to say that the log cannot be written.
        let _ = out.write_all(&lines).and_then(|()| out.flush());
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One line; it comes whole.
pub(super) struct LogLine<'l> {
    lines: &'l Lines,
    urgent: bool,
}

impl Write for LogLine<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lines.0.add(&printable(line), self.urgent);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A line that steers no terminal; its colours are the subscriber's own, which escapes those of others.
fn printable(line: &[u8]) -> Cow<'_, [u8]> {
    let unfit = |c| text::is_unseen(c) && !matches!(c, '\n' | '\u{1B}');
    match std::str::from_utf8(line).map(|line| text::replace_unfit(line, unfit)) {
        Ok(Cow::Owned(shown)) => Cow::Owned(shown.into_bytes()),
        Ok(Cow::Borrowed(_)) | Err(_) => Cow::Borrowed(line),
    }
}

impl<'l> MakeWriter<'l> for Lines {
    type Writer = LogLine<'l>;

    fn make_writer(&'l self) -> LogLine<'l> {
        LogLine {
            lines: self,
            urgent: true,
        }
    }

    fn make_writer_for(&'l self, metadata: &Metadata<'_>) -> LogLine<'l> {
        LogLine {
            lines: self,
            urgent: *metadata.level() <= Level::WARN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_turns_nothing_around() {
        let line = "\u{1B}[32m INFO\u{1B}[0m x\u{202E}y\u{9B}2J\n";
        let shown = printable(line.as_bytes());
        assert_eq!(
            std::str::from_utf8(&shown).unwrap(),
            "\u{1B}[32m INFO\u{1B}[0m x\u{FFFD}y\u{FFFD}2J\n"
        );
    }

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            lock(&self.0).extend_from_slice(octets);
            Ok(octets.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Written {
        fn text(&self) -> String {
            String::from_utf8(lock(&self.0).clone()).unwrap()
        }
    }

    fn log() -> (Lines, Written, impl tracing::Subscriber + Send + Sync) {
        let written = Written::default();
        let lines = Lines::new(written.clone());
        let subscriber = tracing_subscriber::fmt()
            .without_time()
            .with_ansi(false)
            .with_target(false)
            .with_writer(lines.clone())
            .finish();
        (lines, written, subscriber)
    }

    #[test]
    fn a_warning_is_out_at_once_with_all_before_it() {
        let (lines, written, subscriber) = log();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("one");
            tracing::info!("two");
            assert_eq!(written.text(), "");
            tracing::warn!("three");
            assert_eq!(written.text(), " INFO one\n INFO two\n WARN three\n");
            tracing::info!("four");
        });
        lines.flush();
        assert!(written.text().ends_with(" INFO four\n"));
    }

    #[test]
    fn what_waits_is_bounded() {
        let (_lines, written, subscriber) = log();
        tracing::subscriber::with_default(subscriber, || {
            let long = "x".repeat(1000);
            for _ in 0..=MOST / 1000 {
                tracing::info!(long);
            }
        });
        assert!(written.text().len() > MOST);
    }

    #[test]
    fn other_lines_are_written_soon() {
        let (lines, written, subscriber) = log();
        lines.write_beside().unwrap();
        tracing::subscriber::with_default(subscriber, || tracing::info!("one"));
        while written.text() != " INFO one\n" {
            thread::yield_now();
        }
    }
}
