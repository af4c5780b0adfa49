//! The parameters of a request, from a query or a form.

use super::OidcRefusal;

/// Names and values, as they came.
#[derive(Debug, Clone)]
pub(in crate::demo_idp) struct ReadParameters(Vec<(String, String)>);

impl ReadParameters {
    pub(in crate::demo_idp) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// A name that comes twice (RFC 6749 3.1).
    pub(in crate::demo_idp) fn duplicate(&self) -> Option<&str> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
            .windows(2)
            .find_map(|pair| (pair[0] == pair[1]).then_some(pair[0]))
    }

    /// A value; an empty one is as good as none (RFC 6749 3.1).
    pub(in crate::demo_idp) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(found, value)| found == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    pub(in crate::demo_idp) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    pub(in crate::demo_idp) fn required(&self, name: &str) -> Result<&str, OidcRefusal> {
        self.get(name).ok_or_else(|| {
            OidcRefusal::invalid_request(
                900_144,
                format!("The request body must contain the following parameter: '{name}'."),
            )
        })
    }
}
