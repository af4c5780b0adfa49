//! Users and their memberships as a test finds them.
//!
//! They are written by the parts of a transaction that `admin` is made of, without its questions and its audit log. What a test is
//! about, it does through `admin` itself.

use vestibule::domain::{CompanyId, Grant, GrantSource, Group, PasswordBy, User, UserId};
use vestibule::store::Store;

use super::NOW;

/// A user with a sealed password, where there is one, in groups.
pub(crate) async fn add(store: &Store, user: &User, sealed: Option<&[u8]>, groups: &[&Group]) {
    let mut tx = store.begin().await.unwrap();
    assert!(tx.add_user(user).await.unwrap(), "{} is taken", user.email);
    if let Some(sealed) = sealed {
        let password = Some((sealed, PasswordBy::Administrator));
        tx.write_password(user.id, password, None).await.unwrap();
    }
    for group in groups {
        let grant = by_hand(user.id, group);
        assert!(tx.grant_to_new(grant, NOW).await.unwrap());
    }
    tx.commit(user.created_at).await.unwrap();
}

/// Sets or removes the password of a user who is there.
pub(crate) async fn set_password(store: &Store, user: UserId, sealed: Option<&[u8]>) {
    assert!(store.user(user).await.unwrap().is_some(), "nobody");
    let mut tx = store.begin().await.unwrap();
    let password = sealed.map(|sealed| (sealed, PasswordBy::Administrator));
    tx.write_password(user, password, None).await.unwrap();
    tx.commit(NOW).await.unwrap();
}

/// Gives a membership, of any source; whether there was none.
pub(crate) async fn grant(store: &Store, grant: Grant) -> bool {
    let mut tx = store.begin().await.unwrap();
    let given = tx.grant(grant, NOW).await.unwrap();
    tx.commit(NOW).await.unwrap();
    given
}

/// Takes a membership away, of any source; whether there was one.
pub(crate) async fn revoke(store: &Store, grant: Grant) -> bool {
    let mut tx = store.begin().await.unwrap();
    let taken = tx.revoke(grant).await.unwrap();
    tx.commit(NOW).await.unwrap();
    taken
}

/// The membership that an administrator gives.
pub(crate) fn by_hand(user_id: UserId, group: &Group) -> Grant {
    Grant {
        user_id,
        group_id: group.id,
        source: GrantSource::Administrator,
    }
}

/// A user's memberships, by group and source.
pub(crate) async fn grants_of(store: &Store, company: CompanyId, user: UserId) -> Vec<Grant> {
    let groups = store.groups_and_grants(company, user).await.unwrap();
    let mut grants: Vec<Grant> = groups
        .iter()
        .flat_map(|(group, sources)| {
            sources.iter().map(|&source| Grant {
                source,
                ..by_hand(user, group)
            })
        })
        .collect();
    grants.sort_by_key(|grant| (grant.group_id.to_string(), grant.source.to_string()));
    grants
}

/// How many administrators of a company can sign in with a password (rule F6), as its console is told.
pub(crate) async fn ways_in(store: &Store, company: CompanyId) -> i64 {
    let reader = UserId::from_bytes([0; 16]);
    let standing = store.standing(company, reader, NOW, NOW).await;
    standing.unwrap().ways_in
}
