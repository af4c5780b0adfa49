//! A good Response on paper: text that can be changed before and after it is signed.
//!
//! Signing is written apart from `saml::signature`: here everything in a signature can be wrong.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private, Public};
use openssl::x509::X509;
use time::OffsetDateTime;
use time::macros::datetime;
use vestibule::saml::names;
use vestibule::saml::signature::{Hash, SignatureAlgorithm, SigningKey};
use vestibule::xml::{Canonicalization, Comments, Document, Element, Limits, canonicalize_within};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-04 05:06:07 UTC);
pub(crate) const IDP: &str = "https://idp.example/saml";
pub(crate) const ENTITY: &str = "https://acme.example/sso/metadata";
pub(crate) const ACS: &str = "https://acme.example/sso/acs";

/// Every value that a case changes stands here once, as long as nothing is signed.
const GOOD: &str = r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_response" Version="2.0" IssueInstant="2026-03-04T05:06:05Z" Destination="https://acme.example/sso/acs" InResponseTo="_request"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://idp.example/saml</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_assertion" IssueInstant="2026-03-04T05:06:04Z" Version="2.0"><saml:Issuer>https://idp.example/saml</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">b.simon@contoso.com</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="_request" NotOnOrAfter="2026-03-04T05:36:07Z" Recipient="https://acme.example/sso/acs"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="2026-03-04T05:01:07Z" NotOnOrAfter="2026-03-04T06:06:07Z"><saml:AudienceRestriction><saml:Audience>https://acme.example/sso/metadata</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="2026-03-04T05:06:00Z" SessionIndex="_session"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="department"><saml:AttributeValue>Finance</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>"#;

/// A Response, in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paper(String);

/// How something is signed.
#[derive(Clone)]
pub(crate) struct Signer {
    key: Key,
    algorithm: SignatureAlgorithm,
    digest: Hash,
    inclusive: bool,
    comments: Comments,
    prefixes: &'static str,
    key_info: String,
    before: Vec<(String, String)>,
    after: Vec<(String, String)>,
}

#[derive(Clone)]
enum Key {
    Private(PKey<Private>),
    /// A secret, for those who would take a public key for one.
    Hmac(Vec<u8>),
}

impl Paper {
    /// The good Response, unsigned.
    pub(crate) fn good() -> Self {
        Self(GOOD.to_owned())
    }

    /// The good Response, its assertion signed.
    pub(crate) fn signed() -> Self {
        Self::good().sign("_assertion")
    }

    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Puts `to` in the place of `from`, which is there once.
    #[track_caller]
    pub(crate) fn change(self, from: &str, to: &str) -> Self {
        Self(change(&self.0, from, to))
    }

    /// Puts `to` in the place of `from`, which is there several times.
    #[track_caller]
    pub(crate) fn change_all(self, from: &str, to: &str) -> Self {
        assert!(self.0.contains(from), "{from}");
        Self(self.0.replace(from, to))
    }

    /// Puts `insert` after `place`, which is there once.
    #[track_caller]
    pub(crate) fn after(self, place: &str, insert: &str) -> Self {
        self.change(place, &format!("{place}{insert}"))
    }

    /// Puts `insert` before `place`, which is there once.
    #[track_caller]
    pub(crate) fn before(self, place: &str, insert: &str) -> Self {
        self.change(place, &format!("{insert}{place}"))
    }

    /// Takes the first element of that name out.
    #[track_caller]
    pub(crate) fn without(self, local: &str) -> Self {
        let element = self.element(local);
        Self(self.0.replacen(&element, "", 1))
    }

    /// The text of the first element of that name.
    #[track_caller]
    pub(crate) fn element(&self, local: &str) -> String {
        let document = Document::parse(self.0.as_bytes(), &Limits::METADATA).unwrap();
        let mut found = document.elements();
        let found = found.find(|element| element.local_name() == local);
        self.0[found.unwrap_or_else(|| panic!("{local}")).source()].to_owned()
    }

    /// Signed by the connection's identity provider.
    #[track_caller]
    pub(crate) fn sign(self, id: &str) -> Self {
        self.sign_by(id, &Signer::of("idp"))
    }

    /// Signs the element with that ID; the signature stands after its issuer, or first.
    #[track_caller]
    pub(crate) fn sign_by(self, id: &str, signer: &Signer) -> Self {
        let document = Document::parse(self.0.as_bytes(), &Limits::METADATA).unwrap();
        let mut elements = document.elements();
        let element = elements.find(|element| element.attribute("ID") == Some(id));
        let element = element.unwrap_or_else(|| panic!("no {id}"));
        let first = element.children().next().unwrap();
        let at = if first.is(names::SAML, "Issuer") {
            first.source().end
        } else {
            first.source().start
        };
        let info = signer.signed_info(id, element);
        let (head, tail) = self.0.split_at(at);
        let open = format!("<ds:Signature xmlns:ds=\"{}\">", names::DS);
        let octets = signer.canonical_info(&format!("{head}{open}{info}</ds:Signature>{tail}"), at);
        let value = STANDARD.encode(signer.value(&octets));
        let signature = format!(
            "{open}{info}<ds:SignatureValue>{value}</ds:SignatureValue>{}</ds:Signature>",
            signer.key_info
        );
        let signature = signer
            .after
            .iter()
            .fold(signature, |text, (from, to)| change(&text, from, to));
        Self(format!("{head}{signature}{tail}"))
    }
}

impl From<Paper> for Vec<u8> {
    fn from(paper: Paper) -> Self {
        paper.0.into_bytes()
    }
}

impl Signer {
    /// The key of that name in `tests/vectors/keys`, RSA-SHA256, its certificate in `KeyInfo`.
    pub(crate) fn of(name: &str) -> Self {
        let certificate = certificate(name);
        Self {
            key_info: key_info(&x509_data(&certificate)),
            ..Self::with_key(Key::Private(private_key(name)))
        }
    }

    /// HMAC-SHA256 with a secret.
    pub(crate) fn hmac(secret: &[u8]) -> Self {
        Self::with_key(Key::Hmac(secret.to_vec())).info(names::RSA_SHA256, names::HMAC_SHA256)
    }

    fn with_key(key: Key) -> Self {
        Self {
            key,
            algorithm: SignatureAlgorithm::Rsa(Hash::Sha256),
            digest: Hash::Sha256,
            inclusive: false,
            comments: Comments::Dropped,
            prefixes: "",
            key_info: String::new(),
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    pub(crate) fn algorithm(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    pub(crate) fn digest(mut self, digest: Hash) -> Self {
        self.digest = digest;
        self
    }

    /// Inclusive canonicalisation, of `SignedInfo` and of what is signed.
    pub(crate) fn inclusive(mut self) -> Self {
        self.inclusive = true;
        self
    }

    /// Canonicalisation with comments, of `SignedInfo` and of what is signed.
    pub(crate) fn with_comments(mut self) -> Self {
        self.comments = Comments::Kept;
        self
    }

    /// A prefix list for what is signed.
    pub(crate) fn prefixes(mut self, prefixes: &'static str) -> Self {
        self.prefixes = prefixes;
        self
    }

    /// The content of `KeyInfo`; empty for none.
    pub(crate) fn key_info(mut self, content: &str) -> Self {
        self.key_info = if content.is_empty() {
            String::new()
        } else {
            key_info(content)
        };
        self
    }

    /// A change of `SignedInfo` before it is signed: the value fits what stands there.
    pub(crate) fn info(mut self, from: &str, to: &str) -> Self {
        self.before.push((from.to_owned(), to.to_owned()));
        self
    }

    /// A change of `Signature` after it was signed.
    pub(crate) fn then(mut self, from: &str, to: &str) -> Self {
        self.after.push((from.to_owned(), to.to_owned()));
        self
    }

    fn signed_info(&self, id: &str, element: Element<'_>) -> String {
        let prefixes: Vec<&str> = self.prefixes.split_whitespace().collect();
        let (method, uri) = if self.inclusive {
            (Canonicalization::Inclusive, names::C14N)
        } else {
            (Canonicalization::Exclusive(&prefixes), names::EXC_C14N)
        };
        let covered = self.canonical(element, method);
        let uri = match (uri, self.comments) {
            (names::C14N, Comments::Kept) => names::C14N_WITH_COMMENTS,
            (_, Comments::Kept) => names::EXC_C14N_WITH_COMMENTS,
            (uri, Comments::Dropped) => uri,
        };
        let list = if prefixes.is_empty() {
            String::new()
        } else {
            format!(
                "<ec:InclusiveNamespaces xmlns:ec=\"{}\" PrefixList=\"{}\"></ec:InclusiveNamespaces>",
                names::EXC_C14N,
                self.prefixes
            )
        };
        let info = format!(
            concat!(
                "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{method}\"></ds:CanonicalizationMethod>",
                "<ds:SignatureMethod Algorithm=\"{algorithm}\"></ds:SignatureMethod><ds:Reference URI=\"#{id}\"><ds:Transforms>",
                "<ds:Transform Algorithm=\"{enveloped}\"></ds:Transform><ds:Transform Algorithm=\"{method}\">{list}</ds:Transform>",
                "</ds:Transforms><ds:DigestMethod Algorithm=\"{hash}\"></ds:DigestMethod>",
                "<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
            ),
            method = uri,
            algorithm = self.algorithm.uri().unwrap(),
            id = id,
            enveloped = names::ENVELOPED_SIGNATURE,
            list = list,
            hash = self.digest.uri(),
            digest = STANDARD.encode(self.digest.digest(&covered).as_bytes()),
        );
        self.before
            .iter()
            .fold(info, |text, (from, to)| change(&text, from, to))
    }

    /// The canonical octets of the first `SignedInfo` in the signature that stands at `at`.
    fn canonical_info(&self, xml: &str, at: usize) -> Vec<u8> {
        let document = Document::parse(xml.as_bytes(), &Limits::METADATA).unwrap();
        let mut elements = document.elements();
        let signature = elements.find(|element| element.source().start == at);
        let info = signature.unwrap().children().next().unwrap();
        if self.inclusive {
            self.canonical(info, Canonicalization::Inclusive)
        } else {
            self.canonical(info, Canonicalization::Exclusive(&[]))
        }
    }

    fn canonical(&self, element: Element<'_>, method: Canonicalization<'_>) -> Vec<u8> {
        canonicalize_within(element, None, method, self.comments).unwrap()
    }

    fn value(&self, octets: &[u8]) -> Vec<u8> {
        match &self.key {
            Key::Private(key) => SigningKey::new(key.clone(), None)
                .unwrap()
                .with_algorithm(self.algorithm, self.digest)
                .sign(octets)
                .unwrap(),
            Key::Hmac(secret) => {
                let key = PKey::hmac(secret).unwrap();
                let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), &key).unwrap();
                signer.sign_oneshot_to_vec(octets).unwrap()
            }
        }
    }
}

pub(crate) fn read_key(file: &str) -> Vec<u8> {
    std::fs::read(super::Case::root().join("keys").join(file)).unwrap()
}

pub(crate) fn private_key(name: &str) -> PKey<Private> {
    PKey::private_key_from_pem(&read_key(&format!("{name}.key"))).unwrap()
}

pub(crate) fn certificate(name: &str) -> X509 {
    X509::from_pem(&read_key(&format!("{name}.crt"))).unwrap()
}

pub(crate) fn public_key(name: &str) -> PKey<Public> {
    let pem = private_key(name).public_key_to_pem().unwrap();
    PKey::public_key_from_pem(&pem).unwrap()
}

pub(crate) fn x509_data(certificate: &X509) -> String {
    let der = STANDARD.encode(certificate.to_der().unwrap());
    format!("<ds:X509Data><ds:X509Certificate>{der}</ds:X509Certificate></ds:X509Data>")
}

fn key_info(content: &str) -> String {
    format!("<ds:KeyInfo>{content}</ds:KeyInfo>")
}

#[track_caller]
fn change(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replacen(from, to, 1)
}
