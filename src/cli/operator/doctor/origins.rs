//! Asks each origin, as a browser would, whether it leads to this installation.
//!
//! Invariant: what is affirmed was tried.

use std::net::{IpAddr, SocketAddr};

use futures_util::StreamExt as _;
use futures_util::stream;
use time::{Duration, OffsetDateTime};

use super::Diagnoses;
use super::clock::BETWEEN_NODES;
use crate::app::{Arrived, ProofAnswer, ProofQuestion};
use crate::clock::Clock;
use crate::domain::{Company, Origin, Slug};
use crate::keys::Keys;
use crate::outbound::{ProbeError, Probed, probe};

const AREA: &str = "origins";
/// Origins that are asked at a time.
const AT_ONCE: usize = 8;

/// Asks every origin of every company.
pub(super) async fn ask(
    companies: &[Company],
    keys: &Keys,
    clock: &Clock,
    diagnoses: &mut Diagnoses,
) {
    let all = companies
        .iter()
        .flat_map(|company| company.origins().map(move |origin| (&company.slug, origin)));
    let asked = all.map(|(slug, origin)| async move {
        let before = clock.now();
        let question = ProofQuestion::new(keys, before);
        let answer = probe(&format!("{origin}/healthz?nonce={}", question.text)).await;
        let middle = before + (clock.now() - before) / 2;
        (slug, origin, (question, middle), answer)
    });
    let mut answers = stream::iter(asked).buffered(AT_ONCE);
    while let Some((slug, origin, asked, answer)) = answers.next().await {
        match answer {
            Ok(probed) => judge(slug, origin, keys, &asked, &probed, diagnoses),
            Err(ProbeError::Name(host)) => diagnoses.error(
                AREA,
                format!("{slug}: DNS does not know the host {host}."),
                "Make a DNS entry that leads to the reverse proxy.",
            ),
            Err(ProbeError::Way(cause)) => diagnoses.error(
                AREA,
                format!("{slug}: {origin} could not be asked: {cause}"),
                "Look whether the reverse proxy runs, and at its certificate. From inside of a network the way may be another one than a browser's.",
            ),
        }
    }
}

fn judge(
    slug: &Slug,
    origin: &Origin,
    keys: &Keys,
    (question, asked): &(ProofQuestion, OffsetDateTime),
    probed: &Probed,
    diagnoses: &mut Diagnoses,
) {
    let Ok(answer) = serde_json::from_slice::<ProofAnswer>(&probed.body) else {
        let (what, next) = if probed.status == 200 && probed.body == b"ok\n" {
            (
                "leads to a Vestibule with another instance key, or of another version".to_owned(),
                "Let it lead to this one, or give every node the same keys and version.",
            )
        } else {
            (
                format!(
                    "leads to something that answers {}, and not as this server does",
                    probed.status
                ),
                "Look where the reverse proxy sends it (proxy_pass), and whether the server runs there.",
            )
        };
        diagnoses.error(AREA, format!("{slug}: {origin} {what}."), next);
        return;
    };
    if !question.is_answered(keys, &answer) {
        diagnoses.error(
            AREA,
            format!("{slug}: {origin} leads to another installation."),
            "Let it lead to this one.",
        );
        return;
    }
    clocks(slug, origin, *asked, &answer, diagnoses);
    let Some(arrived) = answer.arrived else {
        return;
    };
    let host = crate::domain::origin::host_key_of(&arrived.host);
    let same = |key: &str| key.strip_suffix(":443").unwrap_or(key) == origin.host_key();
    if !host.as_deref().is_some_and(same) {
        diagnoses.error(
            AREA,
            format!("{slug}: the reverse proxy of {origin} passes the Host on as \"{}\", for which there is no company.", arrived.host),
            "Let it pass Host on unchanged, in nginx: proxy_set_header Host $http_host;",
        );
        return;
    }
    diagnoses.ok(AREA, format!("{slug}: {origin} leads here, with its Host"));
    forwarded(slug, origin, &arrived, diagnoses);
}

/// The server's clock beside this machine's. A server that takes the question for an old one, or one of the future, says no more.
fn clocks(
    slug: &Slug,
    origin: &Origin,
    asked: OffsetDateTime,
    answer: &ProofAnswer,
    diagnoses: &mut Diagnoses,
) {
    let ahead = answer.clock().map_or(Duration::ZERO, |clock| clock - asked);
    let text = format!(
        "{slug}: the clock of the server behind {origin} is {} seconds {} this machine's.",
        ahead.abs().whole_seconds(),
        if ahead.is_negative() {
            "behind"
        } else {
            "ahead of"
        }
    );
    if answer.arrived.is_none() {
        diagnoses.error(
            "clock",
            text,
            "Let both keep time by NTP, and run doctor again: so far apart, the server does not tell what arrives there.",
        );
    } else if ahead.abs() > BETWEEN_NODES {
        diagnoses.warn("clock", text, "Let both keep time by NTP.");
    }
}

/// What `trusted_proxies` makes of what arrived.
fn forwarded(slug: &Slug, origin: &Origin, arrived: &Arrived, diagnoses: &mut Diagnoses) {
    let peer = &arrived.peer;
    match (arrived.trusted, arrived.forwarded.is_empty()) {
        (true, false) if names_a_client(&arrived.forwarded) => diagnoses.ok(
            AREA,
            format!("{slug}: the proxy {peer} is trusted and names the client, {}", arrived.client),
        ),
        (true, false) => diagnoses.warn(
            AREA,
            format!("{slug}: the proxy {peer} is trusted, and what it names is no client's address: {}.", arrived.forwarded),
            "Let it write the client's address as the last entry of X-Forwarded-For, in nginx: proxy_set_header X-Forwarded-For $remote_addr;",
        ),
        (true, true) => diagnoses.warn(
            AREA,
            format!("{slug}: the proxy {peer} is trusted and sends no X-Forwarded-For, so that all its clients count as one."),
            "In nginx: proxy_set_header X-Forwarded-For $remote_addr;",
        ),
        (false, false) => diagnoses.warn(
            AREA,
            format!("{slug}: {peer} sends X-Forwarded-For and is not trusted, so that all its clients count as one."),
            format!("If it is your reverse proxy: trusted_proxies = [\"{peer}\"]"),
        ),
        (false, true) if origin.is_https() => diagnoses.warn(
            AREA,
            format!("{slug}: the proxy {peer} is not trusted and sends no X-Forwarded-For, so that all its clients count as one."),
            format!("Set trusted_proxies = [\"{peer}\"], and in nginx: proxy_set_header X-Forwarded-For $remote_addr;"),
        ),
        (false, true) => {}
    }
}

/// Whether the entry that the proxy wrote is an address, with a port or without.
fn names_a_client(forwarded: &str) -> bool {
    let last = forwarded.rsplit(',').next().unwrap_or_default().trim();
    last.parse::<IpAddr>().is_ok() || last.parse::<SocketAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::cli::operator::doctor::State;
    use crate::config::Config;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00:00 UTC);

    /// What is found out when the server's clock is ahead by so many seconds.
    fn found(keys: &Keys, ahead: i64) -> Diagnoses {
        let asked = ProofQuestion::new(keys, NOW);
        let read = ProofQuestion::read(keys, &asked.text).unwrap();
        let arrived = Arrived {
            host: "acme.localhost:8080".to_owned(),
            peer: "127.0.0.1".to_owned(),
            trusted: false,
            forwarded: String::new(),
            client: "127.0.0.1".to_owned(),
        };
        let answer = read.answer(keys, NOW + Duration::seconds(ahead), arrived);
        let probed = Probed {
            status: 200,
            body: serde_json::to_vec(&answer).unwrap(),
        };
        let mut diagnoses = Diagnoses::default();
        let origin = "http://acme.localhost:8080".parse().unwrap();
        let slug = "acme".parse().unwrap();
        judge(&slug, &origin, keys, &(asked, NOW), &probed, &mut diagnoses);
        diagnoses
    }

    #[test]
    fn a_server_with_another_clock_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            data_dir: dir.path().to_owned(),
            ..Config::default()
        };
        let keys = Keys::load(&config, NOW).unwrap();
        for (seconds, state, text) in [
            (0, None, ""),
            (4, None, ""),
            (-5, None, ""),
            (42, Some(State::Warning), "42 seconds ahead of"),
            (-300, Some(State::Warning), "300 seconds behind"),
            (301, Some(State::Error), "301 seconds ahead of"),
            (-86_400, Some(State::Error), "86400 seconds behind"),
        ] {
            let found = found(&keys, seconds).0;
            let clock = found.iter().find(|it| it.area == "clock");
            assert_eq!(clock.map(|it| it.state), state, "{seconds}: {found:?}");
            assert!(clock.is_none_or(|it| it.text.contains(text)), "{found:?}");
            // Too far apart, nothing is told of what arrives.
            let leads = found.iter().any(|it| it.text.contains("leads here"));
            assert_eq!(leads, state != Some(State::Error), "{seconds}: {found:?}");
        }
    }
}
