//! Canonical XML 1.0 and Exclusive XML Canonicalization 1.0, without and with comments, of one element and what is below it.
//!
//! Rule B5. Tests: `tests/it/xml/canonical.rs`; `tests/it/xml/canonical_differential.rs` against libxml2.

use super::XML_NAMESPACE;
use super::chars::same_name;
use super::document::{AttributeData, Document, Element, Node};
use super::write::{escape_attribute, escape_text};

/// The canonicalisation method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canonicalization<'p> {
    /// <http://www.w3.org/TR/2001/REC-xml-c14n-20010315>
    Inclusive,
    /// <http://www.w3.org/2001/10/xml-exc-c14n#>, with the `PrefixList` of `InclusiveNamespaces` (`#default` for the default namespace).
    Exclusive(&'p [&'p str]),
}

/// What becomes of comments: each method is there without and with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comments {
    /// They are left out.
    Dropped,
    /// They stay (the methods whose name ends with `WithComments`).
    Kept,
}

/// How many times the document's length canonical octets may be long. Escapes make at most six octets of one.
const GROWTH: usize = 8;
/// What they may be long in any case.
const ALLOWANCE: usize = 64 * 1024;

/// The canonical octets of `apex` without comments, leaving out the subtree `without` (the enveloped signature).
///
/// For documents of our own; a received one is for [`canonicalize_within`]. No recursion.
pub fn canonicalize(
    apex: Element<'_>,
    without: Option<Element<'_>>,
    method: Canonicalization<'_>,
) -> Vec<u8> {
    canonicalize_up_to(usize::MAX, apex, without, method, Comments::Dropped).unwrap_or_default()
}

/// The same, with or without comments; `None` when they would be many times as long as the document.
///
/// Exclusive canonicalisation writes a namespace name again for each sibling that uses its prefix: a long name and many
/// elements are octets without measure. With the bound the cost is linear in the size of the document (rule A3).
pub fn canonicalize_within(
    apex: Element<'_>,
    without: Option<Element<'_>>,
    method: Canonicalization<'_>,
    comments: Comments,
) -> Option<Vec<u8>> {
    let length = apex.document.root().source().len();
    let most = length.saturating_mul(GROWTH).saturating_add(ALLOWANCE);
    canonicalize_up_to(most, apex, without, method, comments)
}

fn canonicalize_up_to(
    most: usize,
    apex: Element<'_>,
    without: Option<Element<'_>>,
    method: Canonicalization<'_>,
    comments: Comments,
) -> Option<Vec<u8>> {
    let data = apex.data();
    let nodes = Document::range(&apex.document.nodes, (data.open, data.close + 1));
    let mut writer = Canonicalizer {
        document: apex.document,
        method,
        out: String::with_capacity(nodes.len() * 48),
        rendered: Vec::with_capacity(16),
        depth: Vec::with_capacity(16),
        namespaces: Vec::new(),
        attributes: Vec::new(),
    };
    let skip = without.map(|element| (element.data().open, element.data().close));
    for (at, node) in (data.open..).zip(nodes) {
        let skipped = skip.is_some_and(|(open, close)| (open..=close).contains(&at));
        if skipped {
            continue;
        }
        match node {
            Node::Open(index) => writer.open(
                Element {
                    document: apex.document,
                    index: *index,
                },
                *index == apex.index,
            ),
            Node::Text(text) => escape_text(text, &mut writer.out),
            Node::Comment(text) if comments == Comments::Kept => writer.comment(text),
            Node::Comment(_) => {}
            Node::Close(index) => writer.close(Element {
                document: apex.document,
                index: *index,
            }),
        }
        if writer.out.len() > most {
            return None;
        }
    }
    Some(writer.out.into_bytes())
}

struct Canonicalizer<'d, 'p> {
    document: &'d Document<'d>,
    method: Canonicalization<'p>,
    out: String,
    /// Namespace declarations written so far and still in force: prefix and name, innermost last.
    rendered: Vec<(&'d str, &'d str)>,
    /// Length of `rendered` at each open element.
    depth: Vec<usize>,
    namespaces: Vec<(&'d str, &'d str)>,
    attributes: Vec<&'d AttributeData<'d>>,
}

impl<'d> Canonicalizer<'d, '_> {
    fn open(&mut self, element: Element<'d>, is_apex: bool) {
        let data = element.data();
        self.depth.push(self.rendered.len());
        self.out.push('<');
        self.out.push_str(data.name);
        self.collect_namespaces(element, is_apex);
        self.write_namespaces();
        self.collect_attributes(element, is_apex);
        for attribute in &self.attributes {
            self.out.push(' ');
            self.out.push_str(attribute.name);
            self.out.push_str("=\"");
            escape_attribute(&attribute.value, &mut self.out);
            self.out.push('"');
        }
        self.out.push('>');
    }

    fn comment(&mut self, text: &str) {
        self.out.push_str("<!--");
        self.out.push_str(text);
        self.out.push_str("-->");
    }

    fn close(&mut self, element: Element<'d>) {
        self.out.push_str("</");
        self.out.push_str(element.data().name);
        self.out.push('>');
        if let Some(length) = self.depth.pop() {
            self.rendered.truncate(length);
        }
    }

    /// The namespace nodes that this element has to consider.
    fn collect_namespaces(&mut self, element: Element<'d>, is_apex: bool) {
        self.namespaces.clear();
        let method = self.method;
        let wanted = |prefix: &str| match method {
            Canonicalization::Inclusive => true,
            Canonicalization::Exclusive(prefixes) => prefixes.contains(&if prefix.is_empty() {
                "#default"
            } else {
                prefix
            }),
        };
        // Inclusive rules: all in scope at the apex, afterwards what each element declares itself.
        if is_apex && method != Canonicalization::Exclusive(&[]) {
            let mut here = Some(element);
            while let Some(ancestor) = here {
                self.collect_declared(ancestor, &wanted);
                here = ancestor.parent();
            }
        } else {
            self.collect_declared(element, &wanted);
        }
        // Exclusive rules: the prefixes visibly utilised by the element and its attributes (section 3).
        if let Canonicalization::Exclusive(_) = method {
            let data = element.data();
            self.collect(data.prefix, self.document.uri(data.namespace));
            for attribute in Document::range(&self.document.attributes, data.attributes) {
                if !attribute.prefix.is_empty() {
                    self.collect(attribute.prefix, self.document.uri(attribute.namespace));
                }
            }
        }
    }

    fn collect_declared(&mut self, element: Element<'d>, wanted: &impl Fn(&str) -> bool) {
        for declaration in Document::range(&self.document.declarations, element.data().declarations)
        {
            if wanted(declaration.prefix) {
                self.collect(declaration.prefix, &declaration.uri);
            }
        }
    }

    /// Notes a namespace node; the innermost declaration of a prefix comes first and wins.
    fn collect(&mut self, prefix: &'d str, uri: &'d str) {
        if prefix != "xml"
            && !self
                .namespaces
                .iter()
                .any(|(seen, _)| same_name(seen, prefix))
        {
            self.namespaces.push((prefix, uri));
        }
    }

    /// Writes the declarations that are not in force already, sorted by prefix.
    fn write_namespaces(&mut self) {
        if self.namespaces.len() > 1 {
            self.namespaces.sort_unstable_by_key(|(prefix, _)| *prefix);
        }
        for (prefix, uri) in &self.namespaces {
            let in_force = self
                .rendered
                .iter()
                .rev()
                .find(|(seen, _)| same_name(seen, prefix))
                .map_or("", |(_, uri)| *uri);
            if in_force == *uri {
                continue; // Also: no xmlns="" where no default namespace is in force.
            }
            self.rendered.push((prefix, uri));
            self.out.push_str(" xmlns");
            if !prefix.is_empty() {
                self.out.push(':');
                self.out.push_str(prefix);
            }
            self.out.push_str("=\"");
            escape_attribute(uri, &mut self.out);
            self.out.push('"');
        }
    }

    /// The attributes, sorted by namespace name and local name.
    fn collect_attributes(&mut self, element: Element<'d>, is_apex: bool) {
        self.attributes.clear();
        let document = self.document;
        self.attributes.extend(Document::range(
            &document.attributes,
            element.data().attributes,
        ));
        if is_apex && self.method == Canonicalization::Inclusive {
            // Canonical XML 1.0, section 2.4: attributes of the xml namespace are inherited by an apex without its ancestors.
            let mut here = element.parent();
            while let Some(ancestor) = here {
                for attribute in Document::range(&document.attributes, ancestor.data().attributes) {
                    let known = |other: &&AttributeData<'_>| {
                        other.local == attribute.local
                            && document.uri(other.namespace) == XML_NAMESPACE
                    };
                    if document.uri(attribute.namespace) == XML_NAMESPACE
                        && !self.attributes.iter().any(known)
                    {
                        self.attributes.push(attribute);
                    }
                }
                here = ancestor.parent();
            }
        }
        if self.attributes.len() > 1 {
            self.attributes.sort_unstable_by_key(|attribute| {
                (document.uri(attribute.namespace), attribute.local)
            });
        }
    }
}
