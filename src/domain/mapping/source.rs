//! Where one value of a person comes from: a claim, or a constant, and what is changed of it.
//!
//! Invariants: there is one written form, in commands, in the API and on pages; a plain name is a claim and is written as it is, here
//! and in the database; a change takes something away, and nothing is made up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::is_unseen;

/// The longest source, in characters.
const LONGEST: usize = 400;
/// The most changes of one value.
const MOST_CHANGES: usize = 4;

/// A source of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimSource {
    origin: ValueOrigin,
    /// In the order in which they are made.
    changes: Vec<TextChange>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ValueOrigin {
    /// By its exact name, or by a path (rule Q5).
    Claim(String),
    /// The same for everybody.
    Constant(String),
}

/// What is changed of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextChange {
    /// Letters of ASCII become small. No others: a letter that only looks like one of ASCII stays what it is (rule D7).
    LowerCase,
    /// What stands before the last `@`.
    BeforeAt,
    /// What stands behind it.
    AfterAt,
}

/// How a change is written, around what it changes.
const WORDS: [(TextChange, &str); 3] = [
    (TextChange::LowerCase, "lower("),
    (TextChange::BeforeAt, "before@("),
    (TextChange::AfterAt, "after@("),
];
/// What is put around a name that looks like something else.
const CLAIM: &str = "claim(";

/// A text that is no source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a claim's name, =a constant, or lower(…), before@(…) or after@(…) around one of them, at most {LONGEST} characters"
)]
pub struct SourceError;

impl ClaimSource {
    /// A claim as it comes.
    pub fn claim(name: impl Into<String>) -> Self {
        Self {
            origin: ValueOrigin::Claim(name.into()),
            changes: Vec::new(),
        }
    }

    /// The name of the claim; none of a constant.
    pub fn name(&self) -> Option<&str> {
        match &self.origin {
            ValueOrigin::Claim(name) => Some(name),
            ValueOrigin::Constant(_) => None,
        }
    }

    /// Whether it is a claim as it comes.
    pub fn is_plain(&self) -> bool {
        self.name().is_some() && self.changes.is_empty()
    }

    /// Whether what it gives can be an address: all of a claim, in small letters at most (rule R2).
    pub fn is_whole(&self) -> bool {
        self.name().is_some() && self.changes.iter().all(|it| *it == TextChange::LowerCase)
    }

    /// What it makes of the values of its claim, in their order.
    pub fn values<'a>(
        &'a self,
        claimed: impl Iterator<Item = &'a str> + 'a,
    ) -> Box<dyn Iterator<Item = String> + 'a> {
        match &self.origin {
            ValueOrigin::Constant(text) => Box::new(self.changed(text).into_iter()),
            ValueOrigin::Claim(_) => Box::new(claimed.filter_map(|text| self.changed(text))),
        }
    }

    /// None when nothing is left.
    fn changed(&self, text: &str) -> Option<String> {
        let changed = self
            .changes
            .iter()
            .try_fold(text.to_owned(), |text, change| match change {
                TextChange::LowerCase => Some(text.to_ascii_lowercase()),
                TextChange::BeforeAt => text.rsplit_once('@').map(|(before, _)| before.to_owned()),
                TextChange::AfterAt => text.rsplit_once('@').map(|(_, after)| after.to_owned()),
            });
        changed.filter(|text| self.changes.is_empty() || !text.is_empty())
    }
}

impl fmt::Display for ClaimSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in self.changes.iter().rev() {
            let word = WORDS.iter().find(|(known, _)| known == change);
            f.write_str(word.map_or("", |(_, word)| word))?;
        }
        match &self.origin {
            ValueOrigin::Constant(text) => write!(f, "={text}")?,
            ValueOrigin::Claim(name) if looks_else(name) => write!(f, "{CLAIM}{name})")?,
            ValueOrigin::Claim(name) => f.write_str(name)?,
        }
        self.changes.iter().try_for_each(|_| f.write_str(")"))
    }
}

/// Whether a name alone would be read as something else.
fn looks_else(name: &str) -> bool {
    name.starts_with('=')
        || name.starts_with(CLAIM)
        || WORDS.iter().any(|(_, word)| name.starts_with(word))
}

impl FromStr for ClaimSource {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        if text.chars().count() > LONGEST || text.contains(is_unseen) {
            return Err(SourceError);
        }
        let mut rest = text.trim();
        let mut changes = Vec::new();
        while let Some((change, word)) = WORDS.iter().find(|(_, word)| rest.starts_with(word)) {
            rest = within(rest, word)?;
            changes.insert(0, *change);
        }
        let origin = if let Some(constant) = rest.strip_prefix('=') {
            ValueOrigin::Constant(constant.trim().to_owned())
        } else if rest.starts_with(CLAIM) {
            ValueOrigin::Claim(within(rest, CLAIM)?.to_owned())
        } else {
            ValueOrigin::Claim(rest.to_owned())
        };
        let (ValueOrigin::Claim(said) | ValueOrigin::Constant(said)) = &origin;
        if said.is_empty() || changes.len() > MOST_CHANGES {
            return Err(SourceError);
        }
        Ok(Self { origin, changes })
    }
}

fn within<'a>(text: &'a str, word: &str) -> Result<&'a str, SourceError> {
    let inner = text
        .strip_prefix(word)
        .and_then(|rest| rest.strip_suffix(')'));
    inner.map(str::trim).ok_or(SourceError)
}

/// As a source is stored where it is more than a name.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSource {
    source: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum StoredSource {
    Name(String),
    Written(WrittenSource),
}

impl Serialize for ClaimSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.origin {
            ValueOrigin::Claim(name) if self.changes.is_empty() => serializer.serialize_str(name),
            _ => WrittenSource {
                source: self.to_string(),
            }
            .serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ClaimSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match StoredSource::deserialize(deserializer)? {
            StoredSource::Name(name) => Ok(Self::claim(name)),
            StoredSource::Written(written) => {
                written.source.parse().map_err(serde::de::Error::custom)
            }
        }
    }
}

impl PartialEq<&str> for ClaimSource {
    fn eq(&self, written: &&str) -> bool {
        self.to_string() == **written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, values: &[&str]) -> Vec<String> {
        let source: ClaimSource = text.parse().unwrap();
        source.values(values.iter().copied()).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "email",
            "https://acme/x.y",
            "realm_access/roles",
            "=Acme Ltd",
            "lower(mail)",
            "lower(before@(upn))",
            "after@(=a@b)",
            "claim(lower(x))",
            "claim(=x)",
        ] {
            let source: ClaimSource = text.parse().unwrap();
            assert_eq!(source.to_string(), text);
            let stored = serde_json::to_string(&source).unwrap();
            assert_eq!(
                serde_json::from_str::<ClaimSource>(&stored).unwrap(),
                source
            );
        }
        // As older versions stored it.
        let stored: ClaimSource = serde_json::from_str("\"lower(x)\"").unwrap();
        assert_eq!(stored.name(), Some("lower(x)"));
        assert_eq!(serde_json::to_string(&stored).unwrap(), "\"lower(x)\"");
    }

    #[test]
    fn what_is_no_source() {
        let deep = format!("{}x{}", "lower(".repeat(5), ")".repeat(5));
        for text in [
            "",
            "=",
            "lower(x",
            "lower()",
            "claim()",
            "a\u{7}",
            &deep,
            &"x".repeat(401),
        ] {
            assert_eq!(text.parse::<ClaimSource>(), Err(SourceError), "{text}");
        }
    }

    #[test]
    fn values_are_changed() {
        assert_eq!(
            of("lower(mail)", &["B.Simon@Contoso.COM"]),
            ["b.simon@contoso.com"]
        );
        assert_eq!(of("before@(upn)", &["no", "a@b@c"]), ["a@b"]);
        assert_eq!(
            of("lower(after@(upn))", &["a@Contoso.com", "a@"]),
            ["contoso.com"]
        );
        assert_eq!(of("=Acme", &[]), ["Acme"]);
        // Of a letter that only looks like one of ASCII, none of ASCII is made.
        assert_eq!(
            of("lower(mail)", &["\u{212A}elly@a.b"]),
            ["\u{212A}elly@a.b"]
        );
    }
}
