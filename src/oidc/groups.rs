//! The groups and roles in a user's claims (rules S1 to S3).
//!
//! Invariants: there are three answers, never two; the address in `_claim_sources` is never called.

use serde_json::Value;

use super::claim_set::ClaimSet;
use super::error::{Checks, Rejection, Requirement};
use super::issuer::is_guid;

/// The most values of a claim.
const MOST_VALUES: usize = 2000;
/// The longest value, in characters.
const LONGEST_VALUE: usize = 256;

/// What a claim says of a user's groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupClaim {
    /// These, and no others; GUIDs are in lower case.
    Values(Vec<String>),
    /// Nothing. Entra says the same of a user in no group, and of an application that is not told groups at all.
    Missing,
    /// That there are more than it can say.
    Overflow,
}

impl GroupClaim {
    pub fn read(claims: &ClaimSet, name: &str, checks: &mut Checks) -> Result<Self, Rejection> {
        if is_overflow(claims, name) {
            checks.pass(
                Requirement::GroupClaim,
                "the user's groups",
                "more than it says",
            );
            return Ok(Self::Overflow);
        }
        let texts = match claims.find(name) {
            None => return Ok(Self::Missing),
            Some(Value::String(text)) => vec![text.as_str()],
            Some(Value::Array(values)) => {
                let texts: Option<Vec<_>> = values.iter().map(Value::as_str).collect();
                texts.ok_or_else(|| wrong_type(name, "an array of other values", checks))?
            }
            Some(_) => return Err(wrong_type(name, "another value", checks)),
        };
        let longest = texts.iter().map(|text| text.chars().count()).max();
        let longest = longest.unwrap_or_default();
        checks.require(
            texts.len() <= MOST_VALUES && longest <= LONGEST_VALUE,
            Requirement::GroupClaim,
            format!("at most {MOST_VALUES} values of {LONGEST_VALUE} characters"),
            format!(
                "{} values; the longest has {longest} characters",
                texts.len()
            ),
        )?;
        Ok(Self::Values(texts.into_iter().map(value).collect()))
    }
}

fn wrong_type(name: &str, received: &'static str, checks: &mut Checks) -> Rejection {
    let expected = format!("{name}: text, or an array of texts");
    checks.fail(Requirement::MemberType, expected, received)
}

/// Compared exactly; a GUID has one spelling.
fn value(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if is_guid(&lower) {
        lower
    } else {
        text.to_owned()
    }
}

/// Whether the provider says that the claim is elsewhere: as an aggregated or distributed claim (OpenID Connect Core 1.0, section
/// 5.6.2), or as Entra does in a browser's flow.
fn is_overflow(claims: &ClaimSet, name: &str) -> bool {
    let is_true = |value: &Value| *value == Value::Bool(true) || *value == "true";
    let all = claims.all();
    let elsewhere = all.get("_claim_names").and_then(|names| names.get(name));
    elsewhere.is_some()
        || name == "groups"
            && (all.get("hasgroups").is_some_and(is_true) || all.get("groups:src1").is_some())
}
