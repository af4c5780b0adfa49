//! Connections that speak OpenID Connect: from the choice of a product to the provider that is verified, and what only one
//! protocol has.

use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::Response;
use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};
use vestibule::demo_idp::{DemoConfig, DemoIdp, IdpKey, OidcApp, OptionalClaim};
use vestibule::domain::{Connection, OidcSettings};
use vestibule::oidc::{Issuer, TenantId};

use crate::support::console::{follow, post};
use crate::support::{ACME_ORIGIN, Answer, Browser, NOW, Office, hidden_field, random};

const TENANT: &str = "6f2c1d34-9a1e-4c55-8f0b-2c1d8e7a9b10";
const CLIENT_ID: &str = "5e8c0d6a-0000-4000-8000-000000000001";
const SECRET: &str = "Xy8Q~unmistakable-secret-of-acme";

/// A provider on a port of its own, whose clock is the tests'.
async fn start_provider() -> DemoIdp {
    let listener = DemoIdp::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let now = Arc::new(|| -> OffsetDateTime { NOW });
    let key = IdpKey::generate(NOW).unwrap();
    let idp = DemoIdp::new(DemoConfig::contoso(origin, key, now, random()));
    let date = HeaderValue::try_from(NOW.format(&Rfc2822).unwrap()).unwrap();
    let dated = move |mut response: Response| {
        response.headers_mut().insert(header::DATE, date.clone());
        std::future::ready(response)
    };
    let router = idp.router().layer(axum::middleware::map_response(dated));
    tokio::spawn(async { axum::serve(listener, router).await });
    idp
}

/// Makes a draft as an administrator does; the answer.
async fn create(browser: &mut Browser, provider: &str) -> Answer {
    let fields = [
        ("for", "entra"),
        ("provider", provider),
        ("cloud", "global"),
        ("display_name", "Acme Entra"),
    ];
    post(browser, "/admin/connections/new/openid", &fields).await
}

/// A draft at a provider, and its address.
async fn draft(world: &Office, browser: &mut Browser, provider: &str) -> (Connection, String) {
    let answer = create(browser, provider).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let path = answer.header("location").to_owned();
    (world.connections().await.remove(0), path)
}

fn oidc(connection: &Connection) -> OidcSettings {
    connection.settings.oidc().unwrap().clone()
}

/// Saves the form of the settings as it stands there, with some fields changed.
async fn save(
    world: &Office,
    browser: &mut Browser,
    path: &str,
    changed: &[(&str, &str)],
) -> Answer {
    let page = browser.get(path).await.body;
    let revision = hidden_field(&page, "revision").unwrap();
    let now = world.connections().await.remove(0);
    let lines = |key: &str| {
        now.value(key)
            .unwrap()
            .replace(',', "\n")
            .replace("none", "")
    };
    let mut fields = vec![("revision".to_owned(), revision)];
    for key in [
        "client_id",
        "scopes",
        "client_authentication",
        "assertion_audience",
        "domain_hint",
        "check_again",
        "response_mode",
        "userinfo",
        "accepted_acr",
        "accepted_audiences",
        "max_authentication_age",
        "clock_skew_seconds",
        "display_name",
        "sort_order",
    ] {
        fields.push((key.to_owned(), lines(key)));
    }
    fields.push(("name".to_owned(), now.name.to_string()));
    for (key, value) in changed {
        fields.retain(|(name, _)| name != key);
        fields.push(((*key).to_owned(), (*value).to_owned()));
    }
    let fields: Vec<_> = fields
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .collect();
    post(browser, path, &fields).await
}

#[tokio::test]
async fn every_product_is_offered_by_both_protocols() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let list = browser.get("/admin/connections").await.body;
    assert!(list.contains("href=\"/admin/connections/add\""), "{list}");
    let page = browser.get("/admin/connections/add").await.body;
    for product in [
        "Microsoft Entra ID",
        "AD FS",
        "Google",
        "Okta",
        "PingOne",
        "Keycloak",
        "Another identity provider",
    ] {
        assert!(page.contains(product), "{product}");
    }
    for word in [
        "entra", "adfs", "google", "okta", "pingone", "keycloak", "other",
    ] {
        for path in ["/admin/connections/new", "/admin/connections/new/openid"] {
            let path = format!("{path}?for={word}");
            assert!(page.contains(&path), "{path}");
            assert_eq!(browser.get(&path).await.status, 200, "{path}");
        }
    }
    let saml = browser.get("/admin/connections/new?for=okta").await.body;
    assert!(saml.contains("href=\"/admin/guides/okta\""), "{saml}");
    let entra = browser.get("/admin/connections/new/openid?for=entra").await;
    assert!(entra.body.contains("Tenant ID or discovery URL"));
    assert!(entra.body.contains("Entra ID in China"));
    let okta = browser.get("/admin/connections/new/openid?for=okta").await;
    assert!(!okta.body.contains("Entra ID in China"));
}

#[tokio::test]
async fn a_tenant_id_makes_a_draft_that_shows_its_addresses() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let (connection, path) = draft(&world, &mut browser, TENANT).await;
    assert!(!connection.enabled);
    let settings = oidc(&connection);
    assert!(settings.issuer.is_entra() && settings.client_id.is_empty());
    let page = browser.get(&path).await.body;
    let company = &world.acme;
    for (label, address) in [
        (
            "Redirect URI",
            company.callback_url(&settings.callback_codes[0]),
        ),
        ("Home page URL", company.initiate_url(&connection.name)),
        (
            "Front-channel logout URL",
            company.front_channel_url(&connection.name),
        ),
    ] {
        assert!(
            page.contains(label) && page.contains(&address),
            "{label}: {page}"
        );
        assert!(
            page.contains(&format!("aria-label=\"Copy {label}\"")),
            "{label}"
        );
    }
    for foreign in [
        "x.509",
        "Copy into Entra</a>",
        "Metadata",
        "Binding Options",
    ] {
        assert!(!page.contains(foreign), "{foreign}: {page}");
    }
    assert!(page.contains("The client ID is missing"), "{page}");
    // The button pressed twice.
    let again = create(&mut browser, TENANT).await;
    assert_eq!(again.header("location"), path);
    assert_eq!(world.connections().await.len(), 1);
    // Not before it is complete.
    let answer = post(&mut browser, &format!("{path}/switch"), &[("on", "true")]).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("The client secret is missing"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn what_is_pasted_is_understood_or_refused_beside_its_field() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    for (pasted, says) in [
        ("", "aste the Directory (tenant) ID"),
        (
            "https://login.microsoftonline.com/common/v2.0",
            "every tenant",
        ),
        ("http://idp.example/", "https://"),
    ] {
        let answer = create(&mut browser, pasted).await;
        assert_eq!(answer.status, 422, "{pasted}");
        assert!(answer.body.contains(says), "{pasted}: {}", answer.body);
    }
    assert!(world.connections().await.is_empty());
    let fields = [
        ("for", "entra"),
        ("provider", TENANT),
        ("cloud", "china"),
        ("display_name", "Shanghai"),
    ];
    let answer = post(&mut browser, "/admin/connections/new/openid", &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let issuer = oidc(&world.connections().await[0]).issuer.of_document();
    assert!(
        issuer.starts_with("https://login.partner.microsoftonline.cn/"),
        "{issuer}"
    );
    let v1 = format!("https://login.microsoftonline.com/{TENANT}/.well-known/openid-configuration");
    let answer = create(&mut browser, &v1).await;
    let page = follow(&mut browser, &answer).await.body;
    assert!(page.contains("v1 endpoint"), "{page}");
}

/// Seed 000-27.
#[tokio::test]
async fn every_address_is_on_the_company_page() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let (connection, _) = draft(&world, &mut browser, TENANT).await;
    let page = browser.get("/admin/account").await.body;
    let company = &world.acme;
    for address in [
        company.entity_id(),
        company.acs_url(),
        company.slo_url(),
        company.signed_out_url(),
        company.callback_url(&oidc(&connection).callback_codes[0]),
        company.initiate_url(&connection.name),
        company.front_channel_url(&connection.name),
        company.back_channel_url(&connection.name),
    ] {
        assert!(
            page.contains(&format!(">{address}</code>")),
            "{address}: {page}"
        );
    }
}

/// Rule J4: seeds 000-26 and 004-5.
#[tokio::test]
async fn several_tenants_are_a_list() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let other = "0d9c1a5e-77f4-4f0b-9b53-8f2a6c4e1d30";
    let answer = create(&mut browser, &format!("{TENANT}, {other} {TENANT}")).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let connection = world.connections().await.remove(0);
    let Issuer::EntraTenants { tenants, .. } = &oidc(&connection).issuer else {
        panic!("{connection:?}");
    };
    let tenants: Vec<&str> = tenants.iter().map(TenantId::as_str).collect();
    assert_eq!(tenants, [TENANT, other]);
    let page = follow(&mut browser, &answer).await.body;
    assert!(page.contains("of no other"), "{page}");
    // One that is none: nothing is made.
    let answer = create(&mut browser, &format!("{TENANT}, contoso.com")).await;
    assert_eq!(answer.status, 422);
    assert_eq!(world.connections().await.len(), 1);
}

#[tokio::test]
async fn a_secret_is_shown_nowhere() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let (connection, path) = draft(&world, &mut browser, TENANT).await;
    let secret = format!("{path}/secret");
    let guid = "0d9c1a5e-77f4-4f0b-9b53-8f2a6c4e1d30";
    let answer = post(&mut browser, &secret, &[("client_secret", guid)]).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("This is the Secret ID"),
        "{}",
        answer.body
    );
    assert!(!answer.body.contains(guid));
    let wrong = [("client_secret", SECRET), ("expires_on", "soon")];
    let answer = post(&mut browser, &secret, &wrong).await;
    assert_eq!(answer.status, 422);
    assert!(!answer.body.contains(SECRET) && answer.body.contains("Write a day"));
    let until = (NOW + Duration::days(30)).date().to_string();
    let fields = [("client_secret", SECRET), ("expires_on", until.as_str())];
    let answer = post(&mut browser, &secret, &fields).await;
    let page = follow(&mut browser, &answer).await.body;
    assert!(page.contains("ends in 30 days"), "{page}");
    let other = "another-secret-of-acme~";
    let answer = post(&mut browser, &secret, &[("client_secret", other)]).await;
    let page = follow(&mut browser, &answer).await.body;
    assert!(page.contains("The one before"), "{page}");
    assert_eq!(oidc(&world.connections().await[0]).client_secrets.len(), 2);
    for address in ["", "/verify", "/claims", "/test", "/versions", "/delete"] {
        let page = browser.get(&format!("{path}{address}")).await;
        assert_eq!(page.status, 200, "{address}");
        assert!(
            !page.body.contains(SECRET) && !page.body.contains(other),
            "{address}"
        );
        for kept in oidc(&world.connections().await[0]).client_secrets {
            assert!(!page.body.contains(&kept.sealed), "{address}");
        }
    }
    for page in ["/admin", "/admin/connections", "/admin/audit"] {
        assert!(!browser.get(page).await.body.contains(SECRET), "{page}");
    }
    let told = format!("{:?}", world.audit().await);
    assert!(
        !told.contains(SECRET) && told.contains("client_secret"),
        "{told}"
    );
    let answer = post(&mut browser, &format!("{secret}/retire"), &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(
        oidc(&world.connection(connection.id).await)
            .client_secrets
            .len(),
        1
    );
}

#[tokio::test]
async fn every_field_is_saved_and_a_form_that_nobody_touched_changes_nothing() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let (connection, path) = draft(&world, &mut browser, TENANT).await;
    let answer = save(&world, &mut browser, &path, &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(world.connection(connection.id).await, connection);
    let members = world.members.id.to_string();
    let changed = [
        ("client_id", CLIENT_ID),
        ("scopes", "profile\nemail\noffline_access"),
        // Rule T6: what lasts is asked for where it is used.
        ("check_again", "30"),
        ("client_authentication", "client_secret_basic"),
        ("response_mode", "form_post"),
        ("userinfo", "signed"),
        ("accepted_acr", "phr\nphrh"),
        ("accepted_audiences", "api://one"),
        ("user_name_as_email", "on"),
        ("guests", "on"),
        ("trust_email_claim", "on"),
        ("jit", "on"),
        ("jit_group", members.as_str()),
        ("sort_order", "7"),
        ("display_name", "Company Access"),
    ];
    let answer = save(&world, &mut browser, &path, &changed).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let now = world.connection(connection.id).await;
    let settings = oidc(&now);
    assert_eq!(settings.client_id, changed[0].1);
    assert_eq!(settings.scope(), "openid profile email offline_access");
    assert_eq!(
        settings.client_authentication.to_string(),
        "client_secret_basic"
    );
    assert_eq!(settings.response_mode.to_string(), "form_post");
    assert_eq!(settings.userinfo.to_string(), "signed");
    assert_eq!(settings.accepted_acr, ["phr", "phrh"]);
    assert_eq!(settings.extra_audiences, ["api://one"]);
    assert!(settings.user_name_as_email && now.settings.guests && now.settings.trust_email_claim);
    assert_eq!(now.settings.jit, Some(world.members.id));
    assert_eq!(
        (now.display_name.as_str(), now.sort_order),
        ("Company Access", 7)
    );
    // What has no field here stays.
    assert_eq!(now.settings.attributes, connection.settings.attributes);
    assert_eq!(settings.callback_codes, oidc(&connection).callback_codes);
    // An old form meets what is there now.
    let stale = connection.revision.to_string();
    let answer = save(&world, &mut browser, &path, &[("revision", &stale)]).await;
    assert_eq!(answer.status, 409);
    let wrong = [("client_authentication", "none")];
    assert_eq!(save(&world, &mut browser, &path, &wrong).await.status, 422);
    // SAML's settings are none of it, whoever sends them.
    let foreign = [
        ("binding", "redirect"),
        ("idp_entity_id", "https://evil.example"),
    ];
    assert_eq!(
        save(&world, &mut browser, &path, &foreign).await.status,
        303
    );
}

#[tokio::test]
async fn a_redirect_uri_is_renewed_and_the_old_one_retired() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let (connection, path) = draft(&world, &mut browser, TENANT).await;
    let first = oidc(&connection).callback_codes.remove(0);
    let answer = post(&mut browser, &format!("{path}/redirect-uri/new"), &[]).await;
    let page = follow(&mut browser, &answer).await.body;
    let codes = oidc(&world.connection(connection.id).await).callback_codes;
    assert!(codes.len() == 2 && codes[1] == first && codes[0] != first);
    for code in &codes {
        assert!(page.contains(&world.acme.callback_url(code)), "{page}");
    }
    assert!(page.contains("Retire the old one"), "{page}");
    let answer = post(&mut browser, &format!("{path}/redirect-uri/retire"), &[]).await;
    let page = follow(&mut browser, &answer).await.body;
    assert!(!page.contains(&first), "{page}");
    let versions = browser.get(&format!("{path}/versions")).await.body;
    assert!(versions.contains("Redirect URIs"), "{versions}");
}

/// Seed 001-14.
#[tokio::test]
async fn the_scopes_that_a_provider_offers_are_ticked() {
    let world = Office::new().await;
    let idp = start_provider().await;
    let mut browser = world.admin().await;
    let (connection, path) = draft(&world, &mut browser, &idp.tenant().discovery_url()).await;
    let id = [("client_id", CLIENT_ID)];
    assert_eq!(save(&world, &mut browser, &path, &id).await.status, 303);
    let secret = [("client_secret", SECRET)];
    post(&mut browser, &format!("{path}/secret"), &secret).await;
    post(&mut browser, &format!("{path}/verify"), &[]).await;
    let page = browser.get(&path).await.body;
    for (scope, ticked) in [("profile", " checked"), ("offline_access", "")] {
        let tick = format!("name=\"scope\" value=\"{scope}\"{ticked}>");
        assert!(page.contains(&tick), "{tick}: {page}");
    }
    assert!(!page.contains("name=\"scope\" value=\"openid\""));
    let changed = [("scopes", "api://acme/user.signin"), ("scope", "email")];
    assert_eq!(
        save(&world, &mut browser, &path, &changed).await.status,
        303
    );
    let kept = oidc(&world.connection(connection.id).await);
    assert_eq!(kept.scopes, ["email", "api://acme/user.signin"]);
    let page = browser.get(&path).await.body;
    assert!(
        page.contains(">\napi://acme/user.signin</textarea>"),
        "{page}"
    );
}

#[tokio::test]
async fn the_provider_is_verified_and_kept_only_when_nothing_failed() {
    let world = Office::new().await;
    let idp = start_provider().await;
    let mut browser = world.admin().await;
    let (connection, path) = draft(&world, &mut browser, &idp.tenant().discovery_url()).await;
    let verify = format!("{path}/verify");
    let page = browser.get(&verify).await.body;
    assert!(page.contains("Nothing is kept yet"), "{page}");
    assert!(browser.get("/admin").await.body.contains("Never verified"));
    let answer = post(&mut browser, &verify, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    for part in [
        "2 checks failed",
        "Client secret",
        "Keys",
        "PKCE with S256",
        "Add it in the settings",
    ] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert_eq!(oidc(&world.connection(connection.id).await).discovery, None);
    let id = [("client_id", CLIENT_ID)];
    assert_eq!(save(&world, &mut browser, &path, &id).await.status, 303);
    let secret = [("client_secret", SECRET)];
    post(&mut browser, &format!("{path}/secret"), &secret).await;
    let answer = post(&mut browser, &verify, &[]).await;
    assert!(answer.body.contains("Everything fits"), "{}", answer.body);
    let kept = world.connection(connection.id).await;
    let discovery = oidc(&kept).discovery.unwrap();
    assert_eq!(discovery.token_endpoint, idp.tenant().token_url());
    assert!(
        answer.body.contains(&discovery.token_endpoint),
        "{}",
        answer.body
    );
    // The same again changes nothing.
    post(&mut browser, &verify, &[]).await;
    assert_eq!(world.connection(connection.id).await, kept);
    let page = browser.get(&path).await.body;
    assert!(
        page.contains("Everything is there") && page.contains("offline_access"),
        "{page}"
    );
    // A test begins before it is enabled.
    let answer = post(&mut browser, &format!("{path}/test"), &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(
        answer
            .header("location")
            .starts_with(&idp.tenant().authorize_url())
    );
    let answer = post(&mut browser, &format!("{path}/switch"), &[("on", "true")]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(world.connection(connection.id).await.enabled);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_told_by_its_line() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    // Nobody listens there.
    let (_, path) = draft(&world, &mut browser, "http://127.0.0.1:9/x").await;
    let answer = post(&mut browser, &format!("{path}/verify"), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("1 check failed"), "{}", answer.body);
    assert!(
        answer.body.contains("Discovery document"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn another_provider_is_a_review() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let (connection, path) = draft(&world, &mut browser, TENANT).await;
    let other = "0d9c1a5e-77f4-4f0b-9b53-8f2a6c4e1d30";
    let change = format!("{path}/provider");
    let wrong = post(&mut browser, &change, &[("provider", "common")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("every tenant"), "{}", wrong.body);
    let review = post(&mut browser, &change, &[("provider", other)]).await;
    assert_eq!(review.status, 200, "{}", review.body);
    assert!(review.body.contains("Yes, replace the identity provider"));
    assert_eq!(world.connection(connection.id).await, connection);
    let proposal = hidden_field(&review.body, "proposal").unwrap();
    let shown = post(
        &mut browser,
        &format!("{path}/change"),
        &[("proposal", &proposal)],
    )
    .await;
    assert!(
        shown.status == 200 && shown.body.contains(other),
        "{}",
        shown.body
    );
    let confirm = "/admin/connections/confirm";
    let unticked = post(&mut browser, confirm, &[("proposal", &proposal)]).await;
    assert_eq!(unticked.status, 422);
    let ticked = [("proposal", proposal.as_str()), ("replace", "yes")];
    assert_eq!(post(&mut browser, confirm, &ticked).await.status, 303);
    let issuer = oidc(&world.connection(connection.id).await).issuer;
    assert!(issuer.of_document().contains(other), "{issuer:?}");
}

/// Rule N6: a secret that nobody may read is not read by sending it elsewhere.
#[tokio::test]
async fn another_provider_gets_no_secret_of_the_one_before() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let (connection, path) = draft(&world, &mut browser, TENANT).await;
    let secret = [("client_secret", SECRET)];
    post(&mut browser, &format!("{path}/secret"), &secret).await;
    let elsewhere = [("provider", "https://elsewhere.example")];
    let review = post(&mut browser, &format!("{path}/provider"), &elsewhere).await;
    assert!(review.body.contains("are forgotten"), "{}", review.body);
    let proposal = hidden_field(&review.body, "proposal").unwrap();
    let ticked = [("proposal", proposal.as_str()), ("replace", "yes")];
    let saved = post(&mut browser, "/admin/connections/confirm", &ticked).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let now = world.connection(connection.id).await;
    assert!(oidc(&now).client_secrets.is_empty() && !now.enabled);
    assert_eq!(oidc(&now).issuer.of_document(), "https://elsewhere.example");
}

#[tokio::test]
async fn what_one_protocol_has_is_not_there_for_the_other() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let (_, path) = draft(&world, &mut browser, TENANT).await;
    for page in ["/certificates", "/metadata", "/copy"] {
        assert_eq!(
            browser.get(&format!("{path}{page}")).await.status,
            404,
            "{page}"
        );
    }
    for (page, fields) in [
        ("/certificates/remove", ("certificate", "x")),
        ("/certificates/change", ("proposal", "x")),
        ("/metadata/change", ("proposal", "x")),
    ] {
        let answer = post(&mut browser, &format!("{path}{page}"), &[fields]).await;
        assert_eq!(answer.status, 404, "{page}");
    }
    let saml = world.add_connection("saml").await;
    let saml = format!("/admin/connections/{}", saml.id);
    assert_eq!(browser.get(&format!("{saml}/verify")).await.status, 404);
    for page in [
        "/verify",
        "/secret",
        "/secret/retire",
        "/redirect-uri/new",
        "/redirect-uri/retire",
        "/provider",
    ] {
        let fields = [("client_secret", SECRET), ("provider", TENANT)];
        let answer = post(&mut browser, &format!("{saml}{page}"), &fields).await;
        assert_eq!(answer.status, 404, "{page}");
    }
}

#[tokio::test]
async fn every_form_of_a_provider_wants_its_token_and_its_company() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let (connection, path) = draft(&world, &mut browser, TENANT).await;
    let mut other = world.other_admin().await;
    for page in [
        "",
        "/verify",
        "/secret",
        "/secret/retire",
        "/redirect-uri/new",
        "/redirect-uri/retire",
        "/provider",
    ] {
        let address = format!("{path}{page}");
        let fields = [("client_secret", SECRET), ("provider", TENANT)];
        let without = [("csrf", ""), fields[0], fields[1]];
        assert_eq!(browser.post(&address, &without).await.status, 403, "{page}");
        assert_eq!(
            post(&mut other, &address, &fields).await.status,
            404,
            "{page}"
        );
    }
    let without = [("csrf", ""), ("provider", TENANT)];
    let answer = browser
        .post("/admin/connections/new/openid", &without)
        .await;
    assert_eq!(answer.status, 403);
    assert_eq!(world.connection(connection.id).await, connection);
}

#[tokio::test]
async fn the_end_of_a_secret_is_told_in_time() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let (connection, path) = draft(&world, &mut browser, TENANT).await;
    let id = [("client_id", CLIENT_ID)];
    assert_eq!(save(&world, &mut browser, &path, &id).await.status, 303);
    let until = (NOW + Duration::days(90)).date().to_string();
    let fields = [("client_secret", SECRET), ("expires_on", until.as_str())];
    post(&mut browser, &format!("{path}/secret"), &fields).await;
    post(&mut browser, &format!("{path}/switch"), &[("on", "true")]).await;
    let list = browser.get("/admin/connections").await.body;
    for part in ["OpenID Connect", TENANT, "Until ", "Never verified"] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let told = "The client secret of Acme Entra";
    assert!(!list.contains(told), "{list}");
    let store = &world.app.store;
    for (days, words, tone) in [
        (60, "ends in 60 days", "info"),
        (14, "ends in 14 days", "warn"),
        (1, "ends in 1 day", "bad"),
        (-2, "ended 2 days ago", "bad"),
    ] {
        let mut stored = world.connection(connection.id).await;
        let settings = stored.settings.oidc_mut().unwrap();
        let hour = Duration::hours(if days < 0 { -1 } else { 1 });
        settings.client_secrets[0].expires_at = Some(NOW + Duration::days(days) + hour);
        assert!(store.update_connection(&stored, NOW).await.unwrap());
        world.app.catch_up().await.unwrap();
        for page in ["/admin/users", "/admin/connections"] {
            let page = browser.get(page).await.body;
            let banner = format!("<div class=\"banner {tone}\"><p>{told} {words}");
            assert!(page.contains(&banner), "{banner}: {page}");
        }
        let overview = browser.get("/admin").await.body;
        assert!(
            overview.contains("Client secret") && overview.contains(words),
            "{overview}"
        );
    }
}

#[tokio::test]
async fn a_test_shows_the_claims_before_it_is_enabled() {
    let world = Office::new().await;
    let idp = start_provider().await;
    let mut browser = world.admin().await;
    let (connection, path) = draft(&world, &mut browser, &idp.tenant().discovery_url()).await;
    let client_id = CLIENT_ID;
    let members = world.members.id.to_string();
    let changed = [
        ("client_id", client_id),
        ("jit", "on"),
        ("jit_group", members.as_str()),
    ];
    let answer = save(&world, &mut browser, &path, &changed).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let secret = [("client_secret", SECRET)];
    post(&mut browser, &format!("{path}/secret"), &secret).await;
    let redirect_uri = world
        .acme
        .callback_url(&oidc(&connection).callback_codes[0]);
    let claims = [
        OptionalClaim::Email,
        OptionalClaim::GivenName,
        OptionalClaim::FamilyName,
    ];
    idp.register_oidc(
        OidcApp::new(client_id, "Acme", redirect_uri)
            .with_secret(SECRET)
            .with_claims(claims),
    );
    let begun = post(&mut browser, &format!("{path}/test"), &[]).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    let callback = sign_in_there(&idp, begun.header("location")).await;
    let answer = browser
        .get(callback.strip_prefix(ACME_ORIGIN).unwrap())
        .await;
    let page = follow(&mut browser, &answer).await.body;
    for part in [
        ">Claim</th>",
        "preferred_username",
        "given_name",
        "b.simon@contoso.com",
        "E-mail address",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for foreign in ["NameID", "AuthnInstant", "Signing certificate", "XML"] {
        assert!(!page.contains(foreign), "{foreign}: {page}");
    }
    let tests = browser.get(&format!("{path}/test")).await.body;
    assert!(tests.contains("/admin/sign-ins/"), "{tests}");
    assert!(!world.connection(connection.id).await.enabled);
}

/// B.Simon signs in at the provider; where the browser is sent then.
async fn sign_in_there(idp: &DemoIdp, authorize: &str) -> String {
    let policy = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().redirect(policy).build().unwrap();
    let page = client.get(authorize).send().await.unwrap();
    let page = page.text().await.unwrap();
    let flow = hidden_field(&page, "flow").unwrap();
    let user = &idp.users()[0];
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("flow", &flow)
        .append_pair("login", &user.principal_name)
        .append_pair("passwd", &user.password)
        .finish();
    let tenant = idp.tenant();
    let answer = client
        .post(format!("{}/{}/login", tenant.origin, tenant.id))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .unwrap();
    let location = answer.headers()[header::LOCATION].to_str().unwrap();
    location.to_owned()
}

#[tokio::test]
async fn a_draft_is_set_up_in_steps() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let (_, path) = draft(&world, &mut browser, TENANT).await;
    let go_on = |page: &str| format!("href=\"{path}{page}\">Go on with the set-up");
    let page = browser.get(&path).await.body;
    assert!(page.contains("Set-up, step 1 of 4"), "{page}");
    assert!(page.contains("Save, and next: Verify"), "{page}");
    assert!(!page.contains("Back: "), "{page}");
    let list = browser.get("/admin/connections").await.body;
    assert!(list.contains(&go_on("")), "{list}");

    // Next saves what was typed, and leads to what is missing before it leads on.
    let next = [("client_id", CLIENT_ID), ("go_on", "on")];
    let answer = save(&world, &mut browser, &path, &next).await;
    assert_eq!(answer.header("location"), format!("{path}#secret"));
    let secret = [("client_secret", SECRET), ("expires_on", "")];
    post(&mut browser, &format!("{path}/secret"), &secret).await;
    let answer = save(&world, &mut browser, &path, &next).await;
    assert_eq!(answer.header("location"), format!("{path}/verify"));
    let connection = world.connections().await.remove(0);
    assert_eq!(oidc(&connection).client_id, CLIENT_ID);

    // What is wrong is said on the page itself, with what was typed.
    let wrong = [("client_id", "a\u{1}b"), ("go_on", "on")];
    let answer = save(&world, &mut browser, &path, &wrong).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("Set-up, step 1 of 4"));

    let list = browser.get("/admin/connections").await.body;
    assert!(list.contains(&go_on("/verify")), "{list}");
    let page = browser.get(&format!("{path}/verify")).await.body;
    assert!(page.contains("Back: OpenID Connect Settings"), "{page}");
    assert!(page.contains("Next: Claims and groups"), "{page}");
    let page = browser.get(&format!("{path}/test")).await.body;
    assert!(page.contains("Back: Claims and groups"), "{page}");
    assert!(!page.contains("Next: "), "{page}");

    // A page that set-up does not need is no step, and a connection that is enabled has none.
    let page = browser.get(&format!("{path}/versions")).await.body;
    assert!(!page.contains("Set-up, step"), "{page}");
    let switched = post(&mut browser, &format!("{path}/switch"), &[("on", "true")]).await;
    assert_eq!(switched.status, 303);
    let page = browser.get(&path).await.body;
    assert!(!page.contains("Set-up, step"), "{page}");
}

/// Rule L6: an administrator's test alone asks for consent.
#[tokio::test]
async fn a_test_asks_for_consent_again() {
    let world = Office::new().await;
    let idp = start_provider().await;
    let mut browser = world.admin().await;
    let issuer = idp.tenant().issuer();
    let (_, path) = draft(&world, &mut browser, &issuer).await;
    let id = [("client_id", CLIENT_ID)];
    save(&world, &mut browser, &path, &id).await;
    let secret = [("client_secret", SECRET), ("expires_on", "")];
    post(&mut browser, &format!("{path}/secret"), &secret).await;
    let test = format!("{path}/test");
    let page = browser.get(&test).await.body;
    assert!(page.contains("Ask for consent again"), "{page}");
    for (field, prompt) in [("consent", "prompt=consent"), ("force", "prompt=login")] {
        let begun = post(&mut browser, &test, &[(field, "1")]).await;
        assert_eq!(begun.status, 303, "{}", begun.body);
        assert!(begun.header("location").contains(prompt), "{field}");
    }
}
