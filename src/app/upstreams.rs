//! The upstreams of applications behind our own proxy: their connections, and which of them has failed (rules Q57 and Q60).
//!
//! Invariants: a request is sent again only while nothing of it has gone, or when it only reads and nothing of an answer came; one
//! that failed is asked last for a while, and never given up.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use http::Method;
use http::request::Parts;

use crate::domain::Upstream;
use crate::outbound::{HandedBody, UpstreamAnswer, UpstreamClient, UpstreamFailure};

/// How long one that failed is asked last.
const MARKED: Duration = Duration::from_secs(10);
/// That it has not failed.
const NEVER: u64 = 0;

/// Every upstream that was asked.
#[derive(Debug)]
pub struct Upstreams {
    known: ArcSwap<HashMap<Upstream, Arc<KnownUpstream>>>,
    connect_timeout: Duration,
    epoch: Instant,
}

#[derive(Debug)]
struct KnownUpstream {
    client: UpstreamClient,
    /// When it last failed, in milliseconds after the epoch.
    failed: AtomicU64,
}

impl Upstreams {
    pub(super) fn new(connect_timeout: Duration) -> Self {
        Self {
            known: ArcSwap::default(),
            connect_timeout,
            epoch: Instant::now(),
        }
    }

    /// Sends a request to the first that answers; of those that have not failed lately, in their order, then of the others.
    pub async fn send(
        &self,
        upstreams: &[Upstream],
        head: Parts,
        body: &HandedBody,
    ) -> Result<UpstreamAnswer, UpstreamFailure> {
        let mut failure = UpstreamFailure::Connect("there is no upstream".to_owned());
        let only_reads = matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS);
        for (upstream, known) in self.in_turn(upstreams)? {
            failure = match known.send(&head, body, only_reads).await {
                Ok(answer) => {
                    known.failed.store(NEVER, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            if matches!(failure, UpstreamFailure::Client(_)) {
                return Err(failure);
            }
            let now = self.now();
            if !known.is_marked(now) {
                tracing::warn!(%upstream, %failure, "an application's server does not answer");
            }
            known.failed.store(now, Ordering::Relaxed);
            let may_be_sent_again = match &failure {
                UpstreamFailure::Connect(_) => body.is_whole(),
                UpstreamFailure::Closed(_) => only_reads && body.is_whole(),
                UpstreamFailure::Answer(_) | UpstreamFailure::Client(_) => false,
            };
            if !may_be_sent_again {
                break;
            }
        }
        Err(failure)
    }

    /// Forgets those that no application has any more.
    pub(super) fn keep<'a>(&self, named: impl Iterator<Item = &'a Upstream>) {
        let named: HashSet<&Upstream> = named.collect();
        let known = self.known.load();
        if known.keys().all(|upstream| named.contains(upstream)) {
            return;
        }
        self.known.rcu(|known| {
            let mut kept = HashMap::clone(known);
            kept.retain(|upstream, _| named.contains(upstream));
            kept
        });
    }

    fn in_turn<'u>(
        &self,
        upstreams: &'u [Upstream],
    ) -> Result<Vec<(&'u Upstream, Arc<KnownUpstream>)>, UpstreamFailure> {
        let mut all = Vec::with_capacity(upstreams.len());
        for upstream in upstreams {
            all.push((upstream, self.known(upstream)?));
        }
        if all.len() > 1 {
            let now = self.now();
            all.sort_by_key(|(_, known)| known.is_marked(now));
        }
        Ok(all)
    }

    fn known(&self, upstream: &Upstream) -> Result<Arc<KnownUpstream>, UpstreamFailure> {
        if let Some(known) = self.known.load().get(upstream) {
            return Ok(Arc::clone(known));
        }
        let client = UpstreamClient::new(upstream, self.connect_timeout)
            .map_err(|cause| UpstreamFailure::Connect(cause.to_string()))?;
        let made = Arc::new(KnownUpstream {
            client,
            failed: AtomicU64::new(NEVER),
        });
        self.known.rcu(|known| {
            let mut more = HashMap::clone(known);
            more.entry(upstream.clone())
                .or_insert_with(|| Arc::clone(&made));
            more
        });
        Ok(self.known.load().get(upstream).map_or(made, Arc::clone))
    }

    /// Never 0.
    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).map_or(u64::MAX, |it| it.max(1))
    }
}

impl KnownUpstream {
    async fn send(
        &self,
        head: &Parts,
        body: &HandedBody,
        only_reads: bool,
    ) -> Result<UpstreamAnswer, UpstreamFailure> {
        match self.client.send(head.clone(), body).await {
            // A connection that was unused may have closed just now: once more, on a new one.
            Err(UpstreamFailure::Closed(_)) if only_reads && body.is_whole() => {
                self.client.send(head.clone(), body).await
            }
            answered => answered,
        }
    }

    fn is_marked(&self, now: u64) -> bool {
        let failed = self.failed.load(Ordering::Relaxed);
        failed != NEVER && u128::from(now.saturating_sub(failed)) < MARKED.as_millis()
    }
}
