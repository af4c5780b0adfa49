//! The e-mail domains of companies (rule F2).
//!
//! Invariant: a domain of a company is assigned to one connection of that company at most, and verified for one company at
//! most.

use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::{CompanyDomain, CompanyId, ConnectionId, DomainName, Family, Verified};
use crate::store::{Error, Store, Tx};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT company_id, domain, connection_id, links, verified_at, verified_by, created_at FROM company_domain ",
            $rest
        )
    };
}

impl Store {
    /// A company's domains, by name.
    pub async fn domains(&self, company: CompanyId) -> Result<Vec<CompanyDomain>, Error> {
        let rows = query(select!("WHERE company_id = $1 ORDER BY domain"))
            .bind(company.to_string())
            .fetch_all(&self.database)
            .await?;
        rows.iter().map(domain).collect()
    }

    /// The domains of all companies, by name.
    pub async fn all_domains(&self) -> Result<Vec<CompanyDomain>, Error> {
        let rows = query(select!("ORDER BY domain, company_id"))
            .fetch_all(&self.database)
            .await?;
        rows.iter().map(domain).collect()
    }

    /// One of a company's domains.
    pub async fn domain(
        &self,
        company: CompanyId,
        name: &DomainName,
    ) -> Result<Option<CompanyDomain>, Error> {
        let row = query(select!("WHERE company_id = $1 AND domain = $2"))
            .bind(company.to_string())
            .bind(name.as_str())
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(domain).transpose()
    }
}

impl Tx {
    /// One of a company's domains, as it is in this transaction.
    pub async fn domain(
        &mut self,
        company: CompanyId,
        name: &DomainName,
    ) -> Result<Option<CompanyDomain>, Error> {
        let row = query(select!("WHERE company_id = $1 AND domain = $2"))
            .bind(company.to_string())
            .bind(name.as_str())
            .fetch_optional(self)
            .await?;
        row.as_ref().map(domain).transpose()
    }

    /// Whether a company has said which domains are its own: any that was assigned by its administrators or verified. One that
    /// only leads an address to a connection says nothing.
    pub async fn has_domains(&mut self, company: CompanyId) -> Result<bool, Error> {
        let row = query(
            "SELECT COUNT(*) AS count FROM company_domain WHERE company_id = $1 AND (links = 1 OR verified_at IS NOT NULL)",
        )
        .bind(company.to_string())
        .fetch_one(self)
        .await?;
        Ok(row.int("count")? > 0)
    }

    /// Adds a domain to a company; `false` when it has it.
    pub async fn add_domain(&mut self, domain: &CompanyDomain) -> Result<bool, Error> {
        self.hold_domain(&domain.name).await?;
        let added = query(
            "INSERT INTO company_domain (company_id, domain, connection_id, links, verified_at, verified_by, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        )
        .bind(domain.company_id.to_string())
        .bind(domain.name.as_str())
        .bind(domain.connection_id.map(|id| id.to_string()))
        .bind(i64::from(domain.links))
        .bind(domain.verified.map(|it| ms(it.at)))
        .bind(domain.verified.map(|it| it.by.as_str()))
        .bind(ms(domain.created_at))
        .execute(&mut *self)
        .await?;
        if added > 0 {
            self.company_changed(domain.company_id);
            self.uses(domain.company_id, Family::Domains, 1);
        }
        Ok(added > 0)
    }

    /// Assigns a domain to a connection of its company, or to none, and lets the assignment decide; `false` when the company
    /// has neither.
    pub async fn assign_domain(
        &mut self,
        company: CompanyId,
        name: &DomainName,
        connection: Option<ConnectionId>,
    ) -> Result<bool, Error> {
        self.lock_company(company).await?;
        let assigned = query(
            "UPDATE company_domain SET connection_id = $3, links = 1 WHERE company_id = $1 AND domain = $2 \
             AND ($3 IS NULL OR EXISTS (SELECT 1 FROM connection c WHERE c.id = $3 AND c.company_id = $1))",
        )
        .bind(company.to_string())
        .bind(name.as_str())
        .bind(connection.map(|id| id.to_string()))
        .execute(&mut *self)
        .await?;
        if assigned > 0 {
            self.company_changed(company);
        }
        Ok(assigned > 0)
    }

    /// Notes that a domain of a company was verified; `false` when the company does not have it. (The caller has asked
    /// [`Tx::verified_elsewhere`] in this transaction.)
    pub async fn verify_domain(
        &mut self,
        company: CompanyId,
        name: &DomainName,
        verified: Verified,
    ) -> Result<bool, Error> {
        let updated = query(
            "UPDATE company_domain SET verified_at = $3, verified_by = $4 WHERE company_id = $1 AND domain = $2",
        )
        .bind(company.to_string())
        .bind(name.as_str())
        .bind(ms(verified.at))
        .bind(verified.by.as_str())
        .execute(&mut *self)
        .await?;
        if updated > 0 {
            self.company_changed(company);
        }
        Ok(updated > 0)
    }

    /// Whether a domain is verified for another company. Nobody else verifies it until this transaction ends.
    pub async fn verified_elsewhere(
        &mut self,
        company: CompanyId,
        name: &DomainName,
    ) -> Result<bool, Error> {
        self.hold_domain(name).await?;
        let row = query(
            "SELECT COUNT(*) AS count FROM company_domain WHERE domain = $1 AND company_id <> $2 AND verified_at IS NOT NULL",
        )
        .bind(name.as_str())
        .bind(company.to_string())
        .fetch_one(self)
        .await?;
        Ok(row.int("count")? > 0)
    }

    /// Takes a domain away from a company; `false` when it does not have it.
    pub async fn remove_domain(
        &mut self,
        company: CompanyId,
        name: &DomainName,
    ) -> Result<bool, Error> {
        let removed = query("DELETE FROM company_domain WHERE company_id = $1 AND domain = $2")
            .bind(company.to_string())
            .bind(name.as_str())
            .execute(&mut *self)
            .await?;
        if removed > 0 {
            self.company_changed(company);
        }
        Ok(removed > 0)
    }

    /// Holds a domain still, at whatever company it is.
    async fn hold_domain(&mut self, name: &DomainName) -> Result<(), Error> {
        query("UPDATE company_domain SET domain = domain WHERE domain = $1")
            .bind(name.as_str())
            .execute(self)
            .await?;
        Ok(())
    }
}

fn domain(row: &Row) -> Result<CompanyDomain, Error> {
    let at = row.maybe_time("verified_at")?;
    let by = row.maybe_parsed("verified_by")?;
    Ok(CompanyDomain {
        company_id: row.parsed("company_id")?,
        name: row.parsed("domain")?,
        connection_id: row.maybe_parsed("connection_id")?,
        links: row.int("links")? != 0,
        verified: at.zip(by).map(|(at, by)| Verified { at, by }),
        created_at: row.time("created_at")?,
    })
}
