//! A question that only this installation answers: whether an address leads to it, and what arrives there.
//!
//! Invariants: the question itself is sealed with the instance key, so that a stranger's gets no answer; one that somebody has
//! seen tells nothing of what arrives five minutes later.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::keys::{Keys, hex, random};

const ASKED: &str = "doctor's question";
const ANSWERED: &str = "doctor's answer";
/// Of a time, a nonce and their token, with the points between them.
const LONGEST: usize = 128;
/// How long a question counts, before and after the server's time.
const COUNTS: Duration = Duration::seconds(300);

/// A question that was asked.
#[derive(Debug)]
pub struct ProofQuestion {
    /// The time and the nonce.
    message: String,
    at: OffsetDateTime,
    /// What stands behind `/healthz?nonce=`.
    pub text: String,
}

/// What the server says.
#[derive(Debug, Serialize, Deserialize)]
pub struct ProofAnswer {
    proof: String,
    /// The server's time, in milliseconds since 1970.
    clock: i64,
    /// What arrived; nothing where the question is too old, or of a time that is to come.
    pub arrived: Option<Arrived>,
}

/// What arrived at the server.
#[derive(Debug, Serialize, Deserialize)]
pub struct Arrived {
    /// The `Host` header.
    pub host: String,
    /// The other end of the connection: the proxy, where there is one.
    pub peer: String,
    /// Whether `trusted_proxies` names it.
    pub trusted: bool,
    /// `X-Forwarded-For`, all of it.
    pub forwarded: String,
    /// The client's address, as the rate limits and the audit log take it.
    pub client: String,
}

impl ProofQuestion {
    pub fn new(keys: &Keys, now: OffsetDateTime) -> Self {
        let message = format!("{}.{}", now.unix_timestamp(), hex(&random::<16>()));
        let text = format!("{message}.{}", keys.token(ASKED, message.as_bytes()));
        Self {
            message,
            at: now,
            text,
        }
    }

    /// A question that this installation has asked.
    pub fn read(keys: &Keys, text: &str) -> Option<Self> {
        let (message, token) = text.rsplit_once('.').filter(|_| text.len() <= LONGEST)?;
        if !keys.verify_token(ASKED, message.as_bytes(), token) {
            return None;
        }
        let (at, _) = message.split_once('.')?;
        Some(Self {
            message: message.to_owned(),
            at: OffsetDateTime::from_unix_timestamp(at.parse().ok()?).ok()?,
            text: text.to_owned(),
        })
    }

    /// The answer, with its proof.
    pub fn answer(&self, keys: &Keys, now: OffsetDateTime, arrived: Arrived) -> ProofAnswer {
        let clock = i64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX);
        ProofAnswer {
            proof: keys.token(ANSWERED, self.said(clock).as_bytes()),
            clock,
            arrived: ((now - self.at).abs() <= COUNTS).then_some(arrived),
        }
    }

    /// Whether this answer is one of this installation.
    pub fn is_answered(&self, keys: &Keys, answer: &ProofAnswer) -> bool {
        keys.verify_token(ANSWERED, self.said(answer.clock).as_bytes(), &answer.proof)
    }

    fn said(&self, clock: i64) -> String {
        format!("{}.{clock}", self.message)
    }
}

impl ProofAnswer {
    /// The server's time.
    pub fn clock(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.clock) * 1_000_000).ok()
    }
}
