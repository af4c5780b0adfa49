//! How the cost grows: with the document, the connections, the live sessions, the companies and the cores.

use std::sync::Arc;
use std::time::Duration;

use crate::client::{count, request};
use crate::report::{self, Figures, head, megabytes, microseconds, milliseconds, row, thousands};
use crate::response::Case;
use crate::server::{Cores, Server};
use crate::table::{get, live_sessions, load, repeated, sign_ins, time_of};
use crate::world::{World, host};

/// `script/bench size`
pub(crate) fn size() {
    head(&["bytes of the Response", "verify", "per KB"]);
    for groups in [0, 22, 100, 400, 1600, 4000] {
        let case = Case::new(groups).unwrap();
        let time = time_of(&case);
        row(&[
            case.xml.len().to_string(),
            microseconds(time),
            microseconds(time.div_f64(count(case.xml.len()) / 1e3)),
        ]);
    }
}

/// `script/bench connections`
pub(crate) async fn connections(cores: &Cores) {
    let world = World::new(1).await;
    let bare = Server::bare(cores);
    let site = Server::vestibule(world.data(), cores);
    let session = world.sign_in(&site).await;
    for connections in [1, 4, 16, 64, 256] {
        println!("\n{connections} connections");
        head(&report::LOAD);
        let bare = repeated(&bare, connections, &get("/", "")).await;
        bare.report("bare axum: \"Hello, world\"", "", &bare);
        let figures = repeated(&site, connections, &get("/sso/session", &session)).await;
        figures.report("session check", "", &bare);
        let figures = repeated(&site, connections, &get("/sso/login", "")).await;
        figures.report("start of a sign-in", "", &bare);
        let figures = sign_ins(&world, &site, connections, 10_000).await;
        figures.report("ACS: a whole sign-in", "", &bare);
    }
}

/// `script/bench sessions`
pub(crate) async fn sessions(cores: &Cores) {
    head(&[
        "live sessions",
        "bytes each",
        "checks/s in turn",
        "p50",
        "p99",
    ]);
    for sessions in [1_000, 100_000, 1_000_000] {
        let (bytes, figures) = live_sessions(cores, sessions).await;
        row(&[
            thousands(count(sessions)),
            bytes.to_string(),
            thousands(figures.rate),
            milliseconds(figures.median),
            milliseconds(figures.p99),
        ]);
    }
}

/// `script/bench companies`
pub(crate) async fn companies(cores: &Cores) {
    head(&[
        "companies",
        "start",
        "memory",
        "metadata/s of all in turn",
        "p99",
    ]);
    for companies in [1, 1_000, 10_000] {
        let world = World::new(companies).await;
        let server = Server::vestibule(world.data(), cores);
        world.sign_in(&server).await;
        let start = server.started.elapsed();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let memory = server.memory();
        let figures = all_metadata(&server, companies).await;
        row(&[
            thousands(count(companies)),
            milliseconds(start),
            megabytes(memory.resident),
            thousands(figures.rate),
            milliseconds(figures.p99),
        ]);
    }
}

/// The metadata of one company after the other.
async fn all_metadata(server: &Server, companies: usize) -> Figures {
    let requests: Vec<_> = (0..companies)
        .map(|at| request("GET", &host(at), "/sso/metadata", "", ""))
        .collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let next = move || {
        let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        requests.get(at % companies).map(Arc::clone)
    };
    load(server, 16, Duration::from_secs(3), 200, Arc::new(next)).await
}

/// `script/bench cores`
pub(crate) async fn cores(cores: &Cores) {
    for servers in [1, 2] {
        let cores = cores.with_servers(servers);
        println!(
            "\nServer on core {}, load from core {}",
            cores.server, cores.client
        );
        let world = World::new(1).await;
        let bare = Server::bare(&cores);
        let site = Server::vestibule(world.data(), &cores);
        let session = world.sign_in(&site).await;
        head(&report::LOAD);
        let bare = repeated(&bare, 64, &get("/", "")).await;
        bare.report("bare axum: \"Hello, world\"", "", &bare);
        let figures = repeated(&site, 64, &get("/sso/session", &session)).await;
        figures.report("session check", "", &bare);
        let figures = repeated(&site, 64, &get("/sso/login", "")).await;
        figures.report("start of a sign-in", "", &bare);
        let figures = sign_ins(&world, &site, 64, 20_000).await;
        figures.report("ACS: a whole sign-in", "", &bare);
    }
}
