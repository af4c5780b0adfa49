//! What cannot be read as a request, and what a client still sends when its answer is there.
//!
//! hyper answers the former by itself, with a bare status. It is not configurable, so its answer is recognised on its way out and
//! kept back, and the edge's goes out in its place.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt as _;
use memchr::memmem;
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than an answer of hyper's own.
const LONGEST: usize = 192;
/// In the head of every answer that hyper has not made: one of the edge's, or one that came through us.
const NOT_ITS_OWN: [&[u8]; 2] = [b"x-content-type-options", b"\r\nvia: "];
/// How long a client that has its answer may send nothing before the connection closes.
const QUIET: Duration = Duration::from_secs(2);
/// What is read of it at once, in octets.
const PIECE: usize = 8 * 1024;

/// Where an answer of hyper's own begins in what it writes, and its status. It is the last that hyper writes.
pub(super) fn answer_of_hyper(octets: &[u8]) -> Option<(usize, StatusCode)> {
    // It has no body, and most others have one.
    if !octets.ends_with(b"\r\n\r\n") {
        return None;
    }
    let from = octets.len().saturating_sub(LONGEST);
    let at = from + memmem::rfind(octets.get(from..)?, b"HTTP/1.")?;
    let head = octets.get(at..)?;
    let status = StatusCode::from_bytes(head.get(9..12)?).ok()?;
    let its_own = matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::URI_TOO_LONG
            | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    );
    let is_others = |sign: &[u8]| memmem::find(head, sign).is_some();
    (its_own && !NOT_ITS_OWN.into_iter().any(is_others)).then_some((at, status))
}

/// Writes an answer that is the last on its connection.
pub(super) async fn write(
    stream: &mut TcpStream,
    answer: Response,
    now: OffsetDateTime,
    longest: Duration,
) {
    let (mut parts, body) = answer.into_parts();
    let Ok(body) = body.collect().await else {
        return;
    };
    let body = body.to_bytes();
    frame(&mut parts.headers, body.len(), now);
    let octets = octets(parts.status, &parts.headers, &body);
    // A client that does not take it has none.
    let _ = timeout(longest, async {
        stream.write_all(&octets).await?;
        stream.shutdown().await
    })
    .await;
}

/// What hyper adds to the answers that it writes.
fn frame(headers: &mut HeaderMap, length: usize, now: OffsetDateTime) {
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let date = now.format(format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    ));
    let date = date.ok().and_then(|date| HeaderValue::try_from(date).ok());
    headers.extend(date.map(|date| (header::DATE, date)));
}

fn octets(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Vec<u8> {
    let reason = status.canonical_reason().unwrap_or_default();
    let mut octets = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in headers {
        octets.extend_from_slice(name.as_str().as_bytes());
        octets.extend_from_slice(b": ");
        octets.extend_from_slice(value.as_bytes());
        octets.extend_from_slice(b"\r\n");
    }
    octets.extend_from_slice(b"\r\n");
    octets.extend_from_slice(body);
    octets
}

/// Reads what a client still sends, and forgets it, so that it comes to read its answer: a socket that closes with octets unread
/// takes the answer back (RFC 9112 9.6).
pub(super) async fn drain(stream: &mut TcpStream, longest: Duration) {
    let mut piece = vec![0; PIECE];
    let _ = timeout(longest, async {
        while let Ok(Ok(1..)) = timeout(QUIET, stream.read(&mut piece)).await {}
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_hyper_says_by_itself_is_kept_back() {
        let own = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\
                   date: Sun, 01 Mar 2026 12:00:00 GMT\r\n\r\n";
        let too_large = own.replace("400 Bad Request", "431 Request Header Fields Too Large");
        let before =
            "HTTP/1.1 200 OK\r\nx-content-type-options: nosniff\r\ncontent-length: 2\r\n\r\n{}";
        let found = |text: &str| answer_of_hyper(text.as_bytes()).map(|(at, it)| (at, it.as_u16()));
        assert_eq!(found(own), Some((0, 400)));
        assert_eq!(found(&too_large), Some((0, 431)));
        assert_eq!(found(&format!("{before}{own}")), Some((before.len(), 400)));
        for others in [
            "",
            "\r\n\r\n",
            before,
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 303 See Other\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\nx-content-type-options: nosniff\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\nvia: 1.1 vestibule\r\ncontent-length: 0\r\n\r\n",
            &format!("{own}{before}"),
        ] {
            assert_eq!(found(others), None, "{others}");
        }
    }
}
