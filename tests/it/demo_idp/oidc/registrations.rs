//! "App registrations": an application is registered by hand, as the tutorials have it.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::Value;
use vestibule::demo_idp::{DemoIdp, IdpUser, OidcApp, OptionalClaim};

use super::{Browser, CLIENT, OidcVariant, REDIRECT, Story, oidc_app, provider};
use crate::demo_idp::SP_KEY;

fn registered(idp: &DemoIdp) -> OidcApp {
    OidcApp::clone(idp.oidc_apps().last().unwrap())
}

#[tokio::test]
async fn an_application_is_registered_by_hand() {
    let mut browser = Browser::new(crate::demo_idp::idp());
    let page = browser.get("/registrations").await;
    assert!(page.text.contains("no applications yet"));
    let page = browser.get("/registrations/new").await;
    assert!(page.text.contains("Register an application"));
    let fields = [("name", "Globex Portal"), ("redirect_uri", REDIRECT)];
    let saved = browser.post("/registrations/new", &fields).await;
    let app = registered(&browser.idp);
    assert_eq!(app.redirect_uris, [REDIRECT]);
    let overview = format!("/registrations/{}", app.client_id);
    assert_eq!(saved.location.as_deref(), Some(overview.as_str()));
    let page = browser.get("/registrations").await;
    assert!(page.text.contains(&app.client_id));
}

#[tokio::test]
async fn what_cannot_be_registered_is_said() {
    let mut browser = Browser::new(crate::demo_idp::idp());
    let long = format!("https://acme.example/{}", "x".repeat(250));
    for (name, uri, text) in [
        ("", REDIRECT, "a value is required"),
        ("Globex", "http://acme.example/", "must start with"),
        ("Globex", "https://acme.example/#x", "fragment"),
        ("Globex", "https://acme.example/*", "must not contain"),
        ("Globex", &long, "at most 256"),
    ] {
        let fields = [("name", name), ("redirect_uri", uri)];
        let page = browser.post("/registrations/new", &fields).await;
        assert!(page.text.contains(text), "{}", page.text);
    }
    assert!(browser.idp.oidc_apps().is_empty());
}

#[tokio::test]
async fn the_overview_has_the_ids_and_every_endpoint() {
    let app = oidc_app();
    let object_id = app.object_id.clone();
    let mut browser = Browser::new(provider(app));
    let page = browser.get(&format!("/registrations/{CLIENT}")).await;
    let tenant = browser.idp.tenant();
    for text in [
        "Application (client) ID",
        "Directory (tenant) ID",
        "OpenID Connect metadata document",
        CLIENT,
        &object_id,
        &tenant.id,
        &tenant.discovery_url(),
        &tenant.token_url(),
        &tenant.authorize_url(),
        &tenant.saml_url(),
    ] {
        assert!(page.text.contains(text), "{text}");
    }
    let unknown = browser.get("/registrations/nobody").await;
    assert!(unknown.text.contains("AADSTS700016"));
}

#[tokio::test]
async fn authentication_is_saved_as_a_whole_or_not() {
    let mut browser = Browser::new(provider(oidc_app()));
    let address = format!("/registrations/{CLIENT}/authentication");
    let page = browser.get(&address).await;
    assert!(page.text.contains(REDIRECT));
    let fields = [
        (
            "redirect_uris",
            "https://acme.example/a\r\n\r\nhttps://acme.example/b",
        ),
        ("logout_url", "http://evil.example/"),
    ];
    let page = browser.post(&address, &fields).await;
    assert!(page.text.contains("http://evil.example/: It must start"));
    assert_eq!(registered(&browser.idp).redirect_uris, [REDIRECT]);
    let fields = [fields[0], ("logout_url", "https://acme.example/out")];
    let saved = browser.post(&address, &fields).await.location.unwrap();
    assert!(browser.get(&saved).await.text.contains("Saved."));
    let app = registered(&browser.idp);
    let uris = ["https://acme.example/a", "https://acme.example/b"];
    assert_eq!(app.redirect_uris, uris);
    let logout_url = Some("https://acme.example/out".to_owned());
    assert_eq!(app.front_channel_logout_url, logout_url);
}

#[tokio::test]
async fn the_value_of_a_secret_is_shown_once() {
    let mut browser = Browser::new(provider(OidcApp::new(CLIENT, "Acme", REDIRECT)));
    let address = format!("/registrations/{CLIENT}/secrets");
    let fields = [("description", "Vestibule"), ("days", "90")];
    let page = browser.post(&address, &fields).await;
    let secret = registered(&browser.idp).secrets[0].clone();
    assert_eq!(secret.value.len(), 40);
    let days = (secret.expires.unwrap() - crate::demo_idp::NOW).whole_days();
    assert_eq!(days, 90);
    assert!(page.text.contains(&secret.value) && page.text.contains(&secret.id));
    let page = browser.get(&address).await;
    assert!(!page.text.contains(&secret.value) && page.text.contains(&secret.id));
    assert!(page.text.contains("Vestibule"));
}

#[tokio::test]
async fn a_certificate_is_uploaded() {
    let mut browser = Browser::new(provider(oidc_app()));
    let address = format!("/registrations/{CLIENT}/certificates");
    let pem = SP_KEY.certificate_pem().unwrap();
    for (file, expected) in [
        (b"no certificate".to_vec(), 0),
        (pem, 1),
        (SP_KEY.certificate_der().to_vec(), 1),
    ] {
        let mut body =
            b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.cer\"\r\n\r\n"
                .to_vec();
        body.extend(file);
        body.extend(b"\r\n--x--\r\n");
        let request = Request::post(&address)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(Body::from(body));
        browser.send(request.unwrap()).await;
        assert_eq!(registered(&browser.idp).certificates.len(), expected);
    }
    let page = browser
        .get(&format!("/registrations/{CLIENT}/credentials"))
        .await;
    assert!(page.text.contains(&SP_KEY.thumbprint()));
}

#[tokio::test]
async fn optional_claims_and_a_variant_are_chosen() {
    let mut browser = Browser::new(provider(oidc_app()));
    let address = format!("/registrations/{CLIENT}/token-configuration");
    let ticked = [("claim", "groups"), ("claim", "sid")];
    browser.post(&address, &ticked).await;
    let claims = registered(&browser.idp).claims;
    assert_eq!(claims, [OptionalClaim::Groups, OptionalClaim::Sid]);
    let page = browser.get(&address).await;
    assert!(page.text.contains("value=\"sid\" checked"));
    browser.post(&address, &[]).await;
    assert!(registered(&browser.idp).claims.is_empty());

    let address = format!("/registrations/{CLIENT}/variants");
    browser.post(&address, &[("variant", "no-oid")]).await;
    assert_eq!(registered(&browser.idp).variant, OidcVariant::NoObjectId);
    let page = browser.get(&address).await;
    assert!(page.text.contains("value=\"no-oid\" selected"));
}

#[tokio::test]
async fn a_tile_opens_the_home_page_url() {
    let mut browser = Browser::new(provider(oidc_app()));
    let page = browser.get("/myapps").await;
    browser.sign_in(&page, &IdpUser::b_simon(), "").await;
    let before = browser.get("/myapps").await.text;
    let home = "http://acme.localhost:8080/sso/oidc/initiate/k3y";
    let address = format!("/registrations/{CLIENT}/branding");
    let fields = [("name", "Acme Reading Room"), ("home_page_url", home)];
    browser.post(&address, &fields).await;
    let after = browser.get("/myapps").await.text;
    assert!(!before.contains(CLIENT));
    assert!(after.contains(&format!("href=\"{home}\"")));
    assert!(after.contains("Acme Reading Room"));
    assert!(browser.get(&address).await.text.contains(home));
}

#[tokio::test]
async fn the_manifest_has_everything_but_secrets() {
    let app = oidc_app().with_claims([OptionalClaim::Groups, OptionalClaim::Email]);
    let mut browser = Browser::new(provider(app));
    let page = browser
        .get(&format!("/registrations/{CLIENT}/manifest"))
        .await;
    let manifest: Value = serde_json::from_str(&page.text).unwrap();
    assert_eq!(manifest["appId"], CLIENT);
    assert_eq!(manifest["signInAudience"], "AzureADMyOrg");
    assert_eq!(manifest["groupMembershipClaims"], "SecurityGroup");
    assert_eq!(manifest["optionalClaims"]["idToken"][0]["name"], "email");
    assert_eq!(manifest["web"]["redirectUris"][0], REDIRECT);
    assert!(!page.text.contains(super::SECRET));
}

#[tokio::test]
async fn changes_are_kept_by_whoever_asks() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let count = std::sync::Arc::new(AtomicUsize::new(0));
    let story = Story::new(oidc_app());
    let kept = std::sync::Arc::clone(&count);
    story.idp().keep_oidc(std::sync::Arc::new(move |all| {
        kept.store(all.len(), Ordering::Relaxed);
    }));
    story
        .idp()
        .register_oidc(OidcApp::unconfigured("2", "Other"));
    assert_eq!(count.load(Ordering::Relaxed), 2);
}
