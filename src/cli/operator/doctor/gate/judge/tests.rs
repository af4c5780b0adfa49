//! Every finding, from evidence of a proxy that is set up well but for one thing.

use super::super::super::State;
use super::super::question::{AskedPage, questions};
use super::*;
use crate::outbound::RawAnswer;
use crate::policy::{CheckObservation, Misreport, ProxyKind, ReportedField};

const ORIGIN: &str = "https://app.example.com";
const START: &str = "https://app.example.com/.vestibule/start?rd=/orders";
const KINDS: [ProxyKind; 3] = [ProxyKind::Nginx, ProxyKind::Forwarded, ProxyKind::Envoy];

/// A change of one exchange.
type Change = Box<dyn Fn(&mut Exchange)>;

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> RawAnswer {
    let headers = headers.iter();
    RawAnswer {
        status,
        headers: headers
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.to_owned(),
    }
}

fn led() -> RawAnswer {
    answer(302, &[("location", START)], "")
}

fn told_off() -> RawAnswer {
    let header = ("www-authenticate", "Vestibule sign_in=\"x\"");
    answer(401, &[header], "")
}

/// What a proxy of a kind makes of a question where all is well.
fn well(kind: ProxyKind, question: Question, number: u16) -> Exchange {
    let page = page();
    let names = ["Remote-User".to_owned()];
    let request = question.written(&page, &names);
    let navigated = if kind == ProxyKind::Nginx { 401 } else { 302 };
    let (status, answer) = match &question {
        Question::Nobody => (None, answer(404, &[], "nothing here")),
        Question::Spelled(_) => (None, answer(400, &[], "")),
        Question::Connection if kind == ProxyKind::Forwarded => (None, answer(400, &[], "")),
        Question::Program | Question::WebSocket | Question::Preflight => (Some(401), told_off()),
        Question::CrossSite => (
            Some(403),
            answer(403, &[], "<link href=\"/.vestibule/assets/vestibule.css\">"),
        ),
        Question::Who => (
            None,
            answer(401, &[], r#"{"title":"Not signed in","status":401}"#),
        ),
        Question::Start => (
            None,
            answer(
                303,
                &[("location", "https://sso.example.com/sso/hand-over?state=x")],
                "",
            ),
        ),
        Question::Check(_) if kind == ProxyKind::Nginx => (None, answer(404, &[], "")),
        Question::Check(_) => (Some(401), told_off()),
        Question::Unjudged => (Some(400), answer(400, &[], "")),
        Question::Large(_) => (None, answer(431, &[], "")),
        Question::Absolute => (None, answer(404, &[], "nothing here")),
        _ => (Some(navigated), led()),
    };
    let told = if question == Question::Unjudged {
        ToldRequest::Wrong(Misreport::Unreadable(ReportedField::OriginalMethod))
    } else {
        ToldRequest::Read {
            method: request.method.clone(),
            origin: ORIGIN.to_owned(),
            uri: request.target.clone(),
        }
    };
    let check = status.map(|status| CheckObservation {
        number,
        application: "crm".to_owned(),
        entry: CheckEntry::Key(Some([127, 0, 0, 1].into())),
        told,
        names: crate::policy::NEEDED_HEADERS.map(str::to_owned).to_vec(),
        forwarded_for: Some("203.0.113.9".to_owned()),
        client: Some([203, 0, 113, 9].into()),
        cookie: true,
        status,
    });
    Exchange {
        question,
        request,
        answer: Ok(answer),
        arrived: check.into_iter().collect(),
    }
}

fn page() -> AskedPage {
    AskedPage {
        origin: ORIGIN.parse().unwrap(),
        uri: "/orders".to_owned(),
    }
}

fn all_well(kind: ProxyKind) -> Evidence {
    let mut checks = vec!["/sso/check/crm".to_owned()];
    if kind == ProxyKind::Nginx {
        checks.push("/_vestibule_check".to_owned());
    }
    let all = [Question::Page].into_iter().chain(questions(kind, checks));
    let exchanges = (1..).zip(all);
    Evidence {
        kind,
        name: "crm".to_owned(),
        page: page(),
        preflight: false,
        exchanges: exchanges
            .map(|(number, question)| well(kind, question, number))
            .collect(),
    }
}

/// What is found where one answer is another.
fn found(kind: ProxyKind, question: &Question, change: &Change) -> Diagnoses {
    let mut evidence = all_well(kind);
    let mut all = evidence.exchanges.iter_mut();
    change(all.find(|it| it.question == *question).unwrap());
    look(&evidence)
}

fn look(evidence: &Evidence) -> Diagnoses {
    let mut found = Diagnoses::default();
    match first(evidence, &mut found) {
        Next::Stop => {}
        Next::Fields => fields_only(evidence, &mut found),
        Next::All => rest(evidence, &mut found),
    }
    found
}

/// What is no good news.
fn complaints(found: &Diagnoses) -> Vec<(State, &str, String)> {
    let bad = found.0.iter().filter(|it| it.state != State::Ok);
    bad.map(|it| (it.state, it.area, format!("{} {}", it.text, it.next)))
        .collect()
}

fn check(change: impl Fn(&mut CheckObservation) + 'static) -> Change {
    Box::new(move |exchange| change(&mut exchange.arrived[0]))
}

fn answered(answer: RawAnswer) -> Change {
    Box::new(move |exchange| exchange.answer = Ok(answer.clone()))
}

/// Nobody was asked, and this was answered.
fn unasked(answer: RawAnswer) -> Change {
    Box::new(move |exchange| {
        exchange.answer = Ok(answer.clone());
        exchange.arrived.clear();
    })
}

fn told(change: impl Fn(&mut String, &mut String, &mut String) + 'static) -> Change {
    check(move |check| {
        if let ToldRequest::Read {
            method,
            origin,
            uri,
        } = &mut check.told
        {
            change(method, origin, uri);
        }
    })
}

fn wrong(misreport: &Misreport) -> Change {
    let told = ToldRequest::Wrong(misreport.clone());
    check(move |check| check.told = told.clone())
}

#[test]
fn where_all_is_well_there_is_nothing_to_say() {
    for kind in KINDS {
        let found = look(&all_well(kind));
        assert!(complaints(&found).is_empty(), "{found:?}");
        for rule in [
            "Q12", "Q13", "Q14", "Q15", "Q16", "Q20", "Q22", "Q23", "Q24", "Q28", "Q37", "Q41",
            "Q45", "Q50",
        ] {
            if kind == ProxyKind::Envoy && rule == "Q36" {
                continue;
            }
            assert!(found.0.iter().any(|it| it.area == rule), "{kind} {rule}");
        }
    }
}

/// Of each kind of proxy: a question, what comes of it, and what is said.
#[test]
fn each_thing_that_is_wrong_is_told_by_itself() {
    use ProxyKind::{Envoy, Forwarded, Nginx};
    use ReportedField as Field;
    let page = || answer(200, &[], "a page of the application");
    let cases: Vec<(ProxyKind, Question, Change, State, &str, &[&str])> = vec![
        // The check itself.
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
        // What it is told.
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
        // Headers.
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
        // Paths and hosts.
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
        // Answers.
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
        // What passes.
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
            Nginx,
            Question::Form,
            unasked(page()),
            State::Error,
            "Q15",
            &["a form", "auth_request"],
        ),
        // Our own addresses, and the check's.
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
    ];
    for (kind, question, change, state, rule, texts) in cases {
        let found = found(kind, &question, &change);
        let complaints = complaints(&found);
        let [(is, area, text)] = complaints.as_slice() else {
            panic!("{kind} {question}: {complaints:?}");
        };
        assert_eq!((*is, *area), (state, rule), "{kind} {question}: {text}");
        for part in texts {
            assert!(
                text.contains(part),
                "{kind} {question}: {part} is not in {text}"
            );
        }
    }
}

#[test]
fn who_cannot_be_reached_is_told_why() {
    for (error, part) in [
        (RawError::Name("app.example.com".to_owned()), "DNS entry"),
        (RawError::Connect("refused".to_owned()), "runs"),
        (RawError::Tls("self-signed".to_owned()), "certificate"),
        (RawError::Late, "runs"),
    ] {
        let change: Change = Box::new(move |it| {
            it.arrived.clear();
            it.answer = Err(error.clone());
        });
        let found = found(ProxyKind::Nginx, &Question::Page, &change);
        let complaints = complaints(&found);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].2.contains(part), "{complaints:?}");
    }
}

// Q13, Q12: a field that is missing is the client's to write.
#[test]
fn a_missing_field_is_told_with_who_writes_it_instead() {
    let mut evidence = all_well(ProxyKind::Nginx);
    let missing = wrong(&Misreport::Missing(ReportedField::OriginalUrl));
    for exchange in &mut evidence.exchanges {
        match exchange.question {
            Question::Page | Question::Spoofed(ReportedField::OriginalMethod) => missing(exchange),
            Question::Spoofed(_) => {
                told(|_, _, uri| "/doctor-was-not-here".clone_into(uri))(exchange)
            }
            _ => {}
        }
    }
    let found = look(&evidence);
    let rules: Vec<&str> = complaints(&found).iter().map(|it| it.1).collect();
    assert_eq!(rules, ["Q13", "Q12"]);
}

#[test]
fn what_is_no_harm_is_no_complaint() {
    let quiet: Vec<(ProxyKind, Question, Change)> = vec![
        // One path for the check and for the application.
        (
            ProxyKind::Envoy,
            Question::Path("doctor/../x"),
            told(|_, _, uri| "/x".clone_into(uri)),
        ),
        // Traefik takes away what `Connection` names before it asks, and says who it is.
        (
            ProxyKind::Forwarded,
            Question::Connection,
            Box::new(|it| {
                it.arrived = well(ProxyKind::Forwarded, Question::Page, 1).arrived;
                it.arrived[0].names.push("x-forwarded-server".to_owned());
                it.answer = Ok(led());
            }),
        ),
        // Another site of the same proxy.
        (
            ProxyKind::Forwarded,
            Question::TrailingDot,
            unasked(answer(404, &[], "nothing here")),
        ),
        (
            ProxyKind::Nginx,
            Question::Absolute,
            wrong_of("https://doctor.invalid"),
        ),
        // The proxy closes the connection.
        (
            ProxyKind::Nginx,
            Question::Path("doctor\\x"),
            Box::new(|it| {
                it.arrived.clear();
                it.answer = Err(RawError::Closed);
            }),
        ),
        // Set-up A: an address of ours.
        (
            ProxyKind::Envoy,
            Question::Check("/sso/check/crm".to_owned()),
            wrong(&Misreport::OwnAddress),
        ),
        // The company is asked for at the hub, and there is none.
        (
            ProxyKind::Nginx,
            Question::Start,
            unasked(answer(400, &[], "")),
        ),
    ];
    for (kind, question, change) in quiet {
        let found = found(kind, &question, &change);
        let complaints = complaints(&found);
        let of_absolute = question == Question::Absolute && complaints.is_empty();
        assert!(
            of_absolute || complaints.is_empty(),
            "{kind} {question}: {complaints:?}"
        );
    }
    let mut evidence = all_well(ProxyKind::Nginx);
    evidence.preflight = true;
    for exchange in &mut evidence.exchanges {
        if exchange.question == Question::Preflight {
            exchange.arrived[0].status = 200;
            exchange.answer = Ok(answer(200, &[], ""));
        }
    }
    assert!(complaints(&look(&evidence)).is_empty());
}

/// A check about another origin.
fn wrong_of(origin: &str) -> Change {
    let misreport = Misreport::ForeignOrigin(origin.parse().unwrap());
    Box::new(move |it| {
        it.arrived = well(ProxyKind::Nginx, Question::Page, 1).arrived;
        it.arrived[0].told = ToldRequest::Wrong(misreport.clone());
        it.answer = Ok(answer(500, &[], ""));
    })
}
