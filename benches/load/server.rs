//! The measured processes, each pinned to its cores: the server as it is released, and a bare axum.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::proxy::nginx_conf;
use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use vestibule::config::{LimitsConfig, variable_name};

/// The argument by which this program becomes the bare axum.
pub(crate) const BARE: &str = "bare-axum";
/// Linux counts processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);
/// Megabytes: as many as a million sessions need.
const SESSION_CACHE: &str = "1024";
/// What one client does here. It is counted as in production, and never too much.
const LIMITS: [&str; 6] = [
    "CLIENT_STARTS",
    "COMPANY_STARTS",
    "CLIENT_RESPONSES",
    "COMPANY_RESPONSES",
    "CLIENT_METADATA",
    "COMPANY_METADATA",
];
const NO_LIMIT: &str = "1000000000";
/// A large answer of the bare axum.
static LARGE: [u8; 1 << 20] = [b'x'; 1 << 20];
const START: Duration = Duration::from_mins(2);

/// The cores of the server and the one of the client.
#[derive(Debug, Clone)]
pub(crate) struct Cores {
    /// As `taskset -c` takes it.
    pub(crate) server: String,
    pub(crate) client: String,
    /// Those of the machine.
    all: usize,
}

impl Cores {
    /// The first for the server, the last of the machine for the client.
    pub(crate) fn new() -> Self {
        let all = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            server: "0".to_owned(),
            client: (all - 1).to_string(),
            all,
        }
    }

    /// So many for the server, from the first on.
    pub(crate) fn with_servers(&self, servers: usize) -> Self {
        Self {
            server: format!("0-{}", servers.min(self.all) - 1),
            ..self.clone()
        }
    }

    /// The client's core, for what stands behind the server.
    pub(crate) fn of_client(&self) -> Self {
        Self {
            server: self.client.clone(),
            ..self.clone()
        }
    }

    /// Puts this process on the client's core.
    pub(crate) fn keep_client(&self) {
        let own = std::process::id().to_string();
        let done = Command::new("taskset")
            .args(["-cp", &self.client, &own])
            .stdout(Stdio::null())
            .status();
        assert!(
            done.is_ok_and(|status| status.success()),
            "taskset is missing, or the core is"
        );
    }
}

/// A process that serves; it ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) started: Instant,
}

impl Server {
    /// `vestibule serve` with the data of a directory. What it logs goes to a file there, as it would in production.
    pub(crate) fn vestibule(data: &Path, cores: &Cores) -> Self {
        let address = free_address();
        let log = File::options()
            .create(true)
            .append(true)
            .open(data.join("log"))
            .unwrap();
        let mut command = pinned(cores, env!("CARGO_BIN_EXE_vestibule"));
        command.arg("serve").current_dir(data).stderr(log);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("VESTIBULE_")) {
            command.env_remove(name);
        }
        command
            .env("VESTIBULE_LISTEN", address.to_string())
            .env("VESTIBULE_DATA_DIR", data)
            .env("VESTIBULE_SESSION__CACHE_MEGABYTES", SESSION_CACHE)
            .env("VESTIBULE_SESSION__GATE_CACHE_MEGABYTES", SESSION_CACHE)
            .env("VESTIBULE_TRUSTED_PROXIES", "127.0.0.1");
        for limit in LIMITS {
            command.env(format!("VESTIBULE_LIMITS__{limit}_PER_MINUTE"), NO_LIMIT);
        }
        // One client asks more than anybody may by default. It is counted all the same, as it is in production.
        for key in rate_limits() {
            let variable = variable_name(&format!("limits.{key}"));
            command.env(variable, u32::MAX.to_string());
        }
        Self::start(command, address)
    }

    /// axum as its own examples serve it, with one answer.
    pub(crate) fn bare(cores: &Cores) -> Self {
        let address = free_address();
        let own = std::env::current_exe().unwrap();
        let mut command = pinned(cores, own.to_str().unwrap());
        command.args([BARE, &address.to_string()]);
        Self::start(command, address)
    }

    /// nginx before an upstream.
    pub(crate) fn nginx(data: &Path, upstream: SocketAddr, cores: &Cores) -> Self {
        let address = free_address();
        let conf = nginx_conf(data, &address.to_string(), &upstream.to_string());
        let mut command = pinned(cores, "/usr/sbin/nginx");
        command.arg("-c").arg(conf);
        Self::start(command, address)
    }

    fn start(mut command: Command, address: SocketAddr) -> Self {
        let started = Instant::now();
        let mut child = command.stdin(Stdio::null()).spawn().unwrap();
        while TcpStream::connect(address).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "the server ended");
            assert!(started.elapsed() < START, "the server does not listen");
            std::thread::sleep(Duration::from_micros(200));
        }
        Self {
            child,
            address,
            started,
        }
    }

    /// Processor time since the start.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = self.proc("stat");
        // The name, in parentheses, may hold anything; user and system time are the fields 14 and 15.
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks: u32 = [11, 12]
            .map(|at| fields[at].parse::<u32>().unwrap())
            .iter()
            .sum();
        TICK * ticks
    }

    /// Memory in use.
    pub(crate) fn memory(&self) -> Memory {
        let status = self.proc("status");
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            number.unwrap().parse::<usize>().unwrap() * 1024
        };
        Memory {
            resident: kib("VmRSS:"),
            own: kib("RssAnon:"),
        }
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        if !stopped.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// All of it that is in memory, with the program and its libraries.
    pub(crate) resident: usize,
    /// What it wrote itself.
    pub(crate) own: usize,
}

/// Serves one answer until the process ends.
pub(crate) fn serve_bare(address: &str) {
    let address: SocketAddr = address.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        let router = Router::new()
            .route("/", get(async || "Hello, world"))
            .route(
                "/1k",
                get(async || Bytes::from_static(LARGE.get(..1024).unwrap_or_default())),
            )
            .route("/1m", get(async || Bytes::from_static(&LARGE)));
        axum::serve(listener, router).await.unwrap();
    });
}

fn pinned(cores: &Cores, program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &cores.server, program]);
    command
}

/// An address that nobody uses now.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap()
}

/// The keys of all rate limits.
fn rate_limits() -> impl Iterator<Item = String> {
    let limits = serde_json::to_value(LimitsConfig::default()).unwrap();
    let keys: Vec<String> = limits.as_object().unwrap().keys().cloned().collect();
    keys.into_iter().filter(|key| key.ends_with("_per_minute"))
}
