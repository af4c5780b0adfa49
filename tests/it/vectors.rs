//! The vectors: each accepted message gives the very identity, each refused one trips the very rule.

mod advice;
mod case;
mod combined;
mod make;
mod python;
mod requirements;
mod samples;
mod xmlsec;

pub(crate) use case::Case;
use case::Expect;
pub(crate) use case::Message;
#[cfg(feature = "samael")]
pub(crate) use make::private_key;

#[test]
fn what_is_to_be_accepted_is_accepted() {
    let mut failures = Vec::new();
    for case in Case::all("accept") {
        let Expect::Accepted(expected) = &case.file.expect else {
            panic!("{} does not say what identity it gives", case.name);
        };
        match case.judge() {
            Ok(found) if expected.is_met_by(&found) => {}
            other => failures.push(format!("{}: {other:?}", case.name)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_is_to_be_refused_is_refused_by_its_rule() {
    let mut failures = Vec::new();
    for case in Case::all("reject") {
        let Expect::Refused { rule, received } = &case.file.expect else {
            panic!("{} does not say by what rule it is refused", case.name);
        };
        match case.judge() {
            Err(refusal)
                if refusal.rule == *rule
                    && received
                        .as_ref()
                        .is_none_or(|part| refusal.received.contains(part)) => {}
            other => failures.push(format!("{}: {rule}, not {other:?}", case.name)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_sample_is_in_the_table_of_sources() {
    let readme = std::fs::read_to_string(Case::root().join("README.md")).unwrap();
    for kind in ["accept", "reject"] {
        for case in Case::all(kind)
            .iter()
            .filter(|case| case.file.metadata.is_some())
        {
            let row = format!("| `{kind}/{}` |", case.name);
            assert!(readme.contains(&row), "{row}");
        }
    }
    let named = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    for (folder, _) in
        named.filter(|(name, _)| name.starts_with("accept/") || name.starts_with("reject/"))
    {
        assert!(Case::root().join(folder).is_dir(), "{folder}");
    }
}
