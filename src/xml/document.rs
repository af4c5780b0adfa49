//! The arena that a document is parsed into, and the cursor that reads it.
//!
//! Invariant: `nodes` holds the document in order; the nodes of an element lie between its `open` and its `close`.

use super::XML_NAMESPACE;
use super::chars::same_name;
use std::borrow::Cow;

/// A parsed document; borrows from the input wherever the text needed no change.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    pub(super) elements: Vec<ElementData<'a>>,
    pub(super) attributes: Vec<AttributeData<'a>>,
    pub(super) declarations: Vec<Declaration<'a>>,
    pub(super) nodes: Vec<Node<'a>>,
}

#[derive(Debug, Clone)]
pub(super) struct ElementData<'a> {
    pub(super) name: &'a str,
    pub(super) prefix: &'a str,
    pub(super) local: &'a str,
    pub(super) namespace: Namespace,
    pub(super) parent: Option<u32>,
    /// The element after the last descendant.
    pub(super) after: u32,
    pub(super) open: u32,
    pub(super) close: u32,
    pub(super) attributes: (u32, u32),
    pub(super) declarations: (u32, u32),
    /// Where the element stands in the text that was parsed, after a byte order mark.
    pub(super) source: (u32, u32),
}

#[derive(Debug, Clone)]
pub(super) struct AttributeData<'a> {
    pub(super) name: &'a str,
    pub(super) prefix: &'a str,
    pub(super) local: &'a str,
    pub(super) namespace: Namespace,
    pub(super) value: Cow<'a, str>,
}

#[derive(Debug, Clone)]
pub(super) struct Declaration<'a> {
    pub(super) prefix: &'a str,
    pub(super) uri: Cow<'a, str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    None,
    Xml,
    Declared(u32),
}

#[derive(Debug, Clone)]
pub(super) enum Node<'a> {
    Open(u32),
    Text(Cow<'a, str>),
    /// Only canonicalisation with comments sees it.
    Comment(Cow<'a, str>),
    Close(u32),
}

/// One element of a [`Document`].
#[derive(Debug, Clone, Copy)]
pub struct Element<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) index: u32,
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.index == other.index
    }
}

/// One attribute of an [`Element`]; namespace declarations are not attributes.
#[derive(Debug, Clone, Copy)]
pub struct Attribute<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) data: &'d AttributeData<'d>,
}

/// One step of a walk through a [`Document`].
#[derive(Debug, Clone, Copy)]
pub enum DocumentPiece<'d> {
    /// An element begins.
    Open(Element<'d>),
    /// Text.
    Text(&'d str),
    /// An element ends.
    Close(Element<'d>),
}

impl Document<'_> {
    /// A walk through the document, in its order, past its comments.
    pub fn pieces(&self) -> impl Iterator<Item = DocumentPiece<'_>> {
        let element = |index: &u32| Element {
            document: self,
            index: *index,
        };
        self.nodes.iter().filter_map(move |node| match node {
            Node::Open(index) => Some(DocumentPiece::Open(element(index))),
            Node::Text(text) => Some(DocumentPiece::Text(text)),
            Node::Comment(_) => None,
            Node::Close(index) => Some(DocumentPiece::Close(element(index))),
        })
    }

    /// The root element.
    pub fn root(&self) -> Element<'_> {
        Element {
            document: self,
            index: 0,
        }
    }

    /// All elements in document order.
    pub fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        (0..u32::try_from(self.elements.len()).unwrap_or(u32::MAX)).map(|index| Element {
            document: self,
            index,
        })
    }

    pub(super) fn uri(&self, namespace: Namespace) -> &str {
        match namespace {
            Namespace::None => "",
            Namespace::Xml => XML_NAMESPACE,
            Namespace::Declared(index) => self
                .declarations
                .get(index as usize)
                .map_or("", |found| &found.uri),
        }
    }

    pub(super) fn range<T>(items: &[T], (start, end): (u32, u32)) -> &[T] {
        items.get(start as usize..end as usize).unwrap_or_default()
    }
}

impl<'d> Element<'d> {
    #[expect(
        clippy::indexing_slicing,
        reason = "an Element is only made for an index of its own document"
    )]
    pub(super) fn data(self) -> &'d ElementData<'d> {
        &self.document.elements[self.index as usize]
    }

    /// The name without its prefix.
    pub fn local_name(self) -> &'d str {
        self.data().local
    }

    /// The name as written, with its prefix.
    pub fn name(self) -> &'d str {
        self.data().name
    }

    /// The namespace name; empty when the element is in none.
    pub fn namespace(self) -> &'d str {
        self.document.uri(self.data().namespace)
    }

    /// Whether this element has that expanded name.
    pub fn is(self, namespace: &str, local: &str) -> bool {
        same_name(self.data().local, local) && self.namespace() == namespace
    }

    /// The value of an attribute that is in no namespace.
    pub fn attribute(self, local: &str) -> Option<&'d str> {
        self.own_attributes()
            .iter()
            .find(|found| found.namespace == Namespace::None && same_name(found.local, local))
            .map(|found| found.value.as_ref())
    }

    /// The value of an attribute by expanded name.
    pub fn attribute_in(self, namespace: &str, local: &str) -> Option<&'d str> {
        self.own_attributes()
            .iter()
            .find(|found| {
                same_name(found.local, local) && self.document.uri(found.namespace) == namespace
            })
            .map(|found| found.value.as_ref())
    }

    fn own_attributes(self) -> &'d [AttributeData<'d>] {
        Document::range(&self.document.attributes, self.data().attributes)
    }

    /// The attributes in document order, without namespace declarations.
    pub fn attributes(self) -> impl Iterator<Item = Attribute<'d>> {
        let document = self.document;
        Document::range(&document.attributes, self.data().attributes)
            .iter()
            .map(move |data| Attribute { document, data })
    }

    /// The parent element; `None` for the root.
    pub fn parent(self) -> Option<Element<'d>> {
        self.data().parent.map(|index| Element {
            document: self.document,
            index,
        })
    }

    /// The child elements in order.
    pub fn children(self) -> impl Iterator<Item = Element<'d>> {
        let document = self.document;
        let end = self.data().after;
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(Element {
                document,
                index: next,
            })?;
            next = child.data().after;
            Some(child)
        })
    }

    /// The first child element with that expanded name.
    pub fn child(self, namespace: &str, local: &str) -> Option<Element<'d>> {
        self.children_named(namespace, local).next()
    }

    /// The child elements with that expanded name, in order.
    pub fn children_named<'n>(
        self,
        namespace: &'n str,
        local: &'n str,
    ) -> impl Iterator<Item = Element<'d>> + use<'d, 'n> {
        self.children()
            .filter(move |child| child.is(namespace, local))
    }

    /// This element and everything below it, in document order.
    pub fn descendants(self) -> impl Iterator<Item = Element<'d>> {
        let document = self.document;
        (self.index..self.data().after).map(move |index| Element { document, index })
    }

    /// Whether this element is `other` or lies inside it.
    pub fn is_within(self, other: Element<'_>) -> bool {
        std::ptr::eq(self.document, other.document)
            && (other.index..other.data().after).contains(&self.index)
    }

    /// The text of an element that holds only text; `None` when it has child elements.
    pub fn text(self) -> Option<Cow<'d, str>> {
        let data = self.data();
        let mut whole: Cow<'d, str> = Cow::Borrowed("");
        for node in Document::range(&self.document.nodes, (data.open + 1, data.close)) {
            match node {
                Node::Text(piece) if whole.is_empty() => whole = Cow::Borrowed(piece),
                Node::Text(piece) => whole.to_mut().push_str(piece),
                Node::Comment(_) => {}
                Node::Open(_) | Node::Close(_) => return None,
            }
        }
        Some(whole)
    }

    /// Whether a character other than white space stands directly inside this element.
    pub fn has_own_text(self) -> bool {
        let data = self.data();
        let mut depth = 0_u32;
        Document::range(&self.document.nodes, (data.open + 1, data.close))
            .iter()
            .any(|node| match node {
                Node::Open(_) => {
                    depth += 1;
                    false
                }
                Node::Close(_) => {
                    depth -= 1;
                    false
                }
                Node::Text(text) => depth == 0 && !text.bytes().all(super::chars::is_space),
                Node::Comment(_) => false,
            })
    }

    /// The namespace declarations that stand on this element: prefix (empty for the default) and name.
    pub fn declarations(self) -> impl Iterator<Item = (&'d str, &'d str)> {
        let declared = Document::range(&self.document.declarations, self.data().declarations);
        declared
            .iter()
            .map(|declaration| (declaration.prefix, declaration.uri.as_ref()))
    }

    /// Where this element stands in the input, in bytes, a byte order mark not counted.
    pub fn source(self) -> std::ops::Range<usize> {
        let (start, end) = self.data().source;
        start as usize..end as usize
    }

    /// What `prefix` is bound to here, following the ancestors; `""` for an undeclared default namespace.
    pub fn resolve_prefix(self, prefix: &str) -> Option<&'d str> {
        if prefix == "xml" {
            return Some(XML_NAMESPACE);
        }
        let mut here = Some(self);
        while let Some(element) = here {
            let own = Document::range(&element.document.declarations, element.data().declarations);
            if let Some(found) = own.iter().find(|declaration| declaration.prefix == prefix) {
                return Some(&found.uri);
            }
            here = element.parent();
        }
        prefix.is_empty().then_some("")
    }
}

impl<'d> Attribute<'d> {
    /// The name as written, with its prefix.
    pub fn name(self) -> &'d str {
        self.data.name
    }

    /// The name without its prefix.
    pub fn local_name(self) -> &'d str {
        self.data.local
    }

    /// The namespace name; empty when the attribute is in none.
    pub fn namespace(self) -> &'d str {
        self.document.uri(self.data.namespace)
    }

    /// The normalised value.
    pub fn value(self) -> &'d str {
        &self.data.value
    }
}
