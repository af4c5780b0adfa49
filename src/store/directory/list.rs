//! What is known of a directory, for people: its groups, and who of it has no e-mail address.

use std::collections::BTreeMap;

use super::link::{directory_group, select_directory_group};
use super::state::number;
use crate::database::batch::BatchStatement;
use crate::database::columns::Row;
use crate::database::statement::query;
use crate::domain::{
    ConnectionId, DirectoryCounts, KnownDirectoryGroup, KnownDirectoryPerson, ObjectId,
};
use crate::store::{CursorPage, Error, Store};

macro_rules! select_person {
    ($rest:literal) => {
        concat!(
            "SELECT object_id, email, COALESCE(display_name, object_id) AS shown, is_guest, enabled, gone FROM directory_person \
             WHERE connection_id = $1 AND ",
            $rest
        )
    };
}

static NAMES: BatchStatement<1> = BatchStatement::new(
    "SELECT object_id, name FROM directory_group WHERE connection_id = $1 AND name IS NOT NULL \
     AND object_id IN (SELECT column1 FROM (ROWS) AS v)",
    1,
);

impl Store {
    /// What the groups of a directory are called there, as far as it is known.
    pub async fn directory_group_names(
        &self,
        id: ConnectionId,
        groups: &[ObjectId],
    ) -> Result<BTreeMap<ObjectId, String>, Error> {
        let rows = groups.iter().map(|it| [it.to_string().into()]).collect();
        let shared = [id.to_string().into()];
        let rows = NAMES.read(&self.database, &shared, rows).await?;
        let name = |row: &Row| Ok((row.parsed("object_id")?, row.text("name")?));
        rows.iter().map(name).collect()
    }

    /// How much is known of a directory.
    pub async fn directory_counts(&self, id: ConnectionId) -> Result<DirectoryCounts, Error> {
        let row = query(
            "SELECT (SELECT COUNT(*) FROM directory_group WHERE connection_id = $1 AND gone = 0) AS groups_are, \
             (SELECT COUNT(*) FROM directory_group WHERE connection_id = $1 AND gone = 0 AND group_id IS NOT NULL) AS linked, \
             (SELECT COUNT(*) FROM directory_person WHERE connection_id = $1 AND gone IS NULL) AS people_are, \
             (SELECT COUNT(*) FROM directory_person WHERE connection_id = $1 AND gone IS NULL AND email IS NULL) AS without_email, \
             (SELECT COUNT(*) FROM directory_member WHERE connection_id = $1) AS members_are",
        )
        .bind(id.to_string())
        .fetch_one(&self.database)
        .await?;
        Ok(DirectoryCounts {
            groups: number(&row, "groups_are")?,
            linked: number(&row, "linked")?,
            people: number(&row, "people_are")?,
            without_email: number(&row, "without_email")?,
            members: number(&row, "members_are")?,
        })
    }

    /// A directory's groups that lead to a permission group, or are gone, by object ID, from behind a place on.
    pub async fn linked_directory_groups(
        &self,
        id: ConnectionId,
        after: Option<ObjectId>,
        limit: u32,
    ) -> Result<CursorPage<KnownDirectoryGroup, ObjectId>, Error> {
        let rows = query(select_directory_group!(
            "AND object_id > $2 AND group_id IS NOT NULL ORDER BY object_id LIMIT $3"
        ))
        .bind(id.to_string())
        .bind(after.as_ref().map_or("", ObjectId::as_str))
        .bind(i64::from(limit) + 1)
        .fetch_all(&self.database)
        .await?;
        let groups = rows.iter().map(directory_group).collect::<Result<_, _>>()?;
        Ok(CursorPage::new(groups, limit, |last| {
            last.object_id.clone()
        }))
    }

    /// The people of a directory who have no e-mail address, by object ID, from behind a place on.
    pub async fn people_without_email(
        &self,
        id: ConnectionId,
        after: Option<ObjectId>,
        limit: u32,
    ) -> Result<CursorPage<KnownDirectoryPerson, ObjectId>, Error> {
        let rows = query(select_person!(
            "object_id > $2 AND email IS NULL AND gone IS NULL ORDER BY object_id LIMIT $3"
        ))
        .bind(id.to_string())
        .bind(after.as_ref().map_or("", ObjectId::as_str))
        .bind(i64::from(limit) + 1)
        .fetch_all(&self.database)
        .await?;
        let people = rows.iter().map(person).collect::<Result<_, _>>()?;
        Ok(CursorPage::new(people, limit, |last| {
            last.object_id.clone()
        }))
    }

    /// A person of a directory.
    pub async fn directory_person(
        &self,
        id: ConnectionId,
        object: &ObjectId,
    ) -> Result<Option<KnownDirectoryPerson>, Error> {
        let row = query(select_person!("object_id = $2"))
            .bind(id.to_string())
            .bind(object.as_str())
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(person).transpose()
    }
}

fn person(row: &Row) -> Result<KnownDirectoryPerson, Error> {
    Ok(KnownDirectoryPerson {
        object_id: row.parsed("object_id")?,
        email: row.maybe_text("email")?,
        display_name: row.text("shown")?,
        is_guest: row.maybe_int("is_guest")?.unwrap_or_default() != 0,
        is_disabled: row.maybe_int("enabled")? == Some(0),
        gone: row.maybe_parsed("gone")?,
    })
}
