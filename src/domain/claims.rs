//! What a verified sign-in says about a person.
//!
//! Invariant: a profile has a subject, the key by which the account is found again (rule F1). The subject names its kind
//! (`oid:`, `name_id(FORMAT):`, `attribute:…=`), so that a value of one kind never meets the same text of another.

mod lookup;
mod preview;
mod subject;

use serde::{Deserialize, Serialize};

use lookup::Claims;
pub use preview::MappedClaim;

pub use super::name_id::{EMAIL_ADDRESS, TRANSIENT};
use super::{Attributes, ClaimSource, Email, FlowRequirement, NameId, Settings};
use crate::text;

/// The longest subject that is taken as a key.
const LONGEST_SUBJECT: usize = 512;

/// A person, as the identity provider describes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The identity key.
    pub subject: String,
    /// Weaker names of the same person in the same assertion, the strongest first: what knows the person by one of them so far
    /// knows it by the subject from then on.
    #[serde(default)]
    pub other_names: Vec<String>,
    /// How earlier versions may have written the `NameID`.
    #[serde(default)]
    pub old_names: Vec<String>,
    /// The e-mail address, as the claims have it.
    pub email: Option<Email>,
    /// The address that the `NameID` is, when its format says so (rule F2).
    #[serde(default)]
    pub name_id_email: Option<Email>,
    /// How far the provider stands for the e-mail address, where its protocol says so (rules R2 and R3).
    #[serde(default)]
    pub address_trust: AddressTrust,
    /// The first name; none leaves what is known.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The company's name.
    pub company_name: Option<String>,
    /// The name for people.
    pub display_name: Option<String>,
    /// The further attributes that came: all that the account has after this sign-in.
    #[serde(default)]
    pub further: Attributes,
    /// The groups.
    pub groups: GroupClaim,
}

/// How far a provider stands for an e-mail address (rules R2 and R3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AddressTrust {
    /// Its protocol has the `NameID` for that (rule F2).
    #[default]
    ByNameId,
    /// It says the address, and nothing of it.
    Claimed,
    /// It says that it has looked.
    Verified,
    /// The person is a guest of its organisation: the address is of another one.
    OfGuest,
}

/// What the group claim says (rule F5: neither of the first two is ever read as "no groups").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupClaim {
    /// There is none.
    Missing,
    /// There were too many to list; Entra sends a link instead.
    Overflow,
    /// These, and no others.
    Values(Vec<String>),
}

/// Why the claims do not make a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The connection's identity attribute is not among the attributes.
    #[error("the attribute \"{attribute}\", which identifies users of this connection, is missing")]
    IdentityMissing {
        /// The configured attribute.
        attribute: String,
    },
    /// The identity attribute has more than one value.
    #[error(
        "the attribute \"{attribute}\", which identifies users of this connection, has more than one value"
    )]
    IdentityAmbiguous {
        /// The attribute.
        attribute: String,
    },
    /// The subject is empty, too long, or holds a control character.
    #[error("the value that identifies the user is empty, too long, or holds a control character")]
    SubjectUnusable,
    /// The subject would be a transient name, which is another one at each sign-in.
    #[error("the NameID is transient: it is another one at each sign-in and identifies nobody")]
    SubjectTransient,
    /// The e-mail claim is not one address.
    #[error("the e-mail claim is not one e-mail address in ASCII")]
    EmailUnusable,
}

impl ProfileError {
    /// What was required.
    pub const fn requirement(&self) -> FlowRequirement {
        FlowRequirement::Claims
    }
}

impl Profile {
    /// Reads the claims of a verified assertion by a connection's settings.
    ///
    /// Several attributes of one name count as one with all their values.
    pub fn read<'a>(
        settings: &Settings,
        name_id: &NameId,
        attributes: impl IntoIterator<Item = (&'a str, &'a [String])>,
    ) -> Result<Self, ProfileError> {
        let claims = Claims(attributes.into_iter().collect());
        let mapping = &settings.attributes;
        let mut names = names(settings, name_id, &claims)?.into_iter();
        let is_named = usable(&name_id.value).is_ok();
        Ok(Self {
            subject: names.next().ok_or(ProfileError::SubjectUnusable)?,
            other_names: names.collect(),
            old_names: if is_named {
                name_id.old_keys().to_vec()
            } else {
                Vec::new()
            },
            email: email(&mapping.email, name_id, &claims)?,
            name_id_email: name_id.email(),
            address_trust: AddressTrust::ByNameId,
            first_name: claims.name(&mapping.first_name),
            last_name: claims.name(&mapping.last_name),
            company_name: claims.name(&mapping.company),
            display_name: claims.name(&mapping.display_name),
            further: claims.further(mapping),
            groups: if claims.any(&mapping.groups_overage) {
                GroupClaim::Overflow
            } else if claims.any(&mapping.groups) {
                GroupClaim::Values(claims.all(&mapping.groups))
            } else {
                GroupClaim::Missing
            },
        })
    }
}

/// Rule F1: the connection's identity attribute, else the object identifier when present, else the `NameID`; and behind it what is
/// there of the others.
fn names(
    settings: &Settings,
    name_id: &NameId,
    claims: &Claims<'_>,
) -> Result<Vec<String>, ProfileError> {
    let mut names = Vec::with_capacity(2);
    if let Some(attribute) = &settings.identity_attribute {
        let value = claims
            .only(attribute)?
            .ok_or_else(|| ProfileError::IdentityMissing {
                attribute: attribute.clone(),
            })?;
        names.push(format!("attribute:{attribute}={}", usable(value)?));
    }
    let object_ids = settings.attributes.object_id.iter();
    for attribute in object_ids.filter_map(ClaimSource::name) {
        let object_id = match claims.only(attribute) {
            Ok(Some(value)) => usable(value),
            Ok(None) => continue,
            Err(ambiguous) => Err(ambiguous),
        };
        match object_id {
            Ok(value) => names.push(format!("oid:{value}")),
            Err(unusable) if names.is_empty() => return Err(unusable),
            Err(_) => {}
        }
        break;
    }
    let is_transient = name_id.format.as_deref() == Some(TRANSIENT);
    let qualifiers = [&name_id.format, &name_id.name_qualifier];
    let are_usable = qualifiers
        .into_iter()
        .flatten()
        .all(|text| text.is_empty() || usable(text).is_ok());
    match usable(&name_id.value) {
        Ok(_) if !is_transient && are_usable => {
            names.push(name_id.key(&settings.saml().idp_entity_id));
        }
        _ if !names.is_empty() => {}
        Ok(_) if is_transient => return Err(ProfileError::SubjectTransient),
        _ => return Err(ProfileError::SubjectUnusable),
    }
    Ok(names)
}

fn usable(value: &str) -> Result<&str, ProfileError> {
    let fine = !value.trim().is_empty()
        && value.len() <= LONGEST_SUBJECT
        && !value.contains(text::is_unseen);
    fine.then_some(value).ok_or(ProfileError::SubjectUnusable)
}

/// The mapped attribute, else the `NameID` when its format says that it is an address.
fn email(
    sources: &[ClaimSource],
    name_id: &NameId,
    claims: &Claims<'_>,
) -> Result<Option<Email>, ProfileError> {
    let from_name = || name_id.is_email().then(|| name_id.value.clone());
    let address = claims.first(sources).or_else(from_name);
    address
        .map(|address| address.parse().map_err(|_| ProfileError::EmailUnusable))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OID: &str = "http://schemas.microsoft.com/identity/claims/objectidentifier";
    const MAIL: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
    const GROUPS: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups";

    fn read(
        settings: &Settings,
        name: &NameId,
        attributes: &[(&str, &[&str])],
    ) -> Result<Profile, ProfileError> {
        let owned: Vec<(&str, Vec<String>)> = attributes
            .iter()
            .map(|(name, values)| (*name, values.iter().map(ToString::to_string).collect()))
            .collect();
        Profile::read(
            settings,
            name,
            owned
                .iter()
                .map(|(name, values)| (*name, values.as_slice())),
        )
    }

    fn simon() -> NameId {
        NameId::new("B.Simon@contoso.com", Some(EMAIL_ADDRESS))
    }

    #[test]
    fn entra_claims() {
        let profile = read(
            &Settings::default(),
            &simon(),
            &[
                (OID, &["0f1e"]),
                (MAIL, &["b.simon@contoso.com"]),
                (
                    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
                    &["B."],
                ),
                (
                    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
                    &["Simon"],
                ),
                ("companyname", &["Contoso"]),
                (GROUPS, &["g1", "g2"]),
                (GROUPS, &["g3"]),
            ],
        )
        .unwrap();
        assert_eq!(profile.subject, "oid:0f1e");
        assert_eq!(
            profile.other_names,
            ["name_id(emailAddress):b.simon@contoso.com"]
        );
        assert_eq!(profile.email.unwrap().as_str(), "b.simon@contoso.com");
        assert_eq!(
            (
                profile.first_name.as_deref(),
                profile.last_name.as_deref(),
                profile.company_name.as_deref()
            ),
            (Some("B."), Some("Simon"), Some("Contoso"))
        );
        assert_eq!(
            profile.groups,
            GroupClaim::Values(vec!["g1".into(), "g2".into(), "g3".into()])
        );
    }

    #[test]
    fn the_subject_by_kind() {
        let mut settings = Settings::default();
        assert_eq!(
            read(&settings, &simon(), &[]).unwrap().subject,
            "name_id(emailAddress):b.simon@contoso.com"
        );
        assert_eq!(
            read(&settings, &NameId::new("0f1e", None), &[])
                .unwrap()
                .subject,
            "name_id(unspecified):0f1e"
        );
        assert_eq!(
            read(&settings, &NameId::new("x", Some(TRANSIENT)), &[]),
            Err(ProfileError::SubjectTransient)
        );
        assert_eq!(
            read(&settings, &NameId::new("a\u{7}", None), &[]),
            Err(ProfileError::SubjectUnusable)
        );
        assert_eq!(
            read(&settings, &NameId::new(" ", None), &[]),
            Err(ProfileError::SubjectUnusable)
        );
        assert!(read(&settings, &simon(), &[(OID, &["a", "b"])]).is_err());
        settings.identity_attribute = Some("employee".into());
        assert_eq!(
            read(
                &settings,
                &simon(),
                &[("employee", &["7"]), (OID, &["0f1e"])]
            )
            .unwrap()
            .subject,
            "attribute:employee=7"
        );
        assert_eq!(
            read(&settings, &simon(), &[]),
            Err(ProfileError::IdentityMissing {
                attribute: "employee".into()
            })
        );
        assert_eq!(
            read(&settings, &simon(), &[("employee", &["7", "8"])]),
            Err(ProfileError::IdentityAmbiguous {
                attribute: "employee".into()
            })
        );
    }

    #[test]
    fn the_e_mail_address() {
        let settings = Settings::default();
        assert_eq!(
            read(&settings, &simon(), &[])
                .unwrap()
                .email
                .unwrap()
                .as_str(),
            "B.Simon@contoso.com"
        );
        assert_eq!(
            read(&settings, &NameId::new("b.simon@contoso.com", None), &[])
                .unwrap()
                .email,
            None,
            "only when the format says so"
        );
        assert_eq!(
            read(&settings, &simon(), &[("mail", &["two@a.b, three@a.b"])]),
            Err(ProfileError::EmailUnusable)
        );
        assert_eq!(
            read(&settings, &simon(), &[("mail", &[""])])
                .unwrap()
                .email
                .unwrap()
                .as_str(),
            "B.Simon@contoso.com"
        );
    }

    #[test]
    fn missing_and_overflowing_groups_are_not_no_groups() {
        let settings = Settings::default();
        let groups =
            |attributes: &[(&str, &[&str])]| read(&settings, &simon(), attributes).unwrap().groups;
        assert_eq!(groups(&[]), GroupClaim::Missing);
        assert_eq!(
            groups(&[(
                "http://schemas.microsoft.com/claims/groups.link",
                &["https://graph.windows.net/x"]
            )]),
            GroupClaim::Overflow
        );
        assert_eq!(groups(&[(GROUPS, &[])]), GroupClaim::Values(vec![]));
    }
}
