//! A company with a connection and groups, and sign-ins to it.

use vestibule::admin::{Actor, Admin, NewUser, UserText};
use vestibule::domain::{
    AttemptId, AttemptKind, Company, CompanyId, Connection, Creation, Group, GroupKind,
    LoginAttempt, NameId, Profile, Settings, User, UserId,
};
use vestibule::store::{
    AttemptRef, FederatedProof, Finished, LinkObstacle, PasswordProof, Proof, Refusal, SignIn,
    Store,
};

use crate::support::{self, new_sign_in, people};
pub(super) use crate::support::{NOW, company, group, profile, unique};

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
        let company = company("http://acme.localhost:8080");
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

    /// What an administrator of the company may do, by the command line's word.
    pub(super) fn admin(&self) -> Admin<'_> {
        admin(&self.store, self.company.id)
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
            let grants = people::grants_of(&self.store, user.company_id, user.id).await;
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
        let proof = FederatedProof {
            name_id: Some(name_id.clone()),
            session_index: Some("_index".to_owned()),
            ..support::federated_proof(&self.connection, profile.clone(), assertion_id, NOW)
        };
        new_sign_in(
            self.company.id,
            attempt,
            Proof::Federated(Box::new(proof)),
            NOW,
        )
    }

    /// A sign-in with the password that the user has.
    pub(super) async fn password(&self, user_id: UserId) -> Finished {
        let sealed = self.store.password(user_id).await.unwrap();
        self.typed(user_id, sealed.unwrap_or_default()).await
    }

    /// A sign-in with a password that was verified against this.
    pub(super) async fn typed(&self, user_id: UserId, sealed: Vec<u8>) -> Finished {
        let attempt = new_attempt(self.company.id, AttemptKind::Password);
        let attempt = AttemptRef::New(Box::new(attempt));
        let proof = PasswordProof {
            user_id,
            sealed,
            break_glass: None,
        };
        let proof = Proof::Password(Box::new(proof));
        let sign_in = new_sign_in(self.company.id, attempt, proof, NOW);
        self.store.finish_sign_in(sign_in).await.unwrap()
    }

    pub(super) async fn user(&self, email: &str, created_by: Creation) -> User {
        let user = user(self.company.id, email, created_by);
        people::add(&self.store, &user, None, &[]).await;
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

/// What an administrator of a company may do, by the command line's word.
pub(super) fn admin(store: &Store, company: CompanyId) -> Admin<'_> {
    Admin {
        store,
        keys: support::keys(),
        company,
        actor: Actor::command_line(),
        now: NOW,
        once: None,
    }
}

pub(super) fn connection(company_id: CompanyId, name: &str) -> Connection {
    support::connection(company_id, name, Settings::default())
}

pub(super) fn user(company_id: CompanyId, email: &str, created_by: Creation) -> User {
    User {
        first_name: "B.".into(),
        last_name: "Simon".into(),
        created_by,
        ..support::user(company_id, email)
    }
}

/// A user as an administrator writes one down who knows no more than the address.
pub(super) fn new_user(email: &str) -> NewUser {
    NewUser {
        text: UserText {
            email: email.to_owned(),
            ..UserText::default()
        },
        ..NewUser::default()
    }
}

pub(super) fn new_attempt(company_id: CompanyId, kind: AttemptKind) -> LoginAttempt {
    support::new_attempt(company_id, kind, NOW)
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
pub(super) fn bar(finished: Finished) -> LinkObstacle {
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
