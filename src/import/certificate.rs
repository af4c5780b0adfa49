//! A certificate file, as an administrator downloads it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::private_key::holds_private_key;
use crate::saml::certificate_text::{BEGIN, NotBase64, certificates_of};
use crate::saml::signature::{KeyError, VerificationKey};

/// Why a file holds no certificate that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// There is none in it.
    #[error("it holds no certificate. Entra ID: SAML Certificates, Certificate (Base64)")]
    None,
    /// Nothing of it may be kept or shown.
    #[error(
        "it holds a private key, which never belongs here. It was not kept. Give the certificate alone. If somebody else may have seen the key, make a new one at the identity provider"
    )]
    PrivateKey,
    /// Metadata, or a web page.
    #[error(
        "it holds no certificate: it is an XML or HTML file. A certificate file begins with -----BEGIN CERTIFICATE-----. A metadata file is imported as metadata"
    )]
    Markup,
    /// A block of PEM without its last line.
    #[error("it is cut off. Paste all of it, to -----END CERTIFICATE-----")]
    Cut,
    /// A chain: its upper keys sign certificates, and must not be trusted to sign assertions.
    #[error("it holds {0} certificates; give a file with the signing certificate alone")]
    Several(usize),
    /// Rule B4.
    #[error("{0}")]
    Key(#[from] KeyError),
}

/// The most certificates that one text may hold.
const MOST: usize = 20;

/// Every certificate of a text or a file, each in the form that settings keep: several blocks of PEM, or one of the other
/// forms. Whoever shows them before they are trusted may take several.
pub fn all_certificates(file: &[u8]) -> Result<Vec<String>, CertificateError> {
    usable(ders(file)?)
}

/// The certificate of a file (PEM, bare Base64, or DER) in the form that settings keep: base64 of DER.
pub fn certificate(file: &[u8]) -> Result<String, CertificateError> {
    let ders = ders(file)?;
    if ders.len() > 1 {
        return Err(CertificateError::Several(ders.len()));
    }
    usable(ders)?.pop().ok_or(CertificateError::None)
}

/// As settings keep them.
fn usable(ders: Vec<Vec<u8>>) -> Result<Vec<String>, CertificateError> {
    ders.into_iter()
        .map(|der| {
            VerificationKey::from_certificate(&der)?;
            Ok(BASE64_STANDARD.encode(der))
        })
        .collect()
}

fn ders(file: &[u8]) -> Result<Vec<Vec<u8>>, CertificateError> {
    if holds_private_key(file) {
        return Err(CertificateError::PrivateKey);
    }
    // A SEQUENCE with a long length; text never looks like that.
    if matches!(file, [0x30, length, ..] if *length >= 0x80) {
        return Ok(vec![file.to_vec()]);
    }
    let text = std::str::from_utf8(file).map_err(|_| CertificateError::None)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('<') {
        return Err(CertificateError::Markup);
    }
    if text.matches(BEGIN).count() > text.matches("-----END ").count() {
        return Err(CertificateError::Cut);
    }
    let found = certificates_of(text).map_err(|NotBase64| CertificateError::None)?;
    if found.is_empty() {
        return Err(CertificateError::None);
    }
    if found.len() > MOST {
        return Err(CertificateError::Several(found.len()));
    }
    let mut all: Vec<Vec<u8>> = Vec::new();
    for der in found {
        if !all.contains(&der) {
            all.push(der);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = include_str!("../../metadata/entra-ssoready.xml");

    fn base64_of_metadata() -> &'static str {
        let (_, rest) = METADATA.split_once("X509Certificate>").unwrap();
        rest.split('<').next().unwrap()
    }

    #[test]
    fn every_form_is_read() {
        let kept = base64_of_metadata();
        let der = BASE64_STANDARD.decode(kept).unwrap();
        let lines: Vec<&str> = kept
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        let wrapped = lines.join("\r\n");
        let pem = format!(
            "\u{feff}Bag Attributes\n-----BEGIN CERTIFICATE-----\r\n{wrapped}\r\n-----END CERTIFICATE-----\r\n"
        );
        for file in [kept.as_bytes(), wrapped.as_bytes(), pem.as_bytes(), &der] {
            assert_eq!(certificate(file).unwrap(), kept);
        }
        // The Base64 of a whole PEM file.
        let twice = BASE64_STANDARD.encode(&pem);
        assert_eq!(certificate(twice.as_bytes()).unwrap(), kept);
        // Once is enough.
        assert_eq!(certificate(pem.repeat(3).as_bytes()).unwrap(), kept);
        let other = include_str!("../../metadata/okta-ssoready.xml");
        let (_, other) = other.split_once("X509Certificate>").unwrap();
        let other = other.split('<').next().unwrap();
        let both =
            format!("{pem}-----BEGIN CERTIFICATE-----\n{other}\n-----END CERTIFICATE-----\n");
        assert_eq!(
            certificate(both.as_bytes()),
            Err(CertificateError::Several(2))
        );
        assert_eq!(all_certificates(both.as_bytes()).unwrap().len(), 2);
        assert_eq!(all_certificates(&der).unwrap(), [kept]);
        let many = pem.repeat(MOST + 1);
        assert_eq!(
            all_certificates(many.as_bytes()),
            Err(CertificateError::Several(MOST + 1))
        );
        let broken = format!("{pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assert_eq!(
            all_certificates(broken.as_bytes()),
            Err(CertificateError::Key(KeyError::Certificate))
        );
    }

    #[test]
    fn what_is_cut_off_is_said_to_be() {
        let whole = base64_of_metadata();
        let half = whole.get(..400).unwrap();
        let begin = "-----BEGIN CERTIFICATE-----";
        for text in [
            begin.to_owned(),
            format!("{begin}\n{half}"),
            format!("{begin}\n{whole}\n-----END CERTIFICATE-----\n{begin}\n{half}\n"),
        ] {
            let refused = all_certificates(text.as_bytes());
            assert_eq!(refused, Err(CertificateError::Cut), "{text}");
        }
    }

    #[test]
    fn other_files_are_refused_with_the_reason() {
        for file in ["", "certificate", "\u{0}"] {
            assert_eq!(certificate(file.as_bytes()), Err(CertificateError::None));
        }
        for file in [METADATA, "<!DOCTYPE html><html></html>"] {
            assert_eq!(certificate(file.as_bytes()), Err(CertificateError::Markup));
        }
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let certificate_and_key = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n{key}",
            base64_of_metadata()
        );
        for file in [key, &certificate_and_key, &key[..40]] {
            assert_eq!(
                all_certificates(file.as_bytes()),
                Err(CertificateError::PrivateKey)
            );
        }
        assert_eq!(
            certificate(b"AAAA"),
            Err(CertificateError::Key(KeyError::Certificate))
        );
        assert_eq!(
            certificate(&[0x30, 0x82, 0xff]),
            Err(CertificateError::Key(KeyError::Certificate))
        );
    }
}
