//! The claims of one sign-in, and what a mapping's sources take of them.

use super::ProfileError;
use crate::domain::attribute::attribute_value;
use crate::domain::user::LONGEST_NAME;
use crate::domain::{AttributeMapping, Attributes, ClaimSource};
use crate::text;

/// The claims of one sign-in, by name.
pub(super) struct Claims<'a>(pub(super) Vec<(&'a str, &'a [String])>);

impl<'a> Claims<'a> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| *known == name)
    }

    pub(super) fn any(&self, sources: &[ClaimSource]) -> bool {
        let mut names = sources.iter().filter_map(ClaimSource::name);
        names.any(|name| self.has(name))
    }

    pub(super) fn values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a str> + 's {
        self.0
            .iter()
            .filter(move |(known, _)| *known == name)
            .flat_map(|(_, values)| values.iter().map(String::as_str))
    }

    /// What one source gives.
    pub(super) fn given<'s>(
        &'s self,
        source: &'s ClaimSource,
    ) -> impl Iterator<Item = String> + 's {
        source.values(self.values(source.name().unwrap_or_default()))
    }

    /// What all of them give.
    pub(super) fn all(&self, sources: &[ClaimSource]) -> Vec<String> {
        let given = sources.iter().flat_map(|source| self.given(source));
        given.collect()
    }

    /// The first value that is not empty, by the order of the sources. A directory may list several, the main one first.
    pub(super) fn first(&self, sources: &[ClaimSource]) -> Option<String> {
        sources
            .iter()
            .find_map(|source| self.given(source).find(|value| !value.is_empty()))
    }

    /// A person's or a company's name for display: nothing that is not seen, not endless.
    pub(super) fn name(&self, sources: &[ClaimSource]) -> Option<String> {
        let text: String = self
            .first(sources)?
            .chars()
            .filter(|c| !text::is_unseen(*c))
            // What is longer is cut.
            .take(LONGEST_NAME)
            .collect();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The further attributes. What is no value of one counts as not sent.
    pub(super) fn further(&self, mapping: &AttributeMapping) -> Attributes {
        let read = mapping.further.iter().filter_map(|(name, sources)| {
            let value = self.first(sources)?;
            Some((name.clone(), attribute_value(&value)?.to_owned()))
        });
        read.collect()
    }

    /// The one value of an attribute that identifies.
    pub(super) fn only(&self, name: &str) -> Result<Option<&'a str>, ProfileError> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(ProfileError::IdentityAmbiguous {
                attribute: name.to_owned(),
            }),
            (value, None) => Ok(value),
        }
    }
}
