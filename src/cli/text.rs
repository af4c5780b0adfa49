//! Words for people: the nearest match, lists, numbers, sentences and paths.

use std::path::Path;

/// The one of `known` that `wanted` is most likely a misspelling of.
pub(super) fn nearest<'a>(wanted: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    // Two of four, so that two letters that changed places are found.
    let most = wanted.chars().count().div_ceil(3);
    known
        .iter()
        .map(|name| (distance(&wanted, &name.to_lowercase()), *name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// "There is …: a, b." or what to do when there is none.
pub(super) fn choices(noun: &str, wanted: &str, known: &[&str], when_none: &str) -> String {
    if known.is_empty() {
        return when_none.to_owned();
    }
    let there = format!("There are these {noun}: {}.", known.join(", "));
    match nearest(wanted, known) {
        Some(near) => format!("Did you mean \"{near}\"? {there}"),
        None => there,
    }
}

/// "1 user", "2 users".
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The same of what the database counts.
pub(super) fn counts(number: i64, noun: &str) -> String {
    count(usize::try_from(number).unwrap_or_default(), noun)
}

/// A path that says where it is from everywhere.
pub(super) fn full_path(path: &Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .display()
        .to_string()
}

/// Levenshtein's distance, in one row.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (above, left) in a.chars().enumerate() {
        let mut diagonal = above;
        let mut before = above + 1;
        for (cell, &right) in row.iter_mut().skip(1).zip(&b) {
            let replaced = diagonal + usize::from(left != right);
            diagonal = *cell;
            before = replaced.min(diagonal + 1).min(before + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "", 0),
            ("acme", "acme", 0),
            ("acme", "amce", 2),
            ("acme", "acm", 1),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_is_near() {
        assert_eq!(nearest("acmee", &["beta", "acme"]), Some("acme"));
        assert_eq!(nearest("zulu", &["beta", "acme"]), None);
    }
}
