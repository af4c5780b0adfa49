//! What ends the sessions of somebody whose account is blocked or removed at the provider, and how soon: only what is on (rule T7).

use crate::domain::{Connection, OidcSettings, Protocol};

/// For people, the soonest first; empty when nothing tells this site.
pub(super) fn ways_out(connection: &Connection) -> Vec<String> {
    let settings = &connection.settings;
    let mut ways = match &settings.protocol {
        Protocol::Oidc(oidc) => of_oidc(oidc),
        Protocol::Saml(_) if settings.single_logout => vec![
            "Single logout: at once, when the person signs out at the identity provider and it says so."
                .to_owned(),
        ],
        Protocol::Saml(_) => Vec::new(),
    };
    if let Some(directory) = settings.directory.as_deref()
        && directory.synchronise
    {
        ways.push(format!(
            "Directory: within {} minutes after Microsoft Graph tells it, which is mostly a few minutes after the change.",
            directory.every_minutes
        ));
    }
    ways
}

fn of_oidc(oidc: &OidcSettings) -> Vec<String> {
    let mut ways = Vec::new();
    let offers = |is_offered: fn(&crate::oidc::Discovery) -> bool| {
        oidc.discovery.as_ref().is_some_and(is_offered)
    };
    if offers(|it| it.backchannel_logout) {
        ways.push(
            "Back-channel logout: at once, when the provider says so. It needs our address there."
                .to_owned(),
        );
    }
    if offers(|it| it.frontchannel_logout) {
        ways.push(
            "Front-channel logout: at once, when the person signs out at the provider. It needs our address there."
                .to_owned(),
        );
    }
    if let Some(minutes) = oidc.check_again {
        ways.push(format!(
            "Checking again: within {minutes} minutes, as soon as the provider renews the sign-in no more."
        ));
    }
    ways
}
