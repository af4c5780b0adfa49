//! Logos of companies. What is known of one comes with its company; its octets are read by who shows them.
//!
//! Invariant: a company has one, or none.

use time::OffsetDateTime;

use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::{CompanyId, Logo, Picture};
use crate::store::{Error, Store, Tx};

impl Store {
    /// The octets of a company's logo, when it is the one with this hash.
    pub async fn logo(&self, company: CompanyId, hash: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let row = query("SELECT octets FROM company_logo WHERE company_id = $1 AND hash = $2")
            .bind(company.to_string())
            .bind(hash)
            .fetch_optional(&self.database)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(row.maybe_blob("octets")?.map(<[u8]>::to_vec))
    }
}

impl Tx {
    /// Puts a logo in the place of the one before; false where there is no such company.
    pub async fn set_logo(
        &mut self,
        company: CompanyId,
        picture: Picture,
        octets: &[u8],
        hash: [u8; 32],
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        self.company_changed(company);
        let written = query(
            "INSERT INTO company_logo (company_id, kind, width, height, octets, hash, changed_at) \
             SELECT id, $2, $3, $4, $5, $6, $7 FROM company WHERE id = $1 \
             ON CONFLICT (company_id) DO UPDATE SET kind = excluded.kind, width = excluded.width, height = excluded.height, \
             octets = excluded.octets, hash = excluded.hash, changed_at = excluded.changed_at",
        )
        .bind(company.to_string())
        .bind(picture.kind.as_str())
        .bind(i64::from(picture.width))
        .bind(i64::from(picture.height))
        .bind(octets)
        .bind(hash.as_slice())
        .bind(ms(now))
        .execute(&mut *self)
        .await?;
        Ok(written > 0)
    }

    /// Takes a logo away; false where there is none.
    pub async fn remove_logo(&mut self, company: CompanyId) -> Result<bool, Error> {
        self.company_changed(company);
        let removed = query("DELETE FROM company_logo WHERE company_id = $1")
            .bind(company.to_string())
            .execute(&mut *self)
            .await?;
        Ok(removed > 0)
    }
}

/// What of a logo comes with its company.
pub(in crate::store) fn logo(row: &Row) -> Result<Option<Logo>, Error> {
    let Some(kind) = row.maybe_parsed("logo_kind")? else {
        return Ok(None);
    };
    let side = |column| u32::try_from(row.int(column)?).map_err(|_| Error::corrupt(column));
    Ok(Some(Logo {
        picture: Picture {
            kind,
            width: side("logo_width")?,
            height: side("logo_height")?,
        },
        octets: row.int("logo_octets")?,
        hash: row.hash("logo_hash")?,
        changed_at: row.time("logo_changed_at")?,
    }))
}
