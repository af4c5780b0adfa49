//! Pages of a directory are written down as they come.
//!
//! Invariants: the same page again changes nothing; what a piece of an object does not say stays as it was; of one object that comes
//! twice on a page the later word counts.

use crate::database::batch::{BatchRow, BatchStatement};
use crate::database::statement::query;
use crate::database::value::Value;
use crate::domain::{ConnectionId, Departure, DirectoryGroupKind, ObjectId};
use crate::store::directory::state::number;
use crate::store::{Error, Tx};

/// A group, or what has changed of it: none is not said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenGroup {
    pub object_id: ObjectId,
    pub name: Option<String>,
    pub description: Option<String>,
    pub kind: Option<DirectoryGroupKind>,
    /// Whether an empty list of members may mean that they are hidden from us.
    pub is_hidden: Option<bool>,
}

/// A person, or what has changed of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenPerson {
    pub object_id: ObjectId,
    pub email: Option<String>,
    pub display_name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub is_guest: Option<bool>,
    pub is_enabled: Option<bool>,
}

/// A direct membership: the group, and the user or group in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenMember {
    pub group: ObjectId,
    pub member: ObjectId,
}

static GROUPS: BatchStatement<5> = BatchStatement::new(
    "INSERT INTO directory_group (connection_id, object_id, name, description, kind, is_hidden, gone, seen, made, adopt) \
     SELECT $1, v.column1, v.column2, v.column3, v.column4, v.column5, 0, $2, 0, 0 FROM (ROWS) AS v WHERE v.column1 IS NOT NULL \
     ON CONFLICT (connection_id, object_id) DO UPDATE SET name = COALESCE(excluded.name, directory_group.name), \
     description = COALESCE(excluded.description, directory_group.description), kind = COALESCE(excluded.kind, directory_group.kind), \
     is_hidden = COALESCE(excluded.is_hidden, directory_group.is_hidden), gone = 0, seen = excluded.seen",
    2,
);
static GROUPS_GONE: BatchStatement<1> = BatchStatement::new(
    "UPDATE directory_group SET gone = 1, seen = $2 WHERE connection_id = $1 AND object_id IN (SELECT column1 FROM (ROWS) AS v)",
    2,
);
static MEMBERS: BatchStatement<2> = BatchStatement::new(
    "INSERT INTO directory_member (connection_id, group_id, member_id, seen) SELECT $1, v.column1, v.column2, $2 FROM (ROWS) AS v \
     WHERE v.column1 IS NOT NULL ON CONFLICT (connection_id, group_id, member_id) DO UPDATE SET seen = excluded.seen",
    2,
);
static MEMBERS_GONE: BatchStatement<2> = BatchStatement::new(
    "DELETE FROM directory_member WHERE connection_id = $1 AND (group_id, member_id) IN (SELECT column1, column2 FROM (ROWS) AS v)",
    1,
);
static PEOPLE: BatchStatement<7> = BatchStatement::new(
    "INSERT INTO directory_person (connection_id, object_id, email, display_name, first_name, last_name, is_guest, enabled, seen) \
     SELECT $1, v.column1, v.column2, v.column3, v.column4, v.column5, v.column6, v.column7, $2 FROM (ROWS) AS v \
     WHERE v.column1 IS NOT NULL \
     ON CONFLICT (connection_id, object_id) DO UPDATE SET email = COALESCE(excluded.email, directory_person.email), \
     display_name = COALESCE(excluded.display_name, directory_person.display_name), \
     first_name = COALESCE(excluded.first_name, directory_person.first_name), \
     last_name = COALESCE(excluded.last_name, directory_person.last_name), \
     is_guest = COALESCE(excluded.is_guest, directory_person.is_guest), enabled = COALESCE(excluded.enabled, directory_person.enabled), \
     gone = NULL, seen = excluded.seen",
    2,
);
static PEOPLE_GONE: BatchStatement<2> = BatchStatement::new(
    "INSERT INTO directory_person (connection_id, object_id, gone, seen) SELECT $1, v.column1, v.column2, $2 FROM (ROWS) AS v \
     WHERE v.column1 IS NOT NULL ON CONFLICT (connection_id, object_id) DO UPDATE SET gone = excluded.gone, seen = excluded.seen",
    2,
);

impl Tx {
    /// Groups that are there. Each stands in the list once.
    pub async fn see_groups(
        &mut self,
        id: ConnectionId,
        round: i64,
        groups: Vec<SeenGroup>,
    ) -> Result<(), Error> {
        let row = |group: SeenGroup| -> BatchRow<5> {
            [
                group.object_id.to_string().into(),
                group.name.into(),
                group.description.into(),
                group.kind.map(DirectoryGroupKind::as_str).into(),
                group.is_hidden.map(i64::from).into(),
            ]
        };
        let rows = groups.into_iter().map(row).collect();
        GROUPS.execute(self, &shared(id, round), rows).await?;
        Ok(())
    }

    /// Groups that were deleted.
    pub async fn see_groups_gone(
        &mut self,
        id: ConnectionId,
        round: i64,
        groups: &[ObjectId],
    ) -> Result<(), Error> {
        let rows = groups.iter().map(|it| [it.to_string().into()]).collect();
        GROUPS_GONE.execute(self, &shared(id, round), rows).await?;
        Ok(())
    }

    /// Members that are there. Each stands in the list once.
    pub async fn see_members(
        &mut self,
        id: ConnectionId,
        round: i64,
        members: &[SeenMember],
    ) -> Result<(), Error> {
        let rows = members.iter().map(member).collect();
        MEMBERS.execute(self, &shared(id, round), rows).await?;
        Ok(())
    }

    /// Members that were taken out.
    pub async fn see_members_gone(
        &mut self,
        id: ConnectionId,
        members: &[SeenMember],
    ) -> Result<(), Error> {
        let rows = members.iter().map(member).collect();
        let shared = [Value::from(id.to_string())];
        MEMBERS_GONE.execute(self, &shared, rows).await?;
        Ok(())
    }

    /// People who are there. Each stands in the list once.
    pub async fn see_people(
        &mut self,
        id: ConnectionId,
        round: i64,
        people: Vec<SeenPerson>,
    ) -> Result<(), Error> {
        let row = |person: SeenPerson| -> BatchRow<7> {
            [
                person.object_id.to_string().into(),
                person.email.into(),
                person.display_name.into(),
                person.first_name.into(),
                person.last_name.into(),
                person.is_guest.map(i64::from).into(),
                person.is_enabled.map(i64::from).into(),
            ]
        };
        let rows = people.into_iter().map(row).collect();
        PEOPLE.execute(self, &shared(id, round), rows).await?;
        Ok(())
    }

    /// People who were deleted. Each stands in the list once.
    pub async fn see_people_gone(
        &mut self,
        id: ConnectionId,
        round: i64,
        people: &[(ObjectId, Departure)],
    ) -> Result<(), Error> {
        let row = |(id, gone): &(ObjectId, Departure)| -> BatchRow<2> {
            [id.to_string().into(), gone.as_str().into()]
        };
        let rows = people.iter().map(row).collect();
        PEOPLE_GONE.execute(self, &shared(id, round), rows).await?;
        Ok(())
    }

    /// How many groups, people and memberships are written down.
    pub async fn directory_size(&mut self, id: ConnectionId) -> Result<[u64; 3], Error> {
        let row = query(
            "SELECT (SELECT COUNT(*) FROM directory_group WHERE connection_id = $1) AS groups_are, \
             (SELECT COUNT(*) FROM directory_person WHERE connection_id = $1) AS people_are, \
             (SELECT COUNT(*) FROM directory_member WHERE connection_id = $1) AS members_are",
        )
        .bind(id.to_string())
        .fetch_one(self)
        .await?;
        Ok([
            number(&row, "groups_are")?,
            number(&row, "people_are")?,
            number(&row, "members_are")?,
        ])
    }
}

fn shared(id: ConnectionId, round: i64) -> [Value<'static>; 2] {
    [id.to_string().into(), round.into()]
}

fn member(it: &SeenMember) -> BatchRow<2> {
    [it.group.to_string().into(), it.member.to_string().into()]
}
