//! The double's own control, for tests in other processes: `POST /_control/{what}` with JSON. The product never knows it.

use crate::demo_idp::{DemoGroup, DemoGroupKind, DemoIdp, DemoPerson};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use time::Duration;

pub(super) fn routes() -> Router<DemoIdp> {
    Router::new().route("/_control/{what}", post(control))
}

async fn control(
    State(idp): State<DemoIdp>,
    Path(what): Path<String>,
    Json(order): Json<Value>,
) -> Response {
    match obey(&idp, &what, &order) {
        Ok(answer) => Json(answer).into_response(),
        Err(why) => (StatusCode::BAD_REQUEST, Json(json!({"error": why}))).into_response(),
    }
}

fn obey(idp: &DemoIdp, what: &str, order: &Value) -> Result<Value, String> {
    let directory = idp.directory();
    let text = |name: &str| {
        let found = order.get(name).and_then(Value::as_str);
        found.ok_or_else(|| format!("\"{name}\" is missing"))
    };
    match what {
        "fault" => directory
            .fault(text("fault")?)
            .map_err(|why| why.to_string())?,
        "page-size" | "clock" => {
            let name = if what == "clock" { "seconds" } else { "items" };
            let number = order.get(name).and_then(Value::as_i64);
            let number = number.ok_or_else(|| format!("\"{name}\" is missing"))?;
            if what == "clock" {
                directory.advance(Duration::seconds(number));
            } else {
                directory.set_page_size(usize::try_from(number).unwrap_or(1));
            }
        }
        "person" => directory.put_person(person(order, text("id")?, text("upn")?)),
        "delete-person" => directory.delete_person(text("id")?),
        "restore-person" => directory.restore_person(text("id")?),
        "purge-person" => directory.purge_person(text("id")?),
        "group" => {
            let (id, name) = (text("id")?, text("name")?);
            let known = directory.groups().into_iter().find(|it| it.object_id == id);
            let mut group = known.unwrap_or_else(|| DemoGroup::new(id, name));
            name.clone_into(&mut group.name);
            group.kind = match order.get("kind").and_then(Value::as_str) {
                Some("unified") => DemoGroupKind::Unified,
                Some("dynamic") => DemoGroupKind::Dynamic,
                Some("mail") => DemoGroupKind::Mail,
                _ => DemoGroupKind::Security,
            };
            group.is_hidden = order.get("hidden") == Some(&Value::Bool(true));
            directory.put_group(group);
        }
        "delete-group" => directory.delete_group(text("id")?),
        "add-member" => directory.add_member(text("group")?, text("member")?),
        "remove-member" => directory.remove_member(text("group")?, text("member")?),
        "grant" => {
            let names = order.get("permissions").and_then(Value::as_array);
            let names = names.into_iter().flatten().filter_map(Value::as_str);
            idp.grant(text("client_id")?, &names.collect::<Vec<_>>());
        }
        "calls" => return Ok(json!({"calls": directory.take_calls()})),
        other => return Err(format!("there is no control \"{other}\"")),
    }
    Ok(json!({}))
}

fn person(order: &Value, id: &str, name: &str) -> DemoPerson {
    let text = |name: &str| order.get(name).and_then(Value::as_str).map(str::to_owned);
    let is_not = |name: &str, value: bool| order.get(name) != Some(&Value::Bool(value));
    let mut person = DemoPerson::new(id, name, &text("name").unwrap_or_else(|| name.to_owned()));
    person.given_name = text("given_name");
    person.surname = text("surname");
    person.is_enabled = is_not("enabled", false);
    person.is_guest = !is_not("guest", true);
    if let Some(mail) = order.get("mail") {
        person.mail = mail.as_str().map(str::to_owned);
    }
    person
}
