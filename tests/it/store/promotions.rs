//! No administrator has a password that a token has set (rule F6), nor an identity of before a token changed the address, in
//! whatever order accounts are made, linked, renamed and promoted.

use tokio::task::JoinSet;
use vestibule::domain::{Creation, GroupClaim, GroupKind, GroupMapping, PasswordBy, User};
use vestibule::store::{Finished, LinkObstacle, LostTrust, Refusal, Store, Tx};

use super::database::{Database, on_both};
use super::world::{NOW, World, bar, company, connection, group, profile, refused, signed_in};
use crate::support::people;

on_both!(
    every_order_of_password_link_claim_and_promotion,
    nothing_is_linked_by_e_mail_to_a_token_s_password,
    an_account_that_a_token_renames_forgets_who_it_was,
);

const SIMON: &str = "b.simon@contoso.com";
const BOSS: &str = "boss@contoso.com";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The password is set, by the one whom the case is about.
    Password,
    /// A sign-in without groups.
    SignIn,
    /// A sign-in whose group claim makes an administrator.
    Claim,
    /// An administrator puts the user into the group.
    Promote,
    /// The group of the user becomes one of administrators.
    Group,
    /// A token without `admins:write` gives the account the address of somebody else.
    Rename,
    /// Such a token forgets by what the connection knows the user.
    Unlink,
}

const STEPS: [Step; 7] = [
    Step::Password,
    Step::SignIn,
    Step::Claim,
    Step::Promote,
    Step::Group,
    Step::Rename,
    Step::Unlink,
];

/// Whose word a password is, and whether the account has another address by a token's word.
#[derive(Debug, Default)]
struct Model {
    password: Option<PasswordBy>,
    renamed: bool,
}

impl Model {
    fn after(
        &mut self,
        step: Step,
        by: PasswordBy,
        (was_administrator, was_bound): (bool, bool),
        is_now: bool,
    ) {
        match step {
            Step::Password if by == PasswordBy::Token && was_administrator => {}
            Step::Password if by == PasswordBy::Own => {
                // Whoever has a token's can put another in its place.
                self.password = Some(
                    self.password
                        .filter(|it| *it == PasswordBy::Token)
                        .unwrap_or(by),
                );
            }
            Step::Password => self.password = Some(by),
            Step::Rename if !was_administrator => {
                self.renamed = true;
                let kept = self.password.filter(|_| !was_bound);
                self.password = kept.map(|_| PasswordBy::Token);
            }
            _ => {}
        }
        if is_now && self.password == Some(PasswordBy::Token) {
            self.password = None;
        }
    }
}

fn orders() -> Vec<Vec<Step>> {
    let mut all = vec![vec![]];
    for _ in 0..3 {
        let longer = all.iter().flat_map(|order: &Vec<Step>| {
            STEPS
                .iter()
                .filter(|step| !order.contains(step))
                .map(|step| {
                    let mut longer = order.clone();
                    longer.push(*step);
                    longer
                })
        });
        all = longer.collect();
    }
    all
}

async fn every_order_of_password_link_claim_and_promotion(database: &Database) {
    let store = database.open().await;
    let mut all = JoinSet::new();
    for (place, by) in [
        PasswordBy::Token,
        PasswordBy::Own,
        PasswordBy::Administrator,
    ]
    .into_iter()
    .enumerate()
    {
        all.spawn(every_order(store.clone(), place * 1_000, by));
    }
    let number: usize = all.join_all().await.into_iter().sum();
    assert_eq!(number, 630);
}

/// Every order where the password is somebody's word; each at a company of its own, with a number from here on.
async fn every_order(store: Store, first: usize, by: PasswordBy) -> usize {
    let orders = orders();
    for (number, order) in orders.iter().enumerate() {
        let world = world(&store, first + number).await;
        let user = world.user(SIMON, Creation::Administrator).await;
        let staff = people::by_hand(user.id, &world.staff);
        people::grant(&store, staff).await;
        let mut model = Model::default();
        for step in order {
            let was = (
                is_administrator(&world, &user).await,
                !store.identities_of(user.id).await.unwrap().is_empty(),
            );
            let case = format!("{order:?} at {step:?} by {by}");
            take(&world, &user, *step, by, &model).await;
            let is_now = is_administrator(&world, &user).await;
            model.after(*step, by, was, is_now);
            let now = store.user(user.id).await.unwrap().unwrap();
            assert_eq!(now.has_password, model.password.is_some(), "{case}");
            if model.renamed {
                // Nothing of whoever it was so far leads to the account.
                let identities = store.identities_of(user.id).await.unwrap();
                assert_eq!(identities, [], "{case}");
                let sessions = store.sessions_of(user.id, NOW).await.unwrap();
                assert_eq!(sessions, [], "{case}");
            }
        }
    }
    orders.len()
}

async fn is_administrator(world: &World, user: &User) -> bool {
    let groups = world.store.groups_of(user.id).await.unwrap();
    groups
        .iter()
        .any(|group| group.kind == GroupKind::Administrator)
}

/// A company whose connection owns the domain, and maps a group of administrators.
async fn world(store: &Store, number: usize) -> World {
    let slug = format!("p{number}");
    let company = company(&format!("http://{slug}.localhost:8080"));
    store.add_company(&company, NOW).await.unwrap();
    let basic = group(company.id, "Admins", GroupKind::Administrator, false);
    let staff = group(company.id, "Staff", GroupKind::Member, false);
    store.add_group(&basic, NOW).await.unwrap();
    store.add_group(&staff, NOW).await.unwrap();
    let mut entra = connection(company.id, "entra");
    entra.settings.group_mapping = vec![GroupMapping {
        value: "admins".into(),
        group_id: basic.id,
    }];
    store.add_connection(&entra, NOW).await.unwrap();
    let world = World {
        store: store.clone(),
        company,
        connection: entra.clone(),
        basic,
        staff,
    };
    world.assign("contoso.com", &entra).await;
    world
}

async fn take(world: &World, user: &User, step: Step, by: PasswordBy, model: &Model) {
    let store = &world.store;
    let mut tx = store.begin().await.unwrap();
    // A token is kept from the accounts of administrators.
    let is_kept = tx.is_among_administrators(user.id).await.unwrap();
    match step {
        Step::Password => {
            if by != PasswordBy::Token || !is_kept {
                let sealed: &[u8] = b"sealed";
                tx.write_password(user.id, Some((sealed, by)), None)
                    .await
                    .unwrap();
            }
            tx.commit(NOW).await.unwrap();
        }
        Step::SignIn | Step::Claim => {
            drop(tx);
            let mut person = profile("oid:1", SIMON);
            if step == Step::Claim {
                person.groups = GroupClaim::Values(vec!["admins".into()]);
            }
            match world.sign_in(&person).await {
                Finished::SignedIn { .. } => {}
                // Rule F2: a token's password keeps the account from being linked.
                Finished::Refused {
                    refusal:
                        Refusal::NotLinked {
                            why: LinkObstacle::PasswordOfToken,
                            ..
                        },
                    ..
                } if model.password == Some(PasswordBy::Token) => {}
                // The account has another address, and has forgotten whom it was.
                Finished::Refused {
                    refusal: Refusal::NoAccount { .. },
                    ..
                } if model.renamed => {}
                other => panic!("{other:?}"),
            }
        }
        Step::Promote => {
            let grant = people::by_hand(user.id, &world.basic);
            tx.grant(grant, NOW).await.unwrap();
            tx.take_foreign_passwords(world.company.id, Some(user.id))
                .await
                .unwrap();
            tx.commit(NOW).await.unwrap();
        }
        Step::Rename if !is_kept => {
            rename(&mut tx, user, BOSS).await;
            tx.commit(NOW).await.unwrap();
        }
        Step::Unlink if !is_kept => {
            tx.unbind(user.id, world.connection.id, None).await.unwrap();
            tx.commit(NOW).await.unwrap();
        }
        Step::Rename | Step::Unlink => {}
        Step::Group => {
            let stored = tx
                .lock_group(world.company.id, world.staff.id)
                .await
                .unwrap();
            let mut staff = stored.unwrap().group;
            staff.kind = GroupKind::Administrator;
            assert!(tx.write_group(&staff).await.unwrap());
            tx.take_foreign_passwords(world.company.id, None)
                .await
                .unwrap();
            tx.commit(NOW).await.unwrap();
        }
    }
}

/// As an actor without `admins:write` does it.
async fn rename(tx: &mut Tx, user: &User, email: &str) -> LostTrust {
    let stored = tx.lock_user(user.company_id, user.id).await.unwrap();
    let renamed = User {
        email: email.parse().unwrap(),
        ..stored.unwrap().user
    };
    assert!(tx.write_user(&renamed).await.unwrap());
    tx.distrust(user.id).await.unwrap()
}

async fn an_account_that_a_token_renames_forgets_who_it_was(database: &Database) {
    let store = database.open().await;
    let world = world(&store, 1).await;
    let user = world.user(BOSS, Creation::Administrator).await;
    signed_in(world.sign_in(&profile("oid:boss", BOSS)).await);
    // Unlink, rename, let somebody else in, rename back.
    let mut tx = store.begin().await.unwrap();
    tx.unbind(user.id, world.connection.id, None).await.unwrap();
    rename(&mut tx, &user, SIMON).await;
    tx.commit(NOW).await.unwrap();
    signed_in(world.sign_in(&profile("oid:simon", SIMON)).await);
    let mut tx = store.begin().await.unwrap();
    let lost = rename(&mut tx, &user, BOSS).await;
    tx.commit(NOW).await.unwrap();
    assert_eq!((lost.identities.len(), lost.sessions), (1, 1));
    assert_eq!(lost.identities, ["oid:simon"]);
    let simon = world.sign_in(&profile("oid:simon", SIMON)).await;
    assert!(matches!(refused(simon), Refusal::NoAccount { .. }));
    // Whose address it is comes, and is the account's.
    let (now, made) = signed_in(world.sign_in(&profile("oid:boss", BOSS)).await);
    assert_eq!((now.id, made), (user.id, false));
}

async fn nothing_is_linked_by_e_mail_to_a_token_s_password(database: &Database) {
    let store = database.open().await;
    let world = world(&store, 1).await;
    let none = Model::default();
    let user = world.user(SIMON, Creation::Administrator).await;
    take(&world, &user, Step::Password, PasswordBy::Token, &none).await;
    let finished = world.sign_in(&profile("oid:1", SIMON)).await;
    assert_eq!(bar(finished), LinkObstacle::PasswordOfToken);
    // Whoever has it can set another: that makes it nobody's own.
    take(&world, &user, Step::Password, PasswordBy::Own, &none).await;
    let finished = world.sign_in(&profile("oid:1", SIMON)).await;
    assert_eq!(bar(finished), LinkObstacle::PasswordOfToken);
    take(
        &world,
        &user,
        Step::Password,
        PasswordBy::Administrator,
        &none,
    )
    .await;
    signed_in(world.sign_in(&profile("oid:1", SIMON)).await);
}
