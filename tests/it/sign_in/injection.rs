//! Values of strangers in headers, in the log, and in the record: none gets a line of its own.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Request, header};
use tracing_subscriber::EnvFilter;
use vestibule::demo_idp::{IdpStatus, ResponseSpec};
use vestibule::saml::names;

use crate::support::identity_provider::begin;
use crate::support::{Answer, Federation, send};

/// What an attacker would like to see at the beginning of a line.
const EVIL: &str = "evil-marker";
const LINES: [&str; 5] = [
    "x\r\nevil-marker: 1",
    "x\nevil-marker",
    "x\rSet-Cookie: evil-marker=1",
    "x\u{85}evil-marker\u{2028}evil-marker",
    "\u{1b}[2Jevil-marker\u{7}",
];

/// Something that the identity provider says and signs.
type Change = fn(&mut ResponseSpec, &str);

const SIGNED: [Change; 7] = [
    |spec, line| spec.name_id = line.into(),
    |spec, line| spec.issuer = line.into(),
    |spec, line| spec.audiences = vec![line.into()],
    |spec, line| spec.recipient = Some(line.into()),
    |spec, line| spec.destination = Some(line.into()),
    |spec, line| spec.status = IdpStatus::failure(names::STATUS_RESPONDER, line, line),
    |spec, line| {
        for claim in &mut spec.attributes {
            claim.values = vec![line.into()];
        }
    },
];

/// The log of this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// No header is the attacker's, and none has a value of his but an address that it is a part of.
fn assert_headers_are_ours(answer: &Answer, what: &str) {
    for (name, value) in &answer.headers {
        let value = value.to_str().unwrap();
        assert!(!name.as_str().contains(EVIL), "{what}: {name}");
        assert!(
            name == header::LOCATION || !value.contains(EVIL),
            "{what}: {name}: {value}"
        );
        assert!(
            value.chars().all(|c| c.is_ascii_graphic() || c == ' '),
            "{what}: {name}: {value}"
        );
    }
    let cookies = answer.headers.get_all(header::SET_COOKIE).iter();
    for cookie in cookies {
        assert!(cookie.to_str().unwrap().starts_with("vestibule-"), "{what}");
    }
}

async fn try_everything(world: &Federation) {
    for line in LINES {
        let line = encoded(line);
        for path in [
            format!("/sso/login?return_to={line}"),
            format!("/sso/login?connection={line}"),
            format!("/sso/login?login_hint={line}"),
            format!("/sso/login?force={line}"),
            format!("/sign-in?email={line}"),
            format!("/sign-in?return_to={line}"),
            format!("/sso/slo?SAMLRequest={line}&RelayState={line}"),
            format!("/sso/slo?SAMLResponse={line}&SigAlg={line}&Signature={line}"),
            format!("/assets/{line}"),
            format!("/{line}"),
            format!("/sso/session?{line}={line}"),
        ] {
            let answer = world.browser().get(&path).await;
            assert_headers_are_ours(&answer, &path);
        }
        for (path, body) in [
            ("/sso/acs", format!("SAMLResponse=AAAA&RelayState={line}")),
            ("/sso/acs", format!("SAMLResponse={line}")),
            ("/sso/acs", format!("{line}=1&{line}")),
            ("/sso/slo", format!("SAMLRequest={line}&RelayState={line}")),
            (
                "/sign-in",
                format!("csrf={line}&email={line}&password={line}"),
            ),
            ("/sso/logout", format!("csrf={line}")),
        ] {
            let request = Request::post(path)
                .header(header::HOST, "acme.localhost:8080")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::USER_AGENT, "evil-marker\tevil-marker")
                .header(header::REFERER, "http://evil-marker.example/")
                .header("x-forwarded-for", "evil-marker, 10.0.0.1")
                .header("x-forwarded-host", "evil-marker.example")
                .header("x-request-id", "evil-marker")
                .header(
                    header::COOKIE,
                    "vestibule-session=evil-marker; vestibule-login=evil-marker",
                );
            let answer = send(&world.router, request.body(Body::from(body)).unwrap()).await;
            assert_headers_are_ours(&answer, path);
        }
    }
    // Values that the identity provider signed.
    for change in SIGNED {
        let mut browser = world.browser();
        let begun = begin(&mut browser, "/sso/login").await;
        let response = world.respond(&begun, |spec| {
            change(spec, "x\nevil-marker\u{85}evil-marker");
        });
        let answer = world.bring(&mut browser, &begun, &response).await;
        assert_headers_are_ours(&answer, "a signed value");
        assert_eq!(answer.status, 403, "{}", answer.body);
        assert!(!answer.body.contains(EVIL), "{}", answer.body);
        let attempt = world.attempt(&world.acme, &answer).await;
        let record = &attempt.record;
        let values = record
            .checks
            .iter()
            .flat_map(|check| [&*check.expected, &*check.received]);
        let advice = record.advice.iter().map(String::as_str);
        for text in values.chain([attempt.summary.as_str()]).chain(advice) {
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
    }
}

#[tokio::test]
async fn no_value_reaches_a_header_or_a_line_of_the_log() {
    let world = Federation::new().await;
    // While there is one subscriber only, a thread of another test, which has none, may decide that nobody wants its lines.
    let _second = tracing::Dispatch::new(
        tracing_subscriber::fmt()
            .with_writer(std::io::sink)
            .finish(),
    );
    for json in [false, true] {
        let log = Log::default();
        let writer = log.clone();
        let builder = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_env_filter(EnvFilter::new("vestibule=trace,warn"))
            .with_writer(move || writer.clone());
        let guard = if json {
            tracing::subscriber::set_default(builder.json().finish())
        } else {
            tracing::subscriber::set_default(builder.finish())
        };
        try_everything(&world).await;
        drop(guard);
        let text = log.text();
        assert!(text.lines().count() > 50, "{text}");
        for line in text.lines() {
            let starts = if json { "{\"timestamp\":\"2" } else { "2" };
            assert!(line.starts_with(starts), "{line}");
            assert!(!line.contains(EVIL), "{line}");
            assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused() {
    let world = Federation::new().await;
    for path in [
        "/sso/login?return_to=/a&return_to=/b",
        "/sso/login?return_to=/a&return%5Fto=/b",
        "/sso/login?connection=entra&connection=entra",
        "/sign-in?return_to=/a&return_to=//evil.example",
        "/sign-in?email=a%40b.example&email=c%40d.example",
    ] {
        let answer = world.browser().get(path).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.body);
        assert_eq!(answer.header("location"), "", "{path}");
    }
}
