//! Why a document is not acceptable, and where.

use std::fmt;

/// A refusal of a document, with the place in the input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (line {line}, column {column})")]
pub struct XmlError {
    /// What is wrong.
    pub kind: XmlErrorKind,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
}

/// What is wrong with a document (rule A3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum XmlErrorKind {
    /// The bytes are not UTF-8.
    NotUtf8,
    /// A byte order mark where none is allowed.
    ByteOrderMark,
    /// A character that XML 1.0 does not allow.
    ForbiddenCharacter,
    /// The XML declaration is malformed, misplaced, or names another version or encoding.
    Declaration,
    /// A document type declaration.
    Doctype,
    /// A processing instruction.
    ProcessingInstruction,
    /// A reference to an entity that is not one of the five predefined ones, or a malformed reference.
    Entity,
    /// Markup that is not well-formed; the text says how.
    Malformed(&'static str),
    /// An end tag that does not match the start tag.
    MismatchedEndTag,
    /// The input ended inside an element.
    UnexpectedEnd,
    /// No element, or something other than white space and comments outside the one root element.
    Root,
    /// A name that is not a qualified name.
    Name,
    /// The same attribute twice, by qualified or expanded name.
    DuplicateAttribute,
    /// A prefix that is not declared.
    UndeclaredPrefix,
    /// A namespace declaration that the specification forbids.
    Namespace,
    /// A namespace name that is a relative reference.
    RelativeNamespace,
    /// More nesting, elements, attributes or declarations than allowed; the text says which.
    Limit(&'static str),
}

impl fmt::Display for XmlErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("the document is not UTF-8"),
            Self::ByteOrderMark => f.write_str("a byte order mark is not allowed here"),
            Self::ForbiddenCharacter => f.write_str("a character that XML does not allow"),
            Self::Declaration => f.write_str("the XML declaration is not acceptable"),
            Self::Doctype => f.write_str("a DOCTYPE is not allowed"),
            Self::ProcessingInstruction => f.write_str("a processing instruction is not allowed"),
            Self::Entity => f.write_str(
                "an entity reference that is not allowed (an & in a text is written &amp;)",
            ),
            Self::Malformed(how) => write!(f, "not well-formed: {how}"),
            Self::MismatchedEndTag => f.write_str("the end tag does not match the start tag"),
            Self::UnexpectedEnd => f.write_str("the document ends too early"),
            Self::Root => {
                f.write_str("a document has exactly one root element and no text around it")
            }
            Self::Name => f.write_str("a name is not a valid XML name"),
            Self::DuplicateAttribute => f.write_str("an attribute is given twice"),
            Self::UndeclaredPrefix => f.write_str("a prefix is not declared"),
            Self::Namespace => f.write_str("a namespace declaration is not allowed"),
            Self::RelativeNamespace => f.write_str("a namespace name is relative"),
            Self::Limit(which) => write!(f, "too many {which}"),
        }
    }
}

impl XmlError {
    /// Places `kind` at the byte `offset` of `input`. Linear in the offset; made once, on refusal.
    pub(super) fn at(input: &[u8], offset: usize, kind: XmlErrorKind) -> Self {
        let before = input.get(..offset.min(input.len())).unwrap_or_default();
        let line_start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let line = before.split(|byte| *byte == b'\n').count();
        let column = String::from_utf8_lossy(before.get(line_start..).unwrap_or_default())
            .chars()
            .count()
            + 1;
        Self { kind, line, column }
    }
}
