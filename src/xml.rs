//! Strict XML: what this room accepts, every conforming parser reads the same way.
//!
//! Invariants (rule A3): UTF-8 only; no DOCTYPE, no processing instruction (but in the prolog of metadata), no entity but the five predefined ones and
//! character references; well-formed namespaces with absolute names; no duplicate attribute; bounded depth and size; cost
//! linear in the input; no recursion. Comments are no part of any value and CDATA becomes text, exactly as canonicalisation without
//! comments would do it, so that a value read from the tree is the value that was signed.
//!
//! quick-xml finds where markup starts and ends; everything inside a tag is read here, strictly.

mod c14n;
mod chars;
mod document;
mod error;
mod limits;
mod parse;
mod tag;
mod uri;
mod write;

pub use c14n::{Canonicalization, Comments, canonicalize, canonicalize_within};
pub use chars::{is_ncname, is_ncname_or_digit_first};
pub use document::{Attribute, Document, DocumentPiece, Element};
pub use error::{XmlError, XmlErrorKind};
pub use limits::Limits;
pub use write::{XmlWriter, escape_attribute, escape_text};

/// The namespace that the prefix `xml` is bound to, always (Namespaces in XML 1.0, section 3).
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace that the prefix `xmlns` is bound to, always.
pub const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";
