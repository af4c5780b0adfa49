//! The tenant, its domains, what was deleted, objects by their IDs.

use super::call::{GraphCall, GraphReply};
use super::permission::{GraphPermission as P, UserSight};
use super::refusal::DemoRefusal;
use super::{paging, people, shape};
use crate::demo_idp::DemoIdp;
use serde_json::{Value, json};
use time::Duration;

/// How long what was deleted can be restored.
const RESTORABLE: Duration = Duration::days(30);
const MOST_NAMED: usize = 1_000;

/// `GET /organization`
pub(super) fn organization(idp: &DemoIdp, call: &GraphCall) -> Result<GraphReply, DemoRefusal> {
    if !call
        .permissions()
        .has_any(&[P::DirectoryReadAll, P::OrganizationReadAll])
    {
        return Err(DemoRefusal::denied());
    }
    call.allow(&["$select"])?;
    let tenant = idp.tenant();
    Ok(GraphReply::Json(json!({
        "@odata.context": paging::context_of(call, "organization"),
        "value": [{
            "id": tenant.id,
            "displayName": tenant.name,
            "verifiedDomains": [{
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": true,
                "isInitial": false,
                "name": "contoso.com",
                "type": "Managed",
            }],
        }],
    })))
}

/// `GET /domains`
pub(super) fn domains(call: &GraphCall) -> Result<GraphReply, DemoRefusal> {
    let names = [
        P::DomainReadAll,
        P::OrganizationReadAll,
        P::DirectoryReadAll,
    ];
    if !call.permissions().has_any(&names) {
        return Err(DemoRefusal::denied());
    }
    call.allow(&["$select"])?;
    Ok(GraphReply::Json(json!({
        "@odata.context": paging::context_of(call, "domains"),
        "value": [{"id": "contoso.com", "isDefault": true, "isVerified": true}],
    })))
}

/// `GET /directory/deletedItems/microsoft.graph.user`
pub(super) fn deleted_users(idp: &DemoIdp, call: &GraphCall) -> Result<GraphReply, DemoRefusal> {
    if call.permissions().users() != UserSight::Everything {
        return Err(DemoRefusal::denied());
    }
    call.allow(&["$select", "$top", "$skiptoken"])?;
    let (names, now) = (shape::selected(call.option("$select")), idp.now());
    let catalogue = idp.graph().catalogue();
    let deleted = catalogue
        .people
        .iter()
        .filter(|it| it.deleted_at.is_some_and(|since| now - since < RESTORABLE));
    let items = deleted
        .map(|it| {
            shape::select(
                shape::user(it, UserSight::Everything, true),
                names.as_deref(),
                true,
            )
        })
        .collect::<Result<Vec<Value>, _>>()?;
    drop(catalogue);
    paging::page(idp, call, "users", items).map(GraphReply::Json)
}

/// `GET /directory/deletedItems/{id}`
pub(super) fn deleted_item(
    idp: &DemoIdp,
    call: &GraphCall,
    id: &str,
) -> Result<GraphReply, DemoRefusal> {
    people::sight(call)?;
    call.allow(&["$select"])?;
    let now = idp.now();
    let catalogue = idp.graph().catalogue();
    let person = catalogue
        .person(id)
        .filter(|it| it.deleted_at.is_some_and(|since| now - since < RESTORABLE));
    let person = person.ok_or_else(|| DemoRefusal::not_found(id))?;
    let mut item = shape::user(person, UserSight::Everything, true);
    item.insert("@odata.type".to_owned(), "#microsoft.graph.user".into());
    item.insert(
        "@odata.context".to_owned(),
        paging::context_of(call, "directoryObjects/$entity"),
    );
    Ok(GraphReply::Json(Value::Object(item)))
}

/// `POST /directoryObjects/getByIds`
pub(super) fn by_ids(idp: &DemoIdp, call: &GraphCall) -> Result<GraphReply, DemoRefusal> {
    call.allow(&[])?;
    let texts = |name: &str| {
        let list = call.body.get(name).and_then(Value::as_array);
        list.map(|list| list.iter().filter_map(Value::as_str).collect::<Vec<_>>())
    };
    let ids = texts("ids").ok_or_else(|| DemoRefusal::bad("ids is required."))?;
    if ids.is_empty() || ids.len() > MOST_NAMED {
        return Err(DemoRefusal::bad(
            "The number of IDs must be between 1 and 1000.",
        ));
    }
    let types = texts("types");
    let wants = |kind: &str| types.as_ref().is_none_or(|it| it.contains(&kind));
    let may = call.permissions();
    let denied = (wants("group") && !may.reads_groups())
        || (wants("user") && may.users() == UserSight::Nothing);
    if denied {
        return Err(DemoRefusal::denied());
    }
    let catalogue = idp.graph().catalogue();
    let found = ids.iter().filter(|id| {
        (wants("group") && catalogue.group(id).is_some())
            || (wants("user") && catalogue.person(id).is_some())
    });
    let items: Vec<Value> = found
        .map(|id| Value::Object(shape::member(&catalogue, id, may.users(), true)))
        .collect();
    Ok(GraphReply::Json(json!({
        "@odata.context": paging::context_of(call, "directoryObjects"),
        "value": items,
    })))
}
