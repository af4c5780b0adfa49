//! A folder of `tests/vectors/oidc`, and the way that a callback goes from its octets to its verdict.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use openssl::sha::sha256;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use vestibule::jose::{Algorithm, KeySet};
use vestibule::oidc::{
    Answer, Callback, Checks, Client, Issuer, LogoutToken, OpenRequest, Rejection, TokenAnswer,
    ValidatedIdToken,
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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) logout_without_expiry: bool,
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

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    SignIn {
        /// `callback.txt`: the query, or the body of a form.
        callback: Vec<u8>,
        /// `answer.txt`: the body of the token endpoint's answer.
        answer: Vec<u8>,
    },
    /// `logout.txt`: a logout token.
    Logout(String),
}

/// A case with its octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) file: CaseFile,
    pub(super) message: Message,
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
        let message = match std::fs::read_to_string(folder.join("logout.txt")) {
            Ok(token) => Message::Logout(token),
            Err(_) => Message::SignIn {
                callback: read("callback.txt"),
                answer: read("answer.txt"),
            },
        };
        Self {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            file: serde_json::from_slice(&read("case.json")).unwrap(),
            message,
            keys: read("keys.json"),
        }
    }

    /// Whom it names; a logout token by `sub`, or else by `sid`.
    pub(super) fn judge(&self) -> Result<String, Rejection> {
        self.judge_into(&mut Checks::new())
    }

    /// The checks of its record.
    pub(super) fn checks(&self) -> Vec<vestibule::oidc::Check> {
        let mut checks = Checks::new();
        drop(self.judge_into(&mut checks));
        checks.into_vec()
    }

    fn judge_into(&self, checks: &mut Checks) -> Result<String, Rejection> {
        let client = self.client();
        let keys = KeySet::parse(&self.keys).unwrap();
        let now = self.file.now;
        match &self.message {
            Message::SignIn { callback, answer } => {
                let token = self.sign_in(callback, answer, &client, &keys, checks)?;
                Ok(token.subject().to_owned())
            }
            Message::Logout(token) => {
                let may_last = self.file.client.logout_without_expiry;
                let token = LogoutToken::validate(token, &keys, &client, may_last, now, checks)?;
                let named = token.subject().or(token.session());
                Ok(named.unwrap().to_owned())
            }
        }
    }

    fn sign_in(
        &self,
        callback: &[u8],
        answer: &[u8],
        client: &Client,
        keys: &KeySet,
        checks: &mut Checks,
    ) -> Result<ValidatedIdToken, Rejection> {
        let callback = Callback::parse(callback, checks)?;
        let callback = match callback.matches(self.open(), client, checks)? {
            Answer::Code(callback) => callback,
            Answer::Error(error) => return Err(error.reject(checks)),
        };
        let CaseFile {
            status, is_json, ..
        } = self.file;
        let answer = TokenAnswer::parse(callback, status, is_json, answer, checks)?;
        let token = answer.verify(keys, client, checks)?;
        token.validate(client, self.file.now, checks)
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
        let (callback, answer) = match &self.message {
            Message::SignIn { callback, answer } => (callback.as_slice(), answer.as_slice()),
            Message::Logout(token) => return vec![token.clone()],
        };
        let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
        let tokens = ["access_token", "id_token", "refresh_token"];
        url::form_urlencoded::parse(callback)
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
