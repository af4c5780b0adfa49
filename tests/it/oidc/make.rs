//! The generator of the vectors: each is a good sign-in with one change.
//!
//! `VESTIBULE_WRITE_VECTORS=1 cargo test --test it oidc::make` writes what is missing or has changed. Signatures are made by OpenSSL
//! here, not by the product's own hand, so that a token can be wrong in any way.

#![expect(clippy::too_many_lines, reason = "a function is a table of cases")]

mod accepted;
mod answers;
mod callbacks;
mod claims;
mod logout;
mod openid_foundation;
mod signatures;
mod users;

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use serde_json::{Value, json};
use time::Duration;
use time::macros::datetime;
use vestibule::oidc::{Cloud, Issuer};

use super::case::{Case, CaseFile, ClientFile, Expect, Message, OpenFile, UserFile, UserInfoFile};

const TENANT: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
const OTHER_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const CLIENT: &str = "11112222-bbbb-3333-cccc-4444dddd5555";
const STATE: &str = "c3RhdGUtc3RhdGUtc3RhdGUtc3RhdGUtc3RhdGUtMzI";
const NONCE: &str = "bm9uY2Utbm9uY2Utbm9uY2Utbm9uY2Utbm9uY2UtMzI";
const CODE: &str = "0.AAAAcode.of-this_sign-in";
const ACCESS_TOKEN: &str = "an-opaque-access-token";
const KID: &str = "jS1Xo1OWDj_52vbwGNgvQO2VzMc";
const SUBJECT: &str = "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ";
const OBJECT: &str = "690222be-ff1a-4d56-abd1-7e4f7d38e474";
const NAMED: &str = "https://idp.example.com";

/// A sign-in that would be good, to be changed.
struct Story {
    callback: Vec<(String, String)>,
    header: Value,
    claims: Value,
    /// The claims as they are written, where that is not what JSON's own writer would do.
    written_claims: Option<String>,
    signed_by: &'static str,
    /// Changes the compact text.
    token: fn(String) -> String,
    answer: Value,
    written_answer: Option<String>,
    status: u16,
    is_json: bool,
    keys: Value,
    userinfo: Option<Value>,
    /// The userinfo comes as a JWT with this header.
    userinfo_header: Option<Value>,
    /// The token comes by itself, as a logout token does.
    is_logout: bool,
    file: CaseFile,
}

fn key(name: &str) -> PKey<Private> {
    let path = Case::root().join("keys").join(format!("{name}.pem"));
    PKey::private_key_from_pem(&std::fs::read(path).unwrap()).unwrap()
}

/// The public part of an RSA key of the folder, as Entra publishes its own: without `alg`.
fn jwk(name: &str, kid: &str) -> Value {
    let rsa = key(name).rsa().unwrap();
    json!({
        "kty": "RSA", "use": "sig", "kid": kid,
        "n": BASE64_URL_SAFE_NO_PAD.encode(rsa.n().to_vec()),
        "e": BASE64_URL_SAFE_NO_PAD.encode(rsa.e().to_vec()),
    })
}

impl Story {
    /// A sign-in through one tenant of Entra.
    fn entra() -> Self {
        let started_at = datetime!(2026-12-01 08:00:00 UTC);
        let issued = started_at.unix_timestamp() - 290;
        let iss = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
        Self {
            callback: vec![
                ("code".to_owned(), CODE.to_owned()),
                ("state".to_owned(), STATE.to_owned()),
                (
                    "session_state".to_owned(),
                    "007e3899-e104-731f-b675-0617c1f2dd72".to_owned(),
                ),
            ],
            header: json!({ "typ": "JWT", "alg": "RS256", "kid": KID }),
            claims: json!({
                "aud": CLIENT, "iss": iss, "iat": issued, "nbf": issued, "exp": issued + 3900,
                "aio": "AWQAm/8", "rh": "1.ASEA", "uti": "QytWGioBoiIRHoubnOR",
                "sub": SUBJECT, "oid": OBJECT, "tid": TENANT,
                "name": "Britta Simon", "preferred_username": "britta@contoso.com",
                "nonce": NONCE, "ver": "2.0", "email": "britta@contoso.com",
            }),
            written_claims: None,
            signed_by: "idp",
            token: |token| token,
            answer: json!({
                "token_type": "Bearer", "scope": "openid profile email", "expires_in": 4321,
                "ext_expires_in": 4321, "access_token": ACCESS_TOKEN,
            }),
            written_answer: None,
            status: 200,
            is_json: true,
            keys: json!({ "keys": [jwk("other", "another"), jwk("idp", KID)] }),
            userinfo: None,
            userinfo_header: None,
            is_logout: false,
            file: CaseFile {
                note: String::new(),
                client: ClientFile {
                    issuer: Issuer::EntraTenant {
                        cloud: Cloud::Global,
                        tenant: TENANT.parse().unwrap(),
                    },
                    client_id: CLIENT.to_owned(),
                    algorithms: Vec::new(),
                    extra_audiences: BTreeSet::new(),
                    answers_name_issuer: false,
                    max_authentication_age: None,
                    accepted_acr: Vec::new(),
                    logout_without_expiry: false,
                    signed_userinfo: false,
                    user_name_as_email: false,
                },
                open: OpenFile {
                    state: STATE.to_owned(),
                    nonce: NONCE.to_owned(),
                    started_at,
                    forced: false,
                },
                status: 200,
                is_json: true,
                now: started_at + Duration::seconds(20),
                expect: Expect::User(UserFile {
                    key: format!("oid:{OBJECT}"),
                    email: Some("britta@contoso.com".to_owned()),
                    ..UserFile::default()
                }),
            },
        }
    }

    /// A sign-in through a provider that is not Entra.
    fn named() -> Self {
        let mut story = Self::entra();
        story.file.client.issuer = Issuer::named(NAMED);
        let started = story.file.open.started_at.unix_timestamp();
        story.claims = json!({
            "iss": NAMED, "aud": CLIENT, "sub": "248289761001", "nonce": NONCE,
            "iat": started + 10, "exp": started + 310, "auth_time": started + 5,
            "email": "jane@example.com", "email_verified": true,
        });
        story.file.expect = Expect::User(UserFile {
            key: "sub:248289761001".to_owned(),
            email: Some("jane@example.com".to_owned()),
            is_verified: true,
            ..UserFile::default()
        });
        story
    }

    /// A logout token of the same provider.
    fn logout() -> Self {
        let mut story = Self::named();
        let now = story.file.now.unix_timestamp();
        story.file.expect = Expect::User(UserFile {
            key: "248289761001".to_owned(),
            ..UserFile::default()
        });
        story.is_logout = true;
        story.header = json!({ "typ": "logout+jwt", "alg": "RS256", "kid": KID });
        story.claims = json!({
            "iss": NAMED, "aud": CLIENT, "iat": now - 1, "exp": now + 119, "jti": "bWJq",
            "sub": "248289761001", "sid": "08a5019c-17e1-4977-8f42-65a12843ea02",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        story
    }

    /// When it began, in seconds.
    fn started(&self) -> i64 {
        self.file.open.started_at.unix_timestamp()
    }

    /// The user that is expected.
    fn user(&mut self) -> &mut UserFile {
        match &mut self.file.expect {
            Expect::User(user) => user,
            Expect::Rule(_) => panic!("nobody is expected"),
        }
    }

    fn claim(&mut self, name: &str, value: impl Into<Value>) {
        self.claims[name] = value.into();
    }

    fn without_claim(&mut self, name: &str) {
        self.claims.as_object_mut().unwrap().remove(name).unwrap();
    }

    fn parameter(&mut self, name: &str, value: &str) {
        let found = self.callback.iter_mut().find(|(known, _)| known == name);
        match found {
            Some((_, known)) => value.clone_into(known),
            None => self.callback.push((name.to_owned(), value.to_owned())),
        }
    }

    fn without_parameter(&mut self, name: &str) {
        self.callback.retain(|(known, _)| known != name);
    }

    /// Makes it a case.
    fn into_case(mut self, name: &str, note: &str) -> Case {
        note.clone_into(&mut self.file.note);
        let claims = self
            .written_claims
            .unwrap_or_else(|| self.claims.to_string());
        let token = (self.token)(signed(&self.header, &claims, self.signed_by));
        if self.is_logout {
            return Case {
                name: name.to_owned(),
                file: self.file,
                message: Message::Logout(token),
                keys: self.keys.to_string().into_bytes(),
            };
        }
        if self.answer.get("id_token").is_none() {
            self.answer["id_token"] = token.into();
        }
        let answer = self.written_answer.unwrap_or_else(|| {
            let answer = self.answer.as_object_mut().unwrap();
            answer.retain(|_, value| !value.is_null());
            self.answer.to_string()
        });
        self.file.status = self.status;
        self.file.is_json = self.is_json;
        let callback = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.callback)
            .finish();
        Case {
            name: name.to_owned(),
            file: self.file,
            message: Message::SignIn {
                callback: callback.into_bytes(),
                answer: answer.into_bytes(),
                userinfo: self.userinfo.map(|claims| match &self.userinfo_header {
                    Some(header) => {
                        UserInfoFile::Signed(signed(header, &claims.to_string(), self.signed_by))
                    }
                    None => UserInfoFile::Plain(claims.to_string().into_bytes()),
                }),
            },
            keys: self.keys.to_string().into_bytes(),
        }
    }
}

/// A JWS by RS256, whatever its header says.
fn signed(header: &Value, claims: &str, by: &str) -> String {
    let signed = format!(
        "{}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(header.to_string()),
        BASE64_URL_SAFE_NO_PAD.encode(claims)
    );
    let signature = Signer::new(MessageDigest::sha256(), &key(by))
        .and_then(|mut by| by.sign_oneshot_to_vec(signed.as_bytes()))
        .unwrap();
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// The cases of a kind, as they are made.
struct Cases(Vec<Case>);

impl Cases {
    fn accept(
        &mut self,
        name: &str,
        note: &str,
        mut story: Story,
        change: impl FnOnce(&mut Story),
    ) {
        change(&mut story);
        self.0.push(story.into_case(name, note));
    }

    /// A sign-in through Entra, with one change.
    fn reject(&mut self, name: &str, rule: &str, note: &str, change: impl FnOnce(&mut Story)) {
        self.reject_from(Story::entra(), name, rule, note, change);
    }

    fn reject_from(
        &mut self,
        mut story: Story,
        name: &str,
        rule: &str,
        note: &str,
        change: impl FnOnce(&mut Story),
    ) {
        change(&mut story);
        story.file.expect = Expect::Rule(rule.to_owned());
        self.0.push(story.into_case(name, note));
    }
}

#[test]
fn every_folder_is_as_it_was_made() {
    let (mut accepted, mut rejected) = (Cases(Vec::new()), Cases(Vec::new()));
    accepted::cases(&mut accepted);
    callbacks::cases(&mut rejected);
    answers::cases(&mut rejected);
    signatures::cases(&mut rejected);
    claims::cases(&mut rejected);
    users::accepted(&mut accepted);
    users::rejected(&mut rejected);
    logout::accepted(&mut accepted);
    logout::rejected(&mut rejected);
    hold("accept", &accepted.0);
    hold("reject", &rejected.0);
}

fn hold(kind: &str, cases: &[Case]) {
    let folder = Case::root().join(kind);
    if std::env::var_os("VESTIBULE_WRITE_VECTORS").is_some() {
        for case in cases {
            write(&folder.join(&case.name), case);
        }
    }
    let names: BTreeSet<_> = cases.iter().map(|case| case.name.clone()).collect();
    assert_eq!(names.len(), cases.len(), "two cases of one name");
    let there: BTreeSet<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, names);
    for case in cases {
        assert_eq!(Case::read(&folder.join(&case.name)), *case);
    }
}

fn write(folder: &Path, case: &Case) {
    std::fs::create_dir_all(folder).unwrap();
    let file = format!("{}\n", serde_json::to_string_pretty(&case.file).unwrap());
    std::fs::write(folder.join("case.json"), file).unwrap();
    match &case.message {
        Message::SignIn {
            callback,
            answer,
            userinfo,
        } => {
            if let Some(userinfo) = userinfo {
                userinfo.write(folder);
            }
            std::fs::write(folder.join("callback.txt"), callback).unwrap();
            std::fs::write(folder.join("answer.txt"), answer).unwrap();
        }
        Message::Logout(token) => std::fs::write(folder.join("logout.txt"), token).unwrap(),
    }
    std::fs::write(folder.join("keys.json"), &case.keys).unwrap();
}
