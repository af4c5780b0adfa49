//! The corners of canonicalisation: what may differ and what may not between what was signed and what came (rules A3, B6).

use super::accepted::good;
use super::{Paper, Signer, Vector, accept, reject};
use std::collections::BTreeMap;
use vestibule::saml::error::Rule;

const NAME: &str = "Name=\"department\"";
const VALUE: &str = "Finance";
const RESPONSE: &str = "<samlp:Response ";
const END: &str = "</samlp:Response>";

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = same();
    all.extend(different());
    all
}

fn inclusive(paper: Paper) -> Paper {
    paper.sign_by("_assertion", &Signer::of("idp").inclusive())
}

fn named(vector: Vector, name: &str, value: &str) -> Vector {
    let attributes = BTreeMap::from([(name.to_owned(), vec![value.to_owned()])]);
    vector.identity(|identity| identity.attributes = Some(attributes))
}

/// Written otherwise after signing; the canonical octets are the same.
fn same() -> Vec<Vector> {
    let signed = Paper::signed;
    vec![
        accept(
            "attributes-in-another-order",
            "Attributes have no order.",
            signed().change(
                "ID=\"_assertion\" IssueInstant=\"2026-03-04T05:06:04Z\" Version=\"2.0\">",
                "Version=\"2.0\" ID=\"_assertion\" IssueInstant=\"2026-03-04T05:06:04Z\">",
            ),
        ),
        named(
            accept(
                "attributes-in-order-of-their-namespaces",
                "Attributes are ordered by the names of their namespaces, not by prefix.",
                good(
                    NAME,
                    &format!("xmlns:a=\"urn:z\" xmlns:z=\"urn:a\" {NAME} a:y=\"1\" z:y=\"2\" xml:lang=\"en\" A=\"3\""),
                ),
            ),
            "department",
            VALUE,
        ),
        named(
            accept(
                "tab-by-reference-in-attribute",
                "Tab, line feed and carriage return by reference stay what they are in an attribute.",
                good(NAME, "Name=\"a&#9;b&#xA;c&#xd;d\""),
            ),
            "a\tb\nc\rd",
            VALUE,
        ),
        named(
            accept(
                "next-line-by-reference",
                "U+0085 by reference, in text and in an attribute, before it is signed and after.",
                good(VALUE, "a&#133;b&#x2028;c").change("a&#133;b", "a\u{85}b"),
            ),
            "department",
            "a\u{85}b\u{2028}c",
        ),
        named(
            accept(
                "carriage-return-alone",
                "A carriage return alone is a line end, and becomes a line feed.",
                good(VALUE, "a\nb").change("a\nb", "a\rb"),
            ),
            "department",
            "a\nb",
        ),
        named(
            accept(
                "references-for-what-was-written-plainly",
                "After signing, characters were replaced by references to them.",
                signed()
                    .change(">Finance<", ">&#70;in&#x61;nce<")
                    .change(NAME, "Name='&#100;epartment'"),
            ),
            "department",
            VALUE,
        ),
        accept(
            "empty-element-written-out",
            "An empty element was written with an end tag after signing.",
            signed().change(
                "Recipient=\"https://acme.example/sso/acs\"/>",
                "Recipient=\"https://acme.example/sso/acs\" ></saml:SubjectConfirmationData >",
            ),
        ),
        accept(
            "unused-declarations-around",
            "Declarations around the assertion that nothing in it uses are no part of its exclusive form.",
            signed().change(RESPONSE, "<samlp:Response xmlns:a=\"urn:a\" xmlns=\"urn:b\" "),
        ),
        accept(
            "xml-lang-around-exclusive",
            "xml:lang around the assertion is no part of its exclusive form.",
            signed().change(RESPONSE, "<samlp:Response xml:lang=\"en\" "),
        ),
        accept(
            "prefix-bound-twice-to-the-same",
            "A declaration that is in force already was written again after signing.",
            signed().change(
                "<saml:Subject>",
                "<saml:Subject xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">",
            ),
        ),
        accept(
            "default-namespace-undone-twice",
            "A default namespace is undone where none is in force, and where one is.",
            Paper::good()
                .change(
                    "<samlp:Status>",
                    "<samlp:Extensions><a xmlns=\"\"><b xmlns=\"urn:x\"><c xmlns=\"\"><d xmlns=\"\"/></c></b></a></samlp:Extensions><samlp:Status>",
                )
                .sign("_response"),
        ),
    ]
}

/// Something that the canonical octets hold was changed after signing.
fn different() -> Vec<Vector> {
    let case = |name: &str, note: &str, paper: Paper| {
        reject(&format!("changed-{name}"), Rule::B6, note, paper)
    };
    let response = |paper: Paper| paper.sign("_response");
    let extended = |content: &str| {
        Paper::good().before(
            "<samlp:Status>",
            &format!("<samlp:Extensions>{content}</samlp:Extensions>"),
        )
    };
    vec![
        case(
            "tab-to-reference",
            "A tab in an attribute, which is a space, became a tab by reference.",
            good(NAME, "Name=\"a\tb\"").change("a\tb", "a&#9;b"),
        ),
        case(
            "reference-to-tab",
            "A tab by reference in an attribute became a tab, which is a space.",
            good(NAME, "Name=\"a&#9;b\"").change("a&#9;b", "a\tb"),
        ),
        case(
            "carriage-return-to-line-end",
            "A carriage return by reference became a line end.",
            good(VALUE, "a&#13;b").change("a&#13;b", "a\rb"),
        ),
        case(
            "next-line-to-line-feed",
            "U+0085, which is no line end, became one.",
            good(VALUE, "a\u{85}b").change("a\u{85}b", "a\nb"),
        ),
        case(
            "line-separator-to-space",
            "U+2028, which is no white space, became a space.",
            good(VALUE, "a\u{2028}b").change("a\u{2028}b", "a b"),
        ),
        case(
            "normal-form",
            "A letter with an accent was composed: canonical XML does not normalise.",
            good(VALUE, "e\u{301}").change("e\u{301}", "\u{e9}"),
        ),
        case(
            "default-namespace",
            "The undoing of a default namespace was taken out.",
            response(extended("<a xmlns=\"urn:x\"><b xmlns=\"\"/></a>"))
                .change("<b xmlns=\"\"/>", "<b/>"),
        ),
        case(
            "default-namespace-undone",
            "A default namespace was undone.",
            response(extended("<a xmlns=\"urn:x\"><b/></a>")).change("<b/>", "<b xmlns=\"\"/>"),
        ),
        case(
            "prefix-binding",
            "A prefix in use is bound to another name.",
            response(extended("<x:a xmlns:x=\"urn:x\"><x:b/></x:a>"))
                .change("<x:b/>", "<x:b xmlns:x=\"urn:y\"/>"),
        ),
        case(
            "attribute-prefix",
            "An attribute was taken out of its namespace.",
            response(extended("<a xmlns:x=\"urn:x\" x:b=\"1\"/>")).change("x:b=", "b="),
        ),
        reject(
            "changed-xml-lang-inherited",
            Rule::B3,
            "Inclusive canonicalisation takes xml:lang from around SignedInfo; it was changed there.",
            inclusive(Paper::good().change(RESPONSE, "<samlp:Response xml:lang=\"en\" "))
                .change("xml:lang=\"en\"", "xml:lang=\"de\""),
        ),
        reject(
            "changed-declaration-around-inclusive",
            Rule::B3,
            "Inclusive canonicalisation takes every declaration from around SignedInfo; one was added there.",
            inclusive(Paper::good()).change(RESPONSE, "<samlp:Response xmlns:x=\"urn:x\" "),
        ),
        case(
            "declaration-in-prefix-list",
            "A prefix of the prefix list is bound to another name around the assertion.",
            Paper::good()
                .change(RESPONSE, "<samlp:Response xmlns:x=\"urn:x\" ")
                .sign_by("_assertion", &Signer::of("idp").prefixes("x"))
                .change("xmlns:x=\"urn:x\"", "xmlns:x=\"urn:y\""),
        ),
        reject(
            "namespace-relative-after-signing",
            Rule::A3,
            "A relative namespace name was put around what is signed.",
            Paper::signed().change(RESPONSE, "<samlp:Response xmlns:x=\"y/z\" "),
        ),
        reject(
            "text-around-the-assertion",
            Rule::B6,
            "Text was added to a signed Response, between its elements.",
            response(Paper::good()).before(END, "text"),
        ),
    ]
}
