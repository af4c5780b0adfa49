//! Two servers on one PostgreSQL, and one Response to both at the same instant (rule E4).

use std::sync::Arc;

use vestibule::app::App;
use vestibule::config::Secret;

use crate::store::database::Database;
use crate::support::identity_provider::begin;
use crate::support::{self, ACME_ORIGIN, Federation};

const TIMES: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_response_to_two_servers_is_one_session() {
    let database = Database::postgres().await;
    let url = database.url();
    let world = Federation::with(ACME_ORIGIN, |config| {
        config.database.url = Some(Secret::new(&url));
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let mut config = support::config(dir.path());
    config.database.url = Some(Secret::new(&url));
    let second = App::open(config, world.app.clock.clone()).await.unwrap();
    let router = vestibule::web::router(Arc::clone(&second));

    let mut lost = [0, 0];
    for round in 1..=TIMES {
        let mut here = world.browser();
        let begun = begin(&mut here, "/sso/login").await;
        let response = world.respond(&begun, |_| {});
        let mut there = here.at(&router);
        let (first, other) = tokio::join!(
            world.bring(&mut here, &begun, &response),
            world.bring(&mut there, &begun, &response),
        );
        let signed_in = [&first, &other].map(|answer| answer.status == 303);
        assert_eq!(
            signed_in.iter().filter(|it| **it).count(),
            1,
            "{round}: {} {}",
            first.body,
            other.body
        );
        lost[usize::from(signed_in[0])] += 1;
        // What lost leads to the session in the browser that has it, and nowhere in another.
        let (winner, loser, page) = if signed_in[0] {
            (&mut here, &mut there, &other)
        } else {
            (&mut there, &mut here, &first)
        };
        assert_eq!(winner.repost(page).await.status, 303, "{round}");
        let refused = loser.repost(page).await;
        world.assert_refused(&refused, "E1").await;
        for (browser, signed_in) in [(&mut here, signed_in[0]), (&mut there, signed_in[1])] {
            let status = if signed_in { 200 } else { 401 };
            assert_eq!(browser.get("/sso/session").await.status, status, "{round}");
        }
    }
    let now = world.app.clock.now();
    let users = world.app.store.users(world.acme.id).await.unwrap();
    assert_eq!(users.len(), 1);
    let sessions = world.app.store.sessions_of(users[0].id, now).await;
    assert_eq!(sessions.unwrap().len(), TIMES, "lost: {lost:?}");

    // What began here and ended there, well or not, is not open here any more.
    for ends_well in [true, false] {
        let mut here = world.browser();
        let begun = begin(&mut here, "/sso/login").await;
        let mut there = here.at(&router);
        let good = world.respond(&begun, |_| {});
        if ends_well {
            let answer = world.bring(&mut there, &begun, &good).await;
            assert_eq!(answer.status, 303);
        } else {
            let wrong = world.respond(&begun, |spec| {
                spec.audiences = vec!["https://other.example".into()];
            });
            let answer = world.bring(&mut there, &begun, &wrong).await;
            world.assert_refused(&answer, "D4").await;
        }
        let page = world.bring(&mut here, &begun, &good).await;
        let refused = here.repost(&page).await;
        world.assert_refused(&refused, "E1").await;
        assert_eq!(here.get("/sso/session").await.status, 401);
    }
    second.store.close().await;
    world.app.store.close().await;
    database.remove().await;
}
