//! IDs, confirmations and names as many identity providers write them, and what stands beside a name (rules A4, D2, D7, G).

use super::assertion::at;
use super::encryption::{self, seal, seal_for};
use super::{Paper, Vector, accept, key_path, reject};
use vestibule::saml::encryption::{DataAlgorithm, KeyTransport};
use vestibule::saml::error::Rule;
use vestibule::saml::names;

const UNTIL: &str = "NotOnOrAfter=\"2026-03-04T05:36:07Z\"";
const FORMAT: &str = "Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\"";
const OURS: &str = "https://acme.example/sso/metadata";

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = identifiers();
    all.extend(written());
    all.extend(beside());
    all.extend(sealed());
    all
}

fn good(from: &str, to: &str) -> Paper {
    Paper::good().change(from, to).sign("_assertion")
}

fn identifiers() -> Vec<Vector> {
    let id = |name: &str, note: &str, id: &str| {
        let paper = Paper::good()
            .change("\"_assertion\"", &format!("\"{id}\""))
            .sign(id);
        accept(name, note, paper).identity(|it| it.assertion_id = Some(id.to_owned()))
    };
    let start = |seconds| {
        let start = format!("NotBefore=\"{}\" {UNTIL}", at(seconds));
        good(UNTIL, &start)
    };
    vec![
        id(
            "id-with-digit-first",
            "The assertion's ID is a bare UUID that starts with a digit.",
            "00ed9a13-a7b5-4a91-9da3-e22455df2c73",
        ),
        id(
            "id-of-256-characters",
            "The assertion's ID has 256 characters.",
            &"a".repeat(256),
        ),
        accept(
            "confirmation-with-start",
            "A NotBefore in the past, which Profiles forbids and some providers send.",
            start(-300),
        ),
        accept(
            "confirmation-with-start-at-the-edge",
            "A NotBefore 180 seconds from now.",
            start(180),
        ),
    ]
}

fn written() -> Vec<Vector> {
    let any = |vector: Vector| vector.settings(|settings| settings.name_id_format = None);
    let unspecified = |value: &str| {
        let paper =
            Paper::good().change(FORMAT, &format!("Format=\"{}\"", names::NAMEID_UNSPECIFIED));
        paper
            .change("b.simon@contoso.com", value)
            .sign("_assertion")
    };
    let refused = |name: &str, note: &str, paper: Paper| reject(name, Rule::D7, note, paper);
    vec![
        accept(
            "name-format-of-saml-2",
            "The format's name is the one that SAML 2.0 does not have.",
            good(
                "1.1:nameid-format:emailAddress",
                "2.0:nameid-format:emailAddress",
            ),
        ),
        any(accept(
            "name-format-of-saml-2-of-any",
            "The format's name is the one that SAML 2.0 does not have; any format is allowed.",
            good(
                "1.1:nameid-format:emailAddress",
                "2.0:nameid-format:emailAddress",
            ),
        )),
        refused(
            "name-format-of-saml-2-not-an-address",
            "The format's name is the one that SAML 2.0 does not have, and the name is no address.",
            Paper::good()
                .change(
                    "1.1:nameid-format:emailAddress",
                    "2.0:nameid-format:emailAddress",
                )
                .change("b.simon@contoso.com", "b.simon")
                .sign("_assertion"),
        )
        .received("no e-mail address"),
        any(refused(
            "name-space-around",
            "A space before a NameID of any format.",
            unspecified(" b.simon"),
        )
        .received("white space")),
        any(refused(
            "name-no-break-space-around",
            "A no-break space at the end of a NameID of any format.",
            unspecified("b.simon\u{A0}"),
        )
        .received("white space")),
        any(refused(
            "name-turned-around",
            "A mark that turns the direction of text, in a NameID of any format.",
            unspecified("b.simon\u{202E}nimda"),
        )),
        any(refused(
            "name-line-separator",
            "U+2028 in a NameID of any format.",
            unspecified("b.simon\u{2028}admin"),
        )),
    ]
}

fn beside() -> Vec<Vector> {
    let element = Paper::good().element("NameID");
    let base = "<saml:BaseID xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:x=\"urn:x\" xsi:type=\"x:Id\">admin</saml:BaseID>";
    let encrypted = "<saml:EncryptedID><x xmlns=\"urn:x\"/></saml:EncryptedID>";
    let with = |more: &str| good(&element, &format!("{element}{more}"));
    let qualified = |qualifier: &str| {
        let qualified = format!("{FORMAT} SPNameQualifier=\"{qualifier}\"");
        good(FORMAT, &qualified)
    };
    let refused = |name: &str, note: &str, paper: Paper| reject(name, Rule::D7, note, paper);
    vec![
        refused(
            "name-with-base-beside",
            "A BaseID beside the NameID.",
            with(base),
        )
        .received("BaseID"),
        refused(
            "name-with-encrypted-beside",
            "An EncryptedID beside the NameID.",
            with(encrypted),
        )
        .received("EncryptedID"),
        refused(
            "name-base",
            "A BaseID instead of a NameID.",
            good(&element, base),
        )
        .received("BaseID"),
        refused(
            "name-encrypted",
            "An EncryptedID instead of a NameID, and no key.",
            good(&element, encrypted),
        )
        .received("encrypted NameID"),
        accept(
            "name-with-our-qualifier",
            "SPNameQualifier is our entity ID.",
            qualified(OURS),
        ),
        accept(
            "name-with-qualifier-of-further-audience",
            "SPNameQualifier is a further audience of the connection.",
            qualified("urn:acme"),
        )
        .settings(|settings| settings.extra_audiences = vec!["urn:acme".to_owned()]),
        refused(
            "name-with-qualifier-of-another",
            "SPNameQualifier is another service provider's.",
            qualified("https://other.example/"),
        )
        .received("SPNameQualifier"),
        refused(
            "name-with-qualifier-slash",
            "SPNameQualifier has a slash at its end.",
            qualified(&format!("{OURS}/")),
        )
        .received("slash"),
    ]
}

/// The NameID, encrypted, in a signed assertion.
fn sealed() -> Vec<Vector> {
    let element = Paper::good().element("NameID");
    let own = element.replacen(
        "<saml:NameID ",
        &format!("<saml:NameID xmlns:saml=\"{}\" ", names::SAML),
        1,
    );
    let holding = |sealed: &str| {
        let sealed = sealed.replace("saml:EncryptedAssertion", "saml:EncryptedID");
        good(&element, &sealed)
    };
    let (gcm, cbc) = (DataAlgorithm::Gcm(32), DataAlgorithm::Cbc(16));
    let oaep = KeyTransport::OAEP_SHA256;
    let opened = |name: &str, note: &str, paper: Paper| {
        accept(name, note, paper)
            .once()
            .settings(|settings| settings.decryption_keys = vec![key_path("sp.key")])
    };
    let failed = |name: &str, note: &str, sealed: &str| {
        encryption::case(name, Rule::G3, note, holding(sealed))
    };
    vec![
        opened(
            "name-encrypted-opened",
            "An EncryptedID for our key.",
            holding(&seal(&own, gcm, oaep)),
        ),
        opened(
            "name-encrypted-with-cbc",
            "An EncryptedID with AES-CBC: the assertion's signature covers it.",
            holding(&seal(&own, cbc, oaep)),
        ),
        opened(
            "name-encrypted-leaning-on-namespaces",
            "An EncryptedID whose NameID leans on the namespaces around it.",
            holding(&seal(&element, gcm, oaep)),
        ),
        failed(
            "name-encrypted-for-another",
            "An EncryptedID for another key.",
            &seal_for("sp-second", &own, gcm, oaep),
        ),
        failed(
            "name-encrypted-something-else",
            "An EncryptedID that holds no NameID.",
            &seal(&Paper::signed().element("Assertion"), gcm, oaep),
        ),
        encryption::case(
            "name-encrypted-empty",
            Rule::D7,
            "An EncryptedID that holds an empty NameID.",
            holding(&seal(&own.replace("b.simon@contoso.com", ""), gcm, oaep)),
        ),
    ]
}
