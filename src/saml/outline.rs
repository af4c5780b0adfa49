//! A message as lines for people.
//!
//! Invariant: where values are masked, a line holds no text and no value of an attribute but those that name a kind of thing: an
//! algorithm, a format, a version, a status, an attribute of a person. Nothing here is trusted or judged.

use crate::xml::{Document, DocumentPiece, Element, Limits, XmlError};

use super::names;

/// Whether the values of a message are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutlineValues {
    /// In their place stand dots.
    Masked,
    /// As they are.
    Shown,
}

/// One line of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineLine {
    /// How deep it stands.
    pub depth: usize,
    /// What it holds, in order.
    pub parts: Vec<OutlinePart>,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlinePart {
    /// What it is.
    pub kind: OutlineKind,
    /// Its text, not escaped.
    pub text: String,
}

/// What a part of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutlineKind {
    /// Angle brackets, quotes and signs between names and values.
    Sign,
    /// The name of an element.
    Element,
    /// The name of an attribute or of a namespace's prefix.
    Attribute,
    /// A value.
    Value,
    /// The dots in the place of a value.
    Mask,
}

/// In the place of a value; always the same, whatever its length.
const MASK: &str = "••••••";

/// The lines of a message.
pub fn outline(octets: &[u8], values: OutlineValues) -> Result<Vec<OutlineLine>, XmlError> {
    let document = Document::parse(octets, &Limits::MESSAGE)?;
    let mut lines: Vec<OutlineLine> = Vec::new();
    let mut depth = 0;
    // Whether the last line still waits for what its element holds.
    let mut open = false;
    for piece in document.pieces() {
        match piece {
            DocumentPiece::Open(element) => {
                lines.push(OutlineLine {
                    depth,
                    parts: start(element, values),
                });
                depth += 1;
                open = true;
            }
            DocumentPiece::Text(text) if text.trim().is_empty() => {}
            DocumentPiece::Text(text) => {
                let value = value(text, values == OutlineValues::Shown);
                match lines.last_mut() {
                    Some(line) if open => line.parts.push(value),
                    _ => lines.push(OutlineLine {
                        depth,
                        parts: vec![value],
                    }),
                }
            }
            DocumentPiece::Close(element) => {
                depth -= 1;
                let end = [
                    sign("</"),
                    part(OutlineKind::Element, element.name()),
                    sign(">"),
                ];
                match lines.last_mut() {
                    Some(line) if open => line.parts.extend(end),
                    _ => lines.push(OutlineLine {
                        depth,
                        parts: end.into(),
                    }),
                }
                open = false;
            }
        }
    }
    Ok(lines)
}

fn start(element: Element<'_>, values: OutlineValues) -> Vec<OutlinePart> {
    let mut parts = vec![sign("<"), part(OutlineKind::Element, element.name())];
    let mut attribute = |name: &str, value: OutlinePart| {
        parts.extend([
            sign(" "),
            part(OutlineKind::Attribute, name),
            sign("=\""),
            value,
            sign("\""),
        ]);
    };
    for (prefix, uri) in element.declarations() {
        let name = if prefix.is_empty() {
            "xmlns".to_owned()
        } else {
            format!("xmlns:{prefix}")
        };
        attribute(&name, part(OutlineKind::Value, uri));
    }
    for found in element.attributes() {
        let shown = values == OutlineValues::Shown || names_a_kind(element, found.local_name());
        attribute(found.name(), value(found.value(), shown));
    }
    parts.push(sign(">"));
    parts
}

/// Whether an attribute's value says what kind of thing this is, and nothing of a person.
fn names_a_kind(element: Element<'_>, attribute: &str) -> bool {
    match attribute {
        "Algorithm" | "Version" | "Format" | "NameFormat" | "Method" | "Comparison"
        | "PrefixList" | "Encoding" | "EncodingType" => true,
        "Name" | "FriendlyName" => element.is(names::SAML, "Attribute"),
        "Value" => element.is(names::SAMLP, "StatusCode"),
        _ => false,
    }
}

fn value(text: &str, shown: bool) -> OutlinePart {
    if shown {
        part(OutlineKind::Value, text)
    } else {
        part(OutlineKind::Mask, MASK)
    }
}

fn sign(text: &str) -> OutlinePart {
    part(OutlineKind::Sign, text)
}

fn part(kind: OutlineKind, text: &str) -> OutlinePart {
    OutlinePart {
        kind,
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_secret\" Version=\"2.0\">\
        <samlp:Status><samlp:StatusCode Value=\"urn:x:Success\"/></samlp:Status>\
        <saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"> <saml:Attribute Name=\"mail\">\
        <saml:AttributeValue>b@contoso.com</saml:AttributeValue></saml:Attribute></saml:Assertion></samlp:Response>";

    fn text(values: OutlineValues) -> String {
        let lines = outline(MESSAGE.as_bytes(), values).unwrap();
        let lines = lines.iter().map(|line| {
            let parts: String = line.parts.iter().map(|part| part.text.as_str()).collect();
            format!("{}{parts}\n", "  ".repeat(line.depth))
        });
        lines.collect()
    }

    #[test]
    fn a_masked_message_shows_its_structure() {
        insta::assert_snapshot!(text(OutlineValues::Masked), @r#"
        <samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="••••••" Version="2.0">
          <samlp:Status>
            <samlp:StatusCode Value="urn:x:Success"></samlp:StatusCode>
          </samlp:Status>
          <saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">
            <saml:Attribute Name="mail">
              <saml:AttributeValue>••••••</saml:AttributeValue>
            </saml:Attribute>
          </saml:Assertion>
        </samlp:Response>
        "#);
    }

    #[test]
    fn a_shown_message_shows_all_of_it() {
        let text = text(OutlineValues::Shown);
        assert!(text.contains("ID=\"_secret\"") && text.contains(">b@contoso.com</"));
        assert!(!text.contains('•'));
    }
}
