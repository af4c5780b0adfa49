//! libxml2, in a process of its own: one for many documents. Its side is `libxml2.c`, which is compiled when a test begins.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use vestibule::xml::{Canonicalization, Comments};

/// Says that no element is left out.
const NONE: usize = u32::MAX as usize;

/// The compiled program, in a directory that stays as long as this process.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("libxml2-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let program = folder.join("libxml2");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/xml/libxml2.c");
    let flags = Command::new("pkg-config")
        .args(["--cflags", "--libs", "libxml-2.0"])
        .output()
        .expect("pkg-config is there: script/bootstrap test");
    assert!(
        flags.status.success(),
        "libxml2-dev is not installed: script/bootstrap test"
    );
    let made = Command::new("cc")
        .args(["-O2", "-Wall", "-Wextra", "-Werror"])
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .args(String::from_utf8(flags.stdout).unwrap().split_whitespace())
        .output()
        .expect("cc is there: script/bootstrap");
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{said}");
    program
});

/// The running process.
pub(super) struct Libxml2 {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
}

impl Libxml2 {
    pub(super) fn new() -> Self {
        let mut child = Command::new(PROGRAM.as_path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            output: child.stdout.take().unwrap(),
            child,
        }
    }

    /// Reads a document, without recovery and without the network; the reason when it is refused.
    pub(super) fn read(&mut self, document: &[u8]) -> Result<(), String> {
        self.ask(b'p', &[document]).map(drop)
    }

    /// The canonical octets of an element, which is counted in document order.
    pub(super) fn canonicalize(
        &mut self,
        document: &[u8],
        apex: usize,
        without: Option<usize>,
        method: Canonicalization<'_>,
        comments: Comments,
    ) -> Result<Vec<u8>, String> {
        let (kind, prefixes) = match method {
            Canonicalization::Inclusive => (b'i', &[][..]),
            Canonicalization::Exclusive(prefixes) => (b'e', prefixes),
        };
        let kind = match comments {
            Comments::Dropped => kind,
            Comments::Kept => kind.to_ascii_uppercase(),
        };
        let list: Vec<u8> = prefixes
            .iter()
            .flat_map(|prefix| prefix.bytes().chain([0]))
            .collect();
        let numbers = [apex, without.unwrap_or(NONE), list.len()]
            .map(number)
            .concat();
        self.ask(kind, &[&numbers, &list, document])
    }

    fn ask(&mut self, kind: u8, parts: &[&[u8]]) -> Result<Vec<u8>, String> {
        let length = parts.iter().map(|part| part.len()).sum();
        let question = [&[kind][..], &number(length), &parts.concat()].concat();
        let input = self.input.as_mut().unwrap();
        input.write_all(&question).unwrap();
        input.flush().unwrap();
        let mut head = [0; 5];
        self.output.read_exact(&mut head).expect("libxml2 answers");
        let [good, length @ ..] = head;
        let mut octets = vec![0; u32::from_le_bytes(length) as usize];
        self.output.read_exact(&mut octets).unwrap();
        if good == 1 {
            Ok(octets)
        } else {
            Err(String::from_utf8_lossy(&octets).into_owned())
        }
    }
}

impl Drop for Libxml2 {
    fn drop(&mut self) {
        // The process ends with its input.
        self.input = None;
        drop(self.child.wait());
    }
}

fn number(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap().to_le_bytes()
}
