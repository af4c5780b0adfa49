//! Findings of the check itself: who asks it, and who does not.

use ProxyKind::{Envoy, Forwarded, Nginx};
use ReportedField as Field;
use page_of_application as page;

use super::*;

#[test]
fn the_check_itself() {
    each_is_told_by_itself(vec![
        (
            Nginx,
            Question::Page,
            unasked(page()),
            State::Error,
            "Q15",
            &["not protected", "200", "auth_request /_vestibule_check;"],
        ),
        (
            Forwarded,
            Question::Page,
            unasked(page()),
            State::Error,
            "Q15",
            &["not protected", "forward_auth before reverse_proxy"],
        ),
        (
            Envoy,
            Question::Page,
            unasked(answer(404, &[], "")),
            State::Error,
            "Q15",
            &["404", "ext_authz before the router"],
        ),
        (
            Nginx,
            Question::Page,
            unasked(answer(500, &[], "")),
            State::Error,
            "Q25",
            &["500", "proxy_pass"],
        ),
        (
            Envoy,
            Question::Page,
            unasked(led()),
            State::Error,
            "Q66",
            &["does not arrive", "exact: x-vestibule-probe"],
        ),
        (
            Forwarded,
            Question::Page,
            unasked(told_off()),
            State::Error,
            "Q66",
            &["authRequestHeaders"],
        ),
        (
            Nginx,
            Question::Page,
            check(|it| it.entry = CheckEntry::NoKey(None)),
            State::Error,
            "Q15",
            &[
                "without a key",
                "proxy_set_header Vestibule-Proxy-Key KEY;",
                "new-key crm",
            ],
        ),
        (
            Nginx,
            Question::Page,
            check(|it| it.entry = CheckEntry::NoAddress(Some([10, 0, 0, 7].into()))),
            State::Error,
            "Q15",
            &["10.0.0.7", "trusted_proxies = [\"10.0.0.7\"]"],
        ),
        (
            Nginx,
            Question::Page,
            check(|it| it.entry = CheckEntry::NoApplication),
            State::Error,
            "Q11",
            &["no such application", "/sso/check/crm"],
        ),
        (
            Nginx,
            Question::Page,
            check(|it| "shop".clone_into(&mut it.application)),
            State::Error,
            "Q11",
            &["\"shop\"", "/sso/check/crm"],
        ),
        (
            Nginx,
            Question::Page,
            check(|it| it.status = 200),
            State::Error,
            "Q49",
            &["skip_rules"],
        ),
    ]);
}

#[test]
fn what_passes() {
    each_is_told_by_itself(vec![
        (
            Forwarded,
            Question::Page,
            answered(page()),
            State::Error,
            "Q20",
            &["not obeyed", "the page", "deny_status 503"],
        ),
        (
            Nginx,
            Question::WebSocket,
            answered(answer(101, &[], "")),
            State::Error,
            "Q20",
            &["a WebSocket", "satisfy any"],
        ),
        (
            Envoy,
            Question::Unjudged,
            answered(page()),
            State::Error,
            "Q20",
            &["DOCTOR-ASKS", "failure_mode_allow"],
        ),
        (
            Forwarded,
            Question::Large(15_500),
            unasked(page()),
            State::Error,
            "Q25",
            &["a head of 15500 octets", "deny_status 503"],
        ),
        (
            Envoy,
            Question::Late,
            answered(page()),
            State::Error,
            "Q25",
            &["comes too late", "failure_mode_allow"],
        ),
        (
            Nginx,
            Question::Form,
            unasked(page()),
            State::Error,
            "Q15",
            &["a form", "auth_request"],
        ),
    ]);
}

#[test]
fn our_own_addresses_and_the_checks() {
    each_is_told_by_itself(vec![
        (
            Nginx,
            Question::Who,
            unasked(answer(404, &[], "no such page")),
            State::Error,
            "Q28",
            &[
                "/.vestibule/who is answered 404",
                "location ^~ /.vestibule/",
            ],
        ),
        (
            Nginx,
            Question::Who,
            unasked(answer(421, &[], "")),
            State::Error,
            "Q28",
            &["another Host", "proxy_set_header Host $host;"],
        ),
        (
            Forwarded,
            Question::Who,
            Box::new(|it| it.arrived = well(Forwarded, Question::Page, 1).arrived),
            State::Error,
            "Q28",
            &["in a circle", "acl is_own path_beg /.vestibule/"],
        ),
        (
            Envoy,
            Question::Start,
            unasked(answer(404, &[], "")),
            State::Error,
            "Q28",
            &["/.vestibule/start is answered 404"],
        ),
        (
            Nginx,
            Question::Check("/_vestibule_check".to_owned()),
            Box::new(|it| {
                it.arrived = well(Nginx, Question::Program, 1).arrived;
                it.answer = Ok(answer(
                    401,
                    &[],
                    r#"{"type":"urn:vestibule:problem:sign-in"}"#,
                ));
            }),
            State::Error,
            "Q15",
            &["/_vestibule_check leads from outside", "internal;"],
        ),
        (
            Forwarded,
            Question::Check("/sso/check/crm".to_owned()),
            check(|it| it.entry = CheckEntry::NoKey(None)),
            State::Warning,
            "Q15",
            &["/sso/check/crm", "Let no route"],
        ),
        (
            Forwarded,
            Question::Check("/sso/check/crm".to_owned()),
            wrong(&Misreport::Missing(Field::ForwardedMethod)),
            State::Error,
            "Q15",
            &["with the proxy's key", "Let no route"],
        ),
    ]);
}
