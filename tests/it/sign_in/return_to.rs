//! Rule E3 at every address that takes a target.

use crate::support::identity_provider::begin;
use crate::support::{Federation, hidden_field};

const HOSTILE: [&str; 22] = [
    "https://evil.example/",
    "http://evil.example",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/reports\r\nSet-Cookie: a=b",
    "\u{1}//evil.example",
    "http://acme.localhost:8080@evil.example/",
    "http://acme.localhost:8080.evil.example/",
    "http://user:password@acme.localhost:8080/",
    "http://acme.localhost:80801/",
    "https://acme.localhost:8080/",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "reports",
    "/./../reports",
    "/%2e%2e//evil.example",
    "/é",
];

fn encoded(target: &str) -> String {
    form_urlencoded::byte_serialize(target.as_bytes()).collect()
}

#[tokio::test]
async fn hostile_targets_are_refused_before_anything_begins() {
    let world = Federation::new().await;
    world
        .add_user("local@acme.example", Some("Correct-Horse-9"), &[])
        .await;
    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    for target in HOSTILE {
        for path in ["/sso/login", "/sign-in"] {
            let path = format!("{path}?return_to={}", encoded(target));
            let answer = browser.get(&path).await;
            assert_eq!(answer.status, 400, "{path}");
            assert_eq!(answer.header("location"), "");
            assert!(!answer.body.contains("evil.example"), "{}", answer.body);
        }
        let fields = [
            ("csrf", csrf.as_str()),
            ("email", "local@acme.example"),
            ("password", "Correct-Horse-9"),
            ("return_to", target),
        ];
        let answer = browser.post("/sign-in", &fields).await;
        assert_eq!(answer.status, 400, "{target:?}");
        assert!(browser.cookie("vestibule-session").is_none());
    }
    let every = vestibule::store::AttemptFilter::default();
    let attempts = world.app.store.attempts(world.acme.id, &every, 10);
    assert!(attempts.await.unwrap().is_empty());
}

#[tokio::test]
async fn twice_encoded_text_stays_a_path_of_this_site() {
    let world = Federation::new().await;
    for target in [
        "/%2F%2Fevil.example",
        "/%5Cevil.example",
        "/?next=//evil.example",
        "/#//evil.example",
    ] {
        let mut browser = world.browser();
        let path = format!("/sso/login?return_to={}", encoded(target));
        let begun = begin(&mut browser, &path).await;
        let response = world.respond(&begun, |_| {});
        let answer = world.bring(&mut browser, &begun, &response).await;
        assert_eq!((answer.status, answer.header("location")), (303, target));
    }
}

#[tokio::test]
async fn an_origin_that_the_company_allows_is_a_target() {
    let world = Federation::new().await;
    let target = "https://app.example.com/inbox?id=7";
    let path = format!("/sso/login?return_to={}", encoded(target));
    let mut browser = world.browser();
    assert_eq!(browser.get(&path).await.status, 400);
    world
        .change_company(|acme| {
            acme.return_origins = vec!["https://app.example.com".parse().unwrap()];
        })
        .await;
    let begun = begin(&mut browser, &path).await;
    let response = world.respond(&begun, |_| {});
    let answer = world.bring(&mut browser, &begun, &response).await;
    assert_eq!((answer.status, answer.header("location")), (303, target));
}

#[tokio::test]
async fn the_target_travels_through_the_password_form() {
    let world = Federation::new().await;
    world
        .add_user("local@acme.example", Some("Correct-Horse-9"), &[])
        .await;
    let mut browser = world.browser();
    let target = "/a?b=\"><script>&c='d'";
    let path = format!("/sign-in?return_to={}", encoded(target));
    let page = browser.get(&path).await;
    assert!(!page.body.contains("\"><script>"), "{}", page.body);
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let kept = hidden_field(&page.body, "return_to").unwrap();
    assert_eq!(kept, target);
    let fields = [
        ("csrf", csrf.as_str()),
        ("email", "local@acme.example"),
        ("password", "Correct-Horse-9"),
        ("return_to", kept.as_str()),
    ];
    let answer = browser.post("/sign-in", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, target));
}

#[tokio::test]
async fn a_target_has_512_octets_at_most() {
    let world = Federation::new().await;
    let mut browser = world.browser();
    let target = |length: usize| format!("/sso/login?return_to=/{}", "a".repeat(length - 1));
    begin(&mut browser, &target(512)).await;
    let answer = browser.get(&target(513)).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.contains("512 characters are the most"),
        "{}",
        answer.body
    );
}
