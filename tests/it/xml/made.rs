//! Documents made from a seed.

use std::fmt::Write as _;

/// Writes elements: namespaces declared, undeclared and redeclared, prefixes used and not.
pub(super) struct Made {
    state: u64,
    pub(super) text: String,
}

impl Made {
    /// A document that starts with `text`.
    pub(super) fn new(seed: u64, text: &str) -> Self {
        Self {
            state: seed,
            text: text.to_owned(),
        }
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        // Knuth's MMIX generator; the upper bits are the good ones.
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.state >> 40).unwrap() % limit
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    pub(super) fn element(&mut self, scope: &[(&'static str, &'static str)], depth: usize) {
        let mut scope = scope.to_vec();
        let mut declared = Vec::new();
        for _ in 0..self.below(3) {
            let prefix = self.pick(&["", "a", "b", "c", "z"]);
            let uri = self.pick(&["u:1", "u:2", "u:3", "u:4"]);
            let uri = if prefix.is_empty() && self.below(3) == 0 {
                ""
            } else {
                uri
            };
            if !declared.iter().any(|(known, _)| *known == prefix) {
                declared.push((prefix, uri));
                scope.retain(|(known, _)| *known != prefix);
                scope.push((prefix, uri));
            }
        }
        let (prefix, _) = self.pick(&scope);
        let local = self.pick(&["e", "f", "g"]);
        let name = if prefix.is_empty() {
            local.to_owned()
        } else {
            format!("{prefix}:{local}")
        };
        write!(self.text, "<{name}").unwrap();
        for (prefix, uri) in &declared {
            let colon = if prefix.is_empty() { "" } else { ":" };
            write!(self.text, " xmlns{colon}{prefix}='{uri}'").unwrap();
        }
        self.attributes(&scope);
        self.text.push('>');
        for _ in 0..if depth == 0 { 0 } else { self.below(3) } {
            let text = self.pick(&[
                "",
                " ",
                "x&amp;y",
                "\r\n",
                "&#13;",
                "<![CDATA[<]]>",
                "é",
                "<!-- x -->",
                "a<!---->b",
                "\u{85}\u{2028}&#x85;",
                "]]&gt;\r\t",
            ]);
            self.text.push_str(text);
            self.element(&scope, depth - 1);
        }
        write!(self.text, "</{name}>").unwrap();
    }

    fn attributes(&mut self, scope: &[(&'static str, &'static str)]) {
        let mut used = Vec::new();
        for name in ["xml:lang", "xml:space", "xml:base"] {
            if self.below(12) == 0 {
                let value = self.pick(&["", "en", "preserve"]);
                write!(self.text, " {name}='{value}'").unwrap();
            }
        }
        for _ in 0..self.below(4) {
            let (prefix, uri) = self.pick(scope);
            let local = self.pick(&["i", "j", "k"]);
            let key = (if prefix.is_empty() { "" } else { uri }, local);
            if used.contains(&key) {
                continue;
            }
            used.push(key);
            let value = self.pick(&[
                "",
                "1",
                "&quot;&#9;",
                "a\tb",
                "&lt;>",
                "\r\n&#xA;&#xd;",
                "\u{85}&#133;&apos;",
            ]);
            let colon = if prefix.is_empty() { "" } else { ":" };
            write!(self.text, " {prefix}{colon}{local}='{value}'").unwrap();
        }
    }
}
