//! No file of a room knows another one that knows it, directly or by others.
//!
//! What a file takes from the one above it, and that one from the files beneath it, is no circle: they are one thing in parts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::source::{Source, sources};

type Module = Vec<String>;

#[test]
fn no_files_of_a_room_know_each_other_in_a_circle() {
    let left = circles(&sources());
    let told: Vec<String> = left
        .iter()
        .map(|(from, to)| {
            let to: Vec<String> = to.iter().map(|module| module.join("::")).collect();
            format!("{} knows {}", from.join("::"), to.join(", "))
        })
        .collect();
    assert!(
        told.is_empty(),
        "a circle is among these:\n{}",
        told.join("\n")
    );
}

#[test]
fn a_circle_is_found() {
    let file = |path: &str, text: &str| Source::new(Path::new(path).to_owned(), text);
    let circle = |files: &[Source]| !circles(files).is_empty();
    let one = || file("saml/a.rs", "use super::b::B;");
    assert!(circle(&[
        one(),
        file("saml/b.rs", "use crate::saml::a::{self, A};")
    ]));
    assert!(!circle(&[one(), file("saml/b.rs", "use crate::xml::A;")]));
    let three = [
        one(),
        file("saml/b.rs", "fn f() { super::c::g() }"),
        file("saml/c.rs", "use super::{x::X, a::{A, B}};"),
    ];
    assert!(circle(&three));
    // Of the parent, and of a child.
    let family = [
        file("saml.rs", "use a::A;"),
        file("saml/a.rs", "use super::X; use crate::saml::a::c::C;"),
        file("saml/a/c.rs", "use super::A; use super::super::Y;"),
    ];
    assert!(!circle(&family));
}

/// The files that are in a circle or lead to one, with what they know of each other.
fn circles(files: &[Source]) -> BTreeMap<Module, BTreeSet<Module>> {
    let modules: BTreeSet<Module> = files.iter().map(Source::module).collect();
    let mut arrows: BTreeMap<Module, BTreeSet<Module>> = files
        .iter()
        .map(|file| (file.module(), known_to(file, &modules)))
        .collect();
    loop {
        let ends: BTreeSet<Module> = arrows
            .iter()
            .filter(|(_, known)| known.is_empty())
            .map(|(module, _)| module.clone())
            .collect();
        if ends.is_empty() {
            return arrows;
        }
        arrows.retain(|module, _| !ends.contains(module));
        for known in arrows.values_mut() {
            known.retain(|module| !ends.contains(module));
        }
    }
}

/// The files of the same room that a file knows, but for those above and beneath it.
fn known_to(file: &Source, modules: &BTreeSet<Module>) -> BTreeSet<Module> {
    let own = file.module();
    let of_file = |path: Module| {
        let lengths = (1..=path.len()).rev();
        lengths
            .map(|end| path[..end].to_vec())
            .find(|it| modules.contains(it))
    };
    let found = file.paths().into_iter().filter_map(of_file);
    found
        .filter(|other| other.first() == own.first())
        .filter(|other| !own.starts_with(other) && !other.starts_with(&own))
        .collect()
}
