//! Who gets a user's account by its address and its identities (rule F2), in words.

use crate::console::people::words::ConnectionNames;
use crate::domain::{Identity, User};

/// Rule F2, for people.
pub(in crate::console) fn by_email(
    user: &User,
    identities: &[Identity],
    connections: &ConnectionNames,
) -> String {
    let known = |id| identities.iter().any(|it| it.connection_id == id);
    let owner = connections.owner(user);
    if user.waits(!identities.is_empty()) {
        let through = owner.map(|it| it.display_name.as_str());
        return match through.or_else(|| connections.awaited(user)) {
            Some(name) => format!(
                "Nobody has signed in with this account yet. Whoever is the first to sign in through {name} with the address {} gets it.",
                user.email
            ),
            None => "Nobody has signed in with this account yet, and nobody can: several connections are enabled. Choose the one through which this user signs in first.".to_owned(),
        };
    }
    let Some(owner) = owner else {
        return match identities {
            [] => "No connection knows this account.".to_owned(),
            _ => String::new(),
        };
    };
    let of_owner = if known(owner.id) {
        String::new()
    } else {
        format!(
            "Whoever signs in through {} with the address {} gets this account. ",
            owner.display_name, user.email
        )
    };
    // What is bound stays bound, whoever has the domain now (rule F1).
    let others = identities.iter().filter(|it| it.connection_id != owner.id);
    let of_others = connections.knowing(others).map_or(String::new(), |it| {
        format!(
            "{} knows this user, too: who comes through it gets in until you unlink it here.",
            it.display_name
        )
    });
    format!("{of_owner}{of_others}").trim_end().to_owned()
}

/// What happens after an identity is unlinked.
pub(in crate::console) fn consequence(
    user: &User,
    identity: &Identity,
    identities: &[Identity],
    connections: &ConnectionNames,
) -> String {
    let name = connections.name(identity.connection_id);
    let owner = connections.owner(user);
    // Unlinked, it waits for a first sign-in through this connection.
    let is_here = |it: &&Identity| it.connection_id == identity.connection_id;
    let names = identities.iter().filter(is_here).count();
    if names > 1 {
        return format!(
            "{name} will not know this user by this name any more. By its other names for this user it still does."
        );
    }
    let next = match owner {
        Some(owner) if owner.id != identity.connection_id => format!(
            "A sign-in through {name} with the address {} is refused from then on, because {} is assigned to {}.",
            user.email,
            user.email.domain(),
            owner.display_name
        ),
        None if user.has_password => format!(
            "A sign-in through {name} with the address {} is refused from then on, because the address's domain is not assigned to it (E-mail domains).",
            user.email
        ),
        _ => format!(
            "Whoever signs in next through {name} with the address {} gets this account.",
            user.email
        ),
    };
    format!(
        "{name} will not know this user any more. Its sessions end, and the groups that its group claim gave go. {next}"
    )
}
