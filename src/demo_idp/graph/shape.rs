//! Objects as JSON: every property of the documentation that is asked for, and the default set where nothing is.

use super::catalogue::{Catalogue, DemoGroup, DemoGroupKind, DemoPerson};
use super::permission::UserSight;
use super::refusal::DemoRefusal;
use crate::saml::instant;
use serde_json::{Map, Value, json};

/// The eleven properties of a user that come without `$select`.
const USER_DEFAULT: &[&str] = &[
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
];
/// What `User.ReadBasic.All` shows.
const USER_BASIC: &[&str] = &[
    "id",
    "displayName",
    "givenName",
    "surname",
    "mail",
    "userPrincipalName",
];

pub(super) type Properties = Map<String, Value>;

/// The names in `$select`.
pub(super) fn selected(select: Option<&str>) -> Option<Vec<String>> {
    let names = select?.split(',').map(|it| it.trim().to_owned());
    Some(names.collect())
}

/// A user; what may not be seen is null.
pub(super) fn user(person: &DemoPerson, sight: UserSight, is_mail_shown: bool) -> Properties {
    let mail = person.mail.as_ref().filter(|_| is_mail_shown);
    let state = person.is_guest.then_some("Accepted");
    let mut all = object(json!({
        "id": person.object_id,
        "accountEnabled": person.is_enabled,
        "displayName": person.display_name,
        "givenName": person.given_name,
        "surname": person.surname,
        "mail": mail,
        "userPrincipalName": person.principal_name,
        "userType": if person.is_guest { "Guest" } else { "Member" },
        "companyName": person.company_name,
        "otherMails": person.other_mails,
        "externalUserState": state,
        "deletedDateTime": person.deleted_at.map(instant::format),
        "businessPhones": [],
        "jobTitle": null,
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "proxyAddresses": mail.map(|mail| vec![format!("SMTP:{mail}")]).unwrap_or_default(),
    }));
    for (name, value) in &mut all {
        let is_seen = match sight {
            UserSight::Everything => true,
            UserSight::Basic => USER_BASIC.contains(&name.as_str()),
            UserSight::Nothing => name == "id",
        };
        if !is_seen {
            *value = Value::Null;
        }
    }
    all
}

pub(super) fn group(group: &DemoGroup) -> Properties {
    let types: &[&str] = match group.kind {
        DemoGroupKind::Unified => &["Unified"],
        DemoGroupKind::Dynamic => &["DynamicMembership"],
        DemoGroupKind::Security | DemoGroupKind::Mail => &[],
    };
    let rule = (group.kind == DemoGroupKind::Dynamic).then_some("user.department -eq \"Library\"");
    object(json!({
        "id": group.object_id,
        "displayName": group.name,
        "description": group.description,
        "securityEnabled": group.is_security(),
        "mailEnabled": matches!(group.kind, DemoGroupKind::Unified | DemoGroupKind::Mail),
        "groupTypes": types,
        "membershipRule": rule,
        "onPremisesSyncEnabled": null,
        "visibility": if group.is_hidden { json!("HiddenMembership") } else { Value::Null },
        "deletedDateTime": null,
        "isAssignableToRole": null,
        "mail": null,
    }))
}

/// Any member, with its `@odata.type`.
pub(super) fn member(
    catalogue: &Catalogue,
    id: &str,
    sight: UserSight,
    is_mail_shown: bool,
) -> Properties {
    let (kind, mut properties) = if let Some(person) = catalogue.person(id) {
        ("user", user(person, sight, is_mail_shown))
    } else if let Some(found) = catalogue.group(id) {
        ("group", group(found))
    } else {
        ("device", object(json!({"id": id, "displayName": null})))
    };
    properties.insert(
        "@odata.type".to_owned(),
        format!("#microsoft.graph.{kind}").into(),
    );
    properties
}

/// The kind of a member.
pub(super) fn member_type(catalogue: &Catalogue, id: &str) -> String {
    member(catalogue, id, UserSight::Nothing, true)
        .remove("@odata.type")
        .and_then(|kind| kind.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// What was asked for of a user or a group; `id` and annotations always.
pub(super) fn select(
    mut properties: Properties,
    names: Option<&[String]>,
    is_user: bool,
) -> Result<Value, DemoRefusal> {
    match names {
        Some(names) => {
            for name in names {
                let is_known = properties.contains_key(name) || is_other_kind(name);
                if !is_known {
                    return Err(DemoRefusal::bad(format!(
                        "Could not find a property named '{name}' on the type."
                    )));
                }
            }
            properties.retain(|name, _| {
                name == "id" || name.starts_with('@') || names.iter().any(|it| it == name)
            });
        }
        None if is_user => properties
            .retain(|name, _| name.starts_with('@') || USER_DEFAULT.contains(&name.as_str())),
        None => {}
    }
    Ok(Value::Object(properties))
}

/// A property of users, asked of a group or a device among the members.
fn is_other_kind(name: &str) -> bool {
    matches!(
        name,
        "accountEnabled" | "displayName" | "givenName" | "surname" | "mail" | "userPrincipalName"
    )
}

fn object(value: Value) -> Properties {
    match value {
        Value::Object(properties) => properties,
        _ => Map::new(),
    }
}
