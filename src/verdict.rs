//! The vocabulary of a law: what is required, what was checked, and why a message is refused.
//!
//! Invariant: every rejection names one requirement, and every requirement belongs to one rule. Each law has its own
//! requirements ([`Requirement`]): `saml::error` and `oidc::error`.

use std::borrow::Cow;
use std::fmt;

use crate::text;

/// One thing that a law requires of a message.
pub trait Requirement: Copy + fmt::Debug {
    /// A rule of the law, shown as its number, such as `D3`.
    type Rule: fmt::Display;

    /// The rule that it belongs to.
    fn rule(self) -> Self::Rule;

    /// What is required, for people.
    fn title(self) -> &'static str;

    /// What is wrong with a message that does not meet it, for people; what was received follows.
    fn refused(self) -> &'static str;
}

/// One check that was made, for the login attempt's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check<R> {
    /// What was required.
    pub requirement: R,
    /// What was expected, for people.
    pub expected: Cow<'static, str>,
    /// What was received, for people.
    pub received: Cow<'static, str>,
    /// Whether it passed.
    pub passed: bool,
}

/// Why a message is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection<R> {
    /// What was required and is not met.
    pub requirement: R,
    /// What was expected, for people.
    pub expected: Cow<'static, str>,
    /// What was received, for people.
    pub received: Cow<'static, str>,
}

/// The list of checks as it grows. A check that fails is in the list, and is the rejection.
#[derive(Debug)]
pub struct Checks<R> {
    made: Vec<Check<R>>,
    named: Option<String>,
}

impl<R: Requirement> Checks<R> {
    /// An empty list.
    pub fn new() -> Self {
        Self {
            made: Vec::with_capacity(24),
            named: None,
        }
    }

    /// Notes the name in something whose signature is good and which is refused for something else.
    pub fn name(&mut self, name: Option<String>) {
        self.named = name;
    }

    /// The checks made, and the name that was noted.
    pub fn into_parts(self) -> (Vec<Check<R>>, Option<String>) {
        (self.made, self.named)
    }

    /// The checks made, in the order in which they were made.
    pub fn into_vec(self) -> Vec<Check<R>> {
        self.made
    }

    /// Records a check that passed.
    pub fn pass(
        &mut self,
        requirement: R,
        expected: impl Into<Cow<'static, str>>,
        received: impl Into<Cow<'static, str>>,
    ) {
        self.push(requirement, expected.into(), received.into(), true);
    }

    /// Records a check that failed, and gives the rejection.
    pub fn fail(
        &mut self,
        requirement: R,
        expected: impl Into<Cow<'static, str>>,
        received: impl Into<Cow<'static, str>>,
    ) -> Rejection<R> {
        let (expected, received) = (shorten(expected.into()), shorten(received.into()));
        self.push(requirement, expected.clone(), received.clone(), false);
        Rejection {
            requirement,
            expected,
            received,
        }
    }

    /// Records a check either way.
    pub fn require(
        &mut self,
        passed: bool,
        requirement: R,
        expected: impl Into<Cow<'static, str>>,
        received: impl Into<Cow<'static, str>>,
    ) -> Result<(), Rejection<R>> {
        if passed {
            self.pass(requirement, expected, received);
            Ok(())
        } else {
            Err(self.fail(requirement, expected, received))
        }
    }

    fn push(
        &mut self,
        requirement: R,
        expected: Cow<'static, str>,
        received: Cow<'static, str>,
        passed: bool,
    ) {
        self.made.push(Check {
            requirement,
            expected: shorten(expected),
            received: shorten(received),
            passed,
        });
    }
}

impl<R: Requirement> Default for Checks<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Requirement> Rejection<R> {
    /// The rule that refused the message.
    pub fn rule(&self) -> R::Rule {
        self.requirement.rule()
    }
}

impl<R: Requirement> fmt::Display for Rejection<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (requirement, received) = (self.requirement, &self.received);
        let (refused, rule) = (requirement.refused(), requirement.rule());
        write!(
            f,
            "{refused}: {received} ({rule}). Expected: {}",
            self.expected
        )
    }
}

impl<R: Requirement> std::error::Error for Rejection<R> {}

/// Keeps what a hostile message can put into a record small and on one line. What is expected can be the message's too: the
/// ID that a reference has to name.
pub fn shorten(text: Cow<'static, str>) -> Cow<'static, str> {
    const MOST: usize = 400;
    if text.len() > MOST
        && let Some((end, _)) = text.char_indices().nth(MOST)
    {
        let short = text.get(..end).unwrap_or_default();
        return format!("{}…", text::line(short)).into();
    }
    match text::line(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(shown) => shown.into(),
    }
}
