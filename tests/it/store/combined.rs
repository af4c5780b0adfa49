//! Rules F1 to F4 in all combinations: whose account a verified sign-in opens, told by a small model of the rules.

use tokio::task::JoinSet;
use vestibule::domain::{AccountMatch, ConnectionId, Creation, Email, UserId};
use vestibule::store::{Finished, LinkObstacle, Refusal, Store};

use super::database::{Database, on_both};
use super::world::{NOW, World, company, connection, group, profile, signed_in, text, user};
use crate::support::people;

on_both!(every_way_to_an_account);

const SIMON: &str = "b.simon@contoso.com";

/// Who has the address that the assertion names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    Nobody,
    /// An account with a password, bound to nothing.
    Local,
    /// An account that an administrator made for single sign-on through the connection.
    Waiting,
    /// One that was made for single sign-on, and nobody has said through which connection.
    WaitingForNobody,
    /// One that waits for the other connection.
    WaitingForAnother,
    /// An account of another subject of the same connection.
    OfAnotherSubject,
    /// An account of another connection.
    OfAnotherConnection,
    /// An account of another connection that is not enabled any more.
    OfADisabledConnection,
    /// An account of another connection, which an administrator lets wait for this one.
    OfAnotherAndWaiting,
}

const HOLDERS: [Holder; 9] = [
    Holder::Nobody,
    Holder::Local,
    Holder::Waiting,
    Holder::WaitingForNobody,
    Holder::WaitingForAnother,
    Holder::OfAnotherSubject,
    Holder::OfAnotherConnection,
    Holder::OfADisabledConnection,
    Holder::OfAnotherAndWaiting,
];

/// What is known of the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Unknown,
    /// It has an account, with another address of the same domain.
    Known,
    /// The same, with an address in a domain that is assigned to the other connection.
    KnownElsewhere,
}

const SUBJECTS: [Subject; 3] = [Subject::Unknown, Subject::Known, Subject::KnownElsewhere];

impl Subject {
    /// The address of its account.
    fn address(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::Known => Some("old@contoso.com"),
            Self::KnownElsewhere => Some("old@fabrikam.example"),
        }
    }
}

/// Which connection the address's domain is assigned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Nobody,
    This,
    Other,
}

/// One combination.
#[derive(Debug, Clone, Copy)]
struct Case {
    subject: Subject,
    /// The assertion names an address.
    named: bool,
    holder: Holder,
    owner: Owner,
    jit: bool,
    deactivated: bool,
}

/// What the rules say.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    /// The account of the subject.
    Known,
    /// The account of the address.
    Holder,
    Made,
    Refused(Refusal),
}

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        SUBJECTS.into_iter().flat_map(|subject| {
            (0..1 << 3).flat_map(move |bits: u32| {
                let bit = move |at: u32| bits & (1 << at) != 0;
                [Owner::Nobody, Owner::This, Owner::Other]
                    .into_iter()
                    .flat_map(move |owner| {
                        HOLDERS.into_iter().map(move |holder| Self {
                            subject,
                            named: bit(0),
                            holder,
                            owner,
                            jit: bit(1),
                            deactivated: bit(2),
                        })
                    })
            })
        })
    }

    /// The model. The account of the address is `holder`.
    fn told(self, holder: Option<UserId>) -> Told {
        let email: Email = SIMON.parse().unwrap();
        let opened = |told, address: &str| {
            if self.deactivated {
                let email = address.parse().unwrap();
                Told::Refused(Refusal::Deactivated { email }) // rule F4
            } else {
                told
            }
        };
        if let Some(address) = self.subject.address() {
            return opened(Told::Known, address); // rule F1: whatever the address
        }
        if !self.named {
            let subject = "oid:1".to_owned();
            return Told::Refused(Refusal::NoEmail { subject });
        }
        if self.owner == Owner::Other {
            let owner = "OKTA".to_owned();
            return Told::Refused(Refusal::OthersAddress { email, owner }); // rule F2
        }
        let bar = |why| {
            Told::Refused(Refusal::NotLinked {
                email: email.clone(),
                account: holder.unwrap(),
                why,
            })
        };
        match self.holder {
            Holder::Nobody if self.jit => Told::Made, // rule F3
            Holder::Nobody => Told::Refused(Refusal::NoAccount { email }),
            Holder::OfAnotherSubject => bar(LinkObstacle::Bound {
                bound: "oid:2".to_owned(),
                came: "oid:1".to_owned(),
            }),
            // The assignment decides, and nothing else, whoever knows the account.
            _ if self.owner == Owner::This => opened(Told::Holder, SIMON),
            Holder::Waiting | Holder::OfAnotherAndWaiting => opened(Told::Holder, SIMON),
            Holder::WaitingForNobody => bar(LinkObstacle::WaitsForNobody),
            Holder::WaitingForAnother => bar(LinkObstacle::WaitsForAnother("OKTA".to_owned())),
            Holder::Local | Holder::OfAnotherConnection | Holder::OfADisabledConnection => {
                bar(LinkObstacle::NotAssigned)
            }
        }
    }

    /// Whether another connection knows the account of the address as well.
    fn is_shared(self) -> bool {
        matches!(
            self.holder,
            Holder::OfAnotherConnection
                | Holder::OfADisabledConnection
                | Holder::OfAnotherAndWaiting
        )
    }

    /// The address of a known subject after a sign-in.
    fn address(self) -> Option<&'static str> {
        let may = self.named && self.owner != Owner::Other && self.holder == Holder::Nobody;
        match self.subject {
            Subject::Known if may => Some(SIMON),
            subject => subject.address(), // rule F2
        }
    }

    /// A company of its own in which it is so; the accounts of the subject and of the address.
    async fn build(self, store: &Store, number: usize) -> (World, Option<UserId>, Option<UserId>) {
        let slug = format!("c{number}");
        let company = company(&format!("http://{slug}.localhost:8080"));
        store.add_company(&company, NOW).await.unwrap();
        let kind = vestibule::domain::GroupKind::Member;
        let basic = group(company.id, "SSO Basic", kind, true);
        let staff = group(company.id, "Staff", kind, false);
        store.add_group(&basic, NOW).await.unwrap();
        store.add_group(&staff, NOW).await.unwrap();
        let mut entra = connection(company.id, "entra");
        entra.settings.jit = Some(basic.id);
        let mut other = connection(company.id, "okta");
        other.settings.jit = Some(basic.id);
        store.add_connection(&entra, NOW).await.unwrap();
        store.add_connection(&other, NOW).await.unwrap();
        let mut world = World {
            store: store.clone(),
            company,
            connection: entra.clone(),
            basic,
            staff,
        };
        let known = match self.subject.address() {
            Some(address) => {
                let finished = world.sign_in(&profile("oid:1", address)).await;
                Some(signed_in(finished).0.id)
            }
            None => None,
        };
        let holder = match self.holder {
            Holder::Nobody => None,
            Holder::Local => {
                let user = world.user(SIMON, Creation::Administrator).await;
                people::set_password(store, user.id, Some(b"sealed")).await;
                Some(user.id)
            }
            Holder::Waiting => Some(waiting(&world, Some(entra.id)).await),
            Holder::WaitingForNobody => Some(waiting(&world, None).await),
            Holder::WaitingForAnother => Some(waiting(&world, Some(other.id)).await),
            Holder::OfAnotherSubject => {
                let finished = world.sign_in(&profile("oid:2", SIMON)).await;
                Some(signed_in(finished).0.id)
            }
            Holder::OfAnotherConnection
            | Holder::OfADisabledConnection
            | Holder::OfAnotherAndWaiting => {
                world.connection = other.clone();
                let finished = world.sign_in(&profile("oid:1", SIMON)).await;
                world.connection = entra.clone();
                Some(signed_in(finished).0.id)
            }
        };
        if self.holder == Holder::OfADisabledConnection {
            let mut stored = store.connection(other.id).await.unwrap().unwrap();
            stored.enabled = false;
            assert!(store.update_connection(&stored, NOW).await.unwrap());
        }
        if self.holder == Holder::OfAnotherAndWaiting {
            // As after an administrator has unlinked it from this connection.
            let mut tx = store.begin().await.unwrap();
            let user = holder.unwrap();
            assert!(
                tx.bind_identity(entra.id, "oid:2", user, NOW)
                    .await
                    .unwrap()
            );
            tx.unbind(user, entra.id, None).await.unwrap();
            tx.commit(NOW).await.unwrap();
        }
        if self.subject == Subject::KnownElsewhere {
            world.assign("fabrikam.example", &other).await;
        }
        match self.owner {
            Owner::Nobody => {}
            Owner::This => world.assign("contoso.com", &entra).await,
            Owner::Other => world.assign("contoso.com", &other).await,
        }
        if !self.jit {
            let mut stored = store.connection(entra.id).await.unwrap().unwrap();
            stored.settings.jit = None;
            assert!(store.update_connection(&stored, NOW).await.unwrap());
            world.connection = stored;
        }
        if self.deactivated {
            for user in known.into_iter().chain(holder) {
                world.admin().deactivate_user(user).await.unwrap();
            }
        }
        (world, known, holder)
    }
}

/// An account that waits for its first sign-in through a connection.
async fn waiting(world: &World, connection: Option<ConnectionId>) -> UserId {
    let mut user = user(world.company.id, SIMON, Creation::Administrator);
    user.waits_for = connection;
    people::add(&world.store, &user, None, &[]).await;
    user.id
}

async fn every_way_to_an_account(database: &Database) {
    let mut ways = JoinSet::new();
    for subject in SUBJECTS {
        for holder in HOLDERS {
            ways.spawn(every_way_to(subject, holder, database.another().await));
        }
    }
    let seen: usize = ways.join_all().await.into_iter().sum();
    assert_eq!(seen, 648);
}

/// Every way from such a subject to such an account, in a database of its own: each case reads every row that is there.
async fn every_way_to(subject: Subject, holder: Holder, database: Database) -> usize {
    let store = database.open().await;
    let cases = Case::all().filter(|case| (case.subject, case.holder) == (subject, holder));
    let mut seen = 0;
    for (number, case) in cases.enumerate() {
        let (world, known, holder) = case.build(&store, number).await;
        let before = world.people().await;
        let mut claims = profile("oid:1", SIMON);
        if !case.named {
            claims.email = None;
        }
        // A test tells the same, and changes nothing.
        let rows = database.rows().await;
        let rehearsed = match world.rehearse(&text(), &claims).await {
            Finished::Refused { refusal, .. } => Told::Refused(refusal),
            Finished::Rehearsed { rehearsal, .. } => match Some(rehearsal.after.id) {
                _ if rehearsal.way == AccountMatch::Made => Told::Made,
                id if id == known => Told::Known,
                id if id == holder => Told::Holder,
                other => panic!("{case:?}: {other:?}"),
            },
            Finished::SignedIn { .. } => panic!("{case:?}: a session"),
        };
        assert_eq!(rehearsed, case.told(holder), "{case:?}");
        assert_eq!(database.rows().await, rows, "{case:?}");
        let attempt = world.attempt().await;
        let finished = world.finish(attempt.id, &text(), &claims).await;
        let (users, sessions) = world.people().await;
        let told = match &finished {
            Finished::Rehearsed { .. } => panic!("{case:?}: no session"),
            Finished::Refused { refusal, .. } => {
                assert_eq!(database.rows().await, rows, "{case:?}");
                Told::Refused(refusal.clone())
            }
            Finished::SignedIn { user, made, .. } => {
                assert_eq!(sessions, before.1 + 1, "{case:?}");
                assert_eq!(users, before.0 + usize::from(*made), "{case:?}");
                match Some(user.id) {
                    id if *made => {
                        assert!(id != known && id != holder, "{case:?}");
                        Told::Made
                    }
                    id if id == known => {
                        assert_eq!(user.email.as_str(), case.address().unwrap(), "{case:?}");
                        Told::Known
                    }
                    id if id == holder => Told::Holder,
                    other => panic!("{case:?}: {other:?}"),
                }
            }
        };
        assert_eq!(told, case.told(holder), "{case:?}");
        // No account is linked, and none shared, without a word.
        let kept = store.attempt(attempt.id).await.unwrap().unwrap();
        let log = store.audit_events(world.company.id, 50).await.unwrap();
        let log: Vec<String> = log
            .iter()
            .map(|event| format!("{}: {}", event.action, event.detail))
            .collect();
        let told_in = [format!("{:?}", kept.record), log.join("\n")];
        for text in told_in.map(|text| text.replace('\\', "")) {
            let is_linked = told == Told::Holder;
            let by_address =
                text.contains("linked by e-mail address") || text.contains("user.link");
            assert_eq!(by_address, is_linked, "{case:?}: {text}");
            let is_told = text.contains("the connection \"OKTA\" knows this user, too");
            assert_eq!(is_told, is_linked && case.is_shared(), "{case:?}: {text}");
        }
        seen += 1;
    }
    database.remove().await;
    seen
}
