//! A folder of `tests/vectors/oidc`, and the way that a callback goes from its octets to its verdict.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use openssl::sha::sha256;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use vestibule::jose::{Algorithm, KeySet};
use vestibule::oidc::{
    Answer, Callback, Checks, Client, EmailTrust, GroupClaim, Issuer, LogoutToken, OpenRequest,
    Rejection, TokenAnswer, UserInfo, UserInfoAnswer,
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
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own, with a name of its own in the file"
)]
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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) signed_userinfo: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) user_name_as_email: bool,
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
    /// Accepted, and this is the user.
    User(UserFile),
    /// Refused by this rule.
    Rule(String),
}

/// Who signed in; of a logout token the key alone: `sub`, or else `sid`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserFile {
    pub(super) key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<String>,
    /// Whether the provider says that the address is the user's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_verified: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_guest: bool,
    #[serde(default, skip_serializing_if = "GroupsFile::is_missing")]
    pub(super) groups: GroupsFile,
}

/// What `groups` says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GroupsFile {
    #[default]
    Missing,
    Overflow,
    Values(Vec<String>),
}

impl GroupsFile {
    fn is_missing(&self) -> bool {
        *self == Self::Missing
    }
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    SignIn {
        /// `callback.txt`: the query, or the body of a form.
        callback: Vec<u8>,
        /// `answer.txt`: the body of the token endpoint's answer.
        answer: Vec<u8>,
        /// `userinfo.json`, or `userinfo.jwt`, where the endpoint is asked.
        userinfo: Option<UserInfoFile>,
    },
    /// `logout.txt`: a logout token.
    Logout(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UserInfoFile {
    Plain(Vec<u8>),
    Signed(String),
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

impl UserInfoFile {
    fn read(folder: &Path) -> Option<Self> {
        let plain = std::fs::read(folder.join("userinfo.json")).ok();
        let signed = std::fs::read_to_string(folder.join("userinfo.jwt")).ok();
        plain.map(Self::Plain).or(signed.map(Self::Signed))
    }

    pub(super) fn write(&self, folder: &Path) {
        match self {
            Self::Plain(body) => std::fs::write(folder.join("userinfo.json"), body).unwrap(),
            Self::Signed(jwt) => std::fs::write(folder.join("userinfo.jwt"), jwt).unwrap(),
        }
    }

    fn as_answer(&self) -> UserInfoAnswer<'_> {
        match self {
            Self::Plain(body) => UserInfoAnswer::Plain(body),
            Self::Signed(jwt) => UserInfoAnswer::Signed(jwt),
        }
    }
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
                userinfo: UserInfoFile::read(folder),
            },
        };
        Self {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            file: serde_json::from_slice(&read("case.json")).unwrap(),
            message,
            keys: read("keys.json"),
        }
    }

    /// The same with another answer of the token endpoint.
    pub(super) fn answered(&self, answer: Vec<u8>) -> Self {
        let mut case = self.clone();
        if let Message::SignIn { answer: known, .. } = &mut case.message {
            *known = answer;
        }
        case
    }

    /// Whom it names.
    pub(super) fn judge(&self) -> Result<UserFile, Rejection> {
        self.judge_into(&mut Checks::new())
    }

    /// The checks of its record.
    pub(super) fn checks(&self) -> Vec<vestibule::oidc::Check> {
        let mut checks = Checks::new();
        drop(self.judge_into(&mut checks));
        checks.into_vec()
    }

    fn judge_into(&self, checks: &mut Checks) -> Result<UserFile, Rejection> {
        let (client, settings) = (self.client(), &self.file.client);
        let keys = KeySet::parse(&self.keys).unwrap();
        let (callback, answer, userinfo) = match &self.message {
            Message::SignIn {
                callback,
                answer,
                userinfo,
            } => (callback, answer, userinfo),
            Message::Logout(token) => {
                let (may_last, now) = (settings.logout_without_expiry, self.file.now);
                let token = LogoutToken::validate(token, &keys, &client, may_last, now, checks)?;
                let named = token.subject().or(token.session());
                return Ok(UserFile {
                    key: named.unwrap().to_owned(),
                    ..UserFile::default()
                });
            }
        };
        let callback = Callback::parse(callback, checks)?;
        let callback = match callback.matches(self.open(), &client, checks)? {
            Answer::Code(callback) => callback,
            Answer::Error(error) => return Err(error.reject(checks)),
        };
        let (status, is_json) = (self.file.status, self.file.is_json);
        let token = TokenAnswer::parse(callback, status, is_json, answer, checks)?
            .verify(&keys, &client, checks)?
            .validate(&client, self.file.now, checks)?;
        let userinfo = match userinfo {
            None => None,
            Some(answer) => Some(UserInfo::validate(
                answer.as_answer(),
                &token,
                settings.signed_userinfo,
                &keys,
                &client,
                checks,
            )?),
        };
        let user = token.authenticate(userinfo.as_ref(), &client, settings.user_name_as_email);
        let groups = match GroupClaim::read(user.claims(), "groups", checks)? {
            GroupClaim::Values(values) => GroupsFile::Values(values),
            GroupClaim::Missing => GroupsFile::Missing,
            GroupClaim::Overflow => GroupsFile::Overflow,
        };
        Ok(UserFile {
            key: user.key().to_owned(),
            email: user.email().map(|email| email.address.clone()),
            is_verified: user
                .email()
                .is_some_and(|email| email.trust == EmailTrust::Verified),
            is_guest: user.is_guest(),
            groups,
        })
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
            Message::SignIn {
                callback, answer, ..
            } => (callback.as_slice(), answer.as_slice()),
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
