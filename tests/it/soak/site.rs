//! One or two servers of the real binary on one database, with acme and its identity provider.

use std::process::{Command, Stdio};

use serde_json::Value;
use vestibule::demo_idp::DemoIdp;

use super::load::{LOCALS, PASSWORD};
use super::plan::Random;
use super::power::Disk;
use crate::support::{Deployment, Installation, KEYS, Server, no_rate_limits};

/// The servers. Dropping it ends them.
pub(super) struct Site {
    /// For whoever opens the database.
    pub(super) url: String,
    pub(super) idp: DemoIdp,
    nodes: Vec<Node>,
}

struct Node {
    installation: Installation,
    server: Option<Server>,
    disk: Option<Disk>,
    /// The database was away while it ran: its log may say so.
    saw_outage: bool,
}

impl Site {
    /// On a SQLite file of its own, or on the empty PostgreSQL database of a URL.
    pub(super) fn new(postgres: Option<&str>, nodes: usize, random: &mut Random) -> Self {
        let mut site = Self::stopped(postgres, nodes, random);
        site.start(random);
        site
    }

    /// On a SQLite file on a disk that forgets what is not synced.
    pub(super) fn on_a_forgetful_disk(random: &mut Random) -> Self {
        let mut site = Self::stopped(None, 1, random);
        site.nodes[0].disk = Some(Disk::new());
        site.start(random);
        site
    }

    /// The database is there, the servers are not. The first starts may be killed.
    fn stopped(postgres: Option<&str>, nodes: usize, random: &mut Random) -> Self {
        let installation = installation(postgres);
        for _ in 0..random.below(4) {
            stumble(&installation, random);
        }
        let Deployment { installation, idp } = Deployment::of(installation);
        for (email, options) in LOCALS {
            let named = format!("--company acme --email {email}");
            let add = format!("user add {named} {options}");
            installation.run(&add).succeeds();
            let set = format!("user set-password {named} --password-stdin --for-good");
            installation.run_with(&set, PASSWORD).succeeds();
        }
        let file = installation.path("data/vestibule.sqlite3");
        let url = postgres.map_or_else(|| format!("sqlite:{}", file.display()), str::to_owned);
        let others = (1..nodes).map(|_| self::installation(postgres));
        let nodes = std::iter::once(installation).chain(others).map(Node::new);
        Self {
            url,
            idp,
            nodes: nodes.collect(),
        }
    }

    /// Starts the servers that are not there; some starts are killed first. How many were.
    pub(super) fn start(&mut self, random: &mut Random) -> usize {
        let mut stumbled = 0;
        for node in &mut self.nodes {
            if node.server.is_some() {
                continue;
            }
            // A start that is killed knows nothing of the disk.
            while node.disk.is_none() && random.percent(20) {
                stumble(&node.installation, random);
                stumbled += 1;
            }
            let mut command = node.installation.command();
            if let Some(disk) = &node.disk {
                disk.attach(&mut command);
            }
            command.arg("serve");
            node.server = Some(Server::run(command));
        }
        stumbled
    }

    pub(super) fn servers(&self) -> impl Iterator<Item = &Server> {
        self.nodes.iter().filter_map(|node| node.server.as_ref())
    }

    /// `kill -9`; what its log complained about.
    pub(super) fn kill(&mut self, node: usize) -> Vec<String> {
        let node = &mut self.nodes[node];
        let Some(server) = node.server.take() else {
            return Vec::new();
        };
        let log = server.killed();
        if let Some(disk) = &node.disk {
            disk.lose_power(&node.installation.path("data"));
        }
        if std::mem::take(&mut node.saw_outage) {
            return Vec::new();
        }
        log.lines()
            .filter(|line| complains(line))
            .map(str::to_owned)
            .collect()
    }

    /// The database is about to be away.
    pub(super) fn expect_outage(&mut self) {
        for node in &mut self.nodes {
            node.saw_outage = true;
        }
    }

    /// Whether `kill` takes away what was not synced.
    pub(super) fn is_forgetful(&self) -> bool {
        self.nodes.iter().any(|node| node.disk.is_some())
    }

    /// The command that adds a user while the servers run.
    pub(super) fn add_user(&self, email: &str) -> Command {
        let mut command = self.nodes[0].installation.command();
        command.args(["--config", "vestibule.toml", "user", "add"]);
        command.args(["--company", "acme", "--email", email]);
        command
    }
}

impl Node {
    fn new(installation: Installation) -> Self {
        Self {
            installation,
            server: None,
            disk: None,
            saw_outage: false,
        }
    }
}

/// Where the servers run; no limit stands between the clients and the database.
fn installation(postgres: Option<&str>) -> Installation {
    let installation = Installation::new();
    let database =
        postgres.map_or_else(String::new, |url| format!("[database]\nurl = \"{url}\"\n"));
    let limits = no_rate_limits();
    let settings = format!(
        "listen = \"127.0.0.1:0\"\ndata_dir = \"data\"\n{database}[keys]\ndir = \"{KEYS}\"\n[log]\nformat = \"json\"\n{limits}"
    );
    std::fs::write(installation.path("vestibule.toml"), settings).unwrap();
    installation
}

/// A start that is killed before it has come far.
fn stumble(installation: &Installation, random: &mut Random) {
    let mut child = installation
        .command()
        .arg("serve")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(random.millis(0, 200));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Whether a line of a log is a warning, an error, or no entry at all.
fn complains(line: &str) -> bool {
    let entry: Option<Value> = serde_json::from_str(line).ok();
    let level = entry.as_ref().and_then(|entry| entry["level"].as_str());
    !matches!(level, Some("INFO" | "DEBUG"))
}
