//! Every accepted Response with one thing changed: refused, or it says exactly what the identity provider signed.
//!
//! `VESTIBULE_MUTANTS` sets how many are made; the same number makes the same mutants.

use super::case::{Case, Identity, Message};
use std::ops::Range;
use vestibule::saml::response::validate;
use vestibule::xml::{Document, Element, Limits};

/// What is made in every run of the tests: seconds, also unoptimised.
const USUAL: usize = 12_000;

#[test]
fn a_mutant_is_refused_or_says_what_was_signed() {
    let wanted = std::env::var("VESTIBULE_MUTANTS").map_or(USUAL, |text| text.parse().unwrap());
    let cases: Vec<Case> = Case::all("accept")
        .into_iter()
        .filter(|case| matches!(case.message, Message::Xml(_)))
        .collect();
    let mut dice = Dice(0x5EED_CAFE_F00D_D1CE);
    let (mut refused, mut accepted) = (0, 0);
    for case in &cases {
        let text = std::str::from_utf8(case.xml()).unwrap();
        let whole = Anatomy::of(text);
        let identity = case.judge().unwrap();
        let (trust, expectation) = (case.trust(), case.expectation());
        for _ in 0..wanted.div_ceil(cases.len()) {
            let (kind, mutant) = whole.mutate(&mut dice);
            match validate(mutant.as_bytes(), &trust, &expectation, case.file.now).outcome {
                Ok(assertion) => {
                    let found = Identity::from(&assertion);
                    assert_eq!(found, identity, "{}, {kind:?}:\n{mutant}", case.name);
                    accepted += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    // Most changes matter, and some do not: layout, what is not signed, and doing and undoing the same.
    assert!(
        refused > accepted && accepted > 0,
        "{refused} refused, {accepted} accepted"
    );
}

/// What is done to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Delete,
    Duplicate,
    Move,
    MoveInto,
    Wrap,
    Swap,
    Rename,
    Namespace,
    SwapText,
    Text,
    DropAttribute,
    Attribute,
    Comment,
    Unwrap,
}

const KINDS: [Kind; 14] = [
    Kind::Delete,
    Kind::Duplicate,
    Kind::Move,
    Kind::MoveInto,
    Kind::Wrap,
    Kind::Swap,
    Kind::Rename,
    Kind::Namespace,
    Kind::SwapText,
    Kind::Text,
    Kind::DropAttribute,
    Kind::Attribute,
    Kind::Comment,
    Kind::Unwrap,
];

/// A document's elements, as places in its text.
struct Anatomy<'t> {
    text: &'t str,
    elements: Vec<Limb>,
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
    /// Holds text and nothing else.
    leaf: bool,
}

impl<'t> Anatomy<'t> {
    fn of(text: &'t str) -> Self {
        let document = Document::parse(text.as_bytes(), &Limits::MESSAGE).unwrap();
        let elements = document.elements().map(|element| Limb::of(element, text));
        Self {
            text,
            elements: elements.collect(),
        }
    }

    fn mutate(&self, dice: &mut Dice) -> (Kind, String) {
        let kind = KINDS[dice.below(KINDS.len())];
        let one = self.any(dice);
        let two = self.any(dice);
        let text = |range: &Range<usize>| &self.text[range.clone()];
        let mutant = match kind {
            Kind::Delete => self.replace(&one.whole, ""),
            Kind::Duplicate => self.replace(&one.whole, &text(&one.whole).repeat(2)),
            Kind::Move => self.carry(one, two.whole.start),
            Kind::MoveInto => self.carry(one, two.inside.end),
            Kind::Wrap => {
                let around = self.replace(
                    &one.whole,
                    &format!("<x xmlns=\"urn:x\">{}</x>", text(&one.whole)),
                );
                return (kind, around);
            }
            Kind::Swap => self.exchange(&one.whole, &two.whole),
            Kind::Rename => self.rename(one, &format!("{}x", one.name)),
            Kind::Namespace => {
                let local = one.name.split(':').next_back().unwrap_or_default();
                self.rename(one, &format!("vx:{local}")).replacen(
                    &format!("<vx:{local}"),
                    &format!("<vx:{local} xmlns:vx=\"urn:x\""),
                    1,
                )
            }
            Kind::SwapText => {
                let (one, two) = (self.any_leaf(dice), self.any_leaf(dice));
                self.exchange(&one.inside, &two.inside)
            }
            Kind::Text => {
                let leaf = self.any_leaf(dice);
                self.replace(&leaf.inside, &format!("{}x", text(&leaf.inside)))
            }
            Kind::DropAttribute | Kind::Attribute => self.change_attribute(one, kind, dice),
            Kind::Comment => {
                let leaf = self.any_leaf(dice);
                let inside = text(&leaf.inside);
                let middle = (0..=inside.len() / 2)
                    .rev()
                    .find(|at| inside.is_char_boundary(*at));
                let (head, tail) = inside.split_at(middle.unwrap_or_default());
                self.replace(&leaf.inside, &format!("{head}<!-- x -->{tail}"))
            }
            Kind::Unwrap => self.replace(&one.whole, text(&one.inside)),
        };
        (kind, mutant)
    }

    fn any(&self, dice: &mut Dice) -> &Limb {
        &self.elements[dice.below(self.elements.len())]
    }

    fn any_leaf(&self, dice: &mut Dice) -> &Limb {
        let leaves: Vec<&Limb> = self.elements.iter().filter(|limb| limb.leaf).collect();
        leaves[dice.below(leaves.len())]
    }

    fn replace(&self, range: &Range<usize>, with: &str) -> String {
        [&self.text[..range.start], with, &self.text[range.end..]].concat()
    }

    /// Takes an element to another place.
    fn carry(&self, limb: &Limb, to: usize) -> String {
        let carried = &self.text[limb.whole.clone()];
        if to <= limb.whole.start {
            let gone = self.replace(&limb.whole, "");
            [&gone[..to], carried, &gone[to..]].concat()
        } else if to >= limb.whole.end {
            let there = [&self.text[..to], carried, &self.text[to..]].concat();
            [&there[..limb.whole.start], &there[limb.whole.end..]].concat()
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
            &self.text[second.clone()],
            &self.text[first.end..second.start],
            &self.text[first.clone()],
            &self.text[second.end..],
        ]
        .concat()
    }

    fn rename(&self, limb: &Limb, name: &str) -> String {
        let tag = self.text[limb.tag.clone()].replacen(&limb.name, name, 1);
        let whole = if limb.tag.end == limb.whole.end {
            tag
        } else {
            format!("{tag}{}</{name}>", &self.text[limb.inside.clone()])
        };
        self.replace(&limb.whole, &whole)
    }

    /// Leaves an attribute or declaration out, or changes its value.
    fn change_attribute(&self, limb: &Limb, kind: Kind, dice: &mut Dice) -> String {
        let tag = &self.text[limb.tag.clone()];
        let pieces: Vec<&str> = tag.split('"').collect();
        if pieces.len() < 3 {
            return self.text.to_owned();
        }
        let at = dice.below(pieces.len() / 2) * 2;
        let mut changed: Vec<String> = pieces.iter().map(|piece| (*piece).to_owned()).collect();
        if kind == Kind::Attribute {
            changed[at + 1].push('x');
        } else {
            let name = changed[at].rfind([' ', '\n', '\t']).unwrap_or_default();
            changed[at].truncate(name);
            let rest = changed.split_off(at + 2).join("\"");
            changed.truncate(at + 1);
            return self.replace(&limb.tag, &(changed.join("\"") + &rest));
        }
        self.replace(&limb.tag, &changed.join("\""))
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
        let tag = whole.start..whole.start + length.unwrap() + 1;
        let end = text[whole.clone()]
            .rfind("</")
            .map_or(tag.end, |at| whole.start + at);
        Self {
            inside: tag.end..end.max(tag.end),
            tag,
            whole,
            name: element.name().to_owned(),
            leaf: element.children().next().is_none()
                && element.text().is_some_and(|text| !text.is_empty()),
        }
    }
}

/// Xorshift (Marsaglia 2003): the same mutants in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}
