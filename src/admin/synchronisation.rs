//! What administrators say about the synchronisation of a directory: its start after the preview, the button, and removals that wait.
//!
//! Invariant: nothing is applied before somebody who may change administrators has started it, and no more is removed than they have
//! seen. Tests: `tests/it/oidc_sign_in/directory.rs`.

use std::collections::BTreeMap;

use super::{Admin, Obstacle, Refused};
use crate::directory::{directory_source, plan_groups};
use crate::domain::{
    AuditAction, AuditDetail, Connection, ConnectionId, DirectorySettings, GroupPlan, HeldRemoval,
    ObjectId, RemovalCount, Scope,
};

impl Admin<'_> {
    /// What a synchronisation would do to permission groups, by what was read of the directory so far.
    pub async fn synchronisation_preview(
        &self,
        connection: &Connection,
    ) -> Result<GroupPlan, Refused> {
        self.is_own(connection)?;
        let known = self.store.all_directory_groups(connection.id).await?;
        let groups = self.store.groups(self.company).await?;
        Ok(plan_groups(&known, &groups, &connection.settings))
    }

    /// What groups of a directory are called there, by their object IDs, as far as it is known.
    pub async fn directory_group_names(
        &self,
        connection: ConnectionId,
        groups: &[ObjectId],
    ) -> Result<BTreeMap<ObjectId, String>, Refused> {
        let names = self.store.directory_group_names(connection, groups);
        Ok(names.await?)
    }

    /// Asks for a synchronisation at once, on whichever node. With a preview that nobody has answered it starts it: the groups named
    /// are the permission groups of the same title.
    pub async fn start_synchronisation(
        &self,
        connection: &Connection,
        adopt: &[ObjectId],
    ) -> Result<(), Refused> {
        let settings = self.synchronised(connection)?;
        let state = self.store.sync_state(connection.id).await?;
        let starts = state.is_some_and(|state| state.has_preview());
        if starts || !adopt.is_empty() {
            // Whose membership it is, the directory decides from now on.
            self.check_over_administrators()?;
        }
        let mut tx = self.begin(Scope::ConnectionsWrite).await?;
        let source = directory_source(settings);
        tx.want_sync(connection, &source, self.now).await?;
        if starts {
            tx.adopt_directory_groups(connection.id, adopt).await?;
            tx.approve_sync(connection.id, self.now).await?;
        }
        let event = self.event(AuditAction::DirectoryStart, connection.name.as_str());
        let text = match (starts, adopt.len()) {
            (false, _) => String::new(),
            (true, adopted) => format!("started; permission groups taken over: {adopted}"),
        };
        tx.audit(&event.with_detail(AuditDetail::Source(&text)))
            .await?;
        Ok(tx.commit(self.now).await?)
    }

    /// Allows removals that wait, and no more than was seen of them, and asks for a synchronisation at once.
    pub async fn confirm_removal(
        &self,
        connection: &Connection,
        seen: RemovalCount,
    ) -> Result<HeldRemoval, Refused> {
        let settings = self.synchronised(connection)?;
        self.check_over_administrators()?;
        let mut tx = self.begin(Scope::ConnectionsWrite).await?;
        let held = tx.allow_removal(connection.id).await?;
        let held = held.ok_or(Refused::NotFound)?;
        if held.count != seen {
            return Err(Obstacle::OtherRemoval.into());
        }
        let source = directory_source(settings);
        tx.want_sync(connection, &source, self.now).await?;
        let event = self.event(AuditAction::DirectoryConfirm, connection.name.as_str());
        let text = format!(
            "users to deactivate: {}; memberships to take: {}; groups that are gone: {}",
            held.count.people, held.count.memberships, held.count.groups
        );
        tx.audit(&event.with_detail(AuditDetail::Source(&text)))
            .await?;
        tx.commit(self.now).await?;
        Ok(held)
    }

    fn is_own(&self, connection: &Connection) -> Result<(), Refused> {
        if connection.company_id == self.company {
            Ok(())
        } else {
            Err(Refused::NotFound)
        }
    }

    fn synchronised<'c>(
        &self,
        connection: &'c Connection,
    ) -> Result<&'c DirectorySettings, Refused> {
        self.is_own(connection)?;
        let settings = connection.settings.directory.as_deref();
        settings.filter(|it| it.synchronise).ok_or_else(|| {
            Refused::invalid(
                "synchronise",
                "Switch on the synchronisation of this connection's directory first.",
            )
        })
    }
}
