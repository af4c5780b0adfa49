//! Every finding, from evidence of a proxy that is set up well but for one thing.

use super::super::super::State;
use super::super::question::questions;
use super::super::request::AskedPage;
use super::*;
use crate::outbound::RawAnswer;
use crate::policy::{CheckObservation, Misreport, ProxyKind, ReportedField};

const ORIGIN: &str = "https://app.example.com";
const START: &str = "https://app.example.com/.vestibule/start?rd=/orders";
const KINDS: [ProxyKind; 3] = [ProxyKind::Nginx, ProxyKind::Forwarded, ProxyKind::Envoy];

/// A change of one exchange.
type Change = Box<dyn Fn(&mut Exchange)>;
/// A kind of proxy, a question, what comes of it, and what is said: how bad it is, under which rule, with which words.
type Case = (
    ProxyKind,
    Question,
    Change,
    State,
    &'static str,
    &'static [&'static str],
);

mod answered;
mod asked;
mod sent;

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
        Question::Spelled(_) => (None, answer(400, &[], "")),
        Question::Connection if kind == ProxyKind::Forwarded => (None, answer(400, &[], "")),
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
        Question::Program | Question::WebSocket | Question::Preflight | Question::Check(_) => {
            (Some(401), told_off())
        }
        Question::Unjudged => (Some(400), answer(400, &[], "")),
        Question::Large(_) => (None, answer(431, &[], "")),
        Question::Nobody | Question::Absolute => (None, answer(404, &[], "nothing here")),
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

/// Each is the only thing that is said.
fn each_is_told_by_itself(cases: Vec<Case>) {
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

fn page_of_application() -> RawAnswer {
    answer(200, &[], "a page of the application")
}

#[test]
fn who_cannot_be_reached_is_told_why() {
    for (error, part) in [
        (RawError::Name("app.example.com".to_owned()), "DNS entry"),
        (RawError::Connect("refused".to_owned()), "runs"),
        (RawError::Tls("self-signed"), "certificate"),
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
                told(|_, _, uri| "/doctor-was-not-here".clone_into(uri))(exchange);
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
