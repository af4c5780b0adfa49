//! After the servers are back: every session that was begun is there, every one that ended is not, and no Response that was
//! posted before begins another one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::ledger::{Kept, Posted, Seen, State};
use super::plan::Random;
use super::stage::{Stage, Trouble, session_of};
use crate::support::Reply;

/// Clients at a time.
const AT_ONCE: usize = 16;
/// What happened in former rounds and is looked at again.
const FORMER: usize = 40;
/// How long another server may believe in a session that has ended.
const STALE: Duration = Duration::from_secs(2);

/// How often it is asked whether the database is there.
const PATIENCE: usize = 100;

/// What to look at.
enum Visit {
    /// A session, and its end or its user.
    Session { cookie: String, kept: Kept },
    /// A Response, by its place in the ledger.
    Response(usize),
}

/// What was found.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Visited {
    pub(super) sessions: usize,
    /// Responses that were posted again, and refused.
    pub(super) refused: usize,
    /// Responses whose first answer was lost, and that had not been used.
    pub(super) late: usize,
    /// Responses whose first answer was lost, and that could not be used again.
    pub(super) stored: usize,
}

/// Where the ledger's news of this round begins.
pub(super) struct News {
    pub(super) posted: usize,
    pub(super) sessions: Vec<String>,
}

/// Visits what is new, and some of what is old.
pub(super) async fn visit(stage: &Arc<Stage>, news: &News, random: &mut Random) -> Visited {
    let visits = Arc::new(Mutex::new(visits(stage, news, random)));
    let found = Arc::new(Mutex::new(Visited::default()));
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (stage, visits) = (Arc::clone(stage), Arc::clone(&visits));
            let (found, mut random) = (Arc::clone(&found), random.fork());
            tokio::spawn(async move {
                loop {
                    let next = visits.lock().unwrap().pop_front();
                    match next {
                        None => break,
                        Some(Visit::Session { cookie, kept }) => {
                            look_at_session(&stage, &cookie, &kept, &mut random).await;
                            found.lock().unwrap().sessions += 1;
                        }
                        Some(Visit::Response(at)) => {
                            let one = post_again(&stage, at, &mut random).await;
                            let mut found = found.lock().unwrap();
                            found.refused += one.refused;
                            found.late += one.late;
                            found.stored += one.stored;
                        }
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    *found.lock().unwrap()
}

fn visits(stage: &Stage, news: &News, random: &mut Random) -> VecDeque<Visit> {
    let ledger = stage.ledger();
    let mut visits = VecDeque::new();
    let known: Vec<&String> = ledger.sessions.keys().collect();
    let former = (0..FORMER).filter_map(|_| random.choose(&known).copied());
    for cookie in news.sessions.iter().chain(former) {
        let kept = &ledger.sessions[cookie];
        if kept.state != State::Doubtful {
            visits.push_back(Visit::Session {
                cookie: cookie.clone(),
                kept: kept.clone(),
            });
        }
    }
    let all = ledger.posted.len();
    visits.extend((news.posted..all).map(Visit::Response));
    if news.posted > 0 {
        visits.extend((0..FORMER).map(|_| Visit::Response(random.below(news.posted))));
    }
    visits
}

async fn look_at_session(stage: &Stage, cookie: &str, kept: &Kept, random: &mut Random) {
    let begun = Instant::now();
    let is_live = kept.state == State::Live;
    loop {
        let Some(door) = stage.door(random) else {
            return stage.wrong("no server is there");
        };
        let get = || stage.get(door, "/sso/session", cookie);
        let Some(reply) = answered(get).await else {
            return;
        };
        let as_it_should = if is_live {
            reply.status == 200 && reply.body.contains(&kept.email)
        } else {
            reply.status == 401
        };
        if as_it_should {
            return;
        }
        // A server that was not restarted may believe in what has ended a moment longer.
        if is_live || begun.elapsed() > STALE {
            return stage.wrong(format!("a session, {kept:?}: {reply:?}"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Posts a Response again, on two servers at once when its first answer was lost, and once more.
async fn post_again(stage: &Stage, at: usize, random: &mut Random) -> Visited {
    let posted = stage.ledger().posted[at].clone();
    let mut visited = Visited::default();
    let mut begun = Vec::new();
    for _ in 0..2 {
        match once_more(stage, &posted, random).await {
            Some(session) => begun.push(session),
            None => visited.refused += 1,
        }
    }
    match (&posted.seen, posted.good, begun.as_slice()) {
        (Seen::Nothing, true, [session]) => {
            stage.ledger().signed_in(at, session);
            visited.late = 1;
        }
        (Seen::Nothing, true, []) => {
            stage.ledger().posted[at].seen = Seen::Lost;
            visited.stored = 1;
        }
        (Seen::Nothing, false, []) => stage.ledger().posted[at].seen = Seen::Lost,
        (_, _, []) => {}
        _ => {
            let what = format!("{} more sessions: {posted}", begun.len());
            stage.wrong(what);
        }
    }
    visited
}

/// One more post, as a browser without its session does it: first from elsewhere, then by the page that we answer with.
async fn once_more(stage: &Stage, posted: &Posted, random: &mut Random) -> Option<String> {
    let cookies = posted.started.cookie.as_str();
    let again = format!("{}&reposted=1", posted.form);
    let (Some(one), Some(other)) = (stage.door(random), stage.door(random)) else {
        stage.wrong("no server is there");
        return None;
    };
    let replies = tokio::join!(
        answered(|| stage.post(one, "/sso/acs", cookies, &posted.form)),
        answered(|| stage.post(other, "/sso/acs", cookies, &again)),
    );
    let mut begun = Vec::new();
    for reply in [replies.0, replies.1].into_iter().flatten() {
        match (reply.status, session_of(&reply)) {
            (303, Some(session)) => begun.push(session),
            (403, None) => {}
            _ => stage.wrong(format!("a Response that was posted again: {reply:?}")),
        }
    }
    if begun.len() > 1 {
        stage.wrong(format!("two sessions: {posted}"));
    }
    begun.pop()
}

/// The answer, when a server has one: a database that is taken for away is asked for again.
async fn answered<F: Future<Output = Result<Reply, Trouble>>>(
    ask: impl Fn() -> F,
) -> Option<Reply> {
    for _ in 0..PATIENCE {
        match ask().await {
            Ok(reply) => return Some(reply),
            Err(Trouble::Gone) => return None,
            Err(Trouble::Away) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    None
}
