//! What the three fast paths cost over HTTP, beside a bare axum: requests a second and latency at 16 connections.
//!
//! `cargo bench --features demo --bench http`: the server has one worker thread, the client one of its own; SQLite in a
//! temporary directory, every write durable (`synchronous=FULL`).

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first surprise and prints its table"
)]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use vestibule::app::App;
use vestibule::clock::Clock;
use vestibule::config::Config;
use vestibule::demo_idp::{DemoConfig, DemoIdp, IdpKey, ServiceProvider, User};
use vestibule::domain::{
    Company, CompanyId, Connection, ConnectionId, Group, GroupId, GroupKind, SamlSettings,
};
use vestibule::http::{self, Patience};
use vestibule::keys;

const HOST: &str = "acme.localhost";
const CONNECTIONS: usize = 16;
const WARM_UP: usize = 500;
const REQUESTS: usize = 20_000;
/// Responses are signed beforehand, which takes longer than verifying them.
const SIGN_INS: usize = 4_000;

fn main() {
    // `cargo bench` passes flags of its own; `cargo test` must not run this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let client = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let bare = serve(Router::new().route("/", get(async || "Hello, world")));
    let world = World::new();
    let site = serve(http::router(Arc::clone(&world.app)));

    println!("{:<28} {:>10} {:>9} {:>9}", "", "req/s", "p50 µs", "p99 µs");
    let plain = |path: &str, cookie: &str| request("GET", path, cookie, "");
    let repeated = |text: String| move || text.clone();
    let figures = client.block_on(load(bare, REQUESTS, repeated(plain("/", ""))));
    report("bare axum", &figures);
    report(
        "SP metadata",
        &client.block_on(load(site, REQUESTS, repeated(plain("/sso/metadata", "")))),
    );
    report(
        "start of a sign-in",
        &client.block_on(load(site, REQUESTS, repeated(plain("/sso/login", "")))),
    );

    let sign_ins = client.block_on(world.begin_many(site, SIGN_INS + WARM_UP));
    let queue = Mutex::new(sign_ins);
    let next = || queue.lock().unwrap().pop_front().unwrap();
    report(
        "ACS: a whole sign-in",
        &client.block_on(load(site, SIGN_INS, next)),
    );

    let session = client.block_on(world.session(site));
    report(
        "session check",
        &client.block_on(load(
            site,
            REQUESTS,
            repeated(plain("/sso/session", &session)),
        )),
    );
}

/// Requests a second, median and 99th percentile.
struct Figures {
    rate: f64,
    latencies: Vec<Duration>,
}

fn report(name: &str, figures: &Figures) {
    let at = |part: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a list of some thousand"
        )]
        let index = (figures.latencies.len() as f64 * part) as usize;
        figures.latencies[index.min(figures.latencies.len() - 1)].as_micros()
    };
    println!(
        "{name:<28} {:>10.0} {:>9} {:>9}",
        figures.rate,
        at(0.5),
        at(0.99)
    );
}

/// Serves on a thread of its own with one worker.
fn serve(router: Router) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let server = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        server.block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            let patience = Patience {
                header_read: Duration::from_mins(1),
                grace: Duration::ZERO,
            };
            http::serve(vec![listener], router, std::future::pending(), patience).await;
        });
    });
    address
}

/// Sends requests over sixteen connections until `count` are answered; a warm-up comes first.
async fn load(server: SocketAddr, count: usize, next: impl Fn() -> String) -> Figures {
    run(server, WARM_UP, &next).await;
    let begun = Instant::now();
    let mut latencies = run(server, count, &next).await;
    let elapsed = begun.elapsed().as_secs_f64();
    latencies.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a count of some thousand")]
    let rate = latencies.len() as f64 / elapsed;
    Figures { rate, latencies }
}

async fn run(server: SocketAddr, count: usize, next: &impl Fn() -> String) -> Vec<Duration> {
    let one = || async {
        let mut connection = Connected::open(server).await;
        let mut latencies = Vec::with_capacity(count / CONNECTIONS);
        for _ in 0..count / CONNECTIONS {
            let request = next();
            let begun = Instant::now();
            let answer = connection.exchange(&request).await;
            latencies.push(begun.elapsed());
            assert!(
                matches!(answer.status, 200 | 303),
                "{}\n{}",
                answer.status,
                answer.text
            );
        }
        latencies
    };
    let all = (0..CONNECTIONS).map(|_| one());
    futures(all).await.into_iter().flatten().collect()
}

/// Polls all to their ends, on one thread.
async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|context| {
        let mut done = true;
        for (future, output) in &mut running {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *output = Some(value),
                    std::task::Poll::Pending => done = false,
                }
            }
        }
        if done {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    running
        .into_iter()
        .filter_map(|(_, output)| output)
        .collect()
}

/// A connection that is kept alive.
struct Connected {
    stream: TcpStream,
    buffer: Vec<u8>,
}

struct Answered {
    status: u16,
    text: String,
}

impl Connected {
    async fn open(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        }
    }

    async fn exchange(&mut self, request: &str) -> Answered {
        self.stream.write_all(request.as_bytes()).await.unwrap();
        self.buffer.clear();
        loop {
            self.stream.read_buf(&mut self.buffer).await.unwrap();
            let Some(head) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let text = std::str::from_utf8(&self.buffer[..head]).unwrap();
            let length = text
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length:")
                        .map(|value| value.trim().parse::<usize>().unwrap())
                })
                .unwrap_or(0);
            if self.buffer.len() >= head + 4 + length {
                let status = text[9..12].parse().unwrap();
                return Answered {
                    status,
                    text: String::from_utf8_lossy(&self.buffer).into_owned(),
                };
            }
        }
    }
}

fn request(method: &str, path: &str, cookie: &str, body: &str) -> String {
    let cookie = if cookie.is_empty() {
        String::new()
    } else {
        format!("Cookie: {cookie}\r\n")
    };
    let form = if body.is_empty() {
        String::new()
    } else {
        format!(
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        )
    };
    format!("{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{cookie}{form}\r\n{body}")
}

/// One company whose identity provider is the demo's.
struct World {
    app: Arc<App>,
    idp: DemoIdp,
    sp: ServiceProvider,
    _dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            data_dir: dir.path().to_owned(),
            ..Config::default()
        };
        let clock = Clock::system();
        let now = clock.now();
        let random = Arc::new(|octets: &mut [u8]| {
            for (to, from) in octets.iter_mut().zip(keys::random::<64>().iter().cycle()) {
                *to = *from;
            }
        });
        let telling = clock.clone();
        let idp = DemoIdp::new(DemoConfig::contoso(
            "http://127.0.0.1:8090",
            IdpKey::generate(now).unwrap(),
            Arc::new(move || telling.now()),
            random,
        ));
        let setup = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let (app, company) = setup.block_on(async {
            let app = App::open(config, clock).await.unwrap();
            let company = configure(&app, &idp, now).await;
            app.catch_up().await.unwrap();
            (app, company)
        });
        let sp = ServiceProvider {
            entity_id: company.entity_id(),
            acs_url: company.acs_url(),
        };
        // The store's connections belong to the runtime that opened them.
        std::mem::forget(setup);
        Self {
            app,
            idp,
            sp,
            _dir: dir,
        }
    }

    /// Starts sign-ins and answers each as the identity provider would; what is left is to post the answers.
    async fn begin_many(&self, server: SocketAddr, count: usize) -> VecDeque<String> {
        let mut connection = Connected::open(server).await;
        let mut posts = VecDeque::with_capacity(count);
        for at in 0..count {
            let started = connection
                .exchange(&request("GET", "/sso/login", "", ""))
                .await;
            // Every sign-in is another browser's; there are two people.
            let user = if at % 2 == 0 {
                User::b_simon()
            } else {
                User::britta_simon()
            };
            posts.push_back(self.answer(&started.text, &user));
        }
        posts
    }

    fn answer(&self, started: &str, user: &User) -> String {
        let field = |name: &str| {
            let marker = format!("name=\"{name}\" value=\"");
            started
                .split(&marker)
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .unwrap()
        };
        let cookie = started
            .split("set-cookie: ")
            .nth(1)
            .and_then(|rest| rest.split(';').next())
            .unwrap();
        let encoded = field("SAMLRequest")
            .replace("&#43;", "+")
            .replace("&#x2B;", "+")
            .replace("&#61;", "=");
        let message = String::from_utf8(BASE64_STANDARD.decode(encoded).unwrap()).unwrap();
        let id = message
            .split(" ID=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap();
        let response = self
            .idp
            .respond(&self.idp.response_spec(user, &self.sp).answering(id))
            .unwrap();
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("SAMLResponse", &BASE64_STANDARD.encode(response));
        body.append_pair("RelayState", field("RelayState"));
        request("POST", "/sso/acs", cookie, &body.finish())
    }

    /// The cookie of one session.
    async fn session(&self, server: SocketAddr) -> String {
        let post = self.begin_many(server, 1).await.pop_front().unwrap();
        let answer = Connected::open(server).await.exchange(&post).await;
        answer
            .text
            .split("set-cookie: ")
            .nth(1)
            .and_then(|rest| rest.split(';').next())
            .unwrap()
            .to_owned()
    }
}

async fn configure(app: &App, idp: &DemoIdp, now: time::OffsetDateTime) -> Company {
    let company = Company {
        id: CompanyId::from_bytes(keys::random()),
        slug: "acme".parse().unwrap(),
        name: "Acme".to_owned(),
        origin: format!("http://{HOST}").parse().unwrap(),
        aliases: Vec::new(),
        return_origins: Vec::new(),
        landing: None,
        organization: None,
        contact: None,
        created_at: now,
        revision: 0,
    };
    app.store.add_company(&company, now).await.unwrap();
    let group = Group {
        id: GroupId::from_bytes(keys::random()),
        company_id: company.id,
        title: "SSO Basic".to_owned(),
        kind: GroupKind::Member,
        sso_only: true,
        created_at: now,
    };
    app.store.add_group(&group, now).await.unwrap();
    let connection = Connection {
        id: ConnectionId::from_bytes(keys::random()),
        company_id: company.id,
        name: "entra".parse().unwrap(),
        display_name: "Acme Entra ID".to_owned(),
        sort_order: 0,
        enabled: true,
        settings: SamlSettings {
            idp_entity_id: idp.tenant().entity_id.clone(),
            sso_post_url: Some(idp.tenant().saml_url()),
            certificates: vec![idp.signing_key().certificate_base64()],
            jit: Some(group.id),
            ..SamlSettings::default()
        },
        revision: 0,
        created_at: now,
    };
    app.store.add_connection(&connection, now).await.unwrap();
    company
}
