//! Why an administrator's change was not made: pages show it beside the field, the API as a problem, commands as text.

use std::fmt;

use time::OffsetDateTime;

use super::duplicate::Duplicate;
use super::new_password::weakness;
use super::obstacle::Obstacle;
use crate::domain::user::LONGEST_NAME;
use crate::domain::{Email, Full, Scope};
use crate::import::holds_private_key;
use crate::store;
use crate::text::is_unseen;

/// What is told of a line that holds characters which nobody sees. Some turn the text around, or hide a part of it.
const UNSEEN: &str = "Write it on one line, without characters that nobody sees, such as control characters. If it was copied from somewhere, type it.";
/// What is told of a private key where a text belongs.
pub(super) const PRIVATE_KEY: &str = "This is a private key, which never belongs here. It was not kept. If somebody else may have seen it, make a new one.";

/// Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// No such thing, or it belongs to another company.
    #[error("There is no such thing here.")]
    NotFound,
    /// What was typed is not what is needed.
    #[error("{0}")]
    Invalid(Problems),
    /// Another one has it already.
    #[error(transparent)]
    Taken(#[from] Duplicate),
    /// Somebody else changed it since it was read.
    #[error("{by} changed this in the meantime.")]
    Changed {
        /// Who, as the audit log names them; empty when nobody knows.
        by: String,
        /// When.
        at: OffsetDateTime,
    },
    /// A quota of the company has no room for it.
    #[error("{0}")]
    Full(Full),
    /// Something else stands in the way.
    #[error(transparent)]
    InTheWay(#[from] Obstacle),
    /// The company would be left without an administrator who can sign in without single sign-on (rule F6).
    #[error(
        "This is the last administrator who can sign in without single sign-on. Give another administrator a password first."
    )]
    LastBreakGlass,
    /// The token may not do this.
    #[error("The token lacks the scope {0}.")]
    LacksScope(Scope),
    /// The token was taken back or has ended since its request came.
    #[error("The token does not count any more.")]
    TokenEnded,
    /// The database.
    #[error(transparent)]
    Store(store::Error),
}

impl Refused {
    /// One problem with one field.
    pub fn invalid(field: &'static str, what: impl Into<String>) -> Self {
        Self::Invalid(Problems(vec![FieldProblem::new(field, what)]))
    }

    /// What to show above a form when no field is to blame; empty when one is.
    pub fn obstacle(&self) -> String {
        if self.problems().is_empty() {
            self.to_string()
        } else {
            String::new()
        }
    }

    /// What to show beside the fields; empty when the fields are not to blame.
    pub fn problems(&self) -> Problems {
        match self {
            Self::Invalid(problems) => problems.clone(),
            Self::Taken(other) => {
                Problems(vec![FieldProblem::new(other.field(), other.to_string())])
            }
            _ => Problems::default(),
        }
    }
}

impl From<FieldProblem> for Refused {
    fn from(problem: FieldProblem) -> Self {
        Self::Invalid(Problems(vec![problem]))
    }
}

impl From<store::Error> for Refused {
    fn from(cause: store::Error) -> Self {
        match cause {
            store::Error::LastBreakGlass => Self::LastBreakGlass,
            store::Error::Full(full) => Self::Full(full),
            store::Error::GroupGone => Obstacle::GroupGone.into(),
            other => Self::Store(other),
        }
    }
}

/// What is wrong with a field, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name in forms and in the API.
    pub field: &'static str,
    /// One sentence.
    pub what: String,
}

impl FieldProblem {
    pub fn new(field: &'static str, what: impl Into<String>) -> Self {
        Self {
            field,
            what: what.into(),
        }
    }
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// What is wrong with a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<FieldProblem>);

impl Problems {
    /// Notes one more.
    pub fn add(&mut self, field: &'static str, what: impl Into<String>) {
        self.0.push(FieldProblem::new(field, what));
    }

    /// What is wrong with this field; empty when nothing is.
    pub fn of(&self, field: &str) -> &str {
        self.0
            .iter()
            .find(|problem| problem.field == field)
            .map_or("", |problem| problem.what.as_str())
    }

    /// A line of text without the spaces around it; what is missing, too long or no line is noted, and so is a private key.
    pub fn line(&mut self, field: &'static str, text: &str, missing: &str) -> String {
        let text = text.trim();
        if text.is_empty() && !missing.is_empty() {
            self.add(field, missing);
        } else if text.contains(is_unseen) {
            self.add(field, UNSEEN);
        } else if holds_private_key(text.as_bytes()) {
            self.add(field, PRIVATE_KEY);
        } else if text.chars().count() > LONGEST_NAME {
            self.add(field, format!("Use at most {LONGEST_NAME} characters."));
        }
        text.to_owned()
    }

    /// An e-mail address; anything else is noted.
    pub fn email(&mut self, field: &'static str, text: &str) -> Option<Email> {
        let email = text.trim().parse().ok();
        if email.is_none() {
            self.add(
                field,
                "Write one e-mail address, such as b.simon@example.com, without umlauts or accents.",
            );
        }
        email
    }

    /// A new password; one that is too short, too long or too easy to guess is noted. `own` is what belongs to the account.
    pub fn password(&mut self, field: &'static str, text: &str, own: &[&str]) {
        if let Some(what) = weakness(text, own) {
            self.add(field, what);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The end of a check: a refusal when anything was noted.
    pub fn check(self) -> Result<(), Refused> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(Refused::Invalid(self))
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_stands_beside_its_field() {
        let mut problems = Problems::default();
        assert!(problems.clone().check().is_ok());
        problems.add("email", "Write an e-mail address.");
        problems.add("title", "Write a title.");
        let refused = problems.check().unwrap_err();
        assert_eq!(refused.problems().of("title"), "Write a title.");
        assert_eq!(refused.problems().of("kind"), "");
        assert_eq!(
            refused.to_string(),
            "Write an e-mail address. Write a title."
        );
        assert!(Refused::NotFound.problems().is_empty());
    }
}
