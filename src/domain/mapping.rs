//! Which claims say what about a person.
//!
//! Invariants: a claim's name is compared exactly. Any name is allowed; Entra's claim URIs and the common plain names are what a new
//! connection begins with. Who a person is comes from a claim as it is, an address from a whole one (rules R1 and R2), and groups from
//! what the provider says, never from a constant (rule S2).

mod source;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AttributeName, AttributeNameError, MOST_ATTRIBUTES, SettingError};
pub use source::{ClaimSource, SourceError};

/// What stands before the name of a further attribute, where properties are named.
pub const FURTHER: &str = "further.";
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
    /// What else is kept of a person for applications, by the administrator's own names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub further: BTreeMap<AttributeName, Vec<ClaimSource>>,
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
            further: BTreeMap::new(),
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
            further: BTreeMap::new(),
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

    /// Sets where a property comes from, from text: sources, separated by commas; `\,` and `\\` stand for themselves. A further
    /// attribute without a source is mapped no more.
    pub fn set(&mut self, property: &str, text: &str) -> Result<(), SettingError> {
        let key = format!("attributes.{property}");
        if let Some(name) = property.strip_prefix(FURTHER) {
            return self.set_further(&key, name, text);
        }
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
        *list = read_sources(&key, property, text)?;
        Ok(())
    }

    fn set_further(&mut self, key: &str, name: &str, text: &str) -> Result<(), SettingError> {
        let sources = read_sources(key, FURTHER, text)?;
        if sources.is_empty() {
            // Also one whose name is reserved since it was chosen.
            self.further.retain(|known, _| known.as_str() != name);
            return Ok(());
        }
        let wrong = |what: String| SettingError::value("attributes.further", name, what);
        let name: AttributeName = name
            .parse()
            .map_err(|error: AttributeNameError| wrong(error.to_string()))?;
        if self.further.len() >= MOST_ATTRIBUTES && !self.further.contains_key(&name) {
            return Err(wrong(format!("at most {MOST_ATTRIBUTES} of them")));
        }
        self.further.insert(name, sources);
        Ok(())
    }

    /// Where a property comes from, as [`Self::set`] takes it.
    pub fn text(&self, property: &str) -> Option<String> {
        if property == "further" {
            return Some(self.further_in_a_line());
        }
        if let Some(name) = property.strip_prefix(FURTHER) {
            let name = AttributeName::try_from(name.to_owned()).ok()?;
            let sources = self.further.get(&name).map_or(&[][..], Vec::as_slice);
            return Some(written(sources));
        }
        self.sources(property).map(written)
    }

    /// The further attributes with their sources, as a list of settings tells them.
    fn further_in_a_line(&self) -> String {
        let one = |(name, sources): (&AttributeName, &Vec<ClaimSource>)| {
            format!("{name}={}", written(sources))
        };
        let all: Vec<String> = self.further.iter().map(one).collect();
        match &*all {
            [] => "none".to_owned(),
            all => all.join("; "),
        }
    }

    /// The further attributes' properties, as [`Self::set`] takes them behind `attributes.`.
    pub fn further_properties(&self) -> impl Iterator<Item = String> {
        self.further.keys().map(|name| format!("{FURTHER}{name}"))
    }

    /// Where one of the fixed properties comes from.
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

/// Sources as [`AttributeMapping::set`] takes them.
fn written(sources: &[ClaimSource]) -> String {
    let sources: Vec<String> = sources
        .iter()
        .map(|source| escaped(&source.to_string()))
        .collect();
    if sources.is_empty() {
        "none".to_owned()
    } else {
        sources.join(",")
    }
}

/// The sources of a property.
fn read_sources(key: &str, property: &str, text: &str) -> Result<Vec<ClaimSource>, SettingError> {
    let sources = read_list(text);
    if sources.len() > MOST_SOURCES {
        let most = format!("at most {MOST_SOURCES} sources");
        return Err(SettingError::value(key, text, most));
    }
    sources
        .iter()
        .map(|one| read_source(key, property, one))
        .collect()
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

    /// Seed 001-25.
    #[test]
    fn further_attributes_have_names_of_their_own() {
        let mut mapping = AttributeMapping::of_oidc();
        let text = "dept,lower(org/unit),=Acme\\, Inc.";
        mapping.set("further.department", text).unwrap();
        assert_eq!(mapping.text("further.department").unwrap(), text);
        let stored = serde_json::to_string(&mapping).unwrap();
        assert_eq!(mapping, serde_json::from_str(&stored).unwrap());
        for name in AttributeMapping::PROPERTIES
            .iter()
            .chain(&["sub", "A b", ""])
        {
            let wrong = mapping.set(&format!("further.{name}"), "x");
            assert!(wrong.unwrap_err().to_string().contains("name"), "{name}");
        }
        for number in 2..=MOST_ATTRIBUTES {
            mapping.set(&format!("further.a{number}"), "x").unwrap();
        }
        let one_more = mapping.set("further.a99", "x").unwrap_err();
        assert!(one_more.to_string().contains("at most 16"), "{one_more}");
        mapping.set("further.a2", "y").unwrap();
        mapping.set("further.a2", "").unwrap();
        assert_eq!(mapping.text("further.a2").unwrap(), "none");
        mapping.set("further.a99", "x").unwrap();
    }

    /// What was stored before has none, and stays as it was written.
    #[test]
    fn settings_of_before_are_read() {
        let stored = serde_json::to_string(&AttributeMapping::default()).unwrap();
        assert!(!stored.contains("further"), "{stored}");
        let read: AttributeMapping = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, AttributeMapping::default());
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
