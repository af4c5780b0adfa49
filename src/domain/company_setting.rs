//! Changing a company's settings from text, as a command does.
//!
//! Invariant: what is changed together is judged together, so that the order does not matter; when anything does not fit,
//! nothing changes, and the error says what fits.

use super::setting::{joined, list, optional, or_none, switch};
use super::user::LONGEST_NAME;
use super::{Company, Contact, Email, Organization, Origin, ReturnTo, SettingError};
use crate::text::is_unseen;

const ORIGIN: &str = "an origin such as https://acme.sso.example.com";
const ORIGINS: &str = "origins such as https://app.example.com, separated by commas, or none";
const LANDING: &str =
    "a path beside the sign-in pages, a URL at the site or at one of return_origins, or none";
const TEXT: &str = "a text of one line, at most 200 characters";
/// The longest address, in octets.
const LONGEST_URL: usize = 512;
const URL: &str = "a web address such as https://acme.example, or none";
const EMAIL: &str = "one e-mail address in ASCII, or none";

impl Company {
    /// The settings that [`Company::changed`] takes, with what each takes.
    pub const KEYS: &'static [(&'static str, &'static str)] = &[
        ("name", TEXT),
        (
            "origin",
            "the public origin, such as https://acme.sso.example.com: it makes the entity ID",
        ),
        (
            "aliases",
            "further origins of the site, separated by commas, or none",
        ),
        (
            "return_origins",
            "origins of applications that a sign-in may return to, separated by commas, or none",
        ),
        (
            "landing",
            "where a sign-in without a target ends: a path, a URL at one of return_origins, or none",
        ),
        (
            "organization_name",
            "a text; the company's name when left out",
        ),
        (
            "organization_display_name",
            "a text; organization_name when left out",
        ),
        ("organization_url", URL),
        ("contact_name", "a person or a team, or none"),
        ("contact_email", EMAIL),
        (
            "encrypted_assertions",
            "true or false: shows identity providers our encryption key, so that they encrypt",
        ),
    ];

    /// This company with some settings changed.
    pub fn changed<'a>(
        &self,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SettingError> {
        let mut draft = CompanyDraft::of(self);
        for (key, value) in pairs {
            draft.set(key, value)?;
        }
        draft.finish()
    }

    /// The current value of a setting, as [`Company::changed`] takes it.
    pub fn value(&self, key: &str) -> Option<String> {
        let organization =
            |part: fn(&Organization) -> &String| or_none(self.organization.as_ref().map(part));
        Some(match key {
            "name" => self.name.clone(),
            "origin" => self.origin.to_string(),
            "aliases" => joined_origins(&self.aliases),
            "return_origins" => joined_origins(&self.return_origins),
            "landing" => or_none(self.landing.as_ref()),
            "organization_name" => organization(|it| &it.name),
            "organization_display_name" => organization(|it| &it.display_name),
            "organization_url" => organization(|it| &it.url),
            "contact_name" => or_none(self.contact.as_ref().and_then(|it| it.name.as_ref())),
            "contact_email" => or_none(self.contact.as_ref().map(|it| &it.email)),
            "encrypted_assertions" => self.encrypted_assertions.to_string(),
            _ => return None,
        })
    }
}

/// A company under change: the parts of what is there as a whole or not at all.
struct CompanyDraft {
    company: Company,
    organization_name: Option<String>,
    organization_display_name: Option<String>,
    organization_url: Option<String>,
    contact_name: Option<String>,
    contact_email: Option<String>,
    /// A part that was just given and cannot stand without the rest.
    names_organization: bool,
    names_contact: bool,
    /// Whether something was given that decides where a sign-in may end.
    leads_elsewhere: bool,
}

impl CompanyDraft {
    fn of(company: &Company) -> Self {
        let company = company.clone();
        let organization = company.organization.as_ref();
        let contact = company.contact.as_ref();
        Self {
            organization_name: organization.map(|it| it.name.clone()),
            organization_display_name: organization.map(|it| it.display_name.clone()),
            organization_url: organization.map(|it| it.url.clone()),
            contact_name: contact.and_then(|it| it.name.clone()),
            contact_email: contact.map(|it| it.email.clone()),
            names_organization: false,
            names_contact: false,
            leads_elsewhere: false,
            company,
        }
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        self.leads_elsewhere |= matches!(key, "landing" | "origin" | "aliases" | "return_origins");
        match key {
            "name" => self.company.name = text(key, value)?,
            "origin" => self.company.origin = origin(key, value, ORIGIN)?,
            "aliases" => self.company.aliases = origins(key, value)?,
            "return_origins" => self.company.return_origins = origins(key, value)?,
            "landing" => {
                let landing = optional(value).filter(|landing| *landing != "/");
                self.company.landing = landing.map(str::to_owned);
            }
            "organization_name" => {
                self.organization_name = maybe_text(key, value)?;
                self.names_organization |= self.organization_name.is_some();
            }
            "organization_display_name" => {
                self.organization_display_name = maybe_text(key, value)?;
                self.names_organization |= self.organization_display_name.is_some();
            }
            "organization_url" => self.organization_url = web_address(key, value)?,
            "contact_name" => {
                self.contact_name = maybe_text(key, value)?;
                self.names_contact |= self.contact_name.is_some();
            }
            "contact_email" => self.contact_email = email(key, value)?,
            "encrypted_assertions" => self.company.encrypted_assertions = switch(key, value)?,
            _ => {
                let known: Vec<&str> = Company::KEYS.iter().map(|(key, _)| *key).collect();
                return Err(SettingError::UnknownKey {
                    key: key.to_owned(),
                    known: known.join(", "),
                });
            }
        }
        Ok(())
    }

    /// The company, when its parts fit each other.
    fn finish(self) -> Result<Company, SettingError> {
        let mut company = self.company;
        if let Some(landing) = company.landing.as_ref().filter(|_| self.leads_elsewhere) {
            check_landing(&company, landing)?;
        }
        company.organization = match self.organization_url {
            Some(url) => {
                let name = self
                    .organization_name
                    .unwrap_or_else(|| company.name.clone());
                Some(Organization {
                    display_name: self
                        .organization_display_name
                        .unwrap_or_else(|| name.clone()),
                    name,
                    url,
                })
            }
            // Metadata 2.3.2.1: an organisation has a name and an address.
            None if self.names_organization => {
                let allowed = "a web address such as https://acme.example, because metadata names an organisation together with its address";
                return Err(SettingError::value("organization_url", "none", allowed));
            }
            None => None,
        };
        company.contact = match self.contact_email {
            Some(email) => Some(Contact {
                name: self.contact_name,
                email,
            }),
            None if self.names_contact => {
                let allowed = "an e-mail address, because a contact without one cannot be reached";
                return Err(SettingError::value("contact_email", "none", allowed));
            }
            None => None,
        };
        Ok(company)
    }
}

/// Rule E3, and that it leads out of the sign-in: a landing page that begins another sign-in, or leads to the page that
/// leads to it, would send the browser around for ever.
fn check_landing(company: &Company, landing: &str) -> Result<(), SettingError> {
    let unfit = || SettingError::value("landing", landing, LANDING);
    if landing.len() > LONGEST_URL {
        return Err(unfit());
    }
    ReturnTo::parse(company, landing).map_err(|_| unfit())?;
    // Another port or a longer host name is another place.
    let ends = |rest: &&str| rest.is_empty() || rest.starts_with(['/', '?', '#']);
    let at_site = company
        .origins()
        .find_map(|origin| landing.strip_prefix(origin.as_str()).filter(ends));
    let Some(target) = at_site.or_else(|| landing.starts_with('/').then_some(landing)) else {
        return Ok(());
    };
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_end_matches('/');
    if path.is_empty() || path == "/sign-in" || path == "/sso" || path.starts_with("/sso/") {
        return Err(unfit());
    }
    Ok(())
}

fn text(key: &str, value: &str) -> Result<String, SettingError> {
    let trimmed = value.trim();
    let fits = trimmed.chars().count() <= LONGEST_NAME && !trimmed.contains(is_unseen);
    if trimmed.is_empty() || !fits {
        return Err(SettingError::value(key, value, TEXT));
    }
    Ok(trimmed.to_owned())
}

fn maybe_text(key: &str, value: &str) -> Result<Option<String>, SettingError> {
    optional(value).map(|value| text(key, value)).transpose()
}

/// A page for people, which need not be encrypted.
fn web_address(key: &str, value: &str) -> Result<Option<String>, SettingError> {
    let Some(url) = optional(value) else {
        return Ok(None);
    };
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let has_host = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#']));
    let fits = url.len() <= LONGEST_URL && url.bytes().all(|byte| byte.is_ascii_graphic());
    if has_host && fits {
        Ok(Some(url.to_owned()))
    } else {
        Err(SettingError::value(key, value, URL))
    }
}

fn email(key: &str, value: &str) -> Result<Option<String>, SettingError> {
    optional(value)
        .map(|text| text.parse().map(|email: Email| email.to_string()))
        .transpose()
        .map_err(|_| SettingError::value(key, value, EMAIL))
}

fn origins(key: &str, value: &str) -> Result<Vec<Origin>, SettingError> {
    list(value)
        .iter()
        .map(|text| origin(key, text, ORIGINS))
        .collect()
}

fn origin(key: &str, value: &str, allowed: &str) -> Result<Origin, SettingError> {
    // A slash at the end is how people copy an address.
    let bare = value.strip_suffix('/').unwrap_or(value);
    bare.parse()
        .map_err(|error| SettingError::value(key, value, format!("{allowed} ({error})")))
}

fn joined_origins(origins: &[Origin]) -> String {
    let texts: Vec<String> = origins.iter().map(Origin::to_string).collect();
    joined(&texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CompanyId;
    use time::OffsetDateTime;

    fn company() -> Company {
        Company {
            id: CompanyId::from_bytes([1; 16]),
            slug: "acme".parse().unwrap(),
            name: "Acme".into(),
            origin: "https://acme.example.com".parse().unwrap(),
            aliases: Vec::new(),
            return_origins: Vec::new(),
            landing: None,
            organization: None,
            contact: None,
            encrypted_assertions: false,
            logo: None,
            created_at: OffsetDateTime::UNIX_EPOCH,
            suspended_at: None,
            revision: 0,
        }
    }

    fn changed(company: &Company, pairs: &[(&str, &str)]) -> Result<Company, SettingError> {
        company.changed(pairs.iter().copied())
    }

    #[test]
    fn what_is_changed_together_is_judged_together() {
        let app = "https://app.example.com/start?from=sso";
        let acme = changed(
            &company(),
            &[
                ("landing", app),
                ("return_origins", "https://app.example.com/"),
                ("organization_name", "Acme Ltd"),
                ("organization_url", "https://acme.example"),
                ("contact_name", "IT"),
                ("contact_email", "it@acme.example"),
            ],
        )
        .unwrap();
        assert_eq!(acme.landing.as_deref(), Some(app));
        let organization = acme.organization.clone().unwrap();
        assert_eq!(organization.display_name, "Acme Ltd");
        assert_eq!(acme.contact.as_ref().unwrap().email, "it@acme.example");

        let error = changed(&acme, &[("return_origins", "none")]).unwrap_err();
        assert!(error.to_string().contains("for landing"), "{error}");
        let bare = changed(
            &acme,
            &[
                ("organization_url", "none"),
                ("contact_email", ""),
                ("landing", "/"),
                ("return_origins", "none"),
            ],
        );
        assert_eq!(bare.unwrap(), company());
        let again: Vec<(&str, String)> = Company::KEYS
            .iter()
            .map(|(key, _)| (*key, acme.value(key).unwrap()))
            .collect();
        let pairs = again.iter().map(|(key, value)| (*key, value.as_str()));
        assert_eq!(acme.changed(pairs).unwrap(), acme);
    }

    #[test]
    fn errors_name_what_fits() {
        for (key, value, says) in [
            ("name", " ", "a text of one line"),
            ("name", "a\nb", "a text of one line"),
            ("origin", "http://acme.example", "loopback names only"),
            ("aliases", "https://a.example,b", "https:// (or http://"),
            ("landing", "https://evil.example", "return_origins"),
            ("landing", "//evil.example", "return_origins"),
            ("organization_name", "Acme", "its address"),
            ("organization_url", "javascript:alert(1)", "a web address"),
            ("organization_url", "https:///x", "a web address"),
            ("contact_name", "IT", "an e-mail address"),
            ("contact_email", "it", "one e-mail address"),
            ("slug", "beta", "The settings are: name"),
        ] {
            let error = changed(&company(), &[(key, value)]).unwrap_err();
            assert!(error.to_string().contains(says), "{key}: {error}");
        }
    }

    #[test]
    fn a_landing_page_leads_out_of_the_sign_in() {
        let more = [
            ("return_origins", "https://acme.example.com:8443"),
            ("aliases", "https://acme.example.com:9443"),
        ];
        let wide = changed(&company(), &more).unwrap();
        for landing in [
            "/?x",
            "/#x",
            "/sso/login",
            "/sso",
            "/sign-in/",
            "https://acme.example.com",
            "https://acme.example.com/?x",
            "https://acme.example.com:9443/",
            "https://acme.example.com/sso/login?connection=entra",
        ] {
            assert!(
                changed(&wide, &[("landing", landing)]).is_err(),
                "{landing}"
            );
        }
        for landing in [
            "/app",
            "/ssol",
            "https://acme.example.com/app",
            "https://acme.example.com:8443",
            "https://acme.example.com:8443/sso/login",
        ] {
            assert!(changed(&wide, &[("landing", landing)]).is_ok(), "{landing}");
        }
    }
}
