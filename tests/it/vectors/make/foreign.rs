//! Signed by somebody else, who says who he is in every way there is (rules B2, B3, B7): nobody listens.

use super::paper::{certificate, private_key, x509_data};
use super::{Paper, Signer, Vector, reject};
use vestibule::saml::error::Rule;

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
    vec![
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
    ]
}
