//! Groups and their members, of every kind.

use super::call::{GraphCall, GraphReply};
use super::fault::FaultName;
use super::permission::GraphPermission;
use super::refusal::DemoRefusal;
use super::{paging, shape};
use crate::demo_idp::DemoIdp;
use serde_json::Value;

const USER_CAST: &str = "microsoft.graph.user";

/// `GET /groups`
pub(super) fn list(idp: &DemoIdp, call: &GraphCall) -> Result<GraphReply, DemoRefusal> {
    check(call)?;
    call.allow(&["$select", "$top", "$skiptoken"])?;
    let names = shape::selected(call.option("$select"));
    let catalogue = idp.graph().catalogue();
    let groups = catalogue.groups.iter();
    let items = groups
        .map(|group| shape::select(shape::group(group), names.as_deref(), false))
        .collect::<Result<Vec<Value>, _>>()?;
    drop(catalogue);
    paging::page(idp, call, "groups", items).map(GraphReply::Json)
}

/// `GET /groups/{id}`
pub(super) fn one(idp: &DemoIdp, call: &GraphCall, id: &str) -> Result<GraphReply, DemoRefusal> {
    check(call)?;
    call.allow(&["$select"])?;
    let names = shape::selected(call.option("$select"));
    let catalogue = idp.graph().catalogue();
    let group = catalogue
        .group(id)
        .ok_or_else(|| DemoRefusal::not_found(id))?;
    let mut group = shape::select(shape::group(group), names.as_deref(), false)?;
    group["@odata.context"] = paging::context_of(call, "groups/$entity");
    Ok(GraphReply::Json(group))
}

/// `GET /groups/{id}/members`, `/transitiveMembers`, and either with a cast to users.
pub(super) fn members(
    idp: &DemoIdp,
    call: &GraphCall,
    id: &str,
    is_transitive: bool,
    cast: Option<&str>,
) -> Result<GraphReply, DemoRefusal> {
    check(call)?;
    call.allow(&["$select", "$top", "$count", "$skiptoken"])?;
    if cast.is_some_and(|cast| cast != USER_CAST) {
        return Err(DemoRefusal::bad("The cast is not known."));
    }
    if (cast.is_some() || call.option("$count").is_some()) && !call.is_advanced() {
        return Err(DemoRefusal::unsupported());
    }
    let shows_mail = !idp.graph().faults().is_on(FaultName::MemberWithoutMail);
    let names = shape::selected(call.option("$select"));
    let catalogue = idp.graph().catalogue();
    let group = catalogue
        .group(id)
        .ok_or_else(|| DemoRefusal::not_found(id))?;
    let may_see_hidden = call
        .permissions()
        .has_any(&[GraphPermission::MemberReadHidden]);
    let members = if group.is_hidden && !may_see_hidden {
        // Empty, and no error.
        std::collections::BTreeSet::new()
    } else if is_transitive {
        catalogue.members_below(id)
    } else {
        group.members.clone()
    };
    // Without the permission for users a member has its ID and nothing else, and that is no error.
    let sight = call.permissions().users();
    let mut items = Vec::new();
    for member in &members {
        let is_user = catalogue.person(member).is_some();
        if cast.is_some() && !is_user {
            continue;
        }
        let properties = shape::member(&catalogue, member, sight, shows_mail);
        let mut item = shape::select(properties, names.as_deref(), is_user)?;
        if cast.is_some()
            && let Some(object) = item.as_object_mut()
        {
            object.remove("@odata.type");
        }
        items.push(item);
    }
    drop(catalogue);
    let context = match cast {
        Some(_) => "users",
        None => "directoryObjects",
    };
    paging::page(idp, call, context, items).map(GraphReply::Json)
}

/// Whether groups may be read at all.
pub(super) fn check(call: &GraphCall) -> Result<(), DemoRefusal> {
    if call.permissions().reads_groups() {
        return Ok(());
    }
    Err(DemoRefusal::denied())
}
