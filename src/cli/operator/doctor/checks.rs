//! Data directory, clock, keys, database.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use time::{Duration, OffsetDateTime};

use super::Findings;
use crate::app::quotas;
use crate::cli::text::full;
use crate::clock::Clock;
use crate::config::Config;
use crate::keys;
use crate::store::Store;

/// A server on this machine answers within this time.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(2);

/// What there is where the configuration says.
pub(super) enum Database {
    /// It answers; how far its clock is from ours.
    Open {
        store: Store,
        drift: Option<Duration>,
    },
    /// The first start makes it.
    New,
    Unusable,
}

/// Whether the server could listen. Its own process may be the one that does: whether it seems so.
pub(super) fn listen(config: &Config, findings: &mut Findings) -> bool {
    const AREA: &str = "listen";
    match TcpListener::bind(config.listen) {
        Ok(_) => findings.ok(AREA, format!("{} is free", config.listen)),
        Err(cause) if cause.kind() == ErrorKind::AddrInUse => {
            if is_vestibule(config.listen) {
                findings.ok(AREA, format!("a server that answers as Vestibule does runs on {}", config.listen));
                return true;
            }
            findings.error(
                AREA,
                format!("Something else listens on {}.", config.listen),
                "Stop it, or set another address with `listen` or VESTIBULE_LISTEN.",
            );
        }
        Err(cause) => findings.error(
            AREA,
            format!("The server cannot listen on {}: {cause}.", config.listen),
            "Set an address of this machine and a port that this user may use, with `listen` or VESTIBULE_LISTEN.",
        ),
    }
    false
}

/// Asks what listens whether it is a server of ours.
pub(super) fn is_vestibule(listen: SocketAddr) -> bool {
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

pub(super) fn data_directory(config: &Config, findings: &mut Findings) {
    const AREA: &str = "data";
    let dir = &config.data_dir;
    let found = std::fs::metadata(dir);
    if let Err(cause) = &found
        && cause.kind() != ErrorKind::NotFound
    {
        findings.error(
            AREA,
            format!("{} cannot be looked at: {cause}.", dir.display()),
            "It may well be there. Run this as the user that runs the server.",
        );
        return;
    }
    let Ok(metadata) = found else {
        let above = dir.ancestors().skip(1).find_map(|above| {
            let above = if above.as_os_str().is_empty() {
                Path::new(".")
            } else {
                above
            };
            above.exists().then_some(above)
        });
        match above.map(write_probe) {
            Some(Err(cause)) => findings.error(
                AREA,
                format!("{} cannot be made: {cause}.", dir.display()),
                "Make it for the user that runs the server, or set another with `data_dir`.",
            ),
            _ => findings.warn(
                AREA,
                format!("{} does not exist yet.", dir.display()),
                "The first start makes it.",
            ),
        }
        return;
    };
    if let Err(cause) = write_probe(dir) {
        findings.error(
            AREA,
            format!("{} cannot be written: {cause}.", dir.display()),
            "Let it belong to the user that runs the server.",
        );
    } else if metadata.mode() & 0o027 != 0 {
        findings.warn(
            AREA,
            format!(
                "{} is open to other users of this machine (mode {:04o}).",
                dir.display(),
                metadata.mode() & 0o7777
            ),
            format!("Run: chmod 700 {}", dir.display()),
        );
    } else {
        findings.ok(AREA, format!("{} can be written", dir.display()));
    }
}

/// Whether files can be made in a directory: one is, and removed at once.
fn write_probe(dir: &Path) -> std::io::Result<()> {
    let probe = dir.join(format!(".doctor-{}", keys::hex(&keys::random::<8>())));
    let written = OpenOptions::new().write(true).create_new(true).open(&probe);
    let _ = std::fs::remove_file(&probe);
    written.map(drop)
}

pub(super) fn clock(now: OffsetDateTime, findings: &mut Findings) {
    const AREA: &str = "clock";
    if (2025..2100).contains(&now.year()) {
        findings.ok(AREA, crate::cli::output::timestamp(now));
    } else {
        findings.error(
            AREA,
            format!("The clock says {}.", crate::cli::output::timestamp(now)),
            "Set it, and let it be kept by NTP: every assertion is judged by it.",
        );
    }
}

/// Opens the database, unless that would make a new one.
pub(super) async fn database(config: &Config, clock: &Clock, findings: &mut Findings) -> Database {
    const AREA: &str = "database";
    let file = config.sqlite_file();
    if let Some(file) = &file
        && let Err(cause) = file.try_exists()
    {
        findings.error(
            AREA,
            format!("{} cannot be looked at: {cause}.", full(file)),
            "It may well be there. Run this as the user that runs the server.",
        );
        return Database::Unusable;
    }
    if let Some(file) = file.filter(|file| !file.exists()) {
        findings.warn(
            AREA,
            format!("{} does not exist yet.", full(&file)),
            "The first start makes it. If there is one already, name its configuration file with --config.",
        );
        return Database::New;
    }
    let store = match Store::open(&config.database_url(), keys::hash).await {
        Ok(store) => store.with_quotas(quotas(&config.quota)),
        Err(error) => {
            findings.error(
                AREA,
                ended(format!("It cannot be used: {error}")),
                "Check database.url, that the server runs, and the user's rights.",
            );
            return Database::Unusable;
        }
    };
    let before = clock.now();
    let mut drift = None;
    match store.pulse().await {
        Ok(pulse) => {
            let after = clock.now();
            findings.ok(
                AREA,
                format!(
                    "{}, schema {}, {} ms for a round trip: {}",
                    store.backend_name(),
                    pulse.schema,
                    (after - before).whole_milliseconds(),
                    config.database_for_people()
                ),
            );
            drift = pulse
                .time
                .map(|time| time - (before + (after - before) / 2));
        }
        Err(error) => findings.error(AREA, ended(format!("It does not answer: {error}")), ""),
    }
    Database::Open { store, drift }
}

/// A cause as a sentence: some end as one already.
fn ended(mut text: String) -> String {
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}
