//! Whose identities a connection to Entra ID may take over, and how identities are written (rules R1 and R6).
//!
//! Invariant: an object ID names one person in one tenant: no other tenant's and no other company's leads to an account.

use crate::admin::{Admin, FieldProblem, Refused};
use crate::domain::user::PUT_AWAY;
use crate::domain::{Connection, ConnectionName};
use crate::keys;
use crate::oidc::Issuer;

/// How the name of somebody begins whom a provider other than Entra ID names.
const SUBJECT: &str = "sub:";

/// The connection that another one takes people over from.
pub(super) fn adopt_from(connection: &Connection) -> Option<&ConnectionName> {
    connection.settings.oidc()?.adopt_from.as_ref()
}

impl Admin<'_> {
    /// Rule R6: both are of this company and of one tenant. A sign-in looks once more.
    pub(super) async fn check_adoption(&self, connection: &Connection) -> Result<(), Refused> {
        let Some(name) = adopt_from(connection) else {
            return Ok(());
        };
        let problem = |what: String| Err(FieldProblem::new("adopt_from", what).into());
        let Some(tenant) = connection.settings.pinned_tenant() else {
            return problem(
                "People are taken over into a connection to one Entra tenant only.".to_owned(),
            );
        };
        let others = self.connections().await?;
        let Some(other) = others.iter().find(|other| other.name == *name) else {
            return problem(format!("This company has no connection \"{name}\"."));
        };
        match other.settings.saml_tenant() {
            Some(its) if its == *tenant => Ok(()),
            Some(its) => problem(format!(
                "\"{name}\" is of the tenant {its}, and this connection of {tenant}: an object ID of the one says nothing in the other."
            )),
            None => problem(format!(
                "\"{name}\" is no SAML connection to Entra ID: its Microsoft Entra Identifier names no tenant."
            )),
        }
    }
}

/// How the identities of a connection begin before a change of its provider, and how after it (rule R1): those of one tenant are written
/// without it, and a `sub` counts within its issuer. Those of an issuer that the connection leaves are put away under its name, lead
/// to nobody, and come back with it.
pub(super) fn rewritten_keys(before: &Connection, after: &Connection) -> Vec<(String, String)> {
    let (Some(before), Some(after)) = (before.settings.oidc(), after.settings.oidc()) else {
        return Vec::new();
    };
    let (before, after) = (&before.issuer, &after.issuer);
    if let (Issuer::EntraTenant { tenant, .. }, Issuer::EntraTenants { tenants, .. })
    | (Issuer::EntraTenants { tenants, .. }, Issuer::EntraTenant { tenant, .. }) =
        (before, after)
        && tenants.contains(tenant)
    {
        let prefix = |issuer: &Issuer| issuer.object_prefix(tenant.as_str());
        return vec![(prefix(before), prefix(after))];
    }
    if before.of_document() == after.of_document() {
        return Vec::new();
    }
    // Entra's people have no such name; if one is there all the same, it must not become another provider's.
    let left = (SUBJECT.to_owned(), put_away(before));
    let back = (!after.is_entra()).then(|| (put_away(after), SUBJECT.to_owned()));
    std::iter::once(left).chain(back).collect()
}

/// How a name begins that is put away under an issuer. Issuers are of any length and any text, and one may begin as another does:
/// their hashes are neither.
fn put_away(issuer: &Issuer) -> String {
    let hash = keys::hash(issuer.of_document().as_bytes());
    format!("{PUT_AWAY}{}/{SUBJECT}", keys::hex(&hash))
}
