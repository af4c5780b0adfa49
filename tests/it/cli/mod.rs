//! The commands, by the real binary in a directory of its own.

mod companies;
mod company_settings;
mod connection_settings;
mod connections;
mod explain;
mod server;
mod users;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use vestibule::domain::Slug;
use vestibule::store::Store;

/// An installation that commands work on.
pub(crate) struct Installation {
    dir: TempDir,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Installation {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/target/test-keys");
        let file = format!(
            "listen = \"127.0.0.1:0\"\ndata_dir = \"data\"\n[keys]\ndir = \"{keys}\"\n[log]\nformat = \"json\"\n"
        );
        std::fs::write(dir.path().join("vestibule.toml"), file).unwrap();
        Self { dir }
    }

    /// With the company `acme`.
    fn with_company() -> Self {
        let installation = Self::new();
        installation
            .run("company add acme --name Acme --origin http://acme.localhost:8080")
            .succeeds();
        installation
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command.current_dir(self.dir.path());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("VESTIBULE_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs a command line; words are separated by spaces, and `_` in a word stands for a space.
    fn run(&self, line: &str) -> Said {
        self.run_with(line, "")
    }

    fn run_with(&self, line: &str, input: &str) -> Said {
        let words: Vec<String> = line
            .split_ascii_whitespace()
            .map(|word| word.replace('_', " "))
            .collect();
        self.run_words(&words, input)
    }

    fn run_words(&self, words: &[impl AsRef<std::ffi::OsStr>], input: &str) -> Said {
        let mut child = self
            .command()
            .arg("--config")
            .arg("vestibule.toml")
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that is refused before it reads its input has closed it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap().into()
    }

    fn json(&self, line: &str) -> Value {
        let said = self.run(line);
        assert_eq!(said.code, 0, "{said:?}");
        serde_json::from_str(&said.out).unwrap()
    }
}

impl Installation {
    /// What the company's audit log says: actions with their details, the newest first.
    async fn audit_log(&self) -> Vec<(String, String)> {
        let url = format!("sqlite:{}", self.path("data/vestibule.sqlite3").display());
        let store = Store::open(&url, vestibule::keys::hash).await.unwrap();
        let slug: Slug = "acme".parse().unwrap();
        let company = store.company_by_slug(&slug).await.unwrap().unwrap();
        let events = store.audit_events(company.id, 100).await.unwrap();
        store.close().await;
        events
            .into_iter()
            .map(|event| (event.action, event.detail))
            .collect()
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Said {
    #[track_caller]
    fn succeeds(self) -> Self {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self
    }

    /// Exit code, nothing on standard output, and every one of `texts` on standard error.
    #[track_caller]
    fn fails(self, code: i32, texts: &[&str]) -> Self {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.err);
        for text in texts {
            assert!(self.err.contains(text), "{text:?} is not in {}", self.err);
        }
        self
    }

    #[track_caller]
    fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.out.contains(text), "{text:?} is not in {}", self.out);
        }
        self
    }
}

fn metadata(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("metadata")
        .join(name);
    file.display().to_string()
}
