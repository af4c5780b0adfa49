//! Octets that are not strict XML (rule A3).

use super::{Paper, Vector, reject};
use std::ops::Range;
use vestibule::saml::error::Rule;

const NAME: &str = "b.simon@contoso.com";
const STATUS: &str = "<samlp:Status>";
const END: &str = "</samlp:Response>";

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = encodings();
    all.extend(markup());
    all.extend(namespaces());
    all.extend(sizes());
    all
}

pub(super) fn case(name: &str, note: &str, octets: impl Into<Vec<u8>>) -> Vector {
    reject(name, Rule::A3, note, octets)
}

/// The signed Response with something before it.
pub(super) fn preceded(by: &str) -> Vec<u8> {
    format!("{by}{}", Paper::signed().text()).into_bytes()
}

fn extension(content: &str) -> Paper {
    Paper::signed().before(
        STATUS,
        &format!("<samlp:Extensions>{content}</samlp:Extensions>"),
    )
}

fn encodings() -> Vec<Vector> {
    let text = Paper::signed().text().to_owned();
    let utf16 = |little: bool| -> Vec<u8> {
        let declared = format!("\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-16\"?>{text}");
        let units = declared.encode_utf16();
        units
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    };
    let utf32 = |little: bool| -> Vec<u8> {
        let points = "\u{FEFF}".chars().chain(text.chars()).map(u32::from);
        points
            .flat_map(|point| {
                if little {
                    point.to_le_bytes()
                } else {
                    point.to_be_bytes()
                }
            })
            .collect()
    };
    let octets = |insert: &[u8]| {
        let at = text.find("com</saml:NameID>").unwrap() + 3;
        let (head, tail) = text.as_bytes().split_at(at);
        [head, insert, tail].concat()
    };
    let declared = |declaration: &str| format!("{declaration}{text}");
    vec![
        case(
            "utf-16-little-endian",
            "UTF-16, little endian.",
            utf16(true),
        ),
        case("utf-16-big-endian", "UTF-16, big endian.", utf16(false)),
        case(
            "utf-16-without-mark",
            "UTF-16 without a byte order mark.",
            text.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<u8>>(),
        ),
        case(
            "utf-32-little-endian",
            "UTF-32, little endian.",
            utf32(true),
        ),
        case("utf-32-big-endian", "UTF-32, big endian.", utf32(false)),
        case(
            "utf-7",
            "All markup in UTF-7.",
            text.replace('<', "+ADw-").replace('>', "+AD4-"),
        ),
        case(
            "utf-7-byte-order-mark",
            "The byte order mark of UTF-7.",
            format!("+/v8-{text}"),
        ),
        case(
            "utf-16-by-name",
            "UTF-8 that is called UTF-16.",
            declared("<?xml version=\"1.0\" encoding=\"UTF-16\"?>"),
        ),
        case(
            "utf-7-by-name",
            "UTF-7 by name, markup in its escapes.",
            declared("<?xml version=\"1.0\" encoding=\"UTF-7\"?>").replace(NAME, "+ADw-b+AD4-"),
        ),
        case(
            "latin-1-by-name",
            "ISO-8859-1 by name.",
            declared("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"),
        ),
        case(
            "ebcdic-by-name",
            "EBCDIC by name.",
            declared("<?xml version=\"1.0\" encoding=\"IBM037\"?>"),
        ),
        case(
            "utf-8-overlong-slash",
            "An overlong form of a slash.",
            octets(&[0xC0, 0xAF]),
        ),
        case(
            "utf-8-overlong-nul",
            "An overlong form of NUL.",
            octets(&[0xC0, 0x80]),
        ),
        case(
            "utf-8-surrogate",
            "A surrogate in UTF-8.",
            octets(&[0xED, 0xA0, 0x80]),
        ),
        case(
            "utf-8-cut",
            "A character that is cut off.",
            octets(&[0xE2, 0x84]),
        ),
        case(
            "utf-8-latin-1-octet",
            "An octet of ISO-8859-1.",
            octets(&[0xE9]),
        ),
        case(
            "utf-8-beyond-unicode",
            "A character beyond Unicode.",
            octets(&[0xF4, 0x90, 0x80, 0x80]),
        ),
        case(
            "byte-order-mark",
            "A byte order mark.",
            preceded("\u{FEFF}"),
        ),
        case(
            "byte-order-mark-twice",
            "Two byte order marks.",
            preceded("\u{FEFF}\u{FEFF}"),
        ),
        case("nul-in-name", "NUL in the NameID.", octets(&[0])),
        case("nul-at-the-end", "NUL after the root.", text.clone() + "\0"),
        case("control-character", "U+0008 in the NameID.", octets(&[8])),
        case(
            "noncharacter",
            "U+FFFE in the NameID.",
            octets(&[0xEF, 0xBF, 0xBE]),
        ),
        case("xml-1-1", "XML 1.1.", declared("<?xml version=\"1.1\"?>")),
        case(
            "xml-declaration-without-version",
            "An XML declaration without a version.",
            declared("<?xml encoding=\"UTF-8\"?>"),
        ),
        case(
            "xml-declaration-not-first",
            "A space before the XML declaration.",
            declared(" <?xml version=\"1.0\"?>"),
        ),
        case(
            "xml-declaration-twice",
            "Two XML declarations.",
            declared("<?xml version=\"1.0\"?><?xml version=\"1.0\"?>"),
        ),
    ]
}

fn markup() -> Vec<Vector> {
    let text = Paper::signed().text().to_owned();
    let signed = Paper::signed;
    vec![
        case("empty", "Nothing.", Vec::new()),
        case("space-only", "White space.", "  \n"),
        case("not-xml", "Text.", "hello"),
        case("json", "JSON.", "{\"alg\":\"none\"}"),
        case(
            "html",
            "An error page.",
            "<html><body>Error<br></body></html>",
        ),
        case(
            "base64-inside-base64",
            "The message is in base64 once more.",
            openssl::base64::encode_block(text.as_bytes()),
        ),
        case(
            "cut-off",
            "The message ends in the middle.",
            text[..text.len() / 2].to_owned(),
        ),
        case(
            "root-not-closed",
            "The root is not closed.",
            text.replace(END, ""),
        ),
        case(
            "two-roots",
            "A second Response after the first.",
            format!("{text}{text}"),
        ),
        case(
            "text-after-root",
            "Text after the root.",
            text.clone() + "x",
        ),
        case(
            "cdata-after-root",
            "CDATA after the root.",
            text.clone() + "<![CDATA[ ]]>",
        ),
        case(
            "reference-after-root",
            "A character reference after the root.",
            text.clone() + "&#32;",
        ),
        case(
            "end-tag-of-another",
            "An end tag of another name.",
            signed().change("</saml:NameID>", "</saml:NameId>"),
        ),
        case(
            "end-tag-of-another-prefix",
            "An end tag with another prefix of the same namespace.",
            signed().change(
                "<saml:NameID ",
                "<s:NameID xmlns:s=\"urn:oasis:names:tc:SAML:2.0:assertion\" ",
            ),
        ),
        case(
            "end-tag-with-attribute",
            "An end tag with an attribute.",
            signed().change("</saml:NameID>", "</saml:NameID x=\"y\">"),
        ),
        case(
            "comment-with-dashes",
            "Two dashes in a comment.",
            signed().after(NAME, "<!-- a -- b -->"),
        ),
        case(
            "comment-with-dash-at-end",
            "A comment that ends with three dashes.",
            signed().after(NAME, "<!-- a --->"),
        ),
        case(
            "comment-not-closed",
            "A comment without an end.",
            signed().after(NAME, "<!-- a"),
        ),
        case(
            "cdata-not-closed",
            "CDATA without an end.",
            signed().after(NAME, "<![CDATA[ a"),
        ),
        case(
            "cdata-end-in-text",
            "The end of CDATA in text.",
            signed().after(NAME, "]]>"),
        ),
        case(
            "less-than-in-attribute",
            "A less-than sign in an attribute.",
            signed().change("Name=\"department\"", "Name=\"a<b\""),
        ),
        case(
            "attribute-without-quotes",
            "An attribute without quotes.",
            signed().change("Name=\"department\"", "Name=department"),
        ),
        case(
            "attribute-without-value",
            "An attribute without a value.",
            signed().change("Name=\"department\"", "Name"),
        ),
        case(
            "attributes-without-space",
            "No space between two attributes.",
            signed().change("Name=\"department\"", "Name=\"department\"x=\"y\""),
        ),
        case(
            "attribute-twice",
            "An attribute twice.",
            signed().change("ID=\"_assertion\"", "ID=\"_assertion\" ID=\"_evil\""),
        ),
        case(
            "name-with-two-colons",
            "A name with two colons.",
            extension("<a:b:c xmlns:a=\"urn:x\"/>"),
        ),
        case(
            "name-with-digit",
            "A name that starts with a digit.",
            extension("<1a/>"),
        ),
        case(
            "space-before-name",
            "A space before an element's name.",
            extension("< a/>"),
        ),
    ]
}

fn namespaces() -> Vec<Vector> {
    vec![
        case("prefix-undeclared", "An undeclared prefix.", extension("<x:a/>")),
        case("prefix-undeclared-on-attribute", "An undeclared prefix of an attribute.", extension("<a x:b=\"c\"/>")),
        case("prefix-undone", "A prefix that is undeclared again (XML 1.1).", extension("<x:a xmlns:x=\"urn:x\"><b xmlns:x=\"\"/></x:a>")),
        case("prefix-xml-rebound", "The prefix xml for another namespace.", extension("<a xmlns:xml=\"urn:x\"/>")),
        case("prefix-for-xml", "Another prefix for the namespace of xml.", extension("<a xmlns:x=\"http://www.w3.org/XML/1998/namespace\"/>")),
        case("prefix-xmlns", "The prefix xmlns is declared.", extension("<a xmlns:xmlns=\"http://www.w3.org/2000/xmlns/\"/>")),
        case("prefix-for-xmlns", "Another prefix for the namespace of xmlns.", extension("<a xmlns:x=\"http://www.w3.org/2000/xmlns/\"/>")),
        case("element-with-prefix-xmlns", "An element with the prefix xmlns.", extension("<xmlns:a/>")),
        case("namespace-relative", "A relative namespace name.", extension("<a xmlns=\"foo/bar\"/>")),
        case("namespace-relative-prefixed", "A relative namespace name with a prefix.", extension("<x:a xmlns:x=\"../x\"/>")),
        case("namespace-not-a-uri", "A namespace name with a byte order mark in it, which libxml2 refuses.", extension("<a xmlns=\"urn:\u{FEFF}x\"/>")),
        case("namespace-with-space", "A namespace name with a space.", extension("<a xmlns=\"urn:a b\"/>")),
        case("namespace-with-ampersand", "A namespace name with an ampersand, which libxml2 canonicalises otherwise than the standard.", extension("<a xmlns=\"urn:x?a&amp;b\"/>")),
        case("namespace-port-not-a-number", "A namespace name whose port is no number.", extension("<a xmlns=\"http://host:port/\"/>")),
        case("namespace-declared-twice", "A prefix declared twice on one element.", extension("<x:a xmlns:x=\"urn:x\" xmlns:x=\"urn:y\"/>")),
        case("attribute-twice-by-namespace", "An attribute twice, by two prefixes of one namespace.", extension("<a xmlns:x=\"urn:x\" xmlns:y=\"urn:x\" x:b=\"1\" y:b=\"2\"/>")),
        reject("xinclude", Rule::C1, "An XInclude in the Response: an unknown element.", Paper::good().before("</samlp:Response>", "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/passwd\" parse=\"text\"/>").sign("_response")),
        reject("xinclude-in-assertion", Rule::D1, "An XInclude in the assertion: an unknown element.", Paper::good().before("</saml:Assertion>", "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"https://evil.example/\"/>").sign("_assertion")),
        reject("xinclude-in-name", Rule::D7, "An XInclude as NameID: an element where text belongs.", Paper::good().change("b.simon@contoso.com", "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/passwd\" parse=\"text\"/>").sign("_assertion")),
    ]
}

fn sizes() -> Vec<Vector> {
    let deep = |levels: usize| {
        extension(&format!(
            "{}{}",
            "<a>".repeat(levels),
            "</a>".repeat(levels)
        ))
    };
    let attributes = pieces(0..10_000, |at| format!(" a{at}=\"\""));
    let declarations = pieces(0..10_000, |at| format!(" xmlns:n{at}=\"urn:n{at}\""));
    let nested = pieces(0..60, |level| {
        let own = pieces(0..8, |at| format!(" xmlns:n{level}-{at}=\"urn:n\""));
        format!("<a{own}>")
    });
    vec![
        case("depth-65", "65 levels of elements.", deep(63)),
        case(
            "depth-10000",
            "10,000 levels of elements, none closed.",
            preceded(&"<a>".repeat(10_000)),
        ),
        case(
            "elements-20001",
            "More than 20,000 elements.",
            extension(&"<a/>".repeat(20_000)),
        ),
        case(
            "attributes-10000",
            "10,000 attributes on one element.",
            extension(&format!("<a{attributes}/>")),
        ),
        case(
            "namespaces-10000",
            "10,000 namespace declarations on one element, a quarter of a megabyte.",
            extension(&format!("<a{declarations}/>")),
        ),
        case(
            "namespaces-nested",
            "480 namespace declarations in scope.",
            extension(&format!("{nested}{}", "</a>".repeat(60))),
        ),
        case(
            "name-1025",
            "The name of an element has 1,025 octets.",
            extension(&format!("<{}/>", "a".repeat(1025))),
        ),
        case(
            "name-of-a-quarter-of-a-megabyte",
            "The name of an element has 120,000 octets, twice.",
            extension(&format!("<{0}></{0}>", "a".repeat(120_000))),
        ),
        case(
            "name-of-attribute-1025",
            "The name of an attribute has 1,025 octets.",
            extension(&format!("<a {}=\"\"/>", "a".repeat(1025))),
        ),
        case(
            "name-of-prefix-1025",
            "A prefix has 1,025 octets.",
            extension(&format!("<a xmlns:{}=\"urn:x\"/>", "a".repeat(1025))),
        ),
        case(
            "attributes-129",
            "129 attributes on one element.",
            extension(&format!(
                "<a{}/>",
                pieces(0..129, |at| format!(" a{at}=\"\""))
            )),
        ),
    ]
}

/// Text made of numbered pieces.
fn pieces(numbers: Range<usize>, piece: impl Fn(usize) -> String) -> String {
    numbers.fold(String::new(), |text, number| text + &piece(number))
}
