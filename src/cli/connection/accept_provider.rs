//! `connection accept-provider`: an administrator's word on addresses that are held (rule J6).

use super::{NamedConnection, save};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::domain::AuditAction;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct AcceptProvider {
    #[command(flatten)]
    named: NamedConnection,
    /// Accept them; without it they are only shown
    #[arg(long)]
    yes: bool,
}

impl AcceptProvider {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, connection) = self.named.find(installation).await?;
        let admin = installation.admin(company.id).await?;
        let after = admin.with_held_accepted(&connection)?;
        let changes = connection.settings.oidc();
        for one in changes.map(|oidc| oidc.held_changes()).unwrap_or_default() {
            let before = one.before.unwrap_or_else(|| "none".to_owned());
            out.line(format!("{}: {before} → {}", one.name, one.after))?;
        }
        if !self.yes {
            return Err(CliError::refused(
                "Nothing was accepted. Whoever answers at these addresses can sign in as anybody of this provider.",
                "Ask the provider whether it has moved. Then run the command again with --yes.",
            ));
        }
        let action = AuditAction::ConnectionAcceptProvider;
        save(installation, &after, action, None).await?;
        out.line("These addresses are used from now on.")
    }
}
