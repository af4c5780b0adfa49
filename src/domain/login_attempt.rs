//! A login attempt: one sign-in from start to verdict, kept with every check and its outcome.
//!
//! Invariant: an attempt is consumed at most once (rule E1). Its record never holds a Response, a cookie, a token or a
//! password, and a `NameID` only where that is what it was refused for (rules F1 and F2).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::id::{digit, position};
use super::session::CLOCKS_APART;
use super::word::words;
use super::{AttemptId, CompanyId, ConnectionId, Email, FlowRequirement, SessionKey, UserId};

/// How long a person has for the identity provider's pages (rule E1).
pub const LIFETIME: Duration = Duration::minutes(10);

/// One sign-in from start to verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginAttempt {
    /// Its identifier.
    pub id: AttemptId,
    /// The code that the user's page shows, for support.
    pub code: Code,
    /// The company whose site it began on.
    pub company_id: CompanyId,
    /// The connection that alone may answer it (rule E6); none for a password.
    pub connection_id: Option<ConnectionId>,
    /// How the person proves who they are.
    pub kind: AttemptKind,
    /// What its answer is found by: the `AuthnRequest`'s ID, or a hash of `state` (rule L1); none when there was no request.
    pub request_id: Option<String>,
    /// What has to be the same when the answer comes: the opaque handle that travels as `RelayState` (rule E3), or a hash of whom
    /// was asked and where to answer (rule M3).
    pub relay: Option<String>,
    /// Where to go afterwards; checked by `access` before it came here.
    pub return_to: Option<String>,
    /// The hash of the browser's binding cookie (rule E2).
    pub browser_hash: [u8; 32],
    /// When it began.
    pub started_at: OffsetDateTime,
    /// When an answer comes too late.
    pub expires_at: OffsetDateTime,
    /// When it was used up.
    pub consumed_at: Option<OffsetDateTime>,
    /// When its verdict fell.
    pub finished_at: Option<OffsetDateTime>,
    /// The verdict.
    pub outcome: Outcome,
    /// The rule that refused it, such as `D3`; of a sign-in that succeeded, the one that its warning is about.
    pub rule: Option<String>,
    /// The verdict in one sentence, for the company's administrator.
    pub summary: String,
    /// Every check and its outcome.
    pub record: Record,
    /// Who signed in; none for a test.
    pub user_id: Option<UserId>,
    /// The e-mail address in a signed assertion that was refused, or of the account whose password was wrong.
    pub named: Option<Email>,
    /// The session that it began (rule E4: a repeat in the same browser is sent to its target).
    pub session_key: Option<SessionKey>,
    /// Whether the request asked the user to sign in again (`ForceAuthn`); it was made when the attempt began (rule D8).
    pub forced: bool,
    /// The administrator who runs this test of the connection; none when it is no test.
    pub tested_by: Option<UserId>,
}

impl LoginAttempt {
    /// Whether it succeeded, and something about it is worth a look.
    pub fn has_warning(&self) -> bool {
        self.outcome.has_warning(self.rule.as_deref())
    }

    /// Whether an answer comes in time (rule E1). What began in the future began while a clock was wrong, and would stay open for
    /// too long.
    pub fn is_in_time(&self, now: OffsetDateTime) -> bool {
        now < self.expires_at && self.started_at <= now.saturating_add(CLOCKS_APART)
    }

    /// An open attempt that began just now.
    pub fn open(
        id: AttemptId,
        company_id: CompanyId,
        kind: AttemptKind,
        browser_hash: [u8; 32],
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id,
            code: Code::of(id, now),
            company_id,
            connection_id: None,
            kind,
            request_id: None,
            relay: None,
            return_to: None,
            browser_hash,
            started_at: now,
            expires_at: now.saturating_add(LIFETIME),
            consumed_at: None,
            finished_at: None,
            outcome: Outcome::Open,
            rule: None,
            summary: String::new(),
            record: Record::default(),
            user_id: None,
            named: None,
            session_key: None,
            forced: false,
            tested_by: None,
        }
    }
}

words! {
    /// How a person proves who they are.
    pub enum AttemptKind {
        /// By a SAML Response.
        Saml = "saml",
        /// By an answer of OpenID Connect.
        Oidc = "oidc",
        /// By a password.
        Password = "password",
        /// By a set-up link, once.
        SetUp = "set_up",
        /// An administrator tests a connection: by what its identity provider answers, and nobody is signed in.
        Test = "test",
        /// No sign-in: a logout message of an identity provider.
        Logout = "logout",
    }
}

words! {
    /// How an attempt ended.
    pub enum Outcome {
        /// It has not.
        Open = "open",
        /// With a session.
        SignedIn = "signed_in",
        /// With a refusal.
        Refused = "refused",
        /// As a test that would have been a sign-in.
        Tested = "tested",
        /// A logout message did what it asks.
        SignedOut = "signed_out",
    }
}

impl Outcome {
    /// Whether a sign-in, or a test, that ended so succeeded with a warning: its rule says what about.
    pub fn has_warning(self, rule: Option<&str>) -> bool {
        matches!(self, Self::SignedIn | Self::Tested) && rule.is_some()
    }
}

/// What an attempt's verdict rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The checks in the order in which they were made.
    pub checks: Vec<Check>,
    /// What the administrator can do about a refusal, or about a warning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
}

/// One check: what was looked at, what it had to be, what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The rule's number, such as `D3`.
    pub rule: Cow<'static, str>,
    /// What was looked at.
    pub subject: Cow<'static, str>,
    /// What it had to be.
    pub expected: Cow<'static, str>,
    /// What it was.
    pub received: Cow<'static, str>,
    /// Whether that will do. Where it does not and the person was signed in all the same, it is a warning.
    pub passed: bool,
}

impl Check {
    /// A check of what is required of a sign-in.
    pub fn of(
        requirement: FlowRequirement,
        expected: impl Into<Cow<'static, str>>,
        received: impl Into<Cow<'static, str>>,
        passed: bool,
    ) -> Self {
        Self {
            rule: requirement.rule().into(),
            subject: requirement.title().into(),
            expected: expected.into(),
            received: received.into(),
            passed,
        }
    }
}

/// Text that is not an attempt's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sign-in code: it has eight characters, such as K7QF-3XHD")]
pub struct CodeError;

/// Bits of a code that tell the second it was made in.
const SECOND_BITS: u32 = 18;
const SECONDS: u64 = (1 << SECOND_BITS) - 1;
/// Bits of a code that tell the attempts of a second apart.
const RANDOM_BITS: u32 = 22;
const RANDOM: u128 = (1 << RANDOM_BITS) - 1;
/// How many cycles of seconds are looked through: 400 days.
const CYCLES: i32 = 132;

/// The second, as far as a code has room for it.
fn second(now: OffsetDateTime) -> u64 {
    u64::try_from(now.unix_timestamp()).unwrap_or_default() & SECONDS
}

/// An attempt's code for people: eight Crockford characters, such as `K7QF-3XHD`. It is no secret.
///
/// It says when the attempt began, so that the attempt is found by its time, and a start of a sign-in does not have to write
/// an index of codes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Code(String);

impl Code {
    /// The code of an attempt that begins now: the second, and random bits of its identifier.
    fn of(id: AttemptId, now: OffsetDateTime) -> Self {
        let id = u128::from_be_bytes(id.to_bytes());
        let value = u128::from(second(now)) << RANDOM_BITS | id & RANDOM;
        let text: String = (0..8)
            .rev()
            .map(|place| digit(value >> (place * 5)).to_ascii_uppercase())
            .collect();
        Self(text)
    }

    /// When its attempt can have begun, the most likely second first. A code says it but for whole cycles of three days; an
    /// attempt may be a year old, or of a clock that was ahead.
    pub fn seconds(&self, now: OffsetDateTime) -> impl Iterator<Item = OffsetDateTime> {
        let value = self
            .0
            .bytes()
            .filter_map(|byte| position(byte.to_ascii_lowercase()))
            .fold(0_u64, |value, five| value << 5 | u64::from(five));
        let age = second(now).wrapping_sub(value >> RANDOM_BITS) & SECONDS;
        let age = Duration::seconds(i64::try_from(age).unwrap_or_default());
        let latest = now.saturating_sub(age);
        let latest = latest.replace_nanosecond(0).unwrap_or(latest);
        let cycle = Duration::seconds(1 << SECOND_BITS);
        (0..=CYCLES).flat_map(move |cycles| {
            [
                latest.saturating_sub(cycle * cycles),
                latest.saturating_add(cycle * (cycles + 1)),
            ]
        })
    }

    /// The eight characters without the dash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, right) = self.0.split_at_checked(4).unwrap_or((&self.0, ""));
        write!(f, "{left}-{right}")
    }
}

impl FromStr for Code {
    type Err = CodeError;

    /// Tolerates lower case, dashes, spaces, and the letters that look like digits.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let mut code = String::with_capacity(8);
        for byte in text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')) {
            let byte = match byte.to_ascii_lowercase() {
                b'o' => b'0',
                b'i' | b'l' => b'1',
                other => other,
            };
            position(byte).ok_or(CodeError)?;
            code.push(char::from(byte.to_ascii_uppercase()));
        }
        if code.len() == 8 {
            Ok(Self(code))
        } else {
            Err(CodeError)
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_code_says_when_its_attempt_began() {
        let began = datetime!(2026-03-01 12:00:01.9 UTC);
        let attempt = LoginAttempt::open(
            AttemptId::at(began, [7; 10]),
            CompanyId::from_bytes([1; 16]),
            AttemptKind::Saml,
            [0; 32],
            began,
        );
        let second = began.replace_nanosecond(0).unwrap();
        assert_eq!(attempt.code.seconds(began).next(), Some(second));
        for asked in [
            began - Duration::days(390),
            began - Duration::hours(5),
            began + Duration::hours(5),
            began + Duration::days(390),
        ] {
            assert!(
                attempt.code.seconds(asked).any(|it| it == second),
                "{asked}"
            );
        }
    }

    #[test]
    fn codes_are_read_as_people_write_them() {
        let code: Code = "K7QF3XHD".parse().unwrap();
        let text = code.to_string();
        assert_eq!((text.len(), text.as_bytes()[4]), (9, b'-'));
        for variant in [
            text.clone(),
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', " - "),
            text.replace('1', "l").replace('0', "O"),
        ] {
            assert_eq!(variant.parse::<Code>().unwrap(), code, "{variant}");
        }
        for wrong in [
            "",
            "K7QF-3XH",
            "K7QF-3XHDD",
            "K7QF-3XHU",
            "K7QF-3XH\u{212a}",
        ] {
            assert!(wrong.parse::<Code>().is_err(), "{wrong}");
        }
    }
}
