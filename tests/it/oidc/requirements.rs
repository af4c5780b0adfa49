//! Every requirement is shown by a vector that is refused by it.

use std::collections::BTreeSet;

use vestibule::oidc::Requirement;
use vestibule::verdict::Requirement as _;

use super::case::Case;

#[test]
fn every_requirement_refuses_a_vector() {
    let refused: Vec<_> = Case::all("reject")
        .iter()
        .map(|case| case.judge().unwrap_err().requirement)
        .collect();
    let missing: Vec<_> = Requirement::ALL
        .iter()
        .filter(|requirement| !refused.contains(requirement))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_stored_check_is_of_one_requirement() {
    let distinct: BTreeSet<_> = Requirement::ALL
        .iter()
        .map(|it| (it.rule(), it.title()))
        .collect();
    assert_eq!(distinct.len(), Requirement::ALL.len());
}
