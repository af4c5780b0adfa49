//! One question to an origin of our own, for `doctor`.

use std::time::Duration;

use reqwest::{Client, Url, redirect};

use super::FetchError;
use super::address::{Reach, resolve};
use super::metadata::in_plain_words;

const WHOLE: Duration = Duration::from_secs(5);
/// More than any answer of ours has.
const LARGEST: usize = 8 * 1024;

/// What an origin answered.
#[derive(Debug)]
pub struct Probed {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Why an origin did not answer. The text says what to look at.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("DNS does not know the host {0}")]
    Name(String),
    #[error("{0}")]
    Way(String),
}

/// Asks once: no redirect is followed, no proxy of this machine is used, and certificates are checked as a browser does.
pub async fn probe(url: &str) -> Result<Probed, ProbeError> {
    let url = Url::parse(url).map_err(|cause| ProbeError::Way(cause.to_string()))?;
    let host = url.host_str().unwrap_or_default();
    let addresses = resolve(&url, Reach::Private)
        .await
        .map_err(|cause| match cause {
            FetchError::Lookup { host, .. } => ProbeError::Name(host),
            other => ProbeError::Way(other.to_string()),
        })?;
    let asked = async {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .resolve_to_addrs(host, &addresses)
            .timeout(WHOLE)
            .user_agent(concat!("vestibule/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let mut answer = client.get(url.clone()).send().await?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            let room = LARGEST - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == LARGEST {
                break;
            }
        }
        Ok(Probed { status, body })
    };
    asked
        .await
        .map_err(|cause: reqwest::Error| ProbeError::Way(in_plain_words(&cause).to_owned()))
}
