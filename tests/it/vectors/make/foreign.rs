//! Signed by somebody else, who says who he is in every way there is (rules B2, B3, B7): nobody listens.

use super::paper::{certificate, private_key, x509_data};
use super::{Paper, Signer, Vector, reject};
use vestibule::saml::error::Rule;
use vestibule::saml::signature::{Hash, SignatureAlgorithm};

const ID: &str = "_assertion";

fn signed_by(signer: &Signer) -> Paper {
    Paper::good().sign_by(ID, signer)
}

pub(super) fn vectors() -> Vec<Vector> {
    let theirs = x509_data(&certificate("idp-second"));
    let ours = x509_data(&certificate("idp"));
    let rsa = private_key("idp-second").rsa().unwrap();
    let number = |octets: Vec<u8>| openssl::base64::encode_block(&octets);
    let key_value = format!(
        "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{}</ds:Modulus><ds:Exponent>{}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>",
        number(rsa.n().to_vec()),
        number(rsa.e().to_vec())
    );
    let case = |name: &str, note: &str, key_info: &str| {
        let signer = Signer::of("idp-second").key_info(key_info);
        reject(name, Rule::B3, note, signed_by(&signer))
    };
    let mut all = in_other_words();
    all.extend([
        case(
            "foreign-certificate",
            "Signed by another key, its certificate in KeyInfo.",
            &theirs,
        )
        .received("which the connection does not have"),
        case(
            "foreign-naming-our-certificate",
            "Signed by another key, the connection's certificate in KeyInfo.",
            &ours,
        )
        .received("names the configured certificate"),
        case(
            "foreign-both-certificates",
            "Signed by another key; KeyInfo holds the connection's certificate and the other.",
            &format!("{ours}{theirs}"),
        ),
        case(
            "foreign-key-value",
            "Signed by another key, which is in a KeyValue.",
            &key_value,
        ),
        case(
            "foreign-key-name",
            "Signed by another key, with the connection's name in KeyName.",
            "<ds:KeyName>Vestibule test idp</ds:KeyName>",
        ),
        case(
            "foreign-retrieval-method",
            "Signed by another key, to be fetched from elsewhere.",
            "<ds:RetrievalMethod URI=\"https://evil.example/key.crt\" Type=\"http://www.w3.org/2000/09/xmldsig#rawX509Certificate\"/>",
        ),
        case(
            "foreign-retrieval-from-a-file",
            "Signed by another key, to be read from a file.",
            "<ds:RetrievalMethod URI=\"file:///etc/passwd\"/>",
        ),
        case(
            "foreign-certificate-broken",
            "Signed by another key; the certificate in KeyInfo cannot be read.",
            "<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>",
        ),
        case(
            "foreign-without-key-info",
            "Signed by another key, without KeyInfo.",
            "",
        ),
        reject(
            "foreign-idp-of-another-company",
            Rule::B3,
            "A good Response of another company's identity provider.",
            Paper::good()
                .change_all("https://idp.example/saml", "https://other.example/saml")
                .sign_by(ID, &Signer::of("idp-second")),
        ),
        reject(
            "foreign-one-of-two",
            Rule::B3,
            "The Response is signed by the connection's key, the assertion by another.",
            signed_by(&Signer::of("idp-second")).sign("_response"),
        ),
        reject(
            "foreign-response-around-ours",
            Rule::B7,
            "The assertion is signed by the connection's key, the Response by another: both must verify.",
            Paper::signed().sign_by("_response", &Signer::of("idp-second")),
        ),
    ]);
    all
}

/// The other words of XML Signature for a key: each names the key that signed, or leads to it.
fn in_other_words() -> Vec<Vector> {
    const DSIG11: &str = "http://www.w3.org/2009/xmldsig11#";
    let second = certificate("idp-second");
    let ec = certificate("idp-p256").public_key().unwrap();
    let base64 = |octets: &[u8]| openssl::base64::encode_block(octets);
    let public = private_key("idp-second").public_key_to_der().unwrap();
    let point = {
        let key = ec.ec_key().unwrap();
        let mut context = openssl::bn::BigNumContext::new().unwrap();
        let form = openssl::ec::PointConversionForm::UNCOMPRESSED;
        let octets = key
            .public_key()
            .to_bytes(key.group(), form, &mut context)
            .unwrap();
        base64(&octets)
    };
    let key_id = second.subject_key_id().unwrap().as_slice();
    let words = [
        ("subject-name", "<ds:X509Data><ds:X509SubjectName>CN=Vestibule test idp</ds:X509SubjectName></ds:X509Data>".to_owned()),
        (
            "issuer-serial",
            "<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=Vestibule test idp</ds:X509IssuerName><ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>".to_owned(),
        ),
        ("subject-key-id", format!("<ds:X509Data><ds:X509SKI>{}</ds:X509SKI></ds:X509Data>", base64(key_id))),
        ("revocation-list", "<ds:X509Data><ds:X509CRL>AAAA</ds:X509CRL></ds:X509Data>".to_owned()),
        (
            "digest",
            format!(
                "<ds:X509Data><d:X509Digest xmlns:d=\"{DSIG11}\" Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\">{}</d:X509Digest></ds:X509Data>",
                base64(&openssl::sha::sha256(&second.to_der().unwrap()))
            ),
        ),
        ("der-key", format!("<d:DEREncodedKeyValue xmlns:d=\"{DSIG11}\">{}</d:DEREncodedKeyValue>", base64(&public))),
        (
            "reference",
            format!("<d:KeyInfoReference xmlns:d=\"{DSIG11}\" URI=\"https://evil.example/key-info.xml\"/>"),
        ),
        ("pgp", "<ds:PGPData><ds:PGPKeyID>AAAAAAAAAAA=</ds:PGPKeyID></ds:PGPData>".to_owned()),
        ("spki", "<ds:SPKIData><ds:SPKISexp>AAAA</ds:SPKISexp></ds:SPKIData>".to_owned()),
        ("management-data", "<ds:MgmtData>AAAA</ds:MgmtData>".to_owned()),
        (
            "encrypted-key",
            "<xenc:EncryptedKey xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\"><xenc:CipherData><xenc:CipherValue>AAAA</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>".to_owned(),
        ),
        ("unknown", "<x:Key xmlns:x=\"urn:x\">AAAA</x:Key>".to_owned()),
    ];
    let mut all: Vec<Vector> = words
        .into_iter()
        .map(|(name, word)| {
            let signer = Signer::of("idp-second").key_info(&word);
            reject(
                &format!("foreign-by-{name}"),
                Rule::B3,
                "Signed by another key, which KeyInfo names or leads to.",
                signed_by(&signer),
            )
        })
        .collect();
    let curve = format!(
        "<ds:KeyValue><d:ECKeyValue xmlns:d=\"{DSIG11}\"><d:NamedCurve URI=\"urn:oid:1.2.840.10045.3.1.7\"/><d:PublicKey>{point}</d:PublicKey></d:ECKeyValue></ds:KeyValue>"
    );
    let signer = Signer::of("idp-p256")
        .algorithm(SignatureAlgorithm::Ecdsa(Hash::Sha256))
        .key_info(&curve);
    all.push(
        reject(
            "foreign-by-curve",
            Rule::B3,
            "Signed by a key of an elliptic curve, which is in KeyInfo; the connection has an RSA key.",
            signed_by(&signer),
        )
        .once(),
    );
    all
}
