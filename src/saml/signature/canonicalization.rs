//! The canonicalisation methods on the list (rules A3, B4 and B5).
//!
//! Vectors: `transform-*` and `method-*`. The methods themselves are `xml`.

use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::names;
use crate::xml::{Canonicalization, Comments, Element, canonicalize_within};

/// The most prefixes of an `InclusiveNamespaces`: each is looked for at each element.
const MOST_PREFIXES: usize = 64;

/// A canonicalisation method with its prefix list.
pub(super) struct Method {
    exclusive: bool,
    comments: Comments,
    prefixes: Vec<String>,
}

impl Method {
    /// The method of a `CanonicalizationMethod` or `Transform` (rules B4 and B5).
    pub(super) fn from_element(
        element: Element<'_>,
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
        let uri = element.attribute("Algorithm").unwrap_or_default();
        let Some((exclusive, comments)) = Self::from_uri(uri) else {
            return Err(checks.fail(
                Requirement::Algorithm,
                "canonical XML 1.0, exclusive or inclusive",
                uri.to_owned(),
            ));
        };
        let mut prefixes = Vec::new();
        for (at, child) in element.children().enumerate() {
            let list = child.attribute("PrefixList").filter(|_| {
                exclusive
                    && at == 0
                    && child.is(names::EXC_C14N, "InclusiveNamespaces")
                    && child.children().next().is_none()
            });
            let Some(list) = list else {
                return Err(checks.fail(
                    Requirement::Algorithm,
                    "at most one InclusiveNamespaces",
                    child.name().to_owned(),
                ));
            };
            prefixes = list
                .split_ascii_whitespace()
                .take(MOST_PREFIXES + 1)
                .map(str::to_owned)
                .collect();
            if prefixes.len() > MOST_PREFIXES {
                return Err(checks.fail(
                    Requirement::Algorithm,
                    "an InclusiveNamespaces of at most 64 prefixes",
                    "a longer one",
                ));
            }
        }
        Ok(Self {
            exclusive,
            comments,
            prefixes,
        })
    }

    /// The methods on the list (rule B4). Comments can stay: no value is read from one, and none ends at one.
    pub(super) fn from_uri(uri: &str) -> Option<(bool, Comments)> {
        Some(match uri {
            names::EXC_C14N => (true, Comments::Dropped),
            names::EXC_C14N_WITH_COMMENTS => (true, Comments::Kept),
            names::C14N => (false, Comments::Dropped),
            names::C14N_WITH_COMMENTS => (false, Comments::Kept),
            _ => return None,
        })
    }

    pub(super) fn canonicalize(
        &self,
        apex: Element<'_>,
        without: Option<Element<'_>>,
        checks: &mut Checks,
    ) -> Result<Vec<u8>, Rejection> {
        let prefixes: Vec<&str> = self.prefixes.iter().map(String::as_str).collect();
        let method = if self.exclusive {
            Canonicalization::Exclusive(&prefixes)
        } else {
            Canonicalization::Inclusive
        };
        let octets = canonicalize_within(apex, without, method, self.comments);
        bounded(octets, checks)
    }
}

/// Rule A3: canonical octets that are many times as long as the message are a trap.
pub(in crate::saml) fn bounded(
    octets: Option<Vec<u8>>,
    checks: &mut Checks,
) -> Result<Vec<u8>, Rejection> {
    octets.ok_or_else(|| {
        checks.fail(
            Requirement::WellFormed,
            "canonical octets about as long as the message",
            "many times as long: a long namespace name that many elements repeat",
        )
    })
}
