//! PostgreSQL is stopped, stands still, or cannot be reached any more; and is back.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;
use url::Url;

use super::{assert_unavailable, deployment, rounds};
use crate::soak::{Postgres, assert_whole};
use crate::support::{Client, Deployment, Server, form, sign_in};

const SECOND: Duration = Duration::from_secs(1);
/// What those wait who come just as the database goes away: for a connection, and for an answer.
const FIRST: Duration = Duration::from_secs(15);
/// What everybody else waits.
const OTHERS: Duration = Duration::from_secs(3);
/// In which it is noticed that the database is back.
const BACK: Duration = Duration::from_secs(15);
/// What a session is believed without the database: docs/operations.md says two seconds.
const BELIEVED: Duration = Duration::from_secs(2);

/// A server on a database, with somebody who is signed in and somebody who is about to be.
struct Site {
    deployment: Deployment,
    server: Server,
    client: Client,
    session: String,
    person: usize,
}

impl Site {
    async fn on(url: &str) -> Self {
        let settings = format!("[database]\nurl = \"{url}\"\n");
        let deployment = deployment(&settings);
        let server = Server::start(&deployment.installation);
        let client = Client::of(&server);
        let session = sign_in(&client, &deployment.idp, 0).await.unwrap();
        Self {
            deployment,
            server,
            client,
            session,
            person: 1,
        }
    }

    /// Goes through an outage, from `away` to `back`; what it came to.
    async fn outage(&mut self, away: impl AsyncFnOnce(), back: impl AsyncFnOnce()) -> String {
        let idp = &self.deployment.idp;
        let started = self.client.begin().await.unwrap();
        let answer = form(idp, &started, self.person);
        assert_eq!(self.client.status("/sso/session", &self.session).await, 200);
        away().await;
        let gone = Instant::now();
        let memory = self.server.memory();
        let longest = self.all_are_told().await;
        // Whoever has a session is not sent away: nobody knows that it has ended.
        let known = self
            .client
            .get("/sso/session", &self.session)
            .await
            .unwrap();
        assert!(gone.elapsed() > BELIEVED);
        assert_unavailable(&known);
        // Now that it is known, nobody waits.
        for path in ["/sso/login", "/sign-in", "/"] {
            let reply = self.client.get(path, &self.session).await.unwrap();
            assert!(reply.took < OTHERS, "{path}: {:?}", reply.took);
            if reply.status != 200 {
                assert_unavailable(&reply);
            }
        }
        let post = self.client.post(&started.cookie, answer.clone()).await;
        assert_unavailable(&post.unwrap());
        assert_eq!(self.client.status("/readyz", "").await, 503);
        assert_eq!(self.client.status("/healthz", "").await, 200);
        assert_eq!(self.client.status("/sso/metadata", "").await, 200);
        let more = self.server.memory().saturating_sub(memory);
        assert!(more < 64 * 1024, "{more} KiB");

        back().await;
        let begun = Instant::now();
        while self.client.status("/readyz", "").await != 200 {
            assert!(begun.elapsed() < BACK, "it does not come back");
            tokio::time::sleep(SECOND / 10).await;
        }
        let back_after = begun.elapsed();
        assert_eq!(self.client.status("/sso/session", &self.session).await, 200);
        // The Response that came too early is still good: nothing of it was kept.
        let cookie = self.client.bring(&started.cookie, answer).await.unwrap();
        assert!(cookie.is_some());
        sign_in(&self.client, idp, self.person + 1).await.unwrap();
        self.person += 2;
        format!("siege: told after {longest:?} at the most, back after {back_after:?}")
    }

    /// How many have signed in so far.
    fn signed_in(&self) -> i64 {
        self.person.try_into().unwrap()
    }

    /// Many come at once, and go on coming; each of them is told within the time. The longest that one waited.
    async fn all_are_told(&self) -> Duration {
        let begun = Instant::now();
        let come = |at: usize| {
            let (client, session) = (self.client.clone(), self.session.clone());
            tokio::spawn(async move {
                tokio::time::sleep(SECOND * u32::try_from(at).unwrap() / 50).await;
                let path = ["/sso/login", "/sso/session"][at % 2];
                client.get(path, &session).await.unwrap()
            })
        };
        let all: Vec<_> = (0..200).map(come).collect();
        let mut longest = Duration::ZERO;
        for one in all {
            let reply = one.await.unwrap();
            longest = longest.max(reply.took);
            if reply.status == 200 {
                // A session, while it is believed.
                assert!(begun.elapsed() < FIRST, "{}", reply.body);
            } else {
                assert_unavailable(&reply);
            }
        }
        assert!(longest < FIRST, "{longest:?}");
        longest
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_gone_is_told_and_back_is_noticed() {
    let mut postgres = Postgres::start();
    let url = postgres.database().await;
    let mut site = Site::on(&url).await;
    let outages = [("fast", "start"), ("immediate", "start"), ("hang", "wake")];
    for round in rounds(outages.len()) {
        let (away, back) = outages[round % outages.len()];
        let control = |verb| {
            let postgres = &postgres;
            async move || postgres.control(verb)
        };
        let figures = site.outage(control(away), control(back)).await;
        println!("{figures} ({away})");
    }
    assert_whole(&url, site.signed_in()).await;
    let log = site.server.stop();
    assert!(
        !log.contains("panicked") && !log.contains("\"status\":500"),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_swallows_everything_is_survived() {
    let mut postgres = Postgres::start();
    let url = postgres.database().await;
    let network = Network::before(&url).await;
    let mut site = Site::on(&network.url).await;
    for _ in rounds(1) {
        let figures = site
            .outage(async || network.swallow(), async || network.heal())
            .await;
        println!("{figures} (network)");
    }
    assert_whole(&url, site.signed_in()).await;
}

/// A way to PostgreSQL which can lose everything without a word: no end, no refusal.
struct Network {
    url: String,
    /// How often it was cut. What was under way then never arrives.
    cuts: Arc<watch::Sender<u32>>,
}

impl Network {
    async fn before(url: &str) -> Self {
        let mut url: Url = url.parse().unwrap();
        let folder = url
            .query_pairs()
            .find(|(name, _)| name == "host")
            .unwrap()
            .1;
        let socket = PathBuf::from(folder.as_ref()).join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        url.set_query(None);
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(address.port())).unwrap();
        let cuts = Arc::new(watch::Sender::new(0));
        let cut = Arc::clone(&cuts);
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut state = cut.subscribe();
                let socket = socket.clone();
                tokio::spawn(async move {
                    // An odd number: it swallows.
                    if u32::is_multiple_of(*state.borrow(), 2) {
                        let mut server = UnixStream::connect(&socket).await.unwrap();
                        tokio::select! {
                            _ = copy_bidirectional(&mut client, &mut server) => return,
                            _ = state.changed() => {}
                        }
                    }
                    // Neither end hears of it.
                    std::future::pending::<()>().await;
                    drop(client);
                });
            }
        });
        Self {
            url: url.into(),
            cuts,
        }
    }

    fn swallow(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// What was cut stays so.
    fn heal(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}
