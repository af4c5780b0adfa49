//! The rooms of the library: who may know whom, how large a room and how long a file may be, and that no files of a room know each
//! other in a circle.
//!
//! Reads the sources, without their comments, their text and their tests. The table is the one of `docs/architecture.md`.

mod circles;
mod source;

use std::collections::BTreeMap;
use std::path::Path;

use source::{Source, sources};

/// A room and the rooms that it may know. `cli` knows every room but the database.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("xml", &[]),
    ("text", &[]),
    ("escape", &["text"]),
    ("signature", &[]),
    ("verdict", &["text"]),
    ("saml", &["signature", "text", "verdict", "xml"]),
    ("jose", &["signature"]),
    ("oidc", &["jose", "verdict"]),
    ("policy", &[]),
    ("graph", &["jose", "oidc", "text"]),
    ("domain", &["graph", "oidc", "policy", "text"]),
    ("import", &["domain", "saml"]),
    ("second_opinion", &["saml"]),
    ("database", &[]),
    ("store", &["database", "domain"]),
    ("outbound", &["domain", "graph", "jose", "oidc", "saml"]),
    ("clock", &[]),
    ("config", &[]),
    ("telemetry", &["config", "text"]),
    ("keys", &["config"]),
    (
        "site",
        &[
            "config", "domain", "import", "keys", "oidc", "policy", "saml", "verdict",
        ],
    ),
    (
        "directory",
        &[
            "clock", "domain", "graph", "keys", "oidc", "outbound", "site", "store", "text",
        ],
    ),
    (
        "app",
        &[
            "clock",
            "config",
            "directory",
            "domain",
            "jose",
            "keys",
            "oidc",
            "outbound",
            "policy",
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
            "clock",
            "directory",
            "domain",
            "graph",
            "import",
            "keys",
            "oidc",
            "outbound",
            "saml",
            "site",
            "store",
            "text",
        ],
    ),
    (
        "http",
        &[
            "admin",
            "app",
            "config",
            "directory",
            "domain",
            "escape",
            "import",
            "keys",
            "login",
            "logout",
            "policy",
            "saml",
            "site",
            "store",
            "text",
        ],
    ),
    ("front", FACE),
    ("gate", GATE),
    ("console", FACE),
    ("api", FACE),
    ("web", &["api", "app", "console", "front", "gate", "http"]),
    ("demo_application", &[]),
    ("demo_idp", &["saml", "xml"]),
    ("main", &["cli"]),
];

const LOGIN: &[&str] = &[
    "app",
    "clock",
    "config",
    "directory",
    "domain",
    "graph",
    "import",
    "jose",
    "keys",
    "oidc",
    "outbound",
    "saml",
    "site",
    "store",
    "verdict",
];

/// What a face may know: the kit and what is below it, and never another face.
const FACE: &[&str] = &[
    "admin",
    "app",
    "config",
    "directory",
    "domain",
    "escape",
    "graph",
    "http",
    "import",
    "keys",
    "login",
    "logout",
    "oidc",
    "saml",
    "site",
    "store",
    "text",
];

/// The same with what checks are decided by.
const GATE: &[&str] = &[
    "admin", "app", "domain", "http", "keys", "logout", "outbound", "policy", "site", "store",
    "text",
];

/// A crate and the rooms that may know it; the pure rooms know no I/O, and each part has one home.
const HOMES: &[(&str, &[&str])] = &[
    (
        "axum",
        &[
            "http",
            "front",
            "console",
            "api",
            "gate",
            "demo_application",
            "demo_idp",
        ],
    ),
    ("hyper", &["http", "outbound"]),
    ("hyper_util", &["http", "outbound"]),
    ("http_body_util", &["http"]),
    ("multer", &["http", "front", "console", "api", "demo_idp"]),
    ("csv", &["admin"]),
    ("serde_html_form", &["api", "http"]),
    ("utoipa", &["api", "http"]),
    (
        "tower",
        &["http", "front", "console", "api", "demo_idp", "outbound"],
    ),
    (
        "askama",
        &[
            "escape",
            "http",
            "front",
            "console",
            "gate",
            "demo_application",
            "demo_idp",
        ],
    ),
    ("rusqlite", &["database"]),
    ("hashlink", &["store"]),
    ("lz4_flex", &["store"]),
    ("sqlx", &["database"]),
    ("tower_sessions_core", &["store", "app", "console"]),
    ("reqwest", &["outbound"]),
    ("tokio_native_tls", &["outbound"]),
    (
        "tokio",
        &[
            "database",
            "store",
            "outbound",
            "directory",
            "app",
            "login",
            "logout",
            "admin",
            "http",
            "console",
            "gate",
            "demo_application",
            "demo_idp",
            "cli",
        ],
    ),
    (
        "openssl",
        &[
            "signature",
            "saml",
            "jose",
            "oidc",
            "keys",
            "site",
            "cli",
            "demo_idp",
        ],
    ),
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
    let (mut wrong, rooms) = (Vec::new(), known_rooms());
    for source in sources() {
        let room = source.room.as_str();
        if room == "lib" {
            continue;
        }
        let known = known_to(room);
        for other in source.rooms(&rooms) {
            let is_command = room == "cli" && other != "database";
            let allowed = is_command || other == room || known.contains(&other.as_str());
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
fn only_the_store_writes_sql() {
    let writers = MAY_KNOW
        .iter()
        .filter(|(_, known)| known.contains(&"database"));
    let writers: Vec<&str> = writers.map(|(room, _)| *room).collect();
    assert_eq!(writers, ["store"]);
    for (part, homes) in HOMES {
        if ["rusqlite", "sqlx"].contains(part) {
            assert_eq!(*homes, ["database"], "{part}");
        }
    }
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

/// Of all lines, in per cent.
const LARGEST: usize = 15;

#[test]
fn no_room_holds_too_much() {
    let mut rooms: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources() {
        *rooms.entry(source.room).or_default() += source.lines;
    }
    let all: usize = rooms.values().sum();
    rooms.retain(|_, lines| *lines * 100 > all * LARGEST);
    assert!(
        rooms.is_empty(),
        "more than {LARGEST} % of {all} lines: {rooms:?}"
    );
}

#[test]
fn the_reader_finds_what_it_has_to() {
    let source = |text: &str, path: &str| Source::new(Path::new(path).to_owned(), text);
    let known = known_rooms();
    let rooms = |text, path| {
        source(text, path)
            .rooms(&known)
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(rooms("use crate::xml::Element;", "saml/x.rs"), ["xml"]);
    assert_eq!(
        rooms("use crate::{\n  store::{self, Tx},\n domain };", "login.rs"),
        ["domain", "store"]
    );
    assert_eq!(rooms("fn f(x: &crate::http::App) {}", "xml.rs"), ["http"]);
    assert_eq!(rooms("use super::xml::A;", "saml.rs"), ["xml"]);
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

fn known_rooms() -> Vec<&'static str> {
    let mut rooms: Vec<&str> = MAY_KNOW.iter().map(|(room, _)| *room).collect();
    rooms.push("cli");
    rooms
}
