//! Findings of what the check is told.

use ProxyKind::{Envoy, Forwarded, Nginx};
use ReportedField as Field;
use page_of_application as page;

use super::*;

#[test]
fn what_it_is_told() {
    each_is_told_by_itself(vec![
        (
            Nginx,
            Question::Page,
            wrong(&Misreport::Missing(Field::OriginalUrl)),
            State::Error,
            "Q13",
            &[
                "X-Original-URL did not come",
                "proxy_set_header X-Original-URL $scheme://$host$request_uri;",
            ],
        ),
        (
            Forwarded,
            Question::Page,
            wrong(&Misreport::Doubled(Field::ForwardedUri)),
            State::Error,
            "Q13",
            &["more than once", "X-Forwarded-Uri %[pathq]"],
        ),
        (
            Envoy,
            Question::Page,
            wrong(&Misreport::OwnAddress),
            State::Error,
            "Q13",
            &["ExtAuthzPerRoute disabled"],
        ),
        (
            Nginx,
            Question::Page,
            told(|_, _, uri| "/_vestibule_check".clone_into(uri)),
            State::Error,
            "Q12",
            &["/_vestibule_check", "$request_uri"],
        ),
    ]);
}

#[test]
fn what_a_client_writes() {
    each_is_told_by_itself(vec![
        (
            Nginx,
            Question::Spoofed(Field::OriginalUrl),
            told(|_, _, uri| "/doctor-was-not-here".clone_into(uri)),
            State::Error,
            "Q12",
            &[
                "A client's X-Original-URL is believed",
                "proxy_set_header X-Original-URL",
            ],
        ),
        (
            Nginx,
            Question::Spoofed(Field::OriginalMethod),
            wrong(&Misreport::Doubled(Field::OriginalMethod)),
            State::Error,
            "Q13",
            &[
                "beside the proxy's",
                "proxy_set_header X-Original-Method $request_method;",
            ],
        ),
        (
            Forwarded,
            Question::Spoofed(Field::ForwardedMethod),
            told(|method, _, _| "PUT".clone_into(method)),
            State::Error,
            "Q12",
            &["X-Forwarded-Method is believed", "trustForwardHeader false"],
        ),
        (
            Forwarded,
            Question::Spoofed(Field::ForwardedHost),
            wrong(&Misreport::ForeignOrigin(
                "https://doctor.invalid".parse().unwrap(),
            )),
            State::Error,
            "Q12",
            &[
                "X-Forwarded-Host is believed",
                "X-Forwarded-Host %[req.hdr(host)]",
            ],
        ),
        (
            Envoy,
            Question::Spoofed(Field::ForwardedProto),
            wrong(&Misreport::Unreadable(Field::ForwardedProto)),
            State::Error,
            "Q12",
            &["X-Forwarded-Proto is believed", "use_remote_address true"],
        ),
        (
            Nginx,
            Question::SpoofedClient,
            check(|it| it.forwarded_for = Some("198.51.100.66".to_owned())),
            State::Error,
            "Q16",
            &["believed", "proxy_set_header X-Forwarded-For $remote_addr;"],
        ),
        (
            Forwarded,
            Question::SpoofedClient,
            check(|it| it.forwarded_for = None),
            State::Warning,
            "Q16",
            &["no X-Forwarded-For", "X-Forwarded-For %[src]"],
        ),
    ]);
}

#[test]
fn headers() {
    each_is_told_by_itself(vec![
        (
            Nginx,
            Question::Headers,
            check(|it| it.cookie = false),
            State::Error,
            "Q41",
            &["No cookie", "proxy_pass_request_headers off"],
        ),
        (
            Envoy,
            Question::Headers,
            check(|it| it.names.retain(|name| !name.starts_with("sec-fetch-"))),
            State::Error,
            "Q41",
            &["sec-fetch-mode", "prefix: sec-fetch-"],
        ),
        (
            Forwarded,
            Question::Headers,
            check(|it| it.names.retain(|name| name != "origin")),
            State::Error,
            "Q41",
            &["origin", "authRequestHeaders"],
        ),
        (
            Forwarded,
            Question::Spelled('_'),
            Box::new(|it| {
                let mut other = well(Forwarded, Question::Page, 1);
                other.arrived[0].names.push("remote_user".to_owned());
                it.arrived = other.arrived;
                it.answer = other.answer;
            }),
            State::Error,
            "Q36",
            &[
                "Remote_User",
                "req.hdr_names -m sub _ .",
                "underscoreHeadersStrategy",
            ],
        ),
        (
            Nginx,
            Question::Spelled('.'),
            Box::new(|it| {
                let mut other = well(Nginx, Question::Page, 1);
                other.arrived[0].names.push("remote.user".to_owned());
                it.arrived = other.arrived;
                it.answer = other.answer;
            }),
            State::Error,
            "Q36",
            &["Remote.User", "ignore_invalid_headers"],
        ),
        (
            Forwarded,
            Question::Connection,
            Box::new(|it| {
                let other = well(Forwarded, Question::Page, 1);
                it.arrived = other.arrived;
                it.answer = other.answer;
            }),
            State::Error,
            "Q37",
            &[
                "not answered 400",
                "header_regexp Connection",
                "req.hdr(connection)",
            ],
        ),
    ]);
}

#[test]
fn paths_and_hosts() {
    each_is_told_by_itself(vec![
        (
            Nginx,
            Question::Path("doctor/../x"),
            told(|_, _, uri| "/x".clone_into(uri)),
            State::Error,
            "Q50",
            &["/doctor/../x", "$request_uri"],
        ),
        (
            Forwarded,
            Question::Path("doctor%2fx"),
            told(|_, _, uri| "/doctor/x".clone_into(uri)),
            State::Error,
            "Q50",
            &["/doctor%2fx", "before every rewrite"],
        ),
        (
            Envoy,
            Question::Path("doctor/../x"),
            told(|_, _, uri| "/doctor%2f../x".clone_into(uri)),
            State::Error,
            "Q50",
            &["normalize_path"],
        ),
        (
            Nginx,
            Question::Path("/doctor"),
            unasked(answer(404, &[], "")),
            State::Warning,
            "Q50",
            &["//doctor", "leads past the check"],
        ),
        (
            Nginx,
            Question::Path("/doctor"),
            unasked(page()),
            State::Error,
            "Q15",
            &["…/doctor", "auth_request"],
        ),
        (
            Nginx,
            Question::Path("/doctor"),
            Box::new(|it| {
                it.arrived.clear();
                it.answer = Err(RawError::Late);
            }),
            State::Warning,
            "Q50",
            &["no answer"],
        ),
        (
            Nginx,
            Question::Capitals,
            unasked(page()),
            State::Error,
            "Q14",
            &["capitals", "default_server"],
        ),
        (
            Forwarded,
            Question::TrailingDot,
            told(|_, origin, _| "https://other.example.com".clone_into(origin)),
            State::Error,
            "Q14",
            &["other.example.com"],
        ),
    ]);
}
