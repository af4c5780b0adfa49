//! Signing certificates: what they say, and what becomes of a connection's list of them.
//!
//! Invariant: nothing here makes a certificate trusted. A list is a proposal until it is confirmed.

use time::{Duration, OffsetDateTime};

use super::{Admin, Obstacle, Problems, Refused};
use crate::domain::saml_settings::CERTIFICATE_ENDS_SOON;
use crate::domain::{CertificateValidity, Connection};
use crate::import::{self, CertificateError};

/// The most certificates that a connection trusts at once.
pub const MOST_CERTIFICATES: usize = 20;

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// As settings keep it: base64 of DER.
    pub stored: String,
    /// The subject's common name.
    pub subject: String,
    /// Upper-case hexadecimal, as Entra's page shows it.
    pub sha1: String,
    /// Upper-case hexadecimal.
    pub sha256: String,
    /// The first and the last instant of its validity; none when it cannot be read.
    pub validity: Option<(OffsetDateTime, OffsetDateTime)>,
    pub state: CertificateState,
}

/// What a certificate is worth now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateState {
    /// In force, for so many days more.
    InForce(i64),
    /// Its time has not come.
    NotYet,
    /// Its time is over.
    Expired,
    /// It verifies nothing, for this reason (rule B2).
    Unusable(String),
}

impl CertificateFacts {
    /// Of a stored certificate.
    pub fn of(stored: &str, now: OffsetDateTime) -> Self {
        let read = import::keys(std::slice::from_ref(&stored.to_owned())).next();
        let unusable = |why: String| Self {
            stored: stored.to_owned(),
            subject: String::new(),
            sha1: String::new(),
            sha256: String::new(),
            validity: None,
            state: CertificateState::Unusable(why),
        };
        match read {
            Some(Ok(key)) => {
                let (from, until) = key.validity();
                Self {
                    stored: stored.to_owned(),
                    subject: key.subject().to_owned(),
                    sha1: key.sha1_thumbprint(),
                    sha256: key.sha256_thumbprint().to_ascii_uppercase(),
                    validity: Some((from, until)),
                    state: if until < now {
                        CertificateState::Expired
                    } else if now < from {
                        CertificateState::NotYet
                    } else {
                        CertificateState::InForce((until - now).whole_days())
                    },
                }
            }
            Some(Err(why)) => unusable(why.to_string()),
            None => unusable("it cannot be read".to_owned()),
        }
    }

    /// Of every certificate of a connection.
    pub fn all(connection: &Connection, now: OffsetDateTime) -> Vec<Self> {
        let all = connection.settings.saml().certificates.iter();
        all.map(|stored| Self::of(stored, now)).collect()
    }
}

/// What is wrong with a connection's certificates now, or will be soon; none when nothing is.
pub fn certificate_warning(connection: &Connection, now: OffsetDateTime) -> Option<String> {
    let all = CertificateFacts::all(connection, now);
    let strict = connection.settings.saml().certificate_validity == CertificateValidity::Reject;
    if all.is_empty() {
        return Some("No certificate yet".to_owned());
    }
    let longest = all.iter().filter_map(|one| match one.state {
        CertificateState::InForce(days) => Some(days),
        _ => None,
    });
    match longest.max() {
        None if strict => Some("No certificate in force: every sign-in is refused".to_owned()),
        None => Some("No certificate in force".to_owned()),
        Some(0) => Some("The last certificate expires today".to_owned()),
        Some(1) => Some("The last certificate expires tomorrow".to_owned()),
        Some(days) if days <= CERTIFICATE_ENDS_SOON => {
            Some(format!("The last certificate expires in {days} days"))
        }
        Some(_) => None,
    }
}

/// What the certificates of a connection mean for sign-ins, where they are other ones than before; `before` is none for a new
/// connection.
pub fn certificate_findings(
    before: Option<&Connection>,
    after: &Connection,
    now: OffsetDateTime,
) -> Vec<String> {
    let facts = CertificateFacts::all(after, now);
    let strict = after.settings.saml().certificate_validity == CertificateValidity::Reject;
    let in_force = |one: &CertificateFacts| matches!(one.state, CertificateState::InForce(_));
    let mut findings = Vec::new();
    if facts.is_empty() {
        findings.push(match before {
            None => {
                "It has no certificate yet. Add it before you enable the connection.".to_owned()
            }
            Some(_) => {
                "No certificate is left: nobody can sign in through this connection.".to_owned()
            }
        });
        if before.is_some_and(|before| before.enabled) {
            findings.push(
                "The connection is enabled, and an enabled one needs a certificate: disable it first.".to_owned(),
            );
        }
    } else if strict && !facts.iter().any(in_force) {
        findings.push(
            "None of these certificates is in force: every sign-in is refused. Make a new one at the identity provider."
                .to_owned(),
        );
    }
    let known = before.map_or(&[][..], |before| &before.settings.saml().certificates);
    for one in facts.iter().filter(|one| !known.contains(&one.stored)) {
        match &one.state {
            CertificateState::Expired => findings.push(format!(
                "{} has expired. Is it the one that your identity provider signs with now?",
                one.subject
            )),
            CertificateState::NotYet => findings.push(format!("{} is not valid yet.", one.subject)),
            CertificateState::Unusable(why) => {
                findings.push(format!("A certificate cannot be used: {why}."));
            }
            CertificateState::InForce(_) => {}
        }
    }
    findings
}

/// The certificates of a pasted text or of a file.
pub fn given_certificates(text: &str, file: &[u8]) -> Result<Vec<String>, Refused> {
    let unfit = |field, error: &CertificateError| {
        let what = format!("This cannot be used: {error}.");
        Refused::invalid(field, what)
    };
    let mut all = Vec::new();
    if !text.trim().is_empty() {
        all = import::all_certificates(text.trim().as_bytes())
            .map_err(|error| unfit("certificate", &error))?;
    }
    if !file.is_empty() {
        for one in
            import::all_certificates(file).map_err(|error| unfit("certificate_file", &error))?
        {
            add(&mut all, one);
        }
    }
    if all.is_empty() {
        return Err(Refused::invalid(
            "certificate",
            "Paste the certificate, or choose its file. Entra ID: SAML Certificates, Certificate (Base64).",
        ));
    }
    Ok(all)
}

/// What is proposed to be done with a connection's certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateChange {
    /// Trust these beside those that are trusted now.
    Add(Vec<String>),
    /// Trust these and no others.
    Replace(Vec<String>),
    /// Trust this one no longer, by its SHA-256 thumbprint.
    Remove(String),
}

impl Admin<'_> {
    /// The connection as it would be.
    pub fn with_certificates(
        &self,
        before: &Connection,
        change: CertificateChange,
    ) -> Result<Connection, Refused> {
        let mut after = before.clone();
        let Some(saml) = after.settings.saml_mut() else {
            return Err(Obstacle::NotSaml.into());
        };
        let list = &mut saml.certificates;
        let mut problems = Problems::default();
        match change {
            CertificateChange::Add(all) => all.into_iter().for_each(|one| add(list, one)),
            CertificateChange::Replace(all) => *list = all,
            CertificateChange::Remove(thumbprint) => {
                let all = CertificateFacts::all(before, self.now);
                let gone = all.iter().find(|one| one.key() == thumbprint);
                let gone = gone.ok_or(Refused::NotFound)?;
                list.retain(|stored| *stored != gone.stored);
            }
        }
        if list.len() > MOST_CERTIFICATES {
            problems.add(
                "certificate",
                format!("A connection trusts at most {MOST_CERTIFICATES} certificates. Remove some first."),
            );
        }
        if after == *before {
            problems.add(
                "certificate",
                "It is trusted already, and nothing else changes.",
            );
        }
        problems.check()?;
        Ok(after)
    }
}

impl CertificateFacts {
    /// Names it within its connection, also when it cannot be read.
    pub fn key(&self) -> String {
        if self.sha256.is_empty() {
            crate::keys::hex(&crate::keys::hash(self.stored.as_bytes()))
        } else {
            self.sha256.clone()
        }
    }

    /// How long it lasts beyond now; nothing when its time is over.
    pub fn time_left(&self, now: OffsetDateTime) -> Duration {
        self.validity.map_or(Duration::ZERO, |(_, until)| {
            (until - now).max(Duration::ZERO)
        })
    }
}

/// Adds a certificate, unless it is there already.
pub(super) fn add(list: &mut Vec<String>, certificate: String) {
    if !list.contains(&certificate) {
        list.push(certificate);
    }
}

/// The SHA-1 thumbprints, as Entra's page shows them.
pub(super) fn thumbprints(certificates: &[String]) -> String {
    if certificates.is_empty() {
        return "none".to_owned();
    }
    let all: Vec<String> = import::keys(certificates)
        .map(|key| key.map_or_else(|error| error.to_string(), |key| key.sha1_thumbprint()))
        .collect();
    all.join(",")
}
