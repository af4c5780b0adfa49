//! `connection delete`.

use super::{NamedConnection, waiting_users};
use crate::cli::confirmation::YesFlag;
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::text::counts;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct DeleteConnection {
    #[command(flatten)]
    named: NamedConnection,
    /// Keep the records of its sign-ins until they are old enough
    #[arg(long)]
    keep_records: bool,
    #[command(flatten)]
    yes: YesFlag,
}

impl DeleteConnection {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let (company, connection) = self.named.find(installation).await?;
        let admin = installation.admin(company.id).await?;
        let (uses, records) = admin.connection_records(&connection).await?;
        let records = if self.keep_records {
            format!("{} stay", counts(records, "sign-in record"))
        } else {
            format!("{} go", counts(records, "sign-in record"))
        };
        let waiting = waiting_users(uses.waiting);
        let goes = format!(
            "{} end, {} and {} from its group claims go, {records}. Accounts stay{waiting}",
            counts(uses.sessions, "session"),
            counts(uses.users, "user link"),
            counts(uses.grants, "membership"),
        );
        self.yes.require(
            format!(
                "This deletes the connection \"{}\" of {} for good: {goes}.",
                connection.name, company.name
            ),
            &format!(
                "connection delete --company {} --name {}",
                company.slug, connection.name
            ),
        )?;
        admin
            .remove_connection(connection.id, connection.revision)
            .await?;
        if !self.keep_records {
            admin.delete_connection_records(&connection).await?;
        }
        out.line(format!(
            "Deleted the connection \"{}\" of {}: {goes}.",
            connection.name, company.name
        ))
    }
}
