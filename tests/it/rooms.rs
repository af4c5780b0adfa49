//! The rooms of the library: who may know whom, and how long a file may be.
//!
//! Reads the sources, without their comments, their text and their tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A room and the rooms that it may know. `cli` knows every room.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("xml", &[]),
    ("text", &[]),
    ("escape", &["text"]),
    ("saml", &["text", "xml"]),
    ("domain", &["text"]),
    ("import", &["domain", "saml"]),
    ("second_opinion", &["saml"]),
    ("store", &["domain"]),
    ("outbound", &["domain", "saml"]),
    ("clock", &[]),
    ("config", &[]),
    ("telemetry", &["config", "text"]),
    ("keys", &["config"]),
    ("site", &["config", "domain", "import", "keys", "saml"]),
    (
        "app",
        &[
            "clock",
            "config",
            "domain",
            "keys",
            "outbound",
            "saml",
            "second_opinion",
            "site",
            "store",
        ],
    ),
    ("login", LOGIN),
    ("logout", LOGIN),
    (
        "admin",
        &[
            "clock", "domain", "import", "keys", "outbound", "saml", "site", "store", "text",
        ],
    ),
    (
        "http",
        &[
            "admin", "app", "config", "domain", "escape", "import", "keys", "login", "logout",
            "saml", "site", "store", "text",
        ],
    ),
    ("front", FACE),
    ("console", FACE),
    ("api", FACE),
    ("web", &["api", "app", "console", "front", "http"]),
    ("demo_idp", &["saml", "xml"]),
    ("main", &["cli"]),
];

const LOGIN: &[&str] = &[
    "app", "clock", "config", "domain", "import", "keys", "outbound", "saml", "site", "store",
];

/// What a face may know: the kit and what is below it, and never another face.
const FACE: &[&str] = &[
    "admin", "app", "config", "domain", "escape", "http", "import", "keys", "login", "logout",
    "saml", "site", "store", "text",
];

/// A crate and the rooms that may know it; the pure rooms know no I/O, and each part has one home.
const HOMES: &[(&str, &[&str])] = &[
    ("axum", &["http", "front", "console", "api", "demo_idp"]),
    ("hyper", &["http"]),
    ("hyper_util", &["http"]),
    ("http_body_util", &["http"]),
    ("multer", &["http", "front", "console", "api", "demo_idp"]),
    ("csv", &["admin"]),
    ("serde_html_form", &["console"]),
    ("utoipa", &["api", "http"]),
    ("tower", &["http", "front", "console", "api", "demo_idp"]),
    (
        "askama",
        &["escape", "http", "front", "console", "demo_idp"],
    ),
    ("rusqlite", &["store"]),
    ("hashlink", &["store"]),
    ("lz4_flex", &["store"]),
    ("sqlx", &["store"]),
    ("tower_sessions", &["store", "http"]),
    ("tower_sessions_core", &["store", "app"]),
    ("reqwest", &["outbound"]),
    (
        "tokio",
        &[
            "store", "outbound", "app", "login", "logout", "admin", "http", "demo_idp", "cli",
        ],
    ),
    ("openssl", &["saml", "keys", "site", "cli", "demo_idp"]),
    ("quick_xml", &["xml"]),
    ("figment", &["config"]),
    ("clap", &["cli"]),
    ("argon2", &["keys"]),
    ("samael", &["second_opinion"]),
    ("rustix", &["cli"]),
];

/// Lines of a file.
const LONGEST: usize = 450;

#[test]
fn no_room_reaches_into_one_that_it_may_not_know() {
    let mut wrong = Vec::new();
    for source in sources() {
        let room = source.room.as_str();
        if room == "lib" {
            continue;
        }
        let known = known_to(room);
        for other in source.rooms() {
            let allowed = room == "cli" || other == room || known.contains(&other.as_str());
            if !allowed {
                wrong.push(format!("{} knows crate::{other}", source.path.display()));
            }
        }
        for (part, homes) in HOMES {
            if source.names_crate(part) && !homes.contains(&room) {
                wrong.push(format!("{} knows the crate {part}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|source| source.lines > LONGEST)
        .map(|source| format!("{} has {} lines", source.path.display(), source.lines))
        .collect();
    assert!(
        long.is_empty(),
        "split by noun, at most {LONGEST} lines:\n{}",
        long.join("\n")
    );
}

#[test]
fn the_reader_finds_what_it_has_to() {
    let source = |text: &str, path: &str| Source::new(Path::new(path).to_owned(), text);
    let rooms = |text, path| source(text, path).rooms().into_iter().collect::<Vec<_>>();
    assert_eq!(rooms("use crate::xml::Element;", "saml/x.rs"), ["xml"]);
    assert_eq!(
        rooms("use crate::{\n  store::{self, Tx},\n domain };", "login.rs"),
        ["domain", "store"]
    );
    assert_eq!(
        rooms("fn f(x: &crate::http::App) {}", "xml/mod.rs"),
        ["http"]
    );
    assert_eq!(rooms("use super::xml::A;", "saml/mod.rs"), ["xml"]);
    assert_eq!(rooms("use super::{self, store::A};", "login.rs"), ["store"]);
    assert_eq!(rooms("use super::super::store::A;", "saml/b.rs"), ["store"]);
    assert!(rooms("use super::key::A;", "saml/b.rs").is_empty());
    assert!(
        rooms(
            "// crate::store\nconst A: &str = \"crate::store\";",
            "saml/b.rs"
        )
        .is_empty()
    );
    assert!(rooms("#[cfg(test)]\nmod tests { use crate::store; }", "saml/b.rs").is_empty());
    assert!(source("use sqlx::query;", "http/x.rs").names_crate("sqlx"));
    assert!(source("let x = ::tokio::spawn(y);", "saml/x.rs").names_crate("tokio"));
    assert!(!source("use my_sqlx::query;", "http/x.rs").names_crate("sqlx"));
}

fn known_to(room: &str) -> &'static [&'static str] {
    MAY_KNOW
        .iter()
        .find(|(name, _)| *name == room)
        .map_or(&[], |(_, known)| known)
}

/// One file of the library.
struct Source {
    path: PathBuf,
    room: String,
    lines: usize,
    /// Its code, with a space where comments and text were.
    code: String,
}

impl Source {
    fn new(path: PathBuf, text: &str) -> Self {
        let room = path
            .iter()
            .next()
            .map(|first| first.to_string_lossy().trim_end_matches(".rs").to_owned())
            .unwrap_or_default();
        let before_tests = text
            .find("#[cfg(test)]\nmod ")
            .map_or(text, |tests| &text[..tests]);
        Self {
            room,
            lines: text.lines().count(),
            code: code_of(before_tests),
            path,
        }
    }

    /// The rooms that it names, by `crate::` or by as many `super::` as lead to the root.
    fn rooms(&self) -> BTreeSet<String> {
        let mut depth = self.path.components().count();
        if self.path.file_name().is_some_and(|name| name == "mod.rs") {
            depth -= 1;
        }
        let mut found = BTreeSet::new();
        for root in ["crate::".to_owned(), "super::".repeat(depth)] {
            for (at, _) in self.code.match_indices(&root) {
                if self.code[..at].ends_with(|c: char| is_name(c) || c == ':') {
                    continue;
                }
                found.extend(first_names(&self.code[at + root.len()..]));
            }
        }
        // Macros of the whole crate are not rooms; `self` and `super` are not either.
        found.retain(|name| known_rooms().contains(&name.as_str()));
        found
    }

    fn names_crate(&self, name: &str) -> bool {
        self.code.match_indices(name).any(|(at, _)| {
            let before = self.code[..at].trim_end_matches("::");
            let after = &self.code[at + name.len()..];
            !before.ends_with(is_name) && after.starts_with("::")
                || self.code[..at].ends_with("use ") && !after.starts_with(is_name)
        })
    }
}

fn known_rooms() -> Vec<&'static str> {
    let mut rooms: Vec<&str> = MAY_KNOW.iter().map(|(room, _)| *room).collect();
    rooms.push("cli");
    rooms
}

/// The first name of each path in `a::b`, or in `{a::b, c::{d, e}}`.
fn first_names(text: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|c| is_name(*c)).collect::<String>();
    let Some(list) = text.trim_start().strip_prefix('{') else {
        return vec![name(text)];
    };
    let mut names = vec![name(list.trim_start())];
    let mut depth = 0;
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(list[at + 1..].trim_start())),
            _ => {}
        }
    }
    names
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

fn sources() -> Vec<Source> {
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
