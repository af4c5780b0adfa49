//! What kind of request it is (rules Q41 to Q47).
//!
//! Invariant: only what a browser says of a navigation makes one; everything else is a program and never sent anywhere. What a
//! browser says of itself is asked, never `User-Agent`.

use http::{HeaderMap, header};

use super::application::ApplicationRules;
use super::application_origin::Fit;
use super::field;
use super::origin::RequestOrigin;
use super::original::OriginalRequest;

const MODE: &str = "sec-fetch-mode";
const DEST: &str = "sec-fetch-dest";
const SITE: &str = "sec-fetch-site";

/// What a WebSocket's handshake has, over HTTP/1.1 or HTTP/2, and nothing else: no page can set a name that begins so.
const SOCKET: [&str; 4] = [
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
];

/// The headers of a client that the check is told, where a proxy has a list of what it hands on (rule Q41).
pub const NEEDED_HEADERS: [&str; 17] = [
    "accept",
    "access-control-request-method",
    "content-type",
    "cookie",
    "origin",
    "referer",
    DEST,
    MODE,
    SITE,
    "sec-fetch-user",
    SOCKET[0],
    SOCKET[1],
    SOCKET[2],
    SOCKET[3],
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-requested-with",
];

/// Who waits for the answer, as far as the answer depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visit {
    /// A person whose browser opens a page.
    Navigation,
    /// A page in a frame of another.
    Frame,
    /// The handshake of a WebSocket.
    WebSocket,
    /// A browser that asks whether another site may call (CORS).
    Preflight,
    /// Anything else.
    Program(ProgramKind),
}

/// A program, by what it can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProgramKind {
    /// What reads a problem document.
    Fetch,
    /// An `EventSource`: it sees the status only.
    EventStream,
    /// gRPC or gRPC-Web: a body would be taken for a message.
    Grpc,
}

impl Visit {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Navigation,
        Self::Frame,
        Self::WebSocket,
        Self::Preflight,
        Self::Program(ProgramKind::Fetch),
        Self::Program(ProgramKind::EventStream),
        Self::Program(ProgramKind::Grpc),
    ];

    /// The kind of a request with this method and these headers.
    pub fn of(method: &str, headers: &HeaderMap) -> Self {
        let mode = field::text(headers, MODE);
        let dest = field::text(headers, DEST);
        // nginx does not hand `Upgrade` to the check, and a handshake over HTTP/2 has neither that nor a key: it is a CONNECT (RFC
        // 8441), which may be reported as a GET.
        let has = |names: &[&str]| names.iter().any(|name| headers.contains_key(*name));
        if mode == Some("websocket") || method == "CONNECT" || has(&SOCKET) {
            return Self::WebSocket;
        }
        let asks_cors = headers.contains_key(header::ORIGIN)
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if method == "OPTIONS" && asks_cors {
            return Self::Preflight;
        }
        match (mode, dest) {
            (Some("navigate"), Some("document")) => return Self::Navigation,
            (_, Some("iframe")) => return Self::Frame,
            _ => {}
        }
        let tells_fetch = has(&[MODE, DEST, SITE]);
        let looks_like_page = matches!(method, "GET" | "HEAD")
            && accepts(headers, "text/html")
            && !headers.contains_key("x-requested-with");
        if !tells_fetch && looks_like_page {
            return Self::Navigation;
        }
        Self::Program(if is_grpc(headers) {
            ProgramKind::Grpc
        } else if accepts(headers, "text/event-stream") {
            ProgramKind::EventStream
        } else {
            ProgramKind::Fetch
        })
    }

    /// Whether a body is read by anybody.
    pub(super) const fn reads_body(self) -> bool {
        !matches!(
            self,
            Self::WebSocket | Self::Program(ProgramKind::EventStream | ProgramKind::Grpc)
        )
    }
}

/// Whether another site causes the request, as the browser says (rule Q47). Browsers that do not say are left to `SameSite`; a word
/// that is not known, or two, are another site's.
pub fn is_cross_site(headers: &HeaderMap, counts_same_site: bool) -> bool {
    headers.get_all(SITE).iter().any(|site| {
        let is_own = match site.as_bytes() {
            b"same-origin" | b"none" => true,
            b"same-site" => !counts_same_site,
            _ => false,
        };
        !is_own
    })
}

/// Whether the page that opens a WebSocket is the application's (rule Q43), and of the same company where the host is a company's.
pub(super) fn is_own_socket(
    application: &ApplicationRules,
    asked: &OriginalRequest,
    headers: &HeaderMap,
) -> bool {
    let origin = field::text(headers, header::ORIGIN.as_str());
    let Some(Ok(origin)) = origin.map(str::parse::<RequestOrigin>) else {
        return false;
    };
    match (application.fit(&origin), asked.company()) {
        (Some(Fit::Company(slug)), Some(company)) => slug == company,
        (fit, _) => fit.is_some(),
    }
}

/// Whether a media type is among those that are accepted.
fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    let values = headers.get_all(header::ACCEPT).iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).any(|range| {
        let name = range.split(';').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case(media_type)
    })
}

fn is_grpc(headers: &HeaderMap) -> bool {
    const GRPC: &[u8] = b"application/grpc";
    headers.get(header::CONTENT_TYPE).is_some_and(|value| {
        let start = value.as_bytes().get(..GRPC.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(GRPC))
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |&(name, value): &(&str, &str)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        };
        let mut map = HeaderMap::new();
        for (name, value) in pairs.iter().map(pair) {
            map.append(name, value);
        }
        map
    }

    fn of(method: &str, pairs: &[(&str, &str)]) -> Visit {
        Visit::of(method, &headers(pairs))
    }

    const FETCH: Visit = Visit::Program(ProgramKind::Fetch);
    const NAVIGATES: (&str, &str) = ("Sec-Fetch-Mode", "navigate");
    const DOCUMENT: (&str, &str) = ("Sec-Fetch-Dest", "document");
    const HTML: (&str, &str) = ("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");

    // Q41
    #[test]
    fn a_browser_says_what_a_navigation_is() {
        assert_eq!(of("GET", &[NAVIGATES, DOCUMENT]), Visit::Navigation);
        assert_eq!(of("POST", &[NAVIGATES, DOCUMENT]), Visit::Navigation);
        for other in [
            &[NAVIGATES][..],
            &[DOCUMENT],
            &[NAVIGATES, NAVIGATES, DOCUMENT],
            &[("Sec-Fetch-Mode", "cors"), DOCUMENT, HTML],
            &[NAVIGATES, ("Sec-Fetch-Dest", "empty"), HTML],
            &[("Sec-Fetch-Site", "cross-site"), HTML],
            &[NAVIGATES, ("Sec-Fetch-Dest", "embed"), HTML],
        ] {
            assert_eq!(of("GET", other), FETCH, "{other:?}");
        }
    }

    // Q41: without Sec-Fetch headers.
    #[test]
    fn an_old_browser_asks_for_html() {
        assert_eq!(of("GET", &[HTML]), Visit::Navigation);
        assert_eq!(
            of("HEAD", &[("Accept", "TEXT/HTML ; q=1")]),
            Visit::Navigation
        );
        assert_eq!(of("POST", &[HTML]), FETCH);
        assert_eq!(of("GET", &[]), FETCH);
        assert_eq!(of("GET", &[("Accept", "*/*")]), FETCH);
        assert_eq!(of("GET", &[("Accept", "application/json")]), FETCH);
        assert_eq!(of("GET", &[("Accept", "text/htmlx")]), FETCH);
        let script = ("X-Requested-With", "XMLHttpRequest");
        assert_eq!(of("GET", &[HTML, script]), FETCH);
    }

    // Q17
    #[test]
    fn user_agent_and_referer_say_nothing() {
        let browser = [
            ("User-Agent", "Mozilla/5.0"),
            ("Referer", "https://app.example.com/"),
        ];
        assert_eq!(of("GET", &browser), FETCH);
        assert_eq!(of("GET", &[("User-Agent", "kube-probe/1.30")]), FETCH);
        let probe = [("User-Agent", "GoogleHC/1.0"), NAVIGATES, DOCUMENT];
        assert_eq!(of("GET", &probe), Visit::Navigation);
    }

    // Q42
    #[test]
    fn a_frame_is_no_navigation() {
        let frame = ("Sec-Fetch-Dest", "iframe");
        assert_eq!(of("GET", &[NAVIGATES, frame]), Visit::Frame);
        assert_eq!(of("POST", &[NAVIGATES, frame, HTML]), Visit::Frame);
    }

    // Q43: `Upgrade` does not reach every check, and does not count.
    #[test]
    fn a_web_socket_is_known_without_upgrade() {
        let mode = ("Sec-Fetch-Mode", "websocket");
        let key = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(of("GET", &[mode]), Visit::WebSocket);
        assert_eq!(of("GET", &[key]), Visit::WebSocket);
        assert_eq!(
            of("GET", &[key, NAVIGATES, DOCUMENT, HTML]),
            Visit::WebSocket
        );
        let upgrade = [("Upgrade", "websocket"), ("Connection", "Upgrade")];
        assert_eq!(of("GET", &upgrade), FETCH);
    }

    // Q43: over HTTP/2 there is no key (RFC 8441).
    #[test]
    fn a_web_socket_over_http_2_is_one() {
        assert_eq!(of("CONNECT", &[]), Visit::WebSocket);
        assert_eq!(of("CONNECT", &[NAVIGATES, DOCUMENT]), Visit::WebSocket);
        for sign in [
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Protocol", "chat"),
            ("Sec-WebSocket-Extensions", "permessage-deflate"),
        ] {
            assert_eq!(of("GET", &[sign]), Visit::WebSocket, "{sign:?}");
            let name = sign.0.to_ascii_lowercase();
            assert!(NEEDED_HEADERS.contains(&&*name), "{name}");
        }
        assert!(NEEDED_HEADERS.is_sorted());
    }

    // Q44
    #[test]
    fn what_cannot_read_a_body_is_told_apart() {
        let stream = ("Accept", "text/event-stream");
        let expected = Visit::Program(ProgramKind::EventStream);
        assert_eq!(of("GET", &[stream]), expected);
        assert_eq!(of("GET", &[stream, ("Sec-Fetch-Mode", "cors")]), expected);
        for kind in [
            "application/grpc",
            "application/grpc-web+proto",
            "Application/gRPC",
        ] {
            let grpc = ("Content-Type", kind);
            assert_eq!(of("POST", &[grpc]), Visit::Program(ProgramKind::Grpc));
        }
        assert_eq!(of("POST", &[("Content-Type", "application/gr")]), FETCH);
        let silent: Vec<_> = Visit::ALL.iter().filter(|it| !it.reads_body()).collect();
        assert_eq!(silent.len(), 3);
    }

    // Q45
    #[test]
    fn a_preflight_has_all_three_signs() {
        let origin = ("Origin", "https://other.example");
        let method = ("Access-Control-Request-Method", "PUT");
        assert_eq!(of("OPTIONS", &[origin, method]), Visit::Preflight);
        assert_eq!(of("OPTIONS", &[origin]), FETCH);
        assert_eq!(of("OPTIONS", &[method]), FETCH);
        assert_eq!(of("GET", &[origin, method]), FETCH);
    }

    // Q47
    #[test]
    fn another_site_is_what_the_browser_calls_so() {
        let site = |values: &[&str], counts_same_site| {
            let pairs: Vec<_> = values.iter().map(|it| ("Sec-Fetch-Site", *it)).collect();
            is_cross_site(&headers(&pairs), counts_same_site)
        };
        for counts_same_site in [false, true] {
            assert!(site(&["cross-site"], counts_same_site));
            assert!(site(&["Cross-Site"], counts_same_site));
            assert!(site(&["same-origin", "cross-site"], counts_same_site));
            assert!(site(&["same-origin, cross-site"], counts_same_site));
            assert!(site(&[""], counts_same_site));
            assert!(!site(&["same-origin"], counts_same_site));
            assert!(!site(&["none"], counts_same_site));
            assert!(!site(&[], counts_same_site));
        }
        assert!(!site(&["same-site"], false));
        assert!(site(&["same-site"], true));
    }
}
