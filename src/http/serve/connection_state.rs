//! What a connection waits for, and since when.
//!
//! Invariant: a connection waits for its client, and may be closed for that, or it works for its client, and may not.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::Patience;

/// One connection, as its task, the body of its request and whoever looks for room see it.
#[derive(Debug)]
pub(crate) struct Line {
    /// The same for all connections of a server, so that they can be compared.
    epoch: Instant,
    /// Milliseconds since the epoch, and in the last bits what it waits for.
    state: AtomicU64,
    /// Whether the last request's body was not read to its end.
    unread: AtomicBool,
    /// Whether an answer of unknown length has begun and not ended.
    unfinished: AtomicBool,
}

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// For us.
    Work,
    /// For a request to begin.
    Request,
    /// For the rest of a request's head.
    Head,
    /// For the rest of a request's body, which has a time limit of its own.
    Body,
    /// For the client to read an answer.
    Reader,
}

/// What becomes of a connection on which nothing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// It is working, or something else limits its time.
    Never,
    /// It gives its buffers back, and may be used again.
    Rest(Instant),
    /// It closes.
    End(Instant),
}

/// After this time without a request a connection gives its buffers back.
pub(super) const REST: Duration = Duration::from_secs(2);
const BITS: u32 = 3;

impl Line {
    /// A connection on which nothing has happened yet.
    pub(super) fn new(epoch: Instant) -> Self {
        let line = Self {
            epoch,
            state: AtomicU64::new(0),
            unread: AtomicBool::new(false),
            unfinished: AtomicBool::new(false),
        };
        line.enter(Wait::Request);
        line
    }

    /// Whether nothing has come since the last answer: the next request came together with the one before it.
    pub(super) fn has_more(&self) -> bool {
        self.wait() == Wait::Request
    }

    /// A request is being answered.
    pub(super) fn works(&self) {
        // No need to know since when.
        self.state.store(Wait::Work as u64, Ordering::Relaxed);
    }

    /// The answer is there; the client may read it and ask again.
    pub(super) fn answered(&self) {
        self.enter(Wait::Request);
    }

    /// Octets came from the client.
    pub(super) fn heard(&self) {
        if self.wait() == Wait::Request {
            self.enter(Wait::Head);
        }
    }

    /// More of the body has to come.
    pub(super) fn lacks_body(&self) {
        if self.wait() != Wait::Body {
            self.enter(Wait::Body);
        }
    }

    /// The client does not read.
    pub(super) fn blocked(&self) {
        if self.wait() != Wait::Reader {
            self.enter(Wait::Reader);
        }
    }

    /// The client has read something of the answer: its time for the rest begins.
    pub(super) fn taken(&self) {
        if self.wait() == Wait::Reader {
            self.enter(Wait::Reader);
        }
    }

    /// The body of a request was given up before its end.
    pub(super) fn leaves_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// Whether the client may still be sending what nobody has read.
    pub(super) fn has_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    /// An answer of unknown length begins, or has ended with all that belongs to it.
    pub(super) fn leaves_unfinished(&self, unfinished: bool) {
        self.unfinished.store(unfinished, Ordering::Relaxed);
    }

    /// Whether a client would be given half of an answer if the connection ended now.
    pub(super) fn has_unfinished(&self) -> bool {
        self.unfinished.load(Ordering::Relaxed)
    }

    /// Whether the client does not read.
    pub(super) fn is_blocked(&self) -> bool {
        self.wait() == Wait::Reader
    }

    /// More of an answer is being made. A client that does not read what there is so far is waited for all the same.
    pub(super) fn makes(&self) {
        if !self.is_blocked() {
            self.works();
        }
    }

    /// The client has read everything; whether it was waited for.
    pub(super) fn flushed(&self) -> bool {
        let was_blocked = self.is_blocked();
        if was_blocked {
            self.enter(Wait::Request);
        }
        was_blocked
    }

    /// What becomes of it when nothing happens, and when.
    pub(super) fn due(&self, patience: &Patience) -> Due {
        let (since, wait) = self.read();
        let since = self.epoch + Duration::from_millis(since);
        match wait {
            Wait::Work | Wait::Body => Due::Never,
            Wait::Request if REST < patience.idle => Due::Rest(since + REST),
            Wait::Request => Due::End(since + patience.idle),
            Wait::Head => Due::End(since + patience.head),
            Wait::Reader => Due::End(since + patience.answer),
        }
    }

    /// When it closes, if no request comes.
    pub(super) fn idle_until(&self, patience: &Patience) -> Instant {
        self.epoch + Duration::from_millis(self.read().0) + patience.idle
    }

    /// Since when this connection waits for its client, for comparison; none when it works.
    pub(super) fn waits_since(&self) -> Option<u64> {
        let (since, wait) = self.read();
        (wait != Wait::Work).then_some(since)
    }

    fn enter(&self, wait: Wait) {
        let since = u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX >> BITS);
        self.state
            .store(since << BITS | wait as u64, Ordering::Relaxed);
    }

    fn wait(&self) -> Wait {
        self.read().1
    }

    fn read(&self) -> (u64, Wait) {
        let state = self.state.load(Ordering::Relaxed);
        let wait = [Wait::Work, Wait::Request, Wait::Head, Wait::Body]
            .into_iter()
            .find(|wait| *wait as u64 == state & ((1 << BITS) - 1))
            .unwrap_or(Wait::Reader);
        (state >> BITS, wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        idle: Duration::from_secs(75),
        head: Duration::from_secs(10),
        body: Duration::from_secs(15),
        answer: Duration::from_secs(30),
        grace: Duration::ZERO,
        most: 1,
    };

    /// A connection that has been there for so many seconds.
    fn after(seconds: u64) -> Line {
        let line = Line::new(Instant::now());
        line.state.store(Wait::Request as u64, Ordering::Relaxed);
        Line {
            epoch: line.epoch - Duration::from_secs(seconds),
            ..line
        }
    }

    /// Seconds after the epoch.
    fn due(line: &Line) -> (&'static str, u64) {
        let after = |at: Instant| (at - line.epoch).as_secs();
        match line.due(&PATIENCE) {
            Due::Never => ("never", 0),
            Due::Rest(at) => ("rest", after(at)),
            Due::End(at) => ("end", after(at)),
        }
    }

    #[test]
    fn each_kind_of_waiting_has_its_end() {
        let line = after(100);
        assert_eq!((due(&line), line.waits_since()), (("rest", 2), Some(0)));
        assert_eq!((line.idle_until(&PATIENCE) - line.epoch).as_secs(), 75);
        line.heard();
        assert_eq!((due(&line), line.has_more()), (("end", 110), false));
        line.works();
        assert_eq!((due(&line), line.waits_since()), (("never", 0), None));
        line.heard();
        assert_eq!(due(&line), ("never", 0), "the body comes");
        line.lacks_body();
        assert_eq!(due(&line), ("never", 0));
        assert!(line.waits_since() >= Some(100_000));
        line.works();
        line.answered();
        assert_eq!((due(&line), line.has_more()), (("rest", 102), true));
        line.blocked();
        assert_eq!(due(&line), ("end", 130));
        line.taken();
        line.blocked();
        assert_eq!(due(&line), ("end", 130), "from now on");
        line.makes();
        assert_eq!(due(&line), ("end", 130), "nor is what there is read");
        assert!(line.flushed());
        assert_eq!(due(&line), ("rest", 102));
        line.makes();
        assert_eq!((due(&line), line.flushed()), (("never", 0), false));
        line.answered();
        let hasty = Patience {
            idle: Duration::from_secs(1),
            ..PATIENCE
        };
        assert!(matches!(line.due(&hasty), Due::End(_)));
    }

    #[test]
    fn what_drips_does_not_begin_anew() {
        for (wait, goes_on) in [
            (Wait::Head, Line::heard as fn(&Line)),
            (Wait::Body, Line::lacks_body),
            (Wait::Reader, Line::blocked),
        ] {
            let line = after(100);
            line.state
                .store(7000 << BITS | wait as u64, Ordering::Relaxed);
            goes_on(&line);
            assert_eq!(line.waits_since(), Some(7000), "{wait:?}");
            // Of an answer, what is taken is what counts.
            line.taken();
            let anew = line.waits_since() != Some(7000);
            assert_eq!(anew, wait == Wait::Reader, "{wait:?}");
        }
    }
}
