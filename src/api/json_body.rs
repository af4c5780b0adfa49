//! A body of JSON.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::app::App;
use crate::http::error::Error;
use crate::http::private_key::refusal_of_private_key;
use crate::http::problem::{Kind, Problem};
use crate::http::request_body::RequestBody;
use crate::import::holds_private_key;

/// What was sent, and its octets.
#[derive(Debug)]
pub(super) struct JsonBody<T> {
    pub(super) value: T,
    pub(super) octets: Bytes,
}

/// What was sent and is not looked at yet: a precondition is checked before the content (RFC 9110 13.2.2).
#[derive(Debug)]
pub(super) struct UnreadJsonBody<T> {
    octets: Bytes,
    content: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> UnreadJsonBody<T> {
    /// It as the operation takes it. A private key goes no further, and is never repeated.
    pub(super) fn value(&self) -> Result<T, Problem> {
        let unreadable = |cause| unreadable(&self.octets, &cause);
        let whole: Value = serde_json::from_slice(&self.octets).map_err(unreadable)?;
        if let Some(name) = private_key_in(&whole) {
            let told = refusal_of_private_key(&name);
            return Err(Problem::new(Kind::Invalid, told.as_str()).with_error(name, told));
        }
        serde_json::from_slice(&self.octets).map_err(unreadable)
    }
}

impl<T> FromRequest<Arc<App>> for UnreadJsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            return Err(Error::UnsupportedMediaType.into());
        }
        let posted = RequestBody::read(&mut parts, body, app).await?;
        Ok(Self {
            octets: posted.octets().clone(),
            content: PhantomData,
        })
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let unread = UnreadJsonBody::<T>::from_request(request, app).await?;
        let value = unread.value()?;
        let octets = unread.octets;
        Ok(Self { value, octets })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|kind| kind.to_str().ok());
    let essence = kind.and_then(|kind| kind.split(';').next());
    kinds.next().is_none()
        && essence.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
}

/// The member that holds a private key, in its value or in its name, if one does.
fn private_key_in(whole: &Value) -> Option<String> {
    let mut waiting = vec![("body".to_owned(), whole)];
    while let Some((path, value)) = waiting.pop() {
        match value {
            Value::String(text) if holds_private_key(text.as_bytes()) => return Some(path),
            Value::Array(items) => waiting.extend(items.iter().map(|item| (path.clone(), item))),
            Value::Object(members) => {
                for (name, value) in members {
                    if holds_private_key(name.as_bytes()) {
                        return Some(path);
                    }
                    let path = match path.as_str() {
                        "body" => name.clone(),
                        around => format!("{around}.{name}"),
                    };
                    waiting.push((path, value));
                }
            }
            _ => {}
        }
    }
    None
}

fn unreadable(octets: &[u8], cause: &serde_json::Error) -> Problem {
    // A value of another type may be told as a mistake in the syntax.
    if serde_json::from_slice::<IgnoredAny>(octets).is_ok() {
        Problem::new(
            Kind::Invalid,
            format!("The body does not have the form of this operation: {cause}."),
        )
    } else {
        Problem::new(Kind::Malformed, format!("The body is not JSON: {cause}."))
    }
}

/// A member that may be missing, and then stays as it is, and is never null.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// Texts by their names, each there once: of two, another reader may take the other one.
pub(super) fn texts<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    struct Texts;

    impl<'de> Visitor<'de> for Texts {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of texts")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut texts = BTreeMap::new();
            while let Some((name, text)) = map.next_entry()? {
                match texts.entry(name) {
                    Entry::Vacant(free) => free.insert(text),
                    Entry::Occupied(taken) => {
                        let told = format!("duplicate field `{}`", taken.key());
                        return Err(A::Error::custom(told));
                    }
                };
            }
            Ok(texts)
        }
    }

    value.deserialize_map(Texts)
}
