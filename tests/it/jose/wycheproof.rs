//! Project Wycheproof's tests of JWS, whole: what must be refused is refused, and what is good is accepted but where our rules
//! ask for more.

use std::collections::BTreeMap;

use serde_json::Value;

use super::verify;

/// Good ones that we refuse, by the rule of ours that does it.
const STRICTER: &[(&str, &[u64])] = &[
    ("P1: one spelling", &[372, 373]),
    (
        "P2: no shared secrets",
        &[1, 348, 352, 357, 358, 359, 376, 377],
    ),
    // Keys whose `alg` is PS256 under PS384, and ES521, which there is not.
    (
        "K2: a key is for the algorithm that it names",
        &[346, 347, 350, 351],
    ),
];

#[test]
fn every_case_has_its_verdict() {
    let document = include_str!("../../vectors/jose/wycheproof/json_web_signature_test.json");
    let document: Value = serde_json::from_str(document).unwrap();
    let mut stricter: BTreeMap<u64, &str> = BTreeMap::new();
    for (rule, cases) in STRICTER {
        stricter.extend(cases.iter().map(|&case| (case, *rule)));
    }
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for group in document["testGroups"].as_array().unwrap() {
        let key = group.get("public").unwrap_or(&group["private"]);
        for case in group["tests"].as_array().unwrap() {
            seen += 1;
            let id = case["tcId"].as_u64().unwrap();
            let verified = verify(case["jws"].as_str().unwrap(), std::slice::from_ref(key));
            let expected = case["result"] == "valid" && stricter.remove(&id).is_none();
            if verified.is_ok() != expected {
                let verdict = verified.map_or_else(|why| why, |_| "accepted".to_owned());
                wrong.push(format!(
                    "{id} {} {}: {verdict}",
                    case["result"], case["comment"]
                ));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(
        stricter,
        BTreeMap::new(),
        "these are refused by others, too"
    );
    assert_eq!(seen, document["numberOfTests"].as_i64().unwrap());
}
