//! Sign-ins: the list, and everything that is known of one.
//!
//! Invariant: what is kept sealed beside a record is opened here and nowhere else, for the company of the attempt; what a test
//! holds of a person, for the administrator who ran it.

use time::Duration;
use time::OffsetDateTime;

use super::fix::{Fix, Side, fixes};
use super::{Admin, Obstacle, Refused};
use crate::domain::{
    AttemptId, AttemptKind, AuditAction, AuditDetail, Code, Company, Connection, Email,
    EvidenceKind, Findings, LoginAttempt, NewKey, User,
};
use crate::import;
use crate::saml::error::Rule;
use crate::saml::instant;
use crate::saml::outline::{self, OutlineLine, OutlineValues};
use crate::saml::signature::{NamedCertificate, VerificationKey};
use crate::store::{LogPage, SignInFilter, SignInRow};

/// One sign-in with what belongs to it.
#[derive(Debug)]
pub struct SignInDetail {
    pub attempt: LoginAttempt,
    /// Its connection, as it is now.
    pub connection: Option<Connection>,
    /// Who signed in.
    pub user: Option<User>,
    /// Who runs this test.
    pub tester: Option<User>,
    /// The certificates around its signature; none when no signature was looked at.
    pub signing: Option<Signing>,
    /// Our clock minus the identity provider's, the way of the message included.
    pub drift: Option<Duration>,
    /// The same, in words.
    pub clocks: Option<String>,
    /// The fields to look at, on which side, most likely first.
    pub fixes: Vec<Fix>,
    /// The key that signed it, when the metadata has it and the connection does not have it yet.
    pub new_key: Option<NewKey>,
    /// The company's origin, which the paths of the fields belong to.
    pub origin: String,
}

impl SignInDetail {
    /// Who signed in or ran the test; of a refused sign-in the address that its signed assertion names.
    pub fn email(&self) -> Option<&Email> {
        let person = self.user.as_ref().or(self.tester.as_ref());
        person.map(|it| &it.email).or(self.attempt.named.as_ref())
    }

    /// The address of a field in our console.
    pub fn url(&self, fix: &Fix) -> Option<String> {
        let path = fix.path.as_ref()?;
        Some(format!("{}{path}", self.origin))
    }

    /// The command that sets a field, where its value is known.
    pub fn command(&self, fix: &Fix, company: &str) -> Option<String> {
        let (key, value) = (fix.setting?, shell(fix.value.as_deref()?)?);
        if fix.side == Side::Operator {
            return Some(format!("vestibule company set {company} {key}={value}"));
        }
        let name = &self.connection.as_ref()?.name;
        Some(format!(
            "vestibule connection set --company {company} --name {name} {key}={value}"
        ))
    }
}

/// A value as a shell takes it; none that could be anything else there.
fn shell(value: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/@+,=%".contains(&byte);
    if value.bytes().all(plain) {
        return Some(value.to_owned());
    }
    let quotable = value.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !value.contains('\'');
    quotable.then(|| format!("'{value}'"))
}

/// Who signed, and who may.
#[derive(Debug)]
pub struct Signing {
    /// The certificate that signed, or that the message names for itself.
    pub signer: Option<NamedCertificate>,
    /// Whether its signature was verified.
    pub verified: bool,
    /// The connection's certificates now.
    pub configured: Vec<SigningCertificate>,
}

impl Signing {
    /// What is to be said of the certificate of the message, which follows.
    pub fn sentence(&self) -> &'static str {
        if self.signer.is_none() {
            "The signature fits none of the connection’s certificates, and the message names none."
        } else if self.verified {
            "Signed by the certificate"
        } else if self.configured.iter().any(|it| it.is_signer) {
            "The message names the configured certificate, but its signature does not verify:"
        } else {
            "The message names a certificate that the connection does not have:"
        }
    }
}

/// One certificate of a connection.
#[derive(Debug)]
pub struct SigningCertificate {
    pub subject: String,
    pub sha256: String,
    pub sha1: String,
    pub not_after: OffsetDateTime,
    /// Whether it is the one of this sign-in.
    pub is_signer: bool,
}

/// What a refused sign-in or a test received.
#[derive(Debug)]
pub enum ReceivedMessage {
    /// Nothing is kept, or not any more.
    Nothing,
    /// A message that can be read.
    Message(Vec<OutlineLine>),
    /// Octets that are no XML: how many, and the octets where values are shown.
    Unreadable(usize, Option<String>),
}

impl Admin<'_> {
    /// A page of the company's sign-ins, the newest first.
    pub async fn sign_ins(
        &self,
        filter: &SignInFilter,
        limit: u32,
    ) -> Result<LogPage<SignInRow, AttemptId>, Refused> {
        Ok(self.store.sign_ins(self.company, filter, limit).await?)
    }

    /// The sign-in of a code.
    pub async fn sign_in(&self, code: &Code) -> Result<LoginAttempt, Refused> {
        let found = self
            .store
            .attempt_by_code(self.company, code, self.now)
            .await?;
        found.ok_or(Refused::NotFound)
    }

    /// The sign-in of a code with what belongs to it.
    pub async fn sign_in_detail(&self, code: &Code) -> Result<SignInDetail, Refused> {
        let mut attempt = self.sign_in(code).await?;
        let company = self.store.company(self.company).await?;
        let company: Company = company.ok_or(Refused::NotFound)?;
        let connection = match attempt.connection_id {
            Some(id) => self.store.connection(id).await?,
            None => None,
        };
        let connection = connection.filter(|it| it.company_id == self.company);
        let user = match attempt.user_id {
            Some(id) => self.store.user(id).await?,
            None => None,
        };
        let tester = match attempt.tested_by {
            Some(id) => self.store.user(id).await?,
            None => None,
        };
        let new_key = self.new_key(&mut attempt, connection.as_ref()).await?;
        let drift = drift(&attempt);
        Ok(SignInDetail {
            new_key,
            signing: signing(&attempt, connection.as_ref()),
            drift,
            clocks: drift.map(clocks),
            origin: company.origin.to_string(),
            fixes: fixes(&attempt, &company, connection.as_ref()),
            user: user.filter(|it| it.company_id == self.company),
            tester: tester.filter(|it| it.company_id == self.company),
            connection,
            attempt,
        })
    }

    /// The key of a sign-in that is refused for it, when the metadata has it; what to do then is the first advice.
    async fn new_key(
        &self,
        attempt: &mut LoginAttempt,
        connection: Option<&Connection>,
    ) -> Result<Option<NewKey>, Refused> {
        let by_key = attempt.rule.as_deref() == Some(Rule::B3.number());
        let Some(connection) = connection.filter(|_| by_key) else {
            return Ok(None);
        };
        let opened = self.open_evidence(attempt, EvidenceKind::NewKey).await?;
        let key: Option<NewKey> = opened.and_then(|text| serde_json::from_slice(&text).ok());
        let has = |key: &NewKey| {
            import::keys(&connection.settings.saml().certificates)
                .flatten()
                .any(|it| it.sha256_thumbprint() == key.sha256)
        };
        let key = key.filter(|key| !has(key));
        if let Some(key) = &key {
            let advice = format!(
                "The identity provider has a new key: the certificate that signed this (SHA-1 {}) is in its metadata, and the connection does not have it. Import the metadata again ({}), compare the thumbprint, and save.",
                key.sha1, key.url
            );
            attempt.record.advice.insert(0, advice);
        }
        Ok(key)
    }

    /// What a test found, for the administrator who ran it; none when it is over, or another's.
    pub async fn findings(&self, attempt: &LoginAttempt) -> Result<Option<Findings>, Refused> {
        if !self.may_read(attempt) || attempt.kind != AttemptKind::Test {
            return Ok(None);
        }
        let opened = self.open_evidence(attempt, EvidenceKind::Findings).await?;
        Ok(opened.and_then(|text| serde_json::from_slice(&text).ok()))
    }

    /// What a refused sign-in or a test received, without its values.
    pub async fn received(&self, attempt: &LoginAttempt) -> Result<ReceivedMessage, Refused> {
        let opened = self.open_evidence(attempt, EvidenceKind::Response).await?;
        Ok(opened.map_or(ReceivedMessage::Nothing, |octets| {
            read_message(&octets, OutlineValues::Masked)
        }))
    }

    /// The same with its values. That they were looked at is in the audit log before anyone sees them.
    pub async fn reveal_received(
        &self,
        attempt: &LoginAttempt,
    ) -> Result<ReceivedMessage, Refused> {
        if !self.may_read(attempt) {
            return Err(Obstacle::TestOfAnother.into());
        }
        let Some(octets) = self.open_evidence(attempt, EvidenceKind::Response).await? else {
            return Ok(ReceivedMessage::Nothing);
        };
        let event = self
            .event(AuditAction::SignInReveal, attempt.code.to_string())
            .with_detail(AuditDetail::MessageRevealed);
        self.store.add_audit_event(&event).await?;
        Ok(read_message(&octets, OutlineValues::Shown))
    }

    /// Whether the actor may see what an attempt holds of a person: of a test, who ran it.
    pub fn may_read(&self, attempt: &LoginAttempt) -> bool {
        attempt.tested_by.is_none() || attempt.tested_by == self.actor.user
    }

    pub(super) async fn open_evidence(
        &self,
        attempt: &LoginAttempt,
        kind: EvidenceKind,
    ) -> Result<Option<Vec<u8>>, Refused> {
        if attempt.company_id != self.company {
            return Err(Refused::NotFound);
        }
        let sealed = self
            .store
            .evidence(self.company, attempt.id, kind, self.now)
            .await?;
        // What another instance key sealed is as good as gone.
        Ok(sealed.and_then(|sealed| self.keys.open(&kind.purpose(attempt.id), &sealed)))
    }
}

fn read_message(octets: &[u8], values: OutlineValues) -> ReceivedMessage {
    match outline::outline(octets, values) {
        Ok(lines) => ReceivedMessage::Message(lines),
        Err(_) => ReceivedMessage::Unreadable(
            octets.len(),
            (values == OutlineValues::Shown).then(|| String::from_utf8_lossy(octets).into_owned()),
        ),
    }
}

/// The certificates around the signature that was looked at last.
fn signing(attempt: &LoginAttempt, connection: Option<&Connection>) -> Option<Signing> {
    let check = attempt
        .record
        .checks
        .iter()
        .rev()
        .find(|check| check.rule == Rule::B3.number())?;
    let mut signer = NamedCertificate::parse(&check.received);
    let certificates = connection.map_or(&[][..], |it| &it.settings.saml().certificates);
    let configured: Vec<SigningCertificate> = import::certificates(certificates)
        .filter_map(|der| VerificationKey::from_certificate(&der).ok())
        .map(|key| SigningCertificate {
            subject: key.subject().to_owned(),
            sha256: key.sha256_thumbprint().to_owned(),
            sha1: key.sha1_thumbprint(),
            not_after: key.validity().1,
            is_signer: signer
                .as_ref()
                .is_some_and(|it| it.sha256 == key.sha256_thumbprint()),
        })
        .collect();
    // A record names a certificate that the connection has by one thumbprint.
    if let Some(signer) = &mut signer
        && let Some(known) = configured.iter().find(|it| it.is_signer)
    {
        signer.sha1.get_or_insert_with(|| known.sha1.clone());
        signer.subject.get_or_insert_with(|| known.subject.clone());
    }
    Some(Signing {
        configured,
        verified: check.passed,
        signer,
    })
}

/// How far the clocks are apart, the way of the message included.
fn clocks(drift: Duration) -> String {
    let seconds = drift.as_seconds_f64();
    if seconds.abs() < 1.0 {
        return "agree to the second".to_owned();
    }
    let length = if seconds.abs() < 120.0 {
        format!("{:.0} seconds", seconds.abs())
    } else {
        format!("{:.0} minutes", seconds.abs() / 60.0)
    };
    if seconds > 0.0 {
        format!("the message was made {length} before it was judged")
    } else {
        format!("the identity provider's clock is {length} ahead of ours")
    }
}

/// Our clock at the verdict minus the time that the newest message or assertion gives itself.
pub fn drift(attempt: &LoginAttempt) -> Option<Duration> {
    let check = attempt
        .record
        .checks
        .iter()
        .rev()
        .find(|check| check.rule == Rule::C5.number())?;
    Some(attempt.finished_at? - instant::parse(&check.received)?)
}
