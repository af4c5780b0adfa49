//! Whether whoever was let in may stay (rule Q60: a WebSocket and an event stream end when the session ends).
//!
//! Invariants: what ends somebody's stay is found out as soon as this node hears of it; looking is no use of a session, but what the
//! client sends is.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::HeaderMap;
use tokio::time::{Instant, sleep};

use crate::app::App;
use crate::domain::ApplicationId;
use crate::gate::check::judge;
use crate::gate::visitor::Browser;
use crate::policy::{CheckRefusal, Decision, OriginalRequest, ProxyKind, Visit};
use crate::site::ApplicationPlace;

/// How often it is looked when nobody tells of a change: time ends sessions, too.
const LOOK: Duration = Duration::from_secs(15);
/// Changes that come together are one.
const PAUSE: Duration = Duration::from_millis(500);
/// How long somebody stays of whom nothing can be found out.
const PATIENCE: Duration = Duration::from_secs(10);

/// Somebody who is there, by what let them in.
pub(super) struct Stay {
    app: Arc<App>,
    name: String,
    id: ApplicationId,
    asked: OriginalRequest,
    visit: Visit,
    headers: HeaderMap,
    client: Option<IpAddr>,
    used: Arc<AtomicBool>,
}

impl Stay {
    pub(super) fn new(
        app: &Arc<App>,
        place: &ApplicationPlace,
        asked: OriginalRequest,
        visit: Visit,
        headers: &HeaderMap,
        client: Option<IpAddr>,
    ) -> Self {
        Self {
            app: Arc::clone(app),
            name: place.application.application.name.to_string(),
            id: place.application.id(),
            asked,
            visit,
            headers: headers.clone(),
            client,
            used: Arc::default(),
        }
    }

    /// Set when the client has sent something.
    pub(super) fn used(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.used)
    }

    /// Resolves when they may not stay.
    pub(super) async fn ends(self) {
        let mut changed = self.app.visitors.changed();
        let mut unknown_since: Option<Instant> = None;
        // What has changed since they were let in is not told.
        changed.mark_changed();
        loop {
            tokio::select! {
                _ = changed.changed() => {}
                () = sleep(LOOK) => {}
            }
            match self.look().await {
                Decision::Unavailable => {
                    let since = *unknown_since.get_or_insert_with(Instant::now);
                    if since.elapsed() >= PATIENCE {
                        return;
                    }
                    changed.mark_changed();
                }
                decision if decision.pass().is_some() => unknown_since = None,
                _ => return,
            }
            sleep(PAUSE).await;
        }
    }

    async fn look(&self) -> Decision {
        let gone = || Decision::Forbidden(CheckRefusal::NotAllowed);
        let Some(application) = self.app.applications.named(&self.name) else {
            return gone();
        };
        if application.id() != self.id || application.rules.kind != ProxyKind::BuiltIn {
            return gone();
        }
        let is_used = self.used.swap(false, Ordering::Relaxed);
        let browser = Browser {
            is_open: !is_used,
            ..Browser::new(self.asked.origin(), &self.headers, self.client)
        };
        judge(&self.app, &application, &self.asked, self.visit, browser).await
    }
}
