//! How much a document may hold.
//!
//! Rule A1. Tests: `tests/it/hostile.rs`.

/// How much a document may hold (rule A3). Input length is the caller's to bound; it must stay below 2 GiB.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Nesting of elements.
    pub depth: usize,
    /// Elements in all.
    pub elements: usize,
    /// Attributes on one element.
    pub attributes: usize,
    /// Namespace declarations in scope at one place.
    pub namespaces: usize,
    /// Octets in the name of an element or attribute.
    pub name: usize,
    /// Whether what other tools leave before the root is dropped: a byte order mark, white space before the declaration, and
    /// processing instructions; and whether the declaration may name the encoding that the text had before it was decoded.
    pub lenient_prolog: bool,
}

impl Limits {
    /// For protocol messages. Each attribute may be held against each other one, and each name against each declaration in
    /// scope: these two bounds are what an octet can cost. Messages have less than twenty of either.
    pub const MESSAGE: Self = Self {
        depth: 64,
        elements: 20_000,
        attributes: 64,
        namespaces: 64,
        name: 1024,
        lenient_prolog: false,
    };
    /// For metadata: federations publish many entities in one document.
    pub const METADATA: Self = Self {
        elements: 2_000_000,
        attributes: 128,
        namespaces: 128,
        lenient_prolog: true,
        ..Self::MESSAGE
    };
}
