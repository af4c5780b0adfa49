//! Companies and their origins.
//!
//! Invariant: a host name leads to one company.

pub(super) mod deletion;
pub(super) mod domain;
pub(super) mod logo;
pub(super) mod quota;
pub(super) mod usage;

use super::{Error, Store, Tx};
use crate::database::columns::{Row, json, ms};
use crate::database::statement::query;
use crate::domain::{Company, CompanyId, Origin, Slug};
use time::OffsetDateTime;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, slug, name, return_origins, landing, organization, contact, encrypted_assertions, created_at, suspended_at, revision, \
             l.kind AS logo_kind, l.width AS logo_width, l.height AS logo_height, LENGTH(l.octets) AS logo_octets, l.hash AS logo_hash, \
             l.changed_at AS logo_changed_at FROM company LEFT JOIN company_logo l ON l.company_id = company.id ",
            $rest
        )
    };
}

impl Store {
    /// Adds a company with its origins.
    pub async fn add_company(&self, company: &Company, now: OffsetDateTime) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let added = query(
            "INSERT INTO company (id, slug, name, return_origins, landing, organization, contact, encrypted_assertions, created_at, revision) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) ON CONFLICT DO NOTHING",
        )
        .bind(company.id.to_string())
        .bind(company.slug.as_str())
        .bind(company.name.as_str())
        .bind(json(&company.return_origins)?)
        .bind(company.landing.as_deref())
        .bind(company.organization.as_ref().map(json).transpose()?)
        .bind(company.contact.as_ref().map(json).transpose()?)
        .bind(i64::from(company.encrypted_assertions))
        .bind(ms(company.created_at))
        .execute(&mut tx)
        .await?;
        if added == 0 {
            return Err(Error::Taken(format!("the company \"{}\"", company.slug)));
        }
        put_origins(&mut tx, company).await?;
        tx.begin_counters(company.id).await?;
        tx.company_changed(company.id);
        tx.commit(now).await
    }

    /// Writes a company's properties and origins; `false` when it is not there, or changed since it was read.
    pub async fn update_company(
        &self,
        company: &Company,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let mut tx = self.begin().await?;
        if !tx.update_company(company).await? {
            return Ok(false);
        }
        tx.commit(now).await?;
        Ok(true)
    }

    /// All companies, by slug.
    pub async fn companies(&self) -> Result<Vec<Company>, Error> {
        let rows = query(select!("ORDER BY slug"))
            .fetch_all(&self.database)
            .await?;
        let origins =
            query("SELECT company_id, origin FROM company_origin ORDER BY company_id, position")
                .fetch_all(&self.database)
                .await?;
        let origins = origins
            .iter()
            .map(|row| Ok((row.parsed("company_id")?, row.parsed("origin")?)))
            .collect::<Result<Vec<(CompanyId, Origin)>, Error>>()?;
        rows.iter()
            .map(|row| {
                let id = row.parsed("id")?;
                company(
                    row,
                    origins
                        .iter()
                        .filter(|(owner, _)| *owner == id)
                        .map(|(_, origin)| origin.clone()),
                )
            })
            .collect()
    }

    /// A company by its identifier.
    pub async fn company(&self, id: CompanyId) -> Result<Option<Company>, Error> {
        let row = query(select!("WHERE id = $1"))
            .bind(id.to_string())
            .fetch_optional(&self.database)
            .await?;
        self.with_origins(row).await
    }

    /// A company by its slug.
    pub async fn company_by_slug(&self, slug: &Slug) -> Result<Option<Company>, Error> {
        let row = query(select!("WHERE slug = $1"))
            .bind(slug.as_str())
            .fetch_optional(&self.database)
            .await?;
        self.with_origins(row).await
    }

    async fn with_origins(&self, row: Option<Row>) -> Result<Option<Company>, Error> {
        let Some(row) = row else { return Ok(None) };
        let origins =
            query("SELECT origin FROM company_origin WHERE company_id = $1 ORDER BY position")
                .bind(row.text("id")?)
                .fetch_all(&self.database)
                .await?;
        let origins = origins
            .iter()
            .map(|row| row.parsed("origin"))
            .collect::<Result<Vec<Origin>, _>>()?;
        company(&row, origins.into_iter()).map(Some)
    }
}

impl Tx {
    /// Writes a company's settings and origins; false when somebody else has changed it since it was read.
    pub async fn update_company(&mut self, company: &Company) -> Result<bool, Error> {
        let updated = query(
            "UPDATE company SET name = $1, return_origins = $2, landing = $3, organization = $4, contact = $5, encrypted_assertions = $6 \
             WHERE id = $7 AND revision = $8",
        )
        .bind(company.name.as_str())
        .bind(json(&company.return_origins)?)
        .bind(company.landing.as_deref())
        .bind(company.organization.as_ref().map(json).transpose()?)
        .bind(company.contact.as_ref().map(json).transpose()?)
        .bind(i64::from(company.encrypted_assertions))
        .bind(company.id.to_string())
        .bind(company.revision)
        .execute(&mut *self)
        .await?;
        if updated == 0 {
            return Ok(false);
        }
        query("DELETE FROM company_origin WHERE company_id = $1")
            .bind(company.id.to_string())
            .execute(&mut *self)
            .await?;
        put_origins(self, company).await?;
        self.company_changed(company.id);
        Ok(true)
    }

    /// Gives a company another name; the one before, or none when it is not there.
    pub async fn rename_company(
        &mut self,
        id: CompanyId,
        name: &str,
    ) -> Result<Option<String>, Error> {
        let row = query("UPDATE company SET name = name WHERE id = $1 RETURNING name")
            .bind(id.to_string())
            .fetch_optional(&mut *self)
            .await?;
        let Some(row) = row else { return Ok(None) };
        query("UPDATE company SET name = $1 WHERE id = $2")
            .bind(name)
            .bind(id.to_string())
            .execute(&mut *self)
            .await?;
        self.company_changed(id);
        Ok(Some(row.text("name")?))
    }
}

async fn put_origins(tx: &mut Tx, company: &Company) -> Result<(), Error> {
    for (position, origin) in (0_i64..).zip(company.origins()) {
        let added = query("INSERT INTO company_origin (host_key, company_id, position, origin) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .bind(origin.host_key())
            .bind(company.id.to_string())
            .bind(position)
            .bind(origin.as_str())
            .execute(&mut *tx)
            .await?;
        if added == 0 {
            return Err(Error::Taken(format!(
                "the host name \"{}\"",
                origin.host_key()
            )));
        }
    }
    Ok(())
}

fn company(row: &Row, mut origins: impl Iterator<Item = Origin>) -> Result<Company, Error> {
    Ok(Company {
        id: row.parsed("id")?,
        slug: row.parsed("slug")?,
        name: row.text("name")?,
        origin: origins.next().ok_or_else(|| Error::corrupt("origin"))?,
        aliases: origins.collect(),
        return_origins: row.json("return_origins")?,
        landing: row.maybe_text("landing")?,
        organization: row.maybe_json("organization")?,
        contact: row.maybe_json("contact")?,
        encrypted_assertions: row.int("encrypted_assertions")? != 0,
        logo: logo::logo(row)?,
        created_at: row.time("created_at")?,
        suspended_at: row.maybe_time("suspended_at")?,
        revision: row.int("revision")?,
    })
}
