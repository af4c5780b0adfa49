//! A file of the library, and what it names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One file of the library.
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) room: String,
    pub(super) lines: usize,
    /// Its code, with a space where comments and text were.
    code: String,
}

impl Source {
    pub(super) fn new(path: PathBuf, text: &str) -> Self {
        let room = path
            .iter()
            .next()
            .map(|first| first.to_string_lossy().trim_end_matches(".rs").to_owned())
            .unwrap_or_default();
        let before_tests = text
            .find("#[cfg(test)]\nmod tests {")
            .map_or(text, |tests| &text[..tests]);
        Self {
            room,
            lines: text.lines().count(),
            code: code_of(before_tests),
            path,
        }
    }

    /// The other rooms that it names, of those that there are.
    pub(super) fn rooms(&self, known: &[&str]) -> BTreeSet<String> {
        let firsts = self
            .paths()
            .into_iter()
            .filter_map(|path| path.into_iter().next());
        // Macros of the whole crate are not rooms; `self` and `super` are not either.
        firsts
            .filter(|name| *name != self.room && known.contains(&name.as_str()))
            .collect()
    }

    /// What it is called: `["saml", "response"]` is `saml/response.rs`.
    pub(super) fn module(&self) -> Vec<String> {
        let path = self.path.with_extension("");
        path.iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect()
    }

    /// The paths that it names from the root, by `crate::` and by `super::`.
    pub(super) fn paths(&self) -> Vec<Vec<String>> {
        let module = self.module();
        let mut found = Vec::new();
        for root in ["crate::", "super::"] {
            for (at, _) in self.code.match_indices(root) {
                if self.code[..at].ends_with(|c: char| is_name(c) || c == ':') {
                    continue;
                }
                let mut rest = &self.code[at..];
                let mut prefix = module.clone();
                while let Some(further) = rest.strip_prefix("super::") {
                    prefix.pop();
                    rest = further;
                }
                if let Some(further) = rest.strip_prefix("crate::") {
                    prefix.clear();
                    rest = further;
                }
                tree(rest, &prefix, &mut found);
            }
        }
        found
    }

    pub(super) fn names_crate(&self, name: &str) -> bool {
        self.code.match_indices(name).any(|(at, _)| {
            let before = self.code[..at].trim_end_matches("::");
            let after = &self.code[at + name.len()..];
            !before.ends_with(is_name) && after.starts_with("::")
                || self.code[..at].ends_with("use ") && !after.starts_with(is_name)
        })
    }
}

/// Reads `a::b` or `{a::b, c::{d, e}}` after a prefix; what is left behind it.
fn tree<'t>(text: &'t str, prefix: &[String], found: &mut Vec<Vec<String>>) -> &'t str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start();
            if rest.is_empty() {
                return rest;
            }
            if let Some(behind) = rest.strip_prefix('}') {
                return behind;
            }
            let before = rest.len();
            rest = tree(rest, prefix, found);
            let next = rest.find([',', '}']).unwrap_or(rest.len());
            rest = rest[next..].strip_prefix(',').unwrap_or(&rest[next..]);
            if rest.len() == before {
                return "";
            }
        }
    }
    let end = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let mut path = prefix.to_vec();
    if !name.is_empty() && name != "self" {
        path.push(name.to_owned());
    }
    if let Some(further) = rest.strip_prefix("::") {
        tree(further, &path, found)
    } else {
        found.push(path);
        rest
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Takes comments and the content of text out. Enough for this crate's own sources.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            raw.find("\"#").map_or(rest.len(), |end| end + 5)
        } else if rest.starts_with("'\"'") {
            3
        } else if c == '"' {
            end_of_text(rest)
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        code.push(' ');
        rest = &rest[skip..];
    }
    code
}

fn end_of_text(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

pub(super) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut waiting = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            for entry in std::fs::read_dir(&path).unwrap() {
                waiting.push(entry.unwrap().path());
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(&root).unwrap().to_owned();
            let is_test = path
                .iter()
                .any(|part| part == "tests.rs" || part == "tests");
            let mut source = Source::new(path, &text);
            if is_test {
                source.code.clear();
            }
            found.push(source);
        }
    }
    assert!(found.len() > 50, "the sources are in src");
    found
}
