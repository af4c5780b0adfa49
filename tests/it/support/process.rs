//! The real binary: commands, and a server on a port of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use vestibule::domain::Slug;
use vestibule::store::Store;

use super::KEYS;

/// An installation that commands work on.
pub(crate) struct Installation {
    dir: TempDir,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Installation {
    pub(crate) fn new() -> Self {
        Self::with_settings("")
    }

    /// With more in the configuration file: tables of TOML.
    pub(crate) fn with_settings(settings: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = format!(
            "listen = \"127.0.0.1:0\"\ndata_dir = \"data\"\n[keys]\ndir = \"{KEYS}\"\n[log]\nformat = \"json\"\n{settings}"
        );
        std::fs::write(dir.path().join("vestibule.toml"), file).unwrap();
        Self { dir }
    }

    /// The same, behind proxies of this machine.
    pub(crate) fn trusting_local_proxies(self) -> Self {
        let file = self.path("vestibule.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let text = format!("trusted_proxies = [\"127.0.0.1\"]\n{text}");
        std::fs::write(&file, text).unwrap();
        self
    }

    /// With the company `acme`.
    pub(crate) fn with_company() -> Self {
        let installation = Self::new();
        installation
            .run("company add acme --name Acme --origin http://acme.localhost:8080")
            .succeeds();
        installation
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn command(&self) -> Command {
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
    pub(crate) fn run(&self, line: &str) -> Said {
        self.run_with(line, "")
    }

    pub(crate) fn run_with(&self, line: &str, input: &str) -> Said {
        let words: Vec<String> = line
            .split_ascii_whitespace()
            .map(|word| word.replace('_', " "))
            .collect();
        self.run_words(&words, input)
    }

    pub(crate) fn run_words(&self, words: &[impl AsRef<std::ffi::OsStr>], input: &str) -> Said {
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

    pub(crate) fn json(&self, line: &str) -> Value {
        let said = self.run(line);
        assert_eq!(said.code, 0, "{said:?}");
        serde_json::from_str(&said.out).unwrap()
    }
}

impl Installation {
    /// What the company's audit log says: actions with their details, the newest first.
    pub(crate) async fn audit_log(&self) -> Vec<(String, String)> {
        let url = format!("sqlite:{}", self.path("data/vestibule.sqlite3").display());
        let store = Store::open(&url, vestibule::keys::hash).await.unwrap();
        let slug: Slug = "acme".parse().unwrap();
        let company = store.company_by_slug(&slug).await.unwrap().unwrap();
        let events = store.audit_events(company.id, 100).await.unwrap();
        store.close().await;
        events
            .into_iter()
            .map(|event| (event.action.to_string(), event.detail))
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
    pub(crate) fn succeeds(self) -> Self {
        // The first command in a directory makes the database, and says so.
        let complaints = self
            .err
            .lines()
            .find(|line| !line.starts_with("Made a new database: "));
        assert_eq!((self.code, complaints), (0, None), "{}", self.out);
        self
    }

    /// Exit code, nothing on standard output, and every one of `texts` on standard error.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, texts: &[&str]) -> Self {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.err);
        for text in texts {
            assert!(self.err.contains(text), "{text:?} is not in {}", self.err);
        }
        self
    }

    #[track_caller]
    pub(crate) fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.out.contains(text), "{text:?} is not in {}", self.out);
        }
        self
    }
}

/// `vestibule serve`, on a port of its own.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it logs, read all the time: a full pipe would stop it.
    log: Option<JoinHandle<String>>,
}

impl Server {
    pub(crate) fn start(installation: &Installation) -> Self {
        let mut command = installation.command();
        command.arg("serve");
        Self::run(command)
    }

    /// A command that serves.
    pub(crate) fn run(command: Command) -> Self {
        let (mut server, mut log) = Self::begin(command);
        server.log = Some(std::thread::spawn(move || {
            let mut rest = String::new();
            log.read_to_string(&mut rest).unwrap();
            rest
        }));
        server
    }

    /// A command that serves, and whose log has no reader any more.
    pub(crate) fn run_unheard(command: Command) -> Self {
        Self::begin(command).0
    }

    fn begin(mut command: Command) -> (Self, BufReader<ChildStderr>) {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let (mut line, mut said) = (String::new(), String::new());
        while !line.contains("serving") {
            said.push_str(&std::mem::take(&mut line));
            assert!(
                log.read_line(&mut line).unwrap() > 0,
                "it did not start: {said}"
            );
        }
        let entry: Value = serde_json::from_str(&line).unwrap();
        let address = entry["listen"].as_str().unwrap().parse().unwrap();
        let server = Self {
            child,
            address,
            log: None,
        };
        (server, log)
    }

    /// The status of an answer.
    pub(crate) fn status(&self, host: &str, path: &str) -> u16 {
        let answer = self.answer(host, path);
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Asks until the answer holds a text, for as long as a change may take.
    #[track_caller]
    pub(crate) fn soon_says(&self, host: &str, path: &str, text: &str) -> String {
        for _ in 0..20 {
            std::thread::sleep(Duration::from_millis(100));
            let answer = self.answer(host, path);
            if answer.contains(text) {
                return answer;
            }
        }
        panic!("{text:?} was not in {path} within two seconds");
    }

    /// A whole answer.
    pub(crate) fn answer(&self, host: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to stop, as a service manager does.
    pub(crate) fn terminate(&self) {
        let sent = Command::new("kill")
            .args(["-TERM", &self.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Tells it to stop, waits until it has, and gives its log.
    pub(crate) fn stop(mut self) -> String {
        self.terminate();
        assert!(self.child.wait().unwrap().success());
        let log = self.log.take().map(JoinHandle::join);
        log.map(Result::unwrap).unwrap_or_default()
    }

    /// Ends it by `kill -9`; its log.
    pub(crate) fn killed(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.log.take().unwrap().join().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
