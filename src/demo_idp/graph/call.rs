//! A question, as Graph reads it: segments, options, and what the caller may see.

use super::SharedGrant;
use super::permission::GrantedPermissions;
use super::refusal::DemoRefusal;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A question.
#[derive(Debug, Clone)]
pub(in crate::demo_idp) struct GraphCall {
    pub(in crate::demo_idp) method: String,
    pub(super) segments: Vec<String>,
    pub(super) options: Vec<(String, String)>,
    /// `ConsistencyLevel: eventual`
    pub(super) is_eventual: bool,
    pub(super) body: Value,
    pub(super) grant: SharedGrant,
    /// `http://127.0.0.1:8090/v1.0`
    pub(super) base: String,
}

/// An answer.
#[derive(Debug, Clone)]
pub(in crate::demo_idp) enum GraphReply {
    Json(Value),
    Text(String),
}

impl GraphCall {
    /// Reads a question; `path` is what follows `/v1.0/`, as it came.
    pub(in crate::demo_idp) fn read(
        method: &str,
        base: String,
        target: &str,
        is_eventual: bool,
        body: Value,
        grant: SharedGrant,
    ) -> Result<Self, DemoRefusal> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut segments = Vec::new();
        for part in path.split('/').filter(|it| !it.is_empty()) {
            let part = percent_decode_str(part)
                .decode_utf8()
                .map_err(|_| DemoRefusal::bad("The address is not UTF-8."))?;
            // users('key') is users/key.
            match part.strip_suffix("')").and_then(|it| it.split_once("('")) {
                Some((set, key)) => {
                    segments.push(set.to_owned());
                    segments.push(key.replace("''", "'"));
                }
                // Here a `$` at the beginning is a word of the language.
                None => segments.push(part.into_owned()),
            }
        }
        Ok(Self {
            method: method.to_owned(),
            segments,
            options: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            is_eventual,
            body,
            grant,
            base,
        })
    }

    pub(super) fn permissions(&self) -> &GrantedPermissions {
        &self.grant.permissions
    }

    pub(super) fn option(&self, name: &str) -> Option<&str> {
        let found = self.options.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// No option but these, and each once.
    pub(super) fn allow(&self, names: &[&str]) -> Result<(), DemoRefusal> {
        for (at, (name, _)) in self.options.iter().enumerate() {
            let is_twice = self.options.iter().take(at).any(|(known, _)| known == name);
            if is_twice || !names.contains(&name.as_str()) {
                return Err(DemoRefusal::bad(format!(
                    "Unrecognized query option '{name}'."
                )));
            }
        }
        Ok(())
    }

    /// `$top`
    pub(super) fn top(&self) -> Result<Option<usize>, DemoRefusal> {
        let Some(text) = self.option("$top") else {
            return Ok(None);
        };
        let top = text.parse().ok().filter(|top| (1..=999).contains(top));
        top.map(Some).ok_or_else(|| {
            DemoRefusal::bad(format!(
                "Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive."
            ))
        })
    }

    /// Whether the question is an advanced one: the header, and the count.
    pub(super) fn is_advanced(&self) -> bool {
        self.is_eventual && self.option("$count") == Some("true")
    }

    /// The route's name: its segments, with `{id}` for keys.
    pub(super) fn route(&self) -> String {
        let mut parts: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        let is_collection = matches!(parts.first(), Some(&("users" | "groups")));
        if let Some(key) = parts.get_mut(1)
            && is_collection
            && !matches!(*key, "delta" | "$count")
        {
            *key = "{id}";
        }
        parts.join("/")
    }
}
