//! The groups of a sign-in whose claim has too many to list (rules S2 and S3).
//!
//! Invariants: the address in the claim is never called; the directory's own is asked, once, about the object IDs that are mapped, and
//! for three seconds in all; what is not answered is never read as "no groups".

use std::collections::HashMap;
use std::time::Duration;

use super::{DirectoryError, OpenDirectory};
use crate::domain::{ObjectId, Settings};
use crate::graph::{DirectoryMember, GraphRefusalKind, MOST_CHECKED_GROUPS};

/// How long a sign-in waits for it.
const PATIENCE: Duration = Duration::from_secs(3);
/// As many mapped groups are asked about one by one, twenty in a question.
const ASKED_ONE_BY_ONE: usize = 5 * MOST_CHECKED_GROUPS;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLookUp {
    /// The mapped values that the person is in, through other groups as well; none when it is not known.
    pub groups: Option<Vec<String>>,
    /// For the record: what was asked and what came.
    pub told: String,
}

impl OpenDirectory<'_> {
    /// In which of the mapped groups a person is.
    pub async fn look_up_groups(self, person: &ObjectId, settings: &Settings) -> GroupLookUp {
        let mapped = &settings.group_mapping;
        let values: HashMap<ObjectId, &str> = mapped
            .iter()
            .filter_map(|row| Some((row.value.parse().ok()?, row.value.as_str())))
            .collect();
        let unknown = |told: String| GroupLookUp { groups: None, told };
        if values.is_empty() && mapped.is_empty() {
            return unknown("The directory was not asked: no group is mapped".to_owned());
        }
        if mapped
            .iter()
            .any(|row| row.value.parse::<ObjectId>().is_err())
        {
            return unknown(
                "The directory was not asked: it answers by object ID, and a group is mapped by its name"
                    .to_owned(),
            );
        }
        let ids: Vec<ObjectId> = values.keys().cloned().collect();
        let directory = self.urgent(PATIENCE);
        let asked = tokio::time::timeout(PATIENCE, directory.memberships(person, &ids)).await;
        let asked_about = format!("The directory was asked about {} mapped groups", ids.len());
        match asked {
            Err(_) => unknown(format!(
                "{asked_about}, and did not answer within {} s",
                PATIENCE.as_secs()
            )),
            Ok(Err(cause)) => unknown(format!("{asked_about}. {cause}")),
            Ok(Ok(found)) => {
                let found = found.iter().filter_map(|id| values.get(id));
                let mut groups: Vec<String> = found.map(|value| (*value).to_owned()).collect();
                groups.sort_unstable();
                groups.dedup();
                GroupLookUp {
                    told: format!("{asked_about}: the person is in {} of them", groups.len()),
                    groups: Some(groups),
                }
            }
        }
    }

    async fn memberships(
        &self,
        person: &ObjectId,
        ids: &[ObjectId],
    ) -> Result<Vec<ObjectId>, DirectoryError> {
        let asked = if ids.len() <= ASKED_ONE_BY_ONE {
            self.check_member_groups(person, ids).await
        } else {
            // Mapped groups alone count, of whichever kind they are.
            match self.member_groups(person, false).await {
                Err(cause) if cause.refusal_kind() == Some(GraphRefusalKind::TooManyGroups) => {
                    self.check_member_groups(person, ids).await
                }
                other => other,
            }
        };
        match asked {
            // An application that may read groups alone.
            Err(cause) if cause.refusal_kind() == Some(GraphRefusalKind::Forbidden) => {
                self.listed_memberships(person).await
            }
            other => other,
        }
    }

    async fn listed_memberships(&self, person: &ObjectId) -> Result<Vec<ObjectId>, DirectoryError> {
        let mut found = Vec::new();
        let mut pages = self.pages(self.addresses().memberships_of(person));
        while let Some(page) = pages.next::<DirectoryMember>().await? {
            found.extend(page.items.into_iter().map(|member| member.id));
        }
        Ok(found)
    }
}
