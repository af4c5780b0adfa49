//! Far from the database: how often a start, a sign-in and a check ask it.

use vestibule::config::Secret;
use vestibule::demo_idp::ResponseSpec;
use vestibule::domain::{GroupKind, GroupMapping};

use super::accounts::GROUPS;
use crate::store::database::Database;
use crate::support::identity_provider::{begin, claim};
use crate::support::{ACME_ORIGIN, Federation};

/// The most that each may ask. Whoever adds a question to a sign-in adds a round trip for everybody.
const OF_A_START: u64 = 2;
const OF_A_SIGN_IN: u64 = 6;

#[tokio::test]
async fn a_sign_in_asks_a_few_times() {
    let database = Database::postgres().await;
    let url = database.url();
    let world = Federation::with(ACME_ORIGIN, |config| {
        config.database.url = Some(Secret::new(&url));
    })
    .await;
    let editors = world.add_group("Editors", GroupKind::Member, false).await;
    let mapping = GroupMapping {
        value: "g-editors".into(),
        group_id: editors.id,
    };
    world
        .change(|entra| entra.settings.group_mapping = vec![mapping])
        .await;
    let with_groups = |spec: &mut ResponseSpec| claim(spec, GROUPS, &["g-editors", "g-other"]);
    let asked = || world.app.store.round_trips();
    let mut browser = world.browser();
    // The first one makes the account, and notes that the connection has seen a group claim.
    world.sign_in_with(&mut browser, with_groups).await;
    world.app.catch_up().await.unwrap();
    let mut browser = world.browser();
    let before = asked();
    let begun = begin(&mut browser, "/sso/login").await;
    let of_start = asked() - before;
    let response = world.respond(&begun, with_groups);
    let before = asked();
    let answer = world.bring(&mut browser, &begun, &response).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let of_sign_in = asked() - before;
    assert_eq!(browser.get("/sso/session").await.status, 200);
    let before = asked();
    assert_eq!(browser.get("/sso/session").await.status, 200);
    let of_check = asked() - before;
    println!(
        "distance: a start asks {of_start} times, a sign-in {of_sign_in}, a check that is remembered {of_check}"
    );
    assert!(of_start <= OF_A_START, "{of_start}");
    assert!(of_sign_in <= OF_A_SIGN_IN, "{of_sign_in}");
    database.remove().await;
}
