//! Canonical octets are XML that says the same, and canonicalise to themselves.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::xml::{Canonicalization, Document, Limits, canonicalize};

fuzz_target!(|octets: &[u8]| {
    let Ok(document) = Document::parse(octets, &Limits::MESSAGE) else {
        return;
    };
    for method in [
        Canonicalization::Exclusive(&[]),
        Canonicalization::Inclusive,
    ] {
        let once = canonicalize(document.root(), None, method);
        let again = Document::parse(&once, &Limits::MESSAGE).expect("canonical octets are XML");
        assert_eq!(canonicalize(again.root(), None, method), once);
        assert!(
            document
                .elements()
                .map(|one| (one.name(), one.text()))
                .eq(again.elements().map(|one| (one.name(), one.text())))
        );
    }
});
