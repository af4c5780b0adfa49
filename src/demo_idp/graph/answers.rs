//! Which question is which, and questions that come together (`$batch`).

use super::call::{GraphCall, GraphReply};
use super::fault::FaultName;
use super::refusal::DemoRefusal;
use super::{delta, groups, membership, others, people};
use crate::demo_idp::DemoIdp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The most questions of one batch.
const MOST_TOGETHER: usize = 20;

/// Answers a question of somebody whose token is good.
pub(in crate::demo_idp) fn answer(
    idp: &DemoIdp,
    call: &GraphCall,
) -> Result<GraphReply, DemoRefusal> {
    let route = call.route();
    idp.graph().note(format!("{} {route}", call.method));
    let mut faults = idp.graph().faults();
    if faults.is_on(FaultName::NoServicePrincipal) {
        return Err(DemoRefusal::new(
            403,
            "Authorization_IdentityNotFound",
            "The identity of the calling application could not be established.",
        ));
    }
    if faults.forbids(&route) {
        return Err(DemoRefusal::denied());
    }
    drop(faults);
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["users"]) => people::list(idp, call),
        ("GET", ["users", "$count"]) => people::count(idp, call),
        ("GET", ["users", "delta"]) => delta::users(idp, call),
        ("GET", ["users", key]) => people::one(idp, call, key),
        ("POST", ["users", key, "getMemberGroups" | "getMemberObjects"]) => {
            membership::list(idp, call, key)
        }
        ("POST", ["users", key, "checkMemberGroups"]) => membership::checked(idp, call, key),
        ("GET", ["users", key, "transitiveMemberOf"]) => membership::objects(idp, call, key, None),
        ("GET", ["users", key, "transitiveMemberOf", cast]) => {
            membership::objects(idp, call, key, Some(*cast))
        }
        ("GET", ["groups"]) => groups::list(idp, call),
        ("GET", ["groups", "delta"]) => delta::all_groups(idp, call),
        ("GET", ["groups", id]) => groups::one(idp, call, id),
        ("GET", ["groups", id, "members"]) => groups::members(idp, call, id, false, None),
        ("GET", ["groups", id, "members", cast]) => {
            groups::members(idp, call, id, false, Some(*cast))
        }
        ("GET", ["groups", id, "transitiveMembers"]) => groups::members(idp, call, id, true, None),
        ("GET", ["groups", id, "transitiveMembers", cast]) => {
            groups::members(idp, call, id, true, Some(*cast))
        }
        ("GET", ["directory", "deletedItems", "microsoft.graph.user"]) => {
            others::deleted_users(idp, call)
        }
        ("GET", ["directory", "deletedItems", id]) => others::deleted_item(idp, call, id),
        ("GET", ["organization"]) => others::organization(idp, call),
        ("GET", ["domains"]) => others::domains(call),
        ("POST", ["directoryObjects", "getByIds"]) => others::by_ids(idp, call),
        ("POST", ["$batch"]) => batch(idp, call),
        _ => Err(DemoRefusal::bad(format!(
            "Resource not found for the segment '{}'.",
            segments.first().unwrap_or(&"")
        ))),
    }
}

/// `POST /$batch`: each question has its own status, and 200 outside says nothing of it.
fn batch(idp: &DemoIdp, call: &GraphCall) -> Result<GraphReply, DemoRefusal> {
    call.allow(&[])?;
    let requests = call.body.get("requests").and_then(Value::as_array);
    let requests = requests.ok_or_else(|| DemoRefusal::bad("requests is required."))?;
    if requests.is_empty() || requests.len() > MOST_TOGETHER {
        return Err(DemoRefusal::bad(
            "Number of batch request steps must be between 1 and 20.",
        ));
    }
    let (mut answers, mut ended) = (Vec::new(), BTreeMap::new());
    for request in requests {
        let text = |name: &str| request.get(name).and_then(Value::as_str);
        let id = text("id").unwrap_or_default();
        let before = request.get("dependsOn").and_then(Value::as_array);
        let mut before = before.into_iter().flatten().filter_map(Value::as_str);
        let (status, body) = if before.any(|id| ended.get(id).is_none_or(|it| *it >= 400)) {
            (
                424,
                json!({"error": {"code": "FailedDependency", "message": "A step before failed."}}),
            )
        } else {
            inner(idp, call, request)
        };
        ended.insert(id.to_owned(), status);
        answers.push(json!({
            "id": id,
            "status": status,
            "headers": {"Content-Type": "application/json"},
            "body": body,
        }));
    }
    // In any order.
    answers.reverse();
    Ok(GraphReply::Json(json!({"responses": answers})))
}

fn inner(idp: &DemoIdp, call: &GraphCall, request: &Value) -> (u16, Value) {
    let text = |name: &str| {
        request
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let none = Map::new();
    let headers = request
        .get("headers")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let is_eventual = headers
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("ConsistencyLevel") && *value == "eventual");
    let read = GraphCall::read(
        text("method"),
        call.base.clone(),
        text("url"),
        is_eventual,
        request.get("body").cloned().unwrap_or(Value::Null),
        call.grant.clone(),
    );
    let is_nested = |it: &GraphCall| it.segments.first().is_some_and(|it| it == "$batch");
    match read {
        Ok(inner) if is_nested(&inner) => {
            let refusal = DemoRefusal::bad("A batch holds no batch.");
            (refusal.status, refusal.to_json(idp, ""))
        }
        Ok(inner) => match answer(idp, &inner) {
            Ok(GraphReply::Json(body)) => (200, body),
            Ok(GraphReply::Text(body)) => (200, body.into()),
            Err(refusal) => (refusal.status, refusal.to_json(idp, "")),
        },
        Err(refusal) => (refusal.status, refusal.to_json(idp, "")),
    }
}
