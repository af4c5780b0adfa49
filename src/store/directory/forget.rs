//! A directory is forgotten: with its connection, with its company, or because an administrator has switched it off.

use crate::database::statement::query;
use crate::domain::{CompanyId, ConnectionId, GrantSource};
use crate::store::{Error, Store, Tx};

/// The most rows that one statement deletes: sign-ins wait for it.
const PIECE: i64 = 500;

impl Store {
    /// Deletes what is much of a directory, piece by piece, before the rest goes in one transaction. A synchronisation that is under
    /// way may write some of it again.
    pub async fn empty_directory(&self, id: ConnectionId) -> Result<(), Error> {
        for sql in [
            "DELETE FROM directory_member WHERE connection_id = $1 AND (group_id, member_id) IN \
             (SELECT group_id, member_id FROM directory_member WHERE connection_id = $1 LIMIT $2)",
            "DELETE FROM directory_person WHERE connection_id = $1 AND object_id IN \
             (SELECT object_id FROM directory_person WHERE connection_id = $1 LIMIT $2)",
        ] {
            let piece = query(sql).bind(id.to_string()).bind(PIECE);
            self.in_pieces(piece).await?;
        }
        Ok(())
    }
}

impl Tx {
    /// Forgets a directory, and takes the memberships that it gave. Permission groups and users stay. Administrators are held before,
    /// and the way in is looked at after it, by [`Tx::hold_way_in`].
    pub async fn forget_directory(
        &mut self,
        company: CompanyId,
        id: ConnectionId,
    ) -> Result<u64, Error> {
        self.may_take_long().await?;
        for sql in [
            "DELETE FROM directory_member WHERE connection_id = $1",
            "DELETE FROM directory_group WHERE connection_id = $1",
            "DELETE FROM directory_person WHERE connection_id = $1",
            "DELETE FROM directory WHERE connection_id = $1",
        ] {
            query(sql).bind(id.to_string()).execute(&mut *self).await?;
        }
        let taken = query("DELETE FROM group_grant WHERE source = $1")
            .bind(GrantSource::Directory(id).to_string())
            .execute(&mut *self)
            .await?;
        self.many_users_changed(company);
        Ok(taken)
    }
}
