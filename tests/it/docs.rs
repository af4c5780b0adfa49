//! The documents say what is there: commands exist, links lead somewhere, tests that are named as a proof are tests.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn commands_exist() {
    let mut known = HashMap::new();
    for document in documents() {
        for line in code(&document.text).filter(|line| line.contains("vestibule ")) {
            let Some(words) = command(&line) else {
                continue;
            };
            let place = format!("{}: {line}", document.path.display());
            let help = known.entry(words.subcommand).or_insert_with_key(|words| {
                let help = help(words);
                assert!(help.status.success(), "{place}");
                String::from_utf8(help.stdout).unwrap()
            });
            for option in words.options {
                assert!(help.contains(&option), "{place}: {option}");
            }
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for document in documents() {
        let folder = document.path.parent().unwrap();
        for target in links(&document.text) {
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() {
                document.path.clone()
            } else {
                folder.join(file)
            };
            let place = format!("{}: {target}", document.path.display());
            assert!(path.exists(), "{place}");
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(text.lines().any(|line| is_heading(line, anchor)), "{place}");
            }
        }
    }
}

#[test]
fn paths_in_the_map_exist() {
    let readme = std::fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let (_, map) = readme.split_once("## The tree").unwrap();
    let (map, _) = map.split_once("\n## ").unwrap();
    let mut seen = 0;
    for row in map.lines().filter(|line| line.starts_with("| `")) {
        let paths = row.split('|').nth(1).unwrap();
        for path in paths.split('`').filter(|part| part.contains('/')) {
            let place = Path::new(ROOT).join(path);
            assert!(
                place.exists() || place.with_extension("rs").exists(),
                "{path}"
            );
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

/// The head of a file names its tests, its vectors and its other half.
#[test]
fn signposts_lead_somewhere() {
    let vectors = vectors();
    let mut seen = 0;
    for room in [
        "xml",
        "saml",
        "site",
        "outbound",
        "keys",
        "login",
        "login.rs",
        "logout",
        "logout.rs",
        "cli",
        "second_opinion.rs",
    ] {
        heads(&Path::new(ROOT).join("src").join(room), &mut |head| {
            for name in head.split('`').skip(1).step_by(2) {
                let is_path = ["docs/", "tests/", "benches/"]
                    .iter()
                    .any(|folder| name.starts_with(folder));
                if is_path {
                    assert!(Path::new(ROOT).join(name).exists(), "{name}: {head}");
                } else if name.ends_with("-*") {
                    assert!(vectors.iter().any(|it| is_like(it, name)), "{name}: {head}");
                } else {
                    continue;
                }
                seen += 1;
            }
        });
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn proofs_are_tests() {
    let mut known = BTreeSet::new();
    for folder in ["src", "tests/it", "fuzz/tests"] {
        sources(&Path::new(ROOT).join(folder), &mut |text| {
            for rest in text.split("fn ").skip(1) {
                let name = rest.split(['(', '<']).next().unwrap_or_default();
                known.insert(name.to_owned());
            }
        });
    }
    let vectors = vectors();
    let text = std::fs::read_to_string(Path::new(ROOT).join("docs/security.md")).unwrap();
    let mut seen = 0;
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let proof = row.trim_end_matches(" |").rsplit('|').next().unwrap();
        for name in proof.split('`').skip(1).step_by(2) {
            let target = Path::new(ROOT).join(format!("fuzz/fuzz_targets/{name}.rs"));
            let vector = vectors.iter().any(|vector| is_like(vector, name));
            assert!(
                known.contains(name) || vector || target.exists(),
                "{name}: {row}"
            );
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

/// The folders of all vectors.
fn vectors() -> Vec<String> {
    ["accept", "reject"]
        .into_iter()
        .flat_map(|kind| {
            std::fs::read_dir(Path::new(ROOT).join("tests/vectors").join(kind)).unwrap()
        })
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// What the heads of the files of a room say.
fn heads(place: &Path, read: &mut impl FnMut(&str)) {
    if place.is_dir() {
        for entry in std::fs::read_dir(place).unwrap() {
            heads(&entry.unwrap().path(), read);
        }
    } else if place.extension().is_some_and(|it| it == "rs") {
        let text = std::fs::read_to_string(place).unwrap();
        let head = text.lines().map_while(|line| line.strip_prefix("//!"));
        read(&head.collect::<Vec<_>>().join("\n"));
    }
}

/// Whether a name is meant by a pattern, in which a star stands for anything.
fn is_like(name: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

struct Document {
    path: PathBuf,
    text: String,
}

fn documents() -> Vec<Document> {
    let root = Path::new(ROOT);
    let mut paths = vec![
        root.join("README.md"),
        root.join("CHANGELOG.md"),
        root.join("certs/README.md"),
        root.join("metadata/README.md"),
        root.join("tests/vectors/README.md"),
    ];
    for entry in std::fs::read_dir(root.join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
    paths
        .into_iter()
        .map(|path| Document {
            text: std::fs::read_to_string(&path).unwrap(),
            path,
        })
        .collect()
}

/// The lines of code blocks, and the code within lines.
fn code(text: &str) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            found.push(line.to_owned());
        } else {
            let inline = line.split('`').skip(1).step_by(2);
            found.extend(inline.map(str::to_owned));
        }
    }
    found.into_iter()
}

struct Words {
    subcommand: Vec<String>,
    options: Vec<String>,
}

/// The subcommand and the options of a line that runs `vestibule`; none when it only names a file of that name.
fn command(line: &str) -> Option<Words> {
    let (before, rest) = line.split_once("vestibule ")?;
    let rest = match rest.strip_prefix("vestibule ") {
        Some(rest) => rest, // sudo -u vestibule vestibule
        None if before.is_empty() => rest,
        None => return None,
    };
    let rest = rest.split(" #").next().unwrap_or_default();
    let words: Vec<&str> = rest.split_whitespace().collect();
    let from = if words.first() == Some(&"--config") {
        2
    } else {
        0
    };
    let is_word = |word: &&&str| {
        word.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    let two_words = [
        "application",
        "company",
        "group",
        "connection",
        "directory",
        "user",
        "attempts",
        "audit",
        "keys",
    ];
    let given = words.get(from..).unwrap_or_default();
    let length = match given {
        ["company", "domain" | "setup-link", ..] | ["connection", "key", ..] => 3,
        [first, ..] if two_words.contains(first) => 2,
        _ => 1,
    };
    let subcommand: Vec<String> = words
        .iter()
        .skip(from)
        .take_while(is_word)
        .take_while(|word| !word.starts_with("--"))
        .take(length)
        .map(|word| (*word).to_owned())
        .collect();
    if subcommand.is_empty() {
        return None;
    }
    let options = words
        .iter()
        .filter(|word| word.starts_with("--"))
        .map(|word| word.split('=').next().unwrap_or_default().to_owned())
        .collect();
    Some(Words {
        subcommand,
        options,
    })
}

fn help(subcommand: &[String]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(subcommand)
        .arg("--help")
        .output()
        .unwrap()
}

/// Targets of links to files of this repository.
fn links(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| !target.contains("://"))
        .map(str::to_owned)
        .collect()
}

fn is_heading(line: &str, anchor: &str) -> bool {
    let Some(title) = line.strip_prefix('#') else {
        return false;
    };
    let slug: String = title
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' => Some(c),
            _ => None,
        })
        .collect();
    slug == anchor
}

fn sources(folder: &Path, read: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, read);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            read(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
