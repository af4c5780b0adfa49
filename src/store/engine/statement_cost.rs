//! What sign-ins, a new user and an overview cost SQLite, counted in the steps of its virtual machine.

use std::sync::Arc;

use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::database::sqlite::step_count::steps_so_far;
use crate::domain::{
    AddressTrust, AttemptId, AttemptKind, Attributes, AuditEvent, AuditId, Company, CompanyId,
    Connection, ConnectionId, Creation, GroupClaim, LoginAttempt, Profile, Record, SessionId,
    Settings, User, UserId,
};
use crate::store::{
    AttemptRef, AuditFilter, FederatedProof, Finished, NewSession, Proof, SignIn, Store,
    UsedAssertion,
};

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// Good enough for identifiers.
fn hash(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0_u8; 32];
    for (place, byte) in bytes.iter().enumerate() {
        let there = &mut hash[place % 32];
        *there = there.rotate_left(3) ^ byte;
    }
    hash
}

struct TestSite {
    store: Store,
    connection: Arc<Connection>,
    next: u128,
}

impl TestSite {
    fn unique(&mut self) -> [u8; 16] {
        self.next += 1;
        self.next.to_be_bytes()
    }

    async fn with_users(store: Store, users: usize) -> Self {
        let company = Company {
            id: CompanyId::from_bytes([1; 16]),
            slug: "acme".parse().unwrap(),
            name: "ACME".into(),
            origin: "http://acme.localhost:8080".parse().unwrap(),
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
        };
        store.add_company(&company, NOW).await.unwrap();
        let connection = Connection {
            id: ConnectionId::from_bytes([2; 16]),
            company_id: company.id,
            name: "entra".parse().unwrap(),
            display_name: "Entra".into(),
            sort_order: 0,
            enabled: true,
            settings: Settings::default(),
            revision: 0,
            created_at: NOW,
        };
        store.add_connection(&connection, NOW).await.unwrap();
        let mut site = Self {
            store: store.clone(),
            connection: Arc::new(connection),
            next: 1,
        };
        let mut tx = store.begin().await.unwrap();
        for number in 0..users {
            let user = site.user(number);
            tx.add_user(&user).await.unwrap();
            let name = format!("oid:{number}");
            tx.bind_identity(site.connection.id, &name, user.id, NOW)
                .await
                .unwrap();
        }
        tx.commit(NOW).await.unwrap();
        for _ in 0..users {
            let attempt = site.attempt();
            store.add_attempt(&attempt).await.unwrap();
        }
        site
    }

    fn user(&mut self, number: usize) -> User {
        User {
            id: UserId::from_bytes(self.unique()),
            company_id: self.connection.company_id,
            email: format!("user{number}@acme.example").parse().unwrap(),
            first_name: "B.".into(),
            last_name: "Simon".into(),
            company_name: String::new(),
            attributes: Attributes::new(),
            created_by: Creation::Administrator,
            has_password: false,
            waits_for: None,
            disabled_at: None,
            created_at: NOW,
            last_sign_in_at: None,
        }
    }

    fn attempt(&mut self) -> LoginAttempt {
        let id = AttemptId::from_bytes(self.unique());
        let company = self.connection.company_id;
        LoginAttempt {
            connection_id: Some(self.connection.id),
            request_id: Some(format!("_{id}")),
            ..LoginAttempt::open(id, company, AttemptKind::Saml, [7; 32], NOW)
        }
    }

    /// A start, its end, and a check of the session.
    async fn sign_in(&mut self, number: usize) {
        let attempt = self.attempt();
        self.store.add_attempt(&attempt).await.unwrap();
        let session = SessionId::from_bytes(self.unique());
        let email = format!("user{number}@acme.example").parse().unwrap();
        let sign_in = SignIn {
            company_id: self.connection.company_id,
            attempt: AttemptRef::Begun(attempt.id),
            proof: Proof::Federated(Box::new(FederatedProof {
                connection: Arc::clone(&self.connection),
                profile: Profile {
                    subject: format!("oid:{number}"),
                    other_names: vec![format!("name_id(persistent):{number}")],
                    old_names: vec![],
                    email: Some(email),
                    name_id_email: None,
                    address_trust: AddressTrust::ByNameId,
                    first_name: Some("Britta".into()),
                    last_name: None,
                    company_name: None,
                    display_name: None,
                    further: Attributes::new(),
                    groups: GroupClaim::Values(vec![]),
                },
                assertion: Some(UsedAssertion {
                    id: format!("_a{}", attempt.id),
                    expires_at: NOW + Duration::hours(1),
                }),
                name_id: None,
                session_index: None,
                logout_hint: None,
                authn_instant: None,
                authn_context: None,
            })),
            session: NewSession {
                id: session,
                expires_at: NOW + Duration::hours(8),
                idle: Duration::hours(1),
            },
            replaces: None,
            new_user_id: UserId::from_bytes(self.unique()),
            record: Record::default(),
            now: NOW,
        };
        let finished = self.store.finish_sign_in(sign_in).await.unwrap();
        assert!(matches!(finished, Finished::SignedIn { made: false, .. }));
        let key = self.store.session_key(&session);
        assert!(self.store.signed_in(key, NOW).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_sign_in_costs_the_same_however_many_users_there_are() {
    let mut found = Vec::new();
    for users in [10, 1_000, 10_000] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("vestibule.sqlite3");
        let url = format!("sqlite:{}", file.display());
        let store = Store::open(&url, hash).await.unwrap();
        let mut site = TestSite::with_users(store, users).await;
        let file = file.to_str().unwrap();
        let mut steps = Vec::new();
        for number in 1..6 {
            let before = steps_so_far(file);
            site.sign_in(number).await;
            steps.push(steps_so_far(file) - before);
        }
        found.push(steps);
    }
    assert!(found[0].iter().all(|steps| *steps > 0), "{found:?}");
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
}

#[tokio::test]
async fn one_more_user_costs_the_same_however_many_there_are() {
    let mut found = Vec::new();
    for users in [10, 10_000] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("vestibule.sqlite3");
        let url = format!("sqlite:{}", file.display());
        let store = Store::open(&url, hash).await.unwrap();
        let mut site = TestSite::with_users(store, users).await;
        let another = site.user(users);
        let file = file.to_str().unwrap();
        let before = steps_so_far(file);
        let mut tx = site.store.begin().await.unwrap();
        assert!(tx.add_user(&another).await.unwrap());
        tx.commit(NOW).await.unwrap();
        found.push(steps_so_far(file) - before);
    }
    assert!(found[0] > 0, "{found:?}");
    assert_eq!(found[0], found[1]);
}

#[tokio::test]
async fn an_overview_costs_the_same_however_many_sign_ins_are_open() {
    let mut found = Vec::new();
    for open in [0, 5_000] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("vestibule.sqlite3");
        let url = format!("sqlite:{}", file.display());
        let store = Store::open(&url, hash).await.unwrap();
        let mut site = TestSite::with_users(store, 10).await;
        for number in 1..6 {
            site.sign_in(number).await;
        }
        for _ in 0..open {
            let attempt = site.attempt();
            site.store.add_attempt(&attempt).await.unwrap();
        }
        let file = file.to_str().unwrap();
        let before = steps_so_far(file);
        let (store, company) = (&site.store, site.connection.company_id);
        let since = NOW - Duration::days(30);
        let newest = store.latest_outcomes(company, since, 500).await.unwrap();
        assert_eq!(newest.len(), 1);
        assert!(newest[0].summary.starts_with("Signed in"));
        let last = store
            .outcomes_by_connection(company, since, 200)
            .await
            .unwrap();
        assert_eq!(last.len(), 5);
        let latest = store.latest_sign_ins(company, 5).await.unwrap();
        assert_eq!(latest.len(), 5);
        found.push(steps_so_far(file) - before);
    }
    assert_eq!(found[0], found[1]);
}

#[tokio::test]
async fn an_export_of_one_moment_reads_each_entry_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("vestibule.sqlite3");
    let url = format!("sqlite:{}", file.display());
    let store = Store::open(&url, hash).await.unwrap();
    let company = CompanyId::from_bytes([1; 16]);
    let entry = |number: u128| AuditEvent {
        id: AuditId::from_bytes(number.to_be_bytes()),
        company_id: Some(company),
        at: NOW,
        actor: "anna@acme.example".to_owned(),
        action: crate::domain::AuditAction::UserAdd.into(),
        subject: format!("user{number}@acme.example"),
        detail: String::new(),
        client: None,
        before: None,
        after: None,
    };
    let entries: Vec<AuditEvent> = (1..=4_000).map(entry).collect();
    let mut tx = store.begin().await.unwrap();
    tx.audit_many(&entries).await.unwrap();
    tx.commit(NOW).await.unwrap();
    let file = file.to_str().unwrap();
    let (mut filter, mut found, mut steps) = (AuditFilter::default(), 0, Vec::new());
    loop {
        let before = steps_so_far(file);
        let part = store.audit_part(company, &filter, 1 << 20).await.unwrap();
        found += part.rows.len();
        let Some(next) = part.next else { break };
        steps.push(steps_so_far(file) - before);
        filter.after = Some(next);
    }
    assert_eq!((found, steps.len()), (entries.len(), 8));
    // The first part has no place to begin behind.
    assert!(steps.iter().skip(1).all(|it| *it == steps[1]), "{steps:?}");
    assert!(steps[0] <= steps[1] + 10, "{steps:?}");
}
