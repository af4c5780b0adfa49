//! The company itself.
//!
//! Invariant: where a browser is led, the operator decides: the origins of the site and of its applications are set by command only.
//! The rest is the company's own.

use serde_json::{Map, Value, json};

use super::user::version_of;
use super::{Admin, Problems, Refused};
use crate::domain::{AuditAction, AuditNoun, Company, Scope, SettingError};

/// The settings that the company's administrators change.
pub const OWN_SETTINGS: [&str; 8] = [
    "name",
    "landing",
    "organization_name",
    "organization_display_name",
    "organization_url",
    "contact_name",
    "contact_email",
    "encrypted_assertions",
];

impl Admin<'_> {
    /// The company, and the version of its own settings.
    pub async fn company_settings(&self) -> Result<(Company, String), Refused> {
        let company = self.store.company(self.company).await?;
        let company = company.ok_or(Refused::NotFound)?;
        let version = version(&company);
        Ok((company, version))
    }

    /// Refuses when the settings may not be changed, or are not those that were read any more.
    pub async fn check_company_version(&self, read: &str) -> Result<(), Refused> {
        self.check_over_administrators()?;
        let (company, now) = self.company_settings().await?;
        if read == now {
            return Ok(());
        }
        Err(self.company_changed(&company).await?)
    }

    /// Changes settings that are the company's own, all of them or none; `read` is the version that was read, none for whichever is
    /// there.
    pub async fn set_company(
        &self,
        read: Option<&str>,
        pairs: &[(&str, &str)],
    ) -> Result<(), Refused> {
        self.check_over_administrators()?;
        if let Some(read) = read {
            self.check_company_version(read).await?;
        }
        let (before, _) = self.company_settings().await?;
        let mut problems = Problems::default();
        for (key, value) in pairs {
            match OWN_SETTINGS.iter().find(|own| *own == key) {
                Some(&"name") => drop(problems.line("name", value, "Write the company's name.")),
                Some(_) => {}
                None => return Err(Refused::NotFound),
            }
        }
        problems.check()?;
        let after = before
            .changed(pairs.iter().copied())
            .map_err(setting_error)?;
        let changed: Vec<&str> = OWN_SETTINGS
            .into_iter()
            .filter(|key| before.value(key) != after.value(key))
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin(Scope::ConnectionsWrite).await?;
        if !tx.update_company(&after).await? {
            return Err(self.company_changed(&before).await?);
        }
        let event = match changed[..] {
            ["name"] => self.event(AuditAction::CompanyRename, after.name.as_str()),
            _ => self.event(AuditAction::CompanySet, after.slug.as_str()),
        };
        let event = event.with_change(values_of(&before, &changed), values_of(&after, &changed));
        tx.audit(&event).await?;
        tx.commit(self.now).await?;
        Ok(())
    }

    async fn company_changed(&self, company: &Company) -> Result<Refused, Refused> {
        // An entry is about the short name, or about the name that was given.
        let (mut by, mut at) = (String::new(), company.created_at);
        for subject in [company.slug.as_str(), company.name.as_str()] {
            let last = self
                .store
                .last_change_of(self.company, AuditNoun::Company, subject, at)
                .await?;
            (by, at) = last.unwrap_or((by, at));
        }
        Ok(Refused::Changed { by, at })
    }
}

fn version(company: &Company) -> String {
    version_of(0, &values_of(company, &OWN_SETTINGS))
}

/// Some settings as text, by their keys.
fn values_of(company: &Company, keys: &[&str]) -> Value {
    let texts = keys.iter().filter_map(|key| {
        let text = company.value(key)?;
        Some(((*key).to_owned(), json!(text)))
    });
    texts.collect::<Map<_, _>>().into()
}

/// What does not fit, beside its field.
fn setting_error(error: SettingError) -> Refused {
    let (key, what) = match error {
        SettingError::Value { key, allowed, .. } => {
            let allowed = allowed.trim_end_matches(", or none");
            (key, format!("This does not fit. Use {allowed}."))
        }
        SettingError::UnknownKey { key, .. } | SettingError::OfTheCompany { key } => {
            let what = format!("There is no setting {key}.");
            (key, what)
        }
    };
    let known = OWN_SETTINGS.into_iter().find(|own| *own == key);
    Refused::invalid(known.unwrap_or("name"), what)
}
