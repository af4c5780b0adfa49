//! What clients run against: the servers' doors, the identity provider, and the ledger that they write into.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use vestibule::demo_idp::DemoIdp;

use super::ledger::Ledger;
use super::plan::Random;
use crate::support::{Client, Reply, Server, Started};

/// The servers of a round and who is in front of them.
pub(super) struct Stage {
    pub(super) idp: DemoIdp,
    pub(super) doors: Vec<Door>,
    /// Set when clients shall go home.
    pub(super) over: AtomicBool,
    /// Set while the database may be away: then 503 is an answer.
    pub(super) outage: AtomicBool,
    ledger: Arc<Mutex<Ledger>>,
}

/// A server as clients see it.
pub(super) struct Door {
    client: Client,
    /// Unset just before the server is killed: from then on, no answer is no defect.
    pub(super) open: AtomicBool,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server is gone.
    Gone,
    /// The database is away: 503.
    Away,
}

impl Stage {
    pub(super) fn new<'s>(
        idp: &DemoIdp,
        servers: impl Iterator<Item = &'s Server>,
        ledger: &Arc<Mutex<Ledger>>,
    ) -> Self {
        let doors = servers.map(|server| Door {
            client: Client::of(server),
            open: AtomicBool::new(true),
        });
        Self {
            idp: idp.clone(),
            doors: doors.collect(),
            over: AtomicBool::new(false),
            outage: AtomicBool::new(false),
            ledger: Arc::clone(ledger),
        }
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    /// Any door that is open.
    pub(super) fn door(&self, random: &mut Random) -> Option<&Door> {
        let open: Vec<&Door> = self.doors.iter().filter(|door| door.is_open()).collect();
        random.choose(&open).copied()
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    pub(super) fn wrong(&self, what: impl Into<String>) {
        self.ledger().wrong.push(what.into());
    }

    /// A page.
    pub(super) async fn get(
        &self,
        door: &Door,
        path: &str,
        cookie: &str,
    ) -> Result<Reply, Trouble> {
        let reply = door.client.get(path, cookie).await;
        self.answer(door, path, reply)
    }

    /// A form.
    pub(super) async fn post(
        &self,
        door: &Door,
        path: &str,
        cookie: &str,
        form: &str,
    ) -> Result<Reply, Trouble> {
        let reply = door.client.submit(path, cookie, form.to_owned()).await;
        self.answer(door, path, reply)
    }

    /// The start of a sign-in.
    pub(super) async fn begin(&self, door: &Door) -> Result<Started, Trouble> {
        let page = self.get(door, "/sso/login", "").await?;
        if page.status != 200 {
            self.wrong(format!("/sso/login: {} {}", page.status, page.body));
            return Err(Trouble::Away);
        }
        let started = page.started();
        self.ledger().started.push(started.request.clone());
        Ok(started)
    }

    /// Sorts an answer from its absence, and notes the absence that nobody caused.
    fn answer(
        &self,
        door: &Door,
        path: &str,
        reply: reqwest::Result<Reply>,
    ) -> Result<Reply, Trouble> {
        match reply {
            Ok(reply) if reply.status == 503 => {
                if !self.outage.load(Ordering::SeqCst) {
                    let took = reply.took;
                    let what = format!("{path}: 503 after {took:?}, and the database was there");
                    self.ledger().away.push(what);
                } else if !reply.headers.contains_key("retry-after") {
                    self.wrong(format!("{path}: 503 without Retry-After"));
                }
                Err(Trouble::Away)
            }
            Ok(reply) if reply.status >= 500 => {
                self.wrong(format!("{path}: {} {}", reply.status, reply.body));
                Err(Trouble::Away)
            }
            Ok(reply) => Ok(reply),
            Err(error) => {
                if door.is_open() {
                    self.wrong(format!(
                        "{path}: no answer of a server that runs: {error:?}"
                    ));
                }
                Err(Trouble::Gone)
            }
        }
    }
}

impl Door {
    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }
}

/// The session cookie that an answer sets.
pub(super) fn session_of(reply: &Reply) -> Option<String> {
    let cookies = reply.headers.get_all("set-cookie").iter();
    let mut pairs = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    pairs
        .find(|pair| pair.starts_with("vestibule-session=") && !pair.ends_with('='))
        .map(str::to_owned)
}
