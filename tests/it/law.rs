//! The law of OpenID Connect names a test for what each rule refuses, and the OpenID Foundation's plan for relying parties a
//! module for each mistake of a provider. Each has its test or vector here, or the reason why it has none yet.
//!
//! `law/tests.txt` has the names of the rules H to T, `law/modules.txt` those of the plan.

use std::collections::BTreeSet;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const TESTS: &str = include_str!("law/tests.txt");
const MODULES: &str = include_str!("law/modules.txt");

struct Entry {
    /// The rule with the test's name; or the verdict with the module's.
    name: &'static str,
    shown_by: &'static str,
}

fn entries(text: &'static str) -> Vec<Entry> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (name, shown_by) = line.split_once(" = ").unwrap_or_else(|| panic!("{line}"));
            Entry { name, shown_by }
        })
        .collect()
}

impl Entry {
    fn is_there(&self) -> bool {
        let shown_by = self.shown_by;
        if shown_by.starts_with("open: ") {
            return true;
        }
        if shown_by.starts_with("accept/") || shown_by.starts_with("reject/") {
            return Path::new(ROOT)
                .join("tests/vectors/oidc")
                .join(shown_by)
                .is_dir();
        }
        let (module, test) = shown_by.rsplit_once("::").unwrap();
        let file = if module.starts_with("src/") {
            module.to_owned()
        } else {
            format!("tests/it/{}.rs", module.replace("::", "/"))
        };
        let source = std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap_or_default();
        source.contains(&format!("fn {test}("))
    }
}

#[test]
fn what_is_named_is_there() {
    let missing: Vec<_> = entries(TESTS)
        .iter()
        .chain(&entries(MODULES))
        .filter(|entry| !entry.is_there())
        .map(|entry| format!("{}: no {}", entry.name, entry.shown_by))
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn each_is_named_once() {
    for (text, at_least) in [(TESTS, 190), (MODULES, 30)] {
        let entries = entries(text);
        let names: BTreeSet<_> = entries.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), entries.len());
        assert!(names.len() >= at_least, "{}", names.len());
    }
}

/// A test that exists now is named: what is open is what nobody has written.
#[test]
fn what_is_open_has_no_test_of_its_name() {
    let mut sources = String::new();
    read(&Path::new(ROOT).join("tests/it"), &mut sources);
    let written: Vec<_> = entries(TESTS)
        .iter()
        .filter(|entry| entry.shown_by.starts_with("open: "))
        .filter_map(|entry| entry.name.split_once(' '))
        .filter(|(_, test)| sources.contains(&format!("fn {test}()")))
        .map(|(_, test)| test)
        .collect();
    assert!(
        written.is_empty(),
        "say in law/tests.txt where they are: {written:?}"
    );
}

fn read(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
