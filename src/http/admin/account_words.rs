//! Who gets a user's account by its address and its identities (rule F2), in words.

use super::people::Connections;
use crate::domain::{Identity, User};

/// Rule F2, for people.
pub(super) fn by_email(user: &User, identities: &[Identity], connections: &Connections) -> String {
    if user.waits(!identities.is_empty()) {
        return match connections.awaited(user) {
            Some(name) => format!(
                "Nobody has signed in with this account yet. Whoever is the first to sign in through {name} with the address {} gets it.",
                user.email
            ),
            None => "Nobody has signed in with this account yet, and nobody can: several connections are enabled. Choose the one through which this user signs in first.".to_owned(),
        };
    }
    let known = |id| identities.iter().any(|it| it.connection_id == id);
    match connections.owner(user).filter(|it| !known(it.id)) {
        Some(owner) => match connections.knowing(identities) {
            Some(other) => format!(
                "{} knows this user. A sign-in through {} with the address {} is refused, until an administrator says on its page that it is the same person.",
                other.display_name, owner.display_name, user.email
            ),
            None => format!(
                "Whoever signs in through {} with the address {} gets this account.",
                owner.display_name, user.email
            ),
        },
        None if identities.is_empty() => "No connection knows this account.".to_owned(),
        None => String::new(),
    }
}

/// What happens after an identity is unlinked.
pub(super) fn consequence(
    user: &User,
    identity: &Identity,
    identities: &[Identity],
    connections: &Connections,
) -> String {
    let name = connections.name(identity.connection_id);
    let owner = connections.owner(user).map(|it| it.id);
    // Unlinked, it waits for a first sign-in through this connection.
    let is_here = |it: &&Identity| it.connection_id == identity.connection_id;
    let waits = !user.has_password && identities.iter().filter(is_here).count() == 1;
    let elsewhere = connections.knowing(identities.iter().filter(|it| !is_here(it)));
    let is_owner = owner == Some(identity.connection_id);
    let next = if waits || (is_owner && elsewhere.is_none()) {
        format!(
            "Whoever signs in next with the address {} gets this account.",
            user.email
        )
    } else if let Some(other) = elsewhere.filter(|_| is_owner) {
        format!(
            "A sign-in through {name} with the address {} is refused from then on, because {} knows this user.",
            user.email, other.display_name
        )
    } else {
        format!(
            "A sign-in through {name} with the address {} is refused from then on, because the address's domain is not assigned to it (E-mail domains).",
            user.email
        )
    };
    format!(
        "{name} will not know this user any more. Its sessions end, and the groups that its group claim gave go. {next}"
    )
}
