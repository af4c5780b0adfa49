//! Which attributes say what about a person.
//!
//! Invariant: an attribute's name is compared exactly. Any name is allowed; Entra's claim URIs and the common plain names
//! are what a new connection begins with.

use serde::{Deserialize, Serialize};

use super::SettingError;

/// For each property, the attribute names that may carry it, the first that is present first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttributeMapping {
    /// The e-mail address.
    pub email: Vec<String>,
    /// The first name.
    pub first_name: Vec<String>,
    /// The last name.
    pub last_name: Vec<String>,
    /// The name for people.
    pub display_name: Vec<String>,
    /// The company's name.
    pub company: Vec<String>,
    /// The immutable key of the user in its directory.
    pub object_id: Vec<String>,
    /// The groups.
    pub groups: Vec<String>,
    /// The sign that the groups were too many to list (rule F5).
    pub groups_overage: Vec<String>,
}

impl Default for AttributeMapping {
    fn default() -> Self {
        let names = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect();
        Self {
            email: names(&[
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
                "email",
                "mail",
                "emailAddress",
                "Email",
                "urn:oid:0.9.2342.19200300.100.1.3",
            ]),
            first_name: names(&[
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
                "givenName",
                "first_name",
                "firstName",
                "FirstName",
                "urn:oid:2.5.4.42",
            ]),
            last_name: names(&[
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
                "sn",
                "surname",
                "last_name",
                "lastName",
                "LastName",
                "urn:oid:2.5.4.4",
            ]),
            display_name: names(&[
                "http://schemas.microsoft.com/identity/claims/displayname",
                "displayName",
                "display_name",
                "urn:oid:2.16.840.1.113730.3.1.241",
            ]),
            company: names(&[
                "companyname",
                "companyName",
                "company_name",
                "company",
                "Company",
                "urn:oid:2.5.4.10",
            ]),
            object_id: names(&["http://schemas.microsoft.com/identity/claims/objectidentifier"]),
            groups: names(&[
                "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
                "groups",
                "memberOf",
            ]),
            groups_overage: names(&["http://schemas.microsoft.com/claims/groups.link"]),
        }
    }
}

impl AttributeMapping {
    /// What a new connection of OpenID Connect begins with: the standard claims (OpenID Connect Core 1.0, section 5.1), and Entra's
    /// `groups`. Who the user is is not mapped there (rule R1), and what overflows says so by itself (rule S2).
    pub fn of_oidc() -> Self {
        let name = |name: &str| vec![name.to_owned()];
        Self {
            email: name("email"),
            first_name: name("given_name"),
            last_name: name("family_name"),
            display_name: name("name"),
            company: name("companyname"),
            object_id: Vec::new(),
            groups: name("groups"),
            groups_overage: Vec::new(),
        }
    }

    /// The properties' names, as `attributes.<name>` takes them.
    pub const PROPERTIES: &'static [&'static str] = &[
        "email",
        "first_name",
        "last_name",
        "display_name",
        "company",
        "object_id",
        "groups",
        "groups_overage",
    ];

    /// Sets a property's attribute names.
    pub fn set(&mut self, property: &str, names: Vec<String>) -> Result<(), SettingError> {
        let list = self
            .property(property)
            .ok_or_else(|| SettingError::UnknownKey {
                key: format!("attributes.{property}"),
                known: Self::PROPERTIES
                    .iter()
                    .map(|name| format!("attributes.{name}"))
                    .collect::<Vec<_>>()
                    .join(", "),
            })?;
        *list = names;
        Ok(())
    }

    /// A property's attribute names.
    pub fn names(&self, property: &str) -> Option<&[String]> {
        Some(match property {
            "email" => &self.email,
            "first_name" => &self.first_name,
            "last_name" => &self.last_name,
            "display_name" => &self.display_name,
            "company" => &self.company,
            "object_id" => &self.object_id,
            "groups" => &self.groups,
            "groups_overage" => &self.groups_overage,
            _ => return None,
        })
    }

    fn property(&mut self, property: &str) -> Option<&mut Vec<String>> {
        Some(match property {
            "email" => &mut self.email,
            "first_name" => &mut self.first_name,
            "last_name" => &mut self.last_name,
            "display_name" => &mut self.display_name,
            "company" => &mut self.company,
            "object_id" => &mut self.object_id,
            "groups" => &mut self.groups,
            "groups_overage" => &mut self.groups_overage,
            _ => return None,
        })
    }
}
