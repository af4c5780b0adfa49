//! Asks each origin, as a browser would, whether it leads to this installation.
//!
//! Invariant: what is affirmed was tried.

use std::net::{IpAddr, SocketAddr};

use futures_util::StreamExt as _;
use futures_util::stream;

use super::Findings;
use crate::app::{Arrived, Question};
use crate::domain::{Company, Origin, Slug};
use crate::keys::Keys;
use crate::outbound::{ProbeError, Probed, probe};

const AREA: &str = "origins";
/// Origins that are asked at a time.
const AT_ONCE: usize = 8;

/// Asks every origin of every company.
pub(super) async fn ask(companies: &[Company], keys: &Keys, findings: &mut Findings) {
    let all = companies
        .iter()
        .flat_map(|company| company.origins().map(move |origin| (&company.slug, origin)));
    let asked = all.map(|(slug, origin)| async move {
        let question = Question::new(keys);
        let answer = probe(&format!("{origin}/healthz?nonce={}", question.text)).await;
        (slug, origin, question, answer)
    });
    let mut answers = stream::iter(asked).buffered(AT_ONCE);
    while let Some((slug, origin, question, answer)) = answers.next().await {
        match answer {
            Ok(probed) => judge(slug, origin, keys, &question, &probed, findings),
            Err(ProbeError::Name(host)) => findings.error(
                AREA,
                format!("{slug}: DNS does not know the host {host}."),
                "Make a DNS entry that leads to the reverse proxy.",
            ),
            Err(ProbeError::Way(cause)) => findings.error(
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
    question: &Question,
    probed: &Probed,
    findings: &mut Findings,
) {
    let Ok(arrived) = serde_json::from_slice::<Arrived>(&probed.body) else {
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
        findings.error(AREA, format!("{slug}: {origin} {what}."), next);
        return;
    };
    if !question.is_answered(keys, &arrived) {
        findings.error(
            AREA,
            format!("{slug}: {origin} leads to another installation."),
            "Let it lead to this one.",
        );
        return;
    }
    let host = crate::domain::origin::host_key_of(&arrived.host);
    let same = |key: &str| key.strip_suffix(":443").unwrap_or(key) == origin.host_key();
    if !host.as_deref().is_some_and(same) {
        findings.error(
            AREA,
            format!("{slug}: the reverse proxy of {origin} passes the Host on as \"{}\", for which there is no company.", arrived.host),
            "Let it pass Host on unchanged, in nginx: proxy_set_header Host $http_host;",
        );
        return;
    }
    findings.ok(AREA, format!("{slug}: {origin} leads here, with its Host"));
    forwarded(slug, origin, &arrived, findings);
}

/// What `trusted_proxies` makes of what arrived.
fn forwarded(slug: &Slug, origin: &Origin, arrived: &Arrived, findings: &mut Findings) {
    let peer = &arrived.peer;
    match (arrived.trusted, arrived.forwarded.is_empty()) {
        (true, false) if names_a_client(&arrived.forwarded) => findings.ok(
            AREA,
            format!("{slug}: the proxy {peer} is trusted and names the client, {}", arrived.client),
        ),
        (true, false) => findings.warn(
            AREA,
            format!("{slug}: the proxy {peer} is trusted, and what it names is no client's address: {}.", arrived.forwarded),
            "Let it write the client's address as the last entry of X-Forwarded-For, in nginx: proxy_set_header X-Forwarded-For $remote_addr;",
        ),
        (true, true) => findings.warn(
            AREA,
            format!("{slug}: the proxy {peer} is trusted and sends no X-Forwarded-For, so that all its clients count as one."),
            "In nginx: proxy_set_header X-Forwarded-For $remote_addr;",
        ),
        (false, false) => findings.warn(
            AREA,
            format!("{slug}: {peer} sends X-Forwarded-For and is not trusted, so that all its clients count as one."),
            format!("If it is your reverse proxy: trusted_proxies = [\"{peer}\"]"),
        ),
        (false, true) if origin.is_https() => findings.warn(
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
