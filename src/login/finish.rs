//! The end of every sign-in: a person for whom an identity provider has vouched gets a session, or a refusal with a record.
//!
//! Nothing here knows the protocol. Rules E1, E4 and F. Tests: `tests/it/sign_in/accounts.rs`. The other half is `store::sign_in`,
//! which stores.

use super::authenticated::Authenticated;
use super::{Ending, Error, KnownBrowser, advice, connection_test, evidence, overage};
use crate::app::App;
use crate::domain::{AttemptKind, GroupClaim, LoginAttempt, PendingLink, SessionId, UserId};
use crate::keys;
use crate::site::Site;
use crate::store::{self, AttemptRef, FederatedProof, Finished, NewSession, Proof, SignIn};

use std::sync::Arc;

use time::OffsetDateTime;

/// The attempt that a sign-in ends, and where it leads.
pub(super) struct AttemptToFinish<'a> {
    /// How the store finds the attempt.
    pub(super) reference: AttemptRef,
    pub(super) attempt: &'a LoginAttempt,
    /// The browser's session so far, which ends with this sign-in.
    pub(super) former: Option<SessionId>,
    pub(super) return_to: String,
}

/// Ends a sign-in or a test, whatever the protocol was. One transaction: the attempt, the proof's one use, the account, the session.
pub(super) async fn finish(
    app: &App,
    site: &Site,
    mut authenticated: Authenticated,
    to_finish: AttemptToFinish<'_>,
) -> Result<Ending, Error> {
    overage::look_up(app, site, &mut authenticated).await;
    let Authenticated {
        proof,
        session_end,
        findings,
        record,
        ..
    } = authenticated;
    let AttemptToFinish {
        reference,
        attempt,
        former,
        return_to,
    } = to_finish;
    let now = app.clock.now();
    note_groups(app, &proof, now).await;
    let latest = now + app.config.session.absolute.time();
    let session = SessionId::from_bytes(keys::random());
    let connection = Arc::clone(&proof.connection);
    let subject = proof.profile.subject.clone();
    let sign_in = SignIn {
        company_id: site.company.id,
        attempt: reference,
        proof: Proof::Federated(Box::new(proof)),
        session: NewSession {
            id: session,
            // Rule D6.
            expires_at: session_end.map_or(latest, |end| end.min(latest)),
            idle: app.config.session.idle.time(),
        },
        replaces: former,
        new_user_id: UserId::from_bytes(keys::random()),
        record,
        now,
    };
    match app.store.finish_sign_in(sign_in).await? {
        Finished::SignedIn { user, .. } => Ok(Ending::SignedIn {
            session,
            return_to,
            code: attempt.code.clone(),
            known: KnownBrowser::after(app, &user),
            through: attempt.connection_id,
        }),
        // A double click: the same Response, or another to the same request, was faster by a moment, here or on another
        // server. Our own re-post finds what it began (rule E4), and cannot come here again: the attempt has ended.
        Finished::Refused {
            refusal: store::Refusal::AttemptConsumed,
            ..
        } => Ok(Ending::Repost { record: None }),
        Finished::Refused { .. } if attempt.kind == AttemptKind::Test => {
            Box::pin(connection_test::conclude(app, attempt, findings, None)).await
        }
        Finished::Refused { refusal, .. } => {
            if let Some(user) = refusal.linkable() {
                let link = PendingLink {
                    connection: connection.id,
                    subject,
                    user,
                    provider: connection.settings.provider_name(),
                };
                Box::pin(evidence::keep_link(app, site.company.id, attempt.id, &link)).await;
            }
            Ok(Ending::Refused {
                code: attempt.code.clone(),
                attempt: attempt.id,
                advice: advice::on_account(&refusal),
                return_to: attempt.return_to.clone(),
            })
        }
        Finished::Rehearsed { rehearsal, .. } => {
            Box::pin(connection_test::conclude(
                app,
                attempt,
                findings,
                Some(*rehearsal),
            ))
            .await
        }
    }
}

/// The first group claim of a connection is noted, whoever brings it (rule S2). No sign-in fails for that.
async fn note_groups(app: &App, proof: &FederatedProof, now: OffsetDateTime) {
    let is_new = matches!(proof.profile.groups, GroupClaim::Values(_))
        && !proof.connection.settings.groups_seen;
    if is_new && let Err(error) = app.store.note_groups_seen(&proof.connection, now).await {
        tracing::warn!(%error, connection = %proof.connection.name, "that its group claim came was not noted");
    }
}

/// Where a sign-in without a target ends.
pub fn landing(site: &Site) -> String {
    site.company
        .landing
        .clone()
        .unwrap_or_else(|| "/".to_owned())
}
