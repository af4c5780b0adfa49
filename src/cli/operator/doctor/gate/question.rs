//! What `doctor gate` asks through the operator's own proxy: requests as somebody would write them who wants to get past a check.
//!
//! Invariants: nothing is asked that changes something where the check is obeyed; each request says itself which question it is.
//! Rules Q65 and Q66; section 10 of the law says what each has done to others.

use std::fmt;

use super::request::{AskedPage, WrittenRequest};
use crate::policy::{ProxyKind, ReportedField};

/// The address that a client would like to come from (RFC 5737).
pub(super) const SPOOFED_CLIENT: &str = "198.51.100.66";
/// A host that is nobody's (RFC 6761).
const NOBODY: &str = "doctor.invalid";
/// A path that nobody has asked for.
const SPOOFED_PATH: &str = "/doctor-was-not-here";
/// A method that proxies take and a check cannot judge: it has more than letters.
const STRANGE_METHOD: &str = "DOCTOR-ASKS";
/// Heads so large that the check of one may not fit where the request does, in octets.
const LARGE: [usize; 4] = [7_500, 14_500, 15_500, 31_000];

/// Paths that two programs may understand differently, below the folder of the page (rule Q50).
const PATHS: [&str; 12] = [
    "doctor/../x",
    "doctor/./x",
    "/doctor",
    "doctor%2fx",
    "doctor%2f..%2fx",
    "doctor/%2e%2e/x",
    "doctor/%252e%252e/x",
    "doctor;a=1/x",
    "doctor/..;/x",
    "x#/doctor",
    "doctor\\x",
    "doctor%5c..%5cx",
];

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    /// A browser without a session opens the page.
    Page,
    /// A host that is nobody's: what the proxy answers where it knows nothing.
    Nobody,
    /// Every header that the check needs.
    Headers,
    /// A program.
    Program,
    /// A form.
    Form,
    /// The handshake of a WebSocket.
    WebSocket,
    /// Whether another site may call.
    Preflight,
    /// A form that another site sends.
    CrossSite,
    /// A field of the request, as the client would like it.
    Spoofed(ReportedField),
    /// An address of the client, as it would like it.
    SpoofedClient,
    /// Identity headers with this sign in the hyphen's place.
    Spelled(char),
    /// Identity headers, twice each.
    Identity,
    /// A `Connection` that names identity headers.
    Connection,
    /// A path that can be read in two ways, below the page's folder.
    Path(&'static str),
    /// The host in capitals.
    Capitals,
    /// The host with the dot of the root.
    TrailingDot,
    /// A target with another host.
    Absolute,
    /// `/.vestibule/who`.
    Who,
    /// `/.vestibule/start`.
    Start,
    /// An address of the check itself.
    Check(String),
    /// What a check cannot judge.
    Unjudged,
    /// A head of so many octets.
    Large(usize),
    /// What a check is answered too late about.
    Late,
}

/// Every question after the first, [`Question::Page`].
pub(super) fn questions(kind: ProxyKind, checks: Vec<String>) -> Vec<Question> {
    let mut all = vec![
        Question::Nobody,
        Question::Headers,
        Question::Program,
        Question::Form,
        Question::WebSocket,
        Question::Preflight,
        Question::CrossSite,
    ];
    all.extend(spoofed(kind));
    all.extend([
        Question::SpoofedClient,
        Question::Spelled('_'),
        Question::Spelled('.'),
        Question::Identity,
        Question::Connection,
    ]);
    all.extend(PATHS.map(Question::Path));
    all.extend([
        Question::Capitals,
        Question::TrailingDot,
        Question::Absolute,
        Question::Who,
        Question::Start,
    ]);
    all.extend(checks.into_iter().map(Question::Check));
    all.push(Question::Unjudged);
    all.extend(LARGE.map(Question::Large));
    // The others wait, or refuse: of a late answer Envoy alone may be told to let pass.
    if kind == ProxyKind::Envoy {
        all.push(Question::Late);
    }
    all
}

/// What a client would write in the place of what the proxy writes: all that a kind is read from (rule Q12).
pub(super) fn spoofed(kind: ProxyKind) -> Vec<Question> {
    let fields: &[ReportedField] = match kind {
        ProxyKind::Nginx => &[ReportedField::OriginalMethod, ReportedField::OriginalUrl],
        ProxyKind::Forwarded => &[
            ReportedField::ForwardedMethod,
            ReportedField::ForwardedProto,
            ReportedField::ForwardedHost,
            ReportedField::ForwardedUri,
        ],
        ProxyKind::Envoy => &[ReportedField::ForwardedProto],
        ProxyKind::BuiltIn => &[],
    };
    fields.iter().copied().map(Question::Spoofed).collect()
}

impl Question {
    /// The request; `names` are the application's identity headers.
    pub(super) fn written(&self, page: &AskedPage, names: &[String]) -> WrittenRequest {
        let base = WrittenRequest::browser(page);
        let own = page.origin.as_str();
        match self {
            Self::Page => base,
            Self::Late => base.late(),
            Self::Nobody => base.with_host(NOBODY),
            Self::Headers => base.with(&[
                ("Access-Control-Request-Method", "GET"),
                ("Content-Type", "text/plain"),
                ("Origin", own),
                ("Referer", &format!("{own}/")),
                ("Sec-WebSocket-Extensions", "permessage-deflate"),
                ("Sec-WebSocket-Key", "dGhlIGRvY3RvciBhc2tzIQ=="),
                ("Sec-WebSocket-Protocol", "chat"),
                ("Sec-WebSocket-Version", "13"),
                ("X-Requested-With", "XMLHttpRequest"),
            ]),
            Self::Program => base.program(),
            Self::Form => base.form("same-origin").with(&[("Origin", own)]),
            Self::CrossSite => base
                .form("cross-site")
                .with(&[("Origin", "https://doctor.invalid")]),
            Self::WebSocket => base.without_fetch().with(&[
                ("Origin", own),
                ("Connection", "Upgrade"),
                ("Upgrade", "websocket"),
                ("Sec-WebSocket-Key", "dGhlIGRvY3RvciBhc2tzIQ=="),
                ("Sec-WebSocket-Version", "13"),
            ]),
            Self::Preflight => base.without_fetch().with_method("OPTIONS").with(&[
                ("Origin", "https://doctor.invalid"),
                ("Access-Control-Request-Method", "PUT"),
            ]),
            Self::Spoofed(field) => base.with(&[(field.name(), &spoofed_value(*field, page))]),
            Self::SpoofedClient => base.with(&[("X-Forwarded-For", SPOOFED_CLIENT)]),
            Self::Spelled(sign) => names.iter().fold(base, |request, name| {
                request.with(&[(&name.replace('-', &sign.to_string()), "doctor")])
            }),
            Self::Identity => names.iter().fold(base, |request, name| {
                request.with(&[(name, "doctor"), (name, "doctor")])
            }),
            Self::Connection => base.with(&[("Connection", &names.join(", "))]),
            Self::Path(path) => base.with_target(format!("{}{path}", page.folder())),
            Self::Capitals => base.with_host(&page.authority().to_ascii_uppercase()),
            Self::TrailingDot => base.with_host(&with_dot(page)),
            Self::Absolute => base.with_target(format!("http://{NOBODY}/doctor")),
            Self::Who => base.program().with_target("/.vestibule/who".to_owned()),
            Self::Start => base.with_target("/.vestibule/start?rd=/".to_owned()),
            Self::Check(path) => base.program().with_target(path.clone()),
            Self::Unjudged => base.program().with_method(STRANGE_METHOD),
            Self::Large(octets) => {
                let line = "x".repeat(480);
                (0..octets / 500).fold(base, |request, number| {
                    request.with(&[(&format!("X-Doctor-{number:03}"), &line)])
                })
            }
        }
    }

    /// Whether the host can be asked for in this way: an address has no capitals and no root.
    pub(super) fn is_for(&self, page: &AskedPage) -> bool {
        let is_of_name = matches!(self, Self::Capitals | Self::TrailingDot);
        !is_of_name
            || page
                .origin
                .host()
                .ends_with(|it: char| it.is_ascii_alphabetic())
    }

    /// Whether it is for an address that a check is asked about, at the application's host as everybody writes it.
    pub(super) fn is_protected(&self) -> bool {
        !matches!(
            self,
            Self::Nobody
                | Self::Who
                | Self::Start
                | Self::Check(_)
                | Self::Absolute
                | Self::Capitals
                | Self::TrailingDot
        )
    }
}

/// What a client writes in a field, so that it is seen where it is believed.
fn spoofed_value(field: ReportedField, page: &AskedPage) -> String {
    match field {
        ReportedField::OriginalUrl => format!("{}{SPOOFED_PATH}", page.origin),
        ReportedField::ForwardedUri => SPOOFED_PATH.to_owned(),
        ReportedField::ForwardedHost => NOBODY.to_owned(),
        ReportedField::ForwardedProto if page.origin.is_https() => "http".to_owned(),
        ReportedField::ForwardedProto => "https".to_owned(),
        _ => "PUT".to_owned(),
    }
}

fn with_dot(page: &AskedPage) -> String {
    let (host, port) = match page.authority().split_once(':') {
        Some((host, port)) => (host, format!(":{port}")),
        None => (page.authority(), String::new()),
    };
    format!("{host}.{port}")
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page => f.write_str("the page"),
            Self::Nobody => f.write_str("a host that is nobody's"),
            Self::Headers => f.write_str("every header"),
            Self::Program => f.write_str("a program"),
            Self::Form => f.write_str("a form"),
            Self::WebSocket => f.write_str("a WebSocket"),
            Self::Preflight => f.write_str("a CORS preflight"),
            Self::CrossSite => f.write_str("a form of another site"),
            Self::Spoofed(field) => write!(f, "{} of a client", field.name()),
            Self::SpoofedClient => f.write_str("X-Forwarded-For of a client"),
            Self::Spelled(sign) => write!(f, "names with {sign}"),
            Self::Identity => f.write_str("identity headers of a client"),
            Self::Connection => f.write_str("a Connection that names identity headers"),
            Self::Path(path) => write!(f, "…/{}", path.trim_start_matches('/')),
            Self::Capitals => f.write_str("the host in capitals"),
            Self::TrailingDot => f.write_str("the host with a dot at its end"),
            Self::Absolute => f.write_str("a target with another host"),
            Self::Who => f.write_str("/.vestibule/who"),
            Self::Start => f.write_str("/.vestibule/start"),
            Self::Check(path) => f.write_str(path),
            Self::Unjudged => write!(f, "the method {STRANGE_METHOD}"),
            Self::Large(octets) => write!(f, "a head of {octets} octets"),
            Self::Late => f.write_str("the page, with an answer of the check that comes too late"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(uri: &str) -> AskedPage {
        AskedPage {
            origin: "https://app.example.com:8443".parse().unwrap(),
            uri: uri.to_owned(),
        }
    }

    fn text(question: &Question) -> String {
        let names = ["Remote-User".to_owned(), "Vestibule-Identity".to_owned()];
        let request = question.written(&page("/orders/list?a=b"), &names);
        String::from_utf8(request.octets("TOKEN", 7)).unwrap()
    }

    // Q66
    #[test]
    fn every_request_says_which_question_it_is() {
        for kind in ProxyKind::ALL {
            for question in questions(kind, vec!["/sso/check/crm".to_owned()]) {
                let text = text(&question);
                let late = if question == Question::Late {
                    ".late"
                } else {
                    ""
                };
                let header = format!("\r\nx-vestibule-probe: TOKEN.7{late}\r\n");
                assert!(text.contains(&header), "{text}");
                assert!(text.contains("\r\nCookie: vestibule-probe=7\r\n"), "{text}");
                assert!(text.ends_with("\r\n\r\n"), "{text}");
                assert_eq!(text.matches("\r\nHost: ").count(), 1, "{text}");
                assert_eq!(text.matches("\r\nConnection: close").count(), 1, "{text}");
            }
        }
        // As many as the server has room for.
        assert!(questions(ProxyKind::Forwarded, vec![String::new(); 2]).len() < 60);
    }

    #[test]
    fn a_request_is_written_as_it_is_meant() {
        let path = text(&Question::Path("doctor/../x"));
        assert!(
            path.starts_with("GET /orders/doctor/../x HTTP/1.1\r\nHost: app.example.com:8443\r\n")
        );
        let path = text(&Question::Path("/doctor"));
        assert!(path.starts_with("GET /orders//doctor HTTP/1.1\r\n"));
        let capitals = text(&Question::Capitals);
        assert!(capitals.contains("\r\nHost: APP.EXAMPLE.COM:8443\r\n"));
        let dot = text(&Question::TrailingDot);
        assert!(dot.contains("\r\nHost: app.example.com.:8443\r\n"));
        let absolute = text(&Question::Absolute);
        assert!(absolute.starts_with(
            "GET http://doctor.invalid/doctor HTTP/1.1\r\nHost: app.example.com:8443\r\n"
        ));
        let connection = text(&Question::Connection);
        assert!(connection.contains("\r\nConnection: close, Remote-User, Vestibule-Identity\r\n"));
        let spelled = text(&Question::Spelled('_'));
        assert!(spelled.contains("\r\nRemote_User: doctor\r\nVestibule_Identity: doctor\r\n"));
        let socket = text(&Question::WebSocket);
        assert!(socket.contains("\r\nConnection: close, Upgrade\r\n"));
        assert!(!socket.contains("Sec-Fetch"));
        let spoofed = text(&Question::Spoofed(ReportedField::OriginalUrl));
        assert!(
            spoofed.contains(
                "\r\nX-Original-URL: https://app.example.com:8443/doctor-was-not-here\r\n"
            )
        );
        let large = text(&Question::Large(15_500));
        assert!((15_000..17_000).contains(&large.len()), "{}", large.len());
    }

    #[test]
    fn an_address_has_no_capitals() {
        let address = AskedPage {
            origin: "http://127.0.0.1:8080".parse().unwrap(),
            uri: "/".to_owned(),
        };
        assert!(!Question::Capitals.is_for(&address) && !Question::TrailingDot.is_for(&address));
        assert!(Question::Page.is_for(&address));
        assert!(Question::Capitals.is_for(&page("/")));
    }
}
