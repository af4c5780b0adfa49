//! Sign-ins: listed, and one with its checks.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::caller::needs::AttemptsRead;
use super::paging::{self, ListRequest, PageOut, PageQuery};
use super::path::Ids;
use super::{Answer, Caller, answer};
use crate::admin::{Fix, Side, SignInDetail, Signing};
use crate::domain::{AttemptId, AttemptKind, Check, Code, Outcome};
use crate::http::problem::Problem;
use crate::store::{Cursor, SignInFilter, SignInRow};

/// Which sign-ins to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AttemptQuery {
    #[param(nullable = false, inline)]
    outcome: Option<OutcomeOut>,
    /// Those that succeeded with a warning.
    #[param(nullable = false)]
    warning: Option<bool>,
    #[param(nullable = false, inline)]
    kind: Option<KindOut>,
    /// Through this connection.
    #[param(nullable = false)]
    connection: Option<String>,
    /// Of this user.
    #[param(nullable = false)]
    user: Option<String>,
    /// Begun at this moment or later.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(nullable = false)]
    from: Option<OffsetDateTime>,
    /// Begun before this moment.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(nullable = false)]
    until: Option<OffsetDateTime>,
}

/// How a sign-in ended: it is open, it began a session, it was refused, or it was a test that would have been a sign-in.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = Outcome)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutcomeOut {
    Open,
    SignedIn,
    Refused,
    Tested,
    SignedOut,
}

/// By a SAML Response, by a password, a test of a connection, or the set-up link of the first administrator. A `logout` is no
/// sign-in: a logout message of an identity provider.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = AttemptKind)]
#[serde(rename_all = "snake_case")]
pub(super) enum KindOut {
    Saml,
    Oidc,
    Password,
    Test,
    SetUp,
    Logout,
}

/// A sign-in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
pub(super) struct AttemptOut {
    /// The code that the user's page shows.
    code: String,
    kind: KindOut,
    outcome: OutcomeOut,
    /// The rule that refused it, or that its warning is about.
    #[schema(required = true)]
    rule: Option<String>,
    /// What is worth a look although the sign-in succeeded, such as groups that did not come.
    #[schema(required = true)]
    warning: Option<String>,
    /// The verdict in one sentence.
    summary: String,
    #[schema(required = true)]
    connection: Option<String>,
    /// Who signed in, or ran the test.
    #[schema(required = true)]
    user: Option<String>,
    /// The address of that user; of a refused sign-in the one that its signed assertion names, or whose password was wrong.
    #[schema(required = true)]
    email: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    finished_at: Option<OffsetDateTime>,
}

/// A sign-in with every check.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttemptDetail)]
pub(super) struct DetailOut {
    #[serde(flatten)]
    attempt: AttemptOut,
    /// In the order in which they were made.
    checks: Vec<CheckOut>,
    /// What to do about a refusal, or a warning.
    advice: Vec<String>,
    /// The fields to look at, most likely first.
    fixes: Vec<FixOut>,
    /// The ID of our request; null when there was none.
    #[schema(required = true)]
    request_id: Option<String>,
    /// Where the sign-in goes on to.
    #[schema(required = true)]
    return_to: Option<String>,
    /// How the clocks compare; null when the message said no time.
    #[schema(required = true)]
    clocks: Option<ClocksOut>,
    /// The certificates around its signature; null when none was looked at.
    #[schema(required = true)]
    signing: Option<SigningOut>,
}

/// Our clock and the identity provider's, the way of the message included.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Clocks)]
pub(super) struct ClocksOut {
    /// Our clock minus the identity provider's.
    drift_seconds: f64,
    /// The same in words.
    text: String,
}

/// Who signed, and who may.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Signing)]
pub(super) struct SigningOut {
    /// Whether the signature was verified.
    verified: bool,
    /// The certificate that signed; of a signature that was not verified, the one that the message names for itself.
    #[schema(required = true)]
    received: Option<ReceivedCertificateOut>,
    /// The connection's certificates now.
    expected: Vec<ExpectedCertificateOut>,
}

/// A certificate that a message names.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceivedCertificate)]
pub(super) struct ReceivedCertificateOut {
    #[schema(required = true)]
    subject: Option<String>,
    /// The thumbprint, lower-case hexadecimal.
    sha256: String,
    /// The thumbprint, upper-case hexadecimal, as Entra ID shows it.
    #[schema(required = true)]
    sha1: Option<String>,
}

/// A certificate of the connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExpectedCertificate)]
pub(super) struct ExpectedCertificateOut {
    subject: String,
    /// The thumbprint, lower-case hexadecimal.
    sha256: String,
    /// The thumbprint, upper-case hexadecimal, as Entra ID shows it.
    sha1: String,
    #[serde(with = "time::serde::rfc3339")]
    not_after: OffsetDateTime,
}

/// What was looked at, what it had to be, what it was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Check)]
pub(super) struct CheckOut {
    rule: String,
    subject: String,
    expected: String,
    received: String,
    passed: bool,
}

/// A field that may have to be changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fix)]
pub(super) struct FixOut {
    side: SideOut,
    /// The part of the page there.
    part: String,
    field: String,
    /// What has to be in it; null where that depends.
    #[schema(required = true)]
    value: Option<String>,
    /// The setting of the connection, or of the company where it is the operator's.
    #[schema(required = true)]
    setting: Option<String>,
    /// Where it is in our console.
    #[schema(required = true)]
    url: Option<String>,
}

/// Whose page a field is on.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Side)]
#[serde(rename_all = "snake_case")]
pub(super) enum SideOut {
    IdentityProvider,
    Here,
    Operator,
}

/// Lists sign-ins, the newest first.
///
/// A page looks at a bounded number of them: it may hold none, and go on.
#[utoipa::path(get, path = "/api/v1/attempts", tag = "Sign-ins", operation_id = "listAttempts",
    params(AttemptQuery, PageQuery), security(("token" = ["attempts:read"])),
    responses((status = 200, description = "A page of sign-ins.", body = PageOut<AttemptOut>)))]
pub(super) async fn list(
    caller: Caller<AttemptsRead>,
    list: ListRequest<AttemptQuery, Cursor<AttemptId>>,
) -> Answer {
    let filter = list.query.filter(list.after)?;
    let page = caller.admin().sign_ins(&filter, list.limit).await?;
    let items = page.rows.iter().map(AttemptOut::from).collect();
    list.answer(&caller, items, page.next.as_ref())
}

impl AttemptQuery {
    fn filter(&self, after: Option<Cursor<AttemptId>>) -> Result<SignInFilter, Problem> {
        let id = "Use an identifier.";
        Ok(SignInFilter {
            after,
            outcome: self.outcome.map(Into::into),
            warned: self.warning.unwrap_or_default(),
            kind: self.kind.map(Into::into),
            connection_id: paging::id("connection", self.connection.as_deref(), id)?,
            user_id: paging::id("user", self.user.as_deref(), id)?,
            named: None,
            from: self.from,
            until: self.until,
        })
    }
}

/// Shows a sign-in by its code, with every check.
#[utoipa::path(get, path = "/api/v1/attempts/{code}", tag = "Sign-ins", operation_id = "showAttempt",
    params(("code" = String, Path, description = "The code, such as K7QF-3XHD.")), security(("token" = ["attempts:read"])),
    responses((status = 200, description = "The sign-in.", body = DetailOut)))]
pub(super) async fn show(caller: Caller<AttemptsRead>, Ids((code,)): Ids<(Code,)>) -> Answer {
    let detail = caller.admin().sign_in_detail(&code).await?;
    let attempt = &detail.attempt;
    let warned = attempt.has_warning();
    let who = detail.user.as_ref().or(detail.tester.as_ref());
    answer::json(&DetailOut {
        attempt: AttemptOut {
            code: attempt.code.to_string(),
            kind: attempt.kind.into(),
            outcome: attempt.outcome.into(),
            rule: attempt.rule.clone(),
            warning: warned.then(|| attempt.summary.clone()),
            summary: attempt.summary.clone(),
            connection: attempt.connection_id.map(|id| id.to_string()),
            user: who.map(|user| user.id.to_string()),
            email: detail.email().map(ToString::to_string),
            started_at: attempt.started_at,
            finished_at: attempt.finished_at,
        },
        checks: attempt.record.checks.iter().map(CheckOut::from).collect(),
        advice: attempt.record.advice.clone(),
        fixes: detail.fixes.iter().map(|it| fix(&detail, it)).collect(),
        request_id: attempt.request_id.clone(),
        return_to: attempt.return_to.clone(),
        clocks: clocks(&detail),
        signing: detail.signing.as_ref().map(SigningOut::from),
    })
}

impl From<&SignInRow> for AttemptOut {
    fn from(row: &SignInRow) -> Self {
        Self {
            code: row.code.to_string(),
            kind: row.kind.into(),
            outcome: row.outcome.into(),
            rule: row.rule.clone(),
            warning: row
                .outcome
                .has_warning(row.rule.as_deref())
                .then(|| row.summary.clone()),
            summary: row.summary.clone(),
            connection: row.connection_id.map(|id| id.to_string()),
            user: row.user_id.map(|id| id.to_string()),
            email: row.email.as_ref().map(ToString::to_string),
            started_at: row.started_at,
            finished_at: row.finished_at,
        }
    }
}

impl From<&Check> for CheckOut {
    fn from(check: &Check) -> Self {
        Self {
            rule: check.rule.to_string(),
            subject: check.subject.to_string(),
            expected: check.expected.to_string(),
            received: check.received.to_string(),
            passed: check.passed,
        }
    }
}

impl From<&Signing> for SigningOut {
    fn from(signing: &Signing) -> Self {
        let received = signing.signer.as_ref().map(|it| ReceivedCertificateOut {
            subject: it.subject.clone(),
            sha256: it.sha256.clone(),
            sha1: it.sha1.clone(),
        });
        let expected = signing.configured.iter().map(|it| ExpectedCertificateOut {
            subject: it.subject.clone(),
            sha256: it.sha256.clone(),
            sha1: it.sha1.clone(),
            not_after: it.not_after,
        });
        Self {
            verified: signing.verified,
            received,
            expected: expected.collect(),
        }
    }
}

fn fix(detail: &SignInDetail, fix: &Fix) -> FixOut {
    FixOut {
        side: match fix.side {
            Side::IdentityProvider => SideOut::IdentityProvider,
            Side::Here => SideOut::Here,
            Side::Operator => SideOut::Operator,
        },
        part: fix.part.to_owned(),
        field: fix.field.to_string(),
        value: fix.value.clone(),
        setting: fix.setting.map(str::to_owned),
        url: detail.url(fix),
    }
}

fn clocks(detail: &SignInDetail) -> Option<ClocksOut> {
    Some(ClocksOut {
        drift_seconds: detail.drift?.as_seconds_f64(),
        text: detail.clocks.clone()?,
    })
}

macro_rules! same_words {
    ($ours:ident, $theirs:ident: $($word:ident),+) => {
        impl From<$theirs> for $ours {
            fn from(word: $theirs) -> Self {
                match word { $($theirs::$word => Self::$word,)+ }
            }
        }

        impl From<$ours> for $theirs {
            fn from(word: $ours) -> Self {
                match word { $($ours::$word => Self::$word,)+ }
            }
        }
    };
}

same_words!(OutcomeOut, Outcome: Open, SignedIn, Refused, Tested, SignedOut);
same_words!(KindOut, AttemptKind: Saml, Oidc, Password, Test, SetUp, Logout);
