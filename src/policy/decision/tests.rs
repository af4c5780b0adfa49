use super::*;
use crate::policy::application::CrossSite;
use crate::policy::kind::ProxyKind;
use crate::policy::samples::{Asked, NAVIGATION, ada, application};

const KNOWN: [fn() -> KnownVisitor; 5] = [
    || KnownVisitor::Nobody,
    || KnownVisitor::Allowed(ada("acme")),
    || KnownVisitor::Refused {
        company: "acme".to_owned(),
    },
    || KnownVisitor::UnusableToken,
    || KnownVisitor::Unasked,
];

fn nginx() -> ApplicationRules {
    application(ProxyKind::Nginx)
}

/// A word for each decision.
fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow(_) => "allow",
        Decision::AllowAnonymous(door) => match door.why() {
            Opening::Preflight => "preflight",
            Opening::SkipRule => "open",
        },
        Decision::SignIn(sign_in) => match sign_in.challenge() {
            Challenge::Session => "sign in",
            Challenge::Token => "token",
        },
        Decision::Forbidden(CheckRefusal::NotAllowed) => "not allowed",
        Decision::Forbidden(CheckRefusal::CrossSite) => "cross-site",
        Decision::Forbidden(CheckRefusal::ForeignSocket) => "foreign socket",
        Decision::Misconfigured(_) => "misconfigured",
        Decision::Unavailable => "unavailable",
    }
}

/// The decisions for everything that can be known of a person, in the order of `KNOWN`.
fn words(application: &ApplicationRules, asked: &Asked<'_>) -> [&'static str; 5] {
    KNOWN.map(|known| word(&asked.decide(application, known()).0))
}

/// The decision where nobody needs to be known.
fn decided(application: &ApplicationRules, asked: &Asked<'_>) -> &'static str {
    let (decision, needed_person) = asked.decide(application, KnownVisitor::Unasked);
    assert!(!needed_person, "{decision:?}");
    word(&decision)
}

const PROTECTED: [&str; 5] = ["sign in", "allow", "not allowed", "token", "unavailable"];

// Q20
#[test]
fn only_who_is_known_and_may_is_let_in() {
    assert_eq!(words(&nginx(), &Asked::get("/a")), PROTECTED);
    let (decision, _) = Asked::get("/a").decide(&nginx(), KnownVisitor::Allowed(ada("acme")));
    let pass = decision.pass().unwrap();
    assert_eq!(pass.identity(), Some(&ada("acme")));
    for known in [KNOWN[0], KNOWN[2], KNOWN[3], KNOWN[4]] {
        assert!(
            Asked::get("/a")
                .decide(&nginx(), known())
                .0
                .pass()
                .is_none()
        );
    }
}

// Q14, Q33
#[test]
fn a_session_of_another_company_than_the_hosts_is_none() {
    let at = |host, company| {
        let asked = Asked {
            host,
            ..Asked::get("/a")
        };
        let may = KnownVisitor::Allowed(ada(company));
        let may_not = KnownVisitor::Refused {
            company: company.to_owned(),
        };
        [may, may_not].map(|known| word(&asked.decide(&nginx(), known).0))
    };
    assert_eq!(at("acme.app.example.com", "acme"), ["allow", "not allowed"]);
    assert_eq!(at("acme.app.example.com", "globex"), ["sign in"; 2]);
    assert_eq!(at("app.example.com", "globex"), ["allow", "not allowed"]);
    assert_eq!(at("app.example.com", "initech"), ["not allowed"; 2]);
}

// Q33: an application without companies serves nobody.
#[test]
fn a_company_that_is_not_served_is_not_let_in() {
    let mut application = nginx();
    application.companies = std::sync::Arc::default();
    let mut expected = PROTECTED;
    expected[1] = "not allowed";
    assert_eq!(words(&application, &Asked::get("/a")), expected);
}

// Q49, Q51
#[test]
fn a_skip_rule_opens_to_anybody_and_tells_nobody() {
    let open = Asked::get("/public/a?b");
    assert_eq!(decided(&nginx(), &open), "open");
    let (decision, _) = open.decide(&nginx(), KnownVisitor::Allowed(ada("acme")));
    assert_eq!(decision.pass().unwrap().identity(), None);
    let post = Asked {
        method: "POST",
        ..Asked::get("/public/a")
    };
    assert_eq!(words(&nginx(), &post), PROTECTED);
    assert_eq!(words(&nginx(), &Asked::get("/public")), PROTECTED);
}

// Q46, Q51: with `identity` somebody is told who may; what could not be found out is not nobody, nor is who brings an unusable token.
#[test]
fn a_skip_rule_with_identity_tells_who_may() {
    let mut application = nginx();
    application.skip_rules = vec![SkipRule::new(["GET"], "/public/", true).unwrap()];
    assert_eq!(
        words(&application, &Asked::get("/public/a")),
        ["open", "allow", "open", "token", "unavailable"]
    );
    let foreign = Asked {
        host: "globex.app.example.com",
        ..Asked::get("/public/a")
    };
    assert_eq!(
        words(&application, &foreign),
        ["open", "open", "open", "token", "unavailable"]
    );
}

// Q50
#[test]
fn an_ambiguous_path_never_skips() {
    for uri in [
        "/public/../a",
        "/public//a",
        "/public/%2e%2e/a",
        "/public/;a",
        "/public/#a",
        "/public/%2fa",
    ] {
        assert_eq!(words(&nginx(), &Asked::get(uri)), PROTECTED, "{uri}");
    }
    assert_eq!(decided(&nginx(), &Asked::get("/%70ublic/a")), "open");
}

const CORS: [(&str, &str); 4] = [
    ("Origin", "https://other.example"),
    ("Access-Control-Request-Method", "PUT"),
    ("Sec-Fetch-Site", "cross-site"),
    ("Sec-Fetch-Mode", "cors"),
];

// Q45, Q47
#[test]
fn a_preflight_passes_where_the_application_says_so() {
    let preflight = Asked {
        method: "OPTIONS",
        headers: &CORS,
        ..Asked::get("/a")
    };
    assert_eq!(decided(&nginx(), &preflight), "cross-site");
    let own = Asked {
        headers: &CORS[..2],
        ..preflight
    };
    assert_eq!(words(&nginx(), &own), PROTECTED);
    let mut application = nginx();
    application.lets_preflight_pass = true;
    let (decision, needed_person) =
        preflight.decide(&application, KnownVisitor::Allowed(ada("acme")));
    assert!(!needed_person);
    assert_eq!(word(&decision), "preflight");
    assert_eq!(decision.pass().unwrap().identity(), None);
    // What it admits is judged by itself.
    let admitted = Asked {
        method: "PUT",
        ..preflight
    };
    assert_eq!(decided(&application, &admitted), "cross-site");
}

// Q45: whoever asks about another request than the one that is decided about.
#[test]
fn only_options_is_a_preflight_that_passes() {
    let mut application = nginx();
    application.lets_preflight_pass = true;
    for headers in [&CORS[..], &CORS[..2]] {
        let put = Asked {
            method: "PUT",
            headers,
            ..Asked::get("/a")
        };
        let asked = put.read(&application).unwrap();
        let step = decide(&application, &asked, Visit::Preflight, &put.told());
        let decision = match step {
            DecisionStep::Decided(decision) => decision,
            DecisionStep::NeedsPerson(pending) => pending.with(KnownVisitor::Nobody),
        };
        assert!(decision.pass().is_none(), "{decision:?}");
    }
}

fn from_site<'a>(site: &'a [(&'a str, &'a str)], method: &'a str) -> Asked<'a> {
    Asked {
        method,
        headers: site,
        ..Asked::get("/a")
    }
}

// Q47
#[test]
fn another_site_may_lead_here_and_no_more() {
    let with = |mode, dest, site| {
        [
            ("Sec-Fetch-Mode", mode),
            ("Sec-Fetch-Dest", dest),
            ("Sec-Fetch-Site", site),
        ]
    };
    let link = with("navigate", "document", "cross-site");
    let frame = with("navigate", "iframe", "cross-site");
    let script = with("cors", "empty", "cross-site");
    let image = with("no-cors", "image", "cross-site");
    for method in ["GET", "HEAD"] {
        assert_eq!(words(&nginx(), &from_site(&link, method)), PROTECTED);
        assert_eq!(words(&nginx(), &from_site(&frame, method)), PROTECTED);
        assert_eq!(decided(&nginx(), &from_site(&script, method)), "cross-site");
        assert_eq!(decided(&nginx(), &from_site(&image, method)), "cross-site");
    }
    for method in ["POST", "DELETE"] {
        for headers in [link, frame, script, image] {
            assert_eq!(
                decided(&nginx(), &from_site(&headers, method)),
                "cross-site"
            );
        }
        let own = with("navigate", "document", "same-origin");
        assert_eq!(words(&nginx(), &from_site(&own, method)), PROTECTED);
    }
    let sibling = with("navigate", "document", "same-site");
    assert_eq!(words(&nginx(), &from_site(&sibling, "POST")), PROTECTED);
    let mut strict = nginx();
    strict.cross_site.counts_same_site = true;
    assert_eq!(decided(&strict, &from_site(&sibling, "POST")), "cross-site");
    let mut off = nginx();
    off.cross_site.is_refused = false;
    assert_eq!(words(&off, &from_site(&script, "POST")), PROTECTED);
}

// Q47, Q50
#[test]
fn paths_can_be_open_to_other_sites() {
    let mut application = nginx();
    application.cross_site = CrossSite {
        open_paths: vec!["/api/".parse().unwrap()],
        ..CrossSite::default()
    };
    let site = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "cors")];
    let at = |uri: &'static str| Asked {
        method: "POST",
        headers: &site,
        ..Asked::get(uri)
    };
    assert_eq!(words(&application, &at("/api/a")), PROTECTED);
    for uri in ["/a", "/api", "/api/../a", "/api/%2e%2e/a"] {
        assert_eq!(decided(&application, &at(uri)), "cross-site", "{uri}");
    }
    // It comes before the skip rules, too.
    let skipped = Asked {
        method: "GET",
        ..at("/public/a")
    };
    assert_eq!(decided(&application, &skipped), "cross-site");
}

// Q43
#[test]
fn a_web_socket_is_opened_by_the_applications_pages_only() {
    let at = |host, origins: &[&'static str]| {
        let mut headers = vec![("Sec-Fetch-Mode", "websocket")];
        headers.extend(origins.iter().map(|origin| ("Origin", *origin)));
        let asked = Asked {
            host,
            headers: &headers,
            ..Asked::get("/a")
        };
        word(&asked.decide(&nginx(), KnownVisitor::Allowed(ada("acme"))).0)
    };
    let (own, acme) = ("app.example.com", "acme.app.example.com");
    assert_eq!(at(own, &["https://app.example.com"]), "allow");
    assert_eq!(at(own, &["https://acme.app.example.com"]), "allow");
    assert_eq!(at(acme, &["https://acme.app.example.com"]), "allow");
    assert_eq!(at(acme, &["https://app.example.com"]), "allow");
    assert_eq!(
        at(acme, &["https://globex.app.example.com"]),
        "foreign socket"
    );
    let twice = ["https://app.example.com", "https://app.example.com"];
    for foreign in [
        &[][..],
        &["null"],
        &["https://evil.example"],
        &["https://app.example.com.evil.example"],
        &["https://app.example.com:8443"],
        &["http://app.example.com"],
        &twice,
    ] {
        assert_eq!(at(own, foreign), "foreign socket", "{foreign:?}");
    }
}

fn leads_to(asked: &Asked<'_>) -> String {
    match asked.decide(&nginx(), KnownVisitor::Nobody).0 {
        Decision::SignIn(sign_in) => {
            let start = format!("https://{}/.vestibule/start", asked.host);
            assert_eq!(sign_in.bare(), start);
            let rest = sign_in.returning().strip_prefix(&start).unwrap();
            rest.to_owned()
        }
        other => panic!("{other:?}"),
    }
}

// Q22, Q48
#[test]
fn a_sign_in_leads_back_to_the_page() {
    assert_eq!(leads_to(&Asked::get("/a?b=c")), "?rd=/a%3Fb%3Dc");
    let acme = Asked {
        host: "acme.app.example.com",
        ..Asked::get("/a")
    };
    assert_eq!(leads_to(&acme), "?rd=/a");
    let sent = |referer: Option<&'static str>| {
        let mut headers = NAVIGATION.to_vec();
        headers.extend(referer.map(|referer| ("Referer", referer)));
        let asked = Asked {
            method: "POST",
            headers: &headers,
            ..Asked::get("/submit?x")
        };
        leads_to(&asked)
    };
    assert_eq!(
        sent(Some("https://app.example.com/form?a#f")),
        "?rd=/form%3Fa&lost=1"
    );
    for other in [
        None,
        Some("https://evil.example/form"),
        Some("https://app.example.com@evil.example/form"),
        Some("https://acme.app.example.com/form"),
        Some("https://app.example.com"),
        Some("https://app.example.com//evil.example/"),
        Some("https://app.example.com/.vestibule/start"),
        Some("/form"),
    ] {
        assert_eq!(sent(other), "?rd=/&lost=1", "{other:?}");
    }
}
