//! The table of goals.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::client::{Load, Request, request};
use crate::provider::{Provider, START};
use crate::report::{self, Figures, head, megabytes, microseconds, milliseconds, row, thousands};
use crate::response::{Case, USUAL_GROUPS};
use crate::server::{Cores, Server};
use crate::sessions::{self, check};
use crate::world::{World, host};

const CONNECTIONS: usize = 16;
const WARM_UP: Duration = Duration::from_millis(500);
const TIME: Duration = Duration::from_secs(2);
/// As often is each figure taken that is compared with the bare axum, in turn with it.
const ROUNDS: usize = 3;
/// Responses are signed beforehand, which takes longer than verifying them.
const SIGN_INS: usize = 20_000;
/// Sessions whose memory is measured.
const SESSIONS: usize = 20_000;

/// `script/bench verify`
pub(crate) fn verify() {
    let case = Case::new(USUAL_GROUPS).unwrap();
    head(&["work", "goal", "each"]);
    row(&[
        format!("verify a Response of {} bytes, keys cached", case.xml.len()),
        "≤ 50 µs".to_owned(),
        microseconds(time_of(&case)),
    ]);
}

/// The time of one verdict: the median of many runs.
pub(crate) fn time_of(case: &Case) -> Duration {
    const BATCH: u32 = 50;
    let mut batches: Vec<Duration> = (0..400)
        .map(|_| {
            let begun = Instant::now();
            (0..BATCH).for_each(|_| case.verify());
            begun.elapsed() / BATCH
        })
        .collect();
    batches.sort_unstable();
    batches[batches.len() / 2]
}

/// `script/bench start`
pub(crate) async fn start(cores: &Cores) {
    let world = World::new(1).await;
    let mut times = Vec::new();
    let mut idle = Vec::new();
    for _ in 0..7 {
        let server = Server::vestibule(world.data(), cores);
        world.sign_in(&server).await;
        times.push(server.started.elapsed());
        tokio::time::sleep(Duration::from_secs(1)).await;
        idle.push(server.memory());
    }
    times.sort_unstable();
    idle.sort_by_key(|memory| memory.resident);
    let (time, idle) = (times[times.len() / 2], idle[idle.len() / 2]);
    head(&["work", "goal", "measured"]);
    row(&[
        "process start to the first sign-in".to_owned(),
        "≤ 50 ms".to_owned(),
        milliseconds(time),
    ]);
    row(&[
        "idle memory, after it".to_owned(),
        "≤ 25 MB".to_owned(),
        format!(
            "{} ({} its own)",
            megabytes(idle.resident),
            megabytes(idle.own)
        ),
    ]);
}

/// `script/bench http`
pub(crate) async fn http(cores: &Cores) {
    let world = World::new(1).await;
    let bare = Server::bare(cores);
    let site = Server::vestibule(world.data(), cores);
    let session = world.sign_in(&site).await;
    let work = [
        (&bare, get("/", "")),
        (&site, get("/sso/session", &session)),
        (&site, get("/sso/metadata", "")),
    ];
    let mut rounds = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for ((server, request), figures) in work.iter().zip(&mut rounds) {
            figures.push(repeated(server, CONNECTIONS, request).await);
        }
    }
    let [bare, session, metadata] = rounds.map(Figures::middle);
    let starts = repeated(&site, CONNECTIONS, &get("/sso/login", "")).await;
    let sign_ins = sign_ins(&world, &site, CONNECTIONS, SIGN_INS).await;

    println!("\n{CONNECTIONS} connections");
    head(&report::LOAD);
    bare.report("bare axum: \"Hello, world\"", "", &bare);
    session.report("session check", "≥ 75 %", &bare);
    metadata.report("SP metadata", "≥ 75 %", &bare);
    starts.report("start of a sign-in", "≥ 20,000/s", &bare);
    sign_ins.report("ACS: a whole sign-in", "≥ 6,000/s, p99 ≤ 10 ms", &bare);
}

/// `script/bench openid`
pub(crate) async fn openid(cores: &Cores) {
    let (world, provider) = (World::new(1).await, Provider::start());
    provider.connect(&world);
    let bare = Server::bare(cores);
    let site = Server::vestibule(world.data(), cores);
    let bare = repeated(&bare, CONNECTIONS, &get("/", "")).await;
    let start = get(START, "");
    let starts = Arc::new(move || Some(Arc::clone(&start)));
    let starts = load(&site, CONNECTIONS, TIME, 303, starts).await;
    let queue = provider.begin_many(&site, SIGN_INS).await;
    let sign_ins = queued(&site, CONNECTIONS, queue).await;

    println!("\n{CONNECTIONS} connections, OpenID Connect");
    head(&report::LOAD);
    bare.report("bare axum: \"Hello, world\"", "", &bare);
    starts.report("start of a sign-in", "≥ 20,000/s", &bare);
    sign_ins.report("callback: a whole sign-in", "≥ 1,500/s", &bare);
}

/// `script/bench memory`
pub(crate) async fn memory(cores: &Cores) {
    head(&["work", "goal", "measured", "checks/s in turn"]);
    let (bytes, figures) = live_sessions(cores, SESSIONS).await;
    row(&[
        format!("memory of a live session, of {SESSIONS}"),
        "≤ 1 KB".to_owned(),
        format!("{bytes} bytes"),
        thousands(figures.rate),
    ]);
}

/// What so many live sessions take in memory, each; and checking them in turn.
pub(crate) async fn live_sessions(cores: &Cores, count: usize) -> (usize, Figures) {
    let world = World::new(1).await;
    {
        let server = Server::vestibule(world.data(), cores);
        world.sign_in(&server).await;
    }
    sessions::copy(&world, count);
    let server = Server::vestibule(world.data(), cores);
    // What is not of the sessions: connections to the database, its cache, buffers.
    let some = count.min(500);
    in_turn(&server, 0..some).await;
    let before = server.memory().own;
    in_turn(&server, some..count).await;
    let after = server.memory().own;
    let next = std::sync::atomic::AtomicUsize::new(0);
    // Far apart, as people come.
    let next = Arc::new(move || {
        let number = next.fetch_add(7919, std::sync::atomic::Ordering::Relaxed);
        Some(check(number % count))
    });
    let figures = load(&server, CONNECTIONS, TIME * 2, 200, next).await;
    let bytes = after.saturating_sub(before) / (count - some).max(1);
    (bytes, figures)
}

/// Checks each of these sessions once.
async fn in_turn(server: &Server, numbers: std::ops::Range<usize>) {
    let numbers = Mutex::new(numbers);
    let load = Load {
        server: server.address,
        connections: CONNECTIONS,
        time: Duration::MAX / 4,
        status: 200,
        next: Arc::new(move || numbers.lock().unwrap().next().map(check)),
    };
    load.run().await;
}

/// The same request, again and again.
pub(crate) async fn repeated(server: &Server, connections: usize, request: &Request) -> Figures {
    let request = Arc::clone(request);
    let next = Arc::new(move || Some(Arc::clone(&request)));
    let warm_up = Load {
        server: server.address,
        connections,
        time: WARM_UP,
        status: 200,
        next: Arc::clone(&next),
    };
    warm_up.run().await;
    load(server, connections, TIME, 200, next).await
}

/// At most so many sign-ins.
pub(crate) async fn sign_ins(
    world: &World,
    server: &Server,
    connections: usize,
    most: usize,
) -> Figures {
    let queue = world.begin_many(server, most).await;
    queued(server, connections, queue).await
}

/// What is left to be brought of sign-ins that have begun.
async fn queued(server: &Server, connections: usize, queue: VecDeque<Request>) -> Figures {
    let queue = Mutex::new(queue);
    let next = Arc::new(move || queue.lock().unwrap().pop_front());
    let warm_up = Load {
        server: server.address,
        connections,
        time: WARM_UP,
        status: 303,
        next: Arc::clone(&next),
    };
    warm_up.run().await;
    load(server, connections, TIME * 2, 303, next).await
}

/// Measures a load and what it costs the server.
pub(crate) async fn load<F>(
    server: &Server,
    connections: usize,
    time: Duration,
    status: u16,
    next: Arc<F>,
) -> Figures
where
    F: Fn() -> Option<Request> + Send + Sync + 'static,
{
    let load = Load {
        server: server.address,
        connections,
        time,
        status,
        next,
    };
    let before = server.processor_time();
    let answers = load.run().await;
    let spent = server.processor_time().saturating_sub(before);
    Figures::new(&answers, spent)
}

/// `GET` of the first company's site.
pub(crate) fn get(path: &str, cookie: &str) -> Request {
    request("GET", &host(0), path, cookie, "")
}
