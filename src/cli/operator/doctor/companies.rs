//! Companies: their origins and what they have nearly all of. Their connections are `connections.rs`.

use std::net::IpAddr;

use time::OffsetDateTime;

use super::{Diagnoses, connections};
use crate::config::Config;
use crate::domain::{Company, Origin, Usage};
use crate::store::{Error, Store};

pub(super) async fn look(
    config: &Config,
    store: &Store,
    now: OffsetDateTime,
    diagnoses: &mut Diagnoses,
) -> Result<Vec<Company>, Error> {
    let companies = store.companies().await?;
    if companies.is_empty() {
        diagnoses.warn(
            "companies",
            "There is no company yet.",
            "Add one: vestibule company add SLUG --name NAME --origin URL",
        );
    }
    if let Some(single) = &config.single_company
        && !companies
            .iter()
            .any(|company| company.slug.as_str() == single)
    {
        diagnoses.error(
            "companies",
            format!("single_company names \"{single}\", which is not there."),
            "Add it, or correct single_company.",
        );
    }
    for company in &companies {
        if company.suspended_at.is_some() {
            let slug = &company.slug;
            let text = format!(
                "{slug}: suspended, its site is closed. Open it with: vestibule company resume {slug}"
            );
            diagnoses.ok("companies", text);
        }
        for origin in company.origins() {
            look_at_origin(config, company, origin, diagnoses);
        }
        let connections = store.connections(company.id).await?;
        connections::look(company, &connections, now, diagnoses);
        look_at_quotas(company, &store.usage(company.id, now).await?, diagnoses);
    }
    look_for_duplicates(&companies, diagnoses);
    Ok(companies)
}

fn look_at_origin(config: &Config, company: &Company, origin: &Origin, diagnoses: &mut Diagnoses) {
    const AREA: &str = "origins";
    let slug = &company.slug;
    if origin.is_https() {
        // It is asked further down, when the server runs.
    } else if !config.plain_http.permits(origin.host()) {
        diagnoses.error(
            AREA,
            format!("{slug}: {origin} is not served, because plain_http does not permit it."),
            "Use https, or set plain_http = \"loopback\" for development.",
        );
    } else if !listens_at(config, origin) {
        diagnoses.warn(
            AREA,
            format!(
                "{slug}: {origin} does not lead to the listen address {}.",
                config.listen
            ),
            "Without a reverse proxy in front, set `listen` to the origin's address and port.",
        );
    } else {
        diagnoses.ok(AREA, format!("{slug}: {origin}, served by this process"));
    }
}

/// Whether a plain http origin reaches the listening socket without a proxy.
fn listens_at(config: &Config, origin: &Origin) -> bool {
    let key = origin.host_key();
    let port = key
        .strip_prefix(origin.host())
        .and_then(|rest| rest.strip_prefix(':'))
        .and_then(|port| port.parse().ok())
        .unwrap_or(80);
    let bare = origin.host().trim_start_matches('[').trim_end_matches(']');
    let listen = config.listen.ip();
    let same_address = match bare.parse::<IpAddr>() {
        Ok(address) => address == listen,
        // A name of loopback leads to 127.0.0.1 or ::1.
        Err(_) => listen.is_loopback(),
    };
    config.listen.port() == port && (listen.is_unspecified() || same_address)
}

/// The store refuses the same host name twice; the same host with its default port spelt out is another name to it.
fn look_for_duplicates(companies: &[Company], diagnoses: &mut Diagnoses) {
    let mut seen: Vec<(String, &Company)> = Vec::new();
    for company in companies {
        for origin in company.origins() {
            let key = origin.host_key();
            let host = key
                .strip_suffix(":443")
                .or_else(|| key.strip_suffix(":80"))
                .unwrap_or(key);
            if let Some((_, other)) = seen
                .iter()
                .find(|(known, other)| known == host && other.id != company.id)
            {
                diagnoses.warn(
                    "origins",
                    format!(
                        "{} and {} have the same host name {host}, with different ports.",
                        other.slug, company.slug
                    ),
                    "Cookies do not know ports: give each company a host name of its own.",
                );
            }
            seen.push((host.to_owned(), company));
        }
    }
}

/// What a company has nearly all of.
fn look_at_quotas(company: &Company, usage: &[Usage], diagnoses: &mut Diagnoses) {
    for usage in usage.iter().filter(|usage| usage.is_told()) {
        let (slug, family) = (&company.slug, usage.family);
        diagnoses.warn(
            "quotas",
            format!(
                "{slug}: {} of {} {}.",
                usage.counted(),
                usage.quota,
                family.name()
            ),
            format!(
                "{}, or allow more: vestibule company quota {slug} {} NUMBER",
                family.clean(),
                family.option()
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_origins_the_listen_address_serves() {
        for (listen, origin, expected) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080", true),
            ("127.0.0.1:8080", "http://acme.localhost:8080", true),
            ("127.0.0.1:8080", "http://127.0.0.2:8080", false),
            ("127.0.0.1:8080", "http://127.0.0.1:8081", false),
            ("0.0.0.0:8080", "http://127.0.0.2:8080", true),
            ("[::]:80", "http://localhost", true),
            ("[::1]:80", "http://[::1]", true),
        ] {
            let config = Config {
                listen: listen.parse().unwrap(),
                ..Config::default()
            };
            let origin: Origin = origin.parse().unwrap();
            assert_eq!(listens_at(&config, &origin), expected, "{listen} {origin}");
        }
    }
}
