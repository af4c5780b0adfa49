//! What is known of a user: the ID token's claims, and what userinfo adds (rules Q4 and Q5).
//!
//! Invariants: the ID token wins; an address and what is said of it come from one source; who the user is comes from the ID token
//! alone.

use serde_json::Value;

use super::userinfo::UserInfo;
use crate::jose::json::Object;

/// What userinfo cannot say: who the user is, and what makes a token count.
const OF_THE_TOKEN: [&str; 13] = [
    "iss",
    "sub",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "nonce",
    "auth_time",
    "acr",
    "tid",
    "oid",
    "sid",
];
/// An address, and what is said of it.
const OF_THE_ADDRESS: [&str; 2] = ["email", "email_verified"];
/// What Entra alone says of an address, in its tokens.
const OF_ENTRAS_ADDRESS: [&str; 2] = ["xms_edov", "verified_primary_email"];

/// The claims of one user.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClaimSet {
    claims: Object,
    from_userinfo: Vec<String>,
}

impl ClaimSet {
    /// An ID token's claims, with what userinfo says beyond them.
    pub fn merge(id_token: &Object, userinfo: Option<&UserInfo>) -> Self {
        let mut set = Self {
            claims: id_token.clone(),
            from_userinfo: Vec::new(),
        };
        let Some(userinfo) = userinfo else {
            return set;
        };
        let has_address = id_token.get("email").is_some();
        if !has_address && userinfo.claims().get("email").is_some() {
            // The token's "verified" is not about userinfo's address.
            set.claims.remove("email_verified");
        }
        for name in userinfo.claims().names() {
            let is_address = OF_THE_ADDRESS.contains(&name);
            let is_taken = OF_THE_TOKEN.contains(&name)
                || OF_ENTRAS_ADDRESS.contains(&name)
                || is_address && has_address
                || set.claims.get(name).is_some();
            if !is_taken && let Some(value) = userinfo.claims().get(name) {
                set.claims.insert(name, value.clone());
                set.from_userinfo.push(name.to_owned());
            }
        }
        set
    }

    /// The names of those that userinfo gave, for the record.
    pub fn from_userinfo(&self) -> &[String] {
        &self.from_userinfo
    }

    /// All of them.
    pub const fn all(&self) -> &Object {
        &self.claims
    }

    /// The value of a claim by its exact name, or else by a path of names with `/` between them, as `realm_access/roles`.
    pub fn find(&self, name: &str) -> Option<&Value> {
        if let Some(value) = self.claims.get(name) {
            return Some(value);
        }
        let (first, rest) = name.split_once('/')?;
        rest.split('/')
            .try_fold(self.claims.get(first)?, |value, name| value.get(name))
    }

    /// The names of all claims, then the paths to what is in objects: where not all are kept, the plain names are.
    pub fn paths(&self) -> impl Iterator<Item = String> {
        let inner = self.claims.names().flat_map(|name| {
            let object = self.claims.get(name).and_then(Value::as_object);
            let names = object.into_iter().flat_map(|object| object.keys());
            names.map(move |inner| format!("{name}/{inner}"))
        });
        self.claims.names().map(str::to_owned).chain(inner)
    }

    /// The texts of a claim: text, numbers and truth values become text, an array of them a list; an object is none.
    pub fn texts(&self, name: &str) -> Vec<String> {
        match self.find(name) {
            Some(Value::Array(values)) => values.iter().filter_map(text).collect(),
            Some(value) => text(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// A claim that is one text.
    pub fn text(&self, name: &str) -> Option<String> {
        let mut texts = self.texts(name);
        if texts.len() == 1 { texts.pop() } else { None }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
