//! The connections that are open, and room for one more.
//!
//! Invariant: a connection whose request is being answered is never closed to make room.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use tokio::task::{AbortHandle, Id, JoinSet};

use super::connection_state::Line;

/// At the most, this part of the connections goes at once, so that looking for them costs little for each.
const PART: usize = 64;

/// The connections of a server.
#[derive(Debug)]
pub(super) struct Crowd {
    most: usize,
    tasks: JoinSet<()>,
    members: HashMap<Id, Member>,
}

#[derive(Debug)]
struct Member {
    line: Arc<Line>,
    task: AbortHandle,
}

impl Crowd {
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
        line: Arc<Line>,
        connection: impl Future<Output = ()> + Send + 'static,
    ) {
        let task = self.tasks.spawn(connection);
        self.members.insert(task.id(), Member { line, task });
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
            .filter_map(|(id, member)| Some((member.line.waits_since()?, *id)))
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
        let mut crowd = Crowd::new(3);
        let mut lines = Vec::new();
        for seconds in 1..=3 {
            assert!(crowd.has_room());
            // As if the server had begun earlier, and this connection later.
            let epoch = Instant::now() - Duration::from_secs(seconds);
            let line = Arc::new(Line::new(epoch));
            lines.push(Arc::clone(&line));
            // The line lives as long as its connection.
            crowd.admit(Arc::clone(&line), async move {
                std::future::pending::<()>().await;
                drop(line);
            });
        }
        assert!(!crowd.has_room());
        let open = |lines: &[Arc<Line>]| -> Vec<bool> {
            lines
                .iter()
                .map(|line| Arc::strong_count(line) > 1)
                .collect()
        };
        lines[0].works();
        assert!(crowd.make_room());
        assert!(crowd.has_room() && crowd.leave().await);
        assert_eq!(open(&lines), [true, false, true]);
        lines[2].works();
        assert!(!crowd.make_room());
        lines[0].answered();
        assert!(crowd.make_room());
        assert!(crowd.leave().await);
        assert_eq!(open(&lines), [false, false, true]);
        crowd.shut_down().await;
        assert!(crowd.len() == 0 && !crowd.leave().await);
    }
}
