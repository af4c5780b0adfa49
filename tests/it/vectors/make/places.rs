//! Signature wrapping, in every place that can hold it (rules B1, C1): what is signed and what is read lie in all positions to
//! one another. The numbered attacks are in [`super::wrapping`].

use super::wrapping::{Pieces, response};
use super::{Paper, Vector, reject};
use vestibule::saml::error::Rule;

const STATUS: &str = "<samlp:Status>";
const DATA_END: &str = "Recipient=\"https://acme.example/sso/acs\"/>";

/// Where something can lie that is not meant to be read.
#[derive(Clone, Copy)]
enum Place {
    Object,
    Extensions,
    Advice,
    StatusDetail,
    AttributeValue,
    ConfirmationData,
    AuthnContext,
    SecondResponse,
}

const PLACES: [(Place, &str); 8] = [
    (Place::Object, "object"),
    (Place::Extensions, "extensions"),
    (Place::Advice, "advice"),
    (Place::StatusDetail, "status-detail"),
    (Place::AttributeValue, "attribute-value"),
    (Place::ConfirmationData, "confirmation-data"),
    (Place::AuthnContext, "authn-context"),
    (Place::SecondResponse, "second-response"),
];

impl Place {
    /// Puts `content` there: into the Response, or into its assertion, which is `read`.
    fn hide(self, around: &Paper, read: &str, content: &str) -> Paper {
        let wrapped = |element: &str| format!("<{element}>{content}</{element}>");
        let inside = |from: &str, to: &str| {
            assert!(read.contains(from), "{from}");
            let changed = read.replacen(from, to, 1);
            Paper::new(around.text().replacen(read, &changed, 1))
        };
        match self {
            Self::Object => {
                let end = "</ds:Signature>";
                assert!(read.contains(end));
                inside(end, &format!("{}{end}", wrapped("ds:Object")))
            }
            Self::Extensions => {
                let at = around.text().find(STATUS).unwrap();
                let (head, tail) = around.text().split_at(at);
                Paper::new(format!("{head}{}{tail}", wrapped("samlp:Extensions")))
            }
            Self::Advice => {
                let end = "</saml:Conditions>";
                inside(end, &format!("{end}{}", wrapped("saml:Advice")))
            }
            Self::StatusDetail => {
                let end = "</samlp:Status>";
                Paper::new(around.text().replacen(
                    end,
                    &format!("{}{end}", wrapped("samlp:StatusDetail")),
                    1,
                ))
            }
            Self::AttributeValue => inside("Finance", content),
            Self::ConfirmationData => inside(
                DATA_END,
                &format!(
                    "{}>{content}</saml:SubjectConfirmationData>",
                    DATA_END.trim_end_matches("/>")
                ),
            ),
            Self::AuthnContext => {
                let end = "</saml:AuthnContext>";
                inside(end, &format!("{}{end}", wrapped("saml:AuthnContextDecl")))
            }
            Self::SecondResponse => {
                let end = "</samlp:Response>";
                let second = response(content).change("ID=\"_response\"", "ID=\"_second\"");
                let at = around.text().rfind(end).unwrap();
                let (head, tail) = around.text().split_at(at);
                Paper::new(format!("{head}{}{tail}", second.text()))
            }
        }
    }
}

pub(super) fn vectors() -> Vec<Vector> {
    let mut all = assertions();
    all.extend(responses());
    all
}

/// A signed assertion and a forged one.
fn assertions() -> Vec<Vector> {
    let p = Pieces::new();
    let copied = p.evil_with(&p.signature);
    let mut all = Vec::new();
    for (place, name) in PLACES {
        // The forged one is read, the signed one hides.
        if !matches!(place, Place::Object) {
            all.push(reject(
                &format!("wrapped-signed-in-{name}"),
                Rule::C1,
                "A forged assertion is where one is read; the signed one, with its signature, hides elsewhere.",
                place.hide(&response(&p.evil), &p.evil, &p.signed),
            ));
        }
        all.push(reject(
            &format!("wrapped-original-in-{name}"),
            Rule::C1,
            "A forged assertion took the signature; what the signature is over hides elsewhere.",
            place.hide(&response(&copied), &copied, &p.bare),
        ));
        all.push(reject(
            &format!("wrapped-forged-in-{name}"),
            Rule::C1,
            "The signed assertion is in its place; a forged one hides elsewhere.",
            place.hide(&response(&p.signed), &p.signed, &p.evil),
        ));
    }
    all
}

/// A signed Response and a forged one.
fn responses() -> Vec<Vector> {
    let p = Pieces::new();
    let signed = Paper::good().sign("_response");
    let signature = signed.element("Signature");
    let original = signed.text().replacen(&signature, "", 1);
    let forged = response(&p.evil).change("ID=\"_response\"", "ID=\"_evil_response\"");
    let copied = forged.clone().before(STATUS, &signature);
    let mut all = Vec::new();
    for (place, name) in PLACES {
        let read = if matches!(place, Place::Object) {
            signature.as_str()
        } else {
            p.evil.as_str()
        };
        // As the only assertion that is not nested would be the second Response's.
        if matches!(place, Place::SecondResponse) {
            continue;
        }
        all.push(reject(
            &format!("wrapped-response-in-{name}"),
            Rule::C1,
            "A forged Response took the signature; the Response that it is over hides inside.",
            place.hide(&copied, read, &original),
        ));
        if !matches!(place, Place::Object) {
            all.push(reject(
                &format!("wrapped-signed-response-in-{name}"),
                Rule::C1,
                "A forged Response; the signed one, with its signature, hides inside.",
                place.hide(&forged, read, signed.text()),
            ));
        }
    }
    all
}
