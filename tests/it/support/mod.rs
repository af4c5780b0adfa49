//! What tests of whole behaviours stand on: an application in a directory of its own, the nouns, answers and browsers.

#[cfg(feature = "demo")]
mod browser;
#[cfg(feature = "demo")]
mod deployment;
mod process;
#[cfg(feature = "demo")]
mod vitals;

use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use axum::response::Response;
use http_body_util::BodyExt as _;
use time::OffsetDateTime;
use time::macros::datetime;
use tower::{Service, ServiceExt as _};
use vestibule::config::Config;
#[cfg(feature = "demo")]
use vestibule::config::Limits;
use vestibule::domain::{
    Company, CompanyDomain, CompanyId, Connection, ConnectionId, Group, GroupId, GroupKind,
    SamlSettings,
};
#[cfg(feature = "demo")]
use vestibule::domain::{Creation, User, UserId};
use vestibule::store::Store;

#[cfg(feature = "demo")]
pub(crate) use browser::{Browser, hidden_field, unescaped};
#[cfg(feature = "demo")]
pub(crate) use deployment::{
    ACME, Client, Deployment, Reply, Started, encoded_form, form, sign_in,
};
pub(crate) use process::{Installation, Said, Server};

/// When tests with a fixed clock begin.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// Where tests keep keys of ours, because making them takes seconds.
pub(crate) const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/test-keys");

/// A configuration that writes into `dir`.
pub(crate) fn config(dir: &Path) -> Config {
    let mut config = Config {
        data_dir: dir.to_owned(),
        ..Config::default()
    };
    config.keys.dir = Some(KEYS.into());
    config
}

/// The section of a configuration file in which no rate limit is set: a test asks more than one client may.
#[cfg(feature = "demo")]
pub(crate) fn no_rate_limits() -> String {
    let limits = serde_json::to_value(Limits::default()).unwrap();
    let keys = limits.as_object().unwrap().keys();
    let rates = keys.filter(|key| key.ends_with("_per_minute"));
    rates.fold("[limits]\n".to_owned(), |section, key| {
        section + key + " = 0\n"
    })
}

/// Sixteen octets that no other call gives.
pub(crate) fn unique() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
}

/// Randomness for an identity provider.
#[cfg(feature = "demo")]
pub(crate) fn random() -> vestibule::demo_idp::Random {
    std::sync::Arc::new(|octets: &mut [u8]| {
        for chunk in octets.chunks_mut(32) {
            chunk.copy_from_slice(&vestibule::keys::random::<32>()[..chunk.len()]);
        }
    })
}

/// A company at an origin. The first label of its host is the slug, in upper case the name.
pub(crate) fn company(origin: &str) -> Company {
    let host = origin.split_once("://").unwrap().1;
    let slug = host.split('.').next().unwrap();
    Company {
        id: CompanyId::from_bytes(unique()),
        slug: slug.parse().unwrap(),
        name: slug.to_uppercase(),
        origin: origin.parse().unwrap(),
        aliases: vec![],
        return_origins: vec![],
        landing: None,
        organization: None,
        contact: None,
        encrypted_assertions: true,
        logo: None,
        created_at: NOW,
        suspended_at: None,
        revision: 0,
    }
}

/// A permission group whose members can only sign in via single sign-on.
pub(crate) fn group(company_id: CompanyId, title: &str) -> Group {
    Group {
        id: GroupId::from_bytes(unique()),
        company_id,
        title: title.to_owned(),
        kind: GroupKind::Member,
        sso_only: true,
        created_at: NOW,
    }
}

/// A user that an administrator made, and of whom no more than the address is known.
#[cfg(feature = "demo")]
pub(crate) fn user(company_id: CompanyId, email: &str) -> User {
    User {
        id: UserId::from_bytes(unique()),
        company_id,
        email: email.parse().unwrap(),
        first_name: String::new(),
        last_name: String::new(),
        company_name: String::new(),
        created_by: Creation::Administrator,
        has_password: false,
        waits_for: None,
        disabled_at: None,
        created_at: NOW,
        last_sign_in_at: None,
    }
}

/// An enabled connection.
pub(crate) fn connection(company_id: CompanyId, name: &str, settings: SamlSettings) -> Connection {
    Connection {
        id: ConnectionId::from_bytes(unique()),
        company_id,
        name: name.parse().unwrap(),
        display_name: name.to_uppercase(),
        sort_order: 0,
        enabled: true,
        settings,
        revision: 0,
        created_at: NOW,
    }
}

/// The sources of all tests.
pub(crate) fn test_sources() -> String {
    let mut sources = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                sources.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    sources
}

/// Assigns an e-mail domain of a company to one of its connections, added before where it is new.
pub(crate) async fn assign(store: &Store, connection: &Connection, domain: &str) {
    let domain = CompanyDomain {
        company_id: connection.company_id,
        name: domain.parse().unwrap(),
        connection_id: None,
        links: true,
        verified: None,
        created_at: NOW,
    };
    let mut tx = store.begin().await.unwrap();
    tx.add_domain(&domain).await.unwrap();
    let assigned = tx
        .assign_domain(domain.company_id, &domain.name, Some(connection.id))
        .await;
    assert!(assigned.unwrap());
    tx.commit(NOW).await.unwrap();
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Of a text; a picture has none.
    pub(crate) body: String,
    pub(crate) octets: Vec<u8>,
}

impl Answer {
    /// A header's value; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// Sends a request through all of the server but its sockets.
pub(crate) async fn send<S>(router: &S, request: Request<Body>) -> Answer
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone,
{
    let answer = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    let octets = body.collect().await.unwrap().to_bytes().to_vec();
    let kind = parts.headers.get("content-type");
    let is_picture = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"image/"));
    let text = if is_picture {
        Vec::new()
    } else {
        octets.clone()
    };
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8(text).unwrap(),
        octets,
    }
}
