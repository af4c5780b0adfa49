//! Sign-ins: the list, and everything that is known of one.
//!
//! Invariant: what is kept sealed beside a record is opened here and nowhere else, for the company of the attempt; what a test
//! holds of a person, for the administrator who ran it.

use time::Duration;
use time::OffsetDateTime;

use super::fix::{Fix, fixes};
use super::{Admin, Refused};
use crate::domain::{
    AttemptKind, Code, Company, Connection, EvidenceKind, Findings, LoginAttempt, NewKey, User,
};
use crate::import;
use crate::saml::instant;
use crate::saml::outline::{self, Line, Values};
use crate::saml::signature::VerificationKey;
use crate::store::{SignInFilter, SignInPage};

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
    /// The fields to look at, on which side, most likely first.
    pub fixes: Vec<Fix>,
    /// The key that signed it, when the metadata has it and the connection does not have it yet.
    pub new_key: Option<NewKey>,
}

/// Who signed, and who may.
#[derive(Debug)]
pub struct Signing {
    /// The SHA-256 thumbprint of the certificate that signed, or that the message names for itself.
    pub signer: Option<String>,
    /// Whether its signature was verified.
    pub verified: bool,
    /// The connection's certificates now.
    pub configured: Vec<SigningCertificate>,
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
pub enum Received {
    /// Nothing is kept, or not any more.
    Nothing,
    /// A message that can be read.
    Message(Vec<Line>),
    /// Octets that are no XML: how many, and the octets where values are shown.
    Unreadable(usize, Option<String>),
}

impl Admin<'_> {
    /// A page of the company's sign-ins, the newest first.
    pub async fn sign_ins(&self, filter: &SignInFilter, limit: u32) -> Result<SignInPage, Refused> {
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
        Ok(SignInDetail {
            new_key,
            signing: signing(&attempt, connection.as_ref()),
            drift: drift(&attempt),
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
        let (Some("B3"), Some(connection)) = (attempt.rule.as_deref(), connection) else {
            return Ok(None);
        };
        let opened = self.unsealed(attempt, EvidenceKind::NewKey).await?;
        let key: Option<NewKey> = opened.and_then(|text| serde_json::from_slice(&text).ok());
        let has = |key: &NewKey| {
            import::keys(&connection.settings.certificates)
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
        let opened = self.unsealed(attempt, EvidenceKind::Findings).await?;
        Ok(opened.and_then(|text| serde_json::from_slice(&text).ok()))
    }

    /// What a refused sign-in or a test received, without its values.
    pub async fn received(&self, attempt: &LoginAttempt) -> Result<Received, Refused> {
        let opened = self.unsealed(attempt, EvidenceKind::Response).await?;
        Ok(opened.map_or(Received::Nothing, |octets| read(&octets, Values::Masked)))
    }

    /// The same with its values. That they were looked at is in the audit log before anyone sees them.
    pub async fn reveal_received(&self, attempt: &LoginAttempt) -> Result<Received, Refused> {
        if !self.may_read(attempt) {
            return Err(Refused::InTheWay(
                "What a test received is shown to the administrator who ran it.".to_owned(),
            ));
        }
        let Some(octets) = self.unsealed(attempt, EvidenceKind::Response).await? else {
            return Ok(Received::Nothing);
        };
        let event = self
            .event("sign_in.reveal", attempt.code.to_string())
            .with_detail("The values of the message that this sign-in received were looked at.");
        self.store.add_audit_event(&event).await?;
        Ok(read(&octets, Values::Shown))
    }

    /// Whether the actor may see what an attempt holds of a person: of a test, who ran it.
    pub fn may_read(&self, attempt: &LoginAttempt) -> bool {
        attempt.tested_by.is_none() || attempt.tested_by == self.actor.user
    }

    async fn unsealed(
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

fn read(octets: &[u8], values: Values) -> Received {
    match outline::outline(octets, values) {
        Ok(lines) => Received::Message(lines),
        Err(_) => Received::Unreadable(
            octets.len(),
            (values == Values::Shown).then(|| String::from_utf8_lossy(octets).into_owned()),
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
        .find(|check| check.rule == "B3")?;
    let signer = thumbprint_in(&check.received).map(str::to_owned);
    let certificates = connection.map_or(&[][..], |it| &it.settings.certificates);
    let configured = import::certificates(certificates)
        .filter_map(|der| VerificationKey::from_certificate(&der).ok())
        .map(|key| SigningCertificate {
            subject: key.subject().to_owned(),
            sha256: key.sha256_thumbprint().to_owned(),
            sha1: key.sha1_thumbprint(),
            not_after: key.validity().1,
            is_signer: signer.as_deref() == Some(key.sha256_thumbprint()),
        });
    Some(Signing {
        configured: configured.collect(),
        verified: check.passed,
        signer,
    })
}

/// The SHA-256 thumbprint that a check names.
fn thumbprint_in(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_hexdigit())
        .find(|word| word.len() == 64)
}

/// Our clock at the verdict minus the time that the newest message or assertion gives itself.
fn drift(attempt: &LoginAttempt) -> Option<Duration> {
    let check = attempt
        .record
        .checks
        .iter()
        .rev()
        .find(|check| check.rule == "C5")?;
    Some(attempt.finished_at? - instant::parse(&check.received)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_found_in_a_sentence() {
        let print = "0123456789abcdef".repeat(4);
        for text in [
            print.clone(),
            format!(
                "a signature that names certificate SHA-256 {print}, which the connection does not have"
            ),
        ] {
            assert_eq!(thumbprint_in(&text), Some(print.as_str()));
        }
        assert_eq!(
            thumbprint_in("a signature that no certificate verifies"),
            None
        );
        assert_eq!(thumbprint_in(&format!("{print}a")), None);
    }
}
