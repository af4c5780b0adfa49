//! The head of an application's answer as the browser is sent it (rule Q60).
//!
//! Invariant: an application sets no cookie of ours, and takes none away.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use super::hop::Hop;
use super::outgoing::VIA;
use crate::http::cookies::sets_ours;
use crate::outbound::UpstreamAnswer;

/// Copies what is for the browser.
pub(super) fn copy_headers(answer: &UpstreamAnswer, response: &mut Response, is_switched: bool) {
    let came = answer.headers();
    let hop = Hop::of(came);
    let headers = response.headers_mut();
    headers.reserve(came.len() + 2);
    for (name, value) in came {
        let is_ours = name == header::SET_COOKIE && sets_ours(value);
        if !hop.ends(name) && !is_ours {
            headers.append(name, value.clone());
        }
    }
    headers.append(header::VIA, VIA);
    if is_switched {
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    }
}

/// Whether an answer goes on for as long as somebody listens.
pub(super) fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| {
        let kind = kind.as_bytes();
        let name = b"text/event-stream";
        kind.len() >= name.len()
            && kind
                .get(..name.len())
                .is_some_and(|it| it.eq_ignore_ascii_case(name))
    })
}
