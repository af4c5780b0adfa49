//! JSON objects as the law wants them read: no member twice and no deeper than 16 (rule H3); a member of the wrong type is an
//! error and never "absent" (rule H4).
//!
//! Of a member that stands there twice some readers take the first and others the last: whoever signs for one reader could
//! mean something else to another.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How many levels of objects and arrays may stand in each other.
pub const DEPTH: usize = 16;
/// The largest time, in seconds: beyond it a JSON number is not exact.
const LAST_SECOND: f64 = 9_007_199_254_740_992.0;

/// A JSON object.
#[derive(Clone, Default, PartialEq)]
pub struct Object(Map<String, Value>);

/// Why octets are not an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON at all, or not UTF-8.
    #[error("it is not JSON: line {line}, column {column}")]
    Syntax { line: usize, column: usize },
    /// JSON, but no object.
    #[error("it is JSON, but not an object")]
    NotObject,
    /// A member name for the second time in its object.
    #[error("the member \"{0}\" stands in it twice")]
    Duplicate(String),
    /// More than [`DEPTH`] levels.
    #[error("its values are more than {DEPTH} levels deep")]
    Depth,
}

/// A member whose value is of another type than the standard says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the member \"{member}\" is {received}, and must be {expected}")]
pub struct WrongType {
    pub member: String,
    pub expected: &'static str,
    pub received: &'static str,
}

impl Object {
    pub fn parse(octets: &[u8]) -> Result<Self, JsonError> {
        let fault = RefCell::new(None);
        let mut reader = serde_json::Deserializer::from_slice(octets);
        let whole = Strict {
            levels: DEPTH,
            fault: &fault,
        };
        let value = whole
            .deserialize(&mut reader)
            .and_then(|value| reader.end().map(|()| value));
        match (value, fault.into_inner()) {
            (_, Some(fault)) => Err(fault),
            (Ok(Value::Object(members)), None) => Ok(Self(members)),
            (Ok(_), None) => Err(JsonError::NotObject),
            (Err(error), None) => Err(JsonError::Syntax {
                line: error.line(),
                column: error.column(),
            }),
        }
    }

    /// An object that stands in another.
    pub fn from_value(value: &Value) -> Option<Self> {
        value.as_object().cloned().map(Self)
    }

    /// The value of a member, whatever it is.
    pub fn get(&self, member: &str) -> Option<&Value> {
        self.0.get(member)
    }

    /// Gives a member a value.
    pub fn insert(&mut self, member: &str, value: Value) {
        self.0.insert(member.to_owned(), value);
    }

    pub fn remove(&mut self, member: &str) {
        self.0.remove(member);
    }

    /// The names of the members.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A member that is text.
    pub fn text(&self, member: &str) -> Result<Option<&str>, WrongType> {
        self.read(member, "text", Value::as_str)
    }

    /// A member that is `true` or `false`.
    pub fn boolean(&self, member: &str) -> Result<Option<bool>, WrongType> {
        self.read(member, "true or false", Value::as_bool)
    }

    /// A member that is `true` or `false`, or the same as text.
    pub fn flag(&self, member: &str) -> Result<Option<bool>, WrongType> {
        self.read(member, "true or false", |value| match value {
            Value::Bool(is_so) => Some(*is_so),
            Value::String(text) => text.parse().ok(),
            _ => None,
        })
    }

    /// A member that is a whole number, or the same as text.
    pub fn whole_number(&self, member: &str) -> Result<Option<i64>, WrongType> {
        self.read(member, "a whole number", |value| match value {
            Value::String(text) => text.parse().ok(),
            _ => value.as_i64(),
        })
    }

    /// A member that is an object.
    pub fn object(&self, member: &str) -> Result<Option<Self>, WrongType> {
        self.read(member, "an object", Self::from_value)
    }

    /// A member that is an array.
    pub fn array(&self, member: &str) -> Result<Option<&[Value]>, WrongType> {
        self.read(member, "an array", |value| {
            value.as_array().map(Vec::as_slice)
        })
    }

    /// A member that is an array of texts.
    pub fn texts(&self, member: &str) -> Result<Option<Vec<&str>>, WrongType> {
        self.read(member, "an array of texts", array_of_texts)
    }

    /// A member that is one text or an array of texts, as `aud` is (RFC 7519, section 4.1.3).
    pub fn text_or_texts(&self, member: &str) -> Result<Option<Vec<&str>>, WrongType> {
        self.read(member, "text, or an array of texts", |value| match value {
            Value::String(text) => Some(vec![text.as_str()]),
            _ => array_of_texts(value),
        })
    }

    /// A member that is a time in seconds since 1970 (`NumericDate`, RFC 7519, section 2): a number from 0 to 2^53, whose fraction is
    /// cut.
    pub fn seconds(&self, member: &str) -> Result<Option<i64>, WrongType> {
        self.read(member, "a number from 0 to 2^53", |value| {
            let seconds = value.as_f64()?;
            // Exact: it is an integer of at most 53 bits.
            #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
            (0.0..=LAST_SECOND)
                .contains(&seconds)
                .then_some(seconds as i64)
        })
    }

    fn read<'v, T>(
        &'v self,
        member: &str,
        expected: &'static str,
        read: impl FnOnce(&'v Value) -> Option<T>,
    ) -> Result<Option<T>, WrongType> {
        let Some(value) = self.0.get(member) else {
            return Ok(None);
        };
        let wrong = || WrongType {
            member: member.to_owned(),
            expected,
            received: kind(value),
        };
        read(value).map(Some).ok_or_else(wrong)
    }
}

/// The names alone: what is in them is nobody's business.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

fn array_of_texts(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

/// What a value is, for people.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Reads a value, with so many levels left; what is wrong besides the syntax is left in `fault`.
#[derive(Clone, Copy)]
struct Strict<'f> {
    levels: usize,
    fault: &'f RefCell<Option<JsonError>>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.levels.checked_sub(1) {
            Some(levels) => Ok(Self { levels, ..self }),
            None => Err(self.refuse(JsonError::Depth)),
        }
    }

    fn refuse<E: serde::de::Error>(self, fault: JsonError) -> E {
        let error = E::custom(&fault);
        self.fault.replace(Some(fault));
        error
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not a number"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut object = Map::new();
        while let Some(member) = members.next_key::<String>()? {
            if object.contains_key(&member) {
                return Err(self.refuse(JsonError::Duplicate(member)));
            }
            let value = members.next_value_seed(inside)?;
            object.insert(member, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Object, JsonError> {
        Object::parse(text.as_bytes())
    }

    #[test]
    fn an_object_is_read_once_and_no_deeper_than_sixteen_levels() {
        let twice = parse(r#"{"a":{"sub":1,"sub":2}}"#);
        assert_eq!(twice, Err(JsonError::Duplicate("sub".to_owned())));
        // The same name in another spelling.
        let twice = parse(r#"{"sub":1,"\u0073ub":2}"#);
        assert_eq!(twice, Err(JsonError::Duplicate("sub".to_owned())));
        let nested =
            |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(&nested(DEPTH - 1)).is_ok());
        assert_eq!(parse(&nested(DEPTH)), Err(JsonError::Depth));
        assert_eq!(parse("[1]"), Err(JsonError::NotObject));
        for broken in [
            "",
            "{",
            "{} {}",
            "{\"a\":01}",
            "{\"a\":NaN}",
            "{'a':1}",
            "{\"a\":1,}",
        ] {
            let read = parse(broken);
            assert!(
                matches!(read, Err(JsonError::Syntax { .. })),
                "{broken}: {read:?}"
            );
        }
        assert!(Object::parse(b"{\"a\":\"\xff\"}").is_err());
        assert!(
            Object::parse(b"\xef\xbb\xbf{}").is_err(),
            "no byte order mark"
        );
    }

    #[test]
    fn a_member_of_the_wrong_type_is_not_absent() {
        let object = parse(
            r#"{"iss":["x"],"sub":7,"exp":"1","nbf":1.9,"iat":-1,"nonce":null,"aud":["a",1],"big":9007199254740993}"#,
        )
        .unwrap();
        let wrong = object.text("iss").unwrap_err();
        assert_eq!((wrong.expected, wrong.received), ("text", "an array"));
        assert!(object.text("sub").is_err());
        assert!(object.text("nonce").is_err());
        assert!(object.seconds("exp").is_err());
        assert!(object.seconds("iat").is_err());
        assert_eq!(object.seconds("nbf"), Ok(Some(1)));
        assert!(object.text_or_texts("aud").is_err());
        assert_eq!(object.text("amr"), Ok(None));
    }
}
