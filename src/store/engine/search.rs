//! What is typed into a search: words, and the patterns that find them.
//!
//! Invariant: what is typed is compared as text, never read as a pattern.

use crate::domain::User;

/// Words of a search that are looked for one by one; what follows counts as one word.
pub(in crate::store) const WORDS: usize = 4;
/// Characters of a user's text that are searched.
const LONGEST_TEXT: usize = 500;
/// Characters of a search that count.
const LONGEST_SEARCH: usize = 200;

/// The words of a search.
pub(in crate::store) fn words(search: &str) -> Vec<String> {
    let search: String = search
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_SEARCH)
        .collect();
    let mut words: Vec<String> = search.split_whitespace().map(str::to_owned).collect();
    if words.len() > WORDS {
        let rest = words.split_off(WORDS - 1);
        words.push(rest.join(" "));
    }
    words
}

/// A pattern that finds a text anywhere.
pub(in crate::store) fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// What of a user is searched, in lower case: the column `account.search`.
pub(in crate::store) fn search_text(user: &User) -> String {
    let User {
        email,
        first_name,
        last_name,
        company_name,
        ..
    } = user;
    let text = format!("{email} {first_name} {last_name} {company_name}");
    // PostgreSQL's indexes take 2,700 octets.
    text.to_lowercase().chars().take(LONGEST_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_text() {
        assert_eq!(words("  Britta  Simon "), ["Britta", "Simon"]);
        assert_eq!(words("a b c d e\tf\0g"), ["a", "b", "c", "d e f g"]);
        assert!(words(" \n ").is_empty());
        assert_eq!(words(&"x".repeat(500))[0].len(), LONGEST_SEARCH);
        assert_eq!(pattern("50%_\\"), "%50\\%\\_\\\\%");
    }
}
