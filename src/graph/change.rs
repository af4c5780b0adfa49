//! What has changed since a delta link: objects, members, and what is gone.

use super::fault::GraphFault;
use super::member::{DirectoryGroup, MemberKind};
use super::object_id::ObjectId;
use super::page::GraphItem;
use super::read;
use crate::jose::json::Object;

/// An object in an answer of delta. The same may come again, and late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryChange<T> {
    /// It is there: new, changed, or restored. Only what has changed need be in it.
    Present(T),
    /// It is gone.
    Removed {
        /// Which.
        id: ObjectId,
        /// For how long.
        reason: Removal,
    },
}

/// How far something is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// `changed`: deleted, and can be restored for 30 days.
    Changed,
    /// `deleted`: for good; of a member: it is not in the group any more.
    Deleted,
}

/// A group in an answer of delta. A large group comes in pieces, over several pages and in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDelta {
    /// The group.
    pub group: DirectoryGroup,
    /// `members@delta`: empty when nothing changed, or when nobody is in it.
    pub members: Vec<MemberDelta>,
}

/// A direct member that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberDelta {
    /// The member's object ID.
    pub id: ObjectId,
    /// What it is.
    pub kind: MemberKind,
    /// Whether it went.
    pub is_removed: bool,
}

impl<T: GraphItem> GraphItem for DirectoryChange<T> {
    fn read(object: &Object) -> Result<Self, GraphFault> {
        Ok(match removal(object)? {
            None => Self::Present(T::read(object)?),
            Some(reason) => Self::Removed {
                id: read::id(object)?,
                reason,
            },
        })
    }
}

impl GraphItem for GroupDelta {
    fn read(object: &Object) -> Result<Self, GraphFault> {
        let mut members = Vec::new();
        for member in read::objects(object, "members@delta")? {
            members.push(MemberDelta {
                id: read::id(&member)?,
                kind: MemberKind::read(&member)?,
                is_removed: removal(&member)?.is_some(),
            });
        }
        Ok(Self {
            group: DirectoryGroup::read(object)?,
            members,
        })
    }
}

/// `@removed`. A reason that we do not know is the one that can be taken back.
fn removal(object: &Object) -> Result<Option<Removal>, GraphFault> {
    let removed = object
        .object("@removed")
        .map_err(|_| GraphFault::member("@removed"))?;
    let Some(removed) = removed else {
        return Ok(None);
    };
    let reason = read::shown(&removed, "reason")?;
    Ok(Some(match reason.as_deref() {
        Some("deleted") => Removal::Deleted,
        _ => Removal::Changed,
    }))
}
