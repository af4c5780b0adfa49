//! Users: the list, one, how many, and the forms of filter and search that the documentation names.

use super::call::{GraphCall, GraphReply};
use super::catalogue::DemoPerson;
use super::permission::UserSight;
use super::refusal::DemoRefusal;
use super::{paging, shape};
use crate::demo_idp::DemoIdp;
use serde_json::Value;

const LIST_OPTIONS: &[&str] = &[
    "$select",
    "$top",
    "$filter",
    "$search",
    "$count",
    "$skiptoken",
];

/// `GET /users`
pub(super) fn list(idp: &DemoIdp, call: &GraphCall) -> Result<GraphReply, DemoRefusal> {
    let sight = sight(call)?;
    call.allow(LIST_OPTIONS)?;
    let wanted = Wanted::read(call)?;
    let names = shape::selected(call.option("$select"));
    let catalogue = idp.graph().catalogue();
    let people = catalogue.people.iter().filter(|it| it.deleted_at.is_none());
    let people = people.filter(|person| wanted.is_met(person));
    let items = people
        .map(|person| shape::select(shape::user(person, sight, true), names.as_deref(), true))
        .collect::<Result<Vec<Value>, _>>()?;
    drop(catalogue);
    let context = match call.option("$select") {
        Some(select) => format!("users({select})"),
        None => "users".to_owned(),
    };
    paging::page(idp, call, &context, items).map(GraphReply::Json)
}

/// `GET /users/$count`
pub(super) fn count(idp: &DemoIdp, call: &GraphCall) -> Result<GraphReply, DemoRefusal> {
    sight(call)?;
    call.allow(&[])?;
    if !call.is_eventual {
        return Err(DemoRefusal::unsupported());
    }
    let catalogue = idp.graph().catalogue();
    let people = catalogue.people.iter().filter(|it| it.deleted_at.is_none());
    Ok(GraphReply::Text(people.count().to_string()))
}

/// `GET /users/{id or user principal name}`
pub(super) fn one(idp: &DemoIdp, call: &GraphCall, key: &str) -> Result<GraphReply, DemoRefusal> {
    let sight = sight(call)?;
    call.allow(&["$select"])?;
    let names = shape::selected(call.option("$select"));
    let catalogue = idp.graph().catalogue();
    let person = find(&catalogue.people, key)?;
    let properties = shape::user(person, sight, true);
    let mut user = shape::select(properties, names.as_deref(), true)?;
    let context = match call.option("$select") {
        Some(select) => format!("users({select})/$entity"),
        None => "users/$entity".to_owned(),
    };
    user["@odata.context"] = paging::context_of(call, &context);
    Ok(GraphReply::Json(user))
}

/// A user who is there, by either key.
pub(super) fn find<'p>(people: &'p [DemoPerson], key: &str) -> Result<&'p DemoPerson, DemoRefusal> {
    let found = people.iter().find(|person| {
        person.object_id.eq_ignore_ascii_case(key)
            || person.principal_name.eq_ignore_ascii_case(key)
    });
    found
        .filter(|person| person.deleted_at.is_none())
        .ok_or_else(|| DemoRefusal::not_found(key))
}

/// What may be seen of users; nothing is a refusal.
pub(super) fn sight(call: &GraphCall) -> Result<UserSight, DemoRefusal> {
    match call.permissions().users() {
        UserSight::Nothing => Err(DemoRefusal::denied()),
        sight => Ok(sight),
    }
}

/// Who is looked for.
enum Wanted {
    Everybody,
    Mail(String),
    AnyAddress(String),
    /// A beginning of a word of the name, or of the address.
    Words(Vec<(String, String)>),
}

impl Wanted {
    fn read(call: &GraphCall) -> Result<Self, DemoRefusal> {
        if let Some(search) = call.option("$search") {
            if !call.is_eventual || call.option("$filter").is_some() {
                return Err(DemoRefusal::unsupported());
            }
            return Self::search(search);
        }
        let Some(filter) = call.option("$filter") else {
            return Ok(Self::Everybody);
        };
        if let Some(mail) = filter.strip_prefix("mail eq ").and_then(literal) {
            return Ok(Self::Mail(mail));
        }
        let inner = filter.strip_prefix("proxyAddresses/any(p:p eq ");
        let inner = inner.and_then(|it| it.strip_suffix(')')).and_then(literal);
        let address = inner.and_then(|it| it.strip_prefix("smtp:").map(str::to_owned));
        let address =
            address.ok_or_else(|| DemoRefusal::bad(format!("Invalid filter clause: {filter}")))?;
        if !call.is_advanced() {
            return Err(DemoRefusal::unsupported());
        }
        Ok(Self::AnyAddress(address))
    }

    /// `"displayName:brit" OR "mail:brit"`, where a quote or a backslash of the text follows a backslash.
    fn search(text: &str) -> Result<Self, DemoRefusal> {
        let bad = || DemoRefusal::bad(format!("Syntax error: {text}"));
        let (mut words, mut rest) = (Vec::new(), text);
        loop {
            let (clause, after) = quoted(rest).ok_or_else(bad)?;
            let (property, word) = clause.split_once(':').ok_or_else(bad)?;
            if !matches!(property, "displayName" | "mail") {
                return Err(bad());
            }
            words.push((property.to_owned(), word.to_lowercase()));
            if after.is_empty() {
                return Ok(Self::Words(words));
            }
            rest = after.strip_prefix(" OR ").ok_or_else(bad)?;
        }
    }

    fn is_met(&self, person: &DemoPerson) -> bool {
        let has_mail = |wanted: &str| {
            let mail = person.mail.as_deref();
            mail.is_some_and(|mail| mail.eq_ignore_ascii_case(wanted))
        };
        match self {
            Self::Everybody => true,
            Self::Mail(mail) | Self::AnyAddress(mail) => has_mail(mail),
            Self::Words(words) => words.iter().any(|(property, word)| {
                let text = match property.as_str() {
                    "mail" => person.mail.clone().unwrap_or_default(),
                    _ => person.display_name.clone(),
                };
                let text = text.to_lowercase();
                let mut starts = text.split([' ', '.', '@']);
                text.starts_with(word) || starts.any(|part| part.starts_with(word.as_str()))
            }),
        }
    }
}

/// A text between quotes at the beginning, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut inner, mut is_escaped) = (String::new(), false);
    for (at, c) in text.strip_prefix('"')?.char_indices() {
        match c {
            _ if is_escaped => {
                inner.push(c);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => return Some((inner, text.get(at + 2..)?)),
            _ => inner.push(c),
        }
    }
    None
}

/// A text between quotes, its own doubled.
fn literal(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let is_whole = !inner.replace("''", "").contains('\'');
    is_whole.then(|| inner.replace("''", "'"))
}
