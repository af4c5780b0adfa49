//! What a mapping makes of claims that came before: shown before it is saved.

use super::Claims;
use crate::domain::attribute::attribute_value;
use crate::domain::mapping::FURTHER;
use crate::domain::{AttributeMapping, Claim, ClaimSource};

/// What is made of the claims for one property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedClaim {
    /// The property's name, as `attributes.<name>` has it.
    pub property: String,
    /// Which source gave it, as it is written; of groups the first. None when none did.
    pub source: Option<String>,
    /// What it is; of groups, all of them.
    pub values: Vec<String>,
    /// Further sources that would have given something else: they come too late (seed 001-27).
    pub passed_over: Vec<String>,
    /// It came, and cannot be kept.
    pub is_left_out: bool,
}

impl AttributeMapping {
    /// What it makes of claims.
    pub fn preview(&self, claims: &[Claim]) -> Vec<MappedClaim> {
        let claims = claims.iter().map(|claim| (&*claim.name, &*claim.values));
        let claims = Claims(claims.collect());
        let properties = Self::PROPERTIES.iter();
        let fixed = properties
            .filter_map(|property| Some(claims.mapped(property, self.sources(property)?)));
        let further = self.further.iter().map(|(name, sources)| {
            let mut mapped = claims.mapped(&format!("{FURTHER}{name}"), sources);
            let kept = |value: &String| attribute_value(value).map(str::to_owned);
            let values: Vec<String> = mapped.values.iter().filter_map(kept).collect();
            mapped.is_left_out = values.len() < mapped.values.len();
            mapped.values = values;
            mapped
        });
        fixed.chain(further).collect()
    }
}

impl Claims<'_> {
    fn mapped(&self, property: &str, sources: &[ClaimSource]) -> MappedClaim {
        let mut giving = sources.iter().filter_map(|source| {
            let value = self.given(source).find(|value| !value.is_empty())?;
            Some((source.to_string(), value))
        });
        let first = giving.next();
        let is_list = matches!(property, "groups" | "groups_overage");
        let values = match &first {
            _ if is_list => self.all(sources),
            Some((_, value)) => vec![value.clone()],
            None => Vec::new(),
        };
        let other = |(source, value): (String, String)| {
            let is_other = first.as_ref().is_some_and(|(_, first)| *first != value);
            is_other.then_some(source)
        };
        let passed_over = if is_list {
            Vec::new()
        } else {
            giving.filter_map(other).collect()
        };
        MappedClaim {
            property: property.to_owned(),
            values,
            is_left_out: false,
            passed_over,
            source: first.map(|(source, _)| source),
        }
    }
}
