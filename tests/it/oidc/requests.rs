//! What is sent to a provider: rules L2 to L7 and N1 to N3.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use time::macros::datetime;
use vestibule::jose::{Algorithm, KeySet, SigningKey, UnverifiedJws};
use vestibule::oidc::{
    Answer, AuthorizationRequest, Callback, Checks, Client, ClientAuthentication, ClientKey, Cloud,
    Issuer, MatchedCallback, OpenRequest, Prompt, ResponseMode, TokenRequest,
};

fn entra() -> Issuer {
    Issuer::EntraTenant {
        cloud: Cloud::Global,
        tenant: "8eaef023-2b34-4da1-9baa-8bc8c9d6a490".parse().unwrap(),
    }
}

fn request(acr: &[String]) -> AuthorizationRequest<'_> {
    AuthorizationRequest {
        endpoint: "https://idp.example.com/authorize",
        client_id: "client",
        redirect_uri: "https://acme.example.com/sso/oidc/callback/0011",
        scope: "openid profile email",
        state: "STATE",
        nonce: "NONCE",
        code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        response_mode: ResponseMode::Query,
        prompt: None,
        max_age: None,
        acr_values: acr,
        login_hint: None,
        domain_hint: None,
        ui_locales: None,
    }
}

fn query(request: &AuthorizationRequest<'_>, issuer: &Issuer) -> String {
    request.url(issuer).unwrap().query().unwrap().to_owned()
}

#[test]
fn what_every_request_has_and_nothing_else() {
    assert_eq!(
        query(&request(&[]), &Issuer::named("https://idp.example.com")),
        "response_type=code&client_id=client\
         &redirect_uri=https%3A%2F%2Facme.example.com%2Fsso%2Foidc%2Fcallback%2F0011\
         &scope=openid+profile+email&state=STATE&nonce=NONCE\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
}

#[test]
fn what_is_asked_for_besides() {
    let acr = ["phr".to_owned(), "mfa".to_owned()];
    let asked = AuthorizationRequest {
        response_mode: ResponseMode::FormPost,
        prompt: Some(Prompt::Login),
        max_age: Some(0),
        login_hint: Some("jane@example.com"),
        domain_hint: Some("contoso.com"),
        ui_locales: Some("de"),
        ..request(&acr)
    };
    let other = query(&asked, &Issuer::named("https://idp.example.com"));
    assert!(
        other.ends_with(
            "&response_mode=form_post&prompt=login&max_age=0&acr_values=phr+mfa\
             &login_hint=jane%40example.com&ui_locales=de"
        ),
        "{other}"
    );
    let entra_query = query(&asked, &entra());
    assert!(!entra_query.contains("max_age"), "{entra_query}");
    assert!(
        entra_query.contains("&domain_hint=contoso.com"),
        "{entra_query}"
    );
    let choosing = AuthorizationRequest {
        prompt: Some(Prompt::SelectAccount),
        ..asked
    };
    assert!(!query(&choosing, &entra()).contains("login_hint"));
    for hint in ["", "a\r\nb", &"h".repeat(321)] {
        let odd = AuthorizationRequest {
            login_hint: Some(hint),
            ..asked
        };
        assert!(!query(&odd, &entra()).contains("login_hint"), "{hint:?}");
    }
}

#[test]
fn an_endpoint_may_have_a_query_but_none_of_our_parameters() {
    let at = |endpoint| AuthorizationRequest {
        endpoint,
        ..request(&[])
    };
    let issuer = Issuer::named("https://idp.example.com");
    let kept = query(&at("https://idp.example.com/authorize?p=b2c_1"), &issuer);
    assert!(kept.starts_with("p=b2c_1&response_type=code&"), "{kept}");
    for endpoint in [
        "https://idp.example.com/authorize?client_id=x",
        "https://idp.example.com/authorize?state=",
        "https://idp.example.com/authorize?a=b&nonce=c",
    ] {
        assert_eq!(at(endpoint).url(&issuer), None, "{endpoint}");
    }
}

fn matched() -> MatchedCallback {
    let state = "c3RhdGUtc3RhdGUtc3RhdGUtc3RhdGUtc3RhdGUtMzI";
    let mut checks = Checks::new();
    let callback = Callback::parse(format!("code=a%2Bb&state={state}").as_bytes(), &mut checks);
    let open = OpenRequest {
        state_hash: sha256(state.as_bytes()),
        nonce: "n".to_owned(),
        started_at: datetime!(2026-12-01 08:00 UTC),
        forced: false,
    };
    let client = Client::new(entra(), "client");
    match callback
        .unwrap()
        .matches(open, &client, &mut checks)
        .unwrap()
    {
        Answer::Code(callback) => callback,
        Answer::Error(error) => panic!("{error:?}"),
    }
}

fn token_request(authentication: &ClientAuthentication) -> TokenRequest {
    TokenRequest::new(
        &matched(),
        "cli:ent",
        "https://a.example.com/c",
        "VERIFIER",
        authentication,
    )
}

/// Secrets that hold what an encoding changes.
#[test]
fn a_client_shows_who_it_is_in_one_way() {
    const SECRET: &str = "a+b/c%d:e~ü";
    const COMMON: &str = "grant_type=authorization_code&code=a%2Bb\
        &redirect_uri=https%3A%2F%2Fa.example.com%2Fc&code_verifier=VERIFIER";
    let post = token_request(&ClientAuthentication::SecretPost(SECRET.to_owned()));
    assert_eq!(
        post.body(),
        format!("{COMMON}&client_id=cli%3Aent&client_secret=a%2Bb%2Fc%25d%3Ae%7E%C3%BC")
    );
    assert_eq!(post.authorization(), None);

    let basic = token_request(&ClientAuthentication::SecretBasic(SECRET.to_owned()));
    assert_eq!(basic.body(), COMMON);
    let pair = basic
        .authorization()
        .unwrap()
        .strip_prefix("Basic ")
        .unwrap();
    let pair = String::from_utf8(BASE64_STANDARD.decode(pair).unwrap()).unwrap();
    assert_eq!(pair, "cli%3Aent:a%2Bb%2Fc%25d%3Ae%7E%C3%BC");

    let assertion = token_request(&ClientAuthentication::Assertion("x.y.z".to_owned()));
    assert_eq!(
        assertion.body(),
        format!(
            "{COMMON}&client_id=cli%3Aent\
             &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
             &client_assertion=x.y.z"
        )
    );
    for request in [post, basic, assertion] {
        let shown = format!("{request:?}");
        assert!(!shown.contains("VERIFIER"), "{shown}");
    }
}

#[test]
fn a_client_assertion_is_for_one_server_and_five_minutes() {
    let now = datetime!(2026-12-01 08:00 UTC);
    let pair = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    for (issuer, algorithm) in [
        (entra(), Algorithm::Ps256),
        (Issuer::named("https://idp.example.com"), Algorithm::Rs256),
    ] {
        let client = ClientKey {
            key: SigningKey::new(pair.clone(), algorithm).unwrap(),
            kid: None,
            certificate_sha256: "Y2VydGlmaWNhdGU".to_owned(),
        };
        let assertion = client
            .assertion(
                &issuer,
                "client",
                "https://idp.example.com/token",
                "jti",
                now,
            )
            .unwrap();
        let header = assertion.split('.').next().unwrap();
        let header = base64::prelude::BASE64_URL_SAFE_NO_PAD
            .decode(header)
            .unwrap();
        let header = String::from_utf8(header).unwrap();
        let named = if issuer.is_entra() {
            r#"{"alg":"PS256","typ":"JWT","x5t#S256":"Y2VydGlmaWNhdGU"}"#.to_owned()
        } else {
            let kid = client.key.thumbprint();
            format!(r#"{{"alg":"RS256","typ":"JWT","kid":"{kid}"}}"#)
        };
        assert_eq!(header, named);

        let keys = format!(r#"{{"keys":[{}]}}"#, client.key.jwk());
        let keys = KeySet::parse(keys.as_bytes()).unwrap();
        let jws = UnverifiedJws::parse(&assertion, 4096).unwrap();
        let claims = jws.verify(&keys, &[algorithm]).unwrap().claims().unwrap();
        assert_eq!(
            claims.text("aud"),
            Ok(Some("https://idp.example.com/token"))
        );
        assert_eq!(claims.text("iss"), claims.text("sub"));
        let seconds = now.unix_timestamp();
        assert_eq!(claims.seconds("iat"), Ok(Some(seconds)));
        assert_eq!(claims.seconds("exp"), Ok(Some(seconds + 300)));
    }
}
