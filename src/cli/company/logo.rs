//! `company logo`.

use std::path::PathBuf;

use crate::cli::arguments::read_file;
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::Output;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct LogoCommand {
    /// The company's short name
    slug: String,
    /// A PNG, JPEG, WebP or GIF picture that stands still: 16 to 1024 pixels each way, at most 64 KiB
    #[arg(required_unless_present = "remove", conflicts_with = "remove")]
    file: Option<PathBuf>,
    /// Take the logo away
    #[arg(long)]
    remove: bool,
}

impl LogoCommand {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let company = installation.company(&self.slug).await?;
        let admin = installation.admin(company.id).await?;
        let Some(file) = self.file else {
            return out.line(if admin.remove_logo().await? {
                format!("{} has no logo any more.", company.name)
            } else {
                format!("{} has no logo.", company.name)
            });
        };
        let logo = admin.set_logo("logo", &read_file(&file)?).await?;
        out.line(format!(
            "Set the logo of {}: {}.",
            company.name,
            logo.told()
        ))?;
        out.line(format!("See it at {}/sign-in.", company.origin))
    }
}
