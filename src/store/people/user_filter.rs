//! Which users of a company a list has, and the statement that finds them.
//!
//! Invariant: what is typed into the search is compared as text, never read as a pattern.

use std::fmt::Write as _;

use crate::database::statement::{Statement, build_query};
use crate::domain::{CompanyId, Creation, GroupId};
use crate::store::engine::search::{WORDS, pattern, words};

/// Which users to list; none of a kind means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Words, each of which is a part of the e-mail address, the first name, the last name or the company.
    pub search: String,
    /// In this group, whoever put them there.
    pub group: Option<GroupId>,
    /// Active, or deactivated.
    pub active: Option<bool>,
    /// Made by.
    pub created_by: Option<Creation>,
    /// How they sign in.
    pub method: Option<SignInMethod>,
}

/// How a user signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInMethod {
    /// It has a password.
    Password,
    /// It has no password, and has signed in.
    SingleSignOn,
    /// It has no password, and has never signed in.
    Waiting,
}

/// How large a group is, which says how its members are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupSize {
    /// They are read as a list.
    Small,
    /// Each user is looked up.
    Large,
}

/// Which of the users that are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paging {
    /// So many after the first so many.
    Offset,
    /// So many whose address is behind another one.
    After,
}

impl GroupSize {
    /// A user is in group `$2`, whoever put them there.
    pub(super) fn is_member(self) -> &'static str {
        match self {
            Self::Small => {
                "account.id IN (SELECT m.user_id FROM group_grant m WHERE m.group_id = $2)"
            }
            Self::Large => {
                "EXISTS (SELECT 1 FROM group_grant m WHERE m.user_id = account.id AND m.group_id = $2)"
            }
        }
    }
}

impl UserFilter {
    /// Whether it finds everyone.
    pub fn is_all(&self) -> bool {
        words(&self.search).is_empty()
            && self.group.is_none()
            && self.active.is_none()
            && self.created_by.is_none()
            && self.method.is_none()
    }

    /// The identifiers of the users that it finds, by address. `$1` is the company, `$2` to `$4` are group, activity and maker, `$5`
    /// to `$8` the words; `$9` and `$10` say which part of them, and are bound by the caller.
    ///
    /// The indexes `account_search`, `account_waiting` and `account_with_password` lead to them; what else is asked is in the first, but
    /// for those who sign in by single sign-on alone.
    pub(super) fn find(
        &self,
        company: CompanyId,
        group_size: GroupSize,
        paging: Paging,
    ) -> Statement<'static> {
        let signs_in = match self.method {
            None => "",
            Some(SignInMethod::Password) => " AND account.password IS NOT NULL",
            Some(SignInMethod::SingleSignOn) => {
                " AND account.password IS NULL AND account.last_sign_in_at IS NOT NULL"
            }
            Some(SignInMethod::Waiting) => {
                " AND account.password IS NULL AND account.last_sign_in_at IS NULL"
            }
        };
        let mut has_words = String::new();
        for word in 5..5 + WORDS {
            // Writing to a String does not fail.
            let _ = write!(
                has_words,
                " AND (${word} IS NULL OR account.search LIKE ${word} ESCAPE '\\')"
            );
        }
        let is_member = group_size.is_member();
        let part = match paging {
            Paging::Offset => " ORDER BY account.email_key LIMIT $9 OFFSET $10",
            Paging::After => " AND account.email_key > $9 ORDER BY account.email_key LIMIT $10",
        };
        let found = build_query(format!(
            "SELECT account.id FROM account WHERE account.company_id = $1{signs_in}{has_words} \
             AND ($3 IS NULL OR $3 = CASE WHEN account.disabled_at IS NULL THEN 1 ELSE 0 END) \
             AND ($4 IS NULL OR account.created_by = $4) AND ($2 IS NULL OR {is_member}){part}"
        ))
        .bind(company.to_string())
        .bind(self.group.map(|id| id.to_string()))
        .bind(self.active.map(i64::from))
        .bind(self.created_by.map(Creation::as_str));
        let words = words(&self.search);
        (0..WORDS).fold(found, |found, place| {
            found.bind(words.get(place).map(|word| pattern(&word.to_lowercase())))
        })
    }
}

impl SignInMethod {
    /// Its word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::SingleSignOn => "sso",
            Self::Waiting => "waiting",
        }
    }

    /// The method of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Password, Self::SingleSignOn, Self::Waiting]
            .into_iter()
            .find(|method| method.as_str() == word)
    }
}
