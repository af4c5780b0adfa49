//! The certificate that a message names for itself, as a record tells it.
//!
//! Invariant: nobody has vouched for it, and nothing is decided by it (rule B2). It helps to find the right one.
//!
//! Tests: `tests/it/sign_in/new_key.rs`.

use std::fmt;

use openssl::x509::X509;

use super::key::{common_name, hex};

/// The most characters of a subject that is told.
const LONGEST: usize = 100;

/// What is told of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedCertificate {
    /// The SHA-256 thumbprint, lower-case hexadecimal.
    pub sha256: String,
    /// The SHA-1 thumbprint, upper-case hexadecimal, as Entra's page shows it.
    pub sha1: Option<String>,
    /// The common name of its subject, if it can be read.
    pub subject: Option<String>,
}

impl NamedCertificate {
    pub(super) fn from_der(der: &[u8]) -> Self {
        let subject = X509::from_der(der).ok().map(|it| common_name(&it));
        Self {
            sha256: hex(&openssl::sha::sha256(der)),
            sha1: Some(hex(&openssl::sha::sha1(der)).to_ascii_uppercase()),
            subject: subject.filter(|it| !it.is_empty()).map(|subject| {
                let plain = subject.chars().filter(|c| *c != '"' && !c.is_control());
                plain.take(LONGEST).collect()
            }),
        }
    }

    /// The one that a record tells of.
    pub fn parse(text: &str) -> Option<Self> {
        let word = |length: usize| {
            let mut words = text.split(|c: char| !c.is_ascii_hexdigit());
            words.find(|word| word.len() == length).map(str::to_owned)
        };
        let subject = text.split_once(" of \"").map(|(_, rest)| rest);
        let subject = subject.and_then(|rest| rest.split_once('"'));
        Some(Self {
            sha256: word(64)?,
            sha1: word(40),
            subject: subject.map(|(subject, _)| subject.to_owned()),
        })
    }
}

impl fmt::Display for NamedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate SHA-256 {}", self.sha256)?;
        if let Some(sha1) = &self.sha1 {
            write!(f, " / SHA-1 {sha1}")?;
        }
        if let Some(subject) = &self.subject {
            write!(f, " of \"{subject}\"")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_again() {
        let named = NamedCertificate {
            sha256: "0123456789abcdef".repeat(4),
            sha1: Some("0123456789ABCDEF0123".repeat(2)),
            subject: Some("Microsoft Azure Federated SSO".to_owned()),
        };
        let text = format!("a signature that names {named}, which the connection does not have");
        assert_eq!(NamedCertificate::parse(&text), Some(named.clone()));
        // As records of former versions have it, and as a good signature has it.
        let bare = NamedCertificate {
            sha1: None,
            subject: None,
            ..named.clone()
        };
        for text in [
            named.sha256.clone(),
            format!("certificate SHA-256 {}, which", named.sha256),
        ] {
            assert_eq!(NamedCertificate::parse(&text), Some(bare.clone()));
        }
        assert_eq!(
            NamedCertificate::parse("a signature that no certificate verifies"),
            None
        );
        assert_eq!(NamedCertificate::parse(&format!("{}a", named.sha256)), None);
        // What is no certificate has thumbprints all the same.
        let broken = NamedCertificate::from_der(b"x");
        assert_eq!(NamedCertificate::parse(&broken.to_string()), Some(broken));
    }
}
