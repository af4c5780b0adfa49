//! Whether the time of a refusal tells why an encrypted assertion did not open (rule G3).
//!
//! `cargo bench --bench timing`, or `cargo bench --bench timing -- 20000` for as many rounds; on a quiet machine.
//!
//! Each round judges one Response of each kind, in random order. Kinds are compared within a group: an attacker can make all of
//! them from somebody's encrypted assertion without knowing what is inside, and would gain by telling them apart. The first two
//! of a group are the same kind twice: their difference is what the machine itself makes of nothing.

#![expect(clippy::print_stdout, reason = "a measurement prints its table")]

mod message;

use message::{
    assertion, below_modulus, change, flip, flip_by, flip_last, padded, random, response, values,
};
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::x509::X509;
use std::hint::black_box;
use std::time::Instant;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use vestibule::saml::encryption::{DataAlgorithm, DecryptionKey, KeyTransport, encrypt_assertion};
use vestibule::saml::error::Rule;
use vestibule::saml::names;
use vestibule::saml::response::{Authentication, Expectation};
use vestibule::saml::signature::{
    SignatureCoverage, SigningKey, Trust, ValidityPolicy, VerificationKey, sign_enveloped,
};
use vestibule::saml::validate::validate;

type Error = Box<dyn std::error::Error>;

const NOW: OffsetDateTime = datetime!(2026-03-04 05:06:07 UTC);
const ACS: &str = "https://acme.example/sso/acs";
const ENTITY: &str = "https://acme.example/sso/metadata";
const IDP: &str = "https://idp.example/saml";
/// Rounds, unless the command line says another number.
const ROUNDS: usize = 5000;
/// Responses of each kind, so that no single one is measured.
const VARIANTS: usize = 32;
/// Octets of the key that keys and contents are encrypted to.
const MODULUS: usize = 256;

/// What is compared with what.
struct Group {
    title: &'static str,
    kinds: Vec<Kind>,
}

/// One way to fail.
struct Kind {
    name: &'static str,
    rule: Rule,
    messages: Vec<String>,
    nanoseconds: Vec<f64>,
}

/// The identity provider, the service provider and what lies between.
struct World {
    idp: PKey<Private>,
    sp: PKey<Private>,
    trust: Trust,
    expectation: Expectation,
}

fn main() -> Result<(), Error> {
    let rounds = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let rounds = rounds.unwrap_or(ROUNDS);
    let world = World::new()?;
    let mut groups = [
        world.keys()?,
        world.contents()?,
        world.either()?,
        world.blocks()?,
    ];
    for group in &mut groups {
        for kind in &group.kinds {
            for message in &kind.messages {
                let rejection = world.judge(message).ok_or("it is accepted")?;
                assert_eq!(rejection, kind.rule, "{}", kind.name);
            }
        }
        group.measure(&world, rounds);
        group.print();
    }
    Ok(())
}

impl World {
    fn new() -> Result<Self, Error> {
        let key = || -> Result<_, Error> {
            Ok(PKey::from_rsa(Rsa::generate(u32::try_from(MODULUS * 8)?)?)?)
        };
        let (idp, sp) = (key()?, key()?);
        let mut builder = X509::builder()?;
        builder.set_pubkey(&idp)?;
        let at = |seconds: i64| Asn1Time::from_unix(NOW.unix_timestamp() + seconds);
        let (from, until) = (at(-60)?, at(60)?);
        builder.set_not_before(&from)?;
        builder.set_not_after(&until)?;
        builder.sign(&idp, MessageDigest::sha256())?;
        let certificate = VerificationKey::from_certificate(&builder.build().to_der()?)?;
        Ok(Self {
            trust: Trust {
                idp_entity_id: IDP.to_owned(),
                keys: vec![certificate],
                certificate_validity: ValidityPolicy::Reject,
                required_signature: SignatureCoverage::Either,
                danger_allow_sha1: false,
                danger_accept_cbc: false,
                decryption_keys: vec![DecryptionKey::new(sp.clone()).ok_or("an RSA key")?],
            },
            expectation: Expectation {
                entity_id: ENTITY.to_owned(),
                extra_audiences: Vec::new(),
                acs_url: ACS.to_owned(),
                request_id: Some("_request".to_owned()),
                name_id_format: None,
                identity_attribute: None,
                clock_skew: Duration::seconds(180),
                authn_statement_optional: false,
                authentication: Authentication::default(),
            },
            idp,
            sp,
        })
    }

    fn judge(&self, message: &str) -> Option<Rule> {
        let verdict = validate(message.as_bytes(), &self.trust, &self.expectation, NOW);
        verdict
            .into_outcome()
            .err()
            .map(|rejection| rejection.rule())
    }

    fn public(&self) -> Result<PKey<Public>, Error> {
        Ok(PKey::public_key_from_der(&self.sp.public_key_to_der()?)?)
    }

    /// An encrypted assertion in a Response, signed inside.
    fn sealed(&self, data: DataAlgorithm) -> Result<String, Error> {
        let signing = SigningKey::new(self.idp.clone(), None)?;
        self.seal(&sign_enveloped(&assertion(), "_assertion", &signing)?, data)
    }

    fn seal(&self, assertion: &str, data: DataAlgorithm) -> Result<String, Error> {
        let random = random::<48>();
        let to = self.public()?;
        let sealed = encrypt_assertion(assertion, &to, data, KeyTransport::OAEP_SHA256, &random)?;
        Ok(response(&sealed))
    }

    /// A Response whose encrypted key is the raw RSA encryption of these octets.
    fn with_plain_key(&self, plain: &[u8; MODULUS]) -> Result<String, Error> {
        let mut octets = vec![0; MODULUS];
        let public = self.public()?.rsa()?;
        public.public_encrypt(plain, &mut octets, Padding::NONE)?;
        let message = self.sealed(DataAlgorithm::Gcm(32))?;
        Ok(change(&message, 0, |key| *key = octets))
    }

    /// Ways in which the key does not open: what Manger's attack would tell apart.
    fn keys(&self) -> Result<Group, Error> {
        let first_octet_zero = || self.with_plain_key(&below_modulus(0));
        Ok(Group {
            title: "the encrypted key does not open",
            kinds: vec![
                kind("first octet 0, label wrong", Rule::G3, first_octet_zero)?,
                kind("the same again", Rule::G3, first_octet_zero)?,
                kind("first octet 1", Rule::G3, || {
                    self.with_plain_key(&below_modulus(1))
                })?,
                kind("no separator", Rule::G3, || {
                    self.with_plain_key(&padded(None))
                })?,
                kind("separator at the end", Rule::G3, || {
                    self.with_plain_key(&padded(Some(MODULUS - 34)))
                })?,
                kind("a flipped bit", Rule::G3, || {
                    let message = self.sealed(DataAlgorithm::Gcm(32))?;
                    Ok(change(&message, 0, |key| flip(key, MODULUS / 2)))
                })?,
            ],
        })
    }

    /// Ways in which the content does not open, the key being good.
    fn contents(&self) -> Result<Group, Error> {
        let content = |at: fn(usize) -> usize| {
            move || {
                let message = self.sealed(DataAlgorithm::Gcm(32))?;
                Ok(change(&message, 1, |octets| {
                    let at = at(octets.len());
                    flip(octets, at);
                }))
            }
        };
        Ok(Group {
            title: "the encrypted content does not open",
            kinds: vec![
                kind(
                    "last bit of the tag",
                    Rule::G3,
                    content(|length| length - 1),
                )?,
                kind("the same again", Rule::G3, content(|length| length - 1))?,
                kind(
                    "first bit of the tag",
                    Rule::G3,
                    content(|length| length - 16),
                )?,
                kind("the nonce", Rule::G3, content(|_| 0))?,
                kind("the content", Rule::G3, content(|length| length / 2))?,
            ],
        })
    }

    /// The key or the content: whether a key opens.
    fn either(&self) -> Result<Group, Error> {
        let tag = || {
            let message = self.sealed(DataAlgorithm::Gcm(32))?;
            Ok(change(&message, 1, |octets| flip_last(octets)))
        };
        Ok(Group {
            title: "the key or the content",
            kinds: vec![
                kind("the content: tag", Rule::G3, tag)?,
                kind("the same again", Rule::G3, tag)?,
                kind("the key: a flipped bit", Rule::G3, || {
                    let message = self.sealed(DataAlgorithm::Gcm(32))?;
                    Ok(change(&message, 0, |key| flip(key, MODULUS / 2)))
                })?,
                kind("the key: of another message", Rule::G3, || {
                    let other = self.sealed(DataAlgorithm::Gcm(32))?;
                    let other = values(&other).0;
                    let message = self.sealed(DataAlgorithm::Gcm(32))?;
                    let own = values(&message).0;
                    Ok(message.replace(&own, &other))
                })?,
                kind("the key: for a shorter cipher", Rule::G3, || {
                    let message = self.sealed(DataAlgorithm::Gcm(16))?;
                    Ok(message.replace(names::AES128_GCM, names::AES256_GCM))
                })?,
                kind("the key: for another recipient", Rule::G3, || {
                    let message = self.sealed(DataAlgorithm::Gcm(32))?;
                    Ok(change(&message, 0, |key| {
                        *key = below_modulus(7).to_vec();
                    }))
                })?,
            ],
        })
    }

    /// AES-CBC, which is opened in a signed Response alone: here the identity provider itself has signed what is broken.
    fn blocks(&self) -> Result<Group, Error> {
        let signing = SigningKey::new(self.idp.clone(), None)?;
        let signed = |broken: fn(&mut Vec<u8>)| {
            let signing = &signing;
            move || {
                let message = self.seal(&assertion(), DataAlgorithm::Cbc(16))?;
                let message = change(&message, 1, broken);
                Ok(sign_enveloped(&message, "_response", signing)?)
            }
        };
        // The last octet of the last block but one decides what the padding's length is.
        let padding: fn(&mut Vec<u8>) = |octets| {
            let before_last_block = octets.len() - 17;
            flip_by(octets, before_last_block, 0xF0);
        };
        Ok(Group {
            title: "AES-CBC in a signed Response",
            kinds: vec![
                kind("padding", Rule::G3, signed(padding))?,
                kind("the same again", Rule::G3, signed(padding))?,
                kind(
                    "a block in the middle",
                    Rule::G3,
                    signed(|octets| flip(octets, 600)),
                )?,
                kind(
                    "the first block",
                    Rule::G3,
                    signed(|octets| flip_by(octets, 0, 0x40)),
                )?,
            ],
        })
    }
}

fn kind(
    name: &'static str,
    rule: Rule,
    mut make: impl FnMut() -> Result<String, Error>,
) -> Result<Kind, Error> {
    let messages: Result<Vec<String>, Error> = (0..VARIANTS).map(|_| make()).collect();
    Ok(Kind {
        name,
        rule,
        messages: messages?,
        nanoseconds: Vec::new(),
    })
}

impl Group {
    fn measure(&mut self, world: &World, rounds: usize) {
        let mut order: Vec<usize> = (0..self.kinds.len()).collect();
        for round in 0..rounds + rounds / 20 {
            shuffle(&mut order, u64::from_le_bytes(random()));
            for at in &order {
                let Some(kind) = self.kinds.get_mut(*at) else {
                    continue;
                };
                let message = &kind.messages[round % VARIANTS];
                let begun = Instant::now();
                black_box(world.judge(black_box(message)));
                let took = begun.elapsed();
                // The first rounds only warm up.
                if round >= rounds / 20 {
                    kind.nanoseconds.push(took.as_secs_f64() * 1e9);
                }
            }
        }
    }

    fn print(&mut self) {
        println!("\n{}", self.title);
        println!(
            "{:34} {:>10} {:>12} {:>8} {:>8}",
            "kind", "median", "difference", "", "Welch t"
        );
        let mut first: Option<(f64, Vec<f64>)> = None;
        for kind in &mut self.kinds {
            kind.nanoseconds.sort_by(f64::total_cmp);
            let median = quantile(&kind.nanoseconds, 0.5);
            // Without the interruptions of the machine.
            let most = kind.nanoseconds.len() * 9 / 10;
            let kept = kind.nanoseconds[..most].to_vec();
            let (reference, others) = first.get_or_insert_with(|| (median, kept.clone()));
            println!(
                "{:34} {:>7.1} µs {:>9.0} ns {:>7.2}% {:>8.1}",
                kind.name,
                median / 1e3,
                median - *reference,
                (median - *reference) / *reference * 100.0,
                welch(&kept, others)
            );
        }
    }
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index of some thousands"
    )]
    let at = (sorted.len() as f64 * part) as usize;
    sorted.get(at).copied().unwrap_or_default()
}

/// Welch's t of two samples.
fn welch(one: &[f64], other: &[f64]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let moments = |sample: &[f64]| {
        let count = sample.len() as f64;
        let mean = sample.iter().sum::<f64>() / count;
        let variance = sample.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let ((mean, error), (other_mean, other_error)) = (moments(one), moments(other));
    (mean - other_mean) / (error + other_error).sqrt()
}

fn shuffle(order: &mut [usize], mut random: u64) {
    for at in (1..order.len()).rev() {
        let other = usize::try_from(random % (at as u64 + 1)).unwrap_or_default();
        random /= at as u64 + 1;
        order.swap(at, other);
    }
}
