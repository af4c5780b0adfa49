//! What the documents of four products ask for, line by line, and what shows it.
//!
//! `seeds/rows.txt` names it. Here each name is looked for in the sources, and `docs/conformance.md` is held against them; `VESTIBULE_WRITE_DOCS=1 cargo test --test it seeds::` writes it.

use std::fmt::Write as _;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const ROWS: &str = include_str!("seeds/rows.txt");
const PAGE: &str = "docs/conformance.md";

/// The documents, and how many rows each has.
const DOCUMENTS: [(&str, &str, usize); 4] = [
    ("000", "Picturepark", 46),
    ("001", "PingOne", 37),
    ("002", "Patchworks", 25),
    ("004", "iPECS", 14),
];

/// What shows that something is so.
enum Proof<'a> {
    /// A test, by the path of its module.
    Test(&'a str),
    /// A folder of `tests/vectors/oidc`.
    Vector(&'a str),
    /// A template of the connections' pages, and what it says.
    Page { file: &'a str, says: String },
    /// Nothing yet, and why.
    Open(&'a str),
}

impl<'a> Proof<'a> {
    fn parse(text: &'a str) -> Self {
        let text = text.trim();
        if let Some(reason) = text.strip_prefix("open: ") {
            return Self::Open(reason);
        }
        if let Some(page) = text.strip_prefix("page ") {
            let (file, says) = page.split_once(": ").unwrap();
            let says = says.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
            let says = says
                .unwrap_or_else(|| panic!("{text}"))
                .replace("\\\"", "\"");
            return Self::Page { file, says };
        }
        if text.starts_with("accept/") || text.starts_with("reject/") {
            return Self::Vector(text);
        }
        Self::Test(text)
    }

    fn list(text: &'a str) -> Vec<Self> {
        text.split(';').map(Self::parse).collect()
    }

    fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    /// Why it shows nothing.
    fn fault(&self) -> Option<String> {
        let root = Path::new(ROOT);
        match self {
            Self::Open(_) => None,
            Self::Vector(name) => {
                let folder = root.join("tests/vectors/oidc").join(name);
                (!folder.is_dir()).then(|| format!("no vector {name}"))
            }
            Self::Page { file, says } => {
                let path = root.join("templates/console").join(place_of(file));
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                (!text.contains(says.as_str())).then(|| format!("{file} does not say {says:?}"))
            }
            Self::Test(name) => {
                let (module, test) = name.rsplit_once("::").unwrap_or(("", name));
                let file = if module.starts_with("src/") {
                    root.join(module)
                } else {
                    let file = format!("{}.rs", module.replace("::", "/"));
                    root.join("tests/it").join(file)
                };
                let source = std::fs::read_to_string(&file).unwrap_or_default();
                let is_there = source.contains(&format!("fn {test}()"))
                    || source.contains(&format!("fn {test}(database"));
                (!is_there).then(|| format!("no test {name}"))
            }
        }
    }

    fn written(&self) -> String {
        match self {
            Self::Test(name) | Self::Vector(name) => format!("`{name}`"),
            Self::Page { file, .. } => format!("page `{file}`"),
            Self::Open(reason) => format!("**open**: {reason}"),
        }
    }
}

/// Where a template is, beneath `templates/console`.
fn place_of(file: &str) -> String {
    if file.starts_with("people/") || file.starts_with("company/") {
        return file.to_owned();
    }
    format!("connection/{file}")
}

struct Row<'a> {
    number: &'a str,
    kinds: &'a str,
    demands: &'a str,
    proofs: Vec<Proof<'a>>,
}

/// The lines of a data file without what explains it.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

fn rows() -> Vec<Row<'static>> {
    let row = |line: &'static str| {
        let mut cells = line.splitn(4, " | ");
        let mut cell = || cells.next().unwrap_or_else(|| panic!("{line}"));
        Row {
            number: cell(),
            kinds: cell(),
            demands: cell(),
            proofs: Proof::list(cell()),
        }
    };
    lines(ROWS).map(row).collect()
}

#[test]
fn every_row_of_every_document_is_there() {
    let numbers: Vec<_> = rows().iter().map(|row| row.number.to_owned()).collect();
    let expected: Vec<_> = DOCUMENTS
        .iter()
        .flat_map(|(document, _, count)| (1..=*count).map(move |row| format!("{document}-{row}")))
        .collect();
    assert_eq!(numbers, expected);
    assert_eq!(numbers.len(), 122);
}

#[test]
fn what_is_named_is_there() {
    let rows = rows();
    let of_rows = rows.iter().flat_map(|row| {
        let named = row.proofs.iter();
        named.map(move |proof| (row.number.to_owned(), proof))
    });
    let faults: Vec<_> = of_rows
        .filter_map(|(place, proof)| Some(format!("{place}: {}", proof.fault()?)))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_page_says_the_same() {
    let (page, path) = (page(), Path::new(ROOT).join(PAGE));
    if std::env::var_os("VESTIBULE_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == page, "{PAGE} is not what its tests say");
}

fn page() -> String {
    let rows = rows();
    let mut page = String::from(
        "# Conformance\n\nWhat four products tell their customers about signing in with Microsoft Entra ID, sentence by \
         sentence, and what shows\nthat it works here: a test, or a page of the console that says it.\n\nThis page is written by `tests/it/seeds.rs` from the files in `tests/it/seeds`, and the tests \
         hold it against the\nsources. O is OpenID Connect, G Microsoft Graph, C the console, D the text of a guide.\n",
    );
    for (document, product, _) in DOCUMENTS {
        writeln!(page, "\n## {product} ({document})\n").unwrap();
        page.push_str("| row | kind | it demands | shown by |\n| --- | --- | --- | --- |\n");
        for row in rows.iter().filter(|row| row.number.starts_with(document)) {
            let shown = written(&row.proofs);
            let (number, kinds, demands) = (row.number, row.kinds, row.demands);
            writeln!(page, "| {number} | {kinds} | {demands} | {shown} |").unwrap();
        }
    }
    let open = |proofs: &[Proof<'_>]| proofs.iter().any(Proof::is_open);
    let open_rows = rows.iter().filter(|row| open(&row.proofs)).count();
    let whole = rows.len() - open_rows;
    writeln!(
        page,
        "\n## How many\n\nOf {} rows {whole} are shown whole; {open_rows} are open, wholly or in part.",
        rows.len()
    )
    .unwrap();
    page
}

fn written(proofs: &[Proof<'_>]) -> String {
    let mut shown: Vec<_> = proofs.iter().map(Proof::written).collect();
    shown.dedup();
    shown.join(", ")
}
