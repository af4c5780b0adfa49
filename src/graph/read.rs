//! The members of an object in an answer. `null` is absent; another type is an error (rule H4).

use serde_json::Value;

use super::fault::GraphFault;
use super::object_id::ObjectId;
use crate::jose::json::Object;
use crate::text;

/// The longest text that is kept of a member, in characters; what is longer is cut.
const LONGEST_TEXT: usize = 256;
/// The longest address or user name: what is longer is none.
const LONGEST_NAME: usize = 320;
/// The most items that are kept of a list in an object.
const MOST_ITEMS: usize = 64;

/// Text for people: one line, cut.
pub(super) fn shown(object: &Object, member: &str) -> Result<Option<String>, GraphFault> {
    let found = found(object, member, Value::as_str)?;
    let cut = |text: &str| text.chars().take(LONGEST_TEXT).collect::<String>();
    Ok(found
        .map(|text| text::line(&cut(text)).trim().to_owned())
        .filter(|text| !text.is_empty()))
}

/// A name that is compared, such as an e-mail address: as it is, or not at all.
pub(super) fn name(object: &Object, member: &str) -> Result<Option<String>, GraphFault> {
    let found = found(object, member, Value::as_str)?;
    let fits = |text: &&str| {
        !text.is_empty() && text.len() <= LONGEST_NAME && !text.contains(text::is_unseen)
    };
    Ok(found.filter(fits).map(str::to_owned))
}

pub(super) fn boolean(object: &Object, member: &str) -> Result<Option<bool>, GraphFault> {
    found(object, member, Value::as_bool)
}

/// The texts of a list; what is no text in it is passed over, because enumerations may be null or new.
pub(super) fn texts(object: &Object, member: &str) -> Result<Vec<String>, GraphFault> {
    let found = found(object, member, Value::as_array)?;
    let texts = found.into_iter().flatten().filter_map(Value::as_str);
    let texts = texts.filter(|text| text.len() <= LONGEST_NAME);
    Ok(texts.take(MOST_ITEMS).map(str::to_owned).collect())
}

/// The objects of a list.
pub(super) fn objects(object: &Object, member: &str) -> Result<Vec<Object>, GraphFault> {
    let found = found(object, member, Value::as_array)?;
    let object = |value| Object::from_value(value).ok_or_else(|| GraphFault::member(member));
    found.into_iter().flatten().map(object).collect()
}

/// The ID, which every object has.
pub(super) fn id(object: &Object) -> Result<ObjectId, GraphFault> {
    let found = found(object, "id", Value::as_str)?;
    found
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| GraphFault::member("id"))
}

fn found<'o, T>(
    object: &'o Object,
    member: &str,
    read: impl FnOnce(&'o Value) -> Option<T>,
) -> Result<Option<T>, GraphFault> {
    match object.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(value)
            .map(Some)
            .ok_or_else(|| GraphFault::member(member)),
    }
}
