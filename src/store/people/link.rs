//! Whose address it is, and whose account (rule F2).
//!
//! Invariants: no connection makes, claims or renames an account in a domain that is assigned to another; what a person may be able
//! to change about themselves is no proof of who they are; and an account that comes to have several identity providers says so.

use super::claimant::Claimant;
use super::identity::names_of;
use crate::database::columns::Row;
use crate::database::statement::query;
use crate::domain::user::PUT_AWAY;
use crate::domain::{AddressTrust, ConnectionId, Creation, Email, User, UserId};
use crate::store::sign_in::refusal::LinkObstacle;
use crate::store::{Error, Refusal, Tx};

/// Whether the connection may speak for an address.
pub(in crate::store) struct AddressAuthority {
    /// The company has assigned the address's domain to it.
    assigned: bool,
}

/// The ground that a connection stands on when it names an address; a refusal when it must not.
pub(in crate::store) async fn ground(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    email: &Email,
) -> Result<Result<AddressAuthority, Refusal>, Error> {
    let connection = claimant.connection;
    let domain = tx
        .domain(connection.company_id, &email.domain_name())
        .await?;
    let assigned_to = domain
        .as_ref()
        .filter(|it| it.links)
        .and_then(|it| it.connection_id);
    match assigned_to {
        Some(owner) if owner == connection.id => {
            return Ok(Ok(AddressAuthority { assigned: true }));
        }
        Some(owner) => {
            return Ok(Err(Refusal::OthersAddress {
                email: email.clone(),
                owner: display_name(tx, owner).await?,
            }));
        }
        None => {}
    }
    let is_companys = domain.is_some_and(|it| it.counts());
    if is_companys || connection.settings.guests || !tx.has_domains(connection.company_id).await? {
        return Ok(Ok(AddressAuthority { assigned: false }));
    }
    Ok(Err(Refusal::OutsideDomains {
        email: email.clone(),
    }))
}

async fn display_name(tx: &mut Tx, id: ConnectionId) -> Result<String, Error> {
    let row = query("SELECT display_name FROM connection WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    Ok(row.map_or(Ok(String::new()), |row| row.text("display_name"))?)
}

/// The `NameID` that says another address than the claim, where the claim is not trusted.
pub(in crate::store) fn contradiction<'a>(
    claimant: &Claimant<'a>,
    claim: &Email,
) -> Option<&'a Email> {
    let name_id = claimant.profile.name_id_email.as_ref()?;
    let differs = name_id.key() != claim.key();
    (differs && !claimant.connection.settings.trust_email_claim).then_some(name_id)
}

/// Whether the locked account of an address may be bound to the subject; `false` when another transaction has just done so.
pub(in crate::store) async fn may_link(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    user: &User,
    email: &Email,
    ground: &AddressAuthority,
) -> Result<Result<bool, Refusal>, Error> {
    let refused = |why| {
        Ok(Err(Refusal::NotLinked {
            email: email.clone(),
            account: user.id,
            why,
        }))
    };
    let profile = claimant.profile;
    let names = names_of(tx, user.id, claimant.connection.id).await?;
    if names.contains(&profile.subject) {
        return Ok(Ok(false));
    }
    // What another issuer called the user binds nobody here (rule R1).
    let counts = |name: &String| !name.starts_with(PUT_AWAY);
    if let Some(bound) = names.into_iter().find(counts) {
        return refused(LinkObstacle::Bound {
            bound,
            came: profile.subject.clone(),
        });
    }
    let standing = LinkFacts::load(tx, claimant, user).await?;
    if standing.password_of_token {
        return refused(LinkObstacle::PasswordOfToken);
    }
    if let Err(why) = standing.opens(ground) {
        return refused(why);
    }
    if let Some(name_id) = contradiction(claimant, email) {
        return refused(LinkObstacle::Contradicted(name_id.clone()));
    }
    let is_named = profile
        .name_id_email
        .as_ref()
        .is_some_and(|name_id| name_id.key() == email.key());
    if is_named {
        return Ok(Ok(true));
    }
    if profile.address_trust != AddressTrust::ByNameId {
        let trusts = claimant.connection.settings.trusts_addresses();
        return match standing.opens_to(profile.address_trust, user, trusts) {
            Ok(()) => Ok(Ok(true)),
            Err(why) => refused(why),
        };
    }
    if user.has_password {
        return refused(LinkObstacle::HasPassword);
    }
    if standing.administrator {
        return refused(LinkObstacle::IsAdministrator);
    }
    if claimant.connection.settings.trust_email_claim {
        Ok(Ok(true))
    } else {
        refused(LinkObstacle::ClaimOnly)
    }
}

impl Tx {
    /// The names for people of the other connections that know a user, enabled or not: whom they name, they let into the account.
    pub async fn known_also_by(
        &mut self,
        user: UserId,
        connection: ConnectionId,
    ) -> Result<Vec<String>, Error> {
        // By the user, who has few identities.
        let rows = query(
            "SELECT DISTINCT c.display_name FROM identity i LEFT JOIN connection c ON c.id = i.connection_id \
             WHERE i.user_id = $1 AND i.connection_id <> $2 ORDER BY c.display_name",
        )
        .bind(user.to_string())
        .bind(connection.to_string())
        .fetch_all(self)
        .await?;
        rows.iter()
            .map(|row| Ok(row.text("display_name")?))
            .collect()
    }
}

/// Names that a record tells; of more, their number.
const TOLD: usize = 5;

/// What is told of a link, with who else knows the account: for records and for the audit log.
pub fn shared_with(told: impl Into<String>, others: &[String]) -> String {
    let told = told.into();
    let quoted: Vec<String> = others
        .iter()
        .map(|it| format!("\"{}\"", it.replace('"', "'")))
        .collect();
    match quoted.split_at(quoted.len().min(TOLD)) {
        ([], _) => told,
        ([other], []) => format!("{told}; the connection {other} knows this user, too"),
        (named, []) => format!(
            "{told}; the connections {} know this user, too",
            named.join(", ")
        ),
        (named, rest) => format!(
            "{told}; the connections {} and {} more know this user, too",
            named.join(", "),
            rest.len()
        ),
    }
}

/// What else decides about an account.
struct LinkFacts {
    administrator: bool,
    password_of_token: bool,
    waits: SignInWait,
}

/// Whether an account waits for a sign-in. An administrator's word that this address may be bound is that it was made without a
/// password, or unlinked.
enum SignInWait {
    No,
    ForThis,
    /// For the first one through another connection: its name for people.
    ForAnother(String),
    /// For the first one, through the only connection that is enabled.
    ForTheOnly,
    /// The same, where several are.
    ForNobody,
}

impl LinkFacts {
    async fn load(tx: &mut Tx, claimant: &Claimant<'_>, user: &User) -> Result<Self, Error> {
        let row = query(
            "SELECT a.waits_for, \
             CASE WHEN a.password IS NOT NULL AND COALESCE(a.password_by, 'token') = 'token' THEN 1 ELSE 0 END AS password_of_token, \
             (SELECT COUNT(CASE WHEN g.kind = 'administrator' THEN 1 END) \
              FROM group_grant m LEFT JOIN permission_group g ON g.id = m.group_id WHERE m.user_id = a.id) AS administrator, \
             (SELECT COUNT(*) FROM identity i WHERE i.user_id = a.id) AS identities, \
             (SELECT COUNT(*) FROM connection c WHERE c.company_id = a.company_id AND c.enabled_at IS NOT NULL AND c.id <> $2) AS others, \
             (SELECT c.display_name FROM connection c WHERE c.id = a.waits_for) AS named \
             FROM account a WHERE a.id = $1",
        )
        .bind(user.id.to_string())
        .bind(claimant.connection.id.to_string())
        .fetch_one(&mut *tx)
        .await?;
        Ok(Self {
            administrator: row.int("administrator")? > 0,
            password_of_token: row.int("password_of_token")? > 0,
            waits: waits(&row, user, claimant.connection.id)?,
        })
    }

    /// Whether an address opens the account that is more than a claim in one way or another (rule R3).
    fn opens_to(
        &self,
        trust: AddressTrust,
        user: &User,
        trusts_claims: bool,
    ) -> Result<(), LinkObstacle> {
        match trust {
            // Another organisation's.
            AddressTrust::OfGuest => Err(LinkObstacle::OfGuest),
            _ if user.has_password || self.administrator => Err(LinkObstacle::Unconfirmed),
            AddressTrust::Verified => Ok(()),
            AddressTrust::Claimed if trusts_claims => Ok(()),
            AddressTrust::Claimed | AddressTrust::ByNameId => Err(LinkObstacle::Unverified),
        }
    }

    /// Whether the connection may have the account: the address's domain is assigned to it, or the account waits for it. Which
    /// others know the account decides nothing.
    fn opens(&self, ground: &AddressAuthority) -> Result<(), LinkObstacle> {
        match &self.waits {
            _ if ground.assigned => Ok(()),
            SignInWait::ForThis | SignInWait::ForTheOnly => Ok(()),
            SignInWait::ForAnother(other) => Err(LinkObstacle::WaitsForAnother(other.clone())),
            SignInWait::ForNobody => Err(LinkObstacle::WaitsForNobody),
            SignInWait::No => Err(LinkObstacle::NotAssigned),
        }
    }
}

fn waits(row: &Row, user: &User, connection: ConnectionId) -> Result<SignInWait, Error> {
    if user.has_password {
        return Ok(SignInWait::No);
    }
    let is_known = row.int("identities")? > 0;
    Ok(match row.maybe_parsed::<ConnectionId>("waits_for")? {
        Some(id) if id == connection => SignInWait::ForThis,
        Some(_) if !is_known => {
            SignInWait::ForAnother(row.maybe_text("named")?.unwrap_or_default())
        }
        // The first sign-in, and not the first since its connection was deleted.
        None if user.created_by == Creation::Administrator
            && user.last_sign_in_at.is_none()
            && !is_known =>
        {
            if row.int("others")? > 0 {
                SignInWait::ForNobody
            } else {
                SignInWait::ForTheOnly
            }
        }
        _ => SignInWait::No,
    })
}
