//! What is left to do until single sign-on is set up. Each step is read from what is there; nobody ticks it off.

use crate::admin::missing;
use crate::domain::{Group, GroupKind, Protocol};
use crate::site::{Site, SiteConnection};
use crate::store::LatestOutcome;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    /// Where it is done, and how the way there is called; none while it cannot be done.
    pub(super) link: Option<(String, &'static str)>,
    pub(super) is_done: bool,
    /// The first that is not done.
    pub(super) is_next: bool,
}

const PROVIDER_SETTINGS: &str = "OpenID Connect Settings";

/// Whether a connection could work.
fn is_complete(ready: &SiteConnection) -> bool {
    match &ready.connection.settings.protocol {
        Protocol::Saml(_) => !ready.trust.keys.is_empty(),
        Protocol::Oidc(_) => missing(&ready.connection).is_empty(),
    }
}

/// The steps of a company.
pub(super) fn of(
    site: &Site,
    groups: &[Group],
    seen: &[LatestOutcome],
    break_glass: i64,
) -> Vec<Step> {
    let first = site
        .enabled_connections()
        .chain(site.connections())
        .next()
        .map(|ready| &ready.connection);
    let beneath = |page: &str, words| {
        first.map(|connection| (format!("/admin/connections/{}{page}", connection.id), words))
    };
    let is_saml = first.is_none_or(|connection| connection.settings.oidc().is_none());
    let (settings, copy) = if is_saml {
        ("SAML Settings", ("/copy", "Copy into Entra"))
    } else {
        (PROVIDER_SETTINGS, ("", PROVIDER_SETTINGS))
    };
    let at = |path: &str, words| Some((path.to_owned(), words));
    let is_usable = site.connections().any(is_complete);
    let is_enabled = site.enabled_connections().next().is_some();
    let got_through = seen.iter().any(|it| {
        it.connection_id.is_some() && matches!(it.outcome.as_str(), "signed_in" | "tested")
    });
    let step = |title, text, link, is_done| Step {
        title,
        text,
        link,
        is_done,
        is_next: false,
    };
    let mut steps = vec![
        step(
            "Name the company and its first administrator",
            "Done with the set-up link.",
            at("/admin/account", "Company"),
            true,
        ),
        step(
            "Create a permission group",
            "New users get it at their first sign-in.",
            at("/admin/groups/new", "Create New Permission"),
            groups.iter().any(|group| group.kind == GroupKind::Member),
        ),
        step(
            "Add your identity provider",
            "With its metadata or its tenant ID.",
            beneath("", settings).or_else(|| at("/admin/connections/add", "New connection")),
            is_usable,
        ),
        step(
            "Copy our addresses into it, and assign users there",
            "Then test the connection. The test goes all the way through your identity provider and changes nothing.",
            beneath(copy.0, copy.1),
            got_through,
        ),
        step(
            "Enable the connection",
            "From then on it stands on the sign-in page.",
            beneath("/test", "Enable").filter(|_| is_usable),
            is_enabled,
        ),
        step(
            "Keep a way in without single sign-on",
            "An administrator with a password gets in when the identity provider does not answer.",
            at("/admin/users", "Users & Permissions"),
            break_glass > 0,
        ),
    ];
    if let Some(next) = steps.iter_mut().find(|step| !step.is_done) {
        next.is_next = true;
    }
    steps
}
