//! What a connection waits for, and since when.
//!
//! Invariant: a connection waits for its client, and may be closed for that, or it works for its client, and may not.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Timeouts;

/// One connection, as its task, the body of its request and whoever looks for room see it.
pub(crate) struct ConnectionState {
    /// The same for all connections of a server, so that they can be compared.
    epoch: Instant,
    /// A [`PackedWait`]: in one integer, so that nobody sees what it waits for without since when.
    waiting: AtomicU64,
    /// Whether the last request's body was not read to its end.
    unread: AtomicBool,
    /// Whether an answer of unknown length has begun and not ended.
    unfinished: AtomicBool,
    /// The longest pause in a body that is handed on, in milliseconds; 0 where its whole time is limited.
    pause: AtomicU32,
    /// Whether an application's octets go out here, which may look like anything.
    passes: AtomicBool,
    /// Who goes on with the socket after the answer.
    successor: Mutex<Option<Successor>>,
}

/// What goes on with the socket after `101 Switching Protocols`, and with what was read ahead.
pub(crate) type Successor =
    Box<dyn FnOnce(TcpStream, Bytes) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WaitsFor {
    /// For us.
    Work = 0,
    /// For a request to begin.
    Request = 1,
    /// For the rest of a request's head.
    Head = 2,
    /// For the rest of a request's body, which has a time limit of its own.
    Body = 3,
    /// For the client to read an answer.
    Reader = 4,
}

/// What a connection waits for, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PackedWait {
    wait: WaitsFor,
    /// Milliseconds since the epoch.
    since: u64,
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
/// The last bits of a [`PackedWait`] are for what is waited for.
const BITS: u32 = 3;

impl ConnectionState {
    /// A connection on which nothing has happened yet.
    pub(super) fn new(epoch: Instant) -> Self {
        let state = Self {
            epoch,
            waiting: AtomicU64::new(0),
            unread: AtomicBool::new(false),
            unfinished: AtomicBool::new(false),
            pause: AtomicU32::new(0),
            passes: AtomicBool::new(false),
            successor: Mutex::default(),
        };
        state.enter(WaitsFor::Request);
        state
    }

    /// Whether nothing has come since the last answer: the next request came together with the one before it.
    pub(super) fn has_more(&self) -> bool {
        self.wait() == WaitsFor::Request
    }

    /// A request has come, with what every request has.
    pub(super) fn begins(&self) {
        self.pause.store(0, Ordering::Relaxed);
        self.works();
    }

    /// No pause in the body of this request is longer.
    pub(super) fn streams(&self, pause: Duration) {
        let pause = u32::try_from(pause.as_millis()).unwrap_or(u32::MAX);
        self.pause.store(pause.max(1), Ordering::Relaxed);
        self.passes.store(true, Ordering::Relaxed);
    }

    /// Whether an application's octets go out here, or have gone.
    pub(super) fn passes(&self) -> bool {
        self.passes.load(Ordering::Relaxed)
    }

    /// The longest pause in the body of this request; none where its whole time is limited.
    pub(super) fn pause(&self) -> Option<Duration> {
        let pause = self.pause.load(Ordering::Relaxed);
        (pause > 0).then(|| Duration::from_millis(pause.into()))
    }

    /// Who goes on after the answer.
    pub(super) fn hand_over(&self, successor: Successor) {
        *self.lock_successor() = Some(successor);
    }

    /// Whoever goes on with the socket, once.
    pub(super) fn take_successor(&self) -> Option<Successor> {
        self.lock_successor().take()
    }

    fn lock_successor(&self) -> std::sync::MutexGuard<'_, Option<Successor>> {
        // Nothing panics while it holds the lock.
        self.successor
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A request is being answered.
    pub(super) fn works(&self) {
        // No need to know since when.
        self.put(PackedWait {
            wait: WaitsFor::Work,
            since: 0,
        });
    }

    /// The answer is there; the client may read it and ask again.
    pub(super) fn answered(&self) {
        self.enter(WaitsFor::Request);
    }

    /// Octets came from the client.
    pub(super) fn heard(&self) {
        if self.wait() == WaitsFor::Request {
            self.enter(WaitsFor::Head);
        }
    }

    /// More of the body has to come.
    pub(super) fn lacks_body(&self) {
        if self.wait() != WaitsFor::Body {
            self.enter(WaitsFor::Body);
        }
    }

    /// The client does not read.
    pub(super) fn blocked(&self) {
        if self.wait() != WaitsFor::Reader {
            self.enter(WaitsFor::Reader);
        }
    }

    /// The client has read something of the answer: its time for the rest begins.
    pub(super) fn taken(&self) {
        if self.wait() == WaitsFor::Reader {
            self.enter(WaitsFor::Reader);
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
        self.wait() == WaitsFor::Reader
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
            self.enter(WaitsFor::Request);
        }
        was_blocked
    }

    /// What becomes of it when nothing happens, and when.
    pub(super) fn due(&self, timeouts: &Timeouts) -> Due {
        let PackedWait { wait, since } = self.waiting();
        let since = self.epoch + Duration::from_millis(since);
        match wait {
            WaitsFor::Work | WaitsFor::Body => Due::Never,
            WaitsFor::Request if REST < timeouts.idle => Due::Rest(since + REST),
            WaitsFor::Request => Due::End(since + timeouts.idle),
            WaitsFor::Head => Due::End(since + timeouts.head),
            WaitsFor::Reader => Due::End(since + timeouts.answer),
        }
    }

    /// When it closes, if no request comes.
    pub(super) fn idle_until(&self, timeouts: &Timeouts) -> Instant {
        self.epoch + Duration::from_millis(self.waiting().since) + timeouts.idle
    }

    /// Since when this connection waits for its client, for comparison; none when it works.
    pub(super) fn waits_since(&self) -> Option<u64> {
        let PackedWait { wait, since } = self.waiting();
        (wait != WaitsFor::Work).then_some(since)
    }

    fn enter(&self, wait: WaitsFor) {
        let since = u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX >> BITS);
        self.put(PackedWait { wait, since });
    }

    fn put(&self, waiting: PackedWait) {
        self.waiting.store(waiting.to_bits(), Ordering::Relaxed);
    }

    fn wait(&self) -> WaitsFor {
        self.waiting().wait
    }

    fn waiting(&self) -> PackedWait {
        PackedWait::from_bits(self.waiting.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionState")
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

impl PackedWait {
    fn to_bits(self) -> u64 {
        self.since << BITS | self.wait as u64
    }

    fn from_bits(bits: u64) -> Self {
        let wait = match bits & ((1 << BITS) - 1) {
            0 => WaitsFor::Work,
            1 => WaitsFor::Request,
            2 => WaitsFor::Head,
            3 => WaitsFor::Body,
            _ => WaitsFor::Reader,
        };
        let since = bits >> BITS;
        Self { wait, since }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUTS: Timeouts = Timeouts {
        idle: Duration::from_secs(75),
        head: Duration::from_secs(10),
        body: Duration::from_secs(15),
        answer: Duration::from_secs(30),
        grace: Duration::ZERO,
        most: 1,
    };

    /// A connection that has been there for so many seconds.
    fn after(seconds: u64) -> ConnectionState {
        let state = ConnectionState::new(Instant::now());
        state.put(PackedWait {
            wait: WaitsFor::Request,
            since: 0,
        });
        ConnectionState {
            epoch: state.epoch - Duration::from_secs(seconds),
            ..state
        }
    }

    /// Seconds after the epoch.
    fn due(state: &ConnectionState) -> (&'static str, u64) {
        let after = |at: Instant| (at - state.epoch).as_secs();
        match state.due(&TIMEOUTS) {
            Due::Never => ("never", 0),
            Due::Rest(at) => ("rest", after(at)),
            Due::End(at) => ("end", after(at)),
        }
    }

    #[test]
    fn each_kind_of_waiting_has_its_end() {
        let state = after(100);
        assert_eq!((due(&state), state.waits_since()), (("rest", 2), Some(0)));
        assert_eq!((state.idle_until(&TIMEOUTS) - state.epoch).as_secs(), 75);
        state.heard();
        assert_eq!((due(&state), state.has_more()), (("end", 110), false));
        state.works();
        assert_eq!((due(&state), state.waits_since()), (("never", 0), None));
        state.heard();
        assert_eq!(due(&state), ("never", 0), "the body comes");
        state.lacks_body();
        assert_eq!(due(&state), ("never", 0));
        assert!(state.waits_since() >= Some(100_000));
        state.works();
        state.answered();
        assert_eq!((due(&state), state.has_more()), (("rest", 102), true));
        state.blocked();
        assert_eq!(due(&state), ("end", 130));
        state.taken();
        state.blocked();
        assert_eq!(due(&state), ("end", 130), "from now on");
        state.makes();
        assert_eq!(due(&state), ("end", 130), "nor is what there is read");
        assert!(state.flushed());
        assert_eq!(due(&state), ("rest", 102));
        state.makes();
        assert_eq!((due(&state), state.flushed()), (("never", 0), false));
        state.answered();
        let hasty = Timeouts {
            idle: Duration::from_secs(1),
            ..TIMEOUTS
        };
        assert!(matches!(state.due(&hasty), Due::End(_)));
    }

    #[test]
    fn what_is_waited_for_and_since_when_come_back_as_they_were() {
        for wait in [
            WaitsFor::Work,
            WaitsFor::Request,
            WaitsFor::Head,
            WaitsFor::Body,
            WaitsFor::Reader,
        ] {
            let waiting = PackedWait { wait, since: 7000 };
            assert_eq!(PackedWait::from_bits(waiting.to_bits()), waiting);
        }
    }

    #[test]
    fn what_drips_does_not_begin_anew() {
        for (wait, goes_on) in [
            (
                WaitsFor::Head,
                ConnectionState::heard as fn(&ConnectionState),
            ),
            (WaitsFor::Body, ConnectionState::lacks_body),
            (WaitsFor::Reader, ConnectionState::blocked),
        ] {
            let state = after(100);
            state.put(PackedWait { wait, since: 7000 });
            goes_on(&state);
            assert_eq!(state.waits_since(), Some(7000), "{wait:?}");
            // Of an answer, what is taken is what counts.
            state.taken();
            let anew = state.waits_since() != Some(7000);
            assert_eq!(anew, wait == WaitsFor::Reader, "{wait:?}");
        }
    }
}
