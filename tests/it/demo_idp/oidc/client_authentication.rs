//! How an application proves itself at the token endpoint.

use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::Duration;
use vestibule::demo_idp::OidcApp;

use super::{Answered, CLIENT, REDIRECT, SECRET, Story, base64url, jws, oidc_app, redemption, set};
use crate::demo_idp::{IDP_KEY, NOW, SP_KEY};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn app_with_certificate() -> OidcApp {
    OidcApp::new(CLIENT, "Acme Library", REDIRECT).with_certificate(SP_KEY.certificate_der())
}

#[tokio::test]
async fn a_secret_by_post() {
    let until = NOW + Duration::days(1);
    let cases = [
        (SECRET, Ok(())),
        ("another", Err((401, "invalid_client", 7_000_215))),
        ("yesterday's", Err((401, "invalid_client", 7_000_222))),
        ("tomorrow's", Ok(())),
    ];
    for (secret, expected) in cases {
        let app = oidc_app()
            .with_secret_until("yesterday's", NOW)
            .with_secret_until("tomorrow's", until);
        let mut story = Story::new(app);
        let mut form = redemption(&story.code().await);
        set(&mut form, "client_secret", Some(secret.to_owned()));
        let answer = story.redeem(&form).await;
        match expected {
            Ok(()) => assert_eq!(answer.status, 200, "{answer:?}"),
            Err(refusal) => assert_eq!(answer.refusal(), refusal),
        }
    }
}

#[tokio::test]
async fn the_id_of_a_secret_is_no_secret() {
    let app = oidc_app();
    let id = app.secrets[0].id.clone();
    let mut story = Story::new(app);
    let mut form = redemption(&story.code().await);
    set(&mut form, "client_secret", Some(id));
    let answer = story.redeem(&form).await;
    assert_eq!(answer.refusal(), (401, "invalid_client", 7_000_215));
}

#[tokio::test]
async fn somebody_unknown_or_without_proof_is_refused() {
    let mut story = Story::new(oidc_app());
    let mut form = redemption(&story.code().await);
    set(&mut form, "client_secret", None);
    let answer = story.redeem(&form).await;
    assert_eq!(answer.refusal(), (401, "invalid_client", 7_000_218));
    set(&mut form, "client_id", Some("nobody".to_owned()));
    let answer = story.redeem(&form).await;
    assert_eq!(answer.refusal(), (400, "unauthorized_client", 700_016));
    set(&mut form, "client_id", None);
    let answer = story.redeem(&form).await;
    assert_eq!(answer.refusal(), (400, "invalid_request", 900_144));
}

/// Redeems a code with headers.
async fn redeem_with(
    story: &mut Story,
    form: &[(&'static str, String)],
    headers: &[(header::HeaderName, String)],
) -> Answered {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let mut request = Request::post(story.address("token"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(body)).unwrap();
    Answered::new(&story.browser.send(request).await)
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn a_secret_by_basic_has_both_parts_encoded() {
    let basic = |text: String| {
        [(
            header::AUTHORIZATION,
            format!("Basic {}", STANDARD.encode(text)),
        )]
    };
    let right = format!("{CLIENT}:{}", encoded(SECRET));
    let cases = [
        (right.clone(), 200),
        (format!("{CLIENT}:{SECRET}"), 401),
        (CLIENT.to_owned(), 400),
    ];
    for (credentials, status) in cases {
        let mut story = Story::new(oidc_app());
        let mut form = redemption(&story.code().await);
        set(&mut form, "client_secret", None);
        set(&mut form, "client_id", None);
        let answer = redeem_with(&mut story, &form, &basic(credentials)).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    // Two methods at once.
    let mut story = Story::new(oidc_app());
    let form = redemption(&story.code().await);
    let answer = redeem_with(&mut story, &form, &basic(right)).await;
    assert_eq!(answer.refusal(), (400, "invalid_request", 9_002_313));
}

#[tokio::test]
async fn a_browser_redeems_nothing() {
    let mut story = Story::new(oidc_app());
    let form = redemption(&story.code().await);
    let origin = [(header::ORIGIN, "http://acme.localhost:8080".to_owned())];
    let answer = redeem_with(&mut story, &form, &origin).await;
    assert_eq!(answer.refusal(), (400, "invalid_request", 9_002_326));
}

/// Changes a header and claims.
type AssertionChange = fn(&mut Value, &mut Value);

/// A header and claims that are taken.
fn assertion(story: &Story) -> (Value, Value) {
    let thumbprint = openssl::sha::sha256(SP_KEY.certificate_der());
    let now = NOW.unix_timestamp();
    let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": base64url(thumbprint)});
    let claims = json!({
        "aud": story.idp().tenant().token_url(),
        "iss": CLIENT,
        "sub": CLIENT,
        "jti": "assertion-1",
        "nbf": now,
        "exp": now + 300,
    });
    (header, claims)
}

async fn redeem_by(story: &mut Story, assertion: String) -> Answered {
    let mut form = redemption(&story.code().await);
    set(&mut form, "client_secret", None);
    form.push(("client_assertion_type", JWT_BEARER.to_owned()));
    form.push(("client_assertion", assertion));
    story.redeem(&form).await
}

#[tokio::test]
async fn an_assertion_in_the_forms_that_entra_takes() {
    let changes: [AssertionChange; 3] = [
        |_, _| {},
        |header, _| {
            let thumbprint = openssl::sha::sha1(SP_KEY.certificate_der());
            *header = json!({"alg": "RS256", "x5t": base64url(thumbprint)});
        },
        |_, claims| {
            let audience = claims["aud"].as_str().unwrap();
            claims["aud"] = audience.replace("oauth2/v2.0/token", "v2.0").into();
        },
    ];
    for change in changes {
        let mut story = Story::new(app_with_certificate());
        let (mut header, mut claims) = assertion(&story);
        change(&mut header, &mut claims);
        let signed = jws::sign(SP_KEY.private_key(), &header, &claims);
        let answer = redeem_by(&mut story, signed).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[tokio::test]
async fn an_assertion_with_one_thing_wrong() {
    let cases: [(AssertionChange, u64); 8] = [
        (|header, _| header["x5t#S256"] = "another".into(), 700_027),
        (|_, claims| claims["aud"] = json!([claims["aud"]]), 700_023),
        (
            |_, claims| claims["aud"] = "https://another.example".into(),
            700_023,
        ),
        (|_, claims| claims["sub"] = "another".into(), 50_048),
        (
            |_, claims| {
                claims["iss"] = "another".into();
                claims["sub"] = "another".into();
            },
            700_021,
        ),
        (
            |_, claims| claims["exp"] = (NOW.unix_timestamp() - 300).into(),
            700_024,
        ),
        (
            |_, claims| claims["nbf"] = (NOW.unix_timestamp() + 301).into(),
            700_024,
        ),
        (|_, claims| claims["jti"] = Value::Null, 50_027),
    ];
    for (change, code) in cases {
        let mut story = Story::new(app_with_certificate());
        let (mut header, mut claims) = assertion(&story);
        change(&mut header, &mut claims);
        let signed = jws::sign(SP_KEY.private_key(), &header, &claims);
        let answer = redeem_by(&mut story, signed).await;
        assert_eq!(answer.refusal(), (401, "invalid_client", code));
    }
}

#[tokio::test]
async fn an_assertion_of_another_key_or_a_used_one() {
    let mut story = Story::new(app_with_certificate());
    let (header, claims) = assertion(&story);
    let foreign = jws::sign(IDP_KEY.private_key(), &header, &claims);
    let answer = redeem_by(&mut story, foreign).await;
    assert_eq!(answer.refusal(), (401, "invalid_client", 50_012));
    let answer = redeem_by(&mut Story::new(app_with_certificate()), "x.y".to_owned()).await;
    assert_eq!(answer.refusal(), (401, "invalid_client", 50_027));

    let mut story = Story::new(app_with_certificate());
    let signed = jws::sign(SP_KEY.private_key(), &header, &claims);
    let mut form = redemption(&story.code().await);
    set(&mut form, "client_secret", None);
    form.push(("client_assertion_type", JWT_BEARER.to_owned()));
    form.push(("client_assertion", signed));
    assert_eq!(story.redeem(&form).await.status, 200);
    let again = story.redeem(&form).await;
    assert_eq!(again.refusal(), (401, "invalid_client", 50_012));
}
