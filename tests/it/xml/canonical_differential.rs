//! Canonical octets equal libxml2's: of all samples and vectors, and of thousands of documents that are made; whole, in part,
//! without a part, by every method, without and with comments, with prefix lists.

use super::libxml2::Libxml2;
use super::made::Made;
use super::samples;
use vestibule::xml::{Canonicalization, Comments, Document, Element, Limits, canonicalize_within};

/// Documents that are made.
const MADE: u64 = 4000;

#[test]
fn canonical_parts_of_samples_equal_libxml2() {
    let mut libxml2 = Libxml2::new();
    let mut compared = 0;
    for path in samples() {
        let octets = std::fs::read(&path).unwrap();
        let Ok(document) = Document::parse(&octets, &Limits::METADATA) else {
            assert!(path.ends_with("mock-saml-boxyhq.xml"), "{}", path.display());
            continue;
        };
        // Long documents by some of their elements only: libxml2 reads the document again for each.
        let count = document.elements().count();
        let step =
            (count * octets.len() / 400_000).max(1) * if octets.len() > 100_000 { 97 } else { 1 };
        for (at, element) in document.elements().enumerate().step_by(step) {
            let signature = element
                .children()
                .find(|child| child.local_name() == "Signature");
            let what = format!("{} at {at}", path.display());
            for without in [None, signature] {
                for method in [
                    Canonicalization::Inclusive,
                    Canonicalization::Exclusive(&[]),
                    Canonicalization::Exclusive(&["saml", "xs", "#default", "ds", "unknown"]),
                ] {
                    compare(&mut libxml2, &octets, element, without, method, &what);
                    compared += 1;
                }
                if signature.is_none() {
                    break;
                }
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
}

#[test]
fn canonical_parts_of_made_documents_equal_libxml2() {
    let mut libxml2 = Libxml2::new();
    for seed in 1..=MADE {
        let mut made = Made::new(seed, "<root xmlns:a='u:1' xmlns:b='u:2'>");
        for _ in 0..4 {
            made.element(&[("a", "u:1"), ("b", "u:2"), ("", "")], 4);
        }
        made.text.push_str("</root>");
        let octets = made.text.clone().into_bytes();
        let document = Document::parse(&octets, &Limits::MESSAGE).unwrap();
        let elements: Vec<Element<'_>> = document.elements().collect();
        for _ in 0..3 {
            let apex = elements[made.below(elements.len())];
            let below: Vec<Element<'_>> = apex.descendants().skip(1).collect();
            let without =
                (!below.is_empty() && made.below(2) == 0).then(|| below[made.below(below.len())]);
            let mut prefixes = vec!["a", "b", "c", "z", "#default", "unknown"];
            prefixes.retain(|_| made.below(3) == 0);
            let what = format!("seed {seed}");
            for method in [
                Canonicalization::Inclusive,
                Canonicalization::Exclusive(&[]),
                Canonicalization::Exclusive(&prefixes),
            ] {
                compare(&mut libxml2, &octets, apex, without, method, &what);
            }
        }
        let root = document.root();
        compare(
            &mut libxml2,
            &octets,
            root,
            None,
            Canonicalization::Inclusive,
            "a whole document",
        );
    }
}

/// Compares the canonical octets of an element.
fn compare(
    libxml2: &mut Libxml2,
    octets: &[u8],
    apex: Element<'_>,
    without: Option<Element<'_>>,
    method: Canonicalization<'_>,
    what: &str,
) {
    let number = |wanted: Element<'_>| {
        let mut root = wanted;
        while let Some(parent) = root.parent() {
            root = parent;
        }
        root.descendants().position(|it| it == wanted).unwrap()
    };
    let whole = octets.windows(4).any(|it| it == b"<!--");
    let both = [Comments::Dropped, Comments::Kept];
    // Where there is no comment, one look is enough.
    for comments in both.into_iter().take(if whole { 2 } else { 1 }) {
        let ours = canonicalize_within(apex, without, method, comments).unwrap();
        let theirs = libxml2
            .canonicalize(octets, number(apex), without.map(number), method, comments)
            .unwrap_or_else(|reason| panic!("{what}: {reason}"));
        assert!(
            ours == theirs,
            "{what}, {method:?}, {comments:?}, without {:?}:\nours   {}\ntheirs {}\nof {}",
            without.map(Element::name),
            String::from_utf8_lossy(&ours),
            String::from_utf8_lossy(&theirs),
            String::from_utf8_lossy(octets)
        );
    }
}
