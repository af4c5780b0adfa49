//! Signature wrapping (rules B1, B5, C1, A4): a signed assertion somewhere, another one where it is read.
//!
//! The numbers are those of "On Breaking SAML: Be Whoever You Want to Be" (USENIX Security 2012).

use super::{Paper, Vector, reject};
use vestibule::saml::error::Rule;

const END: &str = "</samlp:Response>";
const STATUS: &str = "<samlp:Status>";
const STATUS_END: &str = "</samlp:Status>";

/// The pieces that the attacks are put together from.
pub(super) struct Pieces {
    /// The signed assertion, with its signature.
    pub(super) signed: String,
    /// The same without it.
    pub(super) bare: String,
    pub(super) signature: String,
    /// What the attacker wants to be read.
    pub(super) evil: String,
}

impl Pieces {
    pub(super) fn new() -> Self {
        let paper = Paper::signed();
        let signed = paper.element("Assertion");
        let signature = paper.element("Signature");
        let bare = signed.replacen(&signature, "", 1);
        let evil = bare
            .replace("b.simon@contoso.com", "admin@contoso.com")
            .replace("ID=\"_assertion\"", "ID=\"_evil\"");
        Self {
            signed,
            bare,
            signature,
            evil,
        }
    }

    /// The attacker's assertion with something after its issuer.
    pub(super) fn evil_with(&self, insert: &str) -> String {
        self.evil
            .replacen("</saml:Issuer>", &format!("</saml:Issuer>{insert}"), 1)
    }

    /// The signature with something at its end.
    fn signature_with(&self, insert: &str) -> String {
        let end = "</ds:Signature>";
        self.signature.replace(end, &format!("{insert}{end}"))
    }
}

/// A Response with this instead of its assertion.
pub(super) fn response(content: &str) -> Paper {
    let good = Paper::good();
    let assertion = good.element("Assertion");
    good.change(&assertion, content)
}

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = classic();
    all.extend(elsewhere());
    all.extend(identifiers());
    all.extend(roots());
    all
}

fn classic() -> Vec<Vector> {
    let p = Pieces::new();
    let signed_response = Paper::good().sign("_response");
    let signature = signed_response.element("Signature");
    let original = signed_response.text().replacen(&signature, "", 1);
    let evil = response(&p.evil).change("ID=\"_response\"", "ID=\"_evil_response\"");
    let around = signature.replace("</ds:Signature>", &format!("{original}</ds:Signature>"));
    let object = |content: &str| format!("<ds:Object>{content}</ds:Object>");
    let copied = p.evil_with(&p.signature);
    vec![
        reject(
            "xsw-1-original-response-in-signature",
            Rule::C1,
            "XSW 1: the signed Response lies in the signature of a forged one.",
            evil.clone().before(STATUS, &around),
        ),
        reject(
            "xsw-2-original-response-before-signature",
            Rule::C1,
            "XSW 2: the signed Response lies beside a detached signature.",
            evil.before(STATUS, &format!("{original}{signature}")),
        ),
        reject(
            "xsw-3-forged-assertion-first",
            Rule::B1,
            "XSW 3: a forged assertion stands before the signed one, whose signature is then in the wrong place.",
            response(&format!("{}{}", p.evil, p.signed)),
        ),
        reject(
            "xsw-3-forged-assertion-last",
            Rule::C1,
            "XSW 3, the other way round: a forged assertion stands after the signed one.",
            response(&format!("{}{}", p.signed, p.evil)),
        ),
        reject(
            "xsw-4-original-in-forged-assertion",
            Rule::C1,
            "XSW 4: the signed assertion lies in the forged one.",
            response(&p.evil.replace(
                "</saml:Assertion>",
                &format!("{}</saml:Assertion>", p.signed),
            )),
        ),
        reject(
            "xsw-5-signature-in-forged-assertion",
            Rule::C1,
            "XSW 5: the forged assertion took the signature; the original stands after it.",
            response(&format!("{copied}{}", p.bare)),
        ),
        reject(
            "xsw-6-original-in-signature",
            Rule::C1,
            "XSW 6: the original lies in the signature that the forged assertion took.",
            response(&p.evil_with(&p.signature_with(&p.bare))),
        ),
        reject(
            "xsw-7-forged-in-extensions",
            Rule::C1,
            "XSW 7: the forged assertion lies in Extensions.",
            response(&p.signed).before(
                STATUS,
                &format!("<samlp:Extensions>{}</samlp:Extensions>", p.evil),
            ),
        ),
        reject(
            "xsw-8-original-in-object",
            Rule::C1,
            "XSW 8: the original lies in an Object of the signature that the forged assertion took.",
            response(&p.evil_with(&p.signature_with(&object(&p.bare)))),
        ),
        reject(
            "object-with-nothing-of-ours",
            Rule::B1,
            "A signature with an Object is refused, whatever is in it.",
            response(
                &p.signed
                    .replace(&p.signature, &p.signature_with(&object("text"))),
            ),
        ),
    ]
}

/// The signed assertion, or the forged one, in every place that holds foreign elements.
fn elsewhere() -> Vec<Vector> {
    let p = Pieces::new();
    let detail = |content: &str| format!("<samlp:StatusDetail>{content}</samlp:StatusDetail>");
    let value = "<saml:AttributeValue>Finance</saml:AttributeValue>";
    let in_value = format!("<saml:AttributeValue>{}</saml:AttributeValue>", p.signed);
    let advice = format!("</saml:Conditions><saml:Advice>{}</saml:Advice>", p.signed);
    let encrypted = "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"></saml:EncryptedAssertion>";
    let foreign = "<x:a xmlns:x=\"urn:x\">";
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::C1, note, paper);
    vec![
        case(
            "original-in-extensions",
            "The signed assertion lies in Extensions, a forged one is read.",
            response(&p.evil).before(
                STATUS,
                &format!("<samlp:Extensions>{}</samlp:Extensions>", p.signed),
            ),
        ),
        case(
            "original-in-advice",
            "The signed assertion lies in the Advice of a forged one.",
            response(&p.evil.replace("</saml:Conditions>", &advice)),
        ),
        case(
            "original-in-attribute-value",
            "The signed assertion is an attribute's value in a forged one.",
            response(&p.evil.replace(value, &in_value)),
        ),
        case(
            "original-in-status-detail",
            "The signed assertion lies in StatusDetail, a forged one is read.",
            response(&p.evil).before(STATUS_END, &detail(&p.signed)),
        ),
        case(
            "forged-in-status-detail",
            "A forged assertion lies in StatusDetail.",
            response(&p.signed).before(STATUS_END, &detail(&p.evil)),
        ),
        case(
            "original-in-foreign-element",
            "The signed assertion lies in an element of another namespace beside a forged one.",
            response(&format!("{}{foreign}{}</x:a>", p.evil, p.signed)),
        ),
        case(
            "only-in-foreign-element",
            "The signed assertion lies in an element of another namespace; nothing else is there.",
            response(&format!("{foreign}{}</x:a>", p.signed)),
        ),
        case(
            "second-response-inside",
            "A whole signed Response lies in the Response.",
            response(&p.evil).before(
                END,
                Paper::signed()
                    .change("ID=\"_response\"", "ID=\"_inner\"")
                    .text(),
            ),
        ),
        case(
            "second-response-in-extensions",
            "A Response without an assertion lies in Extensions.",
            response(&p.signed).before(
                STATUS,
                "<samlp:Extensions><samlp:Response ID=\"_inner\"/></samlp:Extensions>",
            ),
        ),
        case(
            "encrypted-beside-signed",
            "An EncryptedAssertion stands beside the signed one.",
            response(&format!("{}{encrypted}", p.signed)),
        ),
        case(
            "encrypted-in-attribute-value",
            "An EncryptedAssertion lies in an attribute's value.",
            response(&p.signed.replace("Finance", encrypted)),
        ),
        case(
            "two-signed-assertions",
            "Two assertions, each signed by the identity provider.",
            response(&format!("{}{}", p.bare, p.evil)).sign("_assertion"),
        ),
        reject(
            "signature-in-extensions",
            Rule::B1,
            "The assertion's signature lies in Extensions.",
            response(&p.bare).before(
                STATUS,
                &format!("<samlp:Extensions>{}</samlp:Extensions>", p.signature),
            ),
        ),
        reject(
            "signature-in-attribute-value",
            Rule::B1,
            "The assertion's signature is an attribute's value.",
            response(&p.bare.replace("Finance", &p.signature)),
        ),
        reject(
            "signature-in-key-info",
            Rule::B1,
            "A signature lies in the KeyInfo of the signature.",
            response(&p.signed).before("</ds:KeyInfo>", &p.signature),
        ),
    ]
}

/// Identifiers that two readers could take for one another (rule A4).
fn identifiers() -> Vec<Vector> {
    let p = Pieces::new();
    let twin = p.evil.replace("ID=\"_evil\"", "ID=\"_assertion\"");
    let named = |attribute: &str| {
        let element = format!("<x:a xmlns:x=\"urn:x\" {attribute}=\"_assertion\"/>");
        response(&p.signed).before(
            STATUS,
            &format!("<samlp:Extensions>{element}</samlp:Extensions>"),
        )
    };
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::A4, note, paper);
    let id = |id: &str| Paper::good().change("ID=\"_assertion\"", &format!("ID=\"{id}\""));
    vec![
        case(
            "id-twice-forged-first",
            "The forged assertion has the ID of the signed one, and comes first.",
            response(&format!("{twin}{}", p.signed)),
        ),
        case(
            "id-twice-forged-last",
            "The forged assertion has the ID of the signed one, and comes last.",
            response(&format!("{}{twin}", p.signed)),
        ),
        case(
            "id-of-response-and-assertion-the-same",
            "The Response and the assertion have the same ID.",
            Paper::good()
                .change("ID=\"_response\"", "ID=\"_assertion\"")
                .sign("_assertion"),
        ),
        case(
            "id-twice-as-id",
            "An element of Extensions has the attribute id with the assertion's ID.",
            named("id"),
        ),
        case(
            "id-twice-as-mixed-case",
            "An element of Extensions has the attribute Id with the assertion's ID.",
            named("Id"),
        ),
        case(
            "id-twice-as-xml-id",
            "An element of Extensions has the attribute xml:id with the assertion's ID.",
            named("xml:id"),
        ),
        case(
            "id-twice-in-a-namespace",
            "An element of Extensions has the attribute x:ID with the assertion's ID.",
            named("x:ID"),
        ),
        case(
            "id-twice-as-assertion-id",
            "An element of Extensions has the attribute AssertionID of SAML 1.1 with the assertion's ID.",
            named("AssertionID"),
        ),
        case(
            "id-twice-as-response-id",
            "An element of Extensions has the attribute ResponseID of SAML 1.1 with the assertion's ID.",
            named("ResponseID"),
        ),
        case(
            "id-twice-within-the-assertion",
            "An element of the signed assertion has the assertion's ID.",
            Paper::good()
                .change("<saml:Subject>", "<saml:Subject Id=\"_assertion\">")
                .sign("_assertion"),
        ),
        case("id-empty", "The assertion's ID is empty.", id("")),
        case(
            "id-with-dash-first",
            "The assertion's ID starts with a dash.",
            id("-assertion"),
        ),
        case(
            "id-of-257-characters",
            "The assertion's ID is longer than 256 characters.",
            id(&"a".repeat(257)),
        ),
        case(
            "id-with-colon",
            "The assertion's ID has a colon.",
            id("x:assertion"),
        ),
        case(
            "id-with-space",
            "The assertion's ID has a space.",
            id("_asser tion"),
        ),
        case(
            "id-like-an-xpointer",
            "The assertion's ID looks like an XPointer.",
            id("xpointer(/)"),
        ),
    ]
}

/// Roots that are no Response (rule C1).
fn roots() -> Vec<Vector> {
    let good = Paper::signed();
    let soap = "http://schemas.xmlsoap.org/soap/envelope/";
    let case = |name: &str, note: &str, paper: Paper| reject(name, Rule::C1, note, paper);
    vec![
        case(
            "root-soap-envelope",
            "The Response lies in a SOAP envelope.",
            Paper::new(format!(
                "<s:Envelope xmlns:s=\"{soap}\"><s:Body>{}</s:Body></s:Envelope>",
                good.text()
            )),
        ),
        case(
            "root-assertion",
            "A signed assertion without a Response.",
            Paper::new(Pieces::new().signed),
        ),
        case(
            "root-logout-response",
            "A LogoutResponse with an assertion in it.",
            good.clone()
                .change_all("samlp:Response", "samlp:LogoutResponse"),
        ),
        case(
            "root-artifact-response",
            "An ArtifactResponse around the Response.",
            Paper::new(format!(
                "<samlp:ArtifactResponse xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_artifact\" Version=\"2.0\">{}</samlp:ArtifactResponse>",
                good.text()
            )),
        ),
        case(
            "root-in-no-namespace",
            "The Response is in no namespace.",
            good.clone()
                .change("<samlp:Response ", "<Response ")
                .change(END, "</Response>"),
        ),
        case(
            "root-of-saml-1",
            "The Response is in the namespace of SAML 1.1.",
            good.change("SAML:2.0:protocol", "SAML:1.0:protocol"),
        ),
    ]
}
