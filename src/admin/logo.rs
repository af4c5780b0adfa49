//! The company's logo.
//!
//! Invariant: what is kept is a picture by its octets, whatever it was called; the audit log keeps what it was, and not the picture.

use serde_json::{Value, json};

use super::refused::PRIVATE_KEY;
use super::{Admin, Refused};
use crate::domain::{AuditAction, Company, Logo, Picture, Scope};
use crate::import::holds_private_key;
use crate::keys;

impl Admin<'_> {
    /// Puts a picture in the place of the logo before. What is wrong with it is told of the field that it came in.
    pub async fn set_logo(&self, field: &'static str, octets: &[u8]) -> Result<Logo, Refused> {
        self.check_over_administrators()?;
        if holds_private_key(octets) {
            return Err(Refused::invalid(field, PRIVATE_KEY));
        }
        let picture = Picture::read(octets);
        let picture = picture.map_err(|cause| Refused::invalid(field, cause.to_string()))?;
        let (company, _) = self.company_settings().await?;
        let hash = keys::hash(octets);
        let logo = Logo {
            picture,
            octets: i64::try_from(octets.len()).unwrap_or(i64::MAX),
            hash,
            changed_at: self.now,
        };
        if let Some(same) = company.logo.as_ref().filter(|it| it.hash == hash) {
            return Ok(same.clone());
        }
        let mut tx = self.begin(Scope::ConnectionsWrite).await?;
        if !tx
            .set_logo(self.company, picture, octets, hash, self.now)
            .await?
        {
            return Err(Refused::NotFound);
        }
        let event = self.event(AuditAction::CompanySetLogo, company.slug.as_str());
        let event = event.with_change(logo_values(&company), json!({ "logo": logo.told() }));
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok(logo)
    }

    /// Takes the logo away; false where there is none.
    pub async fn remove_logo(&self) -> Result<bool, Refused> {
        let (company, _) = self.company_settings().await?;
        let mut tx = self.begin(Scope::ConnectionsWrite).await?;
        if !tx.remove_logo(self.company).await? {
            return Ok(false);
        }
        self.check_over_administrators()?;
        let event = self.event(AuditAction::CompanyRemoveLogo, company.slug.as_str());
        let event = event.with_change(logo_values(&company), json!({}));
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok(true)
    }
}

fn logo_values(company: &Company) -> Value {
    company
        .logo
        .as_ref()
        .map_or_else(|| json!({}), |logo| json!({ "logo": logo.told() }))
}
