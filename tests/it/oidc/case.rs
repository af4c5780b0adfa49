//! A folder of `tests/vectors/oidc`, and the way that a callback goes from its octets to its verdict.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use openssl::sha::sha256;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use vestibule::jose::{Algorithm, KeySet};
use vestibule::oidc::{
    Answer, Callback, Checks, Client, Issuer, OpenRequest, Rejection, TokenAnswer, ValidatedIdToken,
};

/// `case.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseFile {
    /// What the case shows, in a sentence.
    pub(super) note: String,
    pub(super) client: ClientFile,
    pub(super) open: OpenFile,
    /// The status of the token endpoint's answer, and whether its media type is JSON.
    pub(super) status: u16,
    pub(super) is_json: bool,
    /// The time of the verdict.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) now: OffsetDateTime,
    pub(super) expect: Expect,
}

/// The connection. What is not said is a connection's default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientFile {
    pub(super) issuer: Issuer,
    pub(super) client_id: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) algorithms: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) extra_audiences: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) answers_name_issuer: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) max_authentication_age: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) accepted_acr: Vec<String>,
}

/// The request that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenFile {
    pub(super) state: String,
    pub(super) nonce: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) started_at: OffsetDateTime,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) forced: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Expect {
    /// Accepted, and this is `sub`.
    Subject(String),
    /// Refused by this rule.
    Rule(String),
}

/// A case with its octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) file: CaseFile,
    /// `callback.txt`: the query, or the body of a form.
    pub(super) callback: Vec<u8>,
    /// `answer.txt`: the body of the token endpoint's answer.
    pub(super) answer: Vec<u8>,
    /// `keys.json`: the provider's key set.
    pub(super) keys: Vec<u8>,
}

impl Case {
    pub(super) fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/oidc")
    }

    /// Every case of a kind, by name.
    pub(super) fn all(kind: &str) -> Vec<Self> {
        let mut folders: Vec<_> = std::fs::read_dir(Self::root().join(kind))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        folders.sort();
        folders.iter().map(|folder| Self::read(folder)).collect()
    }

    pub(super) fn read(folder: &Path) -> Self {
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
        Self {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            file: serde_json::from_slice(&read("case.json")).unwrap(),
            callback: read("callback.txt"),
            answer: read("answer.txt"),
            keys: read("keys.json"),
        }
    }

    pub(super) fn judge(&self) -> Result<ValidatedIdToken, Rejection> {
        self.judge_into(&mut Checks::new())
    }

    /// The checks of its record.
    pub(super) fn checks(&self) -> Vec<vestibule::oidc::Check> {
        let mut checks = Checks::new();
        drop(self.judge_into(&mut checks));
        checks.into_vec()
    }

    fn judge_into(&self, checks: &mut Checks) -> Result<ValidatedIdToken, Rejection> {
        let client = self.client();
        let callback = Callback::parse(&self.callback, checks)?;
        let callback = match callback.matches(self.open(), &client, checks)? {
            Answer::Code(callback) => callback,
            Answer::Error(error) => return Err(error.reject(checks)),
        };
        let CaseFile {
            status, is_json, ..
        } = self.file;
        let answer = TokenAnswer::parse(callback, status, is_json, &self.answer, checks)?;
        let keys = KeySet::parse(&self.keys).unwrap();
        let token = answer.verify(&keys, &client, checks)?;
        token.validate(&client, self.file.now, checks)
    }

    fn client(&self) -> Client {
        let file = &self.file.client;
        let mut client = Client::new(file.issuer.clone(), file.client_id.clone());
        if !file.algorithms.is_empty() {
            let named = file.algorithms.iter();
            client.algorithms = named
                .map(|name| Algorithm::from_name(name).unwrap())
                .collect();
        }
        client.extra_audiences.clone_from(&file.extra_audiences);
        client.answers_name_issuer = file.answers_name_issuer;
        client.max_authentication_age = file.max_authentication_age.map(Duration::seconds);
        client.accepted_acr.clone_from(&file.accepted_acr);
        client
    }

    fn open(&self) -> OpenRequest {
        let open = &self.file.open;
        OpenRequest {
            state_hash: sha256(open.state.as_bytes()),
            nonce: open.nonce.clone(),
            started_at: open.started_at,
            forced: open.forced,
        }
    }

    /// What no record may say: code, state, nonce, tokens.
    pub(super) fn secrets(&self) -> Vec<String> {
        let callback = url::form_urlencoded::parse(&self.callback);
        let answer: serde_json::Value = serde_json::from_slice(&self.answer).unwrap_or_default();
        let tokens = ["access_token", "id_token", "refresh_token"];
        callback
            .filter(|(name, _)| matches!(&**name, "code" | "state" | "id_token"))
            .map(|(_, value)| value.into_owned())
            .chain(tokens.into_iter().filter_map(|token| {
                let token = answer.get(token)?.as_str()?;
                Some(token.to_owned())
            }))
            .chain([self.file.open.nonce.clone()])
            .filter(|secret| secret.len() > 8)
            .collect()
    }
}
