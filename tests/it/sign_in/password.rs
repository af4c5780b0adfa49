//! Rule F6: passwords, and who may use one.

use vestibule::domain::GroupKind;

use crate::support::{Browser, Federation, hidden_field, people};

const ADMIN: &str = "admin@acme.example";
const PASSWORD: &str = "Correct-Horse-9";

#[tokio::test]
async fn an_administrator_gets_in_with_a_password_and_it_is_written_down() {
    let world = Federation::new().await;
    let admins = world
        .add_group("Admins", GroupKind::Administrator, false)
        .await;
    world.add_user(ADMIN, Some(PASSWORD), &[&admins]).await;
    let mut browser = world.browser();
    let answer = browser
        .sign_in("Admin@acme.example", PASSWORD, "/reports")
        .await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/reports")
    );
    let who = browser.get("/sso/session").await.body;
    assert!(
        who.contains(r#""groups":["Admins"],"connection":null"#),
        "{who}"
    );
    let events = world.app.store.audit_events(world.acme.id, 10).await;
    let events = events.unwrap();
    let actions: Vec<_> = events
        .iter()
        .map(|event| (event.action.as_str(), event.actor.as_str()))
        .collect();
    assert_eq!(actions, [("administrator.password_sign_in", ADMIN)]);
}

#[tokio::test]
async fn a_user_of_a_single_sign_on_group_is_refused_and_led_to_it() {
    let world = Federation::new().await;
    world
        .add_user("sso@acme.example", Some(PASSWORD), &[&world.basic])
        .await;
    let mut browser = world.browser();
    let answer = browser.sign_in("sso@acme.example", PASSWORD, "").await;
    assert_eq!(answer.status, 403);
    assert!(
        answer
            .body
            .contains("This account signs in through single sign-on."),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("href=\"/sso/login?connection=entra\""));
    assert_eq!(browser.get("/sso/session").await.status, 401);
    // With a wrong password it looks like any other account.
    let answer = browser.sign_in("sso@acme.example", "wrong", "").await;
    assert!(answer.body.contains("The e-mail or the password is wrong."));
}

/// What the record of a refused password tells to do, done, lets the same person in.
#[tokio::test]
async fn what_is_advised_where_a_password_is_refused() {
    const WHO: &str = "sso@acme.example";
    let world = Federation::new().await;
    let group = world.add_group("Bound", GroupKind::Member, true).await;
    let user = world.add_user(WHO, None, &[&group]).await;
    let refused = async |words: &str| {
        let answer = world.browser().sign_in(WHO, PASSWORD, "").await;
        assert_eq!(answer.status, 403, "{}", answer.body);
        // Who is to use single sign-on is told so, and no code.
        let filter = vestibule::store::AttemptFilter::default();
        let kept = world.app.store.attempts(world.acme.id, &filter, 5).await;
        let kept = kept.unwrap().into_iter();
        let attempt = kept.max_by_key(|it| it.id.to_bytes()).unwrap();
        assert_eq!(attempt.rule.as_deref(), Some("F6"));
        world.app.clock.step(time::Duration::SECOND);
        let advice = attempt.record.advice.join("\n");
        assert!(advice.contains(words), "{advice}");
    };
    refused("An administrator can set a new one").await;
    let sealed = world.app.keys.hash_password(PASSWORD);
    let store = &world.app.store;
    people::set_password(store, user, Some(&sealed)).await;
    refused("move the account to a group without").await;
    let admin = world.admin_of(&world.acme);
    assert!(admin.take_from_group(user, group.id).await.unwrap());
    let answer = world.browser().sign_in(WHO, PASSWORD, "").await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_look_the_same() {
    let world = Federation::new().await;
    world.add_user(ADMIN, Some(PASSWORD), &[]).await;
    world.add_user("none@acme.example", None, &[]).await;
    let mut pages = Vec::new();
    for (email, password) in [
        (ADMIN, "wrong"),
        ("none@acme.example", ""),
        ("nobody@acme.example", PASSWORD),
        ("'; DROP TABLE account; --", PASSWORD),
    ] {
        let mut browser = world.browser();
        let answer = browser.sign_in(email, password, "").await;
        assert_eq!(answer.status, 403);
        assert!(browser.cookie("vestibule-session").is_none());
        let notice = answer.body.split_once("role=\"alert\">").unwrap().1;
        let notice = notice.split_once("the code ").unwrap().0;
        pages.push(notice.to_owned());
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:?}");
}

#[tokio::test]
async fn a_deactivated_user_has_no_password_either() {
    let world = Federation::new().await;
    let user = world.add_user(ADMIN, Some(PASSWORD), &[]).await;
    assert!(
        world
            .admin_of(&world.acme)
            .deactivate_user(user)
            .await
            .unwrap()
            .is_some()
    );
    let mut browser = world.browser();
    let answer = browser.sign_in(ADMIN, PASSWORD, "").await;
    assert_eq!(answer.status, 403);
    assert_eq!(browser.get("/sso/session").await.status, 401);
}

#[tokio::test]
async fn the_form_must_be_ours() {
    let world = Federation::new().await;
    world.add_user(ADMIN, Some(PASSWORD), &[]).await;
    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let fields = |csrf: &str| {
        [
            ("csrf", csrf.to_owned()),
            ("email", ADMIN.to_owned()),
            ("password", PASSWORD.to_owned()),
        ]
    };
    let post = async |browser: &mut Browser, csrf: &str, elsewhere: bool| {
        let fields = fields(csrf);
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        if elsewhere {
            browser.post_from_elsewhere("/sign-in", &fields).await
        } else {
            browser.post("/sign-in", &fields).await
        }
    };
    let mut other = world.browser();
    other.get("/sign-in").await;
    for (answer, what) in [
        (post(&mut browser, "", false).await, "no token"),
        (post(&mut browser, &csrf, true).await, "from another site"),
        (post(&mut other, &csrf, false).await, "another browser's"),
    ] {
        assert_eq!(answer.status, 403, "{what}");
        assert!(
            answer.body.contains("This form was not accepted"),
            "{what}: {}",
            answer.body
        );
    }
    assert_eq!(post(&mut browser, &csrf, false).await.status, 303);
}
