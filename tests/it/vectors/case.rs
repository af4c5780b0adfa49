//! One folder of `tests/vectors`: a message, what it is judged by, and what must come out (`tests/vectors/README.md`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::pkey::PKey;
use openssl::x509::X509;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use time::{Duration, OffsetDateTime};
use vestibule::saml::assertion::ValidatedAssertion;
use vestibule::saml::binding::{EncodedResponse, decode_redirect};
use vestibule::saml::encryption::DecryptionKey;
use vestibule::saml::error::{Rejection, Rule};
use vestibule::saml::logout::{LogoutExpectation, LogoutMessage, receive_redirect};
use vestibule::saml::metadata::IdpMetadata;
use vestibule::saml::names;
use vestibule::saml::response::{Authentication, Expectation};
use vestibule::saml::signature::{SignatureCoverage, Trust, ValidityPolicy, VerificationKey};
use vestibule::saml::validate::validate;

/// The largest body that the assertion consumer service takes (rule A1).
const BODY_LIMIT: usize = 256 * 1024;

/// `case.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    pub(crate) note: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) idp_entity_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) certificates: Vec<String>,
    pub(crate) entity_id: String,
    pub(crate) acs_url: String,
    pub(crate) request_id: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) now: OffsetDateTime,
    #[serde(default)]
    pub(crate) settings: Settings,
    pub(crate) expect: Expect,
}

/// What differs from a connection's defaults.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    pub(crate) name_id_format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clock_skew_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate_validity: Option<ValidityPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) required_signature: Option<SignatureCoverage>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) extra_audiences: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identity_attribute: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) authn_statement_optional: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) danger_allow_sha1: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) danger_accept_cbc: bool,
    #[serde(
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) forced_at: Option<OffsetDateTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_authentication_age: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) requested_authn_context: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) accepted_authn_context: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) decryption_keys: Vec<String>,
}

/// What must come out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, untagged)]
pub(crate) enum Expect {
    Refused {
        rule: Rule,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        received: Option<String>,
    },
    Accepted(Identity),
}

/// The identity that a message gives; what is not named is not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    pub(crate) name_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) assertion_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session_index: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attributes: Option<BTreeMap<String, Vec<String>>>,
}

/// What a message came as.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// `response.xml`: the octets of a Response.
    Xml(Vec<u8>),
    /// `form.txt`: what was posted to the assertion consumer service.
    Form(Vec<u8>),
    /// `query.txt`: a logout message by HTTP-Redirect.
    Query(String),
}

/// A folder.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) file: CaseFile,
    pub(crate) message: Message,
}

/// A refusal: the rule, and what the record says was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) rule: Rule,
    pub(crate) received: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name_id_format: Some(names::NAMEID_EMAIL.to_owned()),
            clock_skew_seconds: None,
            certificate_validity: None,
            required_signature: None,
            extra_audiences: Vec::new(),
            identity_attribute: None,
            authn_statement_optional: false,
            danger_allow_sha1: false,
            danger_accept_cbc: false,
            forced_at: None,
            max_authentication_age: None,
            requested_authn_context: Vec::new(),
            accepted_authn_context: Vec::new(),
            decryption_keys: Vec::new(),
        }
    }
}

impl Message {
    /// The name of the file that holds it.
    pub(crate) const fn file_name(&self) -> &'static str {
        match self {
            Self::Xml(_) => "response.xml",
            Self::Form(_) => "form.txt",
            Self::Query(_) => "query.txt",
        }
    }

    /// The octets of the file.
    pub(crate) fn octets(&self) -> &[u8] {
        match self {
            Self::Xml(octets) | Self::Form(octets) => octets,
            Self::Query(query) => query.as_bytes(),
        }
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self {
            rule: rejection.rule(),
            received: rejection.received.into_owned(),
        }
    }
}

impl From<&ValidatedAssertion> for Identity {
    fn from(assertion: &ValidatedAssertion) -> Self {
        let attributes = assertion.attributes().iter();
        Self {
            name_id: assertion.name_id().map(|name| name.value.clone()),
            assertion_id: Some(assertion.id().to_owned()),
            session_index: assertion.session_index().map(str::to_owned),
            attributes: Some(
                attributes
                    .map(|attribute| (attribute.name.clone(), attribute.values.clone()))
                    .collect(),
            ),
        }
    }
}

impl Identity {
    /// Whether `other` has everything that is named here.
    pub(crate) fn is_met_by(&self, other: &Self) -> bool {
        fn met<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        self.name_id == other.name_id
            && met(self.assertion_id.as_ref(), other.assertion_id.as_ref())
            && met(self.session_index.as_ref(), other.session_index.as_ref())
            && met(self.attributes.as_ref(), other.attributes.as_ref())
    }
}

impl Case {
    /// The folder `tests/vectors`.
    pub(crate) fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
    }

    /// All cases of `accept` or `reject`, by name. A folder without `case.json` or without a message is an error.
    pub(crate) fn all(kind: &str) -> Vec<Self> {
        let mut cases: Vec<Self> = std::fs::read_dir(Self::root().join(kind))
            .unwrap()
            .map(|entry| Self::load(&entry.unwrap().path()))
            .collect();
        cases.sort_by(|one, other| one.name.cmp(&other.name));
        cases
    }

    fn load(folder: &Path) -> Self {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let read = |file: &str| std::fs::read(folder.join(file)).ok();
        let json = read("case.json").unwrap_or_else(|| panic!("{name} has no case.json"));
        let file = serde_json::from_slice(&json)
            .unwrap_or_else(|error| panic!("{name}/case.json: {error}"));
        let messages = [
            read("response.xml").map(Message::Xml),
            read("form.txt").map(Message::Form),
            read("query.txt").map(|octets| Message::Query(String::from_utf8(octets).unwrap())),
        ];
        let mut messages = messages.into_iter().flatten();
        let message = messages
            .next()
            .unwrap_or_else(|| panic!("{name} has no message"));
        assert!(messages.next().is_none(), "{name} has several messages");
        Self {
            name,
            folder: folder.to_owned(),
            file,
            message,
        }
    }

    /// What the connection trusts.
    pub(crate) fn trust(&self) -> Trust {
        let settings = &self.file.settings;
        let (idp_entity_id, certificates) = self.identity_provider();
        Trust {
            idp_entity_id,
            // A connection keeps only the keys that are fit for use (rule B2).
            keys: certificates
                .iter()
                .filter_map(|der| VerificationKey::from_certificate(der).ok())
                .collect(),
            certificate_validity: settings.certificate_validity.unwrap_or_default(),
            required_signature: settings.required_signature.unwrap_or_default(),
            danger_allow_sha1: settings.danger_allow_sha1,
            danger_accept_cbc: settings.danger_accept_cbc,
            decryption_keys: settings
                .decryption_keys
                .iter()
                .map(|file| {
                    let pem = std::fs::read(self.folder.join(file)).unwrap();
                    DecryptionKey::new(PKey::private_key_from_pem(&pem).unwrap()).unwrap()
                })
                .collect(),
        }
    }

    /// The connection's certificates, DER.
    #[cfg(feature = "samael")]
    pub(crate) fn signing_certificates(&self) -> Vec<Vec<u8>> {
        self.identity_provider().1
    }

    /// The identity provider's entity ID and certificates.
    fn identity_provider(&self) -> (String, Vec<Vec<u8>>) {
        let Some(metadata) = &self.file.metadata else {
            return (
                self.file.idp_entity_id.clone().unwrap(),
                self.certificates(),
            );
        };
        let bytes = std::fs::read(self.folder.join(metadata)).unwrap();
        let wanted = self.file.idp_entity_id.as_deref();
        let imported = IdpMetadata::parse(&bytes, wanted, self.file.now).unwrap();
        let certificates = imported.idp.signing_certificates.iter();
        (
            imported.idp.entity_id.clone(),
            certificates
                .map(|text| STANDARD.decode(text).unwrap())
                .collect(),
        )
    }

    fn certificates(&self) -> Vec<Vec<u8>> {
        let files = self.file.certificates.iter();
        files
            .map(|file| {
                let pem = std::fs::read(self.folder.join(file)).unwrap();
                X509::from_pem(&pem).unwrap().to_der().unwrap()
            })
            .collect()
    }

    /// What the sign-in waits for.
    pub(crate) fn expectation(&self) -> Expectation {
        let settings = &self.file.settings;
        Expectation {
            entity_id: self.file.entity_id.clone(),
            extra_audiences: settings.extra_audiences.clone(),
            acs_url: self.file.acs_url.clone(),
            request_id: self.file.request_id.clone(),
            name_id_format: settings.name_id_format.clone(),
            identity_attribute: settings.identity_attribute.clone(),
            clock_skew: self.skew(),
            authn_statement_optional: settings.authn_statement_optional,
            authentication: Authentication {
                forced_at: settings.forced_at,
                max_age: settings.max_authentication_age.map(Duration::seconds),
                requested: settings.requested_authn_context.clone(),
                accepted: settings.accepted_authn_context.clone(),
            },
        }
    }

    /// The tolerance for clocks.
    pub(crate) fn skew(&self) -> Duration {
        Duration::seconds(self.file.settings.clock_skew_seconds.unwrap_or(180))
    }

    /// The Response, where there is one.
    pub(crate) fn xml(&self) -> &[u8] {
        match &self.message {
            Message::Xml(octets) => octets,
            Message::Form(_) | Message::Query(_) => b"",
        }
    }

    /// The verdict.
    pub(crate) fn judge(&self) -> Result<Identity, Refusal> {
        match &self.message {
            Message::Xml(octets) => self.judge_xml(octets),
            Message::Form(body) => match EncodedResponse::from_form(body, BODY_LIMIT) {
                Ok(form) => self.judge_xml(form.response.xml()),
                Err(error) => Err(Refusal {
                    rule: Rule::A1,
                    received: error.to_string(),
                }),
            },
            Message::Query(query) => self.judge_query(query),
        }
    }

    /// The verdict on other octets.
    pub(crate) fn judge_xml(&self, octets: &[u8]) -> Result<Identity, Refusal> {
        let verdict = validate(octets, &self.trust(), &self.expectation(), self.file.now);
        let (checks, outcome) = verdict.into_parts();
        match outcome {
            Ok(assertion) => {
                assert!(checks.iter().all(|check| check.passed), "{}", self.name);
                Ok(Identity::from(&assertion))
            }
            Err(rejection) => {
                let last = checks.last().unwrap();
                assert!(!last.passed, "{}: a refusal is the last check", self.name);
                assert_eq!(last.requirement, rejection.requirement, "{}", self.name);
                Err(rejection.into())
            }
        }
    }

    fn judge_query(&self, query: &str) -> Result<Identity, Refusal> {
        let message = decode_redirect(query).map_err(|error| Refusal {
            rule: Rule::A2,
            received: error.to_string(),
        })?;
        let expectation = LogoutExpectation {
            slo_url: self.file.acs_url.clone(),
            extra_issuers: Vec::new(),
            clock_skew: self.skew(),
        };
        let verdict = receive_redirect(&message, &self.trust(), &expectation, self.file.now);
        match verdict.into_outcome()?.into_message() {
            LogoutMessage::Request(request) => Ok(Identity {
                name_id: Some(request.name_id.value),
                ..Identity::default()
            }),
            LogoutMessage::Response(_) => Ok(Identity::default()),
        }
    }
}
