//! What is said to the next hop only (RFC 9110, section 7.6.1; rules Q37 and Q58).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Never handed on, whether or not `Connection` names them.
const OF_THE_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What of a message is for the next hop only.
pub(super) struct Hop<'h> {
    /// What `Connection` names.
    named: Vec<&'h str>,
}

impl<'h> Hop<'h> {
    pub(super) fn of(headers: &'h HeaderMap) -> Self {
        Self {
            named: tokens(headers, &header::CONNECTION).collect(),
        }
    }

    /// Whether a header ends here.
    pub(super) fn ends(&self, name: &HeaderName) -> bool {
        let name = name.as_str();
        OF_THE_HOP.contains(&name) || self.named.iter().any(|it| it.eq_ignore_ascii_case(name))
    }
}

/// Says to the next hop that both sides speak WebSocket from now on.
pub(super) fn switch_to_socket(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
}

/// Whether a message says so.
pub(super) fn switches_to_socket(headers: &HeaderMap) -> bool {
    lists(headers, &header::UPGRADE, "websocket") && lists(headers, &header::CONNECTION, "upgrade")
}

/// Whether a header's list has a word.
fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    tokens(headers, name).any(|it| it.eq_ignore_ascii_case(word))
}

pub(super) fn tokens<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(name).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let tokens = lines.flat_map(|line| line.split(','));
    tokens.map(|it| it.trim_matches([' ', '\t']))
}
