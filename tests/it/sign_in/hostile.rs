//! Requests that no browser of a user would send.

use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use vestibule::demo_idp::IdpUser;

use crate::support::identity_provider::{begin, read};
use crate::support::{Answer, Federation, send};

const HOST: &str = "acme.localhost:8080";
const FORM: &str = "application/x-www-form-urlencoded";

async fn post(world: &Federation, kind: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post("/sso/acs")
        .header(header::HOST, HOST)
        .header(header::CONTENT_TYPE, kind)
        .body(body.into());
    send(&world.router, request.unwrap()).await
}

#[tokio::test]
async fn bodies_that_are_not_one_response() {
    let world = Federation::new().await;
    let response = world.encoded(&world.spec(&IdpUser::b_simon()));
    let field: String = form_urlencoded::byte_serialize(response.as_bytes()).collect();
    let good = format!("SAMLResponse={field}");
    for (what, kind, body, status) in [
        ("no type", "", good.clone(), 415),
        ("JSON", "application/json", good.clone(), 415),
        (
            "multipart",
            "multipart/form-data; boundary=x",
            good.clone(),
            415,
        ),
        ("nothing", FORM, String::new(), 400),
        ("no field", FORM, "RelayState=a".to_owned(), 400),
        ("two fields", FORM, format!("{good}&{good}"), 400),
        (
            "two handles",
            FORM,
            format!("{good}&RelayState=a&RelayState=b"),
            400,
        ),
        (
            "a request",
            FORM,
            good.replace("SAMLResponse", "SAMLRequest"),
            400,
        ),
        (
            "both",
            FORM,
            format!("{good}&{}", good.replace("SAMLResponse", "SAMLRequest")),
            400,
        ),
        (
            "a name in another spelling",
            FORM,
            format!("%53AMLResponse={field}&{good}"),
            400,
        ),
        ("not base64", FORM, "SAMLResponse=%21%21%21".to_owned(), 400),
        (
            "not XML",
            FORM,
            format!(
                "SAMLResponse={}",
                BASE64_STANDARD.encode("hello").replace('=', "%3D")
            ),
            403,
        ),
        ("an empty field", FORM, "SAMLResponse=".to_owned(), 403),
        (
            "too large",
            FORM,
            format!("{good}&x={}", "a".repeat(256 * 1024)),
            413,
        ),
    ] {
        let answer = post(&world, kind, body).await;
        assert!(
            answer.status == status || (what == "an empty field" && answer.status == 400),
            "{what}: {}",
            answer.status
        );
        assert_eq!(answer.header("set-cookie"), "", "{what}");
    }
    // As axum and browsers write it.
    let answer = post(
        &world,
        "Application/X-WWW-Form-Urlencoded; charset=UTF-8",
        good,
    )
    .await;
    assert_eq!(answer.status, 303, "bounced: {}", answer.body);
}

#[tokio::test]
async fn a_refused_document_leaves_a_record_and_no_echo() {
    let world = Federation::new().await;
    let hostile = [
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>",
        "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"a\" ID=\"b\"/>",
        "<?xml version=\"1.0\"?><?php x ?><x/>",
        "<script>alert(1)</script>",
    ];
    for xml in hostile {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("SAMLResponse", &BASE64_STANDARD.encode(xml))
            .finish();
        let answer = post(&world, FORM, body).await;
        assert_eq!(answer.status, 403, "{xml}");
        assert!(!answer.body.contains("alert(1)") && !answer.body.contains("passwd"));
        let attempt = world.attempt(&world.acme, &answer).await;
        assert!(attempt.rule.is_some(), "{xml}: {attempt:?}");
    }
}

#[tokio::test]
async fn methods_that_an_address_does_not_know() {
    let world = Federation::new().await;
    for (method, path) in [
        (Method::GET, "/sso/acs"),
        (Method::PUT, "/sso/acs"),
        (Method::POST, "/sso/login"),
        (Method::POST, "/sso/session"),
        (Method::DELETE, "/sso/session"),
        (Method::POST, "/"),
        (Method::PATCH, "/sign-in"),
        (Method::POST, "/sso/metadata"),
        (Method::TRACE, "/"),
    ] {
        let request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header(header::HOST, HOST)
            .body(Body::empty());
        let answer = send(&world.router, request.unwrap()).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_ne!(answer.header("allow"), "", "{method} {path}");
    }
}

#[tokio::test]
async fn the_host_header_decides_nothing_but_the_company() {
    let world = Federation::new().await;
    let ask = async |hosts: &[&str], forwarded: &str| {
        let mut request = Request::get("/sso/login").header("x-forwarded-host", forwarded);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        send(&world.router, request.body(Body::empty()).unwrap()).await
    };
    // A name that came is said, where it can be one; nothing else of the request is.
    for (hosts, is_said) in [
        (&["evil.example"][..], true),
        (&["acme.localhost:8081"], true),
        (&["acme.localhost.evil.example"], true),
        (&["acme.localhost:8080@evil.example"], false),
        (&["acme.localhost:8080", "evil.example"], false),
        (&["acme.localhost:8080,evil.example"], false),
        (&["evil.example<b>"], false),
        (&["evil.example\" href=\"x"], false),
        (&[], false),
        (&[""], false),
    ] {
        let answer = ask(hosts, "acme.localhost:8080").await;
        assert_eq!(answer.status, 421, "{hosts:?}");
        let sentence = if is_said {
            format!(
                "This server has no company with the host name {}.",
                hosts[0]
            )
        } else {
            "The request does not name one host.".to_owned()
        };
        // Once, as the text of an element: in no attribute, and so in no link or address.
        let parts: Vec<&str> = answer.body.split(&sentence).collect();
        let [before, after] = parts[..] else {
            panic!("{hosts:?}: {}", answer.body)
        };
        assert!(before.rfind('>') > before.rfind('<'), "{hosts:?}: {before}");
        let headers = format!("{:?}", answer.headers);
        for place in [before, after, headers.as_str()] {
            for word in ["evil", "acme.localhost", "ACME"] {
                assert!(!place.contains(word), "{hosts:?}: {word}: {place}");
            }
        }
    }
    let answer = ask(&["ACME.localhost:8080"], "evil.example").await;
    assert_eq!(answer.status, 200);
    let begun = read(&answer);
    assert!(
        begun
            .xml
            .contains("AssertionConsumerServiceURL=\"http://acme.localhost:8080/sso/acs\""),
        "{}",
        begun.xml
    );
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let mut answers = Vec::new();
    for path in [
        "/",
        "/sign-in",
        "/sso/login",
        "/sso/metadata",
        "/sso/session",
        "/sso/logout",
        "/sso/slo",
        "/healthz",
        "/readyz",
        "/nothing",
        "/sso/acs",
        "/sso/login?connection=nothing",
        "/assets/nothing",
    ] {
        answers.push((path, browser.get(path).await));
    }
    let begun = begin(&mut browser, "/sso/login").await;
    let wrong = world.respond(&begun, |spec| spec.audiences = vec!["x".into()]);
    answers.push(("refused", world.bring(&mut browser, &begun, &wrong).await));
    answers.push(("signed in", world.sign_in_with(&mut browser, |_| {}).await));
    answers.push(("a repost", {
        let begun = begin(&mut browser, "/sso/login").await;
        let response = world.respond(&begun, |_| {});
        world.bring(&mut world.browser(), &begun, &response).await
    }));
    answers.push(("no form", post(&world, "text/plain", "x").await));
    for (path, answer) in answers {
        let policy = answer.header("content-security-policy");
        // What is no page runs nothing and sends nothing.
        let own: &[&str] = match path {
            "/sso/metadata" | "/sso/session" => &["form-action 'none'"],
            _ => &["script-src 'self'", "form-action 'self'"],
        };
        let every = [
            "default-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ];
        for part in every.iter().chain(own) {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        let sources = policy.matches("-src 'self'").count();
        assert_eq!(
            sources,
            if own.len() == 1 { 0 } else { 3 },
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("referrer-policy"), "strict-origin", "{path}");
        assert_eq!(answer.header("server"), "", "{path}");
        // The policy allows neither, and nothing must need it.
        for inline in ["<style", "style=", "<script>", "onload=", "onclick="] {
            assert!(!answer.body.contains(inline), "{path}: {inline}");
        }
    }
}

#[tokio::test]
async fn names_are_text_and_never_markup() {
    let world = Federation::new().await;
    let hostile = "<script>alert(1)</script>\"'&";
    world
        .change_company(|acme| acme.name = hostile.into())
        .await;
    world
        .change(|entra| entra.display_name = hostile.into())
        .await;
    world
        .add_user("local@acme.example", Some("Correct-Horse-9"), &[])
        .await;
    let mut browser = world.browser();
    let mut pages = vec![
        browser.get("/sign-in").await,
        browser.get("/sso/login").await,
        browser.get("/nothing").await,
        browser.get("/sso/logout").await,
        browser
            .get("/sign-in?email=%3Cscript%3Ealert(1)%3C%2Fscript%3E")
            .await,
        browser.get("/sso/metadata").await,
    ];
    let csrf = crate::support::hidden_field(&pages[0].body, "csrf").unwrap();
    let fields = [
        ("csrf", csrf.as_str()),
        ("email", hostile),
        ("password", "x"),
    ];
    pages.push(browser.post("/sign-in", &fields).await);
    let answer = world
        .sign_in_with(&mut browser, |spec| {
            for claim in &mut spec.attributes {
                if claim.name.ends_with("/givenname") || claim.name.ends_with("/surname") {
                    claim.values = vec![hostile.into()];
                }
            }
        })
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    pages.push(browser.get("/").await);
    pages.push(browser.get("/sso/logout").await);
    for page in pages {
        assert!(!page.body.contains("<script>"), "{}", page.body);
        assert!(!page.body.contains("value=\"<"), "{}", page.body);
    }
}
