//! Which sign-in an answer belongs to, and in whose browser (rules L1, L5, M1 to M7 and E).

use std::time::Duration;

use vestibule::domain::Outcome;

use super::world::{Relying, connect, path_of, sign_in_at, with_parameter};
use crate::support::{Browser, NOW, hidden_field};
use vestibule::demo_idp::IdpUser;
use vestibule::oidc::Issuer;

#[tokio::test]
async fn a_first_sign_in_makes_the_account_and_begins_a_session() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    let answer = world.sign_in(&mut browser).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/welcome"),
        "{}",
        answer.body
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    let who = browser.get("/sso/session").await;
    assert_eq!(who.status, 200);
    assert!(who.body.contains("b.simon@contoso.com"), "{}", who.body);
    assert!(who.body.contains("\"Staff\""), "{}", who.body);
    let user = world.user("b.simon@contoso.com").await.unwrap();
    assert_eq!((&*user.first_name, &*user.last_name), ("B.", "Simon"));
}

#[tokio::test]
async fn the_same_person_comes_again_to_the_same_account() {
    let world = Relying::new().await;
    world.sign_in(&mut world.browser()).await;
    let first = world.user("b.simon@contoso.com").await.unwrap();
    assert_eq!(world.sign_in(&mut world.browser()).await.status, 303);
    let again = world.user("b.simon@contoso.com").await.unwrap();
    assert_eq!(first.id, again.id);
    let names = world.app.store.identities_of(first.id).await.unwrap();
    assert_eq!(names.len(), 1);
    assert!(names[0].subject.starts_with("sub:"), "{names:?}");
}

#[tokio::test]
async fn session_id_kept() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    world.sign_in(&mut browser).await;
    let before = browser.cookie("vestibule-session").map(str::to_owned);
    world.sign_in(&mut browser).await;
    let after = browser.cookie("vestibule-session").map(str::to_owned);
    assert!(before.is_some() && before != after);
}

#[tokio::test]
async fn callback_unknown_code() {
    let world = Relying::new().await;
    let address = world.answered(&mut world.browser()).await;
    let elsewhere = path_of(&address).replace("/callback/", "/callback/0");
    let answer = world.browser().get(&elsewhere).await;
    assert_eq!(answer.status, 404);
    let attempts = world
        .app
        .store
        .attempts(
            world.acme.id,
            &vestibule::store::AttemptFilter::default(),
            9,
        )
        .await;
    assert!(
        attempts
            .unwrap()
            .iter()
            .all(|it| it.outcome == Outcome::Open)
    );
}

#[tokio::test]
async fn callback_code_of_disabled_connection() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    let address = world.answered(&mut browser).await;
    world.change(|connection| connection.enabled = false).await;
    let answer = browser.get(path_of(&address)).await;
    world.assert_refused(&answer, "E6").await;
}

/// Rule E6: another server has changed the connection, and this one has not heard of it when the provider's answer is judged.
#[tokio::test]
async fn the_provider_is_changed_while_an_answer_is_judged() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    let address = world.answered(&mut browser).await;
    let mut connection = world.stored().await;
    connection.settings.oidc_mut().unwrap().issuer = Issuer::named("https://id.other.example");
    let store = &world.app.store;
    assert!(store.update_connection(&connection, NOW).await.unwrap());
    let answer = browser.get(path_of(&address)).await;
    let attempt = world.assert_refused(&answer, "E6").await;
    assert_eq!(
        attempt.summary,
        "The connection asks another provider now, or under another name (E6)"
    );
    assert!(world.user("b.simon@contoso.com").await.is_none());
}

#[tokio::test]
async fn no_cookie() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    let address = world.answered(&mut browser).await;
    let answer = world.browser().get(path_of(&address)).await;
    world.assert_refused(&answer, "E2").await;
    // Nothing was used up: its own browser gets in.
    assert_eq!(browser.get(path_of(&address)).await.status, 303);
}

#[tokio::test]
async fn state_of_other_browser() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    let address = world.answered(&mut browser).await;
    let mut other = world.browser();
    world.answered(&mut other).await;
    let answer = other.get(path_of(&address)).await;
    world.assert_refused(&answer, "E2").await;
    assert_eq!(browser.get(path_of(&address)).await.status, 303);
}

#[tokio::test]
async fn state_reused() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    let address = world.answered(&mut browser).await;
    assert_eq!(browser.get(path_of(&address)).await.status, 303);
    // The Back button: the session that it began is sent to its target (rule E4).
    let again = browser.get(path_of(&address)).await;
    assert_eq!((again.status, again.header("location")), (303, "/welcome"));
    browser.forget("vestibule-session");
    let answer = browser.get(path_of(&address)).await;
    world.assert_refused(&answer, "E1").await;
}

#[tokio::test]
async fn state_twice_parallel() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    let address = world.answered(&mut browser).await;
    let mut twin = browser.clone();
    let path = path_of(&address);
    let (one, other) = tokio::join!(browser.get(path), twin.get(path));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 403], "{} {}", one.body, other.body);
}

#[tokio::test]
async fn attempt_11_minutes() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    let address = world.answered(&mut browser).await;
    world.app.clock.step(time::Duration::minutes(11));
    let answer = browser.get(path_of(&address)).await;
    world.assert_refused(&answer, "E1").await;
}

#[tokio::test]
async fn state_of_other_connection() {
    let world = Relying::new().await;
    let other_idp = super::world::provider(&world).await;
    let other = connect(&world, &world.acme, &other_idp, "second", &world.staff).await;
    let mut browser = world.browser();
    let address = world.answered(&mut browser).await;
    let own = &world.connection.settings.oidc().unwrap().callback_codes[0];
    let others = &other.settings.oidc().unwrap().callback_codes[0];
    let crossed = path_of(&address).replace(own, others);
    let answer = browser.get(&crossed).await;
    world.assert_refused(&answer, "M3").await;
    // It has used the sign-in up.
    let answer = browser.get(path_of(&address)).await;
    world.assert_refused(&answer, "E1").await;
}

#[tokio::test]
async fn state_of_other_company() {
    let world = Relying::new().await;
    let idp = super::world::provider(&world).await;
    let staff = world
        .add_group_to(
            &world.beta,
            "Staff",
            vestibule::domain::GroupKind::Member,
            false,
        )
        .await;
    let betas = connect(&world, &world.beta, &idp, "entra-oidc", &staff).await;
    let mut browser = world.browser();
    let address = world.answered(&mut browser).await;
    let own = &world.connection.settings.oidc().unwrap().callback_codes[0];
    let others = &betas.settings.oidc().unwrap().callback_codes[0];
    let crossed = path_of(&address).replace(own, others);
    assert_eq!(browser.get(&crossed).await.status, 404);
    let mut at_beta = world.browser_at(&world.beta);
    at_beta.get("/sso/login").await;
    assert_eq!(at_beta.get(&crossed).await.status, 403);
    assert_eq!(browser.get(path_of(&address)).await.status, 303);
}

#[tokio::test]
async fn attacker_code_victim_browser() {
    let world = Relying::new().await;
    let theirs = world.answered(&mut world.browser()).await;
    let mut victim = world.browser();
    victim.get("/sso/login?connection=entra-oidc").await;
    let answer = victim.get(path_of(&theirs)).await;
    world.assert_refused(&answer, "E2").await;
    assert_eq!(victim.get("/sso/session").await.status, 401);
}

#[tokio::test]
async fn victim_code_attacker_browser() {
    let world = Relying::new().await;
    let victims = world.answered(&mut world.browser()).await;
    let mut attacker = world.browser();
    let own = world.answered(&mut attacker).await;
    let code = victims.split("code=").nth(1).unwrap();
    let code = code.split('&').next().unwrap();
    let injected = with_parameter(&own, "code", Some(code));
    let answer = attacker.get(path_of(&injected)).await;
    // The verifier is the attacker's, and the provider says so.
    world.assert_refused(&answer, "N5").await;
}

#[tokio::test]
async fn error_without_state() {
    let world = Relying::new().await;
    let code = &world.connection.settings.oidc().unwrap().callback_codes[0];
    let state = "x".repeat(43);
    let path = format!("/sso/oidc/callback/{code}?error=access_denied&state={state}");
    let answer = world.browser().get(&path).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    let all = vestibule::store::AttemptFilter::default();
    let attempts = world
        .app
        .store
        .attempts(world.acme.id, &all, 9)
        .await
        .unwrap();
    assert!(attempts.is_empty());
}

/// The provider's page posts the answer; from another site a strict cookie does not come, and our own page sends it again.
#[tokio::test]
async fn form_post_without_cookie() {
    let world = Relying::new().await;
    world.set(&[("response_mode", "form_post")]).await;
    let mut browser = world.browser();
    let (path, fields) = posted(&world, &mut browser).await;
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let page = Browser::new(&world.router, world.acme.origin.host_key())
        .post_from_elsewhere(&path, &fields)
        .await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains("data-auto-submit"), "{}", page.body);
    assert!(hidden_field(&page.body, "reposted").is_some());
    // Our page's form, with the cookie.
    let mut again = fields.clone();
    again.push(("reposted", "1"));
    let answer = browser.post(&path, &again).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/welcome"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn post_with_query_code() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    let address = world.answered(&mut browser).await;
    let answer = browser.post(path_of(&address), &[]).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert_eq!(browser.get(path_of(&address)).await.status, 303);
}

#[tokio::test]
async fn post_json() {
    let world = Relying::new().await;
    let code = &world.connection.settings.oidc().unwrap().callback_codes[0];
    let path = format!("/sso/oidc/callback/{code}");
    let answer = world
        .browser()
        .post_body(&path, "application/json", "{}".into())
        .await;
    assert_eq!(answer.status, 415);
}

#[tokio::test]
async fn a_connection_that_is_changed_meanwhile_asks_anew() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    let address = world.answered(&mut browser).await;
    world.set(&[("client_id", "another")]).await;
    let answer = browser.get(path_of(&address)).await;
    let attempt = world.assert_refused(&answer, "E6").await;
    assert!(attempt.summary.contains("changed"), "{}", attempt.summary);
}

/// Seed 000-16.
#[tokio::test]
async fn the_client_id_at_entra_is_a_guid() {
    let mut connection = Relying::of_entra().await.stored().await;
    for wrong in ["another", "api://41ee2b0c-2c1f-4b0e-9f0a-6a1c3d7b5e92"] {
        let told = connection.set("client_id", wrong).unwrap_err().to_string();
        assert!(told.contains("Application (client) ID"), "{told}");
    }
    let mut elsewhere = Relying::new().await.stored().await;
    elsewhere.set("client_id", "another").unwrap();
}

/// Nothing that opens something is in the database: not the state, the nonce, the verifier, the code, nor a token.
#[tokio::test]
async fn the_database_holds_nothing_of_what_was_sent() {
    let world = Relying::new().await;
    let mut browser = world.browser();
    let begun = browser.get("/sso/login?connection=entra-oidc").await;
    let sent = begun.header("location").to_owned();
    let page = sign_in_at(&world.idp, &sent, &IdpUser::b_simon()).await;
    let address = page.location.unwrap();
    let file = world.app.config.data_dir.join("vestibule.sqlite3");
    assert_eq!(browser.get(path_of(&address)).await.status, 303);
    let values = |address: &str, names: &[&str]| -> Vec<String> {
        let query = address.split_once('?').unwrap().1;
        form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| names.contains(&&**name))
            .map(|(_, value)| value.into_owned())
            .collect()
    };
    let mut secrets = values(&sent, &["state", "nonce"]);
    secrets.extend(values(&address, &["code"]));
    secrets.push(super::world::SECRET.to_owned());
    assert_eq!(secrets.len(), 4);
    for name in ["vestibule.sqlite3", "vestibule.sqlite3-wal"] {
        let octets = std::fs::read(file.with_file_name(name)).unwrap_or_default();
        for secret in &secrets {
            let is_there = octets
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!is_there, "{secret} is in {name}");
        }
    }
}

async fn posted(world: &Relying, browser: &mut Browser) -> (String, Vec<(String, String)>) {
    let begun = browser
        .get("/sso/login?connection=entra-oidc&return_to=/welcome")
        .await;
    let page = sign_in_at(&world.idp, begun.header("location"), &IdpUser::b_simon()).await;
    let code = &world.connection.settings.oidc().unwrap().callback_codes[0];
    let fields = ["code", "state", "session_state"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), hidden_field(&page.body, name)?)))
        .collect();
    (format!("/sso/oidc/callback/{code}"), fields)
}

/// A provider that does not answer makes its own company wait, and no other.
#[tokio::test]
async fn a_silent_token_endpoint_holds_nobody_else() {
    let world = Relying::new().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/token", silent.local_addr().unwrap());
    let mut stuck = world.browser();
    let answered = world.answered(&mut stuck).await;
    world
        .change(|connection| {
            let oidc = connection.settings.oidc_mut().unwrap();
            oidc.discovery.as_mut().unwrap().token_endpoint = address;
        })
        .await;
    let path = path_of(&answered).to_owned();
    let waiting = tokio::spawn(async move { stuck.get(&path).await });
    let _held = silent.accept().await.unwrap();
    let staff = world
        .add_group_to(
            &world.beta,
            "Staff",
            vestibule::domain::GroupKind::Member,
            false,
        )
        .await;
    let idp = super::world::provider(&world).await;
    connect(&world, &world.beta, &idp, "entra-oidc", &staff).await;
    let mut at_beta = world.browser_at(&world.beta);
    let begun = at_beta.get("/sso/login").await;
    let page = sign_in_at(&idp, begun.header("location"), &IdpUser::b_simon()).await;
    let location = page.location.unwrap();
    let path = location
        .strip_prefix(&world.beta.origin.to_string())
        .unwrap();
    assert_eq!(at_beta.get(path).await.status, 303);
    let answer = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    world.assert_refused(&answer.unwrap().unwrap(), "N5").await;
}
