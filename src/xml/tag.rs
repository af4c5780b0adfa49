//! One start tag: name, namespace declarations, attributes (rule A3).
//!
//! Tests: `tests/it/xml/strict.rs`.

use super::chars::{
    attribute_value, is_space, same_name, split_at_byte, split_qname, trim_end, trim_start,
};
use super::document::{AttributeData, Declaration, Document, Namespace};
use super::error::XmlErrorKind;
use super::limits::Limits;
use super::uri::{is_absolute, is_uri};
use super::{XML_NAMESPACE, XMLNS_NAMESPACE};

/// What stands between `<` and `>` of a start tag, attributes and declarations already in the arena, prefixes unresolved.
pub(super) struct StartTag<'a> {
    pub(super) name: &'a str,
    pub(super) prefix: &'a str,
    pub(super) local: &'a str,
    pub(super) attributes: (u32, u32),
    pub(super) declarations: (u32, u32),
}

/// Reads the inside of a start tag into the arena; `place` is the offset from `<` of the attribute being read, for the refusal.
pub(super) fn read<'a>(
    inside: &'a str,
    document: &mut Document<'a>,
    limits: &Limits,
    place: &mut usize,
) -> Result<StartTag<'a>, XmlErrorKind> {
    let end = inside.bytes().position(is_space).unwrap_or(inside.len());
    let (name, mut rest) = inside.split_at(end);
    check_length(name, limits)?;
    let (prefix, local) = split_qname(name)?;
    if prefix == "xmlns" {
        return Err(XmlErrorKind::Namespace);
    }
    let first_attribute = position(&document.attributes);
    let first_declaration = position(&document.declarations);
    loop {
        let trimmed = trim_start(rest);
        if trimmed.is_empty() {
            break;
        }
        *place = 1 + inside.len() - trimmed.len();
        if trimmed.len() == rest.len() {
            return Err(XmlErrorKind::Malformed(
                "white space is missing between attributes",
            ));
        }
        let (name, value, after) = split_attribute(trimmed)?;
        check_length(name, limits)?;
        rest = after;
        let value = attribute_value(value)?;
        if name == "xmlns" || name.starts_with("xmlns:") {
            let declaration = Declaration {
                prefix: name.get(6..).unwrap_or_default(),
                uri: value,
            };
            check_declaration(name, &declaration)?;
            let own = document
                .declarations
                .get(first_declaration as usize..)
                .unwrap_or_default();
            if own
                .iter()
                .any(|other| same_name(other.prefix, declaration.prefix))
            {
                return Err(XmlErrorKind::DuplicateAttribute);
            }
            document.declarations.push(declaration);
        } else {
            let (prefix, local) = split_qname(name)?;
            document.attributes.push(AttributeData {
                name,
                prefix,
                local,
                namespace: Namespace::None,
                value,
            });
        }
        if document.attributes.len() - first_attribute as usize > limits.attributes {
            return Err(XmlErrorKind::Limit("attributes on one element"));
        }
        if document.declarations.len() - first_declaration as usize > limits.namespaces {
            return Err(XmlErrorKind::Limit("namespace declarations"));
        }
    }
    Ok(StartTag {
        name,
        prefix,
        local,
        attributes: (first_attribute, position(&document.attributes)),
        declarations: (first_declaration, position(&document.declarations)),
    })
}

/// Refuses the same expanded name twice among resolved attributes. `attributes` is bounded by [`Limits`].
pub(super) fn check_duplicates(
    document: &Document<'_>,
    attributes: &[AttributeData<'_>],
) -> Result<(), XmlErrorKind> {
    for (at, one) in attributes.iter().enumerate() {
        for other in attributes.get(..at).unwrap_or_default() {
            if same_name(one.local, other.local)
                && document.uri(one.namespace) == document.uri(other.namespace)
            {
                return Err(XmlErrorKind::DuplicateAttribute);
            }
        }
    }
    Ok(())
}

fn check_length(name: &str, limits: &Limits) -> Result<(), XmlErrorKind> {
    if name.len() > limits.name {
        return Err(XmlErrorKind::Limit("octets in a name"));
    }
    Ok(())
}

/// `name = "value" rest`, with the quotes checked.
fn split_attribute(text: &str) -> Result<(&str, &str, &str), XmlErrorKind> {
    const NO_VALUE: XmlErrorKind = XmlErrorKind::Malformed("an attribute has no quoted value");
    let (name, after) = split_at_byte(text, b'=').ok_or(NO_VALUE)?;
    let name = trim_end(name);
    let after = trim_start(after);
    let quote = match after.as_bytes().first() {
        Some(b'"') => b'"',
        Some(b'\'') => b'\'',
        _ => return Err(NO_VALUE),
    };
    let (value, rest) = after
        .get(1..)
        .and_then(|quoted| split_at_byte(quoted, quote))
        .ok_or(NO_VALUE)?;
    Ok((name, value, rest))
}

/// Namespaces in XML 1.0, section 3, and rule A3: no relative namespace name, and none that is no URI.
fn check_declaration(name: &str, declaration: &Declaration<'_>) -> Result<(), XmlErrorKind> {
    let uri = declaration.uri.as_ref();
    let prefix = declaration.prefix;
    if name == "xmlns" {
        if uri.is_empty() {
            return Ok(());
        }
    } else if !super::is_ncname(prefix) {
        return Err(XmlErrorKind::Name);
    } else if uri.is_empty() || prefix == "xmlns" {
        return Err(XmlErrorKind::Namespace);
    }
    if (prefix == "xml") != (uri == XML_NAMESPACE) || uri == XMLNS_NAMESPACE {
        return Err(XmlErrorKind::Namespace);
    }
    match (is_absolute(uri), is_uri(uri)) {
        (true, true) => Ok(()),
        (true, false) => Err(XmlErrorKind::Namespace),
        (false, _) => Err(XmlErrorKind::RelativeNamespace),
    }
}

fn position<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}
