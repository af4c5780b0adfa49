//! What an application leaves open (rules Q49 to Q51).
//!
//! Invariant: a rule is a list of methods and one path; there is no pattern language, no query and no negation.

use serde::{Deserialize, Serialize};

use super::field::is_method;
use super::path::{PathPattern, PathPatternError};

/// Requests that nobody has to sign in for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct SkipRule {
    methods: Vec<String>,
    path: PathPattern,
    identity: bool,
}

/// A rule as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    methods: Vec<String>,
    path: String,
    #[serde(default)]
    identity: bool,
}

/// What is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkipRuleError {
    /// No method.
    #[error("a skip rule names the methods that it is for")]
    NoMethod,
    /// Not a method's name.
    #[error("a method is written in upper-case ASCII letters, and {0:?} is not")]
    Method(String),
    /// Not a path.
    #[error(transparent)]
    Path(#[from] PathPatternError),
}

impl SkipRule {
    /// A rule for these methods. With `identity` it is said who is there when somebody is.
    pub fn new<M: Into<String>>(
        methods: impl IntoIterator<Item = M>,
        path: &str,
        identity: bool,
    ) -> Result<Self, SkipRuleError> {
        let methods: Vec<String> = methods.into_iter().map(Into::into).collect();
        if methods.is_empty() {
            return Err(SkipRuleError::NoMethod);
        }
        if let Some(other) = methods.iter().find(|method| !is_method(method)) {
            return Err(SkipRuleError::Method(other.clone()));
        }
        Ok(Self {
            methods,
            path: path.parse()?,
            identity,
        })
    }

    /// Whether it is for a request with this method and this plain path.
    pub(super) fn matches(&self, method: &str, plain: &str) -> bool {
        self.methods.iter().any(|own| own == method) && self.path.matches(plain)
    }

    /// Whether it is said who is there when somebody is.
    pub const fn tells_identity(&self) -> bool {
        self.identity
    }

    /// The path or prefix.
    pub const fn path(&self) -> &PathPattern {
        &self.path
    }

    /// The methods.
    pub fn methods(&self) -> &[String] {
        &self.methods
    }
}

impl TryFrom<Written> for SkipRule {
    type Error = SkipRuleError;

    fn try_from(written: Written) -> Result<Self, SkipRuleError> {
        Self::new(written.methods, &written.path, written.identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Q49
    #[test]
    fn a_rule_is_for_its_methods_and_its_path() {
        let rule = SkipRule::new(["GET", "HEAD"], "/public/", false).unwrap();
        assert!(rule.matches("GET", "/public/x"));
        assert!(rule.matches("HEAD", "/public/x"));
        assert!(!rule.matches("POST", "/public/x"));
        assert!(!rule.matches("get", "/public/x"));
        assert!(!rule.matches("GET", "/private/x"));
        assert!(!rule.tells_identity());
    }

    // Q49
    #[test]
    fn what_is_no_rule_is_told() {
        let none: [&str; 0] = [];
        assert_eq!(
            SkipRule::new(none, "/public/", false),
            Err(SkipRuleError::NoMethod)
        );
        for method in ["get", "", "*", "GET,HEAD", "!POST"] {
            assert_eq!(
                SkipRule::new([method], "/public/", false),
                Err(SkipRuleError::Method(method.to_owned()))
            );
        }
        assert_eq!(
            SkipRule::new(["GET"], "/", false),
            Err(SkipRuleError::Path(PathPatternError::Everything))
        );
    }

    // Q49, Q51: without a word nothing is told of who is there.
    #[test]
    fn it_is_read_from_a_configuration() {
        let read = serde_json::from_str::<SkipRule>;
        let rule = read(r#"{"methods":["GET"],"path":"/public/"}"#).unwrap();
        assert_eq!(rule, SkipRule::new(["GET"], "/public/", false).unwrap());
        let written = serde_json::to_string(&rule).unwrap();
        assert_eq!(read(&written).unwrap(), rule);
        let rule = read(r#"{"methods":["GET"],"path":"/public/","identity":true}"#).unwrap();
        assert!(rule.tells_identity());
        assert!(read(r#"{"methods":["GET"],"path":"/public/*"}"#).is_err());
        assert!(read(r#"{"path":"/public/"}"#).is_err());
        assert!(read(r#"{"methods":["GET"],"path":"/p/","query":"x"}"#).is_err());
    }
}
