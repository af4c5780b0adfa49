use super::*;
use crate::policy::decision::KnownVisitor;
use crate::policy::misreport::ReportedField;
use crate::policy::samples::{Asked, ada, application};
use crate::policy::skip_rule::SkipRule;
use crate::policy::visit::ProgramKind;

const FETCH: Visit = Visit::Program(ProgramKind::Fetch);

/// Each decision with a word for it.
fn decisions() -> Vec<(&'static str, Decision)> {
    let application = application(ProxyKind::Nginx);
    let decide = |uri, known| Asked::get(uri).decide(&application, known).0;
    let not_allowed = || KnownVisitor::Refused {
        company: "acme".to_owned(),
    };
    let post = Asked {
        method: "POST",
        ..Asked::get("/a")
    };
    vec![
        ("allow", decide("/a", KnownVisitor::Allowed(ada("acme")))),
        ("open", decide("/public/a", KnownVisitor::Nobody)),
        ("sign in", decide("/a", KnownVisitor::Nobody)),
        (
            "sign in, POST",
            post.decide(&application, KnownVisitor::Nobody).0,
        ),
        ("token", decide("/a", KnownVisitor::UnusableToken)),
        ("not allowed", decide("/a", not_allowed())),
        ("cross-site", Decision::Forbidden(CheckRefusal::CrossSite)),
        (
            "no field",
            Misreport::Missing(ReportedField::OriginalUrl).into(),
        ),
        ("path after", Misreport::PathAfterName.into()),
        ("unavailable", decide("/a", KnownVisitor::Unasked)),
    ]
}

fn answer(decision: &Decision, kind: ProxyKind, visit: Visit) -> CheckAnswer {
    CheckAnswer::render(decision, &application(kind), visit)
}

/// Status, `L` for a place to go, `W` for a challenge, and the body's kind.
fn short(answer: &CheckAnswer) -> String {
    let sign = |name, sign| {
        if answer.headers.contains_key(name) {
            sign
        } else {
            ""
        }
    };
    let body = match answer.body {
        CheckBody::Empty => "",
        CheckBody::Problem(_) => " problem",
        CheckBody::Page(_) => " page",
    };
    let location = sign(header::LOCATION, "L");
    let challenge = sign(header::WWW_AUTHENTICATE, "W");
    format!("{}{location}{challenge}{body}", answer.status.as_u16())
}

const VISITS: [Visit; 6] = [
    Visit::Navigation,
    Visit::Frame,
    Visit::WebSocket,
    FETCH,
    Visit::Program(ProgramKind::EventStream),
    Visit::Program(ProgramKind::Grpc),
];

fn table(kind: ProxyKind) -> Vec<String> {
    let row = |(word, decision): &(&str, Decision)| {
        let cells = VISITS.map(|visit| short(&answer(decision, kind, visit)));
        format!("{word}: {}", cells.join(" | "))
    };
    decisions().iter().map(row).collect()
}

// Q21 to Q26, Q41 to Q48: navigation, frame, WebSocket, fetch, event stream, gRPC.
const TABLE: [&str; 10] = [
    "allow: 200 | 200 | 200 | 200 | 200 | 200",
    "open: 200 | 200 | 200 | 200 | 200 | 200",
    "sign in: 302L | 401W page | 401W | 401W problem | 401W | 401W",
    "sign in, POST: 303L | 401W page | 401W | 401W problem | 401W | 401W",
    "token: 401W problem | 401W problem | 401W | 401W problem | 401W | 401W",
    "not allowed: 403 page | 403 page | 403 | 403 problem | 403 | 403",
    "cross-site: 403 page | 403 page | 403 | 403 problem | 403 | 403",
    "no field: 400 page | 400 page | 400 | 400 problem | 400 | 400",
    "path after: 404 page | 404 page | 404 | 404 problem | 404 | 404",
    "unavailable: 503 page | 503 page | 503 | 503 problem | 503 | 503",
];

// The same, but that nginx is not told to go somewhere by a status (Q22).
#[test]
fn all_decisions_by_all_kinds() {
    for kind in [ProxyKind::Forwarded, ProxyKind::Envoy, ProxyKind::BuiltIn] {
        assert_eq!(table(kind), TABLE, "{kind}");
    }
    let for_nginx = |row: &str| row.replace("302L", "401LW").replace("303L", "401LW");
    assert_eq!(table(ProxyKind::Nginx), TABLE.map(for_nginx));
}

// Q20, Q21, Q25
#[test]
fn nothing_but_a_pass_is_a_success() {
    for (word, decision) in decisions() {
        for kind in ProxyKind::ALL {
            for visit in Visit::ALL {
                let answer = answer(&decision, kind, visit);
                let is_pass = decision.pass().is_some();
                assert_eq!(answer.status.is_success(), is_pass, "{word} {kind}");
                assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
                assert!(!answer.headers.contains_key(header::SET_COOKIE));
                // Whoever is not let in is told nothing of anybody.
                let tells = answer.headers.contains_key("vestibule-identity");
                assert_eq!(tells, is_pass, "{word}");
                if is_pass {
                    assert_eq!(answer.status, StatusCode::OK);
                    assert_eq!(answer.headers[header::CONTENT_LENGTH], "0");
                    assert_eq!(answer.body, CheckBody::Empty);
                }
                let is_challenged = answer.headers.contains_key(header::WWW_AUTHENTICATE);
                let is_401 = answer.status == StatusCode::UNAUTHORIZED;
                assert_eq!(is_challenged, is_401, "{word} {kind}");
                let is_503 = answer.status == StatusCode::SERVICE_UNAVAILABLE;
                let says_when = answer.headers.contains_key(header::RETRY_AFTER);
                assert_eq!(says_when, is_503);
            }
        }
    }
}

// Q22
#[test]
fn a_sign_in_is_absolute_and_for_navigations_only() {
    let (_, sign_in) = decisions().remove(2);
    for kind in ProxyKind::ALL {
        let to = answer(&sign_in, kind, Visit::Navigation);
        assert_eq!(
            to.headers[header::LOCATION],
            "https://app.example.com/.vestibule/start?rd=/a"
        );
        assert_eq!(to.headers[header::VARY], "Cookie, Accept");
        for visit in Visit::ALL {
            let answer = answer(&sign_in, kind, visit);
            let leads = answer.headers.contains_key(header::LOCATION);
            assert_eq!(leads, visit == Visit::Navigation, "{kind} {visit:?}");
            assert_eq!(answer.headers[header::VARY], "Cookie, Accept");
        }
    }
}

// Q23
#[test]
fn a_program_is_told_where_to_sign_in() {
    let (_, sign_in) = decisions().remove(2);
    let start = "https://app.example.com/.vestibule/start";
    let answer = answer(&sign_in, ProxyKind::Forwarded, FETCH);
    assert_eq!(
        answer.headers[header::WWW_AUTHENTICATE],
        format!("Vestibule sign_in=\"{start}\"")
    );
    assert_eq!(
        answer.headers[header::CONTENT_TYPE],
        "application/problem+json"
    );
    let CheckBody::Problem(problem) = answer.body() else {
        panic!("{answer:?}");
    };
    let json = serde_json::to_value(problem).unwrap();
    assert_eq!(json["type"], "urn:vestibule:problem:sign-in");
    assert_eq!(json["sign_in"], start);
    assert_eq!(json["status"], 401);
}

// Q42
#[test]
fn a_frame_gets_a_link() {
    let (_, sign_in) = decisions().remove(2);
    let answer = answer(&sign_in, ProxyKind::Envoy, Visit::Frame);
    let page = CheckPage::SignInOnTop {
        sign_in: "https://app.example.com/.vestibule/start?rd=/a".to_owned(),
    };
    assert_eq!(*answer.body(), CheckBody::Page(page));
}

// Q46
#[test]
fn an_unusable_token_is_told_as_one() {
    let (_, token) = decisions().remove(4);
    for visit in Visit::ALL {
        let answer = answer(&token, ProxyKind::Forwarded, visit);
        let challenge = &answer.headers[header::WWW_AUTHENTICATE];
        assert_eq!(challenge, "Bearer error=\"invalid_token\"");
        assert!(!answer.headers.contains_key(header::LOCATION));
    }
}

// Q26, Q45, Q51
#[test]
fn every_name_is_in_every_success() {
    let all = decisions();
    let (allow, open) = (&all[0].1, &all[1].1);
    for kind in ProxyKind::ALL {
        for decision in [allow, open] {
            let answer = answer(decision, kind, FETCH);
            let headers = &application(kind).headers;
            for (_, name) in headers.names() {
                assert_eq!(answer.headers.get_all(name).iter().count(), 1);
                let is_of_nobody = decision == open;
                assert!(!is_of_nobody || answer.headers[name].is_empty());
            }
            let removes = answer.headers.contains_key(ENVOY_REMOVES);
            assert_eq!(removes, kind == ProxyKind::Envoy);
        }
        let answer = answer(allow, kind, FETCH);
        assert_eq!(answer.headers["remote-user"], "01hada");
    }
}

// Q51: what is open with identity, and somebody is there.
#[test]
fn an_open_path_can_tell_who_is_there() {
    let mut application = application(ProxyKind::Nginx);
    application.skip_rules = vec![SkipRule::new(["GET"], "/public/", true).unwrap()];
    let of = |known| {
        let (decision, _) = Asked::get("/public/a").decide(&application, known);
        let answer = CheckAnswer::render(&decision, &application, Visit::Navigation);
        answer.headers["remote-user"].clone()
    };
    assert_eq!(of(KnownVisitor::Allowed(ada("acme"))), "01hada");
    assert_eq!(of(KnownVisitor::Nobody), "");
}
