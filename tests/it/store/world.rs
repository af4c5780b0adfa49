//! A company with a connection and groups, and sign-ins to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use time::{Duration, OffsetDateTime, macros::datetime};
use vestibule::domain::{
    AttemptId, AttemptKind, Company, CompanyId, Connection, ConnectionId, Creation, Group,
    GroupClaim, GroupId, GroupKind, LoginAttempt, NameId, Profile, Record, SamlSettings, SessionId,
    User, UserId,
};
use vestibule::store::{
    AttemptRef, Bar, FederatedProof, Finished, NewSession, PasswordProof, Proof, Refusal, SignIn,
    Store,
};

pub(super) const NOW: OffsetDateTime = datetime!(2026-03-01 12:00:00 UTC);

/// Bytes that no other call returns.
pub(super) fn unique() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
}

pub(super) struct World {
    pub(super) store: Store,
    pub(super) company: Company,
    pub(super) connection: Connection,
    /// The JIT group, "SSO Basic", single sign-on only.
    pub(super) basic: Group,
    /// Another group.
    pub(super) staff: Group,
}

impl World {
    /// A company "acme" whose connection makes accounts.
    pub(super) async fn new(store: Store) -> Self {
        let company = company("acme", "http://acme.localhost:8080");
        store.add_company(&company, NOW).await.unwrap();
        let basic = group(company.id, "SSO Basic", GroupKind::Member, true);
        let staff = group(company.id, "Staff", GroupKind::Member, false);
        store.add_group(&basic, NOW).await.unwrap();
        store.add_group(&staff, NOW).await.unwrap();
        let mut connection = connection(company.id, "entra");
        connection.settings.jit = Some(basic.id);
        store.add_connection(&connection, NOW).await.unwrap();
        Self {
            store,
            company,
            connection,
            basic,
            staff,
        }
    }

    /// An attempt that began through the connection.
    pub(super) async fn attempt(&self) -> LoginAttempt {
        let mut attempt = new_attempt(self.company.id, AttemptKind::Saml);
        attempt.connection_id = Some(self.connection.id);
        self.store.add_attempt(&attempt).await.unwrap();
        attempt
    }

    /// A test that began through the connection.
    pub(super) async fn test_attempt(&self) -> LoginAttempt {
        let mut attempt = new_attempt(self.company.id, AttemptKind::Test);
        attempt.request_id = Some(format!("_{}", attempt.id));
        attempt.connection_id = Some(self.connection.id);
        attempt.tested_by = Some(UserId::from_bytes([8; 16]));
        self.store.add_attempt(&attempt).await.unwrap();
        attempt
    }

    /// A whole test with a fresh attempt.
    pub(super) async fn rehearse(&self, assertion_id: &str, profile: &Profile) -> Finished {
        let attempt = self.test_attempt().await;
        self.finish(attempt.id, assertion_id, profile).await
    }

    /// Everyone of the company with what belongs to them, which a test must not change.
    pub(super) async fn everything(&self) -> Vec<String> {
        let mut all = Vec::new();
        for user in self.store.users(self.company.id).await.unwrap() {
            let grants = self.store.grants_of(user.id).await.unwrap();
            let identities = self.store.identities_of(user.id).await.unwrap();
            let sessions = self.store.sessions_of(user.id, NOW).await.unwrap();
            all.push(format!("{user:?} {grants:?} {identities:?} {sessions:?}"));
        }
        all
    }

    /// A whole sign-in with a fresh attempt and a fresh assertion.
    pub(super) async fn sign_in(&self, profile: &Profile) -> Finished {
        let attempt = self.attempt().await;
        self.finish(attempt.id, &text(), profile).await
    }

    pub(super) async fn finish(
        &self,
        attempt: AttemptId,
        assertion_id: &str,
        profile: &Profile,
    ) -> Finished {
        let name_id = NameId::new(profile.subject.clone(), None);
        self.store
            .finish_sign_in(self.saml(AttemptRef::Begun(attempt), assertion_id, profile, &name_id))
            .await
            .unwrap()
    }

    pub(super) fn saml(
        &self,
        attempt: AttemptRef,
        assertion_id: &str,
        profile: &Profile,
        name_id: &NameId,
    ) -> SignIn {
        SignIn {
            company_id: self.company.id,
            attempt,
            proof: Proof::Federated(Box::new(FederatedProof {
                connection: Arc::new(self.connection.clone()),
                profile: profile.clone(),
                assertion_id: assertion_id.to_owned(),
                assertion_expires_at: NOW + Duration::hours(1),
                name_id: Some(name_id.clone()),
                session_index: Some("_index".to_owned()),
                authn_instant: None,
                authn_context: None,
            })),
            session: new_session(),
            replaces: None,
            new_user_id: UserId::from_bytes(unique()),
            record: Record::default(),
            now: NOW,
        }
    }

    /// A sign-in with the password that the user has.
    pub(super) async fn password(&self, user_id: UserId) -> Finished {
        let sealed = self.store.password(user_id).await.unwrap();
        self.typed(user_id, sealed.unwrap_or_default()).await
    }

    /// A sign-in with a password that was verified against this.
    pub(super) async fn typed(&self, user_id: UserId, sealed: Vec<u8>) -> Finished {
        let attempt = new_attempt(self.company.id, AttemptKind::Password);
        let sign_in = SignIn {
            company_id: self.company.id,
            attempt: AttemptRef::New(Box::new(attempt.clone())),
            proof: Proof::Password(Box::new(PasswordProof {
                user_id,
                sealed,
                break_glass: None,
            })),
            session: new_session(),
            replaces: None,
            new_user_id: UserId::from_bytes(unique()),
            record: Record::default(),
            now: NOW,
        };
        self.store.finish_sign_in(sign_in).await.unwrap()
    }

    pub(super) async fn user(&self, email: &str, created_by: Creation) -> User {
        let user = user(self.company.id, email, created_by);
        self.store.add_user(&user).await.unwrap();
        user
    }

    /// Assigns a domain of the company to a connection.
    pub(super) async fn assign(&self, domain: &str, connection: &Connection) {
        crate::support::assign(&self.store, connection, domain).await;
    }

    /// Counts that a refusal must not change: users and sessions.
    pub(super) async fn people(&self) -> (usize, usize) {
        let users = self.store.users(self.company.id).await.unwrap();
        let mut sessions = 0;
        for user in &users {
            sessions += self.store.sessions_of(user.id, NOW).await.unwrap().len();
        }
        (users.len(), sessions)
    }

    pub(super) async fn titles(&self, user: UserId) -> Vec<String> {
        self.store
            .groups_of(user)
            .await
            .unwrap()
            .into_iter()
            .map(|group| group.title)
            .collect()
    }
}

pub(super) fn new_session() -> NewSession {
    NewSession {
        id: SessionId::from_bytes(unique()),
        expires_at: NOW + Duration::hours(8),
        idle: Duration::hours(1),
    }
}

pub(super) fn company(slug: &str, origin: &str) -> Company {
    Company {
        id: CompanyId::from_bytes(unique()),
        slug: slug.parse().unwrap(),
        name: slug.to_uppercase(),
        origin: origin.parse().unwrap(),
        aliases: vec![],
        return_origins: vec![],
        landing: None,
        organization: None,
        contact: None,
        encrypted_assertions: false,
        logo: None,
        created_at: NOW,
        suspended_at: None,
        revision: 0,
    }
}

pub(super) fn connection(company_id: CompanyId, name: &str) -> Connection {
    Connection {
        id: ConnectionId::from_bytes(unique()),
        company_id,
        name: name.parse().unwrap(),
        display_name: name.to_uppercase(),
        sort_order: 0,
        enabled: true,
        settings: SamlSettings::default(),
        revision: 0,
        created_at: NOW,
    }
}

pub(super) fn group(company_id: CompanyId, title: &str, kind: GroupKind, sso_only: bool) -> Group {
    Group {
        id: GroupId::from_bytes(unique()),
        company_id,
        title: title.into(),
        kind,
        sso_only,
        created_at: NOW,
    }
}

pub(super) fn user(company_id: CompanyId, email: &str, created_by: Creation) -> User {
    User {
        id: UserId::from_bytes(unique()),
        company_id,
        email: email.parse().unwrap(),
        first_name: "B.".into(),
        last_name: "Simon".into(),
        company_name: String::new(),
        created_by,
        has_password: false,
        waits_for: None,
        disabled_at: None,
        created_at: NOW,
        last_sign_in_at: None,
    }
}

pub(super) fn new_attempt(company_id: CompanyId, kind: AttemptKind) -> LoginAttempt {
    let bytes = unique();
    let mut attempt =
        LoginAttempt::open(AttemptId::from_bytes(bytes), company_id, kind, [7; 32], NOW);
    if kind == AttemptKind::Saml {
        attempt.request_id = Some(format!("_{}", attempt.id));
        attempt.relay = Some(format!("r{}", attempt.id));
    }
    attempt
}

pub(super) fn profile(subject: &str, email: &str) -> Profile {
    Profile {
        subject: subject.into(),
        other_names: vec![],
        old_names: vec![],
        email: Some(email.parse().unwrap()),
        name_id_email: Some(email.parse().unwrap()),
        first_name: Some("Britta".into()),
        last_name: Some("Simon".into()),
        company_name: Some("Contoso".into()),
        display_name: None,
        groups: GroupClaim::Missing,
    }
}

pub(super) fn text() -> String {
    format!("_{:032x}", u128::from_be_bytes(unique()))
}

/// The user of a sign-in, and whether it was made.
#[track_caller]
pub(super) fn signed_in(finished: Finished) -> (User, bool) {
    match finished {
        Finished::SignedIn { user, made, .. } => (*user, made),
        Finished::Refused { refusal, .. } => panic!("refused: {refusal}"),
        Finished::Rehearsed { .. } => panic!("rehearsed"),
    }
}

/// What was in the way of linking.
#[track_caller]
pub(super) fn bar(finished: Finished) -> Bar {
    match refused(finished) {
        Refusal::NotLinked { why, .. } => why,
        other => panic!("{other}"),
    }
}

#[track_caller]
pub(super) fn refused(finished: Finished) -> Refusal {
    match finished {
        Finished::SignedIn { .. } => panic!("signed in"),
        Finished::Refused { refusal, .. } => refusal,
        Finished::Rehearsed { .. } => panic!("rehearsed"),
    }
}
