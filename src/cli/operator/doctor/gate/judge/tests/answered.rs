//! Findings of what visitors are answered.

use ProxyKind::{Envoy, Forwarded, Nginx};

use super::*;

#[test]
fn answers() {
    each_is_told_by_itself(vec![
        (
            Nginx,
            Question::Page,
            answered(told_off()),
            State::Error,
            "Q22",
            &["answered 401", "error_page 401 = @vestibule_sign_in;"],
        ),
        (
            Forwarded,
            Question::Page,
            answered(answer(302, &[("location", "/login")], "")),
            State::Error,
            "Q22",
            &["sent to /login", "handle_response"],
        ),
        (
            Forwarded,
            Question::Page,
            answered(answer(
                302,
                &[(
                    "location",
                    "https://app.example.com.evil.example/.vestibule/start",
                )],
                "",
            )),
            State::Error,
            "Q22",
            &["evil.example"],
        ),
        (
            Envoy,
            Question::Form,
            answered(answer(403, &[], "")),
            State::Error,
            "Q22",
            &["allowed_client_headers"],
        ),
        (
            Nginx,
            Question::Program,
            answered(led()),
            State::Error,
            "Q23",
            &["instead of being told 401", "return 401;"],
        ),
        (
            Nginx,
            Question::Program,
            answered(answer(500, &[], "")),
            State::Error,
            "Q23",
            &["answered 500"],
        ),
        (
            Envoy,
            Question::Program,
            answered(answer(401, &[], "")),
            State::Warning,
            "Q23",
            &["WWW-Authenticate"],
        ),
        (
            Forwarded,
            Question::WebSocket,
            answered(led()),
            State::Error,
            "Q43",
            &["a WebSocket"],
        ),
        (
            Forwarded,
            Question::Preflight,
            answered(led()),
            State::Error,
            "Q45",
            &["preflight"],
        ),
        (
            Nginx,
            Question::CrossSite,
            answered(answer(403, &[], "<center>nginx</center>")),
            State::Warning,
            "Q24",
            &["error_page 403 /.vestibule/refused;"],
        ),
        (
            Forwarded,
            Question::CrossSite,
            answered(answer(404, &[], "")),
            State::Error,
            "Q24",
            &["404 instead of 403"],
        ),
    ]);
}
