//! Encrypted assertions and names (rules G; XML Encryption 1.1).
//!
//! Invariant: every failure to decrypt is one and the same rejection, whatever failed: the key transport, the padding, the
//! tag, or what came out; and the work is the same as well, because a key that does not open is replaced by one that opens
//! nothing. CBC has no integrity of its own and is opened only inside what a signature that verified covers, or where the connection
//! takes the danger.
//!
//! Vectors: `encrypted-*` and `sealed-*`; the time of a refusal is measured by `benches/timing`. The other half, which encrypts, is
//! [`encrypt_assertion`].

mod algorithm;
mod plaintext;

use super::base64_text::base64_text;
use super::error::{Checks, Rejection, Requirement};
use super::names;
use crate::xml::{Element, XmlWriter};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private, Public};
use openssl::sha::{Sha256, sha256};
use openssl::symm::{self, Cipher, Crypter, Mode};

pub use algorithm::{DataAlgorithm, KeyTransport};
pub(super) use plaintext::Plaintext;

/// Octets of a GCM nonce and of a GCM tag (XML Encryption 1.1, section 5.2.4).
const GCM_NONCE: usize = 12;
const GCM_TAG: usize = 16;
const BLOCK: usize = 16;
/// The most recipients that are tried: each costs a private operation for each of our keys.
const MOST_RECIPIENTS: usize = 4;

/// One of our private keys for encrypted assertions.
#[derive(Clone)]
pub struct DecryptionKey {
    key: PKey<Private>,
    /// What stands in for a content key that does not come out is made from this; nobody else can know it.
    rejection: [u8; 32],
}

impl DecryptionKey {
    /// Takes an RSA key; other kinds decrypt nothing.
    pub fn new(key: PKey<Private>) -> Option<Self> {
        if key.id() != Id::RSA {
            return None;
        }
        let secret = key.private_key_to_der().ok()?;
        let rejection = sha256(&[b"rejection ", secret.as_slice()].concat());
        Some(Self { key, rejection })
    }

    /// A content key that opens nothing, for octets that hold none (implicit rejection, as in OpenSSL 3.2 and FIPS 203).
    fn rejected(&self, octets: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(&self.rejection);
        hash.update(octets);
        hash.finish()
    }
}

impl std::fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DecryptionKey").finish_non_exhaustive()
    }
}

/// The parts of an encrypted element that decryption needs.
struct Sealed {
    data: DataAlgorithm,
    content: Vec<u8>,
    /// The content's key, once for each recipient.
    recipients: Vec<Recipient>,
}

/// The content's key, for one recipient.
struct Recipient {
    transport: KeyTransport,
    key: Vec<u8>,
}

/// What covers an encrypted element (rule G2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    /// A signature that has verified: nobody can change it unnoticed.
    Signed,
    /// Nothing.
    Open,
    /// Nothing, and the connection takes AES-CBC all the same.
    Dangerous,
}

/// Opens an `EncryptedAssertion` or an `EncryptedID`.
pub(super) fn decrypt<'e>(
    encrypted: Element<'e>,
    keys: &[DecryptionKey],
    cover: Cover,
    checks: &mut Checks,
) -> Result<Plaintext<'e>, Rejection> {
    let sealed = Sealed::read(encrypted, checks)?;
    if let DataAlgorithm::Cbc(_) = sealed.data {
        checks.require(
            cover != Cover::Open,
            Requirement::EncryptionIntegrity,
            "AES-GCM, or AES-CBC inside a signed Response",
            match cover {
                Cover::Signed => "AES-CBC inside a signed Response",
                Cover::Open => "AES-CBC in a Response without a signature",
                Cover::Dangerous => {
                    "AES-CBC in a Response without a signature, accepted by the connection's setting"
                }
            },
        )?;
    }
    // Rule G3: each key is tried with each recipient's; the reason of a failure is nobody's business.
    let pairs = keys
        .iter()
        .flat_map(|key| sealed.recipients.iter().map(move |it| (key, it)));
    let opened = pairs
        .into_iter()
        .find_map(|(key, recipient)| sealed.open(key, recipient));
    match opened {
        Some(octets) => {
            checks.pass(Requirement::Decryption, "our key opens it", "opened");
            Ok(Plaintext::new(encrypted, octets))
        }
        None => Err(decryption_failed(checks)),
    }
}

/// The one rejection for everything that can go wrong (rule G3).
pub(super) fn decryption_failed(checks: &mut Checks) -> Rejection {
    checks.fail(
        Requirement::Decryption,
        "an assertion encrypted for our certificate",
        "something that cannot be opened",
    )
}

impl Sealed {
    fn read(encrypted: Element<'_>, checks: &mut Checks) -> Result<Self, Rejection> {
        let data: Vec<Element<'_>> = encrypted
            .descendants()
            .filter(|found| found.is(names::XENC, "EncryptedData"))
            .collect();
        let wrapped: Vec<Element<'_>> = encrypted
            .descendants()
            .filter(|found| found.is(names::XENC, "EncryptedKey"))
            .collect();
        // One content; the keys inside the data's KeyInfo or beside the data (Core 2.3.4), one for each recipient.
        let [data] = data.as_slice() else {
            return Err(decryption_failed(checks));
        };
        let is_in_place = |wrapped: &Element<'_>| {
            let beside = wrapped.parent() == Some(encrypted);
            let inside = wrapped
                .parent()
                .is_some_and(|info| info.is(names::DS, "KeyInfo") && info.parent() == Some(*data));
            beside || inside
        };
        if data.parent() != Some(encrypted)
            || !(1..=MOST_RECIPIENTS).contains(&wrapped.len())
            || !wrapped.iter().all(is_in_place)
        {
            return Err(decryption_failed(checks));
        }
        let data_uri = method_of(*data);
        let key_uris: Vec<&str> = wrapped.iter().map(|it| method_of(*it)).collect();
        let named = format!("{data_uri} with {}", key_uris.join(" and "));
        // A recipient with another algorithm is somebody else.
        let transports: Vec<(Element<'_>, KeyTransport)> = wrapped
            .iter()
            .filter_map(|it| {
                let method = it.child(names::XENC, "EncryptionMethod")?;
                Some((*it, KeyTransport::from_element(method)?))
            })
            .collect();
        let algorithm = DataAlgorithm::from_uri(data_uri).filter(|_| !transports.is_empty());
        let Some(algorithm) = algorithm else {
            return Err(checks.fail(
                Requirement::EncryptionAlgorithm,
                "AES-GCM or AES-CBC, with RSA-OAEP (SHA-1 or SHA-256)",
                named,
            ));
        };
        checks.pass(
            Requirement::EncryptionAlgorithm,
            "AES-GCM or AES-CBC, with RSA-OAEP",
            named,
        );
        let recipients: Option<Vec<Recipient>> = transports
            .into_iter()
            .map(|(wrapped, transport)| {
                let key = cipher_value(wrapped)?;
                Some(Recipient { transport, key })
            })
            .collect();
        match (cipher_value(*data), recipients) {
            (Some(content), Some(recipients)) => Ok(Self {
                data: algorithm,
                content,
                recipients,
            }),
            _ => Err(decryption_failed(checks)),
        }
    }

    /// Rule G3: the same work whether the key transport fails or the content does.
    fn open(&self, key: &DecryptionKey, recipient: &Recipient) -> Option<Vec<u8>> {
        let rejected = key.rejected(&recipient.key);
        let transported = recipient.transport.decrypt(key, &recipient.key).ok();
        let content_key = transported
            .as_deref()
            .filter(|found| found.len() == self.data.key_length());
        let is_transported = content_key.is_some();
        let content_key = content_key.or(rejected.get(..self.data.key_length()))?;
        self.open_content(content_key).filter(|_| is_transported)
    }

    fn open_content(&self, content_key: &[u8]) -> Option<Vec<u8>> {
        match self.data {
            DataAlgorithm::Gcm(_) => {
                let (nonce, rest) = self.content.split_at_checked(GCM_NONCE)?;
                let (octets, tag) = rest.split_at_checked(rest.len().checked_sub(GCM_TAG)?)?;
                symm::decrypt_aead(
                    self.data.cipher(),
                    content_key,
                    Some(nonce),
                    &[],
                    octets,
                    tag,
                )
                .ok()
            }
            DataAlgorithm::Cbc(_) => {
                let (iv, octets) = self.content.split_at_checked(BLOCK)?;
                let mut plain =
                    crypt_cbc(self.data.cipher(), Mode::Decrypt, content_key, iv, octets).ok()?;
                // Section 5.2: the last octet tells the padding's length; the others are arbitrary.
                let padding = usize::from(*plain.last()?);
                let length = plain
                    .len()
                    .checked_sub(padding)
                    .filter(|_| (1..=BLOCK).contains(&padding))?;
                plain.truncate(length);
                Some(plain)
            }
        }
    }
}

/// Seals a document for a recipient: an `EncryptedAssertion`, for the demo identity provider and the tests.
///
/// `random` gives the content's key and the nonce.
pub fn encrypt_assertion(
    assertion: &str,
    recipient: &PKey<Public>,
    data: DataAlgorithm,
    transport: KeyTransport,
    random: &[u8; 48],
) -> Result<String, ErrorStack> {
    let (key, rest) = random.split_at(data.key_length());
    let content = match data {
        DataAlgorithm::Gcm(_) => {
            let nonce = rest.get(..GCM_NONCE).unwrap_or_default();
            let mut tag = [0; GCM_TAG];
            let octets = symm::encrypt_aead(
                data.cipher(),
                key,
                Some(nonce),
                &[],
                assertion.as_bytes(),
                &mut tag,
            )?;
            [nonce, &octets, &tag].concat()
        }
        DataAlgorithm::Cbc(_) => {
            let iv = rest.get(..BLOCK).unwrap_or_default();
            let padding = BLOCK - assertion.len() % BLOCK;
            let mut plain = assertion.as_bytes().to_vec();
            plain.resize(
                plain.len() + padding,
                u8::try_from(padding).unwrap_or_default(),
            );
            [
                iv,
                &crypt_cbc(data.cipher(), Mode::Encrypt, key, iv, &plain)?,
            ]
            .concat()
        }
    };
    let mut writer = XmlWriter::new();
    writer
        .open("saml:EncryptedAssertion")
        .attribute("xmlns:saml", names::SAML);
    writer
        .open("xenc:EncryptedData")
        .attribute("xmlns:xenc", names::XENC)
        .attribute("Type", names::ENCRYPTED_ELEMENT);
    writer
        .open("xenc:EncryptionMethod")
        .attribute("Algorithm", data.uri())
        .close();
    writer.open("ds:KeyInfo").attribute("xmlns:ds", names::DS);
    writer.open("xenc:EncryptedKey");
    transport.write(&mut writer);
    writer
        .open("xenc:CipherData")
        .leaf(
            "xenc:CipherValue",
            &STANDARD.encode(transport.encrypt(recipient, key)?),
        )
        .close();
    writer.close().close();
    writer
        .open("xenc:CipherData")
        .leaf("xenc:CipherValue", &STANDARD.encode(content));
    Ok(writer.finish())
}

fn method_of(element: Element<'_>) -> &str {
    element
        .child(names::XENC, "EncryptionMethod")
        .and_then(|found| found.attribute("Algorithm"))
        .unwrap_or_default()
}

fn cipher_value(element: Element<'_>) -> Option<Vec<u8>> {
    element
        .child(names::XENC, "CipherData")?
        .child(names::XENC, "CipherValue")
        .and_then(base64_text)
}

fn crypt_cbc(
    cipher: Cipher,
    mode: Mode,
    key: &[u8],
    iv: &[u8],
    octets: &[u8],
) -> Result<Vec<u8>, ErrorStack> {
    let mut crypter = Crypter::new(cipher, mode, key, Some(iv))?;
    crypter.pad(false);
    let mut out = vec![0; octets.len() + BLOCK];
    let mut length = crypter.update(octets, &mut out)?;
    length += crypter.finalize(out.get_mut(length..).unwrap_or_default())?;
    out.truncate(length);
    Ok(out)
}
