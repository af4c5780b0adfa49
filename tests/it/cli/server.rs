use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::Installation;

/// `vestibule serve`, on a port of its own.
pub(super) struct Server {
    child: Child,
    address: SocketAddr,
    log: BufReader<std::process::ChildStderr>,
}

impl Server {
    pub(super) fn start(installation: &Installation) -> Self {
        let mut child = installation
            .command()
            .arg("serve")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("serving") {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "it did not start");
        }
        let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = entry["listen"].as_str().unwrap().parse().unwrap();
        Self {
            child,
            address,
            log,
        }
    }

    /// The status of an answer.
    fn status(&self, host: &str, path: &str) -> u16 {
        let answer = self.answer(host, path);
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Asks until the answer holds a text, for as long as a change may take.
    #[track_caller]
    pub(super) fn soon_says(&self, host: &str, path: &str, text: &str) -> String {
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
    pub(super) fn answer(&self, host: &str, path: &str) -> String {
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

    /// Tells it to stop as a service manager does.
    fn stop(mut self) -> String {
        let sent = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success());
        rest
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_running_server_sees_what_a_command_changes() {
    let installation = Installation::new();
    let server = Server::start(&installation);
    let host = "acme.localhost:8080";
    assert_eq!(server.status(host, "/readyz"), 200);
    assert_ne!(server.status(host, "/sso/metadata"), 200);
    installation
        .run("company add acme --name Acme --origin http://acme.localhost:8080")
        .succeeds();
    let seen = (0..20).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        server.status(host, "/sso/metadata") == 200
    });
    assert!(seen, "a change is seen within two seconds");
    let log = server.stop();
    assert!(log.contains("stopped"), "{log}");
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let installation = Installation::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let said: super::Said = installation
        .command()
        .arg("serve")
        .env("VESTIBULE_LISTEN", taken.local_addr().unwrap().to_string())
        .output()
        .unwrap()
        .into();
    said.fails(1, &["cannot listen on", "VESTIBULE_LISTEN"]);
}

#[cfg(not(feature = "demo"))]
#[test]
fn a_build_without_the_demo_says_so() {
    Installation::new()
        .run("demo")
        .fails(1, &["This build has no demo", "--features demo"]);
}
