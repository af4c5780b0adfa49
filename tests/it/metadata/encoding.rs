//! The encodings that metadata comes in (rule A3).

use vestibule::saml::metadata::IdpMetadata;

use super::{NOW, SSO, document, key};

/// A document with a name beyond ASCII, as text.
fn named(declaration: &str) -> String {
    let name = "<Organization><OrganizationName xml:lang=\"de\">Universität</OrganizationName></Organization>";
    let whole = document(&format!("{}{SSO}", key("")));
    let (start, end) = whole.split_once("</IDPSSODescriptor>").unwrap();
    format!("{declaration}{start}</IDPSSODescriptor>{name}{end}")
}

fn wide(text: &str, octets: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(octets).collect()
}

#[test]
fn a_document_is_read_in_the_encoding_that_it_marks_or_declares() {
    let says = |encoding: &str| named(&format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>"));
    let latin =
        |text: &str| -> Vec<u8> { text.chars().map(|c| u8::try_from(c).unwrap()).collect() };
    let marked = |mark: &[u8], text: Vec<u8>| [mark, &text].concat();
    let utf16 = says("UTF-16");
    let little = wide(&utf16, u16::to_le_bytes);
    let big = wide(&utf16, u16::to_be_bytes);
    let documents: [(&str, Vec<u8>); 12] = [
        ("nothing said", named("").into_bytes()),
        ("UTF-8", says("UTF-8").into_bytes()),
        (
            "UTF-8, marked",
            marked(b"\xef\xbb\xbf", says("utf-8").into_bytes()),
        ),
        ("ISO-8859-1", latin(&says("ISO-8859-1"))),
        ("Windows-1252", latin(&says("windows-1252"))),
        ("single quotes", latin(&says("latin1").replace('"', "'"))),
        ("UTF-16LE, marked", marked(b"\xff\xfe", little.clone())),
        ("UTF-16BE, marked", marked(b"\xfe\xff", big.clone())),
        ("UTF-16LE", little),
        ("UTF-16BE", big),
        ("UTF-16 by name, and not so", says("UTF-16").into_bytes()),
        (
            "white space and a style sheet",
            format!(
                "\r\n {}",
                says("utf-8").replacen(
                    "?>",
                    "?>\n<?xml-stylesheet href=\"a.xsl\"?><!-- a -->\n",
                    1
                )
            )
            .into_bytes(),
        ),
    ];
    for (what, document) in documents {
        let imported = IdpMetadata::parse(&document, None, NOW);
        let idp = imported
            .unwrap_or_else(|error| panic!("{what}: {error}"))
            .idp;
        assert_eq!(
            idp.organization.unwrap().names[0].value,
            "Universität",
            "{what}"
        );
    }
}

#[test]
fn what_is_not_in_its_encoding_is_refused() {
    let says = |encoding: &str| named(&format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>"));
    let mut cut = [&b"\xff\xfe"[..], &wide(&says("UTF-16"), u16::to_le_bytes)].concat();
    cut.pop();
    let declared = |octets: &[u8], encoding: &str| {
        [
            format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>").as_bytes(),
            octets,
        ]
        .concat()
    };
    let text = named("");
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap()).collect();
    for (document, says) in [
        (says("x-nobodys").into_bytes(), "x-nobodys"),
        (says("replacement").into_bytes(), "replacement"),
        (cut, "UTF-16LE"),
        (declared(&latin, "EUC-JP"), "EUC-JP"),
        (declared(&latin, "UTF-8"), "not UTF-8"),
        (latin, "not UTF-8"),
        (named("<!DOCTYPE a>").into_bytes(), "DOCTYPE"),
        (named("<?XML a?>").into_bytes(), "processing instruction"),
        (named("<??>").into_bytes(), "processing instruction"),
        (
            named("<!-- a --><?xml version=\"1.0\"?>").into_bytes(),
            "declaration",
        ),
        (
            [named(""), "<?a?>".into()].concat().into_bytes(),
            "processing instruction",
        ),
        (
            named("").replace("<IDPSSO", "<?a?><IDPSSO").into_bytes(),
            "processing instruction",
        ),
    ] {
        let refused = IdpMetadata::parse(&document, None, NOW)
            .unwrap_err()
            .to_string();
        assert!(refused.contains(says), "{says}: {refused}");
    }
}
