//! What is encrypted for several recipients (rules G1, G3), and with AES-CBC where the connection takes the danger (rule G2).

use super::encryption::{carrying, case, seal, seal_for};
use super::{Paper, Vector, accept, key_path};
use vestibule::saml::encryption::{DataAlgorithm, KeyTransport};
use vestibule::saml::error::Rule;
use vestibule::saml::names;

const GCM: DataAlgorithm = DataAlgorithm::Gcm(32);
const OAEP: KeyTransport = KeyTransport::OAEP_SHA256;

pub(super) fn vectors() -> Vec<Vector> {
    let assertion = Paper::signed().element("Assertion");
    let whole = carrying(&seal(&assertion, GCM, OAEP));
    let ours = whole.element("EncryptedKey");
    // The same content's key, for somebody else.
    let theirs = carrying(&seal_for("sp-second", &assertion, GCM, OAEP)).element("EncryptedKey");
    let old = theirs.replace(names::RSA_OAEP, names::RSA_1_5);
    let keys = |keys: &[&str]| whole.clone().change(&ours, &keys.concat());
    let opened = |name: &str, note: &str, paper: Paper| {
        accept(name, note, paper)
            .once()
            .settings(|settings| settings.decryption_keys = vec![key_path("sp.key")])
    };
    let failed = |name: &str, note: &str, paper: Paper| case(name, Rule::G3, note, paper);
    let cbc = |length| carrying(&seal(&assertion, DataAlgorithm::Cbc(length), OAEP));
    let broken = {
        let text = cbc(16);
        let content = super::encryption::values(text.text()).remove(1);
        let flipped = format!("A{}", &content[1..]);
        let flipped = if flipped == content {
            format!("B{}", &content[1..])
        } else {
            flipped
        };
        text.change(&content, &flipped)
    };
    vec![
        opened(
            "encrypted-keys-ours-first",
            "Two recipients, we are the first.",
            keys(&[&ours, &theirs]),
        ),
        opened(
            "encrypted-keys-ours-last",
            "Four recipients, we are the last.",
            keys(&[&theirs, &theirs, &theirs, &ours]),
        ),
        opened(
            "encrypted-keys-one-of-another-algorithm",
            "Two recipients; the other's key is transported by RSA 1.5.",
            keys(&[&old, &ours]),
        ),
        opened(
            "encrypted-keys-ours-twice",
            "Our key twice.",
            keys(&[&ours, &ours]),
        ),
        failed(
            "encrypted-keys-none-ours",
            "Two recipients, neither of them us.",
            keys(&[&theirs, &theirs]),
        ),
        failed(
            "encrypted-keys-too-many",
            "Five recipients.",
            keys(&[&theirs, &theirs, &theirs, &theirs, &ours]),
        ),
        case(
            "encrypted-keys-all-rsa-1-5",
            Rule::G1,
            "Two recipients, both by RSA 1.5.",
            keys(&[&old, &old]),
        ),
        opened(
            "encrypted-cbc-where-allowed",
            "AES-CBC, only the assertion inside is signed; the connection takes the danger.",
            cbc(16),
        )
        .settings(|settings| settings.danger_accept_cbc = true),
        case(
            "encrypted-cbc-where-allowed-changed",
            Rule::G3,
            "AES-CBC where the connection takes the danger; the first block was changed.",
            broken,
        )
        .settings(|settings| settings.danger_accept_cbc = true),
    ]
}
