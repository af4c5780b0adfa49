//! A certificate file, as an administrator downloads it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::saml::signature::{KeyError, VerificationKey};

/// Why a file holds no certificate that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// There is none in it.
    #[error("it holds no certificate. Entra ID: SAML Certificates, Certificate (Base64)")]
    None,
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
    let count = |mark| std::str::from_utf8(file).map_or(0, |text| text.matches(mark).count());
    let blocks = count("-----BEGIN ");
    if blocks > count("-----END ") {
        return Err(CertificateError::Cut);
    }
    if blocks < 2 {
        return Ok(vec![certificate(file)?]);
    }
    let text = std::str::from_utf8(file).map_err(|_| CertificateError::None)?;
    let found: Vec<&str> = blocks_of(text).collect();
    if found.is_empty() {
        return Err(CertificateError::None);
    }
    if found.len() > MOST {
        return Err(CertificateError::Several(found.len()));
    }
    let mut all: Vec<String> = Vec::new();
    for body in found {
        let der = base64(body)?;
        VerificationKey::from_certificate(&der)?;
        let kept = BASE64_STANDARD.encode(der);
        if !all.contains(&kept) {
            all.push(kept);
        }
    }
    Ok(all)
}

/// The certificate of a file (PEM, bare Base64, or DER) in the form that settings keep: base64 of DER.
pub fn certificate(file: &[u8]) -> Result<String, CertificateError> {
    let der = der(file)?;
    VerificationKey::from_certificate(&der)?;
    Ok(BASE64_STANDARD.encode(der))
}

fn der(file: &[u8]) -> Result<Vec<u8>, CertificateError> {
    // A SEQUENCE with a long length; text never looks like that.
    if matches!(file, [0x30, length, ..] if *length >= 0x80) {
        return Ok(file.to_vec());
    }
    let text = std::str::from_utf8(file).map_err(|_| CertificateError::None)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.contains("-----BEGIN ") {
        return base64(text);
    }
    let mut blocks = blocks_of(text);
    let first = blocks.next().ok_or(CertificateError::None)?;
    match blocks.count() {
        0 => base64(first),
        more => Err(CertificateError::Several(more + 1)),
    }
}

/// What stands between the lines of each PEM block that is a certificate.
fn blocks_of(text: &str) -> impl Iterator<Item = &str> {
    text.split("-----BEGIN ").skip(1).filter_map(|block| {
        let body = block
            .strip_prefix("CERTIFICATE-----")
            .or_else(|| block.strip_prefix("X509 CERTIFICATE-----"))?;
        body.split("-----END ").next()
    })
}

fn base64(text: &str) -> Result<Vec<u8>, CertificateError> {
    let compact: String = text.split_ascii_whitespace().collect();
    let der = BASE64_STANDARD.decode(compact).ok();
    der.filter(|der| !der.is_empty())
        .ok_or(CertificateError::None)
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
        let chain = pem.repeat(3);
        assert_eq!(
            certificate(chain.as_bytes()),
            Err(CertificateError::Several(3))
        );
        assert_eq!(all_certificates(chain.as_bytes()).unwrap(), [kept]);
        assert_eq!(all_certificates(&der).unwrap(), [kept]);
        let bundle = format!("{pem}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        assert_eq!(all_certificates(bundle.as_bytes()).unwrap(), [kept]);
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
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for file in ["", "<xml/>", key, "\u{0}"] {
            assert_eq!(certificate(file.as_bytes()), Err(CertificateError::None));
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
