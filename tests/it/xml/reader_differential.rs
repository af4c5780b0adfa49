//! What we read, libxml2 reads as well (without recovery, without the network), and it finds the same in it.
//!
//! The other way round is not so: we refuse much that is legal (rule A3).

use super::libxml2::Libxml2;
use super::made::Made;
use super::{rejects, samples};
use std::path::{Path, PathBuf};
use vestibule::xml::{Canonicalization, Comments, Document, Limits, canonicalize_within};

/// Mutated documents.
const MUTANTS: usize = 60_000;
/// Files of the fuzz targets' collections that are read, of each target.
const COLLECTED: usize = 20_000;

/// What markup is made of, to be put anywhere.
const PIECES: [&[u8]; 46] = [
    b"<",
    b">",
    b"</",
    b"/>",
    b"&",
    b";",
    b"'",
    b"\"",
    b"=",
    b" ",
    b"\t",
    b"\r",
    b"\n",
    b"!",
    b"?",
    b"-",
    b"--",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<?",
    b"?>",
    b"<?xml version='1.0'?>",
    b"<!DOCTYPE a>",
    b"&amp;",
    b"&#",
    b"&#x",
    b"&#0;",
    b"&#x10FFFF;",
    b"&lt",
    b"xmlns=''",
    b" xmlns:a='u:1'",
    b" a:b='1'",
    b":",
    b"xml:",
    b"xmlns:",
    b"\xEF\xBB\xBF",
    b"\0",
    b"\x7F",
    b"\xC2\x85",
    b"\xE2\x80\xA8",
    b"\xEF\xBF\xBE",
    b"\xED\xA0\x80",
    b"\xC0\xAF",
    b"\xF0\x9F\x92\xA9",
];

struct Readers {
    libxml2: Libxml2,
    read: usize,
    refused: usize,
}

impl Readers {
    fn new() -> Self {
        Self {
            libxml2: Libxml2::new(),
            read: 0,
            refused: 0,
        }
    }

    /// Both read a document; ours may refuse.
    fn read(&mut self, octets: &[u8], what: &str) {
        self.read_as(octets, &Limits::MESSAGE, octets, what);
        self.read_as(octets, &Limits::METADATA, undeclared(octets), what);
    }

    /// `octets` are what libxml2 reads of `all`.
    fn read_as(&mut self, all: &[u8], limits: &Limits, octets: &[u8], what: &str) {
        let Ok(document) = Document::parse(all, limits) else {
            self.refused += 1;
            return;
        };
        self.read += 1;
        let shown = || String::from_utf8_lossy(octets);
        if let Err(reason) = self.libxml2.read(octets) {
            panic!(
                "{what}: we read what libxml2 refuses ({reason}):\n{}",
                shown()
            );
        }
        let method = Canonicalization::Inclusive;
        let comments = Comments::Kept;
        let ours = canonicalize_within(document.root(), None, method, comments).unwrap();
        let theirs = self.libxml2.canonicalize(octets, 0, None, method, comments);
        let theirs = theirs.unwrap();
        assert!(
            ours == theirs,
            "{what}: we read something else than libxml2:\nours   {}\ntheirs {}\nof {}",
            String::from_utf8_lossy(&ours),
            String::from_utf8_lossy(&theirs),
            shown()
        );
    }
}

/// A document without its byte order mark and its declaration. Metadata is decoded before it is parsed (rule A3): what its
/// declaration says of the encoding is no longer so, and the parser passes over it and over what stands before it.
fn undeclared(octets: &[u8]) -> &[u8] {
    let body = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
    let start = body.trim_ascii_start();
    let declared = start
        .strip_prefix(b"<?xml")
        .filter(|rest| rest.first().is_some_and(u8::is_ascii_whitespace));
    let end = declared.and_then(|rest| rest.windows(2).position(|two| two == b"?>"));
    match (declared, end) {
        (Some(rest), Some(end)) => &rest[end + 2..],
        _ => body,
    }
}

#[test]
fn what_we_read_libxml2_reads() {
    let mut readers = Readers::new();
    let mut seeds = Vec::new();
    for path in samples().chain(rejects()) {
        let octets = std::fs::read(&path).unwrap();
        readers.read(&octets, &path.display().to_string());
        if octets.len() < 20_000 {
            seeds.push(octets);
        }
    }
    assert!(readers.read > 1000, "{}", readers.read);
    for text in SMALL {
        seeds.push(text.as_bytes().to_vec());
    }
    for seed in 1..=200 {
        let mut made = Made::new(seed, "<root xmlns:a='u:1' xmlns:b='u:2'>");
        made.element(&[("a", "u:1"), ("b", "u:2"), ("", "")], 4);
        made.text.push_str("</root>");
        seeds.push(made.text.into_bytes());
    }
    let (mut readers, mut dice) = (Readers::new(), Made::new(7, ""));
    for _ in 0..MUTANTS {
        // Half of them of small documents, where a change is more likely to be in markup.
        let small = dice.below(2) == 0;
        let from = if small {
            seeds.len() - SMALL.len() - 200
        } else {
            0
        };
        let seed = from + dice.below(seeds.len() - from);
        let mut octets = seeds[seed].clone();
        for _ in 0..=dice.below(3) {
            mutate(&mut octets, &mut dice);
        }
        readers.read(&octets, "a mutant");
    }
    assert!(
        readers.read > MUTANTS / 20 && readers.refused > MUTANTS / 20,
        "{} read, {} refused",
        readers.read,
        readers.refused
    );
}

/// What the fuzz targets have collected: `script/test` runs them before.
#[test]
fn what_we_read_of_the_fuzz_targets_collections_libxml2_reads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut readers = Readers::new();
    // What a target reads before the document.
    for (target, before) in [
        ("response", 0),
        ("identity", 8),
        ("metadata", 0),
        ("c14n", 0),
    ] {
        let mut files: Vec<PathBuf> = std::fs::read_dir(root.join(target))
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        for path in files.into_iter().take(COLLECTED) {
            // A target that is running takes a file away when it has a shorter one.
            let Ok(octets) = std::fs::read(&path) else {
                continue;
            };
            let document = octets.get(before..).unwrap_or_default();
            readers.read(document, &path.display().to_string());
        }
    }
}

/// Changes octets anywhere.
fn mutate(octets: &mut Vec<u8>, dice: &mut Made) {
    let at = dice.below(octets.len() + 1);
    let end = (at + dice.below(12)).min(octets.len());
    match dice.below(6) {
        0 => drop(octets.drain(at..end)),
        1 => {
            let copied = octets[at..end].to_vec();
            let to = dice.below(octets.len() + 1);
            octets.splice(to..to, copied);
        }
        2 => {
            if let Some(octet) = octets.get_mut(at) {
                *octet ^= 1 << dice.below(8);
            }
        }
        3 => {
            if let Some(octet) = octets.get_mut(at) {
                *octet = u8::try_from(dice.below(256)).unwrap();
            }
        }
        _ => {
            let piece = PIECES[dice.below(PIECES.len())];
            octets.splice(at..at, piece.iter().copied());
        }
    }
}

/// Documents of a few octets, each with something special in it.
const SMALL: [&str; 22] = [
    "<a/>",
    "<a></a >",
    "<a b='c'/>",
    "<a b=\"c\" d='e'>f</a>",
    "<?xml version='1.0'?><a/>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone='no'?>\n<a/>\n",
    "<!-- a --><a/><!-- b -->",
    "<a><!-- a - b --></a>",
    "<a><![CDATA[b]]></a>",
    "<a>]]&gt;&amp;&#65;&#x41;</a>",
    "<a>\r\n\t b</a>",
    "<a b=' \r\n\t&#9;&#10;&#13;&lt;'/>",
    "<a xmlns='u:1'><b xmlns=''/></a>",
    "<a:b xmlns:a='u:1' a:c='1' c='2'/>",
    "<a xmlns:b='u:1' xmlns:c='u:2' b:d='1' c:d='2'/>",
    "<a xml:lang='en' xml:space='preserve' xml:id='x' xml:base='y'/>",
    "<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
    "<\u{e9}l\u{e9}ment \u{5c5e}\u{6027}='\u{10000}'>\u{85}\u{2028}</\u{e9}l\u{e9}ment>",
    "<a-b.c_d1 e-f.g_h2=''/>",
    "<_ _=''/>",
    "<a b='>'>></a>",
    "<a>'\"</a>",
];
