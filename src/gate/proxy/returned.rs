//! The head of an application's answer as the browser is sent it (rule Q60).
//!
//! Invariant: an application sets no cookie of ours, and takes none away; nor does it send browsers past us.

use axum::http::{HeaderMap, header};
use axum::response::Response;

use super::hop::{Hop, switch_to_socket, switches_to_socket};
use super::outgoing::VIA;
use crate::http::cookies::sets_ours;
use crate::keys::websocket_accept;
use crate::outbound::UpstreamAnswer;

/// Copies what is for the browser.
pub(super) fn copy_headers(answer: &UpstreamAnswer, response: &mut Response, is_switched: bool) {
    let came = answer.headers();
    let hop = Hop::of(came);
    let headers = response.headers_mut();
    headers.reserve(came.len() + 2);
    for (name, value) in came {
        let is_ours = name == header::SET_COOKIE && sets_ours(value)
            || name == "clear-site-data"
            || name == header::ALT_SVC;
        if !hop.ends(name) && !is_ours {
            headers.append(name, value.clone());
        }
    }
    headers.append(header::VIA, VIA);
    if is_switched {
        switch_to_socket(headers);
    }
}

/// Whether a 101 agrees to the WebSocket that was asked for, and to nothing else (RFC 6455, section 4.1).
pub(super) fn agrees(came: &HeaderMap, asked: &HeaderMap) -> bool {
    let mut accepted = came.get_all(header::SEC_WEBSOCKET_ACCEPT).iter();
    let key = asked.get(header::SEC_WEBSOCKET_KEY);
    let expected = key.map(|key| websocket_accept(key.as_bytes()));
    let is_accepted = match (accepted.next(), expected) {
        (Some(accept), Some(expected)) => accept.as_bytes() == expected.as_bytes(),
        _ => false,
    };
    is_accepted && accepted.next().is_none() && switches_to_socket(came)
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
