//! An identity provider's metadata from a URL.
//!
//! Rule B2. Its tests are below. Which hosts may be asked is `address.rs`; what is read of it is `saml::metadata`.

use std::borrow::Cow;
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, LOCATION};
use reqwest::{Client, Response, Url, redirect};

use super::address::{Reach, resolve};
use super::coding::decoded;
use crate::saml::metadata::check_location;

/// The largest document that is taken: national federations publish about this much.
pub const LARGEST: usize = 20 * 1024 * 1024;

const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_mins(1);
const REDIRECTS: usize = 3;

/// The path of Entra's federation metadata.
const ENTRA_PATH: &str = "/federationmetadata/2007-06/federationmetadata.xml";

/// Why nothing was fetched. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("The metadata URL cannot be used: {0}. Give an https:// URL, or a file.")]
    Url(&'static str),
    #[error(
        "This URL is the whole tenant's: its keys are not your application's. In Entra ID open the enterprise application, Single sign-on, and copy the App Federation Metadata Url, which ends with ?appid=…"
    )]
    WholeTenant,
    #[error("The host {host} was not found ({cause}). Check the URL's spelling.")]
    Lookup { host: String, cause: std::io::Error },
    #[error("The host {0} is in a private network, where a redirect may not lead.")]
    Private(String),
    #[error("The metadata was moved more than {REDIRECTS} times. Give the URL where it is now.")]
    Redirects,
    #[error("The server answered with status {0}. Open the URL in a browser and see what it says.")]
    Status(u16),
    #[error("The document is larger than {} MiB. Is it the identity provider's metadata?", .0 / 1024 / 1024)]
    TooLarge(usize),
    #[error(
        "The server sends the document in a form that is not read here (Content-Encoding: {0}). Open the URL in a browser, save the document, and give the file."
    )]
    Coding(String),
    #[error(
        "The document arrived damaged. Try again, or open the URL in a browser, save the document, and give the file."
    )]
    Damaged,
    #[error("{}", in_plain_words(.0))]
    Http(#[from] reqwest::Error),
}

/// Fetches a metadata document of at most `largest` bytes. `reach` bounds the URL itself; a redirect stays at its origin or
/// leads to a public https one.
pub async fn fetch_metadata(
    url: &str,
    reach: Reach,
    largest: usize,
) -> Result<Vec<u8>, FetchError> {
    let mut url = parse(url)?;
    if is_whole_tenant(&url) {
        return Err(FetchError::WholeTenant);
    }
    let mut reach = reach;
    for _ in 0..=REDIRECTS {
        let response = get(&url, reach).await?;
        if !response.status().is_redirection() {
            return body(response, largest).await;
        }
        let target = response
            .headers()
            .get(LOCATION)
            .and_then(|location| location.to_str().ok())
            .and_then(|location| url.join(location).ok())
            .ok_or(FetchError::Status(response.status().as_u16()))?;
        if target.origin() != url.origin() {
            if target.scheme() != "https" {
                return Err(FetchError::Url("it was moved to a place without https"));
            }
            reach = Reach::Public;
        }
        url = parse(target.as_str())?;
    }
    Err(FetchError::Redirects)
}

fn parse(text: &str) -> Result<Url, FetchError> {
    check_location(text).map_err(FetchError::Url)?;
    Url::parse(text).map_err(|_| FetchError::Url("it is not a URL"))
}

/// Entra publishes all keys of a tenant at one place, and an application's own behind `?appid=`. AD FS, which is one server
/// with one document, has the same path without a tenant before it.
fn is_whole_tenant(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    let of_tenant = path
        .strip_suffix(ENTRA_PATH)
        .is_some_and(|tenant| !tenant.is_empty());
    let names_application = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
        name.eq_ignore_ascii_case("appid") && !value.is_empty()
    };
    of_tenant && !url.query_pairs().any(names_application)
}

async fn get(url: &Url, reach: Reach) -> Result<Response, FetchError> {
    let addresses = resolve(url, reach).await?;
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        // A proxy would look the name up again, past the check.
        .no_proxy()
        .resolve_to_addrs(url.host_str().unwrap_or_default(), &addresses)
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .user_agent(concat!("vestibule/", env!("CARGO_PKG_VERSION")))
        .build()?;
    let request = client
        .get(url.clone())
        .header(ACCEPT_ENCODING, "gzip, deflate")
        .header(
            ACCEPT,
            "application/samlmetadata+xml, application/xml, text/xml",
        );
    Ok(request.send().await?)
}

async fn body(mut response: Response, largest: usize) -> Result<Vec<u8>, FetchError> {
    if !response.status().is_success() {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let codings = response.headers().get_all(CONTENT_ENCODING).into_iter();
    let codings: Vec<_> = codings.filter_map(|it| it.to_str().ok()).collect();
    let codings: String = codings.join(",").chars().take(100).collect();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > largest {
            return Err(FetchError::TooLarge(largest));
        }
        body.extend_from_slice(&chunk);
    }
    decoded(body, &codings, largest)
}

/// What happened, for who does not know the words of TLS. The library's own text stays here: it names lines of OpenSSL's sources.
pub(super) fn in_plain_words(error: &reqwest::Error) -> &'static str {
    let text = causes(error).to_ascii_lowercase();
    let has = |part: &str| text.contains(part);
    if has("unable to get local issuer")
        || has("unable to get issuer")
        || has("self-signed")
        || has("self signed")
    {
        "This machine does not trust who issued the server's certificate. Add that authority to the machine's trusted certificates."
    } else if has("hostname mismatch") || has("ip address mismatch") {
        "The server's certificate is for another host name. Check the URL's spelling."
    } else if has("certificate has expired") || has("certificate is not yet valid") {
        "The server's certificate has expired or is not valid yet, or this machine's clock is wrong."
    } else if has("certificate") || has("tls") || has("ssl") {
        "No encrypted connection came about. Check that the URL's host and port speak https."
    } else if error.is_timeout() {
        "The server took too long to answer. Try again, or save the document in a browser and give the file."
    } else if has("connection refused") {
        "Nothing answers at the URL's host and port. Check both, and whether a firewall is between."
    } else if error.is_connect() {
        "No connection came about. Check the URL's host and port, and whether a firewall is between."
    } else {
        "The connection broke off before the document had come. Try again, or save the document in a browser and give the file."
    }
}

/// An error with what is behind it; reqwest's own text stops at "error sending request".
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;

    /// Answers each connection with the next of `answers`.
    fn serve(answers: Vec<String>) -> String {
        serve_octets(answers.into_iter().map(String::into_bytes).collect())
    }

    fn serve_octets(answers: Vec<Vec<u8>>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while lines
                    .next()
                    .is_some_and(|line| line.is_ok_and(|it| !it.is_empty()))
                {}
                let _ = stream.write_all(&answer);
            }
        });
        origin
    }

    fn ok(body: &str) -> String {
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}")
    }

    fn moved(to: &str) -> String {
        format!(
            "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
    }

    async fn fetch(answers: Vec<String>) -> Result<Vec<u8>, FetchError> {
        let url = format!("{}/metadata", serve(answers));
        fetch_metadata(&url, Reach::Private, LARGEST).await
    }

    #[tokio::test]
    async fn a_document_is_fetched_and_a_move_at_its_origin_followed() {
        assert_eq!(fetch(vec![ok("<x/>")]).await.unwrap(), b"<x/>");
        let both = vec![moved("/elsewhere"), ok("<y/>")];
        assert_eq!(fetch(both).await.unwrap(), b"<y/>");
    }

    #[tokio::test]
    async fn a_compressed_answer_is_inflated() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(b"<x/>").unwrap();
        let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n";
        let answer = [&head[..], &gzip.finish().unwrap()].concat();
        let url = serve_octets(vec![answer]);
        let fetched = fetch_metadata(&url, Reach::Private, LARGEST).await;
        assert_eq!(fetched.unwrap(), b"<x/>");
    }

    #[tokio::test]
    async fn moves_that_are_refused() {
        for (to, says) in [
            ("http://127.0.0.1:9/", "without https"),
            ("https://127.0.0.1:9/", "private network"),
            (
                "https://169.254.169.254/latest/meta-data",
                "private network",
            ),
            ("https://localhost:9/", "private network"),
            ("file:///etc/passwd", "without https"),
        ] {
            let error = fetch(vec![moved(to)]).await.unwrap_err().to_string();
            assert!(error.contains(says), "{to}: {error}");
        }
        let error = fetch(vec![moved("/metadata"); 4]).await.unwrap_err();
        assert!(matches!(error, FetchError::Redirects), "{error}");
    }

    #[tokio::test]
    async fn answers_that_are_refused() {
        let gone = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let error = fetch(vec![gone.to_owned()]).await.unwrap_err();
        assert!(matches!(error, FetchError::Status(404)), "{error}");
        let error = fetch(vec![ok(&"x".repeat(LARGEST + 1))]).await.unwrap_err();
        assert!(matches!(error, FetchError::TooLarge(LARGEST)), "{error}");
        let origin = serve(Vec::new());
        let error = fetch_metadata(&origin, Reach::Public, LARGEST)
            .await
            .unwrap_err();
        assert!(matches!(error, FetchError::Private(_)), "{error}");
    }

    #[tokio::test]
    async fn what_the_libraries_say_reaches_nobody() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let closed = listener.local_addr().unwrap();
        drop(listener);
        let plain = serve(vec!["HTTP/1.1 200 OK\r\n\r\n".to_owned(); 2]);
        let cut = serve(vec![
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<x/>".to_owned(),
        ]);
        for (url, says) in [
            (format!("http://{closed}/"), "Nothing answers"),
            (plain.replace("http:", "https:"), "connection came about"),
            (cut, "broke off"),
        ] {
            let error = fetch_metadata(&url, Reach::Private, LARGEST).await;
            let text = error.unwrap_err().to_string();
            assert!(text.contains(says), "{url}: {text}");
            for raw in ["error:", "os error", "routines", "hyper", "request"] {
                assert!(!text.contains(raw), "{raw}: {text}");
            }
        }
    }

    #[tokio::test]
    async fn addresses_that_are_refused() {
        let tenant = "https://login.microsoftonline.com/contoso.com/FederationMetadata/2007-06/FederationMetadata.xml";
        for (url, says) in [
            ("http://idp.example/metadata", "https"),
            ("https://user@idp.example/metadata", "credentials"),
            ("idp.example/metadata", "absolute"),
            (tenant, "App Federation Metadata Url"),
        ] {
            let error = fetch_metadata(url, Reach::Private, LARGEST)
                .await
                .unwrap_err();
            assert!(error.to_string().contains(says), "{url}: {error}");
        }
        assert!(!is_whole_tenant(
            &Url::parse(&format!("{tenant}?appid=1")).unwrap()
        ));
        let adfs = "https://fs.contoso.com/FederationMetadata/2007-06/FederationMetadata.xml";
        assert!(!is_whole_tenant(&Url::parse(adfs).unwrap()));
    }
}
