//! A question that only this installation answers: whether an address leads to it, and what arrives there.
//!
//! Invariant: the question itself is sealed with the instance key, so that a stranger's gets no answer.

use serde::{Deserialize, Serialize};

use crate::keys::{Keys, hex, random};

const ASKED: &str = "doctor's question";
const ANSWERED: &str = "doctor's answer";
/// Of a nonce and its token, with the point between them.
const LONGEST: usize = 128;

/// A question that was asked.
#[derive(Debug)]
pub struct Question {
    nonce: String,
    /// What stands behind `/healthz?nonce=`.
    pub text: String,
}

/// What arrived at the server.
#[derive(Debug, Serialize, Deserialize)]
pub struct Arrived {
    proof: String,
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

impl Question {
    pub fn new(keys: &Keys) -> Self {
        let nonce = hex(&random::<16>());
        let text = format!("{nonce}.{}", keys.token(ASKED, nonce.as_bytes()));
        Self { nonce, text }
    }

    /// The nonce of a question that this installation has asked.
    pub fn read(keys: &Keys, text: &str) -> Option<Self> {
        let (nonce, token) = text.split_once('.').filter(|_| text.len() <= LONGEST)?;
        let ours = keys.verify_token(ASKED, nonce.as_bytes(), token);
        ours.then(|| Self {
            nonce: nonce.to_owned(),
            text: text.to_owned(),
        })
    }

    /// The answer, with its proof.
    pub fn answer(&self, keys: &Keys, mut arrived: Arrived) -> Arrived {
        arrived.proof = keys.token(ANSWERED, self.nonce.as_bytes());
        arrived
    }

    /// Whether this answer is one of this installation.
    pub fn is_answered(&self, keys: &Keys, arrived: &Arrived) -> bool {
        keys.verify_token(ANSWERED, self.nonce.as_bytes(), &arrived.proof)
    }
}

impl Arrived {
    /// Without a proof yet.
    pub fn new(host: &str, peer: String, trusted: bool, forwarded: String, client: String) -> Self {
        Self {
            proof: String::new(),
            host: host.to_owned(),
            peer,
            trusted,
            forwarded,
            client,
        }
    }
}
