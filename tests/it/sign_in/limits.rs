//! Rate limits over HTTP: what is beyond one is answered 429, says when to come again, and is written down nowhere.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{Request, header};
use time::Duration;
use vestibule::config::LimitsConfig;
use vestibule::domain::Company;
use vestibule::http::client_address::Peer;
use vestibule::store::AttemptFilter;

use crate::support::identity_provider::{read, service_provider};
use crate::support::{ACME_ORIGIN, Answer, Browser, Federation, hidden_field, send};

/// The client of whom too much comes.
const CLIENT: &str = "203.0.113.66";

async fn world(limits: LimitsConfig) -> Federation {
    Federation::with(ACME_ORIGIN, |config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.limits = limits;
    })
    .await
}

/// So many requests of each kind a minute.
fn each(client: u32, company: u32) -> LimitsConfig {
    LimitsConfig {
        client_starts_per_minute: client,
        company_starts_per_minute: company,
        client_responses_per_minute: client,
        company_responses_per_minute: company,
        client_logouts_per_minute: client,
        company_logouts_per_minute: company,
        client_password_tries_per_minute: client,
        company_password_tries_per_minute: company,
        client_metadata_per_minute: client,
        company_metadata_per_minute: company,
        ..LimitsConfig::default()
    }
}

const KINDS: [&str; 7] = [
    "GET /",
    "GET /sso/login",
    "POST /sso/acs",
    "POST /sign-in",
    "GET /sso/slo",
    "POST /sso/slo",
    "GET /sso/metadata",
];

/// A request of a kind. What it brings is worth nothing; it is counted all the same.
async fn ask(browser: &mut Browser, kind: &str) -> Answer {
    let rubbish = [("SAMLResponse", "PHgvPg==")];
    match kind.split_once(' ').unwrap() {
        ("GET", path) => browser.get(path).await,
        (_, "/sign-in") => {
            let page = browser.get("/sign-in").await;
            let csrf = hidden_field(&page.body, "csrf").unwrap();
            let fields = [
                ("csrf", &*csrf),
                ("email", "a@b.example"),
                ("password", "x"),
            ];
            browser.post("/sign-in", &fields).await
        }
        (_, path) => browser.post_from_elsewhere(path, &rubbish).await,
    }
}

async fn rows(world: &Federation, company: &Company) -> usize {
    let all = AttemptFilter::default();
    let attempts = world.app.store.attempts(company.id, &all, 10_000).await;
    attempts.unwrap().len()
}

/// A whole sign-in at beta from an address; the statuses of its start and its end.
async fn sign_in_at_beta(world: &Federation, address: &str) -> [u16; 2] {
    let mut browser = world.browser_at(&world.beta).from(address);
    let started = browser.get("/sso/login").await;
    if started.status == 429 {
        return [429, 0];
    }
    let begun = read(&started);
    let user = vestibule::demo_idp::IdpUser::b_simon();
    let sp = service_provider(&world.beta);
    let spec = world.beta_idp.response_spec(&user, &sp);
    let response = world.beta_idp.respond(&spec.answering(&begun.id)).unwrap();
    let response = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, response);
    let answer = world.bring(&mut browser, &begun, &response).await;
    [started.status, answer.status]
}

#[tokio::test]
async fn each_kind_is_limited_by_client_and_says_when_to_come_again() {
    for kind in KINDS {
        let world = world(each(4, 40)).await;
        let client = || world.browser().from(CLIENT);
        for _ in 0..4 {
            let status = ask(&mut client(), kind).await.status;
            assert!(status != 429 && status < 500, "{kind}: {status}");
        }
        let before = rows(&world, &world.acme).await;
        let refused = ask(&mut client(), kind).await;
        assert_eq!(refused.status, 429, "{kind}");
        assert_eq!(refused.header("retry-after"), "15", "{kind}");
        assert_eq!(refused.header("set-cookie"), "", "{kind}");
        let text = "Wait 15 seconds, then try again.";
        assert!(refused.body.contains(text), "{kind}: {}", refused.body);
        let mut other = world.browser().from("203.0.113.67");
        assert_ne!(ask(&mut other, kind).await.status, 429, "{kind}");

        world.app.clock.step(Duration::milliseconds(14_001));
        let refused = ask(&mut client(), kind).await;
        assert_eq!(
            refused.header("retry-after"),
            "1",
            "{kind}: never too short"
        );
        world.app.clock.step(Duration::milliseconds(999));
        assert_ne!(ask(&mut client(), kind).await.status, 429, "{kind}");
        assert_eq!(ask(&mut client(), kind).await.status, 429, "{kind}");
        let after = rows(&world, &world.acme).await;
        assert!(after <= before + 2, "{kind}: refused and written down");
    }
}

#[tokio::test]
async fn each_kind_is_limited_by_company_whoever_comes() {
    for kind in KINDS {
        let world = world(each(4, 6)).await;
        let client = |at: u8| world.browser().from(&format!("2001:db8:0:{at}::1"));
        for at in 0..6 {
            assert_ne!(ask(&mut client(at), kind).await.status, 429, "{kind}");
        }
        for at in 6..20 {
            assert_eq!(ask(&mut client(at), kind).await.status, 429, "{kind}");
        }
        let mut elsewhere = world.browser_at(&world.beta).from("2001:db8:0:9::1");
        assert_ne!(ask(&mut elsewhere, kind).await.status, 429, "{kind}");
    }
}

#[tokio::test]
async fn limits_of_0_are_none() {
    let world = world(LimitsConfig {
        client_refused_messages_per_minute: 0,
        company_refused_messages_per_minute: 0,
        wrong_passwords_per_minute: 0,
        ..each(0, 0)
    })
    .await;
    for kind in KINDS {
        for _ in 0..30 {
            let mut browser = world.browser().from(CLIENT);
            assert_ne!(ask(&mut browser, kind).await.status, 429, "{kind}");
        }
    }
}

#[tokio::test]
async fn a_flood_of_one_company_does_not_slow_another() {
    let world = world(each(20, 100)).await;
    let flood = async |path: &'static str| {
        let mut tally = [0, 0];
        let mut statuses = Vec::new();
        for at in 0..600_u16 {
            let [high, low] = at.to_be_bytes();
            let mut browser = world.browser().from(&format!("10.1.{high}.{low}"));
            let answer = match path {
                "/sso/acs" => ask(&mut browser, "POST /sso/acs").await,
                path => browser.get(path).await,
            };
            tally[usize::from(answer.status == 429)] += 1;
            if at % 30 == 29 {
                // In the middle of it, and from an address that floods acme.
                let address = format!("10.1.{high}.{low}");
                statuses.push(sign_in_at_beta(&world, &address).await);
            }
        }
        (tally, statuses)
    };
    for (path, statuses_before) in [("/sso/login", 0), ("/sso/acs", 100)] {
        assert_eq!(rows(&world, &world.acme).await, statuses_before, "{path}");
        let (tally, at_beta) = flood(path).await;
        assert_eq!(tally, [100, 500], "{path}: acme has its share and no more");
        assert_eq!(at_beta, [[200, 303]; 20], "{path}: beta has all of its own");
    }
    assert_eq!(rows(&world, &world.acme).await, 200);
}

#[tokio::test]
async fn a_company_behind_one_address_signs_in_at_nine() {
    let world = world(LimitsConfig::default()).await;
    let mut at_once = tokio::task::JoinSet::new();
    for _ in 0..3_000 {
        let mut browser = world.browser().from("198.51.100.1");
        at_once.spawn(async move { browser.get("/sso/login").await.status });
    }
    let refused = at_once.join_all().await.into_iter().filter(|it| *it != 200);
    assert_eq!(refused.count(), 0);
    // And 3,000 more within the minute.
    world.app.clock.step(Duration::minutes(1));
    let mut browser = world.browser().from("198.51.100.1");
    assert_eq!(browser.get("/sso/login").await.status, 200);
}

#[tokio::test]
async fn who_is_no_trusted_proxy_cannot_choose_his_address() {
    let world = world(each(4, 40)).await;
    let ask = async |at: u8| {
        let request = Request::get("/sso/metadata")
            .header(header::HOST, "acme.localhost:8080")
            .header("x-forwarded-for", format!("198.51.100.{at}"))
            .extension(Peer("203.0.113.66:4711".parse().unwrap()))
            .body(Body::empty());
        send(&world.router, request.unwrap()).await.status
    };
    for at in 0..4 {
        assert_eq!(ask(at).await, 200);
    }
    for at in 4..8 {
        assert_eq!(ask(at).await, 429);
    }
}

#[tokio::test]
async fn unknown_session_cookies_are_limited_and_known_ones_are_not() {
    let world = world(LimitsConfig {
        client_unknown_sessions_per_minute: 4,
        ..LimitsConfig::default()
    })
    .await;
    let ask = async |address: &str, path: &str, secret: &str| {
        let request = Request::get(path)
            .header(header::HOST, "acme.localhost:8080")
            .header("x-forwarded-for", address)
            .header(header::COOKIE, format!("vestibule-session={secret}"))
            .extension(Peer("127.0.0.1:4711".parse().unwrap()));
        send(&world.router, request.body(Body::empty()).unwrap()).await
    };
    let status = async |address, path, secret: &str| ask(address, path, secret).await.status;
    let unknown = |number: usize| format!("{number:0>21}A");
    let mut known = Vec::new();
    for _ in 0..20 {
        let browser = world.signed_in().await;
        known.push(browser.cookie("vestibule-session").unwrap().to_owned());
    }
    // Sessions that there are do not count, remembered or not.
    for secret in &known {
        assert_eq!(status(CLIENT, "/sso/session", secret).await, 200);
    }
    for (number, path) in ["/sso/session", "/admin", "/sign-in", "/sso/session"]
        .into_iter()
        .enumerate()
    {
        let answered = status(CLIENT, path, &unknown(number)).await;
        assert!([200, 303, 401].contains(&answered), "{path}: {answered}");
    }
    for path in ["/sso/session", "/admin", "/sign-in", "/sso/logout"] {
        let refused = ask(CLIENT, path, &unknown(9)).await;
        assert_eq!(refused.status, 429, "{path}");
        assert_eq!(refused.header("retry-after"), "15", "{path}");
    }
    for secret in &known {
        assert_eq!(status(CLIENT, "/sso/session", secret).await, 200);
    }
    // Others have their own: however many strangers there are, they shut nobody out.
    let others: Vec<String> = (67..97).map(|last| format!("203.0.113.{last}")).collect();
    let secret = unknown(1);
    for other in &others {
        for expected in [401, 401, 401, 401, 429] {
            assert_eq!(status(other, "/sso/session", &secret).await, expected);
        }
    }
    world.app.clock.step(Duration::minutes(1));
    assert_eq!(status(CLIENT, "/sso/session", &unknown(1)).await, 401);
}

#[tokio::test]
async fn a_script_is_told_in_json() {
    let world = world(each(1, 40)).await;
    let ask = async || {
        let request = Request::get("/sso/metadata")
            .header(header::HOST, "acme.localhost:8080")
            .header(header::ACCEPT, "application/json")
            .body(Body::empty());
        send(&world.router, request.unwrap()).await
    };
    ask().await;
    let mut told = String::new();
    let answer = ask().await;
    for name in ["content-type", "retry-after", "cache-control"] {
        writeln!(told, "{name}: {}", answer.header(name)).unwrap();
    }
    told.push_str(&answer.body);
    insta::assert_snapshot!(told, @r#"
    content-type: application/problem+json
    retry-after: 60
    cache-control: no-store
    {"detail":"So many came lately that this one was not looked at.","status":429,"title":"Too many tries"}
    "#);
}

#[tokio::test]
async fn a_look_begins_no_sign_in() {
    let world = Federation::new().await;
    for path in ["/", "/sso/login", "/sso/login?connection=entra", "/sign-in"] {
        let answer = world.browser().head(path).await;
        assert_eq!((answer.status, &*answer.body), (200, ""), "{path}");
    }
    assert_eq!(rows(&world, &world.acme).await, 0);
    let answer = world.browser().head("/sso/slo?SAMLRequest=x").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET,POST"));
    let elsewhere = Request::head("/").header(header::HOST, "evil.example");
    let answer = send(&world.router, elsewhere.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 421);
}

#[tokio::test]
async fn crawlers_are_told_to_stay_away() {
    let world = Federation::new().await;
    let robots = world.browser().get("/robots.txt").await;
    assert_eq!(robots.body, "User-agent: *\nDisallow: /\n");
    for path in ["/", "/sign-in", "/sso/metadata", "/nothing"] {
        let answer = world.browser().get(path).await;
        assert_eq!(answer.header("x-robots-tag"), "noindex, nofollow", "{path}");
    }
}
