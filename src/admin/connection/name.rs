//! A connection's name: what it may be, and one made from text for people.

use crate::admin::FieldProblem;
use crate::domain::ConnectionName;

/// What a connection's name is.
pub(super) const NAME: &str = "Use 1 to 63 characters of a-z, 0-9 and -, such as entra.";

/// A connection's name, as it was typed.
pub fn connection_name(text: &str) -> Result<ConnectionName, FieldProblem> {
    text.trim()
        .parse()
        .map_err(|_| FieldProblem::new("name", NAME))
}

/// At most 40 characters of a-z, 0-9 and dash, from text for people.
pub(super) fn short_name(text: &str) -> String {
    let dashed: String = text
        .chars()
        .map(|c| match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => c,
            _ => '-',
        })
        .collect();
    let words = dashed.split('-').filter(|word| !word.is_empty());
    let mut name = words.collect::<Vec<_>>().join("-");
    name.truncate(40);
    if name.is_empty() {
        "sso".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_from_text_for_people() {
        for (text, name) in [
            ("Microsoft Entra ID", "microsoft-entra-id"),
            (" Café & Co. ", "caf-co"),
            ("日本", "sso"),
            ("", "sso"),
        ] {
            assert_eq!(short_name(text), name);
            assert!(short_name(text).parse::<ConnectionName>().is_ok());
        }
        let long = short_name(&"a b".repeat(60));
        assert!(long.parse::<ConnectionName>().is_ok());
    }
}
