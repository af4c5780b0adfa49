//! Who is there, as an application is told (rules Q35 and Q40).
//!
//! Invariant: subject, company and token can be headers as they are; groups are sorted, each once, and none is nameless.

use std::fmt;

/// The longest subject, in octets: an identifier of ours, or a pairwise one (43).
pub(super) const LONGEST_SUBJECT: usize = 64;
/// The longest slug of a company.
pub(super) const LONGEST_COMPANY: usize = 63;

/// A signed-in user of a company.
#[derive(Clone, PartialEq, Eq)]
pub struct ForwardedIdentity {
    subject: String,
    company: String,
    email: Option<String>,
    name: Option<String>,
    groups: Vec<String>,
    token: String,
}

/// The parts of an [`ForwardedIdentity`].
#[derive(Debug, Clone, Default)]
pub struct ForwardedIdentityParts {
    /// The application's `sub` of the user.
    pub subject: String,
    /// The slug of the company.
    pub company: String,
    /// The e-mail, where it may be told (rules Q35 and R33).
    pub email: Option<String>,
    /// The name for people.
    pub name: Option<String>,
    /// The groups that the application asks for.
    pub groups: Vec<String>,
    /// The signed token.
    pub token: String,
}

/// What cannot be told as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForwardedIdentityError {
    /// Empty, too long, or with other than visible ASCII.
    #[error("a subject is 1 to 64 visible ASCII characters")]
    Subject,
    /// No slug.
    #[error("a company's slug is 1 to 63 characters of a-z, 0-9 and -")]
    Company,
    /// Empty, or with other than visible ASCII.
    #[error("a signed token is visible ASCII, and not empty")]
    Token,
}

impl ForwardedIdentity {
    /// Puts one together.
    pub fn new(parts: ForwardedIdentityParts) -> Result<Self, ForwardedIdentityError> {
        let ForwardedIdentityParts {
            subject,
            company,
            email,
            name,
            mut groups,
            token,
        } = parts;
        let is_visible =
            |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_graphic());
        let is_of_slug =
            |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
        if subject.len() > LONGEST_SUBJECT || !is_visible(&subject) {
            return Err(ForwardedIdentityError::Subject);
        }
        let is_short = (1..=LONGEST_COMPANY).contains(&company.len());
        if !is_short || !company.bytes().all(is_of_slug) {
            return Err(ForwardedIdentityError::Company);
        }
        if !is_visible(&token) {
            return Err(ForwardedIdentityError::Token);
        }
        groups.retain(|group| !group.is_empty());
        groups.sort_unstable();
        groups.dedup();
        Ok(Self {
            subject,
            company,
            email,
            name,
            groups,
            token,
        })
    }

    /// The application's `sub` of the user.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The slug of the company.
    pub fn company(&self) -> &str {
        &self.company
    }

    /// The e-mail, where it may be told.
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// The name for people.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The groups, sorted.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// The signed token. It is not logged (rule V6).
    pub fn token(&self) -> &str {
        &self.token
    }
}

/// The token lets its bearer in, and the rest is a person's: neither is shown.
impl fmt::Debug for ForwardedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("company", &self.company)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> ForwardedIdentityParts {
        ForwardedIdentityParts {
            subject: "01h".to_owned(),
            company: "acme".to_owned(),
            token: "a.b.c".to_owned(),
            ..ForwardedIdentityParts::default()
        }
    }

    // Q40
    #[test]
    fn groups_are_sorted_and_each_once() {
        let groups = ["staff", "", "admin", "staff"].map(str::to_owned).to_vec();
        let identity =
            ForwardedIdentity::new(ForwardedIdentityParts { groups, ..parts() }).unwrap();
        assert_eq!(identity.groups(), ["admin", "staff"]);
    }

    // Q20, Q39: nobody without a name, and nothing that could part a header.
    #[test]
    fn what_cannot_be_a_header_is_no_identity() {
        for (subject, is_one) in [
            ("a".repeat(64), true),
            ("a".repeat(65), false),
            (String::new(), false),
            ("a b".to_owned(), false),
            ("a\r\nb".to_owned(), false),
            ("ä".to_owned(), false),
        ] {
            let made = ForwardedIdentity::new(ForwardedIdentityParts { subject, ..parts() });
            assert_eq!(
                made.err(),
                (!is_one).then_some(ForwardedIdentityError::Subject)
            );
        }
        for company in ["", "Acme", "a.b", "a\n"] {
            let company = company.to_owned();
            let made = ForwardedIdentity::new(ForwardedIdentityParts { company, ..parts() });
            assert_eq!(made.err(), Some(ForwardedIdentityError::Company));
        }
        for token in ["", "a b", "a\n"] {
            let token = token.to_owned();
            let made = ForwardedIdentity::new(ForwardedIdentityParts { token, ..parts() });
            assert_eq!(made.err(), Some(ForwardedIdentityError::Token));
        }
    }

    // V6
    #[test]
    fn a_token_is_not_shown() {
        let name = Some("Ada".to_owned());
        let identity = ForwardedIdentity::new(ForwardedIdentityParts { name, ..parts() }).unwrap();
        let shown = format!("{identity:?}");
        assert!(shown.contains("acme"));
        assert!(!shown.contains("a.b.c") && !shown.contains("Ada"));
    }
}
