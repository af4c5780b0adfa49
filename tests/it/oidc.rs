//! OpenID Connect: each accepted answer gives the very user, each refused one trips the very rule.

mod case;
mod discovery;
mod make;
mod mutations;
mod pasted;
mod requests;
mod requirements;

use case::{Case, Expect};

#[test]
fn what_is_to_be_accepted_is_accepted() {
    let mut failures = Vec::new();
    for case in Case::all("accept") {
        let Expect::User(expected) = &case.file.expect else {
            panic!("{} does not say whom it names", case.name);
        };
        match case.judge() {
            Ok(user) if user == *expected => {}
            other => failures.push(format!("{}: {other:?}", case.name)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_is_to_be_refused_is_refused_by_its_rule() {
    let mut failures = Vec::new();
    for case in Case::all("reject") {
        let Expect::Rule(rule) = &case.file.expect else {
            panic!("{} does not say by what rule it is refused", case.name);
        };
        match case.judge() {
            Err(refusal) if refusal.rule() == rule => {}
            other => failures.push(format!("{}: {rule}, not {other:?}", case.name)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A record is read by a company's administrator, and kept: what lets somebody in is not in it.
#[test]
fn no_check_says_what_lets_somebody_in() {
    for case in ["accept", "reject"].into_iter().flat_map(Case::all) {
        let checks = format!("{:?}", case.checks());
        for secret in case.secrets() {
            assert!(!checks.contains(&secret), "{}: {checks}", case.name);
        }
    }
}
