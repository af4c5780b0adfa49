//! Which claims say what about a person.
//!
//! Invariants: a claim's name is compared exactly. Any name is allowed; Entra's claim URIs and the common plain names are what a new
//! connection begins with. Who a person is comes from a claim as it is, an address from a whole one (rules R1 and R2), and groups from
//! what the provider says, never from a constant (rule S2).

mod source;

use serde::{Deserialize, Serialize};

use super::SettingError;
pub use source::{ClaimSource, SourceError};

/// The most sources of one property.
const MOST_SOURCES: usize = 50;

/// For each property, where it may come from: the first that gives something counts, of groups all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttributeMapping {
    /// The e-mail address.
    pub email: Vec<ClaimSource>,
    /// The first name.
    pub first_name: Vec<ClaimSource>,
    /// The last name.
    pub last_name: Vec<ClaimSource>,
    /// The name for people.
    pub display_name: Vec<ClaimSource>,
    /// The company's name.
    pub company: Vec<ClaimSource>,
    /// The immutable key of the user in its directory.
    pub object_id: Vec<ClaimSource>,
    /// The groups.
    pub groups: Vec<ClaimSource>,
    /// The sign that the groups were too many to list (rule F5).
    pub groups_overage: Vec<ClaimSource>,
}

impl Default for AttributeMapping {
    fn default() -> Self {
        let names = |list: &[&str]| list.iter().map(|&name| ClaimSource::claim(name)).collect();
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
        let name = |name: &str| vec![ClaimSource::claim(name)];
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

    /// Sets where a property comes from, from text: sources, separated by commas; `\,` and `\\` stand for themselves.
    pub fn set(&mut self, property: &str, text: &str) -> Result<(), SettingError> {
        let key = format!("attributes.{property}");
        let list = self
            .property(property)
            .ok_or_else(|| SettingError::UnknownKey {
                key: key.clone(),
                known: Self::PROPERTIES
                    .iter()
                    .map(|name| format!("attributes.{name}"))
                    .collect::<Vec<_>>()
                    .join(", "),
            })?;
        let sources = read_list(text);
        if sources.len() > MOST_SOURCES {
            let most = format!("at most {MOST_SOURCES} sources");
            return Err(SettingError::value(&key, text, most));
        }
        *list = sources
            .iter()
            .map(|one| read_source(&key, property, one))
            .collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Where a property comes from, as [`Self::set`] takes it.
    pub fn text(&self, property: &str) -> Option<String> {
        let sources: Vec<String> = self
            .sources(property)?
            .iter()
            .map(|source| escaped(&source.to_string()))
            .collect();
        Some(if sources.is_empty() {
            "none".to_owned()
        } else {
            sources.join(",")
        })
    }

    /// Where a property comes from.
    pub fn sources(&self, property: &str) -> Option<&[ClaimSource]> {
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

    fn property(&mut self, property: &str) -> Option<&mut Vec<ClaimSource>> {
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

/// A list of sources as lines, as a page shows it.
pub fn list_to_lines(list: &str) -> String {
    read_list(list).join("\n")
}

/// Lines as a list.
pub fn lines_to_list(lines: &str) -> String {
    let lines = lines.lines().map(str::trim);
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).map(escaped).collect();
    lines.join(",")
}

/// One source that fits its property.
fn read_source(key: &str, property: &str, text: &str) -> Result<ClaimSource, SettingError> {
    let source: ClaimSource = text
        .parse()
        .map_err(|error: SourceError| SettingError::value(key, text, error.to_string()))?;
    let wrong = match property {
        "email" if !source.is_whole() => {
            "a claim, or lower(…) around one: a constant or a part is nobody's address"
        }
        "groups" if source.name().is_none() => {
            "a claim: a group for everybody is the one of Just-In-Time User Provisioning"
        }
        "object_id" | "groups_overage" if !source.is_plain() => "a claim's name alone",
        _ => return Ok(source),
    };
    Err(SettingError::value(key, text, wrong))
}

/// The parts of a list, unescaped.
fn read_list(text: &str) -> Vec<String> {
    if text == "none" {
        return Vec::new();
    }
    let (mut all, mut one) = (Vec::new(), String::new());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' if matches!(characters.peek(), Some(',' | '\\')) => one.extend(characters.next()),
            ',' => all.push(std::mem::take(&mut one)),
            _ => one.push(c),
        }
    }
    all.push(one);
    let all = all.into_iter().map(|one| one.trim().to_owned());
    all.filter(|one| !one.is_empty()).collect()
}

/// One part of a list.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(',', "\\,")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_go_there_and_back() {
        let mut mapping = AttributeMapping::of_oidc();
        for text in ["=Acme\\, Inc.,company", "a\\\\b", "before@(upn)", "none"] {
            mapping.set("company", text).unwrap();
            assert_eq!(mapping.text("company").unwrap(), text);
        }
    }

    /// Rules R1, R2 and S2.
    #[test]
    fn some_properties_take_a_claim_only() {
        let mut mapping = AttributeMapping::default();
        for (property, text) in [
            ("email", "=a@contoso.com"),
            ("email", "before@(upn)"),
            ("email", "lower(=a@contoso.com)"),
            ("groups", "=staff"),
            ("object_id", "lower(oid)"),
            ("object_id", "=1"),
            ("groups_overage", "=1"),
        ] {
            assert!(mapping.set(property, text).is_err(), "{property} {text}");
        }
        assert_eq!(mapping, AttributeMapping::default());
        mapping.set("email", "lower(mail), upn").unwrap();
        mapping.set("groups", "lower(groups)").unwrap();
    }
}
