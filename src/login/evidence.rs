//! What is kept beside the record of a refused sign-in, and of a test.
//!
//! Invariant: it is sealed before it leaves this room, kept for a bounded time, and never of a sign-in that succeeded. Whether it
//! is kept decides nothing.
//!
//! Tests: `tests/it/store/evidence.rs`. The other half, which opens it, is `admin::sign_in`.

use time::{Duration, OffsetDateTime};

use super::Error;
use crate::app::App;
use crate::domain::{AttemptId, CompanyId, Evidence, EvidenceKind, Findings, NewKey, PendingLink};

/// The longest message that is kept or looked at once more, in octets. Entra's are a tenth of it, with all groups that fit in.
pub(super) const LONGEST_RESPONSE: usize = 64 * 1024;
/// How long an administrator can look at what a test found.
const FINDINGS: Duration = Duration::hours(1);

/// Keeps what a refused sign-in or a test received, as long as the operator wants it.
pub(super) async fn keep_response(app: &App, company: CompanyId, attempt: AttemptId, xml: &[u8]) {
    let configured = &app.config.attempts;
    let days = Duration::days(configured.retention_days.into());
    let keep = Duration::hours(configured.keep_responses_hours.into()).min(days);
    if keep.is_zero() || xml.len() > LONGEST_RESPONSE {
        return;
    }
    let of = (company, attempt, EvidenceKind::Response);
    // The verdict has fallen, and stands without it.
    if let Err(cause) = keep_sealed(app, of, xml, keep).await {
        tracing::warn!(%cause, "what a refused sign-in received was not kept");
    }
}

/// Keeps what a test found.
pub(super) async fn keep_findings(
    app: &App,
    company: CompanyId,
    attempt: AttemptId,
    findings: &Findings,
) -> Result<(), Error> {
    let text = serde_json::to_vec(findings).map_err(|cause| Error::Findings(cause.to_string()))?;
    let of = (company, attempt, EvidenceKind::Findings);
    keep_sealed(app, of, &text, FINDINGS).await
}

/// Keeps that the key of a refused sign-in is in the metadata, as long as the sign-in's record.
pub(super) async fn keep_new_key(
    app: &App,
    company: CompanyId,
    attempt: AttemptId,
    key: &NewKey,
) -> Result<(), Error> {
    let text = serde_json::to_vec(key).map_err(|cause| Error::Findings(cause.to_string()))?;
    let keep = Duration::days(app.config.attempts.retention_days.into());
    let of = (company, attempt, EvidenceKind::NewKey);
    keep_sealed(app, of, &text, keep).await
}

/// How long an administrator can link a refused identity by hand.
const LINK: Duration = Duration::days(7);

/// Keeps which identity may be linked to which account.
pub(super) async fn keep_link(
    app: &App,
    company: CompanyId,
    attempt: AttemptId,
    link: &PendingLink,
) {
    let Ok(text) = serde_json::to_vec(link) else {
        return;
    };
    let days = Duration::days(app.config.attempts.retention_days.into());
    let of = (company, attempt, EvidenceKind::Link);
    if let Err(cause) = keep_sealed(app, of, &text, LINK.min(days)).await {
        tracing::warn!(%cause, "which account a refused identity may be linked to was not kept");
    }
}

async fn keep_sealed(
    app: &App,
    (company_id, attempt_id, kind): (CompanyId, AttemptId, EvidenceKind),
    content: &[u8],
    keep: Duration,
) -> Result<(), Error> {
    let kept_at: OffsetDateTime = app.clock.now();
    let evidence = Evidence {
        attempt_id,
        company_id,
        kind,
        sealed: app.keys.seal(&kind.purpose(attempt_id), content),
        kept_at,
        expires_at: kept_at.saturating_add(keep),
    };
    app.store.keep_evidence(evidence).await?;
    Ok(())
}
