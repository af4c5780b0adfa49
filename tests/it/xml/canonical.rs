//! Canonical octets equal libxml2's, and the examples of the specifications.

use super::libxml2::Libxml2;
use super::{parse, samples};
use vestibule::xml::{Canonicalization, Comments, Document, Element, Limits, canonicalize};

const INCLUSIVE: Canonicalization<'_> = Canonicalization::Inclusive;
const EXCLUSIVE: Canonicalization<'_> = Canonicalization::Exclusive(&[]);

#[test]
fn values_are_what_canonical_xml_makes_of_them() {
    let document = parse("<a b=' x\t\r\ny&#9;&#10;&#13;&lt;&quot;'>one<!-- x -->two<![CDATA[<&>]]>\r\nthree\r&#13;&amp;</a>").unwrap();
    assert_eq!(document.root().attribute("b"), Some(" x  y\t\n\r<\""));
    assert_eq!(
        document.root().text().as_deref(),
        Some("onetwo<&>\nthree\n\r&")
    );
    let canonical = canonicalize(document.root(), None, EXCLUSIVE);
    assert_eq!(
        String::from_utf8(canonical).unwrap(),
        "<a b=\" x  y&#x9;&#xA;&#xD;&lt;&quot;\">onetwo&lt;&amp;&gt;\nthree\n&#xD;&amp;</a>"
    );
}

#[test]
fn canonical_nasty_documents_equal_libxml2() {
    let mut libxml2 = Libxml2::new();
    for text in [
        "<a/>",
        "<a xmlns='u:1'><b xmlns=''><c xmlns='u:1'/></b></a>",
        "<a xmlns=''><b xmlns='u:1'/></a>",
        "<x:a xmlns:x='u:1' xmlns='u:2'><b/><x:c xmlns:x='u:3'><x:d xmlns:x='u:1'/></x:c></x:a>",
        "<a xmlns:x='u:1' xmlns:y='u:1'><x:b y:c='1'/><y:b x:c='1'/></a>",
        "<a xmlns:z='u:1' xmlns:b='u:2' xmlns='u:9' z:q='1' b:q='2' q='3' a='4' xml:lang='en'/>",
        "<a xmlns:x='u:1'><b><x:c/></b><b><x:c/></b></a>",
        "<a xmlns:x='u:1'><x:b xmlns:x='u:1'><x:c xmlns:x='u:1'/></x:b></a>",
        "<a b='&#9;&#10;&#13;&lt;&gt;&amp;&quot;&apos;\t\n x'>&#9;&#10;&#13;&lt;&gt;&amp;&quot;&apos;\r\n\r</a>",
        "<a><![CDATA[<x>&amp;]]><![CDATA[]]>]]&gt;<b> </b>\n</a>",
        "<a b='\u{E9}\u{10000}\u{85}\u{2028}'>\u{E9}\u{10000}\u{85}\u{2028}</a>",
        "<?xml version='1.0'?>\n\n  <a  b = 'c'   ></a  >\n\n",
        "<e1 a='one' b='two' xmlns='http://example.org' xmlns:a='http://www.w3.org' xmlns:b='http://www.ietf.org' b:attr='sorted' attr2='all' attr='I&apos;m' a:attr='out'/>",
        "<a xmlns:a='u:2' xmlns:b='u:1' xmlns:c='u:1' b:z='1' a:a='2' c:y='3'/>",
        "<a xmlns='u:1' xmlns:x='u:1'><x:a><a/></x:a></a>",
        "<a xml:space='preserve' xml:id='x'><b xml:lang='de'> </b></a>",
    ] {
        let document = parse(text).unwrap();
        for method in [INCLUSIVE, EXCLUSIVE] {
            let ours = canonicalize(document.root(), None, method);
            let theirs = libxml2.canonicalize(text.as_bytes(), 0, None, method, Comments::Dropped);
            assert_eq!(
                String::from_utf8(ours).unwrap(),
                String::from_utf8(theirs.unwrap()).unwrap(),
                "{text}"
            );
        }
    }
}

#[test]
fn canonical_elements_within_a_document() {
    // The examples of Exclusive XML Canonicalization 1.0, section 2, and what they imply.
    let first = r#"<n0:pdu xmlns:n0="http://a.example"><n1:elem1 xmlns:n1="http://b.example">content</n1:elem1></n0:pdu>"#;
    let second = r#"<n2:pdu xmlns:n1="http://example.com" xmlns:n2="http://foo.example" xml:lang="fr" xml:space="retain"><n1:elem2 xmlns:n0="http://foo.bar" xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"/></n1:elem2></n2:pdu>"#;
    let default = r#"<a xmlns="u:1" xmlns:p="u:2" xmlns:q="u:3"><b c="1"><p:d q:e="2"><f xmlns=""/></p:d></b></a>"#;
    let undone = r#"<a xmlns="u:1"><b xmlns=""><c/></b></a>"#;
    let cases = [
        (
            first,
            "elem1",
            INCLUSIVE,
            r#"<n1:elem1 xmlns:n0="http://a.example" xmlns:n1="http://b.example">content</n1:elem1>"#,
        ),
        (
            first,
            "elem1",
            EXCLUSIVE,
            r#"<n1:elem1 xmlns:n1="http://b.example">content</n1:elem1>"#,
        ),
        (
            first,
            "elem1",
            Canonicalization::Exclusive(&["n0"]),
            r#"<n1:elem1 xmlns:n0="http://a.example" xmlns:n1="http://b.example">content</n1:elem1>"#,
        ),
        (
            first,
            "elem1",
            Canonicalization::Exclusive(&["n9", "#default", "xml"]),
            r#"<n1:elem1 xmlns:n1="http://b.example">content</n1:elem1>"#,
        ),
        (
            second,
            "elem2",
            INCLUSIVE,
            r#"<n1:elem2 xmlns:n0="http://foo.bar" xmlns:n1="http://example.net" xmlns:n2="http://foo.example" xml:lang="en" xml:space="retain"><n3:stuff xmlns:n3="ftp://example.org"></n3:stuff></n1:elem2>"#,
        ),
        (
            second,
            "elem2",
            EXCLUSIVE,
            r#"<n1:elem2 xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"></n3:stuff></n1:elem2>"#,
        ),
        (
            second,
            "stuff",
            INCLUSIVE,
            r#"<n3:stuff xmlns:n0="http://foo.bar" xmlns:n1="http://example.net" xmlns:n2="http://foo.example" xmlns:n3="ftp://example.org" xml:lang="en" xml:space="retain"></n3:stuff>"#,
        ),
        (
            second,
            "stuff",
            Canonicalization::Exclusive(&["n1"]),
            r#"<n3:stuff xmlns:n1="http://example.net" xmlns:n3="ftp://example.org"></n3:stuff>"#,
        ),
        (
            default,
            "b",
            EXCLUSIVE,
            r#"<b xmlns="u:1" c="1"><p:d xmlns:p="u:2" xmlns:q="u:3" q:e="2"><f xmlns=""></f></p:d></b>"#,
        ),
        (
            default,
            "d",
            EXCLUSIVE,
            r#"<p:d xmlns:p="u:2" xmlns:q="u:3" q:e="2"><f></f></p:d>"#,
        ),
        (
            default,
            "d",
            INCLUSIVE,
            r#"<p:d xmlns="u:1" xmlns:p="u:2" xmlns:q="u:3" q:e="2"><f xmlns=""></f></p:d>"#,
        ),
        (
            default,
            "d",
            Canonicalization::Exclusive(&["#default"]),
            r#"<p:d xmlns="u:1" xmlns:p="u:2" xmlns:q="u:3" q:e="2"><f xmlns=""></f></p:d>"#,
        ),
        (undone, "c", INCLUSIVE, "<c></c>"),
        (undone, "b", EXCLUSIVE, "<b><c></c></b>"),
        (
            undone,
            "c",
            Canonicalization::Exclusive(&["#default"]),
            "<c></c>",
        ),
    ];
    for (text, local, method, expected) in cases {
        let document = parse(text).unwrap();
        let element = document
            .elements()
            .find(|element| element.local_name() == local)
            .unwrap();
        let got = String::from_utf8(canonicalize(element, None, method)).unwrap();
        assert_eq!(got, expected, "{local} of {text} by {method:?}");
    }
}

#[test]
fn the_enveloped_signature_is_left_out() {
    let text = "<a xmlns='u:1'>x<b><s/></b><s><t>no</t></s>y</a>";
    let document = parse(text).unwrap();
    let signature = document.root().children().nth(1).unwrap();
    let got = canonicalize(document.root(), Some(signature), EXCLUSIVE);
    assert_eq!(
        String::from_utf8(got).unwrap(),
        "<a xmlns=\"u:1\">x<b><s></s></b>y</a>"
    );
}

#[test]
fn canonical_octets_are_their_own_canonical_form() {
    for path in samples().filter(|path| !path.ends_with("mock-saml-boxyhq.xml")) {
        let bytes = std::fs::read(&path).unwrap();
        let document = Document::parse(&bytes, &Limits::METADATA).unwrap();
        for element in document.elements().step_by(7) {
            for method in [INCLUSIVE, EXCLUSIVE] {
                let once = canonicalize(element, None, method);
                let again = Document::parse(&once, &Limits::METADATA).unwrap();
                assert_eq!(
                    canonicalize(again.root(), None, method),
                    once,
                    "{}",
                    path.display()
                );
                assert!(same(element, again.root()), "{}", path.display());
            }
        }
    }
}

/// Whether two elements say the same: names, attributes, text.
fn same(one: Element<'_>, other: Element<'_>) -> bool {
    one.descendants().count() == other.descendants().count()
        && one
            .descendants()
            .zip(other.descendants())
            .all(|(one, other)| {
                one.is(other.namespace(), other.local_name()) && one.text() == other.text()
            })
}
