//! The demo's application: Northwind's, behind our own proxy.

use std::net::SocketAddr;

use super::commands::perform;
use super::openid;
use crate::cli::error::Result;
use crate::cli::invocation::Invocation;

const NAME: &str = "notes";

/// Where users reach it, beside a server on this port.
pub(super) fn origin(port: u16) -> String {
    format!("http://{NAME}.localhost:{port}")
}

/// Adds it, or says where it listens this time.
pub(super) async fn set_up(
    invocation: &Invocation,
    origin: &str,
    upstream: SocketAddr,
) -> Result<()> {
    let upstream = format!("http://{upstream}");
    let store = invocation.open().await?.store;
    let all = store.applications().await?;
    store.close().await;
    if all.iter().any(|it| it.application.name.as_str() == NAME) {
        let setting = format!("upstreams={upstream}");
        return perform(invocation, &[&["application", "set", NAME, &setting]]).await;
    }
    let add = [
        "application",
        "add",
        NAME,
        "--display-name",
        "Notes",
        "--origin",
        origin,
        "--upstream",
        &upstream,
        "--company",
        openid::COMPANY,
    ];
    let told = ["application", "set", NAME, "groups=Staff"];
    perform(invocation, &[&add, &told]).await
}
