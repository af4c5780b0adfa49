//! Odd but legal XML, which is accepted and says what was signed (rules A3, B6).

use super::accepted::good;
use super::{Paper, Signer, Vector, accept};
use std::collections::BTreeMap;

const NAME: &str = "b.simon@contoso.com";
const STATUS: &str = "<samlp:Status>";
const SUBJECT_END: &str = "</saml:Subject>";

pub(super) fn vectors() -> Vec<Vector> {
    let long = "b.simon@contoso.com.evil.example";
    let default = Paper::good()
        .change_all("saml:", "")
        .change_all("xmlns:saml=", "xmlns=")
        .text()
        .to_owned();
    let rebound = Paper::good()
        .change("<saml:AttributeStatement>", "<s:AttributeStatement xmlns:s=\"urn:oasis:names:tc:SAML:2.0:assertion\" xmlns:saml=\"urn:x\">")
        .change("<saml:Attribute ", "<s:Attribute ")
        .change("<saml:AttributeValue>", "<s:AttributeValue>")
        .change("</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>", "</s:AttributeValue></s:Attribute></s:AttributeStatement>");
    let lines = Paper::good().text().replace("><", ">\r\n\t<");
    let joined = |text: &str| {
        accept("comment-in-name", "A comment in the NameID: canonicalisation leaves it out, and the name is the whole text.", good(NAME, text))
            .identity(|identity| identity.name_id = Some(long.to_owned()))
    };
    vec![
        joined("b.simon@contoso.com<!-- -->.evil.example"),
        accept("comment-added-after-signing", "A comment in the NameID, added after signing: the name is still the whole text.", good(NAME, long).change("com.evil", "com<!---->.evil"))
            .identity(|identity| identity.name_id = Some(long.to_owned())),
        accept("cdata-in-name", "CDATA in the NameID.", good(NAME, "b.<![CDATA[simon]]>@contoso.com")),
        accept("cdata-added-after-signing", "CDATA that came after signing: the canonical octets are the same.", Paper::signed().change(NAME, "<![CDATA[b.simon@contoso.com]]>")),
        accept("cdata-with-markup", "CDATA with markup in it is text.", good("Finance", "<![CDATA[<saml:NameID>&amp;]]>"))
            .identity(|identity| identity.attributes = Some(BTreeMap::from([("department".to_owned(), vec!["<saml:NameID>&amp;".to_owned()])]))),
        accept("character-references-in-name", "Character references in the NameID.", good(NAME, "&#98;.simon&#x40;contoso.com")),
        accept("carriage-return-in-attribute", "A carriage return by reference in an attribute's value.", good("Finance", "a&#13;&#10;&#9;b"))
            .identity(|identity| identity.attributes = Some(BTreeMap::from([("department".to_owned(), vec!["a\r\n\tb".to_owned()])]))),
        accept("next-line-in-attribute", "U+0085 and U+2028 are no line ends in XML 1.0.", good("Finance", "a\u{85}b\u{2028}c"))
            .identity(|identity| identity.attributes = Some(BTreeMap::from([("department".to_owned(), vec!["a\u{85}b\u{2028}c".to_owned()])]))),
        accept("comments-everywhere", "Comments around the root and between elements.", Paper::new(format!("<!-- a -->{}<!-- b -->", good(SUBJECT_END, &format!("{SUBJECT_END}<!-- c -->")).text()))),
        accept("carriage-returns", "Line ends of Windows, with tabs.", Paper::new(lines).sign("_assertion")),
        accept("default-namespace", "The assertion's namespace is the default one.", Paper::new(default).sign("_assertion")),
        accept("prefix-rebound", "The prefix saml means something else inside.", rebound.sign("_assertion")),
        accept("default-namespace-undone", "A default namespace that is undone again.", good(STATUS, &format!("<samlp:Extensions><a xmlns=\"urn:x\"><b xmlns=\"\"/></a></samlp:Extensions>{STATUS}")).sign("_response")),
        accept("xml-attributes-inherited", "xml:lang and xml:space on the Response, inclusive canonicalisation of the assertion.", Paper::good().change("<samlp:Response ", "<samlp:Response xml:lang=\"en\" xml:space=\"preserve\" ").sign_by("_assertion", &Signer::of("idp").inclusive())),
        accept("attributes-single-quotes", "Single quotes, white space in tags.", Paper::signed().change("<saml:Attribute Name=\"department\">", "<saml:Attribute\n Name = 'department' >")),
        accept("attribute-with-line-ends", "Line ends in an attribute become spaces.", good("Name=\"department\"", "Name=\"a\nb\t&#10;c\""))
            .identity(|identity| identity.attributes = Some(BTreeMap::from([("a b \nc".to_owned(), vec!["Finance".to_owned()])]))),
        accept("xml-declaration", "An XML declaration with everything in it.", Paper::new(format!("<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n{}\n", Paper::signed().text()))),
        accept("names-not-ascii", "Names that are not ASCII, in Extensions.", good(STATUS, &format!("<samlp:Extensions><\u{e9}l\u{e9}ment xmlns=\"urn:x\" \u{5c5e}\u{6027}=\"1\"/></samlp:Extensions>{STATUS}"))),
        accept("name-1024", "Names of 1,024 octets.", Paper::signed().before(STATUS, &format!("<samlp:Extensions><{0} {0}=\"\" xmlns:{1}=\"urn:x\"/></samlp:Extensions>", "a".repeat(1024), "a".repeat(1018)))),
        accept("depth-64", "64 levels of elements.", Paper::signed().before(STATUS, &format!("<samlp:Extensions>{}{}</samlp:Extensions>", "<a>".repeat(62), "</a>".repeat(62)))),
    ]
}
