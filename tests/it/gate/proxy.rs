//! The proxies of `examples/proxies`, started with what stands there.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::proxied::Proxied;
use crate::support::{Installation, Nginx};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proxy {
    Nginx,
    Caddy,
    Haproxy,
    /// The server itself.
    BuiltIn,
}

/// What a proxy stands between.
pub(crate) struct Behind<'a> {
    /// Where its files are written.
    pub(crate) installation: &'a Installation,
    /// Where the application listens.
    pub(crate) application: &'a str,
    /// Where the server does.
    pub(crate) server: &'a str,
    /// What the proxy shows.
    pub(crate) key: &'a str,
    /// Where the proxy listens.
    pub(crate) port: u16,
}

/// A proxy, until it is dropped.
pub(crate) enum Running {
    Nginx {
        _nginx: Nginx,
    },
    Other(Child),
    /// With the server.
    Itself,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Self::Other(child) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Proxy {
    /// The proxy before the application, and the server that it asks.
    pub(super) async fn start(self) -> (Proxied, Running) {
        self.start_changed(&|example| example).await
    }

    /// The same with another example than stands there.
    pub(super) async fn start_changed(
        self,
        change: &dyn Fn(String) -> String,
    ) -> (Proxied, Running) {
        let installation = Installation::new().trusting_local_proxies();
        self.start_on(installation, change).await
    }

    /// The same on an installation.
    pub(super) async fn start_on(
        self,
        installation: Installation,
        change: &dyn Fn(String) -> String,
    ) -> (Proxied, Running) {
        let kind = match self {
            Self::Nginx => "nginx",
            Self::Caddy | Self::Haproxy => "forwarded",
            Self::BuiltIn => {
                let application = super::proxied::recording().await;
                return (Proxied::built_in(application), Running::Itself);
            }
        };
        let proxied = Proxied::on(installation, kind).await;
        let behind = Behind {
            installation: &proxied.deployment.installation,
            application: &proxied.application,
            server: &proxied.server.address.to_string(),
            key: &proxied.key,
            port: proxied.port,
        };
        let running = self.run_changed(&behind, change);
        (proxied, running)
    }

    /// Starts it before an application at `http://app.localhost`.
    pub(crate) fn run(self, behind: &Behind<'_>) -> Running {
        self.run_changed(behind, &|example| example)
    }

    fn run_changed(self, behind: &Behind<'_>, change: &dyn Fn(String) -> String) -> Running {
        let port = behind.port;
        match self {
            Self::BuiltIn => Running::Itself,
            Self::Nginx => {
                let text = change(example("nginx/application.conf"));
                let of_tls = |line: &&str| line.trim().starts_with("ssl_certificate");
                let lines = text.lines().filter(|line| !of_tls(line));
                let text = lines.collect::<Vec<_>>().join("\n");
                let blocks = text
                    .replace("listen 443 ssl;", &format!("listen 127.0.0.1:{port};"))
                    .replace("server_name app.example.com;", "server_name app.localhost;")
                    .replace("$host", &format!("$host:{port}"));
                let blocks = with_addresses(&blocks, behind);
                let installation = behind.installation;
                let nginx = Nginx::start(installation, port, &blocks);
                Running::Nginx { _nginx: nginx }
            }
            Self::Caddy => {
                let site = format!("\nhttp://app.localhost:{port} {{\n\tbind 127.0.0.1\n");
                let text =
                    change(example("caddy/Caddyfile")).replace("\napp.example.com {\n", &site);
                let text = format!("{{\n\tadmin off\n\tauto_https off\n}}\n{text}");
                let file = written(behind, "Caddyfile", &with_addresses(&text, behind));
                let mut command = Command::new(in_test_python("caddy"));
                command.args(["run", "--adapter", "caddyfile", "--config"]);
                command.arg(&file).env("HOME", file.parent().unwrap());
                started(command, port, &file.with_extension("log"))
            }
            Self::Haproxy => {
                let lua = written(behind, "vestibule.lua", &example("haproxy/vestibule.lua"));
                let text = change(example("haproxy/haproxy.cfg"))
                    .replace("/etc/haproxy/vestibule.lua", &lua.display().to_string())
                    .replace(
                        "bind :443 ssl crt /etc/haproxy/app.example.com.pem alpn http/1.1",
                        &format!("bind 127.0.0.1:{port}"),
                    )
                    .replace("X-Forwarded-Proto https", "X-Forwarded-Proto http");
                let file = written(behind, "haproxy.cfg", &with_addresses(&text, behind));
                let mut command = Command::new("/usr/sbin/haproxy");
                command.arg("-db").arg("-f").arg(&file);
                started(command, port, &file.with_extension("log"))
            }
        }
    }
}

/// A file of `examples/proxies`.
fn example(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/proxies");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn with_addresses(text: &str, behind: &Behind<'_>) -> String {
    text.replace("127.0.0.1:3000", behind.application)
        .replace("127.0.0.1:8080", behind.server)
        .replace("PROXY_KEY\n", &format!("{}\n", behind.key))
        .replace("PROXY_KEY;", &format!("{};", behind.key))
}

fn written(behind: &Behind<'_>, name: &str, text: &str) -> PathBuf {
    let file = behind.installation.path(name);
    std::fs::write(&file, text).unwrap();
    file
}

/// A program that script/bootstrap has put beside Python's.
fn in_test_python(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-python/bin");
    folder.join(name)
}

fn started(mut command: Command, port: u16, log: &Path) -> Running {
    let out = std::fs::File::create(log).unwrap();
    let child = command
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(out)
        .spawn()
        .unwrap_or_else(|cause| panic!("{command:?}: {cause}: run script/bootstrap test"));
    let running = Running::Other(child);
    let up = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let said = std::fs::read_to_string(log).unwrap_or_default();
    assert!(up, "{command:?}: {said}");
    running
}
