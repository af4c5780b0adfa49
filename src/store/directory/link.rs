//! Which permission group a directory's group leads to.
//!
//! Invariant: a permission group that a directory made is known by its connection and object ID, whatever its title becomes.

use crate::database::columns::Row;
use crate::database::statement::{Target, query};
use crate::domain::{
    ConnectionId, DirectoryGroupKind, GrantSource, GroupId, KnownDirectoryGroup, ObjectId,
};
use crate::store::{Error, Store, Tx};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT object_id, COALESCE(name, object_id) AS shown, description, kind, gone, group_id, made, adopt, named_as \
             FROM directory_group WHERE connection_id = $1 ",
            $rest
        )
    };
}
pub(super) use select as select_directory_group;

impl Store {
    /// All groups of a directory, by their object IDs.
    pub async fn all_directory_groups(
        &self,
        id: ConnectionId,
    ) -> Result<Vec<KnownDirectoryGroup>, Error> {
        all(&self.database, id).await
    }
}

impl Tx {
    /// The same, as they are in this transaction.
    pub async fn all_directory_groups(
        &mut self,
        id: ConnectionId,
    ) -> Result<Vec<KnownDirectoryGroup>, Error> {
        all(self, id).await
    }

    /// A group leads to a permission group from now on, or to none.
    pub async fn link_directory_group(
        &mut self,
        id: ConnectionId,
        object: &ObjectId,
        group: Option<GroupId>,
        made: bool,
        named_as: Option<&str>,
    ) -> Result<(), Error> {
        query(
            "UPDATE directory_group SET group_id = $3, made = $4, named_as = $5 WHERE connection_id = $1 AND object_id = $2",
        )
        .bind(id.to_string())
        .bind(object.as_str())
        .bind(group.map(|group| group.to_string()))
        .bind(i64::from(made))
        .bind(named_as)
        .execute(self)
        .await?;
        Ok(())
    }

    /// An administrator's answer: the permission groups of the same title are meant for these groups, as they are called now, and for
    /// no others.
    pub async fn adopt_directory_groups(
        &mut self,
        id: ConnectionId,
        objects: &[ObjectId],
    ) -> Result<(), Error> {
        query("UPDATE directory_group SET adopt = 0 WHERE connection_id = $1 AND adopt = 1 AND group_id IS NULL")
            .bind(id.to_string())
            .execute(&mut *self)
            .await?;
        for object in objects {
            query(
                "UPDATE directory_group SET adopt = 1, named_as = COALESCE(name, object_id) \
                 WHERE connection_id = $1 AND object_id = $2 AND group_id IS NULL",
            )
            .bind(id.to_string())
            .bind(object.as_str())
            .execute(&mut *self)
            .await?;
        }
        Ok(())
    }

    /// Whether anybody but this directory puts users into a permission group.
    pub async fn has_other_members(
        &mut self,
        group: GroupId,
        id: ConnectionId,
    ) -> Result<bool, Error> {
        let row =
            query("SELECT user_id FROM group_grant WHERE group_id = $1 AND source <> $2 LIMIT 1")
                .bind(group.to_string())
                .bind(GrantSource::Directory(id).to_string())
                .fetch_optional(self)
                .await?;
        Ok(row.is_some())
    }
}

async fn all(target: impl Target, id: ConnectionId) -> Result<Vec<KnownDirectoryGroup>, Error> {
    let rows = query(select!("ORDER BY object_id"))
        .bind(id.to_string())
        .fetch_all(target)
        .await?;
    rows.iter().map(directory_group).collect()
}

pub(super) fn directory_group(row: &Row) -> Result<KnownDirectoryGroup, Error> {
    let kind: Option<DirectoryGroupKind> = row.maybe_parsed("kind")?;
    Ok(KnownDirectoryGroup {
        object_id: row.parsed("object_id")?,
        name: row.text("shown")?,
        description: row.maybe_text("description")?,
        kind: kind.unwrap_or(DirectoryGroupKind::Other),
        is_gone: row.int("gone")? != 0,
        group: row.maybe_parsed("group_id")?,
        made: row.int("made")? != 0,
        adopt: row.int("adopt")? != 0,
        named_as: row.maybe_text("named_as")?,
    })
}
