//! A document's parts as places in its text, and every way to change one of them: for the target `identity` and for the mutants.

use crate::xml::{Document, Element, Limits};
use std::collections::BTreeSet;
use std::ops::Range;

/// What is done to one node. Most take a second place, too: where to, or what with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Delete,
    Duplicate,
    Wrap,
    Unwrap,
    Empty,
    Comment,
    Text,
    Rename,
    Namespace,
    MoveBefore,
    MoveInto,
    CopyBefore,
    CopyInto,
    Swap,
    SwapText,
    DropAttribute,
    ChangeAttribute,
    EmptyAttribute,
    RenameAttribute,
    MoveAttribute,
    SwapAttributes,
}

impl Kind {
    pub const ALL: [Self; 21] = [
        Self::Delete,
        Self::Duplicate,
        Self::Wrap,
        Self::Unwrap,
        Self::Empty,
        Self::Comment,
        Self::Text,
        Self::DropAttribute,
        Self::ChangeAttribute,
        Self::EmptyAttribute,
        Self::RenameAttribute,
        Self::Namespace,
        Self::Rename,
        Self::SwapText,
        Self::SwapAttributes,
        Self::Swap,
        Self::MoveBefore,
        Self::MoveInto,
        Self::CopyBefore,
        Self::CopyInto,
        Self::MoveAttribute,
    ];
}

/// The namespaces that an element is moved to.
const NAMESPACES: [&str; 6] = [
    "urn:x",
    "urn:oasis:names:tc:SAML:2.0:assertion",
    "urn:oasis:names:tc:SAML:2.0:protocol",
    "urn:oasis:names:tc:SAML:1.0:assertion",
    "http://www.w3.org/2000/09/xmldsig#",
    "http://www.w3.org/2001/04/xmlenc#",
];

/// A document that can be cut.
pub struct Anatomy<'t> {
    text: &'t str,
    elements: Vec<Limb>,
    /// Elements that hold text and nothing else, as indices.
    leaves: Vec<usize>,
    attributes: Vec<Trait>,
    /// Every name that an element has, and one that none has.
    names: Vec<String>,
}

/// One element.
#[derive(Debug, Clone)]
struct Limb {
    whole: Range<usize>,
    /// From `<` to after `>` of the start tag.
    tag: Range<usize>,
    /// Between the tags; empty when there is no end tag.
    inside: Range<usize>,
    name: String,
}

/// One attribute or namespace declaration: from the white space before it, and between its quotes.
#[derive(Debug, Clone)]
struct Trait {
    whole: Range<usize>,
    name: Range<usize>,
    value: Range<usize>,
}

impl<'t> Anatomy<'t> {
    /// Cuts a document that is good XML.
    pub fn of(text: &'t str) -> Option<Self> {
        let document = Document::parse(text.as_bytes(), &Limits::MESSAGE).ok()?;
        let elements: Vec<Limb> = document
            .elements()
            .map(|element| Limb::of(element, text))
            .collect();
        let leaf = |element: Element<'_>| element.text().is_some_and(|text| !text.is_empty());
        let leaves = document.elements().enumerate();
        let leaves = leaves.filter_map(|(at, element)| leaf(element).then_some(at));
        let names: BTreeSet<String> = elements.iter().map(|limb| limb.name.clone()).collect();
        Some(Self {
            leaves: leaves.collect(),
            attributes: elements
                .iter()
                .flat_map(|limb| traits(text, &limb.tag))
                .collect(),
            names: names.into_iter().chain(["x".to_owned()]).collect(),
            text,
            elements,
        })
    }

    /// How many first and second places a change has; the product is how many there are of it.
    pub fn places(&self, kind: Kind) -> (usize, usize) {
        let (elements, attributes) = (self.elements.len(), self.attributes.len());
        match kind {
            Kind::Delete | Kind::Duplicate | Kind::Wrap | Kind::Unwrap | Kind::Empty => {
                (elements, 1)
            }
            Kind::Comment => (self.leaves.len(), 1),
            Kind::Text => (self.leaves.len(), 3),
            Kind::Rename => (elements, self.names.len()),
            Kind::Namespace => (elements, NAMESPACES.len()),
            Kind::MoveBefore | Kind::MoveInto | Kind::CopyBefore | Kind::CopyInto | Kind::Swap => {
                (elements, elements)
            }
            Kind::SwapText => (self.leaves.len(), self.leaves.len()),
            Kind::DropAttribute
            | Kind::ChangeAttribute
            | Kind::EmptyAttribute
            | Kind::RenameAttribute => (attributes, 1),
            Kind::SwapAttributes => (attributes, attributes),
            Kind::MoveAttribute => (attributes, elements),
        }
    }

    /// The document with one change; `None` when there is no such place, or nothing would be another.
    pub fn mutate(&self, kind: Kind, one: usize, other: usize) -> Option<String> {
        let mutant = match kind {
            Kind::Delete
            | Kind::Duplicate
            | Kind::Wrap
            | Kind::Unwrap
            | Kind::Empty
            | Kind::Rename
            | Kind::Namespace
            | Kind::MoveBefore
            | Kind::MoveInto
            | Kind::CopyBefore
            | Kind::CopyInto
            | Kind::Swap => self.change_element(kind, self.elements.get(one)?, other)?,
            Kind::Comment | Kind::Text | Kind::SwapText => {
                self.change_text(kind, self.leaf(one)?, other)?
            }
            _ => self.change_attribute(kind, self.attributes.get(one)?, other)?,
        };
        (mutant != self.text).then_some(mutant)
    }

    fn change_element(&self, kind: Kind, one: &Limb, other: usize) -> Option<String> {
        let whole = self.at(&one.whole);
        let place = || self.elements.get(other);
        Some(match kind {
            Kind::Delete => self.replace(&one.whole, ""),
            Kind::Duplicate => self.replace(&one.whole, &whole.repeat(2)),
            Kind::Wrap => self.replace(&one.whole, &format!("<x xmlns=\"urn:x\">{whole}</x>")),
            Kind::Unwrap => self.replace(&one.whole, self.at(&one.inside)),
            Kind::Empty => self.replace(&one.inside, ""),
            Kind::Rename => self.rename(one, self.names.get(other)?, ""),
            Kind::Namespace => {
                let local = one.name.split(':').next_back().unwrap_or_default();
                let declared = format!(" xmlns:vx=\"{}\"", NAMESPACES.get(other)?);
                self.rename(one, &format!("vx:{local}"), &declared)
            }
            Kind::MoveBefore => self.carry(one, place()?.whole.start),
            Kind::MoveInto => self.carry(one, place()?.inside.end),
            Kind::CopyBefore => {
                let at = place()?.whole.start;
                self.replace(&(at..at), whole)
            }
            Kind::CopyInto => {
                let at = place()?.inside.end;
                self.replace(&(at..at), whole)
            }
            _ => self.exchange(&one.whole, &place()?.whole),
        })
    }

    fn change_text(&self, kind: Kind, leaf: &Limb, other: usize) -> Option<String> {
        let inside = self.at(&leaf.inside);
        let with = |text: &str| self.replace(&leaf.inside, text);
        Some(match (kind, other) {
            (Kind::SwapText, _) => self.exchange(&leaf.inside, &self.leaf(other)?.inside),
            (Kind::Text, 0) => with(&format!("{inside}x")),
            (Kind::Text, 1) => with(&format!("x{inside}")),
            (Kind::Text, _) => with(&format!("{inside} ")),
            _ => {
                let mut halves = (0..=inside.len() / 2).rev();
                let middle = halves.find(|at| inside.is_char_boundary(*at))?;
                let (head, tail) = inside.split_at(middle);
                with(&format!("{head}<!-- x -->{tail}"))
            }
        })
    }

    fn change_attribute(&self, kind: Kind, one: &Trait, other: usize) -> Option<String> {
        let value = self.at(&one.value);
        Some(match kind {
            Kind::DropAttribute => self.replace(&one.whole, ""),
            Kind::ChangeAttribute => self.replace(&one.value, &format!("{value}x")),
            Kind::EmptyAttribute => self.replace(&one.value, ""),
            Kind::RenameAttribute => self.replace(&one.name, &format!("{}x", self.at(&one.name))),
            Kind::MoveAttribute => {
                // To the end of the other start tag.
                let tag = &self.elements.get(other)?.tag;
                let end = if self.at(tag).ends_with("/>") { 2 } else { 1 };
                self.carry_range(&one.whole, tag.end - end)
            }
            _ => self.exchange(&one.value, &self.attributes.get(other)?.value),
        })
    }

    fn leaf(&self, at: usize) -> Option<&Limb> {
        self.elements.get(*self.leaves.get(at)?)
    }

    fn at(&self, range: &Range<usize>) -> &'t str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    fn replace(&self, range: &Range<usize>, with: &str) -> String {
        [&self.text[..range.start], with, &self.text[range.end..]].concat()
    }

    /// Takes an element to another place.
    fn carry(&self, limb: &Limb, to: usize) -> String {
        self.carry_range(&limb.whole, to)
    }

    fn carry_range(&self, range: &Range<usize>, to: usize) -> String {
        let carried = self.at(range);
        if to <= range.start {
            let gone = self.replace(range, "");
            [&gone[..to], carried, &gone[to..]].concat()
        } else if to >= range.end {
            let there = [&self.text[..to], carried, &self.text[to..]].concat();
            [&there[..range.start], &there[range.end..]].concat()
        } else {
            // Into itself: a copy.
            [&self.text[..to], carried, &self.text[to..]].concat()
        }
    }

    /// Exchanges two places; one inside the other is left as it is.
    fn exchange(&self, one: &Range<usize>, two: &Range<usize>) -> String {
        let (first, second) = if one.start <= two.start {
            (one, two)
        } else {
            (two, one)
        };
        if first.end > second.start {
            return self.text.to_owned();
        }
        [
            &self.text[..first.start],
            self.at(second),
            &self.text[first.end..second.start],
            self.at(first),
            &self.text[second.end..],
        ]
        .concat()
    }

    fn rename(&self, limb: &Limb, name: &str, declared: &str) -> String {
        let tag = self.at(&limb.tag);
        let tag = tag.replacen(&limb.name, &format!("{name}{declared}"), 1);
        let whole = if limb.tag.end == limb.whole.end {
            tag
        } else {
            format!("{tag}{}</{name}>", self.at(&limb.inside))
        };
        self.replace(&limb.whole, &whole)
    }
}

impl Limb {
    fn of(element: Element<'_>, text: &str) -> Self {
        let whole = element.source();
        let mut quote = None;
        let length = text[whole.clone()]
            .bytes()
            .position(|byte| match (quote, byte) {
                (None, b'>') => true,
                (None, b'"' | b'\'') => {
                    quote = Some(byte);
                    false
                }
                (Some(open), _) if open == byte => {
                    quote = None;
                    false
                }
                _ => false,
            });
        let tag = whole.start..whole.start + length.map_or(0, |at| at + 1);
        let end = if tag.end == whole.end {
            tag.end
        } else {
            text[whole.clone()]
                .rfind("</")
                .map_or(tag.end, |at| whole.start + at)
        };
        Self {
            inside: tag.end..end.max(tag.end),
            tag,
            whole,
            name: element.name().to_owned(),
        }
    }
}

/// The attributes and declarations of a start tag, which is good XML.
fn traits(text: &str, tag: &Range<usize>) -> Vec<Trait> {
    let mut found = Vec::new();
    let space = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let Some(mut at) = text[tag.clone()].find(space).map(|at| tag.start + at) else {
        return found;
    };
    while let Some(equals) = text[at..tag.end].find('=').map(|offset| at + offset) {
        let name = text[at..equals].trim_matches(space);
        let name_at =
            at + (text[at..equals].len() - text[at..equals].trim_start_matches(space).len());
        let rest = text[equals + 1..tag.end].trim_start_matches(space);
        let open = tag.end - rest.len();
        let Some(quote) = rest.chars().next() else {
            break;
        };
        let Some(length) = rest[1..].find(quote) else {
            break;
        };
        let end = open + 1 + length + 1;
        found.push(Trait {
            whole: at..end,
            name: name_at..name_at + name.len(),
            value: open + 1..end - 1,
        });
        at = end;
    }
    found
}
