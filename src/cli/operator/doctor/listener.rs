//! The address that the server listens on: free, or its own already.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};

use super::Diagnoses;
use crate::config::Config;

/// A server on this machine answers within this time.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(2);

/// Whether the server could listen. Its own process may be the one that does: whether it seems so.
pub(super) fn look(config: &Config, diagnoses: &mut Diagnoses) -> bool {
    const AREA: &str = "listen";
    match TcpListener::bind(config.listen) {
        Ok(_) => diagnoses.ok(AREA, format!("{} is free", config.listen)),
        Err(cause) if cause.kind() == ErrorKind::AddrInUse => {
            if is_vestibule(config.listen) {
                diagnoses.ok(AREA, format!("a server that answers as Vestibule does runs on {}", config.listen));
                return true;
            }
            diagnoses.error(
                AREA,
                format!("Something else listens on {}.", config.listen),
                "Stop it, or set another address with `listen` or VESTIBULE_LISTEN.",
            );
        }
        Err(cause) => diagnoses.error(
            AREA,
            format!("The server cannot listen on {}: {cause}.", config.listen),
            "Set an address of this machine and a port that this user may use, with `listen` or VESTIBULE_LISTEN.",
        ),
    }
    false
}

/// Asks what listens whether it is a server of ours.
pub(in crate::cli) fn is_vestibule(listen: SocketAddr) -> bool {
    let mut address = listen;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let answer = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&address, ANSWER)?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.set_write_timeout(Some(ANSWER))?;
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = vec![0; 1024];
        let length = stream.read(&mut answer)?;
        answer.truncate(length);
        Ok(answer)
    };
    answer().is_ok_and(|answer| answer.starts_with(b"HTTP/1.1 200"))
}
