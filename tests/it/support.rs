//! What tests of whole behaviours stand on.
//!
//! In this process: a [`World`], with people ([`Office`]) or identity providers ([`Federation`]) in it, a [`Browser`] and an
//! [`ApiClient`]. With the real binary: an [`Installation`], a [`Server`], and a [`Deployment`] of both with an identity provider.

#[cfg(feature = "demo")]
pub(crate) mod api;
#[cfg(feature = "demo")]
mod browser;
#[cfg(feature = "demo")]
pub(crate) mod console;
#[cfg(feature = "demo")]
mod deployment;
#[cfg(feature = "demo")]
mod federation;
#[cfg(feature = "demo")]
pub(crate) mod identity_provider;
#[cfg(feature = "demo")]
mod nginx;
mod nouns;
#[cfg(feature = "demo")]
mod office;
pub(crate) mod people;
mod process;
#[cfg(feature = "demo")]
pub(crate) mod tenant;
#[cfg(feature = "demo")]
mod vitals;
mod world;

use std::convert::Infallible;
use std::path::Path;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use axum::response::Response;
use http_body_util::BodyExt as _;
use tower::{Service, ServiceExt as _};
use vestibule::config::Config;
#[cfg(feature = "demo")]
use vestibule::config::LimitsConfig;
use vestibule::keys::Keys;

#[cfg(feature = "demo")]
pub(crate) use api::ApiClient;
#[cfg(feature = "demo")]
pub(crate) use browser::{Browser, hidden_field, unescaped};
#[cfg(feature = "demo")]
pub(crate) use deployment::{Client, Deployment, Reply, Started, encoded_form, form, sign_in};
#[cfg(feature = "demo")]
pub(crate) use federation::Federation;
#[cfg(feature = "demo")]
pub(crate) use nginx::{Nginx, free_port};
pub(crate) use nouns::{
    ACME, BETA, NOW, application, assign, company, connection, federated_proof, group, new_attempt,
    new_sign_in, profile, unique, user,
};
#[cfg(feature = "demo")]
pub(crate) use office::{ADMIN, MEMBER, OTHER_ADMIN, Office, PASSWORD};
pub(crate) use process::{Installation, Said, Server};
pub(crate) use world::World;
#[cfg(feature = "demo")]
pub(crate) use world::{ACME_ORIGIN, BETA_ORIGIN};

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

/// The keys that tests share.
pub(crate) fn keys() -> &'static Keys {
    static SHARED: LazyLock<Keys> =
        LazyLock::new(|| Keys::load(&config(Path::new(KEYS)), NOW).unwrap());
    &SHARED
}

/// The section of a configuration file in which no rate limit is set: a test asks more than one client may.
#[cfg(feature = "demo")]
pub(crate) fn no_rate_limits() -> String {
    let limits = serde_json::to_value(LimitsConfig::default()).unwrap();
    let keys = limits.as_object().unwrap().keys();
    let rates = keys.filter(|key| key.ends_with("_per_minute"));
    rates.fold("[limits]\n".to_owned(), |section, key| {
        section + key + " = 0\n"
    })
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
