//! The set-up link, from the command that prints it to the console.

use vestibule::admin::Admin;
use vestibule::domain::{Outcome, SetupLinkState};

use crate::support::{self, ADMIN, Answer, Browser, Installation, NOW, Office, hidden_field};

const EMAIL: &str = "carla@acme.example";
const PASSWORD: &str = "four-words-are-enough";

/// The path of a new link of a company.
async fn link(world: &Office) -> String {
    let made = world.admin_of(&world.acme).new_setup_link().await.unwrap();
    let address = made.address(&world.acme);
    let origin = world.acme.origin.as_str();
    address.strip_prefix(origin).unwrap().to_owned()
}

async fn submit(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let mut all = vec![
        ("csrf", csrf.as_str()),
        ("company_name", "Acme Inc."),
        ("email", EMAIL),
        ("first_name", "Carla"),
        ("last_name", ""),
        ("way", "password"),
        ("password", PASSWORD),
    ];
    for (name, value) in fields {
        let known = all.iter_mut().find(|(known, _)| known == name);
        known.unwrap().1 = value;
    }
    browser.post(path, &all).await
}

#[tokio::test]
async fn the_first_page_says_which_domains_are_the_company_s() {
    let world = Office::new().await;
    let path = link(&world).await;
    let page = world.browser().get(&path).await.body;
    assert!(!page.contains("E-mail domains"), "{page}");
    let admin = world.admin_of(&world.acme);
    for name in ["acme.example", "acme.test"] {
        admin.add_domain(name, None).await.unwrap();
    }
    world.app.catch_up().await.unwrap();
    let page = world.browser().get(&path).await.body;
    let told = "E-mail domains of this company: <strong>acme.example, acme.test</strong>. If one of them is not yours, tell";
    assert!(page.contains(told), "{page}");
}

#[tokio::test]
async fn a_link_leads_into_the_console() {
    let world = Office::new().await;
    let path = link(&world).await;
    let mut browser = world.browser().from("203.0.113.9");
    let answer = submit(&mut browser, &path, &[]).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/admin"),
        "{}",
        answer.body
    );
    let page = browser.get("/admin").await;
    assert_eq!(page.status, 200);
    for part in ["Acme Inc.", EMAIL] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    // The session is one as every other, and its attempt is on record.
    let user = world.app.store.user_by_email(world.acme.id, EMAIL).await;
    let user = user.unwrap().unwrap();
    assert!(user.has_password && user.first_name == "Carla");
    let attempts = world
        .app
        .store
        .attempts(
            world.acme.id,
            &vestibule::store::AttemptFilter::default(),
            5,
        )
        .await
        .unwrap();
    let [attempt] = &attempts[..] else {
        panic!("one attempt: {attempts:?}")
    };
    assert_eq!(
        (attempt.kind.as_str(), attempt.outcome, attempt.user_id),
        ("set_up", Outcome::SignedIn, Some(user.id))
    );
    let events = world.audit().await;
    let event = events
        .iter()
        .find(|event| event.action == "company.set_up")
        .unwrap();
    assert_eq!(event.actor, EMAIL);
    assert_eq!(event.client, Some("203.0.113.9".parse().unwrap()));
    assert!(!format!("{events:?}").contains(PASSWORD));
    // The password is the way in from now on.
    let mut again = world.browser();
    let page = again.get("/sign-in").await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let fields = [
        ("csrf", csrf.as_str()),
        ("email", EMAIL),
        ("password", PASSWORD),
    ];
    assert_eq!(again.post("/sign-in", &fields).await.status, 303);
}

#[tokio::test]
async fn looking_at_a_link_does_not_use_it_up() {
    let world = Office::new().await;
    let path = link(&world).await;
    for _ in 0..3 {
        assert_eq!(world.browser().get(&path).await.status, 200);
        assert_eq!(world.browser().head(&path).await.status, 200);
    }
    let page = world.browser().get(&path).await;
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("referrer-policy"), "strict-origin");
    let answer = submit(&mut world.browser(), &path, &[]).await;
    assert_eq!(answer.status, 303);
}

#[tokio::test]
async fn a_link_opens_once_also_when_two_use_it_at_the_same_time() {
    let world = Office::new().await;
    let path = link(&world).await;
    let (mut one, mut two) = (world.browser(), world.browser());
    let (one, two) = tokio::join!(
        submit(&mut one, &path, &[("email", "one@acme.example")]),
        submit(&mut two, &path, &[("email", "two@acme.example")]),
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410]);
    let store = &world.app.store;
    let mut made = 0;
    for email in ["one@acme.example", "two@acme.example"] {
        let user = store.user_by_email(world.acme.id, email).await.unwrap();
        made += usize::from(user.is_some());
    }
    assert_eq!(made, 1);
    let page = world.browser().get(&path).await;
    assert_eq!(page.status, 410);
    assert!(page.body.contains("This link was used already"));
}

#[tokio::test]
async fn using_a_link_revokes_the_others() {
    let world = Office::new().await;
    let mut paths = Vec::new();
    for _ in 0..3 {
        paths.push(link(&world).await);
    }
    let other_company = world.admin_of(&world.beta);
    other_company.new_setup_link().await.unwrap();
    let mut late = world.browser();
    assert_eq!(late.get(&paths[1]).await.status, 200);
    assert_eq!(
        submit(&mut world.browser(), &paths[0], &[]).await.status,
        303
    );
    for path in &paths[1..] {
        let page = late.get(path).await;
        assert_eq!(page.status, 410);
        assert!(page.body.contains("This link was revoked"), "{}", page.body);
    }
    let store = &world.app.store;
    let links = store.setup_links(world.acme.id).await.unwrap();
    let used = links.iter().filter(|link| link.used_at.is_some()).count();
    let revoked = links.iter().filter(|link| link.revoked_at.is_some());
    assert_eq!((used, revoked.count()), (1, 2));
    let others = store.setup_links(world.beta.id).await.unwrap();
    assert_eq!(others[0].state(NOW), SetupLinkState::Open);
    let events = world.audit().await;
    let event = events.iter().find(|event| event.action == "company.set_up");
    let detail = &event.unwrap().detail;
    assert!(
        detail.ends_with("2 other open set-up links were revoked."),
        "{detail}"
    );
}

#[tokio::test]
async fn of_two_links_used_at_the_same_time_one_opens() {
    let world = Office::new().await;
    let (first, second) = (link(&world).await, link(&world).await);
    let (mut one, mut two) = (world.browser(), world.browser());
    let (one, two) = tokio::join!(
        submit(&mut one, &first, &[("email", "one@acme.example")]),
        submit(&mut two, &second, &[("email", "two@acme.example")]),
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410]);
    let late = if one.status == 410 { one } else { two };
    assert!(late.body.contains("This link was revoked"), "{}", late.body);
}

/// What is advised where a link is refused: another address, and another link.
#[tokio::test]
async fn a_link_is_used_once_and_a_new_one_takes_its_place() {
    let world = Office::new().await;
    let first = link(&world).await;
    let answer = submit(&mut world.browser(), &first, &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = world.browser().get(&first).await;
    assert_eq!(page.status, 410);
    assert!(page.body.contains("This link was used already"));
    let second = link(&world).await;
    let answer = submit(&mut world.browser(), &second, &[]).await;
    assert_ne!(answer.status, 303, "the address has an account");
    let answer = submit(
        &mut world.browser(),
        &second,
        &[("email", "two@acme.example")],
    )
    .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

#[tokio::test]
async fn links_that_are_over_say_what_became_of_them() {
    let world = Office::new().await;
    let path = link(&world).await;
    let mut open = world.browser();
    assert_eq!(open.get(&path).await.status, 200);
    let admin = world.admin_of(&world.acme);
    assert_eq!(admin.revoke_setup_links(None).await.unwrap(), 1);
    let page = open.get(&path).await;
    assert_eq!(page.status, 410);
    assert!(page.body.contains("This link was revoked"), "{}", page.body);

    let late = Admin {
        now: NOW - time::Duration::hours(72),
        ..world.admin_of(&world.acme)
    };
    let made = late.new_setup_link().await.unwrap();
    assert_eq!(made.link.state(NOW), SetupLinkState::Expired);
    let address = made.address(&world.acme);
    let path = address.strip_prefix(world.acme.origin.as_str()).unwrap();
    let page = world.browser().get(path).await;
    assert_eq!(page.status, 410);
    assert!(page.body.contains("This link has expired"), "{}", page.body);

    let unknown = world.browser().get("/setup/AAAA").await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_link_opens_its_own_company_only() {
    let world = Office::new().await;
    let path = link(&world).await;
    let mut elsewhere = Browser::new(&world.router, world.beta.origin.host_key());
    assert_eq!(elsewhere.get(&path).await.status, 404);
    let page = elsewhere.get("/sign-in").await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let answer = elsewhere.post(&path, &[("csrf", csrf.as_str())]).await;
    assert_eq!(answer.status, 403, "another form's token");
    assert_eq!(world.browser().get(&path).await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_is_told_and_the_link_is_kept() {
    let world = Office::new().await;
    let path = link(&world).await;
    let mut browser = world.browser();
    for (name, value, told) in [
        ("password", "short", "Use at least 15 characters."),
        ("password", "", "Use at least 15 characters."),
        ("email", "carla", "Write one e-mail address"),
        ("company_name", " ", "Write the company&#39;s name."),
        ("email", ADMIN, "There is an account with this address"),
    ] {
        let answer = submit(&mut browser, &path, &[(name, value)]).await;
        assert_eq!(answer.status, 422, "{name}={value}");
        assert!(answer.body.contains(told), "{told}: {}", answer.body);
        assert!(answer.body.contains("Carla"), "what was typed is kept");
        assert!(!answer.body.contains(PASSWORD));
    }
    assert_eq!(world.stored_company().await.name, "ACME");
    let without_token = browser.post(&path, &[("email", EMAIL)]).await;
    assert_eq!(without_token.status, 403);
    assert_eq!(submit(&mut browser, &path, &[]).await.status, 303);
}

#[tokio::test]
async fn an_administrator_may_sign_in_by_single_sign_on_later() {
    let world = Office::new().await;
    let gamma = support::company("http://gamma.localhost:8080");
    let store = &world.app.store;
    store.add_company(&gamma, NOW).await.unwrap();
    world.app.catch_up().await.unwrap();
    let made = world.admin_of(&gamma).new_setup_link().await.unwrap();
    let address = made.address(&gamma);
    let path = address.strip_prefix(gamma.origin.as_str()).unwrap();
    let mut browser = Browser::new(&world.router, gamma.origin.host_key());
    let fields = [("way", "sso"), ("password", "")];
    assert_eq!(submit(&mut browser, path, &fields).await.status, 303);
    let user = store.user_by_email(gamma.id, EMAIL).await.unwrap().unwrap();
    assert!(!user.has_password);
    // Nobody has a way in beside single sign-on, and every page says so.
    for path in ["/admin", "/admin/account"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200);
        assert!(
            page.body
                .contains("No administrator can sign in without single sign-on."),
            "{}",
            page.body
        );
    }
}

#[tokio::test]
async fn the_database_does_not_know_the_secret() {
    let world = Office::new().await;
    let path = link(&world).await;
    let secret = path.strip_prefix("/setup/").unwrap();
    assert!(secret.len() >= 43);
    let links = world.app.store.setup_links(world.acme.id).await.unwrap();
    assert!(!format!("{links:?}{:?}", world.audit().await).contains(secret));
    let hash = vestibule::keys::hash(secret.as_bytes());
    let found = world.app.store.setup_link(&hash).await.unwrap().unwrap();
    assert_eq!(found.id, links[0].id);
}

#[test]
fn commands_make_list_and_revoke_links() {
    let installation = Installation::new();
    let added = installation
        .run("company add acme --name Acme --origin http://acme.localhost:8080")
        .succeeds();
    added.says(&[
        "Set-up link for the administrator of Acme, once, until ",
        "  http://acme.localhost:8080/setup/",
        "company setup-link revoke acme",
    ]);
    let second = installation.run("company setup-link new acme").succeeds();
    assert!(second.out.contains("http://acme.localhost:8080/setup/"));
    let links = installation.json("company setup-link list acme --json");
    let links = links.as_array().unwrap();
    assert_eq!(links.len(), 2);
    assert!(links.iter().all(|link| link["state"] == "open"));
    let id = links[0]["id"].as_str().unwrap();
    installation
        .run(&format!("company setup-link revoke acme --id {id}"))
        .succeeds()
        .says(&["Revoked 1 link."]);
    installation
        .run(&format!("company setup-link revoke acme --id {id}"))
        .fails(1, &["is revoked", "nothing to revoke"]);
    installation
        .run("company setup-link revoke acme")
        .succeeds()
        .says(&["Revoked 1 link."]);
    installation
        .run("company setup-link list acme")
        .succeeds()
        .says(&["revoked"]);
    installation
        .run("company setup-link revoke beta")
        .fails(1, &["There is no company"]);
}

#[tokio::test]
async fn a_session_that_began_by_a_link_says_so() {
    let world = Office::new().await;
    let mut anna = world.admin().await;
    let path = link(&world).await;
    let mut carla = world.browser();
    assert_eq!(submit(&mut carla, &path, &[]).await.status, 303);
    let store = &world.app.store;
    let user = store.user_by_email(world.acme.id, EMAIL).await;
    let own = format!("/admin/users/{}", user.unwrap().unwrap().id);
    let cell = |page: &str, text: &str| {
        let cell = format!("<td data-label=\"Signed in by\"><span>{text}</span>");
        page.matches(&cell).count()
    };
    let list = carla.get("/admin/sessions").await.body;
    assert_eq!(
        (cell(&list, "Set-up link"), cell(&list, "Password")),
        (1, 1)
    );
    let page = anna.get(&own).await.body;
    let sessions = page.split_once("id=\"sessions\"").unwrap().1;
    assert!(sessions.contains("Set-up link"), "{page}");
    // Her next session is one with a password.
    let mut later = world.browser();
    let form = later.get("/sign-in").await;
    let csrf = hidden_field(&form.body, "csrf").unwrap();
    let fields = [
        ("csrf", csrf.as_str()),
        ("email", EMAIL),
        ("password", PASSWORD),
    ];
    let again = later.post("/sign-in", &fields).await;
    assert_eq!(again.status, 303, "{}", again.body);
    let list = later.get("/admin/sessions").await.body;
    assert_eq!(
        (cell(&list, "Set-up link"), cell(&list, "Password")),
        (1, 2)
    );
}

/// Cookies and identity providers know the public origin only: a session at another one would be of no use to who signs in by
/// single sign-on later.
#[tokio::test]
async fn a_link_at_another_origin_of_the_company_leads_to_the_public_one() {
    let world = Office::new().await;
    let path = link(&world).await;
    let store = &world.app.store;
    let mut acme = store.company(world.acme.id).await.unwrap().unwrap();
    acme.aliases = vec!["http://alias.localhost:8080".parse().unwrap()];
    assert!(store.update_company(&acme, NOW).await.unwrap());
    world.app.catch_up().await.unwrap();
    let mut alias = Browser::new(&world.router, "alias.localhost:8080");
    let answer = alias.get(&path).await;
    let public = format!("{}{path}", world.acme.origin);
    assert_eq!((answer.status, answer.header("location")), (303, &*public));
    // Who sends the form there has no cookie of that origin, and uses nothing up.
    let answer = alias.post(&path, &[("csrf", "made up")]).await;
    assert_eq!(answer.status, 403, "{}", answer.body);

    let mut browser = world.browser();
    let later = [("way", "sso"), ("password", "")];
    let answer = submit(&mut browser, &path, &later).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/admin"));
    assert_eq!(browser.get("/admin").await.status, 200);
}
