//! The protected header of a JWS (RFC 7515, section 4).

use super::error::JwsError;
use super::json::{Object, WrongType};

/// Members that bring a key or say where one is. They have no effect (rule K1).
const KEY_MEMBERS: [&str; 6] = ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"];

/// What the header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    algorithm: String,
    kid: Option<String>,
    typ: Option<String>,
    key_members: Vec<&'static str>,
    is_critical: bool,
}

impl Header {
    pub(super) fn parse(octets: &[u8]) -> Result<Self, JwsError> {
        let object = Object::parse(octets)?;
        let text = |member| Ok::<_, WrongType>(object.text(member)?.map(str::to_owned));
        Ok(Self {
            algorithm: text("alg")?.ok_or(JwsError::NoAlgorithm)?,
            kid: text("kid")?,
            typ: text("typ")?,
            key_members: KEY_MEMBERS
                .into_iter()
                .filter(|member| object.get(member).is_some())
                .collect(),
            is_critical: object.get("crit").is_some(),
        })
    }

    /// `alg` as it was sent.
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// `kid`: which key signed, as the sender says.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// `typ`: what the payload is.
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// The members that bring a key, which nobody looks at.
    pub fn key_members(&self) -> &[&'static str] {
        &self.key_members
    }

    /// Whether it has `crit`: something that must be understood.
    pub const fn is_critical(&self) -> bool {
        self.is_critical
    }
}
