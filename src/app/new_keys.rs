//! Questions about keys that sign-ins brought and connections do not have: are they in the metadata now?
//!
//! Invariants: whoever asks does not wait, and a question for which there is no room is dropped; nothing that is found out here
//! is trusted by anybody (rule B2).

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

use super::shares::{Shares, Turn};
use crate::domain::{AttemptId, Connection};
use crate::outbound::Reach;
use crate::saml::response::Expectation;

/// The most questions that wait, and the most of one company: its addresses may be silent.
const WAITING: usize = 16;
const WAITING_OF_ONE: usize = 2;

/// A refused sign-in whose key its connection does not have.
#[derive(Debug)]
pub struct KeyQuestion {
    pub attempt: AttemptId,
    pub connection: Arc<Connection>,
    /// What its message had to be.
    pub expectation: Expectation,
    pub xml: Vec<u8>,
    /// How far its metadata's address may lead.
    pub reach: Reach,
}

/// The questions that wait.
#[derive(Debug)]
pub struct NewKeys {
    ask: mpsc::Sender<(KeyQuestion, Turn)>,
    asked: Mutex<mpsc::Receiver<(KeyQuestion, Turn)>>,
    turns: Shares,
}

impl Default for NewKeys {
    fn default() -> Self {
        let (ask, asked) = mpsc::channel(WAITING);
        Self {
            ask,
            asked: Mutex::new(asked),
            turns: Shares::new(WAITING, WAITING_OF_ONE),
        }
    }
}

impl NewKeys {
    /// Asks, when there is room.
    pub fn ask(&self, question: KeyQuestion) {
        // Its sign-in is refused either way.
        if let Some(turn) = self.turns.now(question.connection.company_id) {
            let _ = self.ask.try_send((question, turn));
        }
    }

    /// The next question, when it comes, and its turn until it is answered.
    pub async fn next(&self) -> Option<(KeyQuestion, Turn)> {
        self.asked.lock().await.recv().await
    }
}
