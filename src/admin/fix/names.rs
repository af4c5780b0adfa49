//! Fields about the name and the claims of a person.

use super::{CLAIMS_PAGE, Finder, Fix, there, value_in};
use crate::domain::claims::TRANSIENT;
use crate::saml::advice::is_no_address;
use crate::saml::names;

const NAME_ID: &str = "Unique User Identifier (Name ID)";
const NAME_ID_FORMAT: &str = "Unique User Identifier (Name ID), Name identifier format";

impl Finder<'_> {
    /// Rule D7, of the `NameID`.
    pub(super) fn name_id(&self) -> Vec<Fix> {
        let received = &*self.check.received;
        let wanted = self
            .connection
            .and_then(|it| it.settings.saml().name_id_format.as_deref());
        if let Some(format) = received.strip_prefix("Format ").map(value_in) {
            let mut fixes: Vec<Fix> = wanted
                .map(|wanted| there(CLAIMS_PAGE, NAME_ID_FORMAT).to(wanted))
                .into_iter()
                .collect();
            fixes.push(match wanted {
                // It would be another person at each sign-in.
                Some(wanted) if format == TRANSIENT => self.setting("name_id_policy").to(wanted),
                _ => self.setting("name_id_format").to(format),
            });
            return fixes;
        }
        match received {
            // Some send an empty one when no format is asked for (LemonLDAP::NG).
            "an empty one" | "none" => {
                let mut fixes = vec![there(CLAIMS_PAGE, NAME_ID).to("user.mail")];
                let asked = self.value("name_id_policy");
                if let (Some(wanted), Some("none")) = (wanted, asked.as_deref()) {
                    fixes.push(self.setting("name_id_policy").to(wanted));
                }
                if received == "none" {
                    fixes.push(self.setting("identity_attribute"));
                }
                fixes
            }
            _ if is_no_address(received) => vec![there(CLAIMS_PAGE, NAME_ID).to("user.mail")],
            _ => Vec::new(),
        }
    }

    /// Rule D7, of what the claims say together.
    pub(super) fn claims(&self) -> Vec<Fix> {
        let received = &*self.check.received;
        if received.contains("transient") {
            return vec![
                there(CLAIMS_PAGE, NAME_ID_FORMAT).to(names::NAMEID_PERSISTENT),
                self.setting("name_id_policy").to(names::NAMEID_PERSISTENT),
                self.setting("identity_attribute"),
            ];
        }
        if received.contains("e-mail") {
            return vec![
                there(CLAIMS_PAGE, "emailaddress").to("user.mail"),
                self.setting("attributes.email"),
            ];
        }
        if received.contains("identifies users of this connection") {
            return vec![self.setting("identity_attribute")];
        }
        Vec::new()
    }
}
