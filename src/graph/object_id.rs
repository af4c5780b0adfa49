//! The name of an object of a directory: a GUID in lower case.

use std::fmt;
use std::str::FromStr;

use crate::oidc::TenantId;

/// What an object is known by, and by nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(String);

/// Text that is no GUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an object ID is a GUID: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12")]
pub struct ObjectIdError;

impl ObjectId {
    /// The GUID, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectId {
    type Err = ObjectIdError;

    /// In any case: some answers and some people write it in capitals.
    fn from_str(text: &str) -> Result<Self, ObjectIdError> {
        let guid: TenantId = text.parse().map_err(|_| ObjectIdError)?;
        Ok(Self(guid.into()))
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
