//! What went wrong for others, as far as a decision stops it: a test for each row of the law's section 10.

use http::HeaderName;

use super::answer::CheckAnswer;
use super::application::ApplicationRules;
use super::decision::{Decision, KnownVisitor};
use super::header_name::spellings;
use super::kind::ProxyKind;
use super::misreport::{Misreport, ReportedField};
use super::original::{OriginalRequest, ProxyCheck};
use super::samples::{Asked, NAVIGATION, ada, application, headers};
use super::visit::{ProgramKind, Visit};

fn is_open(application: &ApplicationRules, uri: &'static str) -> bool {
    let (decision, _) = Asked::get(uri).decide(application, KnownVisitor::Nobody);
    match decision {
        Decision::AllowAnonymous(_) => true,
        Decision::SignIn(_) => false,
        other => panic!("{other:?}"),
    }
}

fn nginx() -> ApplicationRules {
    application(ProxyKind::Nginx)
}

/// A check as Caddy, Traefik and `HAProxy` send it, with more.
fn forwarded(uri: &str, more: &[(&str, &str)]) -> Result<OriginalRequest, Misreport> {
    let mut pairs = vec![
        ("X-Forwarded-Method", "GET"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "app.example.com"),
        ("X-Forwarded-Uri", uri),
    ];
    pairs.extend(more);
    let check = ProxyCheck {
        method: "GET",
        rest: b"",
        headers: &headers(&pairs),
    };
    OriginalRequest::read(&application(ProxyKind::Forwarded), &check)
}

// oauth2-proxy CVE-2026-40575, #3506 (Q12)
#[test]
fn a_clients_forwarded_uri_chooses_no_skip_rule() {
    let forged = [
        ("X-Forwarded-Uri", "/public/x"),
        NAVIGATION[0],
        NAVIGATION[1],
    ];
    let asked = Asked {
        headers: &forged,
        ..Asked::get("/admin")
    };
    let (decision, _) = asked.decide(&nginx(), KnownVisitor::Nobody);
    assert!(matches!(decision, Decision::SignIn(_)));
    // Added to the proxy's own, it is one too many.
    assert_eq!(
        forwarded("/admin", &[("X-Forwarded-Uri", "/public/x")]),
        Err(Misreport::Doubled(ReportedField::ForwardedUri))
    );
}

// oauth2-proxy GHSA-7rh7-c77v-6434 (Q50)
#[test]
fn a_query_matches_no_skip_rule() {
    assert!(!is_open(&nginx(), "/admin?/public/"));
    assert!(!is_open(&nginx(), "/admin?x=/public/x"));
    assert!(is_open(&nginx(), "/public/x?/admin"));
}

// oauth2-proxy CVE-2026-41059 (Q49, Q50)
#[test]
fn a_fragment_widens_no_skip_rule() {
    assert!(!is_open(&nginx(), "/admin#/public/"));
    assert!(!is_open(&nginx(), "/public/#/../admin"));
    assert!(is_open(&nginx(), "/public/x"));
}

// oauth2-proxy CVE-2026-34457 (Q17)
#[test]
fn no_user_agent_opens_a_door() {
    for agent in ["GoogleHC/1.0", "kube-probe/1.30", "ELB-HealthChecker/2.0"] {
        let probe = [("User-Agent", agent)];
        let asked = Asked {
            headers: &probe,
            ..Asked::get("/admin")
        };
        let (decision, _) = asked.decide(&nginx(), KnownVisitor::Nobody);
        assert!(matches!(decision, Decision::SignIn(_)), "{agent}");
    }
}

// oauth2-proxy CVE-2025-64484, Traefik CVE-2026-39858 and CVE-2026-88011, Caddy GHSA-f59h-q822-g45g (Q36)
#[test]
fn no_spelling_of_a_name_reaches_the_application() {
    let headers = application(ProxyKind::BuiltIn).headers;
    for (_, name) in headers.names() {
        for spelling in spellings(name) {
            assert!(headers.strips(&spelling), "{spelling}");
        }
    }
    for alias in ["remote_groups", "remote.groups", "x_forwarded_uri"] {
        assert!(headers.strips(&HeaderName::from_static(alias)), "{alias}");
    }
    assert!(!headers.strips(&HeaderName::from_static("x-requested-with")));
    // Nor is an alias of a field taken for it.
    let alias = ("X_Original_URL", "https://app.example.com/public/");
    let pairs = headers_of_nginx_without_url(alias);
    assert_eq!(pairs, Err(Misreport::Missing(ReportedField::OriginalUrl)));
}

fn headers_of_nginx_without_url(more: (&str, &str)) -> Result<OriginalRequest, Misreport> {
    let check = ProxyCheck {
        method: "GET",
        rest: b"",
        headers: &headers(&[("X-Original-Method", "GET"), more]),
    };
    OriginalRequest::read(&nginx(), &check)
}

// Authelia CVE-2026-48794, tinyauth CVE-2026-77560 (Q14)
#[test]
fn the_case_of_a_host_changes_nothing() {
    for host in ["app.example.com", "APP.EXAMPLE.COM", "App.Example.Com.:443"] {
        let at = |uri: &'static str, known| {
            let asked = Asked {
                host,
                ..Asked::get(uri)
            };
            asked.decide(&nginx(), known).0
        };
        assert!(matches!(
            at("/a", KnownVisitor::Nobody),
            Decision::SignIn(_)
        ));
        let allowed = at("/a", KnownVisitor::Allowed(ada("acme")));
        assert!(matches!(allowed, Decision::Allow(_)));
    }
    let acme = Asked {
        host: "ACME.app.example.com",
        ..Asked::get("/a")
    };
    let (decision, _) = acme.decide(&nginx(), KnownVisitor::Allowed(ada("globex")));
    assert!(matches!(decision, Decision::SignIn(_)));
}

// authentik CVE-2026-25748 (Q20, Q26)
#[test]
fn what_is_not_understood_is_no_success() {
    for known in [
        KnownVisitor::Nobody,
        KnownVisitor::UnusableToken,
        KnownVisitor::Unasked,
    ] {
        for kind in ProxyKind::ALL {
            let (decision, _) = Asked::get("/a").decide(&nginx(), known.clone());
            let application = application(kind);
            for visit in Visit::ALL {
                let answer = CheckAnswer::render(&decision, &application, visit);
                assert!(!answer.status().is_success());
            }
        }
    }
    let (decision, _) = Asked::get("/a").decide(&nginx(), KnownVisitor::Allowed(ada("acme")));
    let answer = CheckAnswer::render(&decision, &nginx(), Visit::Navigation);
    assert!(answer.status().is_success());
    assert_eq!(answer.headers()["remote-user"], "01hada");
}

// authentik CVE-2024-47070, CVE-2023-36456 (Q16)
#[test]
fn a_client_address_decides_nothing() {
    for address in ["127.0.0.1", "nonsense", "", "\u{e9}"] {
        let more = [("X-Forwarded-For", address), NAVIGATION[0], NAVIGATION[1]];
        let asked = Asked {
            headers: &more,
            ..Asked::get("/a")
        };
        let (decision, _) = asked.decide(&nginx(), KnownVisitor::Nobody);
        assert!(matches!(decision, Decision::SignIn(_)), "{address}");
    }
}

// authentik CVE-2026-41569, CVE-2024-52289 (Q32)
#[test]
fn an_origin_is_not_a_prefix_nor_a_pattern() {
    for host in [
        "app.example.com.evil.example",
        "app.example.com@evil.example",
        "appxexample.com",
        "app-example.com",
        "evil-app.example.com",
    ] {
        let asked = Asked {
            host,
            ..Asked::get("/a")
        };
        let (decision, _) = asked.decide(&nginx(), KnownVisitor::Allowed(ada("acme")));
        assert!(matches!(decision, Decision::Misconfigured(_)), "{host}");
    }
}

// Traefik CVE-2026-35051, CVE-2026-54764, CVE-2024-52003 (Q12)
#[test]
fn four_fields_are_read_and_no_more() {
    let expected = forwarded("/admin", &[]).unwrap();
    let more = [
        ("X-Forwarded-Prefix", "/public"),
        ("X-Forwarded-Port", "8443"),
        ("X-Forwarded-Server", "evil.example"),
        ("X-Forwarded-Path", "/public/"),
        ("X-Original-URL", "https://app.example.com/public/"),
        ("X-Rewrite-Url", "/public/"),
        ("X-Http-Method-Override", "HEAD"),
        ("Forwarded", "host=evil.example;proto=http"),
        ("Host", "evil.example"),
    ];
    assert_eq!(forwarded("/admin", &more), Ok(expected));
}

// Traefik CVE-2024-45410 (Q13, Q37)
#[test]
fn a_field_that_was_taken_away_is_a_misreport() {
    let pairs = [
        ("X-Forwarded-Method", "GET"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Uri", "/admin"),
        ("Connection", "close, X-Forwarded-Host"),
        ("Host", "app.example.com"),
    ];
    let check = ProxyCheck {
        method: "GET",
        rest: b"",
        headers: &headers(&pairs),
    };
    let application = application(ProxyKind::Forwarded);
    let read = OriginalRequest::read(&application, &check);
    assert_eq!(read, Err(Misreport::Missing(ReportedField::ForwardedHost)));
    let decision = Decision::from(read.unwrap_err());
    let answer = CheckAnswer::render(&decision, &application, Visit::Program(ProgramKind::Fetch));
    assert_eq!(answer.status(), 400);
}

// Traefik CVE-2026-48020, CVE-2026-40912, GHSA-vrch-868g-9jx5, GHSA-gm3x-23wp-hc2c; Envoy CVE-2019-9901, CVE-2021-29492,
// CVE-2026-73511; Oathkeeper GHSA-p224-6x5r-fjpm (Q50)
#[test]
fn no_way_of_writing_a_path_reaches_a_protected_one() {
    for uri in [
        "/public/../admin",
        "/public/..",
        "/public/./../admin",
        "/public/%2e%2e/admin",
        "/public/%2E%2E%2Fadmin",
        "/public/..%2fadmin",
        "/public/..%5cadmin",
        "/public/..\\admin",
        "/public//admin",
        "/public/..;/admin",
        "/public/;x=1/admin",
        "/public/%252e%252e/admin",
        "/public/%00/admin",
        "/public/../admin//x;a=1/%2e%2e/y",
    ] {
        assert!(!is_open(&nginx(), uri), "{uri}");
    }
    assert!(is_open(&nginx(), "/public/admin"));
}

// Envoy CVE-2021-32777 (Q13, Q38)
#[test]
fn of_several_values_none_is_taken() {
    for (name, field) in [
        ("X-Forwarded-Method", ReportedField::ForwardedMethod),
        ("X-Forwarded-Proto", ReportedField::ForwardedProto),
        ("X-Forwarded-Host", ReportedField::ForwardedHost),
        ("X-Forwarded-Uri", ReportedField::ForwardedUri),
    ] {
        for value in ["GET", ""] {
            let read = forwarded("/admin", &[(name, value)]);
            assert_eq!(read, Err(Misreport::Doubled(field)));
        }
    }
}

// Oathkeeper GHSA-vhr5-ggp3-qq85 (Q12)
#[test]
fn a_scheme_is_read_from_its_place() {
    let plain = [("X-Forwarded-Proto", "http"), NAVIGATION[0], NAVIGATION[1]];
    let asked = Asked {
        headers: &plain,
        ..Asked::get("/a")
    };
    let read = asked.read(&nginx()).unwrap();
    assert_eq!(read.origin().as_str(), "https://app.example.com");
}

// Caddy GHSA-7r4p-vjf4-gxv4, mod_auth_openidc #222, oauth2-proxy PR 624 (Q26, Q51)
#[test]
fn an_open_path_overwrites_what_a_client_says_of_itself() {
    let forged = [("Remote-User", "root"), NAVIGATION[0], NAVIGATION[1]];
    let asked = Asked {
        headers: &forged,
        ..Asked::get("/public/x")
    };
    for kind in ProxyKind::ALL {
        let application = application(kind);
        let (decision, _) = asked.decide(&nginx(), KnownVisitor::Nobody);
        let answer = CheckAnswer::render(&decision, &application, asked.visit());
        assert!(answer.status().is_success());
        for (_, name) in application.headers.names() {
            assert_eq!(answer.headers().get(name).unwrap(), "", "{name}");
        }
    }
}

// Pomerium CVE-2021-29651, CVE-2024-39315 (Q32): no token in an address, whatever is asked.
#[test]
fn no_address_carries_an_identity() {
    for uri in [
        "/a?rd=https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
    ] {
        let (decision, _) = Asked::get(uri).decide(&nginx(), KnownVisitor::Nobody);
        let answer = CheckAnswer::render(&decision, &nginx(), Visit::Navigation);
        let location = answer.headers()[http::header::LOCATION].to_str().unwrap();
        let (address, query) = location.split_once('?').unwrap();
        assert_eq!(address, "https://app.example.com/.vestibule/start");
        assert!(query.starts_with("rd=/") && !query.contains(['&', ':', '\\']));
    }
}
