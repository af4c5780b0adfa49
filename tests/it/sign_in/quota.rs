//! Sign-ins at a company that has all the users that it may have.

use vestibule::config::Secret;
use vestibule::demo_idp::ResponseSpec;
use vestibule::domain::Family;

use crate::store::database::Database;
use crate::support::identity_provider::{EMAIL, OBJECT_ID, begin, claim};
use crate::support::{ACME_ORIGIN, Federation, NOW};

/// Somebody else than B.Simon.
fn another(spec: &mut ResponseSpec, name: &str) {
    let email = format!("{name}@contoso.com");
    claim(spec, EMAIL, &[email.as_str()]);
    claim(spec, OBJECT_ID, &[name]);
    spec.name_id = email;
}

async fn allow(world: &Federation, users: u32) {
    let mut tx = world.app.store.begin().await.unwrap();
    let acme = world.acme.id;
    tx.write_quota(acme, Family::Users, Some(users))
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
}

#[tokio::test]
async fn who_is_new_is_refused_with_advice_and_who_is_known_gets_in() {
    let world = Federation::new().await;
    world.signed_in().await;
    allow(&world, 1).await;
    let answer = world
        .sign_in_with(&mut world.browser(), |spec| another(spec, "adele"))
        .await;
    let attempt = world.assert_refused(&answer, "F3").await;
    assert!(
        attempt.summary.contains("all of the 1 users"),
        "{}",
        attempt.summary
    );
    let advice = attempt.record.advice.join("\n");
    for part in [
        "vestibule user delete",
        "vestibule company quota COMPANY --users",
    ] {
        assert!(advice.contains(part), "{part}: {advice}");
    }
    assert!(world.user("adele@contoso.com").await.is_none());
    world.signed_in().await;
    // The advice, taken.
    allow(&world, 2).await;
    let answer = world
        .sign_in_with(&mut world.browser(), |spec| another(spec, "adele"))
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

/// A sign-in that makes an account asks no more often than before there were quotas.
const OF_A_FIRST_SIGN_IN: u64 = 19;

#[tokio::test]
async fn to_count_an_account_asks_no_more_often() {
    let database = Database::postgres().await;
    let url = database.url();
    let world = Federation::with(ACME_ORIGIN, |config| {
        config.database.url = Some(Secret::new(&url));
    })
    .await;
    let mut asked = Vec::new();
    for name in ["one", "two", "three"] {
        let mut browser = world.browser();
        let begun = begin(&mut browser, "/sso/login").await;
        let response = world.respond(&begun, |spec| another(spec, name));
        let before = world.app.store.round_trips();
        let answer = world.bring(&mut browser, &begun, &response).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        asked.push(world.app.store.round_trips() - before);
    }
    println!("distance: a first sign-in asks {asked:?} times");
    assert!(
        asked.iter().all(|it| *it <= OF_A_FIRST_SIGN_IN),
        "{asked:?}"
    );
    database.remove().await;
}
