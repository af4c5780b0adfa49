//! Changes: a full round, rounds after it, what is gone, and members that came and went.
//!
//! A round tells the entries of the change log between two numbers, as the objects are now.

use super::call::{GraphCall, GraphReply};
use super::catalogue::{Catalogue, DemoGroup, LogEntry};
use super::fault::FaultName;
use super::paging::{self, PageLinks, PagePlace};
use super::refusal::DemoRefusal;
use super::{groups, people, shape};
use crate::demo_idp::DemoIdp;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// How long a delta link is good, in seconds.
const LIFETIME: i64 = 7 * 24 * 3600;
/// The most members of a group in one piece.
const PIECE: usize = 500;
/// The most objects that are followed by `$filter`.
const MOST_FOLLOWED: usize = 50;

/// `GET /users/delta`
pub(super) fn users(idp: &DemoIdp, call: &GraphCall) -> Result<GraphReply, DemoRefusal> {
    people::sight(call)?;
    round(idp, call, "users", |catalogue, place| {
        let names = shape::selected(place.select.as_deref());
        let mut items = Vec::new();
        for id in changed(catalogue, place, |entry| match entry {
            LogEntry::Person(id) => Some(id),
            _ => None,
        }) {
            let person = catalogue.person(&id);
            items.push(match person {
                Some(person) if person.deleted_at.is_none() => {
                    let sight = call.permissions().users();
                    shape::select(shape::user(person, sight, true), names.as_deref(), true)?
                }
                // Deleted, and restorable.
                Some(_) => removed(&id, "changed"),
                None if place.is_full => continue,
                None => removed(&id, "deleted"),
            });
        }
        Ok(items)
    })
}

/// `GET /groups/delta`
pub(super) fn all_groups(idp: &DemoIdp, call: &GraphCall) -> Result<GraphReply, DemoRefusal> {
    groups::check(call)?;
    let piece = idp.graph().page_size().unwrap_or(PIECE);
    round(idp, call, "groups", |catalogue, place| {
        let mut items = Vec::new();
        for id in changed(catalogue, place, |entry| match entry {
            LogEntry::Group(id) | LogEntry::Member { group: id, .. } => Some(id),
            LogEntry::Person(_) => None,
        }) {
            match catalogue.group(&id) {
                Some(group) => items.extend(pieces(catalogue, place, group, piece)?),
                None if place.is_full => {}
                None => items.push(removed(&id, "deleted")),
            }
        }
        Ok(items)
    })
}

/// A group, its members cut into pieces.
fn pieces(
    catalogue: &Catalogue,
    place: &PagePlace,
    group: &DemoGroup,
    piece: usize,
) -> Result<Vec<Value>, DemoRefusal> {
    let names = shape::selected(place.select.as_deref());
    let wants_members = names
        .as_ref()
        .is_some_and(|it| it.iter().any(|it| it == "members"));
    let names = names.map(|names| {
        names
            .into_iter()
            .filter(|it| it != "members")
            .collect::<Vec<_>>()
    });
    let entries = entries(catalogue, place);
    let is_new = place.is_full
        || entries
            .iter()
            .any(|it| matches!(it, LogEntry::Group(id) if *id == group.object_id));
    // Where only members have changed, nothing else is said.
    let head = if is_new {
        shape::select(shape::group(group), names.as_deref(), false)?
    } else {
        json!({"id": group.object_id})
    };
    let mut members = BTreeSet::new();
    if place.is_full {
        members.clone_from(&group.members);
    } else {
        members.extend(entries.iter().filter_map(|it| match it {
            LogEntry::Member { group: of, member } if *of == group.object_id => {
                Some(member.clone())
            }
            _ => None,
        }));
    }
    let told: Vec<Value> = members
        .iter()
        .map(|member| {
            let mut told =
                json!({"@odata.type": shape::member_type(catalogue, member), "id": member});
            if !group.members.contains(member) {
                told["@removed"] = json!({"reason": "deleted"});
            }
            told
        })
        .collect();
    if !wants_members || told.is_empty() {
        return Ok(vec![head]);
    }
    let with = |part: &[Value]| {
        let mut item = head.clone();
        item["members@delta"] = part.into();
        item
    };
    Ok(told.chunks(piece.max(1)).map(with).collect())
}

/// One page of a round.
fn round(
    idp: &DemoIdp,
    call: &GraphCall,
    what: &str,
    items: impl Fn(&Catalogue, &PagePlace) -> Result<Vec<Value>, DemoRefusal>,
) -> Result<GraphReply, DemoRefusal> {
    call.allow(&["$select", "$filter", "$skiptoken", "$deltatoken"])?;
    let now = idp.now().unix_timestamp();
    let catalogue = idp.graph().catalogue();
    let place = place(idp, call, &catalogue, now)?;
    let mut all = items(&catalogue, &place)?;
    drop(catalogue);
    keep_followed(&mut all, place.filter.as_deref())?;
    if !place.is_full && idp.graph().faults().is_on(FaultName::Replay) {
        all.extend(all.clone());
    }
    let size = paging::size(idp, call)?;
    let on_page: Vec<Value> = all.iter().skip(place.offset).take(size).cloned().collect();
    let end = place.offset + on_page.len();
    let mut page = Map::new();
    let context = match &place.select {
        Some(select) => format!("{what}({select})"),
        None => what.to_owned(),
    };
    page.insert(
        "@odata.context".to_owned(),
        paging::context_of(call, &context),
    );
    let link = |name: &str, place: &PagePlace| {
        let base = &call.base;
        format!("{base}/{what}/delta?${name}={}", place.encode())
    };
    let next = (end < all.len()).then(|| {
        let place = PagePlace {
            offset: end,
            made: now,
            ..place.clone()
        };
        link("skiptoken", &place)
    });
    if next.is_none() {
        let place = PagePlace {
            offset: 0,
            from: place.to,
            to: 0,
            is_full: false,
            made: now,
            ..place.clone()
        };
        page.insert(
            "@odata.deltaLink".to_owned(),
            link("deltatoken", &place).into(),
        );
    }
    let again = PagePlace { made: now, ..place };
    let links = PageLinks {
        again: link("skiptoken", &again),
        next,
    };
    paging::finish(idp, call, &mut page, on_page, links);
    if page.contains_key("@odata.nextLink") {
        page.remove("@odata.deltaLink");
    }
    Ok(GraphReply::Json(Value::Object(page)))
}

/// What a question asks for: a full round, one after it, or the next page of either.
fn place(
    idp: &DemoIdp,
    call: &GraphCall,
    catalogue: &Catalogue,
    now: i64,
) -> Result<PagePlace, DemoRefusal> {
    let to = catalogue.log.len();
    if let Some(token) = call.option("$skiptoken") {
        return PagePlace::decode(token);
    }
    let fresh = PagePlace {
        to,
        is_full: true,
        made: now,
        select: call.option("$select").map(str::to_owned),
        filter: call.option("$filter").map(str::to_owned),
        ..PagePlace::default()
    };
    match call.option("$deltatoken") {
        None => Ok(fresh),
        Some("latest") => Ok(PagePlace {
            from: to,
            is_full: false,
            ..fresh
        }),
        Some(token) => {
            let place = PagePlace::decode(token)?;
            let wants_location = idp.graph().faults().is_on(FaultName::Location);
            if wants_location || now - place.made > LIFETIME {
                let mut refusal = DemoRefusal::new(
                    410,
                    if wants_location {
                        "resyncRequired"
                    } else {
                        "syncStateNotFound"
                    },
                    "The sync state generation is not found. It may have expired. Start from the beginning.",
                );
                let what = call.segments.first().map_or("users", String::as_str);
                let start = format!(
                    "{}/{what}/delta?$select={}",
                    call.base,
                    place.select.unwrap_or_default()
                );
                refusal.location = wants_location.then_some(start);
                return Err(refusal);
            }
            Ok(PagePlace { to, ..place })
        }
    }
}

fn entries<'c>(catalogue: &'c Catalogue, place: &PagePlace) -> &'c [LogEntry] {
    catalogue.log.get(place.from..place.to).unwrap_or_default()
}

/// The objects that a round tells, in the order in which they last changed.
fn changed<'c>(
    catalogue: &'c Catalogue,
    place: &PagePlace,
    of: impl Fn(&'c LogEntry) -> Option<&'c String>,
) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for id in entries(catalogue, place).iter().rev().filter_map(of) {
        if seen.insert(id) {
            ids.push(id.clone());
        }
    }
    ids.reverse();
    ids
}

fn removed(id: &str, reason: &str) -> Value {
    json!({"id": id, "@removed": {"reason": reason}})
}

/// `$filter=id eq '…' or id eq '…'`, and nothing else.
fn keep_followed(items: &mut Vec<Value>, filter: Option<&str>) -> Result<(), DemoRefusal> {
    let Some(filter) = filter else {
        return Ok(());
    };
    let bad = || DemoRefusal::bad(format!("Invalid filter clause: {filter}"));
    let mut ids = Vec::new();
    for clause in filter.split(" or ") {
        let id = clause
            .strip_prefix("id eq '")
            .and_then(|it| it.strip_suffix('\''));
        ids.push(id.ok_or_else(bad)?);
    }
    if ids.len() > MOST_FOLLOWED {
        return Err(bad());
    }
    items.retain(|item| ids.iter().any(|id| item["id"] == **id));
    Ok(())
}
