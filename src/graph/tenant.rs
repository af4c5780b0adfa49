//! The tenant itself.

use super::fault::GraphFault;
use super::object_id::ObjectId;
use super::page::GraphItem;
use super::read;
use crate::jose::json::Object;

/// A tenant, as `organization` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryTenant {
    /// Its GUID.
    pub id: ObjectId,
    /// `displayName`, cut.
    pub name: Option<String>,
    /// The names in `verifiedDomains`, in lower case.
    pub verified_domains: Vec<String>,
}

impl GraphItem for DirectoryTenant {
    fn read(object: &Object) -> Result<Self, GraphFault> {
        let mut domains = Vec::new();
        for domain in read::objects(object, "verifiedDomains")? {
            domains.extend(read::name(&domain, "name")?.map(|name| name.to_ascii_lowercase()));
        }
        Ok(Self {
            id: read::id(object)?,
            name: read::shown(object, "displayName")?,
            verified_domains: domains,
        })
    }
}
