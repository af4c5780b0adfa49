//! Directories are synchronised in the background, on every node: the lease of each decides who does it.
//!
//! Invariants: so many at once and no more, one of them of a company; one that hangs holds no other company up. Tests: `tests/it/oidc_sign_in/directory.rs`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::App;
use crate::directory::{SyncOutcome, Synchroniser};
use crate::domain::{CompanyId, ConnectionId};
use crate::site::Site;
use crate::store;

/// How often this node looks for what is due.
const LOOK: Duration = Duration::from_secs(2);
/// Directories that one node synchronises at once.
const AT_ONCE: usize = 8;

impl App {
    /// Synchronises what is due, again and again, until the future is dropped.
    pub async fn synchronise(self: Arc<Self>) {
        let mut running: JoinSet<ConnectionId> = JoinSet::new();
        let mut under_way: HashMap<ConnectionId, CompanyId> = HashMap::new();
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                Some(ended) = running.join_next(), if !running.is_empty() => {
                    match ended {
                        Ok(id) => { under_way.remove(&id); }
                        // A panic: which one it was, nobody knows.
                        Err(_) if running.is_empty() => under_way.clear(),
                        Err(_) => {}
                    }
                }
            }
            if running.len() == AT_ONCE {
                continue;
            }
            let due = match self.due_directories().await {
                Ok(due) => due,
                Err(cause) => {
                    tracing::error!(%cause, "directories cannot be looked at");
                    continue;
                }
            };
            let mut busy: HashSet<CompanyId> = under_way.values().copied().collect();
            for (site, id) in due {
                if running.len() == AT_ONCE || !busy.insert(site.company.id) {
                    continue;
                }
                under_way.insert(id, site.company.id);
                let app = Arc::clone(&self);
                running.spawn(async move {
                    app.synchronise_directory(&site, id).await;
                    id
                });
            }
        }
    }

    /// Synchronises what is due, once, one after the other; how many this node has worked on.
    pub async fn synchronise_once(&self) -> Result<usize, store::Error> {
        let mut worked = 0;
        for (site, id) in self.due_directories().await? {
            worked += usize::from(self.synchronise_directory(&site, id).await);
        }
        Ok(worked)
    }

    async fn due_directories(&self) -> Result<Vec<(Arc<Site>, ConnectionId)>, store::Error> {
        let mut all = Vec::new();
        for site in self.directory.sites() {
            if site.company.suspended_at.is_some() {
                continue;
            }
            for ready in site.connections() {
                let settings = ready.connection.settings.directory.as_deref();
                if settings.is_some_and(|settings| settings.synchronise) {
                    all.push((Arc::clone(&site), ready.connection.id));
                }
            }
        }
        if all.is_empty() {
            return Ok(all);
        }
        let resting = self.desk.resting_directories(self.clock.now()).await?;
        let resting: HashSet<ConnectionId> = resting.into_iter().collect();
        all.retain(|(_, id)| !resting.contains(id));
        Ok(all)
    }

    /// Whether this node has worked on it.
    async fn synchronise_directory(&self, site: &Site, id: ConnectionId) -> bool {
        let Some(ready) = site.connection(id) else {
            return false;
        };
        let synchroniser = Synchroniser {
            store: &self.desk,
            keeper: self.directory_keeper(&site.company),
            node: &self.node,
        };
        match synchroniser.run(&ready.connection).await {
            Ok(outcome) => outcome != SyncOutcome::Elsewhere,
            Err(cause) => {
                tracing::error!(connection = %ready.connection.name, %cause, "a directory cannot be synchronised now");
                false
            }
        }
    }
}
