//! The set-up of a company: the link that begins it, and the first administrator.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::{Admin, Problems, Refused};
use crate::domain::setup_link::SETUP_LINK_LIFETIME;
use crate::domain::{AttemptId, AuditAction, Company, Email, SetupLink, SetupLinkId};
use crate::keys;

/// A link that was made just now. Nobody can ask for its address again.
#[derive(Debug, Clone)]
pub struct NewSetupLink {
    pub link: SetupLink,
    secret: String,
}

impl NewSetupLink {
    /// The address to give to the customer's administrator.
    pub fn address(&self, company: &Company) -> String {
        format!("{}/setup/{}", company.origin, self.secret)
    }
}

/// The hash by which the store knows a link's secret.
pub fn hash_of(secret: &str) -> [u8; 32] {
    keys::hash(secret.as_bytes())
}

impl Admin<'_> {
    /// Makes a link for the customer's first administrator: 72 hours, one use.
    pub async fn new_setup_link(&self) -> Result<NewSetupLink, Refused> {
        let secret = BASE64_URL_SAFE_NO_PAD.encode(keys::random::<32>());
        let link = SetupLink {
            id: SetupLinkId::at(self.now, keys::random()),
            company_id: self.company,
            created_at: self.now,
            expires_at: self.now + SETUP_LINK_LIFETIME,
            used_at: None,
            revoked_at: None,
        };
        let mut tx = self.begin_without_token().await?;
        tx.add_setup_link(&link, &hash_of(&secret)).await?;
        tx.audit(&self.event(AuditAction::SetupLinkAdd, link.id.to_string()))
            .await?;
        tx.commit(self.now).await?;
        Ok(NewSetupLink { link, secret })
    }

    /// The attempts of the company's sessions that began by a set-up link.
    pub async fn set_up_sign_ins(&self) -> Result<Vec<AttemptId>, Refused> {
        Ok(self.store.set_up_sign_ins(self.company).await?)
    }

    /// Revokes the links that can still be used: one of them, or all; how many.
    pub async fn revoke_setup_links(&self, only: Option<SetupLinkId>) -> Result<u64, Refused> {
        let mut tx = self.begin_without_token().await?;
        let revoked = tx.revoke_setup_links(self.company, only, self.now).await?;
        if revoked > 0 {
            let subject = only.map_or_else(|| "all".to_owned(), |id| id.to_string());
            tx.audit(&self.event(AuditAction::SetupLinkRevoke, subject))
                .await?;
        }
        tx.commit(self.now).await?;
        Ok(revoked)
    }
}

/// What the holder of a link types, checked.
#[derive(Debug, Clone)]
pub struct FirstAdministrator {
    pub company_name: String,
    pub email: Email,
    pub first_name: String,
    pub last_name: String,
    /// None to sign in by single sign-on later.
    pub password: Option<String>,
}

impl FirstAdministrator {
    /// Checks what was typed. `password` is none when the administrator wants none.
    pub fn parse(
        company_name: &str,
        email: &str,
        first_name: &str,
        last_name: &str,
        password: Option<&str>,
    ) -> Result<Self, Refused> {
        let mut problems = Problems::default();
        let company_name = problems.line("company_name", company_name, "Write the company's name.");
        let first_name = problems.line("first_name", first_name, "");
        let last_name = problems.line("last_name", last_name, "");
        let address = email.trim();
        let email = problems.email("email", email);
        if let Some(password) = password {
            let own = [company_name.as_str(), address];
            problems.password("password", password, &own);
        }
        match email {
            Some(email) if problems.is_empty() => Ok(Self {
                company_name,
                email,
                first_name,
                last_name,
                password: password.map(str::to_owned),
            }),
            _ => Err(Refused::Invalid(problems)),
        }
    }
}
