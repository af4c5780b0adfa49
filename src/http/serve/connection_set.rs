//! The connections that are open, and room for one more.
//!
//! Invariant: a connection whose request is being answered is never closed to make room.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use tokio::task::{AbortHandle, Id, JoinSet};

use super::connection_state::ConnectionState;

/// At the most, this part of the connections goes at once, so that looking for them costs little for each.
const PART: usize = 64;

/// The connections of a server.
#[derive(Debug)]
pub(super) struct ConnectionSet {
    most: usize,
    tasks: JoinSet<()>,
    members: HashMap<Id, OpenConnection>,
}

#[derive(Debug)]
struct OpenConnection {
    state: Arc<ConnectionState>,
    task: AbortHandle,
}

impl ConnectionSet {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            tasks: JoinSet::new(),
            members: HashMap::new(),
        }
    }

    /// How many have not ended.
    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    pub(super) fn has_room(&self) -> bool {
        self.members.len() < self.most
    }

    pub(super) fn admit(
        &mut self,
        state: Arc<ConnectionState>,
        connection: impl Future<Output = ()> + Send + 'static,
    ) {
        let task = self.tasks.spawn(connection);
        self.members
            .insert(task.id(), OpenConnection { state, task });
    }

    /// Waits until one has ended; `false` when there is none.
    pub(super) async fn leave(&mut self) -> bool {
        let id = match self.tasks.join_next_with_id().await {
            None => return false,
            Some(Ok((id, ()))) => id,
            Some(Err(cause)) => cause.id(),
        };
        self.members.remove(&id);
        true
    }

    /// Closes those that have waited longest for their clients; `false` when all are being answered.
    pub(super) fn make_room(&mut self) -> bool {
        let mut waiting: Vec<(u64, Id)> = self
            .members
            .iter()
            .filter_map(|(id, member)| Some((member.state.waits_since()?, *id)))
            .collect();
        let count = (self.members.len() / PART).max(1).min(waiting.len());
        if count == 0 {
            return false;
        }
        waiting.select_nth_unstable_by_key(count - 1, |(since, _)| *since);
        for (_, id) in waiting.iter().take(count) {
            if let Some(member) = self.members.remove(id) {
                member.task.abort();
            }
        }
        true
    }

    /// Ends all that are left.
    pub(super) async fn shut_down(&mut self) {
        self.members.clear();
        self.tasks.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    async fn who_has_waited_longest_goes_and_who_is_answered_stays() {
        let mut connections = ConnectionSet::new(3);
        let mut states = Vec::new();
        for seconds in 1..=3 {
            assert!(connections.has_room());
            // As if the server had begun earlier, and this connection later.
            let epoch = Instant::now() - Duration::from_secs(seconds);
            let state = Arc::new(ConnectionState::new(epoch));
            states.push(Arc::clone(&state));
            // The state lives as long as its connection.
            connections.admit(Arc::clone(&state), async move {
                std::future::pending::<()>().await;
                drop(state);
            });
        }
        assert!(!connections.has_room());
        let open = |states: &[Arc<ConnectionState>]| -> Vec<bool> {
            states
                .iter()
                .map(|state| Arc::strong_count(state) > 1)
                .collect()
        };
        states[0].works();
        assert!(connections.make_room());
        assert!(connections.has_room() && connections.leave().await);
        assert_eq!(open(&states), [true, false, true]);
        states[2].works();
        assert!(!connections.make_room());
        states[0].answered();
        assert!(connections.make_room());
        assert!(connections.leave().await);
        assert_eq!(open(&states), [false, false, true]);
        connections.shut_down().await;
        assert!(connections.len() == 0 && !connections.leave().await);
    }
}
