//! The groups of a user, also through other groups.

use super::call::{GraphCall, GraphReply};
use super::fault::FaultName;
use super::permission::GraphPermission;
use super::refusal::DemoRefusal;
use super::{paging, people, shape};
use crate::demo_idp::DemoIdp;
use serde_json::{Value, json};

/// The most groups of one question.
const MOST_CHECKED: usize = 20;
const GROUP_CAST: &str = "microsoft.graph.group";

/// `POST /users/{id}/getMemberGroups` and `getMemberObjects`
pub(super) fn list(idp: &DemoIdp, call: &GraphCall, key: &str) -> Result<GraphReply, DemoRefusal> {
    check(call)?;
    call.allow(&[])?;
    let security_only = call
        .body
        .get("securityEnabledOnly")
        .and_then(Value::as_bool);
    let security_only = security_only.ok_or_else(|| {
        DemoRefusal::bad("A value for the parameter securityEnabledOnly is required.")
    })?;
    if idp.graph().faults().is_on(FaultName::TooManyGroups) {
        return Err(DemoRefusal::new(
            400,
            "Directory_ResultSizeLimitExceeded",
            "The size of the result set is too big. Limit: 11000.",
        ));
    }
    let catalogue = idp.graph().catalogue();
    let person = people::find(&catalogue.people, key)?;
    let groups = catalogue.groups_of(&person.object_id);
    let groups = groups
        .iter()
        .filter(|it| !security_only || it.is_security());
    let ids: Vec<&str> = groups.map(|it| it.object_id.as_str()).collect();
    Ok(GraphReply::Json(json!({
        "@odata.context": paging::context_of(call, "Collection(Edm.String)"),
        "value": ids,
    })))
}

/// `POST /users/{id}/checkMemberGroups`
pub(super) fn checked(
    idp: &DemoIdp,
    call: &GraphCall,
    key: &str,
) -> Result<GraphReply, DemoRefusal> {
    check(call)?;
    call.allow(&[])?;
    let wanted = call.body.get("groupIds").and_then(Value::as_array);
    let wanted = wanted.ok_or_else(|| DemoRefusal::bad("groupIds is required."))?;
    if wanted.is_empty() || wanted.len() > MOST_CHECKED {
        return Err(DemoRefusal::bad(format!(
            "The number of groups must be between 1 and {MOST_CHECKED}."
        )));
    }
    let catalogue = idp.graph().catalogue();
    let person = people::find(&catalogue.people, key)?;
    let groups = catalogue.groups_of(&person.object_id);
    let is_in = |id: &&Value| {
        let id = id.as_str().unwrap_or_default();
        groups
            .iter()
            .any(|it| it.object_id.eq_ignore_ascii_case(id))
    };
    let found: Vec<&Value> = wanted.iter().filter(is_in).collect();
    Ok(GraphReply::Json(json!({
        "@odata.context": paging::context_of(call, "Collection(Edm.String)"),
        "value": found,
    })))
}

/// `GET /users/{id}/transitiveMemberOf`, and with a cast to groups.
pub(super) fn objects(
    idp: &DemoIdp,
    call: &GraphCall,
    key: &str,
    cast: Option<&str>,
) -> Result<GraphReply, DemoRefusal> {
    let may_list = call.permissions().has_any(&[GraphPermission::GroupReadAll]);
    if !(may_list && cast.is_none()) {
        check(call)?;
    }
    call.allow(&["$select", "$top", "$count", "$skiptoken"])?;
    if cast.is_some_and(|cast| cast != GROUP_CAST) {
        return Err(DemoRefusal::bad("The cast is not known."));
    }
    if (cast.is_some() || call.option("$count").is_some()) && !call.is_advanced() {
        return Err(DemoRefusal::unsupported());
    }
    let names = shape::selected(call.option("$select"));
    let catalogue = idp.graph().catalogue();
    let person = people::find(&catalogue.people, key)?;
    let mut items = Vec::new();
    for group in catalogue.groups_of(&person.object_id) {
        let mut properties = shape::group(group);
        if cast.is_none() {
            properties.insert("@odata.type".to_owned(), "#microsoft.graph.group".into());
        }
        items.push(shape::select(properties, names.as_deref(), false)?);
    }
    drop(catalogue);
    let context = if cast.is_some() {
        "groups"
    } else {
        "directoryObjects"
    };
    paging::page(idp, call, context, items).map(GraphReply::Json)
}

fn check(call: &GraphCall) -> Result<(), DemoRefusal> {
    if call.permissions().reads_memberships() {
        return Ok(());
    }
    Err(DemoRefusal::denied())
}
