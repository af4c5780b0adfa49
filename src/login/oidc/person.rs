//! A subject becomes an [`Authenticated`] person, or a refusal (rules R and S).

use std::sync::Arc;

use super::redeem::RedeemedCode;
use super::refusal::refusal;
use crate::app::App;
use crate::domain::{
    AttemptKind, ClaimSource, Connection, Findings, GroupClaim, LoginAttempt, OidcSettings,
    Profile, Record,
};
use crate::login::authenticated::Authenticated;
use crate::login::record::SignInRefusal;
use crate::login::refusal_reason::RefusalReason;
use crate::oidc::{self, AuthenticatedSubject, Checks, ClaimSet, Rejection};
use crate::site::record_check;
use crate::store::FederatedProof;
use time::Duration;

/// The longest `sid` that is kept, in octets, as of SAML's `SessionIndex`: sessions are found by it, and no index takes endless ones.
const LONGEST_SID: usize = 1024;

/// From a subject to a person. A test is told what was found as well.
pub(super) fn authenticate(
    app: &App,
    connection: &Arc<Connection>,
    oidc: &OidcSettings,
    redeemed: RedeemedCode,
    session_state: Option<String>,
    mut checks: Checks,
    attempt: &LoginAttempt,
) -> Result<Authenticated, SignInRefusal> {
    let RedeemedCode {
        subject, id_token, ..
    } = redeemed;
    let settings = &connection.settings;
    let groups = match groups(subject.claims(), &settings.attributes.groups, &mut checks) {
        Ok(groups) => groups,
        Err(rejection) => return Err(refusal(&rejection, checks)),
    };
    let record = Record {
        checks: checks.into_vec().into_iter().map(record_check).collect(),
        advice: Vec::new(),
    };
    let findings = |person| {
        (attempt.kind == AttemptKind::Test)
            .then(|| Box::new(findings(app, connection, &subject, person)))
    };
    let profile = match Profile::of_subject(settings, &subject, groups) {
        Ok(profile) => profile,
        Err(error) => {
            let refusal = SignInRefusal::new(&RefusalReason::Claims(error)).after(record);
            let named = subject.email().map(|email| email.address.clone());
            return Err(refusal.finding(findings(None)).naming(named.as_deref()));
        }
    };
    if settings.refuses_groups(&profile.groups) {
        let refusal = SignInRefusal::new(&RefusalReason::TooManyGroups).after(record);
        let named = subject.email().map(|email| email.address.clone());
        return Err(refusal
            .finding(findings(Some(profile)))
            .naming(named.as_deref()));
    }
    // Rule T1: at Entra both are the same value, and the claim is optional.
    let sid = subject.claims().text("sid");
    let sid = sid.or_else(|| session_state.filter(|_| oidc.issuer.is_entra()));
    let sid = sid.filter(|sid| sid.len() <= LONGEST_SID && !sid.contains('\0'));
    // Rule T2: Entra takes the claim that it gives for this, others the token.
    let hint = if oidc.issuer.is_entra() {
        subject.claims().text("login_hint")
    } else {
        Some(id_token)
    };
    let hint = hint.filter(|_| settings.single_logout);
    let logout_hint = hint.and_then(|hint| app.seal_logout_hint(attempt.id, oidc, &hint));
    Ok(Authenticated {
        findings: findings(Some(profile.clone())),
        age: Duration::ZERO,
        // How long a session lasts is the company's to say (rule T1).
        session_end: None,
        proof: FederatedProof {
            connection: Arc::clone(connection),
            profile,
            assertion: None,
            name_id: None,
            session_index: sid,
            logout_hint,
            authn_instant: subject.auth_time(),
            authn_context: subject.claims().text("acr"),
        },
        record,
    })
}

/// The groups of all claims that may hold some (rule S2): what overflows in one of them is not known.
fn groups(
    claims: &ClaimSet,
    sources: &[ClaimSource],
    checks: &mut Checks,
) -> Result<GroupClaim, Rejection> {
    let (mut values, mut is_there) = (Vec::new(), false);
    for source in sources {
        let Some(name) = source.name() else { continue };
        match oidc::GroupClaim::read(claims, name, checks)? {
            oidc::GroupClaim::Overflow => return Ok(GroupClaim::Overflow),
            oidc::GroupClaim::Missing => {}
            oidc::GroupClaim::Values(read) => {
                is_there = true;
                values.extend(source.values(read.iter().map(String::as_str)));
            }
        }
    }
    Ok(if is_there {
        GroupClaim::Values(values)
    } else {
        GroupClaim::Missing
    })
}

/// What a test tells the administrator.
fn findings(
    app: &App,
    connection: &Connection,
    subject: &AuthenticatedSubject,
    person: Option<Profile>,
) -> Findings {
    let claims = subject.claims();
    let texts: Vec<(String, Vec<String>)> = claims
        .paths()
        .map(|name| {
            let texts = claims.texts(&name);
            (name, texts)
        })
        .collect();
    let attributes = texts.iter().map(|(name, texts)| (&**name, &**texts));
    let issued = claims.all().seconds("iat").ok().flatten();
    let drift = issued.map(|issued| app.clock.now().unix_timestamp() - issued);
    Findings {
        person,
        authn_context: claims.text("acr"),
        authn_instant: subject.auth_time(),
        drift_ms: drift.unwrap_or_default().saturating_mul(1000),
        ..Findings::new(&connection.settings, None, attributes)
    }
}
