//! The address of a request's client.
//!
//! Invariant: a proxy's word counts only when the proxy is trusted, and what the client wrote itself is not read.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::serve::local::LocalProxy;
use crate::app::App;
use crate::config::IpBlock;

/// The other end of the connection; the server puts it beside each request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The client's address, for rate limits and the audit log. A proxy's word counts only when the proxy is trusted.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub Option<IpAddr>);

impl FromRequestParts<Arc<App>> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let trusted = &app.config.trusted_proxies;
        let peer = parts.extensions.get::<Peer>();
        let peer = peer.map(|peer| peer.0.ip().to_canonical());
        if peer.is_none() && parts.extensions.get::<LocalProxy>().is_none() {
            return Ok(Self(None));
        }
        Ok(Self(client_address(peer, &parts.headers, trusted)))
    }
}

/// From right to left, as the proxies appended: the first address that is not a trusted proxy is the client.
///
/// What stands left of it was written by the client, and is not even read. Where a trusted proxy wrote no address, that
/// proxy is the client: nothing further to the left is worth more.
fn client_address(
    peer: Option<IpAddr>,
    headers: &HeaderMap,
    trusted: &[IpBlock],
) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|block| block.contains(address));
    let mut nearest = peer;
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let mut hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    while nearest.is_none_or(is_trusted)
        && let Some(address) = hops.next().and_then(forwarded_address)
    {
        nearest = Some(address);
    }
    nearest
}

/// An address, as proxies write it: bare, in brackets, or with a port.
fn forwarded_address(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim_matches([' ', '\t']);
    text.parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    fn client(peer: &str, forwarded: &[&[u8]]) -> String {
        let trusted = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];
        let trusted = trusted.map(|block| block.parse::<IpBlock>().unwrap());
        let name = header::HeaderName::from_static("x-forwarded-for");
        let headers = forwarded
            .iter()
            .map(|value| {
                let value = header::HeaderValue::from_bytes(value).unwrap();
                (name.clone(), value)
            })
            .collect();
        let peer = Some(peer.parse().unwrap());
        let client = client_address(peer, &headers, &trusted).unwrap();
        client.to_string()
    }

    #[test]
    fn a_proxys_word_counts_when_it_is_trusted() {
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &[b"198.51.100.1"]), "198.51.100.1");
        // Two proxies, in one line and in lines of their own.
        for hops in [
            &[&b"198.51.100.1, 10.1.1.1"[..]][..],
            &[b"198.51.100.1", b"10.1.1.1"],
            &[b"198.51.100.1,10.2.2.2", b" 10.1.1.1\t,fd00::1"],
        ] {
            assert_eq!(client("127.0.0.1", hops), "198.51.100.1");
        }
        // A client within the trusted network.
        assert_eq!(client("127.0.0.1", &[b"10.2.2.2"]), "10.2.2.2");
        assert_eq!(client("127.0.0.1", &[b"10.3.3.3, 10.2.2.2"]), "10.3.3.3");
        assert_eq!(client("fd00::1", &[b"2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn an_address_is_read_as_proxies_write_it() {
        for (written, address) in [
            ("198.51.100.1:4711", "198.51.100.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("[::ffff:198.51.100.1]:80", "198.51.100.1"),
        ] {
            assert_eq!(client("127.0.0.1", &[written.as_bytes()]), address);
        }
    }

    // Q16: whoever may open the socket is trusted, and what it says is read like any other proxy's word.
    #[test]
    fn behind_the_socket_is_who_is_no_trusted_proxy() {
        let trusted: Vec<IpBlock> = vec!["10.0.0.0/8".parse().unwrap()];
        let name = header::HeaderName::from_static("x-forwarded-for");
        for (hops, expected) in [
            ("198.51.100.1", Some("198.51.100.1")),
            ("1.2.3.4, 198.51.100.1, 10.1.1.1", Some("198.51.100.1")),
            ("unknown", None),
        ] {
            let value = header::HeaderValue::from_static(hops);
            let headers = HeaderMap::from_iter([(name.clone(), value)]);
            let found = client_address(None, &headers, &trusted);
            assert_eq!(found, expected.map(|it| it.parse().unwrap()), "{hops}");
        }
    }

    #[test]
    fn nobody_else_decides_who_the_client_is() {
        // Who is not a trusted proxy is the client, whatever it says.
        for spoofed in ["198.51.100.1", "127.0.0.1", "10.1.1.1", "rubbish", ""] {
            assert_eq!(client("203.0.113.9", &[spoofed.as_bytes()]), "203.0.113.9");
        }
        assert_eq!(client("::1", &[b"198.51.100.1"]), "::1", "not 127.0.0.1");
        // What the client wrote stands to the left of what the proxy saw, and is not read.
        for written in [
            &b"1.2.3.4"[..],
            b"127.0.0.1",
            b"10.9.9.9",
            b"\xff\xfe",
            b"",
            b",,",
        ] {
            let line = [written, b", 198.51.100.1"].concat();
            assert_eq!(client("127.0.0.1", &[&line]), "198.51.100.1");
            assert_eq!(
                client("127.0.0.1", &[written, b"198.51.100.1"]),
                "198.51.100.1"
            );
            let line = [written, b", 198.51.100.1, 10.1.1.1"].concat();
            assert_eq!(client("127.0.0.1", &[&line]), "198.51.100.1");
        }
        // A trusted proxy that writes no address stands for its clients itself.
        for garbage in [
            "",
            " ",
            "unknown",
            "_hidden",
            "\"198.51.100.1\"",
            "198.51.100.1;",
            "198.51.100",
            "198.51.100.1.",
            "198.51.100.1:99999",
            "2001:db8::1%eth0",
            "1.2.3.4 5.6.7.8",
        ] {
            let line = format!("198.51.100.1, {garbage}");
            assert_eq!(
                client("127.0.0.1", &[line.as_bytes()]),
                "127.0.0.1",
                "{garbage}"
            );
            let line = format!("198.51.100.1, {garbage}, 10.1.1.1");
            assert_eq!(
                client("127.0.0.1", &[line.as_bytes()]),
                "10.1.1.1",
                "{garbage}"
            );
        }
    }
}
