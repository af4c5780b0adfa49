//! Requests as they are written, octet for octet, for `doctor gate` (rule Q66): what a client sends that means no good, no library
//! would.
//!
//! Invariants: one request a connection, to the host and port that were looked up once; certificates are checked as a browser does,
//! and plain http is spoken only where the address says so; an answer has a time and a size that are bounded, and no redirect is
//! followed.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_native_tls::{TlsConnector, TlsStream, native_tls};

use super::address::resolve_name;

/// To connect, and to agree on TLS.
const CONNECT: Duration = Duration::from_secs(4);
/// Until the answer is there.
const ANSWER: Duration = Duration::from_secs(8);
/// The most octets of an answer that are read.
const LARGEST: usize = 64 * 1024;
/// The most octets of its head.
const LARGEST_HEAD: usize = 32 * 1024;

/// Where requests go.
#[derive(Debug)]
pub struct RawTarget {
    host: String,
    addresses: Vec<SocketAddr>,
    is_tls: bool,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawAnswer {
    /// The status.
    pub status: u16,
    /// The headers, their names in small letters.
    pub headers: Vec<(String, String)>,
    /// As much of the body as is read, as it came.
    pub body: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RawError {
    /// The name is not known.
    #[error("DNS does not know the host {0}")]
    Name(String),
    /// No connection came about.
    #[error("no connection came about: {0}")]
    Connect(String),
    /// TLS could not be agreed on.
    #[error("no encrypted connection came about: {0}")]
    Tls(&'static str),
    /// The connection was closed before an answer.
    #[error("the connection was closed without an answer")]
    Closed,
    /// Nothing came in time.
    #[error("no answer came within {} seconds", ANSWER.as_secs())]
    Late,
    /// What came is no HTTP.
    #[error("what was answered is not HTTP")]
    NoHttp,
}

impl RawTarget {
    /// Looks a host up.
    pub async fn find(is_tls: bool, host: &str, port: u16) -> Result<Self, RawError> {
        let found = timeout(CONNECT, resolve_name(host, port)).await;
        let addresses = match found {
            Ok(Ok(addresses)) if !addresses.is_empty() => addresses,
            _ => return Err(RawError::Name(host.to_owned())),
        };
        Ok(Self {
            host: host.to_owned(),
            addresses,
            is_tls,
        })
    }

    /// Sends octets, and reads the answer to them.
    pub async fn ask(&self, octets: &[u8]) -> Result<RawAnswer, RawError> {
        let stream = timeout(CONNECT, self.connect())
            .await
            .map_err(|_| RawError::Connect("it took too long".to_owned()))??;
        if !self.is_tls {
            return exchange(stream, octets).await;
        }
        let stream = timeout(CONNECT, self.encrypt(stream))
            .await
            .map_err(|_| RawError::Tls("it took too long"))??;
        exchange(stream, octets).await
    }

    async fn connect(&self) -> Result<TcpStream, RawError> {
        TcpStream::connect(self.addresses.as_slice())
            .await
            .map_err(|cause| RawError::Connect(cause.to_string()))
    }

    async fn encrypt(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, RawError> {
        let told = |cause: native_tls::Error| RawError::Tls(in_plain_words(&cause.to_string()));
        let connector = native_tls::TlsConnector::new().map_err(told)?;
        let name = self.host.trim_start_matches('[').trim_end_matches(']');
        let connector = TlsConnector::from(connector);
        connector.connect(name, stream).await.map_err(told)
    }
}

/// Why TLS could not be agreed on.
fn in_plain_words(cause: &str) -> &'static str {
    let text = cause.to_ascii_lowercase();
    let has = |part: &str| text.contains(part);
    if has("self-signed") || has("self signed") || has("unable to get") {
        "this machine does not trust who issued the certificate"
    } else if has("mismatch") {
        "the certificate is for another host name"
    } else if has("expired") || has("not yet valid") {
        "the certificate has expired or is not valid yet, or this machine's clock is wrong"
    } else if has("certificate") {
        "the certificate cannot be verified"
    } else {
        "the port does not speak https as this machine does"
    }
}

impl RawAnswer {
    /// The first header of a name; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let mut all = self.headers.iter();
        all.find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.as_str())
    }

    /// An answer that has come so far; none while its head is not there.
    fn read(octets: &[u8]) -> Result<Option<Self>, RawError> {
        let mut rest = octets;
        loop {
            let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") else {
                return if rest.len() > LARGEST_HEAD {
                    Err(RawError::NoHttp)
                } else {
                    Ok(None)
                };
            };
            let (head, body) = rest.split_at(end + 4);
            let answer = Self::of_head(&String::from_utf8_lossy(head), body)?;
            // What stands before the answer (RFC 9110, section 15.2); 101 is one.
            if (100..200).contains(&answer.status) && answer.status != 101 {
                rest = body;
                continue;
            }
            return Ok(Some(answer));
        }
    }

    fn of_head(head: &str, body: &[u8]) -> Result<Self, RawError> {
        let mut lines = head.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first
            .strip_prefix("HTTP/1.")
            .and_then(|rest| rest.split(' ').nth(1))
            .filter(|code| code.len() == 3)
            .and_then(|code| code.parse().ok())
            .ok_or(RawError::NoHttp)?;
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Ok(Self {
            status,
            headers,
            body: String::from_utf8_lossy(body).into_owned(),
        })
    }

    /// Whether nothing more comes: the connection may stay open all the same.
    fn is_whole(&self) -> bool {
        if matches!(self.status, 101 | 204 | 304) {
            return true;
        }
        if self.header("transfer-encoding").contains("chunked") {
            return self.body.ends_with("0\r\n\r\n");
        }
        let length = self.header("content-length").parse::<usize>();
        length.is_ok_and(|length| self.body.len() >= length)
    }
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    octets: &[u8],
) -> Result<RawAnswer, RawError> {
    let mut came = Vec::new();
    let talk = async {
        // Who refuses a request early closes before he has read it.
        let written: io::Result<()> = async {
            stream.write_all(octets).await?;
            stream.flush().await
        }
        .await;
        let mut part = vec![0; 8 * 1024];
        while came.len() < LARGEST {
            match stream.read(&mut part).await {
                Ok(0) | Err(_) => break,
                Ok(length) => came.extend_from_slice(&part[..length]),
            }
            if RawAnswer::read(&came)?.is_some_and(|answer| answer.is_whole()) {
                break;
            }
        }
        written.map_err(|_| RawError::Closed)
    };
    let ended = timeout(ANSWER, talk).await;
    // What has come counts, however the connection ended.
    match (RawAnswer::read(&came)?, ended) {
        (Some(answer), _) => Ok(answer),
        (None, Err(_)) => Err(RawError::Late),
        (None, Ok(Err(cause))) => Err(cause),
        (None, Ok(Ok(()))) if came.is_empty() => Err(RawError::Closed),
        (None, Ok(Ok(()))) => Err(RawError::NoHttp),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A server that says this to whoever comes, and what came.
    async fn saying(answer: &'static [u8]) -> (RawTarget, tokio::task::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = vec![0; 4096];
            let length = stream.read(&mut heard).await.unwrap();
            stream.write_all(answer).await.unwrap();
            heard.truncate(length);
            heard
        });
        let target = RawTarget::find(false, "127.0.0.1", port).await.unwrap();
        (target, heard)
    }

    #[tokio::test]
    async fn a_request_goes_out_as_it_is_written() {
        let octets = b"GET //a/../b;c#d HTTP/1.1\r\nHost: A.\r\nhost: b\r\nX_y: \xff\r\n\r\n";
        let (target, heard) =
            saying(b"HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 401 No\r\nWWW-Authenticate:  x \r\nContent-Length: 2\r\n\r\nno").await;
        let answer = target.ask(octets).await.unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (401, "no"));
        assert_eq!(answer.header("www-authenticate"), "x");
        assert_eq!(heard.await.unwrap(), octets);
    }

    #[test]
    fn a_certificate_is_told_in_plain_words() {
        for (cause, part) in [
            (
                "certificate verify failed: (self-signed certificate)",
                "does not trust",
            ),
            (
                "certificate verify failed: (Hostname mismatch)",
                "another host name",
            ),
            (
                "certificate verify failed: (certificate has expired)",
                "has expired",
            ),
            (
                "certificate verify failed: (path length)",
                "cannot be verified",
            ),
            ("wrong version number", "does not speak https"),
        ] {
            assert!(in_plain_words(cause).contains(part), "{cause}");
        }
    }

    #[tokio::test]
    async fn what_is_no_answer_is_an_error() {
        for (said, error) in [
            (&b""[..], RawError::Closed),
            (b"220 smtp.example.com\r\n\r\n", RawError::NoHttp),
            (b"HTTP/1.1 99999 x\r\n\r\n", RawError::NoHttp),
            (b"HTTP/1.1 200 OK\r\nA", RawError::NoHttp),
        ] {
            let (target, _heard) = saying(said).await;
            assert_eq!(target.ask(b"GET / HTTP/1.1\r\n\r\n").await, Err(error));
        }
        let nobody = RawTarget::find(false, "127.0.0.1", 1).await.unwrap();
        let refused = nobody.ask(b"x").await;
        assert!(matches!(refused, Err(RawError::Connect(_))), "{refused:?}");
        let unknown = RawTarget::find(false, "doctor.invalid", 80).await;
        assert!(matches!(unknown, Err(RawError::Name(_))), "{unknown:?}");
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_cut() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(&[b'x'; 1024]).await.is_ok() {}
        });
        let target = RawTarget::find(false, "127.0.0.1", port).await.unwrap();
        let answer = target.ask(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.body.len() <= LARGEST + 8 * 1024);
    }
}
