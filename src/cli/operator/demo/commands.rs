//! What the demo does by command, as an administrator does, and shows.

use clap::Parser as _;

use crate::cli::error::{CliError, Result};
use crate::cli::invocation::Invocation;
use crate::cli::output::Output;
use crate::cli::{Cli, Command};

/// Adds a company, unless an earlier run did; whether it is new.
pub(super) async fn add_company(
    invocation: &Invocation,
    slug: &str,
    name: &str,
    origin: &str,
) -> Result<bool> {
    let store = invocation.open().await?.store;
    let companies = store.companies().await?;
    store.close().await;
    if companies
        .iter()
        .any(|company| company.slug.as_str() == slug)
    {
        return Ok(false);
    }
    let company = [
        "company",
        "add",
        slug,
        "--name",
        name,
        "--origin",
        origin,
        "--no-setup-link",
    ];
    perform(invocation, &[&company]).await?;
    Ok(true)
}

/// Does by command what an administrator does.
pub(super) async fn perform(invocation: &Invocation, commands: &[&[&str]]) -> Result<()> {
    let mut out = Output::stdout();
    for arguments in commands {
        let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        out.line(format!("$ vestibule {}", words.join(" ")))?;
        let cli = Cli::try_parse_from(std::iter::once(&"vestibule").chain(*arguments)).map_err(
            |cause| CliError::unusable("The demo's own command is wrong.", cause.to_string()),
        )?;
        match cli.command {
            Command::Company(company) => Box::pin(company.run(invocation, &mut out)).await?,
            Command::Group(group) => group.run(invocation, &mut out).await?,
            Command::Connection(connection) => connection.run(invocation, &mut out).await?,
            Command::Application(application) => application.run(invocation, &mut out).await?,
            Command::Directory(directory) => directory.run(invocation, &mut out).await?,
            _ => {}
        }
        out.line("")?;
    }
    out.flush()
}

fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=".contains(&byte);
    if word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("\"{word}\"")
    }
}
