//! Two servers on one PostgreSQL, and one Response to both at once, again and again (rules E1 and E4); and two Responses about
//! somebody new (rule F3).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::books;
use super::plan::{self, Random};
use super::report::say;
use super::shared;
use super::site::Site;
use super::stage::{Stage, Trouble, session_of};
use crate::store::database::Database;
use crate::support::{Reply, form};

/// Races at a time.
const AT_ONCE: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_response_to_two_servers_is_one_session_every_time() {
    let times = plan::rounds("VESTIBULE_TEST_RACES", 250);
    let mut random = Random::new();
    let (seed, begun) = (random.seed, Instant::now());
    say(&format!("soak: races: seed {seed}"));
    let database = Database::postgres().await;
    let url = database.url();
    let site = tokio::task::block_in_place(|| Site::new(Some(&url), 2, &mut random));
    let ledger = shared();
    let stage = Arc::new(Stage::new(&site.idp, site.servers(), &ledger));
    let left = Arc::new(AtomicUsize::new(times));
    let first = Arc::new(AtomicUsize::new(0));
    let racers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (stage, mut random) = (Arc::clone(&stage), random.fork());
            let (left, first) = (Arc::clone(&left), Arc::clone(&first));
            tokio::spawn(async move {
                let one_less = |left: usize| left.checked_sub(1);
                while left
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
                    .is_ok()
                {
                    if random.percent(20) {
                        somebody_new_twice(&stage).await.unwrap();
                    } else if one_response(&stage, &mut random).await.unwrap() == 0 {
                        first.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();
    for racer in racers {
        racer.await.unwrap();
    }
    let mut ledger = std::mem::take(&mut *stage.ledger());
    books::check(&url, &mut ledger, false).await;
    assert!(ledger.wrong.is_empty(), "seed {seed}: {:?}", ledger.wrong);
    say(&format!(
        "soak: races: {times} races, one session each time ({} at the first server); {} sessions, {} s",
        first.load(Ordering::SeqCst),
        ledger.sessions.len(),
        begun.elapsed().as_secs()
    ));
    drop(site);
    database.remove().await;
}

/// One Response, posted two or four times at once; the server that was faster.
async fn one_response(stage: &Stage, random: &mut Random) -> Result<usize, Trouble> {
    let (one, other) = (&stage.doors[0], &stage.doors[1]);
    let started = stage.begin(&stage.doors[random.below(2)]).await?;
    let person = {
        let mut ledger = stage.ledger();
        if random.percent(50) {
            ledger.some_person(random)
        } else {
            ledger.new_person()
        }
    };
    let form = form(&stage.idp, &started, person);
    let email = format!("person.{person}@contoso.com");
    let at = stage.ledger().post(&started, &form, &email, true);
    let post = |door| stage.post(door, "/sso/acs", &started.cookie, &form);
    let replies = if random.percent(25) {
        let (a, b, c, d) = tokio::join!(post(one), post(other), post(one), post(other));
        vec![a?, b?, c?, d?]
    } else {
        let (a, b) = tokio::join!(post(one), post(other));
        vec![a?, b?]
    };
    let sessions: Vec<(usize, String)> = replies
        .iter()
        .enumerate()
        .filter_map(|(place, reply)| Some((place % 2, session_of(reply)?)))
        .collect();
    let refused = |reply: &&Reply| reply.status == 403;
    let [(winner, session)] = sessions.as_slice() else {
        stage.wrong(format!("{} sessions of one Response", sessions.len()));
        return Ok(0);
    };
    if replies.iter().filter(refused).count() != replies.len() - 1 {
        stage.wrong(format!("{replies:?}"));
    }
    stage.ledger().signed_in(at, session);
    // The other server knows the session at once, and the Response no more.
    let loser = &stage.doors[1 - winner];
    let who = stage.get(loser, "/sso/session", session).await?;
    let again = format!("{form}&reposted=1");
    let again = stage
        .post(loser, "/sso/acs", &started.cookie, &again)
        .await?;
    if who.status != 200 || again.status != 403 || session_of(&again).is_some() {
        stage.wrong(format!("{who:?} {again:?}"));
    }
    Ok(*winner)
}

/// Two Responses about one person whom nobody knows, to two servers at once: two sessions, one account.
async fn somebody_new_twice(stage: &Stage) -> Result<(), Trouble> {
    let (one, other) = (&stage.doors[0], &stage.doors[1]);
    let begun = [stage.begin(one).await?, stage.begin(other).await?];
    let person = stage.ledger().new_person();
    let email = format!("person.{person}@contoso.com");
    let forms = [&begun[0], &begun[1]].map(|started| form(&stage.idp, started, person));
    let places = [0, 1].map(|i| stage.ledger().post(&begun[i], &forms[i], &email, true));
    let replies = tokio::join!(
        stage.post(one, "/sso/acs", &begun[0].cookie, &forms[0]),
        stage.post(other, "/sso/acs", &begun[1].cookie, &forms[1]),
    );
    for (at, reply) in places.into_iter().zip([replies.0?, replies.1?]) {
        match session_of(&reply) {
            Some(session) => stage.ledger().signed_in(at, &session),
            None => stage.wrong(format!("somebody new: {reply:?}")),
        }
    }
    Ok(())
}
