//! Rule E3 against a second reader: what the policy lets through leads, by the WHATWG URL algorithm that browsers use, to
//! this site or to an allowed origin.

use proptest::prelude::*;
use url::Url;
use vestibule::domain::{Origin, ReturnTo};

const SITE: &str = "https://acme.sso.example.com";
const ALLOWED: [&str; 2] = ["https://app.example.com", "http://127.0.0.1:3000"];

fn check(text: &str) -> Result<(), TestCaseError> {
    let origins: Vec<Origin> = ALLOWED
        .iter()
        .map(|origin| origin.parse().unwrap())
        .collect();
    let Ok(target) = ReturnTo::among(origins.iter(), text) else {
        return Ok(());
    };
    let site = Url::parse(&format!("{SITE}/sso/acs")).unwrap();
    let read = site.join(target.as_str()).unwrap();
    let origin = read.origin().ascii_serialization();
    prop_assert!(
        origin == SITE || ALLOWED.contains(&origin.as_str()),
        "{text:?} leads to {read}"
    );
    prop_assert!(read.username().is_empty() && read.password().is_none());
    // And a proxy that normalises the path does not find a host in it.
    prop_assert!(
        text.starts_with("http") || !read.path().starts_with("//"),
        "{text:?} has the path {}",
        read.path()
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Fragments that attackers put together.
    #[test]
    fn fragments(parts in prop::collection::vec(prop::sample::select(&[
        "/", "//", "\\", "https://app.example.com", "https:", "http://127.0.0.1:3000", "@", ":", ".", "..", "%2e", "%2f", "%5c",
        "evil.example", "?", "#", "a", "\t", "\n", " ", "\u{0}", ":443", "0", "[::1]", "javascript:", "%00", ";", "&", "=", "é", "。",
    ][..]), 0..8)) {
        check(&parts.concat())?;
    }

    /// Anything behind an allowed beginning.
    #[test]
    fn anything(text in "(/|https://app\\.example\\.com|http://127\\.0\\.0\\.1:3000)?\\PC{0,12}") {
        check(&text)?;
    }
}
