//! The other side: connections that stay open, requests one after the other on each, one thread.
//!
//! It must cost less than the server, or it would be the one that is measured: an answer that looks like the one before it
//! is not read again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// A request's octets, shared by all who send it.
pub(crate) type Request = Arc<[u8]>;

/// What to send, and for how long.
pub(crate) struct Load<F> {
    pub(crate) server: SocketAddr,
    pub(crate) connections: usize,
    pub(crate) time: Duration,
    /// The status that every answer must have.
    pub(crate) status: u16,
    /// The next request; none ends the load.
    pub(crate) next: Arc<F>,
}

/// What came back in the time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers {
    pub(crate) elapsed: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
}

impl Answers {
    pub(crate) fn count(&self) -> usize {
        self.latencies.len()
    }

    pub(crate) fn rate(&self) -> f64 {
        count(self.latencies.len()) / self.elapsed.as_secs_f64()
    }

    /// The latency that this part of the answers kept.
    pub(crate) fn latency(&self, part: f64) -> Duration {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place in a list"
        )]
        let at = (count(self.latencies.len()) * part) as usize;
        let last = self.latencies.len().saturating_sub(1);
        self.latencies
            .get(at.min(last))
            .copied()
            .unwrap_or_default()
    }
}

/// A count as a number to calculate with.
pub(crate) fn count(count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let count = count as f64;
    count
}

impl<F: Fn() -> Option<Request> + Send + Sync + 'static> Load<F> {
    /// Asks on all connections until the time is over or there is nothing more to ask.
    pub(crate) async fn run(&self) -> Answers {
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(Connection::open(self.server).await);
        }
        let begun = Instant::now();
        let mut running = JoinSet::new();
        for connection in connections {
            let next = Arc::clone(&self.next);
            running.spawn(ask(connection, next, begun + self.time, self.status));
        }
        let mut latencies = running.join_all().await.concat();
        let elapsed = begun.elapsed();
        latencies.sort_unstable();
        Answers { elapsed, latencies }
    }
}

async fn ask<F: Fn() -> Option<Request>>(
    mut connection: Connection,
    next: Arc<F>,
    until: Instant,
    expected: u16,
) -> Vec<Duration> {
    let mut latencies = Vec::new();
    let mut begun = Instant::now();
    while begun < until {
        let Some(request) = next() else { break };
        let status = connection.exchange(&request).await;
        let ended = Instant::now();
        latencies.push(ended - begun);
        begun = ended;
        assert!(status == expected, "{status}\n{}", connection.text());
    }
    latencies
}

/// A connection that is kept alive, with the last answer.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    shape: Shape,
}

/// Where the head of an answer ends, and the whole.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Shape {
    head: usize,
    whole: usize,
}

const BLANK_LINE: &[u8] = b"\r\n\r\n";

impl Connection {
    pub(crate) async fn open(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: Vec::with_capacity(32 * 1024),
            shape: Shape::default(),
        }
    }

    /// Sends a request, waits for the whole answer and tells its status.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> u16 {
        self.stream.write_all(request).await.unwrap();
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
            assert!(read > 0, "the server closed the connection");
            if self.has_shape() || self.find_shape() {
                break;
            }
        }
        let digits = self.buffer.get(9..12).unwrap_or_default();
        digits
            .iter()
            .fold(0, |status, digit| status * 10 + u16::from(digit & 15))
    }

    /// The last answer.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.buffer).into_owned()
    }

    /// Whether this is an answer like the last one.
    fn has_shape(&self) -> bool {
        let Shape { head, whole } = self.shape;
        whole > 0
            && self.buffer.len() == whole
            && self.buffer.get(head..head + BLANK_LINE.len()) == Some(BLANK_LINE)
    }

    /// Finds out whether the answer is whole.
    fn find_shape(&mut self) -> bool {
        let mut lines = self.buffer.windows(BLANK_LINE.len());
        let Some(head) = lines.position(|four| four == BLANK_LINE) else {
            return false;
        };
        let text = std::str::from_utf8(&self.buffer[..head]).unwrap();
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse::<usize>().unwrap())
        });
        let whole = head + BLANK_LINE.len() + length.unwrap_or(0);
        self.shape = Shape { head, whole };
        self.buffer.len() >= whole
    }
}

/// A request as a browser that sends few headers would write it. A body is a form.
pub(crate) fn request(method: &str, host: &str, path: &str, cookie: &str, body: &str) -> Request {
    let cookie = if cookie.is_empty() {
        String::new()
    } else {
        format!("Cookie: {cookie}\r\n")
    };
    let form = if body.is_empty() {
        String::new()
    } else {
        format!(
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        )
    };
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{cookie}{form}\r\n{body}")
        .into_bytes()
        .into()
}
