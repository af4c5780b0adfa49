//! The nouns as tests begin with them, each with an identifier that no other has.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use vestibule::domain::{
    AddressTrust, Application, ApplicationId, ApplicationSettings, AttemptId, AttemptKind,
    Attributes, Company, CompanyDomain, CompanyId, Connection, ConnectionId, Creation, Group,
    GroupClaim, GroupId, GroupKind, LoginAttempt, Profile, Record, ServedCompanies, SessionId,
    Settings, User, UserId,
};
use vestibule::store::{
    AttemptRef, FederatedProof, NewSession, Proof, SignIn, Store, UsedAssertion,
};

/// When tests with a fixed clock begin.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// The hosts of two companies' sites.
pub(crate) const ACME: &str = "acme.localhost:8080";
pub(crate) const BETA: &str = "beta.localhost:8080";

/// Sixteen octets that no other call gives.
pub(crate) fn unique() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
}

/// A company at an origin. The first label of its host is the slug, in upper case the name.
pub(crate) fn company(origin: &str) -> Company {
    let host = origin.split_once("://").unwrap().1;
    let slug = host.split('.').next().unwrap();
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
        encrypted_assertions: true,
        logo: None,
        created_at: NOW,
        suspended_at: None,
        revision: 0,
    }
}

/// An application that serves one company, or every one: at a host for each company and at one for all.
pub(crate) fn application(name: &str, company: Option<&Company>) -> Application {
    let host = format!("{name}.example.com");
    let origins = [
        format!("https://{{company}}.{host}"),
        format!("https://{host}"),
    ];
    Application {
        id: ApplicationId::from_bytes(unique()),
        name: name.parse().unwrap(),
        display_name: name.to_uppercase(),
        settings: ApplicationSettings {
            origins: origins.iter().map(|it| it.parse().unwrap()).collect(),
            description: format!("What {name} is for"),
            audience: Some(format!("urn:{name}")),
            groups: vec!["SSO Basic".to_owned()],
            ..ApplicationSettings::default()
        },
        companies: match company {
            Some(company) => ServedCompanies::Named(vec![company.id]),
            None => ServedCompanies::Every,
        },
        created_at: NOW,
    }
}

/// A permission group.
pub(crate) fn group(company_id: CompanyId, title: &str, kind: GroupKind, sso_only: bool) -> Group {
    Group {
        id: GroupId::from_bytes(unique()),
        company_id,
        title: title.to_owned(),
        kind,
        sso_only,
        created_at: NOW,
    }
}

/// A user that an administrator made, and of whom no more than the address is known.
pub(crate) fn user(company_id: CompanyId, email: &str) -> User {
    User {
        id: UserId::from_bytes(unique()),
        company_id,
        email: email.parse().unwrap(),
        first_name: String::new(),
        last_name: String::new(),
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

/// An enabled connection.
pub(crate) fn connection(
    company_id: CompanyId,
    name: &str,
    settings: impl Into<Settings>,
) -> Connection {
    Connection {
        id: ConnectionId::from_bytes(unique()),
        company_id,
        name: name.parse().unwrap(),
        display_name: name.to_uppercase(),
        sort_order: 0,
        enabled: true,
        settings: settings.into(),
        revision: 0,
        created_at: NOW,
    }
}

/// An attempt that begins now. One of single sign-on has a request.
pub(crate) fn new_attempt(
    company_id: CompanyId,
    kind: AttemptKind,
    now: OffsetDateTime,
) -> LoginAttempt {
    let id = AttemptId::from_bytes(unique());
    let mut attempt = LoginAttempt::open(id, company_id, kind, [7; 32], now);
    if kind == AttemptKind::Saml {
        attempt.request_id = Some(format!("_{}", attempt.id));
        attempt.relay = Some(format!("r{}", attempt.id));
    }
    attempt
}

/// What an identity provider says of somebody.
pub(crate) fn profile(subject: &str, email: &str) -> Profile {
    Profile {
        subject: subject.into(),
        other_names: vec![],
        old_names: vec![],
        email: Some(email.parse().unwrap()),
        name_id_email: Some(email.parse().unwrap()),
        address_trust: AddressTrust::ByNameId,
        first_name: Some("Britta".into()),
        last_name: Some("Simon".into()),
        company_name: Some("Contoso".into()),
        display_name: None,
        further: Attributes::new(),
        groups: GroupClaim::Missing,
    }
}

/// An assertion that has passed every check, as the transaction that ends a sign-in gets it.
pub(crate) fn federated_proof(
    connection: &Connection,
    profile: Profile,
    assertion_id: &str,
    now: OffsetDateTime,
) -> FederatedProof {
    FederatedProof {
        connection: Arc::new(connection.clone()),
        profile,
        assertion: Some(UsedAssertion {
            id: assertion_id.to_owned(),
            expires_at: now + Duration::hours(1),
        }),
        name_id: None,
        session_index: None,
        logout_hint: None,
        authn_instant: None,
        authn_context: None,
    }
}

/// The end of a sign-in.
pub(crate) fn new_sign_in(
    company_id: CompanyId,
    attempt: AttemptRef,
    proof: Proof,
    now: OffsetDateTime,
) -> SignIn {
    SignIn {
        company_id,
        attempt,
        proof,
        session: NewSession {
            id: SessionId::from_bytes(unique()),
            expires_at: now + Duration::hours(8),
            idle: Duration::hours(1),
        },
        replaces: None,
        new_user_id: UserId::from_bytes(unique()),
        record: Record::default(),
        now,
    }
}

/// Assigns an e-mail domain of a company to one of its connections, added before where it is new.
pub(crate) async fn assign(store: &Store, connection: &Connection, domain: &str) {
    let domain = CompanyDomain {
        company_id: connection.company_id,
        name: domain.parse().unwrap(),
        connection_id: None,
        links: true,
        verified: None,
        created_at: NOW,
    };
    let mut tx = store.begin().await.unwrap();
    tx.add_domain(&domain).await.unwrap();
    let assigned = tx
        .assign_domain(domain.company_id, &domain.name, Some(connection.id))
        .await;
    assert!(assigned.unwrap());
    tx.commit(NOW).await.unwrap();
}
