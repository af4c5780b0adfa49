//! `SignedInfo` that is signed by the right key and says the wrong thing (rules B1, B4, B5).

use super::{Paper, Signer, Vector, reject};
use vestibule::saml::error::Rule;
use vestibule::saml::names;

const ENVELOPED: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>";
const CANONICAL: &str =
    "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
const URI: &str = "URI=\"#_assertion\"";

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = references();
    all.extend(transforms());
    all.extend(methods());
    all.extend(several());
    all
}

/// Signs with a changed `SignedInfo`: the value fits.
fn with(from: &str, to: &str) -> Paper {
    Paper::good().sign_by("_assertion", &Signer::of("idp").info(from, to))
}

fn references() -> Vec<Vector> {
    let case = |name: &str, note: &str, to: &str| reject(name, Rule::B5, note, with(URI, to));
    vec![
        case(
            "reference-empty",
            "The reference is to the whole document.",
            "URI=\"\"",
        ),
        case("reference-missing", "The reference has no URI.", ""),
        case(
            "reference-hash-alone",
            "The reference is a hash sign.",
            "URI=\"#\"",
        ),
        case(
            "reference-without-hash",
            "The reference has no hash sign.",
            "URI=\"_assertion\"",
        ),
        case(
            "reference-to-response",
            "The reference is to the Response.",
            "URI=\"#_response\"",
        ),
        case(
            "reference-to-nothing",
            "The reference is to an ID that is not there.",
            "URI=\"#_nothing\"",
        ),
        case(
            "reference-xpointer-root",
            "The reference is an XPointer to the root.",
            "URI=\"#xpointer(/)\"",
        ),
        case(
            "reference-xpointer-id",
            "The reference is an XPointer to the ID.",
            "URI=\"#xpointer(id('_assertion'))\"",
        ),
        case(
            "reference-element-scheme",
            "The reference is a path of elements.",
            "URI=\"#element(/1/3)\"",
        ),
        case(
            "reference-escaped",
            "The reference is percent-encoded.",
            "URI=\"#%5Fassertion\"",
        ),
        case(
            "reference-with-space",
            "The reference has a space at its end.",
            "URI=\"#_assertion \"",
        ),
        case(
            "reference-http",
            "The reference is to another server.",
            "URI=\"https://evil.example/assertion#_assertion\"",
        ),
        case(
            "reference-file",
            "The reference is to a file.",
            "URI=\"file:///etc/passwd\"",
        ),
        case(
            "reference-cid",
            "The reference is to an attachment.",
            "URI=\"cid:assertion\"",
        ),
        case(
            "reference-other-case",
            "The reference differs in upper and lower case.",
            "URI=\"#_Assertion\"",
        ),
    ]
}

fn transforms() -> Vec<Vector> {
    let both = format!("{ENVELOPED}{CANONICAL}");
    let case = |name: &str, note: &str, to: &str| reject(name, Rule::B5, note, with(&both, to));
    let transform = |uri: &str| format!("<ds:Transform Algorithm=\"{uri}\"></ds:Transform>");
    let xpath = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>not(//saml:NameID)</ds:XPath></ds:Transform>";
    let filter = "<ds:Transform Algorithm=\"http://www.w3.org/2002/06/xmldsig-filter2\"><f:XPath xmlns:f=\"http://www.w3.org/2002/06/xmldsig-filter2\" Filter=\"subtract\">//*</f:XPath></ds:Transform>";
    let xslt = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"></xsl:stylesheet></ds:Transform>";
    let base64 = transform("http://www.w3.org/2000/09/xmldsig#base64");
    let with_child = ENVELOPED.replace("></", "><ds:XPath>1</ds:XPath></");
    let foreign =
        CANONICAL
            .replace("ds:Transform", "x:Transform")
            .replacen(' ', " xmlns:x=\"urn:x\" ", 1);
    vec![
        case("transform-none", "Transforms is empty.", ""),
        case(
            "transform-enveloped-only",
            "Only the enveloped-signature transform.",
            ENVELOPED,
        ),
        case(
            "transform-canonical-only",
            "Only canonicalisation.",
            CANONICAL,
        ),
        case(
            "transform-in-other-order",
            "Canonicalisation first.",
            &format!("{CANONICAL}{ENVELOPED}"),
        ),
        case(
            "transform-three",
            "Canonicalisation twice.",
            &format!("{both}{CANONICAL}"),
        ),
        case(
            "transform-enveloped-twice",
            "The enveloped-signature transform twice.",
            &format!("{ENVELOPED}{both}"),
        ),
        case(
            "transform-xpath",
            "An XPath transform.",
            &format!("{ENVELOPED}{xpath}"),
        ),
        case(
            "transform-xpath-first",
            "An XPath transform before the others.",
            &format!("{xpath}{both}"),
        ),
        case(
            "transform-xpath-filter",
            "An XPath filter.",
            &format!("{ENVELOPED}{filter}"),
        ),
        case(
            "transform-xslt",
            "An XSLT stylesheet.",
            &format!("{ENVELOPED}{xslt}"),
        ),
        case(
            "transform-base64",
            "A base64 transform.",
            &format!("{ENVELOPED}{base64}"),
        ),
        case(
            "transform-canonical-1-1",
            "Canonical XML 1.1.",
            &format!(
                "{ENVELOPED}{}",
                transform("http://www.w3.org/2006/12/xml-c14n11")
            ),
        ),
        case(
            "transform-decryption",
            "The decryption transform.",
            &format!(
                "{ENVELOPED}{}",
                transform("http://www.w3.org/2002/07/decrypt#XML")
            ),
        ),
        case(
            "transform-xpointer",
            "An XPointer transform.",
            &format!(
                "{ENVELOPED}{}",
                transform("http://www.w3.org/2001/04/xmldsig-more#xptr")
            ),
        ),
        case(
            "transform-canonical-2",
            "Canonical XML 2.0.",
            &format!(
                "{ENVELOPED}{}",
                transform("http://www.w3.org/2010/xml-c14n2")
            ),
        ),
        case(
            "transform-canonical-1-1-with-comments",
            "Canonical XML 1.1 with comments.",
            &format!(
                "{ENVELOPED}{}",
                transform("http://www.w3.org/2006/12/xml-c14n11#WithComments")
            ),
        ),
        case(
            "transform-minimal",
            "Minimal canonicalisation.",
            &format!(
                "{ENVELOPED}{}",
                transform("http://www.w3.org/2000/09/xmldsig#minimal")
            ),
        ),
        case(
            "transform-security-token",
            "The transform of WS-Security that follows a reference to a token.",
            &format!(
                "{ENVELOPED}{}",
                transform(
                    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform"
                )
            ),
        ),
        case(
            "transform-relationship",
            "The relationship transform of Open Packaging.",
            &format!(
                "{ENVELOPED}{}",
                transform("http://schemas.openxmlformats.org/package/2006/RelationshipTransform")
            ),
        ),
        case(
            "transform-decryption-binary",
            "The decryption transform for octets.",
            &format!(
                "{ENVELOPED}{}",
                transform("http://www.w3.org/2002/07/decrypt#Binary")
            ),
        ),
        case(
            "transform-in-capitals",
            "Exclusive canonicalisation, its name in another case.",
            &format!("{ENVELOPED}{}", transform(&names::EXC_C14N.to_uppercase())),
        ),
        case(
            "transform-without-algorithm",
            "A transform without a name.",
            &format!("{ENVELOPED}<ds:Transform/>"),
        ),
        case(
            "transform-enveloped-by-another",
            "Another transform where enveloped-signature belongs.",
            &format!("{CANONICAL}{CANONICAL}"),
        ),
        case(
            "transform-enveloped-with-content",
            "The enveloped-signature transform has content.",
            &format!("{with_child}{CANONICAL}"),
        ),
        case(
            "transform-of-another-namespace",
            "A Transform of another namespace.",
            &format!("{ENVELOPED}{foreign}"),
        ),
        reject(
            "transforms-missing",
            Rule::B5,
            "No Transforms.",
            with(&format!("<ds:Transforms>{both}</ds:Transforms>"), ""),
        ),
        reject(
            "transform-unknown-content",
            Rule::B4,
            "Canonicalisation with content that is no prefix list.",
            with(
                &both,
                &format!(
                    "{ENVELOPED}{}",
                    CANONICAL.replace("></", "><ds:XPath>1</ds:XPath></")
                ),
            ),
        ),
    ]
}

fn methods() -> Vec<Vector> {
    let from = "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    let case = |name: &str, note: &str, uri: &str| {
        let to = format!("<ds:CanonicalizationMethod Algorithm=\"{uri}\">");
        reject(name, Rule::B4, note, with(from, &to))
    };
    let list = |prefix: &str| {
        format!(
            "<ec:InclusiveNamespaces xmlns:ec=\"{}\" PrefixList=\"{prefix}\"></ec:InclusiveNamespaces>",
            names::EXC_C14N
        )
    };
    let inclusive = from.replace(names::EXC_C14N, names::C14N);
    vec![
        case(
            "method-canonical-1-1-with-comments",
            "SignedInfo is canonicalised by Canonical XML 1.1, with comments.",
            "http://www.w3.org/2006/12/xml-c14n11#WithComments",
        ),
        case(
            "method-canonical-1-1",
            "SignedInfo is canonicalised by Canonical XML 1.1.",
            "http://www.w3.org/2006/12/xml-c14n11",
        ),
        case(
            "method-xslt",
            "SignedInfo is canonicalised by XSLT.",
            "http://www.w3.org/TR/1999/REC-xslt-19991116",
        ),
        case("method-empty", "No canonicalisation method.", ""),
        reject(
            "method-missing",
            Rule::B4,
            "SignedInfo has no CanonicalizationMethod.",
            with(&format!("{from}</ds:CanonicalizationMethod>"), ""),
        ),
        reject(
            "method-inclusive-with-prefix-list",
            Rule::B4,
            "Inclusive canonicalisation with a prefix list.",
            with(from, &format!("{inclusive}{}", list("saml"))),
        ),
        reject(
            "method-two-prefix-lists",
            Rule::B4,
            "Two prefix lists.",
            with(from, &format!("{from}{}{}", list("saml"), list("samlp"))),
        ),
    ]
}

/// More than one of what there is one of.
fn several() -> Vec<Vector> {
    let good = Paper::signed();
    let twice = |name: &str| good.element(name).repeat(2);
    let case = |name: &str, element: &str, rule: Rule| {
        let note = format!("Two {element}; the signature fits.");
        let paper = with(&inside(&good, element), &inside(&good, element).repeat(2));
        reject(name, rule, &note, paper)
    };
    let after = |name: &str, element: &str| {
        let note = format!("Two {element}.");
        let paper = good.clone().change(&good.element(element), &twice(element));
        reject(name, Rule::B1, &note, paper)
    };
    vec![
        case("several-references", "Reference", Rule::B5),
        case("several-digest-values", "DigestValue", Rule::B5),
        case("several-digest-methods", "DigestMethod", Rule::B5),
        case("several-transforms", "Transforms", Rule::B5),
        case("several-signature-methods", "SignatureMethod", Rule::B5),
        case(
            "several-canonicalization-methods",
            "CanonicalizationMethod",
            Rule::B5,
        ),
        after("several-signed-infos", "SignedInfo"),
        after("several-signature-values", "SignatureValue"),
        after("several-key-infos", "KeyInfo"),
        reject(
            "reference-none",
            Rule::B5,
            "SignedInfo has no Reference.",
            with(&inside(&good, "Reference"), ""),
        ),
        reject(
            "digest-value-first",
            Rule::B5,
            "DigestValue before DigestMethod.",
            with(
                &format!(
                    "{}{}",
                    inside(&good, "DigestMethod"),
                    inside(&good, "DigestValue")
                ),
                &format!(
                    "{}{}",
                    inside(&good, "DigestValue"),
                    inside(&good, "DigestMethod")
                ),
            ),
        ),
        reject(
            "digest-value-not-base64",
            Rule::B6,
            "DigestValue is not base64.",
            with(
                &inside(&good, "DigestValue"),
                "<ds:DigestValue>****</ds:DigestValue>",
            ),
        ),
        reject(
            "digest-value-empty",
            Rule::B6,
            "DigestValue is empty.",
            with(
                &inside(&good, "DigestValue"),
                "<ds:DigestValue></ds:DigestValue>",
            ),
        ),
        reject(
            "digest-value-cut",
            Rule::B6,
            "DigestValue holds the first three octets of the digest.",
            with(
                &inside(&good, "DigestValue"),
                &format!(
                    "{}</ds:DigestValue>",
                    &inside(&good, "DigestValue")[.."<ds:DigestValue>".len() + 4]
                ),
            ),
        ),
        reject(
            "manifest",
            Rule::B5,
            "The reference is to a Manifest.",
            with(
                URI,
                "URI=\"#_manifest\" Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\"",
            ),
        ),
    ]
}

/// An element as it stands in `SignedInfo`.
fn inside(paper: &Paper, element: &str) -> String {
    paper.element(element)
}
