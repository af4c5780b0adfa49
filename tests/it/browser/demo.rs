//! `vestibule demo` on ports of its own.

use std::net::TcpListener;

use super::looks::album;
use crate::support::{Installation, Server};

/// Globex at the identity provider.
pub(super) const GLOBEX_APP: &str = "7c4d9a35-1e6b-4f7a-8b2c-5a0e3d9f6c12";

/// A running demo.
pub(super) struct Demo {
    pub(super) installation: Installation,
    /// acme's public origin.
    pub(super) origin: String,
    /// The identity provider's origin.
    pub(super) idp: String,
    _server: Server,
}

impl Demo {
    pub(super) fn start() -> Self {
        Self::at(free_ports())
    }

    /// With the addresses of the documentation when somebody wants pictures.
    pub(super) fn start_for_pictures() -> Self {
        match album() {
            Some(_) => Self::at([8080, 8090]),
            None => Self::start(),
        }
    }

    /// With the ports of the server and of the identity provider.
    pub(super) fn at([port, idp_port]: [u16; 2]) -> Self {
        let installation = Installation::new().trusting_local_proxies();
        let mut command = installation.command();
        command
            .arg("demo")
            .arg(format!("--idp-listen=127.0.0.1:{idp_port}"))
            .env("VESTIBULE_LISTEN", format!("127.0.0.1:{port}"));
        Self {
            _server: Server::run(command),
            installation,
            origin: format!("http://acme.localhost:{port}"),
            idp: format!("http://127.0.0.1:{idp_port}"),
        }
    }

    /// The set-up page of the application at the identity provider.
    pub(super) fn set_up(&self) -> String {
        format!(
            "{}/applications/2b1f0f9e-54b5-4a63-9d6e-0d4f1c9f7a11",
            self.idp
        )
    }

    /// Changes the connection by command. The server has seen it when this returns.
    pub(super) async fn set(&self, settings: &[&str]) {
        let words = ["connection", "set", "--company", "acme", "--name", "entra"];
        let words = [&words, settings].concat();
        self.installation.run_words(&words, "").succeeds();
        // What a command changes takes effect within two seconds, and no page shows when.
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    }
}

/// Ports that nothing listened on a moment ago.
pub(super) fn free_ports() -> [u16; 2] {
    let listeners = [0; 2].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
