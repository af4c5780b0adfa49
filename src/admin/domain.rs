//! The company's e-mail domains (rule F2): added, assigned to a connection, verified, removed.
//!
//! Invariants: a domain is verified by the operator's word or by its own DNS record, and never by the company's; what belongs to
//! everybody (`gmail.com`) is nobody's, unless the operator insists.

use std::net::SocketAddr;

use serde_json::json;

use super::{Admin, Duplicate, Obstacle, Refused};
use crate::domain::{
    AuditAction, AuditDetail, CompanyDomain, Connection, ConnectionId, DomainName, Scope,
    SharedDomain, Verified, VerifiedBy,
};
use crate::keys;
use crate::outbound::txt_records;
use crate::store::Tx;

/// What the value of the DNS record begins with.
const PREFIX: &str = "vestibule-verification=";
/// The label before the domain, under which the record stands: the domain's own name has many texts by many hands.
const LABEL: &str = "_vestibule";

/// The TXT record that shows that a domain is the company's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsRecord {
    /// Its whole name.
    pub name: String,
    /// Its text.
    pub value: String,
}

/// What a look at a domain's DNS record found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsCheck {
    /// The record is there; the domain is verified now.
    Verified(CompanyDomain),
    /// It is not there. These are the texts that are, each cut to a line.
    Missing(Vec<String>),
}

/// Why nobody can say that a domain is the company's, for people.
pub fn why_shared(name: &DomainName) -> Option<String> {
    name.why_shared().map(|why| match why {
        SharedDomain::SingleLabel => format!(
            "\"{name}\" is no domain that a company can own. Write all of it, such as {name}.com."
        ),
        SharedDomain::PublicMail => format!(
            "Anybody can have an address in {name}, so it is no single company's. Add the company's own domain."
        ),
    })
}

/// What console, API and commands say of a domain that cannot be verified for a second company. The console says it to who has
/// the domain's DNS record only: whoever else asks learns no customer of this server.
pub fn verified_for_another(name: &DomainName) -> String {
    format!(
        "{name} is verified for another company of this server already, and a domain is verified for one company."
    )
}

impl Admin<'_> {
    /// The company's domains, by name.
    pub async fn domains(&self) -> Result<Vec<CompanyDomain>, Refused> {
        Ok(self.store.domains(self.company).await?)
    }

    /// One of them.
    pub async fn domain(&self, name: &DomainName) -> Result<CompanyDomain, Refused> {
        let found = self.store.domain(self.company, name).await?;
        found.ok_or(Refused::NotFound)
    }

    /// One of them that the actor may have checked, or take away.
    pub async fn changeable_domain(&self, name: &DomainName) -> Result<CompanyDomain, Refused> {
        let domain = self.domain(name).await?;
        self.check_over_administrators()?;
        Ok(domain)
    }

    /// The DNS record that verifies a domain for this company. Nobody else's record does.
    pub fn dns_record(&self, name: &DomainName) -> DnsRecord {
        let of = format!("{}|{name}", self.company);
        let token = self.keys.token("domain verification", of.as_bytes());
        DnsRecord {
            name: format!("{LABEL}.{name}"),
            value: format!("{PREFIX}{token}"),
        }
    }

    /// Adds a domain, assigned to a connection or to none.
    pub async fn add_domain(
        &self,
        text: &str,
        connection: Option<ConnectionId>,
    ) -> Result<CompanyDomain, Refused> {
        self.check_over_administrators()?;
        let name = self.domain_name(text)?;
        let assigned = match connection {
            Some(id) => Some(self.connection(id).await?),
            None => None,
        };
        let domain = CompanyDomain {
            company_id: self.company,
            name,
            connection_id: connection,
            links: true,
            verified: None,
            created_at: self.now,
        };
        let mut tx = self.begin(Scope::ConnectionsWrite).await?;
        tx.lock_company(self.company).await?;
        if !tx.add_domain(&domain).await? {
            return Err(Duplicate::Domain(domain.name).into());
        }
        let mut event = self.event(AuditAction::DomainAdd, domain.name.as_str());
        if let Some(connection) = &assigned {
            event = event.with_detail(AuditDetail::AssignedTo(&connection.name));
        }
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok(domain)
    }

    /// Assigns a domain to a connection, or to none: the connection links, makes and renames accounts with addresses in it, and
    /// no other one does. Whom another one knows already it goes on to know (rule F1).
    pub async fn assign_domain(
        &self,
        name: &DomainName,
        connection: Option<ConnectionId>,
    ) -> Result<CompanyDomain, Refused> {
        self.check_over_administrators()?;
        self.domain(name).await?;
        self.check_own(name)?;
        let connections = self.connections().await?;
        let named = |id: Option<ConnectionId>| {
            let found = connections.iter().find(|it| Some(it.id) == id);
            found.map_or_else(|| "none".to_owned(), |it| it.name.to_string())
        };
        if connection.is_some_and(|id| connections.iter().all(|it| it.id != id)) {
            return Err(Refused::NotFound);
        }
        let mut tx = self.begin(Scope::ConnectionsWrite).await?;
        let before = self.domain_in(&mut tx, name).await?;
        if before.connection_id == connection && before.links {
            return Ok(before);
        }
        if !tx.assign_domain(self.company, name, connection).await? {
            // Removed since it was looked at.
            return Err(Refused::NotFound);
        }
        let event = self
            .event(AuditAction::DomainAssign, name.as_str())
            .with_change(
                json!({"connection": named(before.connection_id), "links": before.links}),
                json!({"connection": named(connection), "links": true}),
            );
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        self.domain(name).await
    }

    /// Takes the operator's word that a domain is the company's.
    pub async fn verify_domain(&self, name: &DomainName) -> Result<CompanyDomain, Refused> {
        if !self.actor.is_operator() {
            return Err(Obstacle::NotOperator.into());
        }
        self.mark_verified(name, VerifiedBy::Operator).await
    }

    /// Looks the domain's DNS record up, at these name servers or at those of this machine, and verifies the domain where it is
    /// the company's.
    pub async fn check_domain(
        &self,
        name: &DomainName,
        servers: &[SocketAddr],
    ) -> Result<DnsCheck, Refused> {
        self.changeable_domain(name).await?;
        self.check_own(name)?;
        let record = self.dns_record(name);
        let found = txt_records(&record.name, servers, keys::random())
            .await
            .map_err(Obstacle::Dns)?;
        if !found.iter().any(|text| text.trim() == record.value) {
            return Ok(DnsCheck::Missing(
                found.iter().take(3).map(|text| line(text)).collect(),
            ));
        }
        self.mark_verified(name, VerifiedBy::Dns)
            .await
            .map(DnsCheck::Verified)
    }

    /// Takes a domain away from the company; its connection links nobody by an address in it any more. Accounts stay. The last one
    /// goes only where that is meant: from then on nobody is from outside.
    pub async fn remove_domain(&self, name: &DomainName, last: bool) -> Result<(), Refused> {
        self.changeable_domain(name).await?;
        let mut tx = self.begin(Scope::ConnectionsWrite).await?;
        tx.lock_company(self.company).await?;
        if !last && is_last_domain(&self.domains().await?, name) {
            return Err(Obstacle::LastDomain.into());
        }
        if !tx.remove_domain(self.company, name).await? {
            return Err(Refused::NotFound);
        }
        tx.audit(&self.event(AuditAction::DomainRemove, name.as_str()))
            .await?;
        tx.commit(self.now).await?;
        Ok(())
    }

    /// The only connection of a company, or the ones to choose from.
    pub async fn only_connection(&self) -> Result<Result<Connection, Vec<Connection>>, Refused> {
        let mut all = self.connections().await?;
        Ok(match all.len() {
            1 => all.pop().ok_or(all),
            _ => Err(all),
        })
    }

    async fn mark_verified(
        &self,
        name: &DomainName,
        by: VerifiedBy,
    ) -> Result<CompanyDomain, Refused> {
        let mut tx = self.begin(Scope::ConnectionsWrite).await?;
        if tx.verified_elsewhere(self.company, name).await? {
            let is_operator = self.actor.is_operator();
            let name = name.clone();
            return Err(Obstacle::VerifiedElsewhere { name, is_operator }.into());
        }
        let before = self.domain_in(&mut tx, name).await?;
        if before.verified.is_some_and(|it| it.by == by) {
            return Ok(before);
        }
        let verified = Verified { at: self.now, by };
        tx.verify_domain(self.company, name, verified).await?;
        let word = |it: Option<Verified>| it.map_or("no", |it| it.by.as_str());
        let event = self
            .event(AuditAction::DomainVerify, name.as_str())
            .with_change(
                json!({"verified": word(before.verified)}),
                json!({"verified": by}),
            );
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        self.domain(name).await
    }

    async fn domain_in(&self, tx: &mut Tx, name: &DomainName) -> Result<CompanyDomain, Refused> {
        let found = tx.domain(self.company, name).await?;
        found.ok_or(Refused::NotFound)
    }

    /// A domain that was typed, with or without the at sign before it.
    fn domain_name(&self, text: &str) -> Result<DomainName, Refused> {
        let text = text.trim();
        let bare = text.strip_prefix('@').unwrap_or(text);
        let name = bare.parse().map_err(|_| {
            Refused::invalid(
                "domain",
                "Write what stands behind the @ of your e-mail addresses, such as contoso.com. Write international names in their xn-- form.",
            )
        })?;
        self.check_own(&name)?;
        Ok(name)
    }

    fn check_own(&self, name: &DomainName) -> Result<(), Refused> {
        match why_shared(name).filter(|_| !self.actor.is_operator()) {
            Some(why) => Err(Refused::invalid("domain", why)),
            None => Ok(()),
        }
    }
}

/// What the end of the last domain does.
pub const LAST_DOMAIN: &str = "This is the company's last domain. Without one, people with any address get in through its connections, and accounts are made for them where Just-In-Time User Provisioning is on.";

/// Whether a domain is the last one of these that keeps people from outside out.
pub fn is_last_domain(domains: &[CompanyDomain], name: &DomainName) -> bool {
    let mut counting = domains.iter().filter(|it| it.counts());
    counting.next().is_some_and(|it| it.name == *name) && counting.next().is_none()
}

/// A stranger's text, short and on one line.
fn line(text: &str) -> String {
    let visible = |c: char| {
        if c.is_ascii_graphic() || c == ' ' {
            c
        } else {
            '\u{fffd}'
        }
    };
    text.chars().take(120).map(visible).collect()
}
