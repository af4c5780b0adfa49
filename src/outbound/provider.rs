//! An OpenID provider's addresses, asked by one hardened client: discovery, keys, token and userinfo endpoints.
//!
//! Invariants (rule H5): no redirect is followed, no cookie is kept, no proxy is used; the address that was judged is the address
//! that is connected to, also for a connection that is used again; an answer is bounded in time and in octets.
//!
//! Its tests are below. What is asked and what an answer means is the room `oidc`.

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH};
use reqwest::{Client, ClientBuilder, RequestBuilder, Url, redirect};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use url::Host;

use super::address::{Reach, allowed, resolve_name};
use super::metadata::in_plain_words;

/// How long an answer may take in all.
const WHOLE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
/// Connections to one host that wait for the next question.
const IDLE: usize = 32;
/// The longest version of a document that is kept.
const LONGEST_ETAG: usize = 200;
const FORM: &str = "application/x-www-form-urlencoded";

/// Asks providers.
#[derive(Debug)]
pub struct ProviderClient {
    /// For public addresses only.
    public: Client,
    /// Also for private networks.
    private: Client,
}

/// What a provider answers.
#[derive(Debug)]
pub struct ProviderAnswer {
    /// Its status.
    pub status: u16,
    /// What its media type says of the body.
    pub media: Media,
    /// The body, whole.
    pub body: Vec<u8>,
    /// How long it took.
    pub took: Duration,
    /// `Date`, as it came.
    pub date: Option<String>,
    /// `ETag`, as it came: what a later question names (RFC 9110, section 13.1.2).
    pub etag: Option<String>,
}

impl ProviderAnswer {
    /// How many seconds our clock is after the provider's; none when it says no time.
    pub fn clock_ahead(&self, now: OffsetDateTime) -> Option<i64> {
        let theirs = OffsetDateTime::parse(self.date.as_deref()?, &Rfc2822).ok()?;
        Some((now - theirs).whole_seconds())
    }
}

/// What a media type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/json`, or `application/jwk-set+json`.
    Json,
    /// `application/jwt`.
    Jwt,
    /// Anything else, which is not read.
    Other,
}

/// Why there is no answer. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ProviderFailure {
    #[error(
        "The address {0} cannot be used. It must be an https address without user and fragment."
    )]
    Address(String),
    #[error("The host {0} is in a private network, which this server does not ask.")]
    Private(String),
    #[error("The host {0} was not found. Check its spelling.")]
    Name(String),
    #[error("The answer of {host} is longer than {most} octets.")]
    TooLarge { host: String, most: usize },
    #[error("{0}")]
    Way(&'static str),
    #[error("A client cannot be made: {0}")]
    Client(reqwest::Error),
}

impl ProviderClient {
    /// A client with no connections yet.
    pub fn new() -> Result<Self, ProviderFailure> {
        let build = |reach| client(reach).build().map_err(ProviderFailure::Client);
        Ok(Self {
            public: build(Reach::Public)?,
            private: build(Reach::Private)?,
        })
    }

    /// Reads a document.
    pub async fn get(
        &self,
        url: &str,
        reach: Reach,
        most: usize,
    ) -> Result<ProviderAnswer, ProviderFailure> {
        let url = check(url, reach)?;
        let request = self.reaching(reach).get(url.clone());
        answer(request.header(ACCEPT, "application/json"), &url, most).await
    }

    /// Reads a document that may not have changed since this version; the answer's status is 304 then.
    pub async fn get_if_changed(
        &self,
        url: &str,
        etag: Option<&str>,
        reach: Reach,
        most: usize,
    ) -> Result<ProviderAnswer, ProviderFailure> {
        let url = check(url, reach)?;
        let request = self.reaching(reach).get(url.clone());
        let request = request.header(ACCEPT, "application/json");
        let request = match etag {
            Some(etag) => request.header(IF_NONE_MATCH, etag),
            None => request,
        };
        answer(request, &url, most).await
    }

    /// Reads what a bearer token opens (RFC 6750, section 2.1).
    pub async fn get_as_bearer(
        &self,
        url: &str,
        token: &str,
        reach: Reach,
        most: usize,
    ) -> Result<ProviderAnswer, ProviderFailure> {
        let url = check(url, reach)?;
        let request = self.reaching(reach).get(url.clone());
        let request = request.bearer_auth(token);
        answer(
            request.header(ACCEPT, "application/json, application/jwt"),
            &url,
            most,
        )
        .await
    }

    /// Posts a form. It is sent once, and again only when no octet of it was sent.
    pub async fn post(
        &self,
        url: &str,
        form: String,
        authorization: Option<&str>,
        reach: Reach,
        most: usize,
    ) -> Result<ProviderAnswer, ProviderFailure> {
        let url = check(url, reach)?;
        let request = self.reaching(reach).post(url.clone());
        let request = request
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, FORM)
            .body(form);
        let request = match authorization {
            Some(credentials) => request.header(AUTHORIZATION, credentials),
            None => request,
        };
        answer(request, &url, most).await
    }

    pub(super) const fn reaching(&self, reach: Reach) -> &Client {
        match reach {
            Reach::Public => &self.public,
            Reach::Private => &self.private,
        }
    }
}

fn client(reach: Reach) -> ClientBuilder {
    Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .dns_resolver(Arc::new(CheckedNames(reach)))
        .pool_max_idle_per_host(IDLE)
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .user_agent(concat!("vestibule/", env!("CARGO_PKG_VERSION")))
}

/// An address that may be asked. A host that is written as a number is looked up by nobody, so that it is judged here.
pub(super) fn check(text: &str, reach: Reach) -> Result<Url, ProviderFailure> {
    let refused = || ProviderFailure::Address(text.chars().take(200).collect());
    let url = Url::parse(text).map_err(|_| refused())?;
    let host = url.host().ok_or_else(refused)?;
    let (literal, is_loopback) = match host {
        Host::Ipv4(ip) => (Some(ip.into()), ip.is_loopback()),
        Host::Ipv6(ip) => (Some(ip.into()), ip.is_loopback()),
        Host::Domain(name) => (None, name == "localhost"),
    };
    let is_plain = url.scheme() == "http" && is_loopback && reach == Reach::Private;
    if url.scheme() != "https" && !is_plain {
        return Err(refused());
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(refused());
    }
    if literal.is_some_and(|ip| !allowed(ip, reach)) {
        return Err(ProviderFailure::Private(host.to_string()));
    }
    Ok(url)
}

async fn answer(
    request: RequestBuilder,
    url: &Url,
    most: usize,
) -> Result<ProviderAnswer, ProviderFailure> {
    let host = || url.host_str().unwrap_or_default().to_owned();
    let asked = std::time::Instant::now();
    let failure = |cause: reqwest::Error| failure(&cause, host());
    let mut response = request.send().await.map_err(failure)?;
    let header = |name| {
        let value = response.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let media = media(header("content-type").as_deref().unwrap_or_default());
    let date = header("date");
    let etag = header("etag").filter(|it| it.len() <= LONGEST_ETAG);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        if body.len() + chunk.len() > most {
            return Err(ProviderFailure::TooLarge { host: host(), most });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(ProviderAnswer {
        status: response.status().as_u16(),
        media,
        body,
        took: asked.elapsed(),
        date,
        etag,
    })
}

pub(super) fn media(content_type: &str) -> Media {
    let name = content_type.split(';').next().unwrap_or_default().trim();
    match name.to_ascii_lowercase().as_str() {
        "application/json" | "application/jwk-set+json" => Media::Json,
        "application/jwt" => Media::Jwt,
        _ => Media::Other,
    }
}

/// What kept an answer away.
pub(super) fn failure(error: &reqwest::Error, host: String) -> ProviderFailure {
    let mut cause: Option<&(dyn StdError + 'static)> = StdError::source(error);
    while let Some(inner) = cause {
        match inner.downcast_ref() {
            Some(NameFailure::Private) => return ProviderFailure::Private(host),
            Some(NameFailure::Unknown) => return ProviderFailure::Name(host),
            None => cause = inner.source(),
        }
    }
    ProviderFailure::Way(in_plain_words(error))
}

/// Looks names up, and gives those addresses on that may be asked.
struct CheckedNames(Reach);

#[derive(Debug, thiserror::Error)]
enum NameFailure {
    #[error("no address of this host may be asked")]
    Private,
    #[error("the host was not found")]
    Unknown,
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = resolve_name(name.as_str(), 0)
                .await
                .map_err(|_| NameFailure::Unknown)?;
            let usable: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| allowed(address.ip(), reach))
                .collect();
            if usable.is_empty() {
                return Err(NameFailure::Private.into());
            }
            Ok(Box::new(usable.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_asked() {
        for (url, reach) in [
            ("http://idp.example/token", Reach::Private),
            ("http://127.0.0.1/token", Reach::Public),
            ("https://user@idp.example/", Reach::Private),
            ("https://idp.example/#x", Reach::Private),
            ("https://169.254.169.254/keys", Reach::Public),
            ("https://[::1]/keys", Reach::Public),
            ("https://2130706433/keys", Reach::Public),
            ("ftp://127.0.0.1/", Reach::Private),
        ] {
            assert!(check(url, reach).is_err(), "{url}");
        }
        for (url, reach) in [
            ("https://idp.example/token", Reach::Public),
            ("http://127.0.0.1:8090/token", Reach::Private),
        ] {
            assert!(check(url, reach).is_ok(), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_private() {
        let client = ProviderClient::new().unwrap();
        let url = "https://localhost:9/keys";
        let failure = client.get(url, Reach::Public, 10).await.unwrap_err();
        assert!(matches!(failure, ProviderFailure::Private(_)), "{failure}");
    }

    #[test]
    fn media_types() {
        assert_eq!(media("application/json; charset=utf-8"), Media::Json);
        assert_eq!(media("Application/JWK-Set+JSON"), Media::Json);
        assert_eq!(media("application/jwt"), Media::Jwt);
        assert_eq!(media("text/html"), Media::Other);
    }
}
