//! `kill -9` at random moments under load, and one Response on two servers at once.
//!
//! Invariant: the clients' ledger and the database agree after every crash: what was answered is stored, what was not is
//! stored whole or not at all, and no Response is used twice. Short here; `script/soak` goes on for as long as one likes.

mod audit;
mod books;
mod database;
mod heartbeat;
mod ledger;
mod load;
mod plan;
mod postgres;
mod power;
mod races;
mod report;
mod return_visit;
mod site;
mod stage;

use std::collections::BTreeSet;
use std::process::{Output, Stdio};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub(crate) use books::assert_whole;
use ledger::{Ledger, Seen};
use plan::Random;
pub(crate) use postgres::{Crash, Postgres};
use report::Report;
use return_visit::{News, visit};
use site::Site;
use stage::Stage;
use tokio::task::{JoinHandle, block_in_place};

/// Clients at a time.
const CLIENTS: usize = 20;
/// Rounds on one database. A few minutes, so that all its attempts and assertions are in time.
const LIFE: usize = 25;
/// A server is ready again within this time.
const READY: Duration = Duration::from_secs(15);

/// Who dies.
#[derive(Debug, Clone)]
enum Death {
    /// These servers of ours.
    Servers(Vec<usize>),
    /// PostgreSQL; our servers go on.
    Database(Crash),
    /// Both at once.
    Everything(Crash),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_leaves_whole_sign_ins_or_none_on_sqlite() {
    let mut random = Random::new();
    let mut report = Report::begin("SQLite", random.seed);
    for round in 0..plan::rounds("VESTIBULE_TEST_KILLS", 5) {
        if round % LIFE == 0 {
            report.new_life(Site::new(None, 1, &mut random));
        }
        let death = Death::Servers(vec![0]);
        crash(&mut report, None, death, &mut random).await;
    }
    report.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_leaves_whole_sign_ins_or_none_on_postgresql() {
    let mut random = Random::new();
    let mut report = Report::begin("PostgreSQL", random.seed);
    let mut postgres = block_in_place(Postgres::start);
    for round in 0..plan::rounds("VESTIBULE_TEST_KILLS", 6) {
        if round % LIFE == 0 {
            let url = postgres.database().await;
            report.new_life(block_in_place(|| Site::new(Some(&url), 2, &mut random)));
        }
        let death = match round % 6 {
            0 => Death::Servers(vec![0, 1]),
            1 => Death::Database(Crash::Server),
            2 => Death::Servers(vec![random.below(2)]),
            3 => Death::Database(Crash::Immediate),
            4 => Death::Everything(Crash::Server),
            _ => Death::Database(Crash::Backend),
        };
        crash(&mut report, Some(&postgres), death, &mut random).await;
    }
    report.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_failure_takes_no_answered_sign_in_away() {
    let mut random = Random::new();
    let mut report = Report::begin("power failure, SQLite", random.seed);
    for round in 0..plan::rounds("VESTIBULE_TEST_KILLS", 4) {
        if round % LIFE == 0 {
            let site = block_in_place(|| Site::on_a_forgetful_disk(&mut random));
            report.new_life(site);
        }
        let death = Death::Servers(vec![0]);
        crash(&mut report, None, death, &mut random).await;
    }
    report.end();
}

/// A round: load, death, start, and a look at everything.
async fn crash(
    report: &mut Report,
    postgres: Option<&Postgres>,
    death: Death,
    random: &mut Random,
) {
    let (site, ledger) = report.life();
    let stage = Arc::new(Stage::new(&site.idp, site.servers(), ledger));
    let before = Before::of(&stage);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (stage, random) = (Arc::clone(&stage), random.fork());
            tokio::spawn(async move { load::clients(&stage, random).await })
        })
        .collect();
    let command = add_user(site, random);
    tokio::time::sleep(random.millis(20, 1200)).await;
    kill(site, &stage, postgres, &death, random).await;
    for client in clients {
        client.await.unwrap();
    }
    if let Some((added, command)) = command {
        note_command(&stage, added, &command.await.unwrap().unwrap());
    }
    let (news, lost) = before.news(&stage);

    let stumbled = block_in_place(|| site.start(random));
    let stage = Arc::new(Stage::new(&site.idp, site.servers(), ledger));
    ready(&stage).await;
    let visited = visit(&stage, &news, random).await;
    // Taken out, because nobody else writes now.
    let mut closed = std::mem::take(&mut *stage.ledger());
    books::check(&site.url, &mut closed, site.is_forgetful()).await;
    *stage.ledger() = closed;
    judge_absence(site, &stage);
    if !stage.ledger().wrong.is_empty() {
        // The servers may know why.
        for node in 0..stage.doors.len() {
            kill_server(site, &stage, node);
        }
    }
    report.add(&death, &news, lost, stumbled, visited);
}

/// A database that was taken for away is a defect, unless the machine stood still.
fn judge_absence(site: &mut Site, stage: &Stage) {
    let mut ledger = stage.ledger();
    let mut away = std::mem::take(&mut ledger.away);
    match heartbeat::long_pause() {
        Some(pause) if !away.is_empty() => {
            report::say(&format!(
                "soak: the machine stood still for {pause:?}; {} requests were told that the database is away",
                away.len()
            ));
            site.expect_outage();
        }
        _ => ledger.wrong.append(&mut away),
    }
}

/// Kills at once or one after the other, and sends the clients home.
async fn kill(
    site: &mut Site,
    stage: &Stage,
    postgres: Option<&Postgres>,
    death: &Death,
    random: &mut Random,
) {
    let postgres = || postgres.expect("it is PostgreSQL that is killed");
    match death {
        Death::Servers(nodes) => {
            for &node in nodes {
                kill_server(site, stage, node);
            }
            tokio::time::sleep(random.millis(0, 200)).await;
        }
        Death::Database(crash) => {
            site.expect_outage();
            stage.outage.store(true, Ordering::SeqCst);
            block_in_place(|| postgres().crash(*crash));
            tokio::time::sleep(random.millis(0, 300)).await;
            if *crash != Crash::Backend {
                block_in_place(|| postgres().restart());
            }
            // Our servers find the way back while the load goes on.
            tokio::time::sleep(random.millis(200, 700)).await;
        }
        Death::Everything(crash) => {
            site.expect_outage();
            stage.outage.store(true, Ordering::SeqCst);
            block_in_place(|| postgres().crash(*crash));
            for node in 0..stage.doors.len() {
                kill_server(site, stage, node);
            }
            block_in_place(|| postgres().restart());
        }
    }
    load::end(stage);
}

fn kill_server(site: &mut Site, stage: &Stage, node: usize) {
    stage.doors[node].open.store(false, Ordering::SeqCst);
    for line in block_in_place(|| site.kill(node)) {
        stage.wrong(format!("the log of server {node}: {line}"));
    }
}

/// A command that adds an account, beside the servers. It would not know of a forgetful disk.
fn add_user(
    site: &Site,
    random: &mut Random,
) -> Option<(String, JoinHandle<std::io::Result<Output>>)> {
    if site.is_forgetful() {
        return None;
    }
    let email = format!("added.{}@acme.example", random.below(usize::MAX));
    let mut command = site.add_user(&email);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let command = tokio::task::spawn_blocking(move || command.output());
    Some((email, command))
}

/// A command that said that it added an account has added it.
fn note_command(stage: &Stage, added: String, said: &Output) {
    if said.status.success() {
        stage.ledger().added.push(added);
    } else if !stage.outage.load(Ordering::SeqCst) {
        stage.wrong(format!("user add: {said:?}"));
    }
}

/// Waits until every server says that it is ready.
async fn ready(stage: &Stage) {
    let begun = Instant::now();
    stage.outage.store(true, Ordering::SeqCst);
    for door in &stage.doors {
        loop {
            match stage.get(door, "/readyz", "").await {
                Ok(reply) if reply.status == 200 => break,
                _ if begun.elapsed() > READY => return stage.wrong("a server is not ready again"),
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
    stage.outage.store(false, Ordering::SeqCst);
}

/// What the ledger held before the load.
struct Before {
    posted: usize,
    sessions: BTreeSet<String>,
}

/// What a round came to before anybody looked.
#[derive(Debug, Default, Clone, Copy)]
struct Answers {
    signed_in: usize,
    lost: usize,
}

impl Before {
    fn of(stage: &Stage) -> Self {
        let ledger = stage.ledger();
        Self {
            posted: ledger.posted.len(),
            sessions: ledger.sessions.keys().cloned().collect(),
        }
    }

    /// What has been added, and how many good Responses of it were answered.
    fn news(self, stage: &Stage) -> (News, Answers) {
        let ledger = stage.ledger();
        let mut answers = Answers::default();
        for posted in ledger.posted.iter().skip(self.posted) {
            match posted.seen {
                Seen::SignedIn(_) => answers.signed_in += 1,
                Seen::Nothing if posted.good => answers.lost += 1,
                Seen::Nothing | Seen::Refused | Seen::Lost => {}
            }
        }
        let sessions = ledger.sessions.keys();
        let news = News {
            posted: self.posted,
            sessions: sessions
                .filter(|it| !self.sessions.contains(*it))
                .cloned()
                .collect(),
        };
        (news, answers)
    }
}

/// A ledger that several clients write into.
fn shared() -> Arc<Mutex<Ledger>> {
    Arc::default()
}
