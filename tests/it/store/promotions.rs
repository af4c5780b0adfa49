//! No administrator has a password that a token has set (rule F6), in whatever order accounts are made, linked and promoted.

use vestibule::domain::{
    Creation, Grant, GrantSource, GroupClaim, GroupKind, GroupMapping, PasswordBy, User,
};
use vestibule::store::{Bar, Finished, Refusal};

use super::database::{Database, on_both};
use super::world::{NOW, World, bar, company, connection, group, profile, signed_in};

on_both!(
    every_order_of_password_link_claim_and_promotion,
    nothing_is_linked_by_e_mail_to_a_token_s_password,
);

const SIMON: &str = "b.simon@contoso.com";

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
}

const STEPS: [Step; 5] = [
    Step::Password,
    Step::SignIn,
    Step::Claim,
    Step::Promote,
    Step::Group,
];

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
    let mut number = 0;
    for order in orders() {
        for by in [
            PasswordBy::Token,
            PasswordBy::Own,
            PasswordBy::Administrator,
        ] {
            number += 1;
            let world = world(&store, number).await;
            let user = world.user(SIMON, Creation::Administrator).await;
            let staff = Grant {
                user_id: user.id,
                group_id: world.staff.id,
                source: GrantSource::Administrator,
            };
            store.add_grant(staff, NOW).await.unwrap();
            for step in &order {
                take(&world, &user, *step, by).await;
                let case = format!("{order:?} at {step:?} by {by}");
                let groups = store.groups_of(user.id).await.unwrap();
                let is_administrator = groups
                    .iter()
                    .any(|group| group.kind == GroupKind::Administrator);
                let now = store.user(user.id).await.unwrap().unwrap();
                let was_set = order
                    .iter()
                    .take_while(|it| *it != step)
                    .chain([step])
                    .any(|it| *it == Step::Password);
                let may_have = !is_administrator || by != PasswordBy::Token;
                assert!(!now.has_password || may_have, "{case}");
                if was_set && by != PasswordBy::Token {
                    assert!(now.has_password, "{case}");
                }
            }
        }
    }
    assert_eq!(number, 180);
}

/// A company whose connection owns the domain, and maps a group of administrators.
async fn world(store: &vestibule::store::Store, number: usize) -> World {
    let slug = format!("p{number}");
    let company = company(&slug, &format!("http://{slug}.localhost:8080"));
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

async fn take(world: &World, user: &User, step: Step, by: PasswordBy) {
    let store = &world.store;
    let mut tx = store.begin().await.unwrap();
    match step {
        Step::Password => {
            // A token is kept from the accounts of administrators.
            if by != PasswordBy::Token || !tx.is_among_administrators(user.id).await.unwrap() {
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
                            why: Bar::PasswordOfToken,
                            ..
                        },
                    ..
                } if by == PasswordBy::Token => {}
                other => panic!("{other:?}"),
            }
        }
        Step::Promote => {
            let grant = Grant {
                user_id: user.id,
                group_id: world.basic.id,
                source: GrantSource::Administrator,
            };
            tx.grant(grant, NOW).await.unwrap();
            tx.take_foreign_passwords(world.company.id, Some(user.id))
                .await
                .unwrap();
            tx.commit(NOW).await.unwrap();
        }
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

async fn nothing_is_linked_by_e_mail_to_a_token_s_password(database: &Database) {
    let store = database.open().await;
    let world = world(&store, 1).await;
    let user = world.user(SIMON, Creation::Administrator).await;
    take(&world, &user, Step::Password, PasswordBy::Token).await;
    let finished = world.sign_in(&profile("oid:1", SIMON)).await;
    assert_eq!(bar(finished), Bar::PasswordOfToken);
    // Whoever has it can set another: that makes it nobody's own.
    take(&world, &user, Step::Password, PasswordBy::Own).await;
    let finished = world.sign_in(&profile("oid:1", SIMON)).await;
    assert_eq!(bar(finished), Bar::PasswordOfToken);
    take(&world, &user, Step::Password, PasswordBy::Administrator).await;
    signed_in(world.sign_in(&profile("oid:1", SIMON)).await);
}
