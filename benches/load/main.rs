//! The server under load, beside a bare axum: every figure of docs/performance.md. `script/bench help` tells the parts.
//!
//! The server is the program as it is released, in a process of its own on cores of its own, with its data in a temporary
//! directory and every write durable (SQLite, `synchronous=FULL`). The load comes from the machine's last core.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first surprise and prints its table"
)]

mod client;
mod gate;
mod growth;
mod pages;
mod provider;
mod proxy;
mod report;
mod response;
mod server;
mod sessions;
mod table;
mod world;

use server::Cores;

const HELP: &str = "\
script/bench [PART…]: builds a release (some minutes), then measures. Nothing else should run on the machine.

  verify       a Response of 6.7 KB                                   5 s
  start        from process start to the first sign-in, idle memory  10 s
  http         session check, metadata, starts and sign-ins           1 min
  memory       bytes of a live session                               30 s
  table        these four: the default

  gate         checks of a reverse proxy                              1 min
  proxy        our own reverse proxy beside nginx                     1 min
  openid       starts and sign-ins by OpenID Connect                 30 s
  size         how verifying grows with the document                 10 s
  connections  1, 4, 16, 64 and 256 of them                           3 min
  sessions     1,000, 100,000 and 1,000,000 live sessions            15 min
  companies    1, 1,000 and 10,000 companies                          3 min
  cores        the server on 1 core and on 2                          2 min

  pages        the console with 10,000 users and 100,000 sign-ins     8 min
  all          everything
";

const TABLE: [&str; 4] = ["verify", "start", "http", "memory"];
const MORE: [&str; 9] = [
    "gate",
    "proxy",
    "openid",
    "size",
    "connections",
    "sessions",
    "companies",
    "cores",
    "pages",
];

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [bare, address] = &arguments[..]
        && bare == server::BARE
    {
        return server::serve_bare(address);
    }
    // `cargo bench` passes this flag; `cargo test` does not, and must not run this.
    let asked = arguments.len();
    arguments.retain(|argument| argument != "--bench");
    if arguments.len() == asked {
        return;
    }
    let parts = parts(&arguments);
    let Some(parts) = parts else {
        print!("{HELP}");
        return;
    };
    let cores = Cores::new();
    cores.keep_client();
    println!(
        "Server on core {}, load from core {}.",
        cores.server, cores.client
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for part in parts {
        runtime.block_on(measure(&part, &cores));
    }
}

/// The parts that were asked for; none for help.
fn parts(arguments: &[String]) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    for argument in arguments {
        match argument.as_str() {
            "table" => parts.extend(TABLE.map(str::to_owned)),
            "all" => parts.extend(TABLE.into_iter().chain(MORE).map(str::to_owned)),
            part if TABLE.contains(&part) || MORE.contains(&part) => parts.push(part.to_owned()),
            _ => return None,
        }
    }
    if parts.is_empty() {
        parts.extend(TABLE.map(str::to_owned));
    }
    Some(parts)
}

async fn measure(part: &str, cores: &Cores) {
    match part {
        "verify" => table::verify(),
        "start" => table::start(cores).await,
        "http" => table::http(cores).await,
        "memory" => table::memory(cores).await,
        "gate" => gate::gate(cores).await,
        "proxy" => proxy::proxy(cores).await,
        "openid" => table::openid(cores).await,
        "size" => growth::size(),
        "connections" => growth::connections(cores).await,
        "sessions" => growth::sessions(cores).await,
        "companies" => growth::companies(cores).await,
        "pages" => pages::pages(cores).await,
        _ => growth::cores(cores).await,
    }
}
